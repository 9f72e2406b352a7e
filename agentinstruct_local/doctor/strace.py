"""Where a process of ours may connect to, read from strace; and the programs that must be caught if a proof is one.

Used by `agentinstruct doctor --offline` and by `make offline-proof`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

ALONE = ("unshare", "-rn", "sh", "-c", 'ip link set lo up 2>/dev/null; exec "$@"', "sh")
"""What follows runs in a network namespace that has nothing but its own loopback."""
STRACE = ("strace", "-f", "-qq", "-e", "trace=network", "-e", "signal=none", "-o")
"""A file for the trace follows, then the command."""
OUTSIDE = "192.0.2.1"
"""An address for documentation (RFC 5737)."""
CONTROL = f"""
import errno, socket, sys
sends = {{socket.SOCK_STREAM: lambda s, to: s.connect(to), socket.SOCK_DGRAM: lambda s, to: s.sendto(b"x", to)}}
for kind, send in sends.items():
    with socket.socket(socket.AF_INET, kind) as one:
        one.settimeout(5)
        try:
            if "bound" in sys.argv:
                one.bind(("127.0.0.1", 0))
            send(one, ("{OUTSIDE}", 53))
        except OSError as error:
            print(errno.errorcode.get(error.errno, "TIMEOUT"))
        else:
            print("SENT")
"""
"""Tries to reach the outside by TCP and by UDP, and prints how each ended. With the argument `bound` it does so from a
socket of the loopback, with which the kernel sends nothing: for where there is a network."""

_CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(?P<name>[a-z0-9_]+)[( ]")
_FAMILY = re.compile(r"\b(?:socket|socketpair)\((?P<family>[A-Za-z0-9_]+)")
_PLACE = re.compile(r"sa_family=(?P<family>[A-Za-z0-9_]+)(?:, (?P<rest>[^}]*))?")
_ADDRESS = re.compile(r'inet_(?:addr\("(?P<v4>[^"]+)"|pton\(AF_INET6, "(?P<v6>[^"]+)")')
_OWN = re.compile(r"127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3}")
_UNREAD = re.compile(r"^\d+ +(?:connect|bind)\(\d+, (?!\{)")  # an address that strace could not follow
_UNBOUND = ("0.0.0.0", "::")  # of a socket that was never connected, when it is asked for its own name
_INTERNET = ("AF_INET", "AF_INET6")


def violations(trace: Iterable[str]) -> list[str]:
    """The lines of an strace log that touch anything but AF_UNIX and the machine's own addresses.

    That a socket of AF_INET is made is none, since loopback needs one; where it is connected, bound or sends to is.
    Even a name lookup would be one.
    """
    return [line.rstrip() for line in trace if _reaches_out(line)]


def sockets(trace: Iterable[str]) -> int:
    """How many sockets were made."""
    return sum(bool(_FAMILY.search(line)) for line in trace)


def _reaches_out(line: str) -> bool:
    made = _FAMILY.search(line)
    if made and made["family"] not in ("AF_UNIX", *_INTERNET):
        return True
    if _UNREAD.match(line):
        return True
    call = _CALL.match(line)
    return any(_is_outside(place, call["name"] if call else "") for place in _PLACE.finditer(line))


def _is_outside(place: re.Match[str], call: str) -> bool:
    if place["family"] == "AF_UNIX":
        return False
    if place["family"] not in _INTERNET:
        return True
    found = _ADDRESS.search(place["rest"] or "")
    address = (found["v4"] or found["v6"]) if found else ""
    own_name = call == "getsockname" and address in _UNBOUND
    return not _OWN.fullmatch(address) and not own_name
