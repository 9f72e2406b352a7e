"""A teacher in a process of its own: it may die, and nothing that it was asked is lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from agentinstruct_local import cards
from agentinstruct_local.errors import AgentInstructError, ModelError, TeacherError
from agentinstruct_local.records import Message, Output, Reply, Request, Sampling
from agentinstruct_local.teachers import llamacpp
from agentinstruct_local.teachers.worker import DEATHS, Worker


class Fragile:
    """Answers with the request's own words, two at a step; "die N: SIGNAL" kills its process N times."""

    slots = 4
    notes = ("its first word",)

    def __init__(self, name: str, marks: Path) -> None:
        self.name, self.marks = name, marks
        self.asked: list[Request] = []
        self.cancelled: list[Request] = []
        if name == "stillborn":
            os.kill(os.getpid(), signal.SIGSEGV)
        if name == "refused":
            raise ModelError("it is no model", hint="take another")

    @property
    def idle(self) -> bool:
        return not self.asked and not self.cancelled

    def submit(self, request: Request) -> None:
        self.asked.append(request)

    def cancel(self, name: str) -> None:
        self.cancelled = [one for one in self.asked if one.id == name]
        self.asked = [one for one in self.asked if one.id != name]

    def work(self) -> list[Reply]:
        if self.cancelled:
            found, self.cancelled = self.cancelled, []
            return [Reply(id=one.id, error="cancelled") for one in found]
        done, self.asked = self.asked[:2], self.asked[2:]
        for request in done:
            words = request.messages[-1].content
            if words.startswith("die"):
                times, name = words.removeprefix("die ").split(": ")
                mark = self.marks / f"{request.id}-{time.monotonic_ns()}"
                if len(list(self.marks.glob(f"{request.id}-*"))) < int(times):
                    mark.touch()
                    os.write(2, b"about to die\n")
                    os.kill(os.getpid(), getattr(signal, name))
            if words == "raise":
                raise TeacherError("one request alone does not fit")
            if words == "bug":
                raise ZeroDivisionError("a bug")
        return [Reply(id=one.id, value=one.messages[-1].content) for one in done]

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def close(self) -> None:
        pass


def request(name: str, words: str) -> Request:
    message = Message(role="user", content=words)
    return Request(id=name, messages=(message,), output=Output(kind="text"), sampling=Sampling(max_tokens=20), seed=1)


@pytest.fixture
def started(tmp_path) -> Iterator[Callable[..., Worker]]:
    made: list[Worker] = []

    def start(name: str = "fragile") -> Worker:
        made.append(Worker(partial(Fragile, name, tmp_path), name=name))
        return made[-1]

    yield start
    for worker in made:
        worker.close()


def drain(worker: Worker, *requests: Request) -> dict[str, Reply]:
    for one in requests:
        worker.submit(one)
    found: list[Reply] = []
    while replies := worker.poll():
        found += replies
    assert len({reply.id for reply in found}) == len(found), "a request is answered once"
    return {reply.id: reply for reply in found}


def test_requests_cross_the_pipe_and_come_back(started):
    worker = started()
    assert (worker.slots, worker.count_tokens("three short words")) == (4, 3)
    found = drain(worker, *(request(f"r{n}", f"words {n}") for n in range(50)))
    assert {name: reply.value for name, reply in found.items()} == {f"r{n}": f"words {n}" for n in range(50)}
    assert worker.poll() == []
    assert worker.notes == ["its first word"]


def test_what_is_cancelled_is_answered_once(started):
    worker = started()
    for number in range(40):
        worker.submit(request(f"r{number}", "words"))
    worker.cancel("r39")
    worker.cancel("nobody")
    found = drain(worker)
    assert set(found) == {f"r{number}" for number in range(40)}
    assert [name for name, reply in found.items() if reply.error] in ([], ["r39"]), "it may have been answered before"


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL", "SIGABRT", "SIGILL"])
def test_a_death_is_noted_and_nothing_is_lost(started, name):
    worker = started()
    asked = [request(f"r{n}", f"die 1: {name}" if n == 5 else f"words {n}") for n in range(12)]
    assert set(drain(worker, *asked)) == {one.id for one in asked}
    assert len(worker.notes) == 2, "what the process says of itself is told once"
    assert name in worker.notes[1] and "about to die" in worker.notes[1]


def test_deaths_with_replies_in_between_do_not_add_up(started):
    worker = started()
    for number in range(DEATHS + 1):
        asked = request(f"r{number}", "die 1: SIGSEGV")
        assert drain(worker, asked) == {asked.id: Reply(id=asked.id, value="die 1: SIGSEGV")}
    assert len(worker.notes) == 1 + DEATHS + 1


def test_the_process_killed_from_outside(started):
    worker = started()
    os.kill(worker.pid, signal.SIGKILL)
    assert set(drain(worker, request("a", "words"), request("b", "words"))) == {"a", "b"}
    os.kill(worker.pid, signal.SIGKILL)
    time.sleep(0.2)
    assert worker.count_tokens("two words") == 2


def test_it_is_started_again_a_bounded_number_of_times(started):
    worker = started()
    with pytest.raises(TeacherError, match=r"fragile died \(SIGKILL\).*1 requests under way.*about to die") as raised:
        drain(worker, request("a", f"die {DEATHS}: SIGKILL"))
    assert "--context" in raised.value.hint
    assert len(worker.notes) == DEATHS


def test_errors_of_the_teacher_reach_the_caller(started):
    with pytest.raises(TeacherError, match="does not fit"):
        drain(started(), request("a", "raise"))
    with pytest.raises(ModelError, match="no model") as raised:
        started("refused")
    assert raised.value.hint == "take another"
    with pytest.raises(TeacherError, match=r"SIGSEGV.*while it was being loaded"):
        started("stillborn")
    with pytest.raises(TeacherError, match=r"exit code 1.*ZeroDivisionError"):
        drain(started(), request("a", "bug"))


def test_it_ends_with_its_parent_and_not_with_a_signal_for_both(started):
    worker = started()
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(worker.pid, number)
    assert drain(worker, request("a", "words"))["a"].value == "words"
    assert worker.notes == ["its first word"]
    process = worker._process
    worker.close()
    assert process.exitcode == 0


# -- with a real model --------------------------------------------------------------------------------------------


def real(path: Path, **settings: int) -> Worker:
    card = cards.teacher_for_tests()
    made = llamacpp.Settings(**{"n_seq": 2, "context": 512, "threads": 1, "echo": True, **settings})
    load = partial(llamacpp.load, path, chat_format=card.chat_format, name=card.name, settings=made)
    return Worker(load, name=card.name)


@pytest.mark.real
def test_a_real_model_dies_in_mid_batch_and_goes_on():
    worker = real(cards.path_of(cards.teacher_for_tests()))
    try:
        asked = [request(f"r{n}", f"Count to {n + 10}.") for n in range(6)]
        for one in asked:
            worker.submit(one)
        found = {reply.id for reply in worker.poll()}
        os.kill(worker.pid, signal.SIGSEGV)
        while replies := worker.poll():
            assert not found & {reply.id for reply in replies}
            found |= {reply.id for reply in replies}
        assert found == {one.id for one in asked}
        assert "SIGSEGV" in worker.notes[0]
    finally:
        worker.close()


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    return data[:8] + bytes([data[8] ^ 0xFF]) + data[9:]


@pytest.mark.real
@pytest.mark.parametrize("damage", [cut, flipped])
def test_a_damaged_model_is_a_named_error(tmp_path, damage):
    path = tmp_path / "damaged.gguf"
    path.write_bytes(damage(cards.path_of(cards.teacher_for_tests()).read_bytes()))
    with pytest.raises(AgentInstructError) as raised:
        real(path)
    assert raised.value.hint


@pytest.mark.real
def test_a_context_too_large_for_memory_is_a_named_error():
    with pytest.raises(AgentInstructError, match=r"memory|died") as raised:
        real(cards.path_of(cards.teacher_for_tests()), context=2_000_000_000)
    assert "--context" in raised.value.hint


def test_a_request_that_cannot_be_answered_is_not_asked_again(started):
    worker = started()
    with pytest.raises(TeacherError, match="does not fit"):
        drain(worker, request("a", "raise"))
    assert set(drain(worker, request("b", "words"))) == {"b"}
