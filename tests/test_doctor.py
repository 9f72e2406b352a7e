import json
import signal
import sys

import pytest
import tiny
from click.testing import CliRunner

from agentinstruct_local import cards, doctor
from agentinstruct_local.cli.doctor import command
from agentinstruct_local.doctor import decoding, machine

BUILT = 'print(\'{"stage": "built", "gpu": false, "features": "AVX2 = 1"}\', flush=True)'
LOADED = 'print(\'{"stage": "loaded", "seconds": 0.1}\', flush=True)'
REAL_MODELS = str(cards.models_folder())
DECODED = 'print(\'{"stage": "decoded", "seconds": 0.2, "token": 7}\', flush=True)'


def child(*lines: str) -> decoding.Tried:
    return decoding.try_child([sys.executable, "-c", "\n".join(["import os, signal, sys, time", *lines])], seconds=20)


def dies(by: signal.Signals) -> str:
    return f"os.kill(os.getpid(), {int(by)})"


@pytest.fixture(autouse=True)
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("AGENTINSTRUCT_MODELS", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("by", [signal.SIGSEGV, signal.SIGILL])
def test_a_crash_becomes_a_line_that_says_what_to_type(by):
    tried = child(BUILT, LOADED, "print('ggml: last words', file=sys.stderr, flush=True)", dies(by))
    check = decoding.explain(tried, amx=True)
    assert check.state == "fail"
    assert by.name in check.says
    assert "AMX" in check.says
    assert "first decode" in check.says
    assert "last words" in check.says
    assert "pip install --force-reinstall" in check.hint
    assert "AMX" not in decoding.explain(tried, amx=False).says


def test_the_rebuild_turns_amx_off_where_there_is_such_a_thing(monkeypatch):
    monkeypatch.setattr(decoding.platform, "machine", lambda: "x86_64")
    assert decoding.rebuild().startswith('CFLAGS="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16" CXXFLAGS=')
    monkeypatch.setattr(decoding.platform, "machine", lambda: "arm64")
    assert "amx" not in decoding.rebuild()


def test_a_crash_while_loading_the_library_is_told_as_such():
    assert "loading llama.cpp" in decoding.explain(child(dies(signal.SIGILL)), amx=False).says


def test_out_of_memory_time_out_and_a_plain_error_are_told_apart():
    assert "out of memory" in decoding.explain(child(BUILT, dies(signal.SIGKILL))).says
    slow = decoding.try_child([sys.executable, "-c", f"import time\n{BUILT}\ntime.sleep(30)"], seconds=1)
    assert "no answer" in decoding.explain(slow).says
    assert slow.stages["built"] == {"gpu": False, "features": "AVX2 = 1"}
    failed = decoding.explain(child(BUILT, "sys.exit('unknown model architecture')"))
    assert "unknown model architecture" in failed.says
    assert failed.hint
    assert decoding.explain(child("import no_such_thing_at_all")).hint == "make setup"


def test_noise_on_the_childs_output_does_no_harm():
    tried = child("print('hello')", "print('[1]')", "print('{}')", BUILT, DECODED)
    assert list(tried.stages) == ["built", "decoded"]
    assert tried.code == 0


def test_a_build_with_openmp_is_a_warning():
    spins = decoding.check_build({"gpu": False, "features": "AVX2 = 1 | OPENMP = 1 |"})
    assert spins.state == "warn"
    assert "-DGGML_OPENMP=OFF" in spins.hint
    assert decoding.check_build({"gpu": False, "features": "AVX2 = 1 |"}).state == "ok"


def test_amx_is_read_from_the_processors_flags(tmp_path):
    info = tmp_path / "cpuinfo"
    info.write_text("processor\t: 0\nflags\t\t: fpu avx avx2 fma amx_tile amx_int8\n")
    assert machine.advertises_amx(info)
    assert "AMX advertised" in machine.check_processor(info).says
    info.write_text("processor\t: 0\nflags\t\t: fpu avx avx2 fma\n")
    assert not machine.advertises_amx(info)
    assert "no AMX" in machine.check_processor(info).says
    assert machine.processor_flags(tmp_path / "none") == frozenset()


def test_little_memory_is_a_warning(tmp_path):
    info = tmp_path / "meminfo"
    info.write_text("MemTotal:        4000000 kB\nMemAvailable:    1000000 kB\n")
    assert machine.check_memory(info).state == "warn"
    assert machine.check_memory(tmp_path / "none").state == "ok"


def test_missing_and_damaged_models_fail_with_a_hint(models):
    told = {check.says.split()[0]: check for check in machine.check_models()}
    assert told[cards.default_teacher().name].hint == f"agentinstruct models pull {cards.default_teacher().name}"
    assert cards.teacher_for_tests().name not in told
    tiny.llama(models / "mine.gguf")
    cards.add(models / "mine.gguf")
    assert [check.state for check in machine.check_models() if "mine" in check.says] == ["ok"]
    tiny.llama(models / "mine.gguf", seed=1)
    assert [check.state for check in machine.check_models() if "mine" in check.says] == ["fail"]


def test_an_open_switch_fails(monkeypatch):
    assert machine.check_network().state == "ok"
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    check = machine.check_network()
    assert (check.state, check.hint) == ("fail", "unset HF_HUB_OFFLINE")


def test_the_command_ends_with_2_only_if_something_fails(monkeypatch):
    lines = [
        doctor.Check(name="a", state="ok", says="fine"),
        doctor.Check(name="b", state="warn", says="hm", hint="do"),
    ]
    monkeypatch.setattr(doctor, "examine", lambda _teacher: iter(lines))
    done = CliRunner().invoke(command, [])
    assert done.exit_code == 0
    assert "warn  b" in done.output
    lines.append(doctor.Check(name="c", state="fail", says="broken", hint="make setup"))
    done = CliRunner().invoke(command, [])
    assert done.exit_code == 2
    assert "type: make setup" in done.output
    done = CliRunner().invoke(command, ["--json"])
    assert done.exit_code == 2
    told = json.loads(done.output)
    assert told["ok"] is False
    assert [check["state"] for check in told["checks"]] == ["ok", "warn", "fail"]


@pytest.mark.real
def test_the_test_teacher_decodes_one_token(monkeypatch):
    monkeypatch.setenv("AGENTINSTRUCT_MODELS", REAL_MODELS)
    name = cards.teacher_for_tests().name
    build, decode = decoding.check_teacher(name)
    assert build.state in ("ok", "warn")
    assert decode.state == "ok"
