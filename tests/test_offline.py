"""None of the tests can reach a network, and the offline proof sees what does."""

from __future__ import annotations

import ast
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from conftest import MODELS
from pytest_socket import SocketBlockedError

from agentinstruct_local.doctor.strace import violations


@pytest.mark.filterwarnings("ignore:A test tried")
def test_no_test_can_open_a_socket() -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with pytest.raises(SocketBlockedError):
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    with pytest.raises(SocketBlockedError):
        urllib.request.urlopen("http://127.0.0.1:9/", timeout=1)


def test_the_users_home_is_out_of_reach(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert Path.home().is_relative_to(tmp_path_factory.getbasetemp())
    assert Path(os.environ["AGENTINSTRUCT_MODELS"]) == MODELS


@pytest.mark.parametrize(
    "line",
    [
        '12 connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.1")}, 16) = -1 ENETUNREACH',
        '12 sendto(6, "x", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("8.8.8.8")}, 16) = 1',
        '12 connect(3, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = 0',
        '12 bind(3, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("0.0.0.0")}, 16) = 0',
        "12 socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3",
        "12 socket(AF_PACKET, SOCK_RAW, 768) = 3",
        '12 sendmsg(3, {msg_name={sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.0.0.2")}, msg_namelen=16}, 0) = 9',
        '12 connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1.evil")}, 16) = 0',
        "12 connect(3, {sa_family=AF_VSOCK, svm_cid=2, svm_port=1}, 16) = 0",
        '12 connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.1")}, 16 <unfinished ...>',
        '12 recvfrom(3, "x", 9, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.1")}, [16]) = 1',
        '12 <... accept4 resumed>{sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("10.0.0.9")}, [16], 0) = 4',
        "12 connect(3, 0x7ffd1c2f0000, 16) = -1 EFAULT (Bad address)",
        "12 socket(0x2d /* AF_??? */, SOCK_STREAM, 0) = -1 EAFNOSUPPORT",
        '12 connect(3, {sa_family=0x63, sa_data="x"}, 16) = 0',
        '12 connect(3, {sa_family=AF_UNSPEC, sa_data="\\0"}, 16) = 0',
    ],
)
def test_the_trace_shows_what_reaches_out(line: str) -> None:
    assert violations([line, "12 socketpair(AF_UNIX, SOCK_STREAM, 0, [4, 5]) = 0"]) == [line]


@pytest.mark.parametrize(
    "line",
    [
        "12 socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, [4, 5]) = 0",
        '12 connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = -1 ENOENT (No such file or directory)',
        "12 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3",
        '12 connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
        '12 bind(3, {sa_family=AF_INET6, sin6_port=htons(0), inet_pton(AF_INET6, "::1", &sin6_addr)}, 28) = 0',
        '12 getsockname(3, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("0.0.0.0")}, [16]) = 0',
        "12 <... connect resumed>) = 0",
        '12 connect(3, {sa_family=AF_UNIX, sun_path=@"x"}, 4 <unfinished ...>',
        '12 sendto(4, "connect(3, 0x1", 14, 0, NULL, 0) = 14',
        "12 +++ exited with 0 +++",
    ],
)
def test_the_trace_lets_the_machines_own_places_through(line: str) -> None:
    assert violations([line]) == []


def test_offline_switches_are_set_before_a_library_can_read_them() -> None:
    script = (
        "import sys; sys.meta_path.insert(0, type('Look', (), {'find_spec': staticmethod(lambda name, *_: look(name))}));"
        "import os; seen = {};\n"
        "def look(name):\n"
        "    if name in ('huggingface_hub', 'transformers', 'sentence_transformers'):\n"
        "        seen[name] = os.environ.get('HF_HUB_OFFLINE'), os.environ.get('TRANSFORMERS_OFFLINE')\n"
        "import agentinstruct_local.diversity.encoder, sentence_transformers\n"
        "print(seen)"
    )
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=bare)
    seen = ast.literal_eval(done.stdout)
    assert set(seen) >= {"huggingface_hub", "transformers", "sentence_transformers"}
    assert set(seen.values()) == {("1", "1")}
