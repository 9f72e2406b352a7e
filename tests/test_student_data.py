"""Which student, how it is to be taught, and what rows and texts become for it."""

from __future__ import annotations

import itertools
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tiny
from safetensors.numpy import save_file

from agentinstruct_local import cards
from agentinstruct_local.errors import ModelError, StudentError
from agentinstruct_local.records import Message, Row
from agentinstruct_local.student import plan as planning
from agentinstruct_local.student import students
from agentinstruct_local.student.examples import IGNORED, Example, Format, as_item, blocks, mixed, rows
from agentinstruct_local.student.plan import BLOCK, FEWEST, LEARNING_RATE, PASSES, SMALL, check_room, choose, rank_for
from agentinstruct_local.student.students import Student
from agentinstruct_local.teachers import chat_formats

MARKS = ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]"]


class Characters:
    """A token a character; marks are one token each, unless they are to be split as any text is."""

    bos_token_id, eos_token_id = 0, 1

    def __init__(self, *, bos: bool = False) -> None:
        self._bos = bos

    def __call__(self, text: str, *, add_special_tokens: bool, split_special_tokens: bool) -> Any:
        tokens = [self.bos_token_id] if add_special_tokens and self._bos else []
        while text:
            mark = "" if split_special_tokens else next((one for one in MARKS if text.startswith(one)), "")
            tokens.append(MARKS.index(mark) if mark else 100 + ord(text[0]))
            text = text[len(mark) or 1 :]
        return SimpleNamespace(input_ids=tokens)

    def decode(self, tokens: Sequence[int], *, skip_special_tokens: bool) -> str:
        return "".join(
            chr(token - 100) if token >= 100 else "" if skip_special_tokens else MARKS[token] for token in tokens
        )

    def save_pretrained(self, folder: Path) -> object:
        raise NotImplementedError


def form(name: str = "chatml", *, bos: bool = False) -> Format:
    return Format(Characters(bos=bos), name)


def chat(*turns: tuple[str, str]) -> tuple[Message, ...]:
    return tuple(Message(role=role, content=content) for role, content in turns)  # type: ignore[arg-type]


def all_of(example: Example) -> str:
    return Characters().decode(example.tokens, skip_special_tokens=False)


def learnt_of(example: Example) -> str:
    learnt = [token for token, learn in zip(example.tokens, example.learnt, strict=True) if learn]
    return Characters().decode(learnt, skip_special_tokens=False)


def row(*messages: Message, name: str = "r", tools: tuple[Any, ...] = ()) -> Row:
    return Row(id=name, messages=messages, skill="qa", subskill="fact", provenance={}, tools=tools)


# Chat formats

TEMPLATES = {
    "chatml": "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}",
    "chatml_no_think": "<|im_start|>{{ m.role }}\n{% if not think %}<think>\n\n</think>{% endif %}<|im_end|>",
    "llama3": "<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content }}<|eot_id|>",
    "gemma": "<start_of_turn>{{ role }}\n{{ m.content }}<end_of_turn>\n",
    "mistral": "{{ bos_token }}[INST] {{ m.content }} [/INST]",
    "phi3": "<|user|>\n{{ m.content }}<|end|>\n<|assistant|>\n",
    "": "{{ m.role }}: {{ m.content }}",
}  # fmt: skip


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_chat_format_is_recognised_by_its_marks(name: str) -> None:
    assert chat_formats.recognised(TEMPLATES[name]) == name
    assert chat_formats.recognised(json.dumps({"chat_template": TEMPLATES[name]})) == name


def test_every_format_can_be_recognised() -> None:
    assert set(TEMPLATES) - {""} == set(chat_formats.FORMATS)
    assert chat_formats.recognised("") == ""


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(ModelError, match="'alpaca'") as caught:
        chat_formats.named("alpaca")
    assert all(name in caught.value.hint for name in chat_formats.FORMATS)


def test_the_systems_words_stand_before_the_users_where_there_is_no_such_role() -> None:
    turns = chat(("system", "Be brief."), ("user", "Hi."))
    assert chat_formats.turns(chat_formats.named("gemma"), turns) == [("user", "Be brief.\n\nHi.")]
    assert chat_formats.turns(chat_formats.named("chatml"), turns) == [("system", "Be brief."), ("user", "Hi.")]


# Which student


@pytest.fixture(autouse=True)
def _models_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTINSTRUCT_MODELS", str(tmp_path / "models"))


def weights_folder(folder: Path, template: str = TEMPLATES["chatml"], **config: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"num_hidden_layers": 3, "vocab_size": 50} | config))
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    save_file(
        {"embed": np.zeros((50, 8), np.float32), "norm": np.zeros(8, np.float32)},
        folder / "a.safetensors",
        {"format": "pt"},
    )
    save_file({"head": np.zeros((4, 3, 2), np.float16)}, folder / "b.safetensors")
    return folder


def test_the_weights_of_a_folder_are_counted_from_its_headers(tmp_path: Path) -> None:
    folder = weights_folder(tmp_path / "little")
    found = students.find(str(folder))
    assert (found.name, found.place, found.is_gguf) == ("little", folder, False)
    assert (found.parameters, found.layers, found.vocabulary) == (50 * 8 + 8 + 24, 3, 50)
    assert found.chat_format == "chatml"
    before = found.sha256
    (folder / "config.json").write_text((folder / "config.json").read_text().replace("{", '{"other": 1, ', 1))
    assert students.find(str(folder)).sha256 != before


def test_a_model_of_text_and_images_tells_of_its_text(tmp_path: Path) -> None:
    folder = weights_folder(tmp_path / "m", text_config={"num_hidden_layers": 7, "vocab_size": 70})
    found = students.find(str(folder))
    assert (found.layers, found.vocabulary) == (7, 70)


def test_a_template_in_a_file_of_its_own_is_read(tmp_path: Path) -> None:
    folder = weights_folder(tmp_path / "m", template="")
    (folder / "chat_template.jinja").write_text(TEMPLATES["gemma"])
    assert students.find(str(folder)).chat_format == "gemma"
    assert students.find(str(folder), "phi3").chat_format == "phi3"


def test_a_gguf_file_is_a_student(tmp_path: Path) -> None:
    file = tiny.llama(tmp_path / "tiny.gguf")
    found = students.find(str(file), "chatml")
    assert (found.name, found.place, found.is_gguf, found.layers) == ("tiny", file, True, tiny.LAYERS)
    matrices = 2 * len(tiny.TOKENS) * tiny.WIDTH + tiny.LAYERS * 7 * tiny.WIDTH**2
    assert found.parameters == matrices + (1 + 2 * tiny.LAYERS) * tiny.WIDTH
    assert found.vocabulary == len(tiny.TOKENS)
    assert found.sha256 == cards.digest_of(file)


@pytest.mark.parametrize(("asked", "said"), [("", "tiny.gguf is not known"), ("alpaca", "'alpaca' is not known")])
def test_an_unknown_chat_format_names_the_known_ones_and_the_option(tmp_path: Path, asked: str, said: str) -> None:
    file = tiny.llama(tmp_path / "tiny.gguf")
    with pytest.raises(StudentError, match=said) as caught:
        students.find(str(file), asked)
    assert all(name in caught.value.hint for name in (*chat_formats.FORMATS, "--chat-format"))


@pytest.mark.parametrize("where", ["nowhere.gguf", "no/such/folder", "~/nowhere/at/all"])
def test_what_is_not_there_is_told(where: str) -> None:
    with pytest.raises(StudentError, match="no such file or folder") as caught:
        students.find(where)
    assert "models list" in caught.value.hint


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(ModelError, match="no model is called 'smollm9'"):
        students.find("smollm9")


def test_a_model_that_has_not_been_fetched_is_told() -> None:
    with pytest.raises(ModelError, match="is not on this machine") as caught:
        students.find("smollm2-135m-instruct-q4_1")
    assert "models pull" in caught.value.hint


def test_an_embedder_is_no_student() -> None:
    with pytest.raises(StudentError, match="is an embedder"):
        students.find(cards.default_embedder().name)


def test_a_vocabulary_alone_is_no_student(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no language model"):
        students.find(str(tiny.sentencepiece(tmp_path / "words.gguf")), "chatml")


def test_another_file_is_no_student(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no model")
    with pytest.raises(ModelError, match="not a GGUF file"):
        students.find(str(file))


def test_a_folder_without_a_config_or_weights_is_no_student(tmp_path: Path) -> None:
    with pytest.raises(StudentError, match=r"config\.json cannot be read"):
        students.find(str(tmp_path))
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(StudentError, match=r"config\.json cannot be read"):
        students.find(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(StudentError, match=r"no \*\.safetensors"):
        students.find(str(tmp_path))


@pytest.mark.parametrize("data", [b"", b"x", b"\xff" * 40, (9).to_bytes(8, "little") + b"no header"])
def test_a_damaged_file_of_weights_is_told(tmp_path: Path, data: bytes) -> None:
    folder = weights_folder(tmp_path / "m")
    (folder / "b.safetensors").write_bytes(data)
    with pytest.raises(StudentError, match="is no safetensors file"):
        students.find(str(folder))


def test_what_teach_has_left_is_a_student(tmp_path: Path) -> None:
    weights_folder(tmp_path / "out" / "model", template="")
    told = {"weights": "model", "chat_format": "gemma", "base": "b", "base_place": "p", "base_sha256": "s"}
    (tmp_path / "out" / students.MANIFEST).write_text(json.dumps(told))
    found = students.find(str(tmp_path / "out"))
    assert (found.place, found.chat_format) == (tmp_path / "out" / "model", "gemma")
    assert students.manifest(tmp_path / "out") == told


def test_a_damaged_manifest_is_told(tmp_path: Path) -> None:
    assert students.manifest(tmp_path) is None
    (tmp_path / students.MANIFEST).write_text("{")
    with pytest.raises(StudentError, match="damaged"):
        students.manifest(tmp_path)


# How it is to be taught


def student_of(parameters: int) -> Student:
    return Student(
        name="little", place=Path("little"), chat_format="chatml", parameters=parameters, layers=30, vocabulary=50_000, sha256="0" * 64
    )  # fmt: skip


SIZES = {"chat": 60_000, "documents": 20_000}


@pytest.mark.parametrize(("parameters", "method"), [(SMALL - 1, "full"), (SMALL, "lora"), (2_000_000_000, "lora")])
def test_the_method_goes_by_size(parameters: int, method: str) -> None:
    plan = choose(student_of(parameters), SIZES, facts=500)
    assert plan.method == method
    assert plan.rank == (64 if method == "lora" else 0)
    assert plan.learning_rate == LEARNING_RATE[method, parameters < SMALL]


def test_what_is_asked_for_goes_before() -> None:
    plan = choose(student_of(100), SIZES, facts=500, method="lora", rank=7, learning_rate=0.5, tokens=1000, seed=9)
    assert (plan.method, plan.rank, plan.learning_rate, plan.tokens, plan.seed) == ("lora", 7, 0.5, 1000, 9)
    assert choose(student_of(10**9), SIZES, facts=5, method="full", rank=7).rank == 0


def test_the_rank_grows_with_the_facts() -> None:
    ranks = [rank_for(facts) for facts in (0, 1, 100, 500, 1000, 5000, 10**6)]
    assert ranks == sorted(ranks)
    assert (ranks[0], rank_for(500), ranks[-1]) == (16, 64, 256)
    assert rank_for(1000) == 2 * rank_for(500)


def test_tokens_are_some_passes_and_a_million_at_least() -> None:
    assert choose(student_of(100), SIZES, facts=1).tokens == FEWEST
    assert choose(student_of(100), {"chat": FEWEST}, facts=1).tokens == PASSES * FEWEST


@pytest.mark.parametrize("replay", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("sizes", [SIZES, {"chat": 10, "documents": 0}, {"a": 1, "b": 2, "c": 3}])
def test_channels_share_the_tokens_evenly(sizes: dict[str, int], replay: float) -> None:
    shares = choose(student_of(100), sizes, facts=1, replay=replay).shares
    assert sum(shares.values()) == pytest.approx(1)
    assert shares.get("replay", 0) == replay
    assert len({share for name, share in shares.items() if name != "replay"}) == 1
    assert set(shares) - {"replay"} == {name for name, size in sizes.items() if size}
    assert ("replay" in shares) is (replay > 0)


@pytest.mark.parametrize("sizes", [{}, {"chat": 0, "documents": 0}])
def test_nothing_to_teach_is_told(sizes: dict[str, int]) -> None:
    with pytest.raises(StudentError, match="nothing to teach") as caught:
        choose(student_of(100), sizes, facts=0)
    assert "agentinstruct generate" in caught.value.hint


def room(monkeypatch: pytest.MonkeyPatch, *, memory: float | None, disk: float) -> None:
    monkeypatch.setattr(planning, "free_memory", lambda: memory)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=disk))


@pytest.mark.parametrize(("method", "hint"), [("full", "--method lora"), ("lora", "--rank 16")])
def test_too_little_memory_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str, hint: str) -> None:
    student = student_of(1_000_000_000)
    plan = choose(student, SIZES, facts=500, method=method)
    room(monkeypatch, memory=3e9, disk=1e15)
    with pytest.raises(StudentError, match="of memory") as caught:
        check_room(student, plan, tmp_path)
    assert f"{planning.memory(student, plan) / 1e9:,.1f} GB" in str(caught.value)
    assert "3.0 GB are free" in str(caught.value)
    assert hint in caught.value.hint


def test_too_little_memory_on_a_gpu_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    student = student_of(1_000_000_000)
    room(monkeypatch, memory=1e12, disk=1e15)
    monkeypatch.setattr(planning, "free_on_gpu", lambda: 8_000_000_000)
    with pytest.raises(StudentError, match=r"of GPU memory, 8\.0 GB are free"):
        check_room(student, choose(student, SIZES, facts=500, method="full"), tmp_path)


def test_too_little_disk_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    student = student_of(100_000_000)
    plan = choose(student, SIZES, facts=500)
    room(monkeypatch, memory=1e12, disk=1.5e9)
    with pytest.raises(StudentError, match="writes up to") as caught:
        check_room(student, plan, tmp_path / "not" / "there" / "yet")
    assert f"{planning.disk(student, plan) / 1e9:,.1f} GB" in str(caught.value)
    assert f"1.5 GB are free in {tmp_path}" in str(caught.value)
    assert "--out" in caught.value.hint


def test_an_adapter_takes_less_room() -> None:
    student = student_of(1_000_000_000)
    full, lora = (choose(student, SIZES, facts=500, method=method) for method in ("full", "lora"))
    assert planning.memory(student, lora) < planning.memory(student, full)
    assert planning.disk(student, lora) < planning.disk(student, full)
    assert 16e9 < planning.memory(student, full) < 32e9


@pytest.mark.parametrize("memory", [1e12, None])
def test_enough_room_is_no_trouble(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, memory: float | None) -> None:
    student = student_of(100_000_000)
    room(monkeypatch, memory=memory, disk=1e12)
    check_room(student, choose(student, SIZES, facts=500), tmp_path)


# Rows as examples


def test_only_the_assistants_turn_and_the_first_mark_after_it_are_learnt() -> None:
    found = form().example(chat(("user", "Who?"), ("assistant", "Ada.")))
    assert found is not None
    assert all_of(found) == "<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\nAda.<|im_end|>\n"
    assert learnt_of(found) == "Ada.<|im_end|>"


def test_every_turn_of_the_assistant_is_learnt() -> None:
    found = form().example(
        chat(("system", "Be brief."), ("user", "Who?"), ("assistant", "Ada."), ("user", "When?"), ("assistant", "Now."))
    )
    assert found is not None
    assert learnt_of(found) == "Ada.<|im_end|>Now.<|im_end|>"
    assert all_of(found).startswith("<|im_start|>system\nBe brief.<|im_end|>\n")


def test_the_reply_is_learnt_from_where_it_will_be_asked_for() -> None:
    thinks = form("chatml_no_think")
    found = thinks.example(chat(("user", "Who?"), ("assistant", "Ada.")))
    assert found is not None
    prompt = thinks.prompt(chat(("user", "Who?")))
    assert list(found.tokens[: len(prompt)]) == prompt
    assert not any(found.learnt[: len(prompt)])
    assert thinks.text(prompt).endswith("assistant\n<think>\n\n</think>\n\n")


def test_a_text_holds_no_control_tokens() -> None:
    found = form().example(chat(("user", "<|im_end|>?"), ("assistant", "</s><|im_start|>")))
    assert found is not None
    assert Counter(token for token in found.tokens if token < 100) == {
        MARKS.index("<|im_start|>"): 2,
        MARKS.index("<|im_end|>"): 2,
    }
    assert learnt_of(found) == "</s><|im_start|><|im_end|>"


def test_the_systems_words_are_merged_where_the_family_has_no_such_role() -> None:
    found = form("gemma", bos=True).example(chat(("system", "Be brief."), ("user", "Who?"), ("assistant", "Ada.")))
    assert found is not None
    assert all_of(found) == (
        "<s><start_of_turn>user\nBe brief.\n\nWho?<end_of_turn>\n<start_of_turn>model\nAda.<end_of_turn>\n"
    )
    assert learnt_of(found) == "Ada.<end_of_turn>"


def test_a_chat_begins_as_the_tokenizer_begins() -> None:
    turn = chat(("user", "Who?"))
    assert form(bos=True).prompt(turn) == [0, *form().prompt(turn)]


def test_what_cannot_be_shown_is_no_example() -> None:
    called = Message(role="assistant", content="", tool_calls=({"name": "look", "arguments": {}},))
    user = chat(("user", "Who?"))
    assert form().example((*user, called)) is None
    assert form().example((*user, *chat(("tool", "Ada"), ("assistant", "Ada.")))) is None
    assert form().example(user) is None


def test_rows_with_tools_and_rows_that_are_too_long_are_left_out_and_counted() -> None:
    good = chat(("user", "Who?"), ("assistant", "Ada."))
    called = Message(role="assistant", content="", tool_calls=({"name": "look", "arguments": {}},))
    found = [
        row(*good),
        row(*good, tools=({"name": "look"},)),
        row(good[0], called),
        row(good[0], *chat(("assistant", "x" * 80))),
        row(*good),
    ]
    kept, left = rows(found, form(), longest=80)
    assert [learnt_of(one) for one in kept] == ["Ada.<|im_end|>"] * 2
    assert left == {"tools": 2, "too_long": 1}
    assert rows(found[:1], form(), longest=80)[1] == {}


def test_the_longest_row_that_fits_is_kept() -> None:
    good = row(*chat(("user", "Who?"), ("assistant", "Ada.")))
    example = form().example(good.messages)
    assert example is not None
    assert rows([good], form(), longest=len(example))[0] == [example]
    assert rows([good], form(), longest=len(example) - 1) == ([], {"too_long": 1})


@pytest.mark.parametrize("bos", [False, True])
@pytest.mark.parametrize("length", [5, 15, 16, 30, 100])
def test_a_text_is_cut_in_parts_that_are_learnt(length: int, bos: bool) -> None:
    text = "".join(chr(97 + at % 26) for at in range(length))
    parts = form(bos=bos).texts(text, longest=16)
    assert all(1 < len(part) <= 16 for part in parts)
    assert all(part.learnt == (False, *[True] * (len(part) - 1)) for part in parts)
    whole = "".join(all_of(part) for part in parts).replace("<s>", "")
    assert whole in (f"{text}</s>", text)  # where nothing but the end is left over, there may be no part for it
    assert all((part.tokens[0] == 0) is bos for part in parts)


# Examples as blocks


def sized(*sizes: int, mark: int = 1) -> list[Example]:
    """Examples of these sizes; their first token tells them apart."""
    return [
        Example((1000 * mark + at, *[7] * (size - 1)), (False, *[True] * (size - 1))) for at, size in enumerate(sizes)
    ]


CHANNELS = {
    "chat": sized(*(20 + 7 * at % 60 for at in range(40)), mark=1),
    "documents": sized(*(200 + 31 * at % 300 for at in range(12)), mark=2),
    "replay": sized(*(50 + 13 * at % 90 for at in range(25)), mark=3),
}
SHARES = {"chat": 0.45, "documents": 0.45, "replay": 0.1}


def some(tokens: int, seed: int = 0) -> list[Example]:
    found: list[Example] = []
    for example in mixed(CHANNELS, SHARES, seed):
        found.append(example)
        if sum(map(len, found)) >= tokens:
            break
    return found


def test_each_channel_has_its_share_of_the_tokens() -> None:
    found = some(20_000)
    total = sum(map(len, found))
    for mark, share in enumerate(SHARES.values(), 1):
        assert sum(len(one) for one in found if one.tokens[0] // 1000 == mark) / total == pytest.approx(share, abs=0.02)


def test_the_same_seed_gives_the_same_order() -> None:
    assert some(5000) == some(5000)
    assert some(5000) != some(5000, seed=1)


def test_each_pass_holds_every_example_of_a_channel_once() -> None:
    names = [one.tokens[0] for one in itertools.islice(mixed({"chat": CHANNELS["chat"]}, {"chat": 1.0}, 3), 120)]
    passes = [names[at : at + 40] for at in (0, 40, 80)]
    assert all(sorted(one) == sorted(e.tokens[0] for e in CHANNELS["chat"]) for one in passes)
    assert passes[0] != passes[1]


def test_channels_without_examples_or_share_are_left_out() -> None:
    found = itertools.islice(mixed({"a": [], "b": sized(3), "c": sized(5)}, {"a": 0.4, "b": 0.6, "c": 0.0}, 0), 9)
    assert {len(one) for one in found} == {3}
    assert list(mixed({"a": []}, {"a": 1.0}, 0)) == []


def test_no_block_is_longer_than_its_size_but_for_a_single_example() -> None:
    examples = [*some(8000), *sized(700, 513, 512, mark=4)]
    found = blocks(iter(examples), size=BLOCK, tokens=10**9)
    assert all(sum(map(len, block)) <= BLOCK or len(block) == 1 for block in found)
    assert Counter(one.tokens[0] for block in found for one in block) == Counter(one.tokens[0] for one in examples)
    assert sum(map(len, examples)) / (BLOCK * len(found)) > 0.85  # little is wasted


def test_blocks_hold_every_example_once_in_each_pass() -> None:
    chat_ = CHANNELS["chat"]
    one_pass = sum(map(len, chat_))
    found = blocks(mixed({"chat": chat_}, {"chat": 1.0}, 0), size=256, tokens=3 * one_pass)
    assert Counter(one.tokens[0] for block in found for one in block) == {one.tokens[0]: 3 for one in chat_}


def test_blocks_end_when_the_tokens_are_reached() -> None:
    found = blocks(mixed(CHANNELS, SHARES, 0), size=BLOCK, tokens=20_000)
    assert 20_000 <= sum(len(one) for block in found for one in block) < 20_500
    assert blocks(iter([]), size=BLOCK, tokens=100) == []


def test_positions_begin_anew_and_what_is_not_learnt_has_no_label() -> None:
    one, other = Example((5, 6, 7), (False, False, True)), Example((8, 9), (False, True))
    assert as_item([one, other]) == {
        "input_ids": [5, 6, 7, 8, 9],
        "position_ids": [0, 1, 2, 0, 1],
        "labels": [IGNORED, IGNORED, 7, IGNORED, 9],
    }
    assert IGNORED == -100
