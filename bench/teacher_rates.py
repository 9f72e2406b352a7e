"""What the default teacher can tell of the pairs of bench/checks that rules let through: as a judge, and as a reader.

    python -m bench.teacher_rates           some 20 minutes on two cores; the documents for tuning
    python -m bench.teacher_rates kept      those kept apart: for reporting, after all tuning

As a judge it is asked yes or no, and a pair is rated by the probability of yes. As a reader it answers the question
from the passage without having seen the answer, by the prompt of `taxonomy/knowledge/value.jinja`, and `value_agrees`
compares.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from agentinstruct_local import flow, registry, taxonomy
from agentinstruct_local.passages import split
from agentinstruct_local.readers.collect import collect
from agentinstruct_local.records import Draft, Message, Move, Output, Passage, Reply, Request, Sampling
from agentinstruct_local.teachers import Teacher, local
from bench.check_rates import FOLDER, labelled, passage_of

GOOD, BAD = 45, 65
KINDS = ("ask", "short", "role", "reverse", "step")
SYSTEM = "You check questions and answers about the documents of an organisation."
JUDGES: Mapping[str, Callable[[dict[str, Any], Passage], str]] = {
    "passage: right and complete?": lambda pair, passage: (
        f"Document: {passage.title or passage.source}\n"
        + (f"Section: {' > '.join(passage.headings)}\n" if passage.headings else "")
        + f'\n"""\n{passage.text}\n"""\n\n{_both(pair)}\n\nIs this answer right and complete by the text?'
    ),
    "line: the right answer?": lambda pair, _: (
        f"Line: {pair['fact']}\n{_both(pair)}\n\nIs this the right answer to the question by the line?"
    ),
    "pair: tells what is asked?": lambda pair, _: f"{_both(pair)}\n\nDoes the answer tell what the question asks for?",
    "question: names it?": lambda pair, _: (
        f"Question: {pair['question']}\n\nDoes this question name the thing, person or place that it asks about, so "
        "that a colleague knows which one is meant?"
    ),
}


def main(part: str = "tune") -> int:
    """Print the area under the curve of each judge, and how many pairs of each kind the reader refuses."""
    with closing(local.start("", n_seq=16)) as teacher:
        passages = {
            one.source: split(one, count_tokens=teacher.count_tokens)
            for one in collect([FOLDER / "documents"]).documents
        }
        pairs = [(pair, passage_of(pair, passages)) for pair in _sample(part)]
        pairs.sort(key=lambda one: one[1].id)
        for name, prompt in JUDGES.items():
            likely = _asked(teacher, [_judged(n, prompt(*one), one[1]) for n, one in enumerate(pairs)])
            rated = [(likely[str(n)].probabilities["yes"], pair["good"]) for n, (pair, _) in enumerate(pairs)]
            good, bad = ([yes for yes, right in rated if right is wanted] for wanted in (True, False))
            area = sum((one > other) + 0.5 * (one == other) for one in good for other in bad) / len(good) / len(bad)
            least = sorted(good)[int(0.07 * len(good))]
            print(f"{name:30} area {area:.2f}; refuses {sum(one < least for one in bad)} of {len(bad)}", flush=True)
        _read(teacher, pairs)
    return 0


def _sample(part: str) -> Iterator[dict[str, Any]]:
    pairs = [one for one in labelled(part) if one["kind"] in KINDS and one["fault"] != "leftover"]
    random.Random(3).shuffle(pairs)
    yield from [one for one in pairs if one["good"]][:GOOD]
    yield from [one for one in pairs if not one["good"]][:BAD]


def _both(pair: dict[str, Any]) -> str:
    return f"Question: {pair['question']}\nAnswer: {pair['answer']}"


def _judged(number: int, prompt: str, passage: Passage) -> Request:
    said = (Message(role="system", content=SYSTEM), Message(role="user", content=f"{prompt} Reply with yes or no."))
    return Request(
        id=str(number), messages=said, output=Output(kind="choice", options=("yes", "no")),
        sampling=Sampling(temperature=0), seed=1, group=passage.id,
    )  # fmt: skip


def _asked(teacher: Teacher, requests: list[Request]) -> dict[str, Reply]:
    for one in requests:
        teacher.submit(one)
    replies: dict[str, Reply] = {}
    while len(replies) < len(requests):
        replies |= {reply.id: reply for reply in teacher.poll()}
    return replies


def _read(teacher: Teacher, pairs: list[tuple[dict[str, Any], Passage]]) -> None:
    """Print whom the blind answer refuses."""
    packaged, move = taxonomy.load(), Move(kind="agent", name="value")
    skill = packaged.skills["knowledge"]
    drafts = [
        Draft(
            id=str(n), order=(n, 0), skill="knowledge", subskill="found", passage=passage, focus=None, choices={},
            seed=1, item={"question": pair["question"], "answer": pair["answer"]}, text=passage.text,
        )
        for n, (pair, passage) in enumerate(pairs)
    ]  # fmt: skip
    made = [flow.request(one, skill, move, folder=packaged.folder, teacher=teacher.name) for one in drafts]
    replies = _asked(teacher, made)
    refused: dict[str, list[bool]] = defaultdict(list)
    for draft, asked, (pair, _) in zip(drafts, made, pairs, strict=True):
        said = flow.fold(draft, skill, move, flow.step_of(replies[asked.id], move, teacher=teacher.name))
        ok = not said.refusal and registry.find("verifiers", "value_agrees")(said).ok
        refused[pair["fault"] or "good"].append(not ok)
    for name, those in sorted(refused.items(), key=lambda one: (one[0] != "good", one[0])):
        print(f"{name:16} {sum(those):3} of {len(those):3} refused by the blind answer")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
