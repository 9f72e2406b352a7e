"""A student in torch that is asked as any teacher is: texts are written greedily, options are scored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentinstruct_local.records import Reply, Request
from agentinstruct_local.student.examples import Format
from agentinstruct_local.teachers import chat_formats

TOGETHER = 16
"""Texts written at a time."""


class TorchTeacher:
    """A `Teacher` over a causal language model of transformers. Only greedy texts and scores can be asked for.

    With `half` the matrices are multiplied in bfloat16, which is several times as fast where the processor has it.
    """

    def __init__(self, model: Any, form: Format, *, name: str, context: int = 4096, half: bool = False) -> None:
        self._half = half
        self.name, self.about, self.slots = name, "", TOGETHER
        self.notes: list[str] = []
        self._model, self._form, self._context = model.eval(), form, context
        self._queue: list[Request] = []
        self._ends = {form.tokenizer.eos_token_id, *form.mark(chat_formats.ending(form.chat, "assistant"))[:1]}

    def submit(self, request: Request) -> None:
        """Take a request."""
        self._queue.append(request)

    def poll(self) -> Sequence[Reply]:
        """Answer one request to be scored, or up to TOGETHER texts of like length."""
        import torch

        if not self._queue:
            return []
        kind = self._model.device.type
        with torch.inference_mode(), torch.autocast(kind, torch.bfloat16, enabled=self._half):
            scored = next((one for one in self._queue if one.output.kind == "scores"), None)
            if scored is not None:
                self._queue.remove(scored)
                return [self._score(scored)]
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

    def _score(self, request: Request) -> Reply:
        """Log-probabilities, in nats, of each option as the reply: the prompt is read once, then all options."""
        import torch

        prompt = self._form.prompt(request.messages)
        options = {one: self._form.plain(one) for one in dict.fromkeys(request.output.options)}
        longest = max(map(len, options.values()))
        if len(prompt) + longest > self._context:
            return Reply(id=request.id, error="prompt_too_long", tokens_in=len(prompt))
        if not all(options.values()):
            return Reply(id=request.id, error="empty", tokens_in=len(prompt))
        where = self._model.device
        padded = torch.zeros((len(options), longest), dtype=torch.long)
        known = torch.zeros((len(options), longest), dtype=torch.bool)
        for row, tokens in enumerate(options.values()):
            padded[row, : len(tokens)] = torch.tensor(tokens)
            known[row, : len(tokens)] = True
        read = self._model(torch.tensor([prompt], device=where), use_cache=True, logits_to_keep=1)
        first = read.logits[:, -1:].expand(len(options), -1, -1)
        logits = first
        if longest > 1:
            cache = read.past_key_values
            cache.batch_repeat_interleave(len(options))
            rest = self._model(padded[:, :-1].to(where), past_key_values=cache, use_cache=True)
            logits = torch.cat([first, rest.logits], dim=1)
        chances = torch.log_softmax(logits.float(), dim=-1).cpu()
        each = chances.gather(2, padded.unsqueeze(-1)).squeeze(-1).masked_fill(~known, 0.0).sum(dim=1)
        scores = dict(zip(options, each.tolist(), strict=True))
        best = max(scores, key=scores.__getitem__)
        return Reply(id=request.id, value=best, scores=scores, tokens_in=len(prompt), tokens_out=int(known.sum()))

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
