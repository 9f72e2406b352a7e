"""Hostile documents: each costs one named refusal, and the next good file is still read."""

from __future__ import annotations

import errno
import gzip
import os
import signal
import socket
import subprocess
import sys
import time
import zlib
from itertools import pairwise
from pathlib import Path

import pytest

from agentinstruct_local.cli.reasons import in_words
from agentinstruct_local.doctor import offline
from agentinstruct_local.readers import Collection, Unreadable, _sandbox, collect, content

GOOD = "The pump must be serviced every 30 days.\n"
LAUGHS = (
    "<!DOCTYPE p [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {one} '{f'&{before};' * 10}'>" for before, one in pairwise("abcdefghi"))
    + "]>"
)
ALONE = offline.find_means()


def read(folder: Path) -> tuple[Collection, dict[str, str]]:
    (folder / "zz_good.txt").write_text(GOOD)
    found = collect([folder])
    assert found.documents[-1].text == GOOD.strip()
    assert all(in_words(one.reason) for one in found.unread)
    return found, {one.source.partition("/")[2]: one.reason for one in found.unread}


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are those of Linux")
@pytest.mark.parametrize(
    ("program", "expected", "told"),
    [
        ("import ctypes; ctypes.string_at(0)", "reader_crashed", "SIGSEGV"),
        ("import os; os._exit(3)", "reader_crashed", "without an answer"),
        ("while True: pass", "too_slow", ""),
        ("import time; time.sleep(60)", "too_slow", ""),
        ("block = bytearray(3 * 1024**3)", "too_much_memory", ""),
        ("import socket; socket.socket()", "damaged", "may not do this"),
        ("import subprocess; subprocess.run(['true'])", "damaged", "may not do this"),
        ("import os; os.write(os.open('/tmp/written', 65), b'x')", "damaged", "File too large"),
        ("raise ValueError('\\x1b[31mred')", "damaged", "?[31mred"),
    ],
)
def test_what_a_reader_may_not_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, expected: str, told: str
) -> None:
    monkeypatch.setattr(_sandbox, "ENTRY", "hostile_child")
    monkeypatch.setattr(_sandbox, "SECONDS", 2)
    program = program.replace("/tmp", str(tmp_path))
    (tmp_path / "a.rtf").write_text(program)
    (tmp_path / "b.rtf").write_text("good words")
    found, reasons = read(tmp_path)
    assert reasons == {"a.rtf": expected}
    assert told in found.unread[0].detail
    assert [one.text for one in found.documents] == ["good words", GOOD.strip()]


def told_by(folder: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> str:
    """What a program in the process that reads says with `raise ValueError`."""
    monkeypatch.setattr(_sandbox, "ENTRY", "hostile_child")
    (folder / "a.rtf").write_text(program)
    return read(folder)[0].unread[0].detail


RAW_SOCKET = """
import ctypes, struct
libc = ctypes.CDLL(None, use_errno=True)
number = libc.socket(2, KIND, 0)
place = struct.pack("<H", 2) + struct.pack(">H", PORT) + bytes([127, 0, 0, 1]) + bytes(8)
done = libc.connect(number, place, 16) or libc.send(number, b"x", 1, 0)
raise ValueError(f"{number} {done} {ctypes.get_errno()}")
"""


@pytest.mark.skipif(not ALONE.alone, reason=ALONE.why_not_alone)
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_native_code_in_the_process_that_reads_has_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int
) -> None:
    """It goes round Python's hook, and stands before a namespace without even a loopback that is up."""
    program = RAW_SOCKET.replace("KIND", str(int(kind))).replace("PORT", "53")
    number, done, code = told_by(tmp_path, monkeypatch, program).split()[-3:]
    assert int(number) > 2  # a socket may be made; there is nowhere to go with it
    assert (done, int(code)) == ("-1", errno.ENETUNREACH)


@pytest.mark.skipif(not ALONE.alone, reason=ALONE.why_not_alone)
def test_the_process_that_reads_has_no_interface_and_gains_no_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = "lines = open('/proc/self/net/dev').read().split(chr(10))[2:]; raise ValueError([one.split(':')[0].strip() for one in lines])"
    assert told_by(tmp_path, monkeypatch, look) == "ValueError: ['lo', '']"
    look = "raise ValueError([one for one in open('/proc/self/status').read().split(chr(10)) if 'NoNewPrivs' in one])"
    assert "NoNewPrivs:?1" in told_by(tmp_path, monkeypatch, look).replace("\\t", "?")


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_the_kernel_bounds_the_process_that_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever breaks out of Python's hook can start nothing, write nothing, and take no more than this."""
    look = "import re; told = open('/proc/self/limits').read(); "
    names = ("processes", "file size", "core file size", "address space", "data size")
    look += f"raise ValueError([re.search('Max ' + name + r' +(\\S+)', told)[1] for name in {names}])"
    most = str(2 * 1024**3)
    assert told_by(tmp_path, monkeypatch, look) == f"ValueError: {['0', '0', '0', most, most]}"


PARENT = """
import sys
from agentinstruct_local.readers import _sandbox
_sandbox.ENTRY = "hostile_child"
sandbox = _sandbox.Sandbox()
list(sandbox.results(b"good words", "a.rtf"))
print(sandbox._process.pid, flush=True)
list(sandbox.results(b"import time; time.sleep(60)", "a.rtf"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it is the kernel of Linux that does this")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_process_that_reads_dies_with_its_parent(how: signal.Signals) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, env=_with_tests(), text=True)
    try:
        child = Path("/proc") / parent.stdout.readline().strip()
        assert child.name.isdigit() and _lives(child)
        time.sleep(0.2)  # it is in the middle of a file
        assert _lives(child)
        parent.send_signal(how)
        parent.wait(10)
        end = time.monotonic() + 10
        while _lives(child) and time.monotonic() < end:
            time.sleep(0.05)
        assert not _lives(child)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()


def _with_tests() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}


def _lives(process: Path) -> bool:
    try:
        return "\nState:\tZ" not in (process / "status").read_text()
    except OSError:
        return False


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.json", b"[" * 100_000 + b"]" * 100_000, "damaged"),
        ("a.html", b"<div>" * 100_000 + b"deep words" + b"</div>" * 100_000, None),
        ("b.html", LAUGHS.encode() + b"<p>short words &i;</p>", None),
        ("a.svg.html", b'<!DOCTYPE p SYSTEM "file:///etc/passwd"><p>words of a page</p>', None),
        ("a.txt.gz", gzip.compress(bytes(content.MAX_BYTES + 1)), "too_large"),
        ("a.txt", "caf\u00e9 ".encode() * 9 + "caf\u00e9".encode("latin-1"), None),
        ("a.txt", b"words\0 and\0 more words", None),
        ("a.json", b'{"text": "half \\ud800 of a pair"}', None),
        ("a.txt", b"an \xed\xa0\x80 encoded half", None),
        ("a.pdf", b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 2/Kids[2 0 R 2 0 R]"
         b">>endobj\ntrailer<</Root 1 0 R>>\n%%EOF", "damaged"),
        ("a.pdf", b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
         b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n4 0 obj<</Filter/FlateDecode/Length %d>>"
         b"stream\n%s\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%%%EOF"
         % ((packed := zlib.compress(bytes(30_000_000))) and len(packed), packed), "no_text"),
    ],
    ids=["arrays", "tags", "entities", "outside", "gzip bomb", "mixed", "nul", "surrogate", "overlong", "page loop", "pdf bomb"],
)  # fmt: skip
def test_a_hostile_file(tmp_path: Path, name: str, data: bytes, expected: str | None) -> None:
    (tmp_path / name).write_bytes(data)
    found, reasons = read(tmp_path)
    assert reasons.get(name) == expected
    assert all(len(one.text) < 1000 and "root:" not in one.text for one in found.documents)
    assert not any("\0" in one.text or any(0xD800 <= ord(c) < 0xE000 for c in one.text) for one in found.documents)


def test_a_huge_line_is_refused_by_its_size(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(1024**3)
    assert read(tmp_path)[1] == {"a.txt": "too_large"}


@pytest.mark.skipif(sys.platform == "win32", reason="such names and files are not to be had")
def test_odd_names_and_odd_files(tmp_path: Path) -> None:
    (tmp_path / "a\n\x1b[31m.txt").write_text("words in a red file")
    (tmp_path / "b.\x1b[2J").write_text("unknown")
    (tmp_path / "c.txt").symlink_to("c.txt")
    (tmp_path / "d").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "e.txt")
    (tmp_path / "f.txt").symlink_to("/dev/zero")
    found, reasons = read(tmp_path)
    assert reasons == {"c.txt": "unreadable", "e.txt": "not_a_file", "f.txt": "not_a_file"}
    assert found.documents[0].source == f"{tmp_path.name}/a??[31m.txt"
    assert found.unknown == {".?[2j": 1}


def test_an_unreadable_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert read(tmp_path)[1] == {"closed": "unreadable_folder"}


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.txt"
    file.write_text("words")
    assert content.load(file) == b"words"
    fstat = os.fstat

    def grow(number: int) -> os.stat_result:
        told = fstat(number)
        with file.open("a") as more:
            more.write(" more")
        return told

    monkeypatch.setattr(content.os, "fstat", grow)
    with pytest.raises(Unreadable) as refused:
        content.load(file)
    assert refused.value.reason == "changed"


def test_the_parent_imports_no_parser(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(f"<h1>Pumps</h1><p>{GOOD * 9}</p>")
    code = (
        "import sys; from pathlib import Path; from agentinstruct_local.readers import collect; "
        "print(len(collect([Path(sys.argv[1])]).documents), "
        "[name for name in ('lxml', 'markdownify', 'bs4', 'pypdfium2') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "1 []"


def test_restructured_text(tmp_path: Path) -> None:
    source = "Pumps\n=====\n\nStart it::\n\n    pump --start\n\n.. note:: Mind the oil.\n\n===== ====\nPart  Days\n===== ====\nseal  90\n===== ====\n"
    (tmp_path / "a.rst").write_text(source)
    found, _ = read(tmp_path)
    assert found.documents[0].title == "Pumps"
    assert all(part in found.documents[0].text for part in ("    pump --start", "Mind the oil.", "seal  90"))
