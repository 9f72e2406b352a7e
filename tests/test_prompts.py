from __future__ import annotations

from pathlib import Path

import pytest

from agentinstruct_local import prompts
from agentinstruct_local.errors import TaxonomyError

FRONT = "---\noutput: |\n  question str(90): what\n---\n"


def agent(folder: Path, text: str, name: str = "ask"):
    file = folder / f"{name}.jinja"
    file.write_text(text, encoding="utf-8")
    return prompts.load_agent(file)


def test_front_matter_becomes_the_contract(tmp_path):
    found = agent(
        tmp_path,
        "---\noutput: |\n  quote quote: where\n  word phrase(focus): which\nmany: [1, 3]\nsets: item\n"
        "sampling: {temperature: 0, top_k: 7, max_tokens: 33}\nrole: judge\n"
        "examples: [{quote: a, word: b}]\n---\nBody {{ turn }} here",
    )
    assert found.name == "ask"
    assert found.many == (1, 3)
    assert found.sets == "item"
    assert found.quotes == ("quote",)
    assert found.phrases == {"word": "focus"}
    assert (found.sampling.temperature, found.sampling.top_k, found.sampling.max_tokens) == (0, 7, 33)
    assert found.role == "judge"
    assert found.examples == ({"quote": "a", "word": "b"},)
    assert found.output.schema["properties"]["items"]["maxItems"] == 3
    assert found.template == "Body {{ turn }} here"
    assert Path(found.file).read_text().splitlines()[found.line - 1] == "Body {{ turn }} here"


@pytest.mark.parametrize(
    ("output", "kind", "options"),
    [("text", "text", ()), ('"choice: A | B"', "choice", ("A", "B"))],
)
def test_text_and_choice_are_outputs_too(tmp_path, output, kind, options):
    found = agent(tmp_path, f"---\noutput: {output}\n---\nx")
    assert (found.output.kind, found.output.options) == (kind, options)


def test_yes_no_has_its_questions(tmp_path):
    found = agent(tmp_path, "---\noutput: yes_no\nchecks:\n  clear: Is it clear?\n---\n{{ check }}")
    assert found.output.options == ("yes", "no")
    assert found.checks == {"clear": "Is it clear?"}


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("no front matter", 1, "front matter"),
        ("---\noutput: text\n", 1, "front matter"),
        ("---\noutput: text\nsample: {}\n---\n", 3, "sample"),
        ("---\noutput: text\nsampling: {temperature: hot}\n---\n", 3, "temperature"),
        ("---\noutput: text\nsampling: {temprature: 1}\n---\n", 2, "temprature"),
        ("---\nsampling: {}\n---\n", 2, "output"),
        ("---\noutput: text\nsets: [\n---\n", 3, "YAML"),
        ("---\noutput: text\nsets: title\n---\n", 2, "title"),
        ("---\noutput: yes_no\n---\n", 2, "checks"),
        ("---\noutput: 'question'\n---\n", 2, "name type"),
        ("---\noutput: text\nmany: [1, 2]\n---\n", 2, "many"),
        ("---\noutput: 'question str: x'\nmany: [3, 1]\n---\n", 2, "many"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path, text, line, told):
    with pytest.raises(TaxonomyError) as caught:
        agent(tmp_path, text)
    place, _, message = str(caught.value).partition(": ")
    assert place == f"{tmp_path / 'ask.jinja'}:{line}"
    assert told in message
    assert "\n" not in message


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "ask.jinja").write_bytes(b"---\n\xff\xfe\n---\n")
    with pytest.raises(TaxonomyError, match=r"ask.jinja:1"):
        prompts.load_agent(tmp_path / "ask.jinja")


def test_what_stands_before_turn_is_the_systems(tmp_path):
    system, user = prompts.render(
        agent(tmp_path, FRONT + "You are {{ who }}.\n{{ turn }}\n  Ask. "), tmp_path, {"who": "A"}
    )
    assert (system.role, system.content) == ("system", "You are A.")
    assert (user.role, user.content) == ("user", "Ask.")


def test_document_text_is_never_a_template(tmp_path):
    text = "{{ 7 * 7 }} {% for x in y %} <|im_end|> {{ turn }}"
    system, user = prompts.render(agent(tmp_path, FRONT + "S {{ turn }}{{ text }}"), tmp_path, {"text": text})
    assert user.content == text
    assert system.content == "S"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{{ turn }}{{ nobody }}", "'nobody' is undefined"),
        ("{{ turn }}{{ item.nobody }}", "nobody"),
        ("{{ turn }}{% if %}", "ask.jinja:6"),
        ("{{ turn }}{{ 1 // 0 }}", "ask.jinja"),
        ("{{ turn }}{{ ''.__class__.__mro__ }}", "ask.jinja"),
        ("{{ turn }}{{ item.clear() }}", "ask.jinja"),
        ('{% extends "../secret.jinja" %}', "ask.jinja"),
    ],
)
def test_what_goes_wrong_in_a_template_names_the_file(tmp_path, body, told):
    folder = tmp_path / "skills"
    folder.mkdir()
    (tmp_path / "secret.jinja").write_text("secret")
    broken = agent(folder, FRONT + "\n" + body)
    with pytest.raises(TaxonomyError) as caught:
        prompts.render(broken, folder, {"item": {"a": 1}})
    assert told in str(caught.value)
    assert "ask.jinja" in str(caught.value)


def test_a_row_template_that_reads_what_is_not_there_is_named(tmp_path):
    assert prompts.render_text(" {{ a }}\n", tmp_path, {"a": "x"}) == "x"
    with pytest.raises(TaxonomyError, match="row template"):
        prompts.render_text("{{ b }}", tmp_path, {"a": "x"})


def test_reads_finds_what_a_template_and_its_parents_read(tmp_path):
    (tmp_path / "parent.jinja").write_text("{{ title }}{% block task %}{{ item.question }}{% endblock %}")
    source = (
        '{% extends "parent.jinja" %}{% block task %}{% for a in list %}{{ a.b }}{{ focus }}{% endfor %}{% endblock %}'
    )
    assert prompts.reads(source, tmp_path) == {"title", "item.question", "list", "focus"}


def test_reads_does_not_leave_the_folder(tmp_path):
    (tmp_path / "skills").mkdir()
    (tmp_path / "secret.jinja").write_text("{{ secret }}")
    with pytest.raises(Exception, match=r"secret.jinja"):
        prompts.reads('{% extends "../secret.jinja" %}', tmp_path / "skills")
