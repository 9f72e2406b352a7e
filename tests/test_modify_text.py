"""A changed text is what its instruction asks for: every change, over several texts and seeds, and spoiled answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from builders import make_draft

from agentinstruct_local import taxonomy
from agentinstruct_local.passages import split
from agentinstruct_local.records import Document, Draft
from agentinstruct_local.tools.text_modification import entail, modify_text, pose
from agentinstruct_local.tools.text_modification._excerpts import clean, excerpts
from agentinstruct_local.verifiers.text_modification import entailed, modified

TEXTS = (
    "# The Aurora pump\n\nThe pump is stopped when the pressure exceeds 12 bar for three seconds. "
    "The operator must close the valve prior to opening the lid (the lid is heavy). "
    "A closed lid is safe, and the lamp goes out. Reports are sent to Meridian by the operator on 3 May 2024.\n\n"
    "The lid is a round cover of cast iron over the housing. Each bearing takes 15g of grease and 1,500 ml of oil.",
    "# Access rules\n\nEvery new user of Nimbus receives a password and must change it within 30 days. "
    "Users don't need an administrator in order to modify their own settings. "
    "Access may be withdrawn by the HR office at any time, because accounts are checked each week. "
    "About 20 percent of all users forget the password.\n\n"
    "The color of the badge shows the group and should not be changed. "
    "The organization keeps two copies of the list at the gate.",
    "# Logs of the mail server\n\nThe log is written to /var/log/mail.log unless the option --quiet is given. "
    "The file is renamed every night and kept for seven weeks. "
    "However, errors of the SMTP server are also sent to the Helios console, where an engineer reads them. "
    "Old files should be deleted by the operator.",
    "# Sampling\n\nThe tap in the Harbour hall is opened slowly so that no air enters the sample. "
    "The bottle’s label shows the date and the initials of the person who took it. "
    "Warm samples are not accepted by the laboratory. Samples are cooled at once, which keeps bacteria from growing.",
    "# Colours of the organisation\n\nThe colour of a notice is chosen by the organisation. "
    "Readers of a notice weigh 20 kg crates, store 300 MB of records and need the Sunrise form, not Moonlight. "
    "The records are implementation notes of the department and of the information desk at the harbour of the town.\n\n"
    "Details are retrieved from the depot at the end of a shift.",
)
TABLE = (
    "# Filters\n\nThe filters below are kept in stock.\n\n| Filter | Mesh | Use |\n| --- | --- | --- |\n"
    "| Alpha | 5 micron | drinking water, cold |\n| Beta | 20 micron | rain water |\n| Gamma | 50 micron | river water |\n"
    "| Delta | 80 micron | cooling water |\n"
)
SKILL = taxonomy.load_skill(taxonomy.packaged_folder() / "text_modification")
CHANGES = {
    name: wordings for one in SKILL.subskills.values() for name, wordings in one.settings.get("changes", {}).items()
}
SEEDS = range(6)


def drafts(*texts: str) -> Iterator[Draft]:
    """A draft for each unit of each text."""
    for number, text in enumerate(texts):
        document = Document(id=f"d{number}", source="a.md", text=text, media_type="text/markdown", title="A manual")
        for passage in split(document, count_tokens=lambda one: len(one.split())):
            for unit in passage.units:
                if unit.kind != "heading":
                    yield replace(make_draft(text), passage=passage, focus=unit, text=text)


def made(name: str, wordings: Mapping[str, list[str]] = CHANGES) -> Iterator[Draft]:
    """Drafts with an item, by one change."""
    table = name.startswith(("table_", "csv_"))
    for draft in drafts(TABLE) if table else drafts(*TEXTS):
        for seed in SEEDS:
            out = modify_text.use(replace(draft, seed=seed), changes={name: wordings[name]}, tables=table)
            if "output" in out:
                yield replace(draft, item=out["output"])


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_every_change_is_borne_out_by_the_words_of_its_row(name):
    found = list(made(name))
    assert found, "none of the texts can be changed so"
    assert {one.item["instruction"] for one in found} != set()
    for draft in found:
        verdict = modified.verify(draft)
        assert verdict.ok, f"{verdict.reason}: {verdict.evidence}\n{draft.item['question']}\n=> {draft.item['answer']}"


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_an_answer_that_was_spoiled_is_refused(name):
    for draft in list(made(name))[:8]:
        for answer in spoiled(draft.item["answer"]):
            verdict = modified.verify(replace(draft, item={**draft.item, "answer": answer}))
            assert not verdict.ok, f"let through: {answer}\n{draft.item['question']}"


def spoiled(answer: str) -> Iterator[str]:
    """An answer without a word, with one too many, with another letter in place of one, and with two words turned."""
    words = list(re.finditer(r"\S*[^\W\d_]\S*", answer))
    middle, last = words[len(words) // 2], words[-1]
    yield answer[: middle.start()] + answer[middle.end() :].lstrip(" ")
    yield f"{answer[: middle.end()]} quite{answer[middle.end() :]}"
    letter = re.search(r"[^\W\d_]", middle[0])
    assert letter
    at = middle.start() + letter.start()
    yield answer[:at] + ("k" if answer[at] not in "kK" else "m") + answer[at + 1 :]
    if middle[0] != last[0]:
        yield (
            answer[: middle.start()] + last[0] + answer[middle.end() : last.start()] + middle[0] + answer[last.end() :]
        )


def test_each_wording_says_what_its_change_is():
    """Every wording of the skill, not only those that chance drew above."""
    for name, wordings in CHANGES.items():
        for wording in wordings:
            draft = next(made(name, {name: [wording]}))
            assert modified.verify(draft).ok, wording
            assert "{" not in draft.item["instruction"]


def test_an_instruction_for_another_change_is_refused():
    draft = next(made("upper"))
    item = {**draft.item, "question": f"Put this in lower case:\n\n{draft.item['text']}"}
    assert modified.verify(replace(draft, item=item)).reason == "change_unclear"


def test_every_subskill_has_six_wordings_or_more_and_no_two_alike():
    for one in SKILL.subskills.values():
        told = one.settings.get("changes") or one.settings.get("wordings")
        wordings = [text for some in told.values() for text in some] if isinstance(told, dict) else told
        assert len(wordings) >= 6, one.id
        assert len(set(wordings)) == len(wordings), one.id


def test_rare_changes_come_before_those_that_every_text_allows():
    draft = next(one for one in drafts(*TEXTS) if "(the lid is heavy)" in one.focus.text)
    names = {"brackets": CHANGES["brackets"], "nth_word": CHANGES["nth_word"], "tags": CHANGES["tags"]}
    drawn = Counter(modify_text.use(replace(draft, seed=seed), changes=names)["output"]["change"] for seed in range(60))
    assert drawn["brackets"] > 40


def test_the_same_seed_gives_the_same_task():
    draft = next(drafts(TEXTS[0]))
    assert modify_text.use(draft, changes=CHANGES) == modify_text.use(draft, changes=CHANGES)


@pytest.mark.parametrize(
    "sentence",
    [
        "See the table below for all the values that are used.",
        "the pump is stopped by the operator at night.",
        "The pump is stopped by `stop_pump` at the end.",
        "The values are as follows and must be kept:",
        "The pump (which is old is stopped by the operator.",
        "Is the pump stopped by the operator at night?",
        "Default values.",
    ],
)
def test_what_is_no_whole_clean_sentence_is_in_no_text(sentence):
    assert not clean(sentence)


def test_an_excerpt_begins_at_the_focus_and_ends_with_its_paragraph():
    draft = next(one for one in drafts(TEXTS[0]) if one.focus.text.startswith("A closed lid"))
    assert [len(one) for one in excerpts(draft)] == [1, 2]
    assert all(one[0].startswith("A closed lid") for one in excerpts(draft))


LABELS = SKILL.subskills["entailment_labels"].settings
KINDS = {one.settings["kind"]: one.settings for one in SKILL.subskills.values() if one.flow == "entailed"}


def statements(kind: str) -> Iterator[Draft]:
    for draft in drafts(*TEXTS):
        for seed in range(10):
            out = entail.use(replace(draft, seed=seed), **KINDS[kind])
            if "output" in out:
                yield replace(draft, item=out["output"])


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_statements_are_what_their_label_says(kind):
    found = list(statements(kind))
    labels = {one.item["label"] for one in found}
    assert labels == ({"entailment", "contradiction", "neutral"} if kind == "label" else {"contradiction"})
    for draft in found:
        verdict = entailed.verify(draft)
        assert verdict.ok, f"{verdict.reason}: {verdict.evidence}\n{draft.item['question']}\n=> {draft.item['answer']}"


def test_a_wrong_label_is_refused():
    for draft in statements("label"):
        for label in ("entailment", "contradiction", "neutral"):
            answers = LABELS["answers"][label]
            told = re.search(r"“(.+)”", draft.item["answer"])
            answer = answers[0].format(told=told[1] if told else draft.item["text"].split(". ")[0] + ".")
            if label != draft.item["label"]:
                item = {**draft.item, "label": label, "answer": answer}
                assert not entailed.verify(replace(draft, item=item)).ok, f"{label}: {draft.item['question']}"


@pytest.mark.parametrize(
    ("sentence", "part"),
    [
        ("A closed lid of the pump is safe, and the lamp goes out.", "A closed lid of the pump is safe."),
        ("The user has a new password and must change it soon.", "The user must change it soon."),
        (
            "Samples of the water are cooled at once, which keeps them fresh.",
            "Samples of the water are cooled at once.",
        ),
        ("The pump of the plant is stopped, but only if the operator agrees.", ""),
        ("The main pump of the plant (not the small one) is stopped at night.", ""),
        ("After the pump of the plant is filled and is tested, it must be closed.", ""),
        ("If the pump is hot, it is stopped, and the lamp goes out.", ""),
        ("Either the pump of the plant is stopped, or the valve is closed.", ""),
    ],
)
def test_a_part_that_follows_is_a_sentence_of_its_own(sentence, part):
    assert entail.part_of(sentence) == part


def test_a_task_for_a_writer_shows_its_text_and_an_instruction():
    draft = next(drafts(TEXTS[1]))
    output = pose.use(draft, wordings={"a": ["Say this anew:"], "b": ["Say it differently."]})["output"]
    assert output["text"] in output["question"]
    assert output["instruction"] in output["question"]
    assert output["way"] in ("a", "b")
    assert pose.use(draft, wordings={"a": ["x"]}, at_least=500) == {"error": "no_text"}
