"""What the untrained student says of itself: chats that are mixed into the training, so that it keeps what it could.

The student is given nothing but the mark that opens a user's turn, writes that turn, and answers it (as Magpie does it:
Xu et al., arXiv 2406.08464). So no text from elsewhere is needed, in any language.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from agentinstruct_local.student.examples import Example, Format
from agentinstruct_local.student.weights import sixteen_bits
from agentinstruct_local.teachers import chat_formats

TOGETHER = 32
"""Chats written at a time."""
ASKED, ANSWERED = 48, 160
"""Tokens at most of what is asked, and of the reply."""


def chats(model: Any, form: Format, *, tokens: int, seed: int, tell: Callable[[int], None]) -> list[Example]:
    """Chats of `tokens` tokens or a little more; `tell` hears how many there are. A turn that has no end after ASKED or
    ANSWERED tokens stays as it is: it is what the student says all the same."""
    import torch

    torch.manual_seed(seed)
    narrow = sixteen_bits(model.device.type)  # half the bytes to read for each token
    model = copy.deepcopy(model).to(torch.bfloat16 if narrow else torch.float32).eval()
    opening = [*form.begins, *form.mark(form.chat.before["user"])]
    closing = [*form.mark(form.chat.after), *form.mark(form.chat.reply)]
    asked_end = form.mark(form.chat.after)[:1]
    end = form.mark(chat_formats.ending(form.chat, "assistant"))[:1]
    found: list[Example] = []
    have = 0
    while have < tokens:
        asked = _sampled(model, [opening] * TOGETHER, ASKED, asked_end)
        prompts = [[*opening, *one, *closing] for one, _ in asked]
        before = have
        for prompt, (reply, ended) in zip(prompts, _sampled(model, prompts, ANSWERED, end), strict=True):
            if reply and have < tokens:
                whole = [*prompt, *reply, *(end if ended else ())]
                found.append(Example(tuple(whole), (*[False] * len(prompt), *[True] * (len(whole) - len(prompt)))))
                have += len(whole)
        tell(have)
        if have == before:  # it says nothing at all
            break
    return found


def _sampled(
    model: Any, prompts: Sequence[Sequence[int]], most: int, end: Sequence[int]
) -> list[tuple[list[int], bool]]:  # fmt: skip
    """One continuation of each prompt, of at most `most` tokens, and whether it ended by itself."""
    import torch

    longest = max(map(len, prompts))
    tokens = torch.full((len(prompts), longest), end[0], dtype=torch.long)
    mask = torch.zeros_like(tokens)
    for row, prompt in enumerate(prompts):
        tokens[row, longest - len(prompt) :] = torch.tensor(prompt)
        mask[row, longest - len(prompt) :] = 1
    with torch.inference_mode():
        made = model.generate(
            tokens.to(model.device), attention_mask=mask.to(model.device), do_sample=True, temperature=1.0, top_p=0.95,
            top_k=0, max_new_tokens=most, eos_token_id=end[0], pad_token_id=end[0], use_cache=True,
        )  # fmt: skip
    rows = made[:, longest:].tolist()
    return [(row[: row.index(end[0])], True) if end[0] in row else (row, False) for row in rows]
