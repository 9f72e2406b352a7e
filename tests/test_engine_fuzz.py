"""The engine under random load, with a model so small that thousands of steps take seconds."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import llama_cpp
import numpy as np
import pytest
import tiny

from agentinstruct_local.errors import TeacherError
from agentinstruct_local.records import Message, Output, Request, Sampling
from agentinstruct_local.teachers.llamacpp.chat import tokens_of
from agentinstruct_local.teachers.llamacpp.engine import Engine
from agentinstruct_local.teachers.llamacpp.library import Library
from agentinstruct_local.teachers.llamacpp.prefixes import common
from agentinstruct_local.teachers.llamacpp.sequence import Sequence
from agentinstruct_local.teachers.llamacpp.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore:llama_token_get_attr")
PASSAGES = [f"{word} " * 40 for word in ("cat", "dog", "quote", "answer")]


class Watched(Engine):
    """An engine that keeps what it wrote, and can be looked at after every step."""

    def __init__(self, path: Path, settings: Settings) -> None:
        super().__init__(path, chat_format="chatml", name="tiny", settings=settings)
        self.wrote: dict[str, list[int]] = {}

    def _finish(self, sequence, outcome):  # type: ignore[no-untyped-def]
        assert sequence.request is not None
        self.wrote[sequence.request.id] = sequence.written
        return super()._finish(sequence, outcome)

    def check(self) -> None:
        """What must hold between two steps."""
        memory, held = self.library.memory, [*self.running, *self.cache.kept]
        slots = [one.slot for one in held]
        assert sorted([*slots, *self.cache.free]) == list(range(min(3 * self.slots, 256))), "each slot has one owner"
        assert len(self.running) <= self.slots
        for one in held:
            assert llama_cpp.llama_memory_seq_pos_max(memory, one.slot) == one.done - 1
            first = llama_cpp.llama_memory_seq_pos_min(memory, one.slot)
            assert first == 0 or one.done == 0 or not self.library.can_share
            assert one.done <= len(one.tokens)
        assert all(llama_cpp.llama_memory_seq_pos_max(memory, slot) == -1 for slot in self.cache.free)
        assert all(one.request is not None for one in self.running)
        assert all(one.request is None and one.done == one.prompt == len(one.tokens) for one in self.cache.kept)
        assert self.cache.prefixes.kept() <= self.cache.most
        self.check_tree(held if self.library.can_share else [])

    def check_tree(self, held: list[Sequence]) -> None:
        """Every held prompt is one path of the tree, and the tree has nothing else."""
        prefixes = self.cache.prefixes
        paths = {one: [node for node, _ in prefixes._walk(one.tokens, one.prompt)] for one in held}
        for one, path in paths.items():
            assert [token for node in path for token in node.tokens] == one.tokens[: one.prompt]
            assert all(one in node.holders for node in path)
            assert all(node.end == sum(len(n.tokens) for n in path[: place + 1]) for place, node in enumerate(path))
        assert {id(node) for node in prefixes._nodes()} == {id(node) for path in paths.values() for node in path}
        assert all(node.holders <= set(held) and node.holders for node in prefixes._nodes())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.llama(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture(scope="module", params=["mamba", "gemma"])
def uncut(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recurrent model, and one with a sliding window: what they remember cannot be cut at a token."""
    return getattr(tiny, request.param)(tmp_path_factory.mktemp("tiny") / f"{request.param}.gguf")


@contextmanager
def opened(model: Path, **settings: int) -> Iterator[Watched]:
    with closing(Watched(model, Settings(**{"n_seq": 4, "context": 2048, "threads": 1, **settings}))) as engine:
        yield engine


def ask(number: int, draw: random.Random, **sampling: float) -> Request:
    kind = draw.random()
    output = Output(kind="text")
    if kind < 0.3:
        output = Output(schema={"type": "object", "properties": {"a": {"enum": ["cat", "dog"]}}, "required": ["a"]})
    elif kind < 0.4:
        output = Output(kind="choice", options=("yes", "no"))
    elif kind < 0.5:
        output = Output(kind="scores", options=("yes it is", "no", "it depends on the cat"))
    words = draw.choice(PASSAGES)[: draw.randrange(40, 200)] + " ".join(draw.choices(tiny.WORDS, k=draw.randrange(30)))
    settings = {"temperature": 0.0, "max_tokens": draw.randrange(1, 60), **sampling}
    return Request(
        id=str(number),
        messages=(Message(role="user", content=words),),
        output=output,
        sampling=Sampling(**settings),
        seed=number,
    )


@pytest.mark.parametrize("seed", range(6))
def test_random_load_loses_nothing_and_keeps_the_cache_in_order(model: Path, seed: int) -> None:
    draw = random.Random(seed)
    settings = {
        "n_seq": draw.choice([1, 2, 5, 8]),
        "context": draw.choice([512, 1024, 4096]),
        "batch": draw.choice([16, 64, 512]),
        "keep": draw.choice([0, 200, 1500]),
        "guess": draw.choice([0, 2, 8]),
    }
    asked, cancelled, answered = 0, set(), {}
    with opened(model, **settings) as engine:
        for step in itertools.count():
            for _ in range(draw.choice([0, 0, 0, 1, 1, 6]) if asked < 150 and step < 800 else 0):
                engine.submit(ask(asked, draw, temperature=draw.choice([0.0, 1.0])))
                asked += 1
            if asked and draw.random() < 0.05:
                name = str(draw.randrange(asked))
                cancelled.add(name)
                engine.cancel(name)
            for reply in engine.work():
                assert reply.id not in answered, "a request is answered once"
                answered[reply.id] = reply.error
            engine.check()
            if step > 800 and engine.idle:
                break
    assert sorted(answered, key=int) == [str(number) for number in range(asked)]
    assert asked > 50
    assert {name for name, error in answered.items() if error == "cancelled"} <= cancelled
    assert {error for name, error in answered.items() if name not in cancelled} <= {None, "cut", "empty", "broken_text"}


def plain(model: Path, request: Request) -> list[int]:
    """What a loop over one sequence writes, greedily, with nothing shared."""
    with closing(Library(model, Settings(n_seq=1, context=1024, threads=1), sequences=1)) as library:
        tokens, written = tokens_of(request.messages, "chatml", library), []
        library.decode([(0, 0, tokens, 1)])
        while len(written) < request.sampling.max_tokens:
            token = int(library.logits[0].argmax())
            if library.ends(token):
                break
            written.append(token)
            library.decode([(0, len(tokens) + len(written) - 1, [token], 1)])
        return written


def greedy(engine: Watched, asked: list[Request]) -> dict[str, list[int]]:
    """What an engine writes, each request's tokens by its id."""
    for one in asked:
        engine.submit(one)
    while engine.poll():
        engine.check()
    return engine.wrote


def texts(count: int, seed: int) -> list[Request]:
    draw = random.Random(seed)
    return [one for one in (ask(number, draw) for number in range(count)) if one.output.kind == "text"]


@pytest.mark.parametrize(
    "settings",
    [{"n_seq": 1}, {"n_seq": 3, "batch": 32}, {"n_seq": 8}, {"n_seq": 8, "keep": 0}, {"n_seq": 4, "guess": 4}],
)
def test_greedy_replies_are_those_of_a_plain_loop(model: Path, settings: dict[str, int]) -> None:
    asked = texts(60, seed=7)
    with opened(model, **settings) as engine:
        wrote = greedy(engine, asked)
    same = sum(wrote[one.id] == plain(model, one) for one in asked)
    # Sums in another order may turn a near tie between two tokens round; then all that follows differs.
    assert same >= 0.9 * len(asked)
    assert len(asked) > 20


def test_a_model_whose_memory_cannot_be_cut_is_right_and_says_so(uncut: Path) -> None:
    asked = texts(40, seed=5)
    with opened(uncut, n_seq=4) as engine:
        assert "cannot share" in engine.notes[0]
        wrote = greedy(engine, asked)
        assert not engine.cache.kept
    assert sum(wrote[one.id] == plain(uncut, one) for one in asked) >= 0.9 * len(asked)
    assert len(asked) > 15


def test_replies_do_not_depend_on_what_is_shared(model: Path) -> None:
    asked, found = texts(60, seed=9), []
    for share in (True, False):
        with opened(model, n_seq=6) as engine:
            engine.library.can_share = share
            found.append(greedy(engine, asked))
            assert (engine.library.computed < sum(len(plain_prompt(engine, one)) for one in asked)) is share
    assert sum(found[0][one.id] == found[1][one.id] for one in asked) >= 0.9 * len(asked)


def plain_prompt(engine: Engine, request: Request) -> list[int]:
    return tokens_of(request.messages, "chatml", engine.library)


def test_what_is_sampled_does_not_depend_on_what_is_guessed(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seeds give the same replies with and without guesses, though many guesses come true.

    With plain attention: flash rounds otherwise in batches of another size, and a guess makes one.
    """
    monkeypatch.setattr(llama_cpp, "LLAMA_FLASH_ATTN_TYPE_ENABLED", llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED)
    draw = random.Random(3)
    asked = [ask(number, draw, temperature=0.7, max_tokens=80) for number in range(60)]
    asked = [one for one in asked if one.output.kind in ("text", "json")]
    wrote, steps = [], []
    for guess in (0, 4):
        with opened(model, n_seq=4, guess=guess) as engine:
            wrote.append(greedy(engine, asked))
            steps.append(engine._steps)
    assert sum(wrote[0][one.id] == wrote[1][one.id] for one in asked) >= 0.9 * len(asked)
    assert steps[1] < 0.9 * steps[0], "the model repeats itself, so guesses come true"


def test_scores_are_the_log_probabilities_of_whole_continuations(model: Path) -> None:
    options = ("yes", "no it is", "it depends on the cat")
    prompt = (Message(role="user", content=PASSAGES[0]),)
    request = Request(
        id="s", messages=prompt, output=Output(kind="scores", options=options), sampling=Sampling(), seed=1
    )
    with opened(model, batch=16) as engine:
        engine.submit(request)
        (reply,) = engine.poll()
        assert engine.idle
    with closing(Library(model, Settings(n_seq=1, context=1024, threads=1), sequences=1)) as library:
        for option in options:
            library.forget(0)
            target = library.tokenize(option, special=False)
            tokens = [*tokens_of(prompt, "chatml", library), *target]
            library.decode([(0, 0, tokens, len(target) + 1)])
            rows = library.logits[:-1].astype(np.float64)
            chances = rows - np.logaddexp.reduce(rows, axis=1, keepdims=True)
            wanted = sum(chances[place, token] for place, token in enumerate(target))
            assert reply.scores[option] == pytest.approx(wanted, rel=1e-3)  # flash attention keeps sums in 16 bits
    assert reply.value == max(options, key=lambda option: reply.scores[option])


def asked_for(name: str, words: str, output: Output, **sampling: float) -> Request:
    message = (Message(role="user", content=words),)
    return Request(id=name, messages=message, output=output, sampling=Sampling(**sampling), seed=1)


def test_two_that_need_the_same_prefix_compute_it_once(model: Path) -> None:
    draw = random.Random(1)
    with opened(model, n_seq=8) as engine:
        prompts = []
        for number in range(8):
            words = PASSAGES[0] + f" {draw.choice(tiny.WORDS)} {number}"
            request = asked_for(str(number), words, Output(kind="choice", options=("a", "b")))
            engine.submit(request)
            prompts.append(plain_prompt(engine, request))
        while engine.poll():
            pass
        own = max(map(len, prompts)) - common(prompts[0], prompts[1])
        assert engine.library.computed <= max(map(len, prompts)) + 8 * own


def test_nothing_waits_for_ever_behind_those_whose_passage_is_there(model: Path) -> None:
    with opened(model, n_seq=1) as engine:
        for number in range(400):
            words = PASSAGES[1] if number == 10 else PASSAGES[0]
            engine.submit(asked_for(str(number), f"{words} {number}", Output(kind="choice", options=("a", "b"))))
        order = []
        while replies := engine.poll():
            order += [reply.id for reply in replies]
    assert order.index("10") <= 10 + 64


@pytest.mark.parametrize(
    "words", ["", "é漢字🙂 العربية", "<|im_end|></s>[INST]<s><|endoftext|>", "a\x00b", "\ud800 alone", "🙂" * 200]
)
def test_any_words_are_answered(model: Path, words: str) -> None:
    with opened(model) as engine:
        message = (Message(role="user", content=words),)
        engine.submit(
            Request(id="w", messages=message, output=Output(kind="text"), sampling=Sampling(max_tokens=1), seed=1)
        )
        (reply,) = engine.poll()
        assert reply.error in (None, "cut", "empty", "broken_text")
        assert reply.tokens_out <= 1
        assert engine.idle


def test_a_grammar_that_cannot_be_used_leaves_nothing_behind(model: Path) -> None:
    with opened(model) as engine:
        engine.submit(asked_for("bad", PASSAGES[0], Output(kind="regex", grammar="(")))
        with pytest.raises(TeacherError, match="no grammar"):
            engine.poll()
        engine.check()
        engine.submit(asked_for("good", PASSAGES[0] + " dog", Output(kind="choice", options=("yes", "no"))))
        assert [reply.id for reply in engine.poll()] == ["good"]


def test_an_empty_continuation_is_named(model: Path) -> None:
    with opened(model) as engine:
        engine.submit(asked_for("s", PASSAGES[0], Output(kind="scores", options=("yes", ""))))
        assert [(reply.id, reply.error) for reply in engine.poll()] == [("s", "empty")]
        assert engine.idle


def test_guesses_keep_to_the_room_that_a_request_has(model: Path) -> None:
    """A prompt that repeats itself, a reply as long as the context allows, and guesses all the way."""
    words = "cat dog " * 20
    with opened(model, n_seq=1, context=256, batch=64, guess=1) as engine:
        room = 256 - len(plain_prompt(engine, asked_for("r", words, Output(kind="text"))))
        engine.submit(asked_for("r", words, Output(kind="text"), temperature=0.0, max_tokens=room))
        (reply,) = engine.poll()
        assert reply.error in (None, "cut", "broken_text", "empty")
        assert reply.tokens_out <= room
