from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agentinstruct_local import flow, lint, taxonomy
from agentinstruct_local.errors import TaxonomyError
from agentinstruct_local.teachers.scripted import ScriptedTeacher

SMALL = Path(__file__).parent / "data" / "taxonomy"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small taxonomy, to be spoiled."""
    target = tmp_path / "skills"
    shutil.copytree(SMALL, target)
    (target / "quiz" / "cases.yaml").write_text("[]")
    return target


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, f"{old!r} is not in {file}"
    file.write_text(text.replace(old, new, 1))


def test_the_packaged_skills_have_no_problem():
    assert [str(problem) for problem in lint.check()] == []


def test_the_packaged_skills_are_those_that_were_promised():
    skills = taxonomy.load().skills
    assert set(skills) >= {"reading_comprehension", "open_domain_qa"}
    assert set(skills) >= {"analytical_reasoning", "brain_teaser", "few_shot_reasoning", "fermi"}
    paper = [one for one in skills["reading_comprehension"].subskills.values() if one.provenance == "paper"]
    assert len(paper) >= 10
    assert sum(one.needs == "small" for one in skills["reading_comprehension"].subskills.values()) >= 12
    assert len(skills["reading_comprehension"].forms) + 1 >= 9  # identity is a form too
    assert set(skills["reading_comprehension"].refinements) == {"harder"}


def test_rows_that_are_asked_without_the_passage_are_chat_and_no_others():
    skills = taxonomy.load().skills
    chat = {
        (name, one.id) for name, skill in skills.items() for one in skill.subskills.values() if one.channel == "chat"
    }
    whole = ("analytical_reasoning", "brain_teaser", "knowledge", "open_domain_qa")
    wanted = {(name, one) for name in whole for one in skills[name].subskills}
    wanted |= {("multiple_choice", one) for one in ("exact_key", "data_interpretation", "negative")}
    wanted |= {("few_shot_reasoning", one) for one in skills["few_shot_reasoning"].subskills} - {
        ("few_shot_reasoning", "extraction")  # its examples are sentences of the passage
    }
    assert chat == wanted
    texts = {name for name, skill in skills.items() if {one.channel for one in skill.subskills.values()} == {"text"}}
    assert texts == {"retelling"}


@pytest.mark.parametrize(("said", "channel"), [
    ("channel: chat\n", "chat"), ("channel: text\n", "text"), ("closed_book: true\n", "chat"), ("", "reading"),
])  # fmt: skip
def test_a_subskill_has_the_channel_of_its_skill_or_its_own(folder, said, channel):
    edit(folder / "quiz" / "skill.yaml", "forms:", f"{said}forms:")
    edit(folder / "quiz" / "skill.yaml", "    flow: claim\n", "    flow: claim\n    channel: reading\n")
    subskills = taxonomy.load(folder).skills["quiz"].subskills
    assert (subskills["fact"].channel, subskills["whole"].channel) == (channel, "reading")


def test_a_chat_row_that_shows_the_passage_is_a_problem(folder):
    edit(folder / "quiz" / "skill.yaml", "forms:", "channel: chat\nforms:")
    (problem,) = lint.check(folder)
    assert "row claim" in problem.message
    assert "its channel is reading" in problem.message


def test_the_small_taxonomy_has_no_problem(folder):
    assert [str(problem) for problem in lint.check(folder)] == []


def test_flows_are_flat_when_loaded(folder):
    skill = taxonomy.load(folder).skills["quiz"]
    kinds = [(move.kind, flow.step_name(move)) for move in skill.flows["question"]]
    assert kinds == [
        ("agent", "instruct"), ("fan_out", "instruct"), ("check", "length"), ("admit", "item.question"),
        ("agent", "answer"), ("tool", "cite"), ("check", "quote_located"), ("check", "well_formed"),
        ("agent", "judge.right"), ("agent", "judge.clear"), ("check", "judged"),
    ]  # fmt: skip
    assert skill.flows["question"][2].options == {"field": "item.question", "at_least": 4, "at_most": 60}
    assert [move.name for move in skill.refinements["twice"]] == ["again", "again"]
    assert skill.subskills["fact"].forms == ("identity",)


def test_skills_of_ones_own_stand_beside_the_packaged_ones_or_in_their_place(folder, tmp_path):
    assert set(taxonomy.overlaid().skills) == set(taxonomy.load().skills)
    both = taxonomy.overlaid(folder)
    assert set(both.skills) == {"quiz", *taxonomy.load().skills}
    assert both.digest != taxonomy.load().digest
    taxonomy.scaffold("open_domain_qa", tmp_path / "mine")
    mine = taxonomy.overlaid(tmp_path / "mine")
    assert "factoid" not in mine.skills["open_domain_qa"].subskills
    assert "literal_comprehension" in mine.skills["reading_comprehension"].subskills


def reflecting(folder: Path, old: str = "", new: str = "") -> None:
    """The small skill with a reflection in its flow, and with `old` in it replaced by `new`."""
    plain = (
        "    - answer\n    - tool: cite\n    - check:\n"
        "        - quote_located: {quote: cite.quote}\n        - well_formed\n"
    )
    reflection = (
        "    - reflect: [answer, tool: cite, check: [quote_located: {quote: cite.quote}, well_formed]]\n"
        "      critique: again\n      revise: again\n      most: 1\n"
    )
    path = folder / "quiz" / "skill.yaml"
    text = path.read_text()
    assert plain in text
    assert old in reflection
    path.write_text(text.replace(plain, reflection.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("most: 1", "most: 9", "a flow holds"),
        ("      critique: again\n", "", "a flow holds"),
        ("[answer, tool: cite, ", "[answer, admit: item.question, ", "a flow holds"),
        ("critique: again", "critique: judge", "not judges"),
        ("revise: again", "revise: agian", "no agent 'agian'"),
    ],
)
def test_a_reflection_that_cannot_be_walked_is_a_problem(folder, old, new, told):
    reflecting(folder, old, new)
    assert told in str(lint.check(folder)[0])


def test_a_reflection_is_flat_when_loaded(folder):
    reflecting(folder)
    moves = taxonomy.load(folder).skills["quiz"].flows["question"]
    at = next(place for place, move in enumerate(moves) if move.name == "answer")
    first, again = moves[at : at + 4], moves[at + 4 : at + 9]
    assert [move.name for move in first] == ["answer", "cite", "quote_located", "well_formed"]
    assert [move.name for move in again] == ["again", "again", "cite", "quote_located", "well_formed"]
    assert again[1].stands_for == "answer"
    assert [move.doubt for move in first] == [0, 0, 2, 1]  # to the critique
    assert first[-1].onward == 6  # past the revision
    assert not any(move.doubt for move in again)
    assert all(move.onward == 1 for move in (*first[:-1], *again))


def test_what_begins_with_an_underscore_is_no_skill(folder):
    assert set(taxonomy.load(folder).skills) == {"quiz"}


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "told"),
    [
        ("skill.yaml", "flow: claim", "flow: clam", 56, "no flow 'clam'"),
        ("skill.yaml", "forms: [identity, tale]", "forms: [identity, tail]", 49, "no form 'tail'"),
        ("skill.yaml", "refinements: {twice: 0.3}", "refinements: {thrice: 0.3}", 42, "no refinement 'thrice'"),
        ("skill.yaml", "refinements: {twice: 0.3}", "refinements: {twice: 3}", 48, "less than or equal"),
        ("skill.yaml", "at_most: 400", "at_mots: 400", 7, "no option 'at_mots'"),
        ("skill.yaml", "- well_formed", "- well_fromed", 18, "no verify 'well_fromed'"),
        ("skill.yaml", "- tool: cite", "- tool: sight", 15, "no use 'sight'"),
        ("skill.yaml", "  - retell", "  - retel", 5, "retel"),
        ("skill.yaml", "    - judge\n", "    - jugde\n", 19, "no agent 'jugde'"),
        ("skill.yaml", "- fan_out: instruct", "- fan_out: answer", 9, "fan_out: 'answer'"),
        ("skill.yaml", "- fan_out: instruct", "- fan_oot: instruct", 11, "a flow holds"),
        ("skill.yaml", "- repeat: 2", "- repeat: often", 31, "a flow holds"),
        ("skill.yaml", "- check: question", "- check: questions", 12, "no list 'questions'"),
        ("skill.yaml", "    - answer\n    - tool", "    - admit: item.question\n    - answer\n    - tool", 9, "gate once"),
        ("skill.yaml", 'user: "{{ item.question }}", assist', 'user: "{{ itme.question }}", assist', 38, "'itme.question'"),
        ("skill.yaml", 'user: "{{ item.question }}", assist', 'user: "{% if %}", assist', 38, "row question, user"),
        ("skill.yaml", ", assistant: \"{{ answer.answer }}\"}\n  claim", "}\n  claim", 38, "there is no assistant"),
        ("skill.yaml", "assistant:", "assistent:", 38, "assistent"),
        ("skill.yaml", "id: reason", "id: fact", 49, "two sub-skills"),
        ("skill.yaml", "provenance: proposed\n    flow: claim", "provenance: guessed\n    flow: claim", 59, "provenance"),
        ("skill.yaml", "wants: numbers", "wants: nubmers", 61, "there are askable, brief, closing, code"),
        ("skill.yaml", "wants: numbers", "wants: [numbers, rule]", 56, "wants rule of a focus"),
        ("skill.yaml", "about:", "abuot:", 1, "about"),
        ("skill.yaml", "forms:\n  tale: a tale.", "forms: [", 4, "not YAML"),
        ("answer.jinja", "item.question", "itme.question", 8, "'itme.question', which nobody writes"),
        ("judge.jinja", "answer.answer", "answer.anwser", 10, "answer returns no such field"),
        ("judge.jinja", "answer.answer", "state.items", 10, "state returns no such field"),
        ("answer.jinja", "sampling:", "examples: [{anwser: x}]\nsampling:", 4, "example 1"),
        ("answer.jinja", "answer str(300)", "answer string(300)", 2, "unknown type"),
        ("answer.jinja", "{% endblock %}", "{% endblok %}", 9, "endblok"),
        ("answer.jinja", "_shared/page.jinja", "_shared/pag.jinja", 6, "pag.jinja"),
        ("state.jinja", "sets: item", "sets: text", 2, "sets: text"),
        ("instruct.jinja", "many:", "sets: item\nmany:", 2, "sets: item"),
    ],
)  # fmt: skip
def test_a_problem_is_told_with_its_file_and_line(folder, name, old, new, line, told):
    edit(folder / "quiz" / name, old, new)
    problems = lint.check(folder)
    mine = [problem for problem in problems if told in problem.message]
    assert mine, [str(problem) for problem in problems]
    assert mine[0].file == str(folder / "quiz" / name)
    source = (folder / "quiz" / name).read_text().splitlines()
    assert mine[0].line == line, f"line {mine[0].line}: {source[mine[0].line - 1]}"
    assert "\n" not in mine[0].message


def test_every_problem_is_told_at_once(folder):
    shutil.copytree(folder / "quiz", folder / "other")
    edit(folder / "quiz" / "skill.yaml", "flow: claim", "flow: clam")
    edit(folder / "quiz" / "answer.jinja", "item.question", "itme.question")
    (folder / "other" / "skill.yaml").write_text("about: [")
    (folder / "other" / "cases.yaml").unlink()
    files = {Path(problem.file).relative_to(folder).as_posix() for problem in lint.check(folder)}
    assert files == {"other/skill.yaml", "quiz/skill.yaml", "quiz/answer.jinja"}


def test_missing_cases_are_a_problem(folder):
    (folder / "quiz" / "cases.yaml").unlink()
    (problem,) = lint.check(folder)
    assert problem.file.endswith("quiz/cases.yaml")
    assert "missing" in problem.message


@pytest.mark.parametrize("text", ["", "- a\n- list\n", "42", "\ttab: x"])
def test_a_skill_file_that_is_no_mapping_is_a_problem(folder, text):
    (folder / "quiz" / "skill.yaml").write_text(text)
    (problem,) = lint.check(folder)
    assert problem.file.endswith("skill.yaml")


def test_an_agent_may_not_take_a_name_that_templates_read(folder):
    shutil.copy(folder / "quiz" / "answer.jinja", folder / "quiz" / "item.jinja")
    assert any("'item'" in problem.message for problem in lint.check(folder))


def test_a_field_that_jinja_takes_for_a_method_is_a_problem(folder):
    edit(folder / "quiz" / "again.jinja", "answer str(300)", "items list(3, 9)")
    edit(folder / "quiz" / "judge.jinja", "answer.answer", "again.items")
    assert any("again['items']" in problem.message for problem in lint.check(folder))


def test_loading_stops_at_what_cannot_be_read(folder, tmp_path):
    with pytest.raises(TaxonomyError, match="no taxonomy folder"):
        taxonomy.load(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TaxonomyError) as caught:
        taxonomy.load(tmp_path / "empty")
    assert "taxonomy new" in caught.value.hint
    edit(folder / "quiz" / "skill.yaml", "about:", "abuot:")
    with pytest.raises(TaxonomyError, match=r"skill.yaml:1"):
        taxonomy.load(folder)


def test_the_digest_covers_what_decides_a_row_and_nothing_else(folder):
    before = taxonomy.load(folder).digest
    (folder / "quiz" / "cases.yaml").write_text("[] # another case")
    (folder / "quiz" / ".skill.yaml.swp").write_bytes(b"\xff\xfe")
    assert taxonomy.load(folder).digest == before
    seen = {before}
    for file in ("quiz/skill.yaml", "quiz/answer.jinja", "_shared/page.jinja"):
        (folder / file).write_text((folder / file).read_text() + "\n")
        seen.add(taxonomy.load(folder).digest)
    assert len(seen) == 4


def test_a_scaffold_passes_every_check_and_is_not_overwritten(tmp_path):
    made = taxonomy.scaffold("safety_rules", tmp_path / "mine")
    assert made == tmp_path / "mine" / "safety_rules"
    assert [str(problem) for problem in lint.check(tmp_path / "mine")] == []
    assert set(taxonomy.load(tmp_path / "mine").skills) == {"safety_rules"}
    with pytest.raises(TaxonomyError, match="exists already"):
        taxonomy.scaffold("safety_rules", tmp_path / "mine")
    taxonomy.scaffold("second", tmp_path / "mine")
    for name in ("Safety", "../up", "a b", "", "1st", "_x"):
        with pytest.raises(TaxonomyError) as caught:
            taxonomy.scaffold(name, tmp_path / "mine")
        assert "my_skill" in caught.value.hint


@pytest.mark.parametrize("skill", sorted(taxonomy.load().skills))
def test_every_subskill_of_a_packaged_skill_can_be_walked_to_an_end(skill, packaged_draft):
    """With made-up replies: each flow, form and refinement asks what it can ask and ends with a row or a reason."""
    packaged = taxonomy.load().skills[skill]
    for subskill in packaged.subskills.values():
        for form in subskill.forms:
            for refinement in ("none", *subskill.refinements):
                draft = packaged_draft(packaged, subskill, form, refinement)
                ended = walk(draft, packaged)
                assert ended
                for one in ended:
                    if one.refusal is None:
                        row = flow.row_of(one, packaged, folder=taxonomy.packaged_folder(), teacher="scripted")
                        assert all(message.content for message in row.messages)


def walk(draft, skill):
    """All drafts that come of one, checks being let through whatever they say."""
    from dataclasses import replace

    from agentinstruct_local import ids, registry
    from agentinstruct_local.records import Step

    teacher = ScriptedTeacher()
    open_, ended = [draft], []
    while open_:
        draft = open_.pop()
        move = flow.next_move(draft, skill)
        if move is None:
            ended.append(draft)
            continue
        if move.kind == "agent":
            request = flow.request(draft, skill, move, folder=taxonomy.packaged_folder(), teacher="scripted")
            teacher.submit(request)
            (reply,) = teacher.poll()
            open_.append(flow.fold(draft, skill, move, flow.step_of(reply, move, teacher="scripted")))
        elif move.kind == "tool":
            output = registry.find("tools", move.name)(draft, **move.options)
            step = Step(key=ids.digest(draft.id, draft.at), name=move.name, **output)
            open_.append(flow.fold(draft, skill, move, step))
        elif move.kind == "fan_out":
            open_ += flow.fan_out(draft, move)
        else:
            if move.kind == "check":
                registry.find("verifiers", move.name)(draft, **move.options)
            open_.append(replace(draft, at=draft.at + 1))
    return ended


@pytest.fixture
def packaged_draft():
    from builders import make_passage

    from agentinstruct_local.records import Draft

    text = (Path(__file__).parents[1] / "examples" / "handbook" / "pump-maintenance.md").read_text()
    passage = make_passage(text.partition("## Spare")[0], title="Maintenance of the KX-40")

    known = {"question": "Which oil?", "answer": "Mineral oil only.", "value": "mineral oil", "quote": "mineral oil"}
    fact = {**known, "fact": "f", "rival": "grease"} | {f"second_{name}": text for name, text in known.items()}

    def make(skill, subskill, form, refinement):
        return Draft(
            id=f"{subskill.id} {form} {refinement}", order=(1, 0), skill=skill.name, subskill=subskill.id,
            passage=passage, focus=passage.units[5] if subskill.focused else None,
            choices={"form": form, "refinement": refinement, "language": "en"}, seed=11, text=passage.text,
            item=fact if subskill.of == "fact" else {},
        )  # fmt: skip

    return make
