"""`agentinstruct doctor --offline`: what was seen is told, what was not counts for nothing, and a leak ends with 1."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from agentinstruct_local import OFFLINE, doctor
from agentinstruct_local.cli.doctor import command
from agentinstruct_local.doctor import offline
from agentinstruct_local.doctor.seen import Means, Watched, judge, judge_control
from agentinstruct_local.doctor.strace import CONTROL, sockets, violations

BOTH = Means(alone=True, traced=True)
NEITHER = Means(alone=False, traced=False, why_not_alone="it needs Linux", why_not_traced="strace is not installed")
TCP = '12 connect(3, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.1")}, 16) = -1 ENETUNREACH (Network is unreachable)'
UDP = '12 sendto(3, "x", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.1")}, 16) = -1 ENETUNREACH (Network is unreachable)'
PAIR = "12 socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, [4, 5]) = 0"
CONTROLLED = Watched(
    code=0,
    out="ENETUNREACH\nENETUNREACH\n",
    err="",
    notes={"interfaces": ["lo"], "sockets": ["socket.connect 192.0.2.1", "socket.sendto 192.0.2.1"]},
    trace=("12 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3", TCP, UDP),
)
RUN = Watched(
    code=0,
    out='{"rows": 2}\n',
    err="",
    notes={
        "interfaces": ["lo"],
        "sockets": [],
        "embedder": "small",
        "environment": {"transformers": {**OFFLINE, "PATH": "/bin"}, "huggingface_hub": dict(OFFLINE)},
        "modules": ["agentinstruct_local.cli", "json", "transformers"],
    },
    trace=(PAIR,),
)


def noted(run: Watched, **changed: Any) -> Watched:
    return replace(run, notes={**run.notes, **changed})


def told(run: Watched, means: Means = BOTH) -> dict[str, doctor.Check]:
    return {check.name: check for check in judge(means, run)}


def states(run: Watched, means: Means = BOTH) -> dict[str, str]:
    return {name: check.state for name, check in told(run, means).items() if check.state != "ok"}


def test_a_run_that_stays_here_is_ok_from_every_side() -> None:
    means, control = judge_control(BOTH, CONTROLLED)
    assert (means.alone, means.traced, means.hooked, control.state) == (True, True, True, "ok")
    checks = told(RUN, means)
    assert list(checks) == ["run", "switches", "telemetry", "namespace", "strace", "hook"]
    assert states(RUN, means) == {}
    assert "huggingface_hub, transformers" in checks["switches"].says


@pytest.mark.parametrize(
    ("run", "check", "says"),
    [
        (replace(RUN, trace=(PAIR, TCP)), "strace", "192.0.2.1"),
        (replace(RUN, trace=("12 socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 3",)), "strace", "AF_NETLINK"),
        (noted(RUN, sockets=["socket.getaddrinfo example.org"]), "hook", "example.org"),
        (noted(RUN, environment={"transformers": {}}), "switches", "transformers"),
        (noted(RUN, environment={"datasets": {**OFFLINE, "HF_HUB_OFFLINE": "0"}}), "switches", "datasets"),
        (noted(RUN, modules=["json", "sentry_sdk.integrations"]), "telemetry", "sentry_sdk"),
        (replace(RUN, out='{"rows": 0}'), "run", "no rows"),
    ],
)
def test_a_leak_fails_one_check(run: Watched, check: str, says: str) -> None:
    assert states(run) == {check: "fail"}
    assert says in told(run)[check].says


@pytest.mark.parametrize(
    ("control", "missed"),
    [
        (replace(CONTROLLED, trace=()), "strace"),
        (replace(CONTROLLED, trace=(PAIR, TCP)), "strace"),  # one of the two ways alone
        (noted(CONTROLLED, sockets=[]), "Python's hook"),
        (replace(CONTROLLED, out="SENT\nSENT\n"), "namespace"),
        (replace(CONTROLLED, out="TIMEOUT\nENETUNREACH\n"), "namespace"),
        (replace(CONTROLLED, out=""), "namespace"),
        (noted(CONTROLLED, interfaces=["lo", "eth0"]), "eth0"),
        (noted(CONTROLLED, interfaces=[]), "none known"),
    ],
)
def test_what_does_not_catch_the_control_proves_nothing(control: Watched, missed: str) -> None:
    means, check = judge_control(BOTH, control)
    assert check.state == "warn"
    assert missed in check.says and "proves nothing" in check.says
    assert (means.alone, means.traced, means.hooked) != (True, True, True)
    side = {"strace": "strace", "Python's hook": "hook"}.get(missed, "namespace")
    assert states(RUN, means) == {side: "warn"}
    assert "control" in told(RUN, means)[side].says


def test_what_this_machine_does_not_allow_is_said_and_fails_nothing() -> None:
    means, control = judge_control(NEITHER, replace(CONTROLLED, out="EINVAL\nEINVAL\n", trace=()))
    assert control.state == "ok"
    assert states(replace(RUN, trace=()), means) == {"namespace": "warn", "strace": "warn"}
    checks = told(replace(RUN, trace=()), means)
    assert checks["namespace"].says == "could not: it needs Linux"
    assert checks["strace"].hint == "sudo apt-get install strace"
    assert states(replace(RUN, trace=()))["strace"] == "warn"  # traced, but there is no trace
    assert states(noted(RUN, interfaces=["lo", "tunl0"])) == {"namespace": "warn"}
    assert states(noted(RUN, environment={}, embedder="")) == {"run": "warn", "switches": "warn"}


def test_a_run_that_does_not_work_without_a_network_fails() -> None:
    broken = replace(RUN, code=2, err="error: no route\n", notes={}, trace=(PAIR,))
    assert states(broken) == {"run": "fail", "namespace": "warn", "hook": "warn"}
    assert "no route" in told(broken)["run"].says
    assert told(replace(broken, code=None))["run"].state == "fail"


def test_the_command_ends_with_1_only_after_a_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [doctor.Check(name="strace", state="warn", says="could not: it needs Linux")]
    monkeypatch.setattr(doctor, "prove", lambda: iter(lines))
    done = CliRunner().invoke(command, ["--offline"])
    assert done.exit_code == 0
    assert "could not: it needs Linux" in done.output
    lines.append(doctor.Check(name="hook", state="fail", says="Python reached out"))
    assert CliRunner().invoke(command, ["--offline"]).exit_code == 1
    done = CliRunner().invoke(command, ["--offline", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.output)["ok"] is False


def test_the_environment_of_the_run_is_clean(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "x")
    assert not {*OFFLINE, "HF_TOKEN"} & set(offline.clean_environment(tmp_path))


@pytest.fixture(scope="module")
def means() -> Means:
    return offline.find_means()


def test_the_witness_sees_from_the_inside(tmp_path, means: Means) -> None:
    """A program that imports a library of the hub first and the switches after it, and that asks for a name."""
    (tmp_path / "huggingface_hub.py").write_text("")
    file = tmp_path / "late.py"
    file.write_text(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nimport huggingface_hub, socket\n"
        "import agentinstruct_local\n"
        "try:\n    socket.getaddrinfo('name.invalid', 80)\nexcept OSError:\n    pass\n"
    )
    blind = Means(alone=means.alone, traced=False)
    seen = offline.watch(blind, tmp_path, [str(file)])
    assert seen.code == 0, seen.err
    assert seen.notes["sockets"] == ["socket.getaddrinfo name.invalid"]
    checks = told(replace(RUN, notes={**seen.notes, "embedder": "x"}), BOTH)
    assert (checks["switches"].state, checks["hook"].state) == ("fail", "fail")
    if means.alone:
        assert seen.notes["interfaces"] == ["lo"]


def test_the_control_sends_nothing_where_there_is_a_network(tmp_path, means: Means) -> None:
    """From a socket of the loopback the kernel refuses the connection, and strace sees it asked."""
    if not means.traced:
        pytest.skip(means.why_not_traced)
    (tmp_path / "control.py").write_text(CONTROL)
    seen = offline.watch(replace(means, alone=False), tmp_path, [str(tmp_path / "control.py"), "bound"])
    assert set(seen.out.split()) <= {"EINVAL", "ENETUNREACH"} and len(seen.out.split()) == 2
    assert len(violations(seen.trace)) == 2
    assert sockets(seen.trace) == 2


@pytest.mark.real
def test_the_whole_of_it_on_this_machine(means: Means) -> None:
    if not (means.alone and means.traced):
        pytest.skip(means.why_not_alone or means.why_not_traced)
    checks = list(offline.examine())
    assert [check for check in checks if check.state != "ok"] == []
    assert [check.name for check in checks][:4] == ["control", "run", "switches", "telemetry"]
