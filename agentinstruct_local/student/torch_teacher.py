"""A student in torch that is asked as any teacher is: texts are written greedily, options are scored."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from agentinstruct_local.records import Reply, Request
from agentinstruct_local.student.examples import Format
from agentinstruct_local.student.forward import logits_at
from agentinstruct_local.teachers import chat_formats

TOGETHER = 16
"""Texts written at a time."""
WORTH_SHARING = 16
"""Tokens that two prompts share, from which on they are not read again."""
MOST_WANTED = 512
"""Tokens of options at once: each takes as many logits as there are words."""
SHORT, AT_ONCE = 160, 4096
"""Tokens of a prompt that is read once for each of its options, with others, and of all that is read at once."""


class TorchTeacher:
    """A `Teacher` over a causal language model of transformers. Only greedy texts and scores can be asked for.

    What a prompt shares with the one before it is not read again, unless the model's attention forgets by windows.
    """

    def __init__(self, model: Any, form: Format, *, name: str, context: int = 4096) -> None:
        self.name, self.about, self.slots = name, "", TOGETHER
        self.notes: list[str] = []
        self._model, self._form, self._context = model.eval(), form, context
        self._queue: list[Request] = []
        self._done: list[Reply] = []  # refused before anything is computed
        self._read: tuple[list[int], Any] = ([], None)  # the prompt that was read last, and its keys and values
        kinds = getattr(model.config, "layer_types", None)
        windows = bool(getattr(model.config, "sliding_window", None))
        self._forgets = any(kind != "full_attention" for kind in kinds) if kinds else windows
        self._ends = {form.tokenizer.eos_token_id, *form.mark(chat_formats.ending(form.chat, "assistant"))[:1]}

    def submit(self, request: Request) -> None:
        """Take a request."""
        if request.output.kind == "scores" and not all(map(self._form.plain, request.output.options)):
            self._done.append(Reply(id=request.id, error="empty"))
        else:
            self._queue.append(request)

    def poll(self) -> Sequence[Reply]:
        """Answer one request to be scored, or up to TOGETHER texts of like length."""
        import torch

        if self._done:
            done, self._done = self._done, []
            return done
        if not self._queue:
            return []
        with torch.inference_mode():
            scored = [one for one in self._queue if one.output.kind == "scores"]
            if scored and len(self._form.prompt(scored[0].messages)) > SHORT:
                self._queue.remove(scored[0])
                return [self._score(scored[0])]
            if scored:
                return self._score_together(scored)
            self._queue.sort(key=lambda one: len(one.messages[-1].content))
            taken, self._queue = self._queue[:TOGETHER], self._queue[TOGETHER:]
            return self._write(taken)

    def cancel(self, name: str) -> None:
        """Leave a request without an answer."""
        self._queue = [one for one in self._queue if one.id != name]

    def count_tokens(self, text: str) -> int:
        """How many tokens `text` has."""
        return len(self._form.plain(text))

    def close(self) -> None:
        """Give back memory."""
        del self._model

    def _score_together(self, requests: Sequence[Request]) -> list[Reply]:
        """The first of the requests with short prompts, as many as go into one table of AT_ONCE tokens."""
        import torch

        taken: list[Request] = []
        rows: list[tuple[list[int], list[int]]] = []  # a prompt and an option
        for request in requests:
            prompt = self._form.prompt(request.messages)
            new = [(prompt, self._form.plain(option)) for option in request.output.options]
            widest = max(len(one) + len(other) for one, other in [*rows, *new])
            more = sum(len(option) for _, option in [*rows, *new]) > MOST_WANTED
            if len(prompt) > SHORT or (taken and (more or widest * (len(rows) + len(new)) > AT_ONCE)):
                break
            taken.append(request)
            rows += new
        self._queue = [one for one in self._queue if one not in taken]
        widest = max(len(prompt) + len(option) for prompt, option in rows)
        table = torch.zeros((len(rows), widest), dtype=torch.long)
        wanted = torch.zeros((len(rows), widest), dtype=torch.bool)
        for row, (prompt, option) in enumerate(rows):
            table[row, : len(prompt) + len(option)] = torch.tensor(prompt + option)
            wanted[row, len(prompt) - 1 : len(prompt) + len(option) - 1] = True
        where = self._model.device
        logits = logits_at(self._model, {"input_ids": table.to(where)}, wanted.to(where))
        targets = torch.tensor([token for _, option in rows for token in option])
        each = torch.log_softmax(logits.float(), dim=-1).cpu().gather(1, targets.unsqueeze(1)).squeeze(1)
        sums = [float(part.sum()) for part in each.split([len(option) for _, option in rows])]
        replies, at = [], 0
        for request in taken:
            options = request.output.options
            scores = dict(zip(options, sums[at : at + len(options)], strict=True))
            best = max(scores, key=scores.__getitem__)
            replies.append(Reply(id=request.id, value=best, scores=scores, tokens_in=len(rows[at][0]), tokens_out=1))
            at += len(options)
        return replies

    def _score(self, request: Request) -> Reply:
        """Log-probabilities, in nats, of each option as the reply: the prompt is read once, then all options."""
        import torch

        prompt = self._form.prompt(request.messages)
        options = {one: self._form.plain(one) for one in dict.fromkeys(request.output.options)}
        longest = max(map(len, options.values()))
        if len(prompt) + longest > self._context:
            return Reply(id=request.id, error="prompt_too_long", tokens_in=len(prompt))
        where = self._model.device
        padded = torch.zeros((len(options), longest), dtype=torch.long)
        known = torch.zeros((len(options), longest), dtype=torch.bool)
        for row, tokens in enumerate(options.values()):
            padded[row, : len(tokens)] = torch.tensor(tokens)
            known[row, : len(tokens)] = True
        last, cache = self._after(prompt)
        first = last.expand(len(options), -1, -1)
        logits = first
        if longest > 1:
            own = copy.deepcopy(cache)
            own.batch_repeat_interleave(len(options))
            rest = self._model(padded[:, :-1].to(where), past_key_values=own, use_cache=True)
            logits = torch.cat([first, rest.logits], dim=1)
        chances = torch.log_softmax(logits.float(), dim=-1).cpu()
        each = chances.gather(2, padded.unsqueeze(-1)).squeeze(-1).masked_fill(~known, 0.0).sum(dim=1)
        scores = dict(zip(options, each.tolist(), strict=True))
        best = max(scores, key=scores.__getitem__)
        return Reply(id=request.id, value=best, scores=scores, tokens_in=len(prompt), tokens_out=int(known.sum()))

    def _after(self, prompt: list[int]) -> tuple[Any, Any]:
        """Logits after the prompt, [1, 1, vocabulary], and its keys and values."""
        import torch

        before, cache = self._read
        differ = (at for at, (one, other) in enumerate(zip(prompt, before, strict=False)) if one != other)
        shared = min(next(differ, len(before)), len(prompt) - 1, len(before))
        if cache is None or self._forgets or shared < WORTH_SHARING:
            cache, shared = None, 0
        elif shared < len(before):
            cache.crop(shared - len(before))
        rest = torch.tensor([prompt[shared:]], device=self._model.device)
        read = self._model(rest, past_key_values=cache, use_cache=True, logits_to_keep=1)
        self._read = (prompt, read.past_key_values)
        return read.logits[:, -1:], read.past_key_values

    def _write(self, requests: Sequence[Request]) -> list[Reply]:
        """Texts, each the likeliest token after token, with padding on the left."""
        import torch

        prompts = [self._form.prompt(one.messages) for one in requests]
        fits = [
            len(one) + request.sampling.max_tokens <= self._context
            for one, request in zip(prompts, requests, strict=True)
        ]
        replies = [
            Reply(id=one.id, error="prompt_too_long") for one, fit in zip(requests, fits, strict=True) if not fit
        ]
        asked = [(one, prompt) for one, prompt, fit in zip(requests, prompts, fits, strict=True) if fit]
        if not asked:
            return replies
        longest = max(len(prompt) for _, prompt in asked)
        tokens = torch.zeros((len(asked), longest), dtype=torch.long)
        mask = torch.zeros((len(asked), longest), dtype=torch.long)
        for row, (_, prompt) in enumerate(asked):
            tokens[row, longest - len(prompt) :] = torch.tensor(prompt)
            mask[row, longest - len(prompt) :] = 1
        made = self._model.generate(
            tokens.to(self._model.device), attention_mask=mask.to(self._model.device), do_sample=False, use_cache=True,
            max_new_tokens=max(one.sampling.max_tokens for one, _ in asked), eos_token_id=sorted(self._ends),
            pad_token_id=min(self._ends), temperature=None, top_p=None, top_k=None,
        )  # fmt: skip
        for (request, prompt), row in zip(asked, made[:, longest:].tolist(), strict=True):
            ends = next((at for at, token in enumerate(row) if token in self._ends), len(row))
            written = row[: min(ends, request.sampling.max_tokens)]
            cut = ends > request.sampling.max_tokens or ends == len(row)
            replies.append(self._text(request, prompt, written, cut=cut))
        return replies

    def _text(self, request: Request, prompt: list[int], written: list[int], *, cut: bool) -> Reply:
        text = self._form.text(written).strip()
        error = "cut" if cut and not request.output.may_be_cut else "" if text else "empty"
        return Reply(
            id=request.id,
            value=None if error else text,
            error=error or None,
            tokens_in=len(prompt),
            tokens_out=len(written),
        )
