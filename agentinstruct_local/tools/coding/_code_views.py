"""What can be asked about a function: each view gives the parts of a question and of its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from agentinstruct_local.sandbox import values
from agentinstruct_local.sandbox.mutants import Mutant, caught, mutants
from agentinstruct_local.tools.coding._programs import Problem
from agentinstruct_local.tools.coding._wording import program

Parts = dict[str, Any]
_ARGS = {
    "rows": "the rows, each a dictionary", "names": "the names, in their order", "text": "the text to work on",
    "prefix": "what a name has to begin with", "minimum": "the smallest value that counts", "limit": "the length",
    "first": "the list whose order is kept", "second": "the list to compare with", "wanted": "the name to look for",
    "size": "how many names a group has", "settings": "option names with their values", "old": "the settings before",
    "new": "the settings after", "values": "the values to look at",
    "records": "the rows, each a dictionary", "items": "the rows, each a dictionary",
    "words": "the names, in their order",
    "labels": "the names, in their order", "strings": "the names, in their order",
    "data": "the nested data",
    "defaults": "what holds where nothing else is set", "own": "what takes its place",
}  # fmt: skip
_STEPS = {
    "n": "The loop goes over the input once and does a constant amount of work in each turn (a look-up in a dictionary "
    "or a set counts as constant on average), so the time grows in step with the input.",
    "n^2": "There is a loop inside a loop, and both grow with the input: twice as many entries mean about four times "
    "as many turns.",
    "log n": "Every turn halves the range that is left, so twice as many entries cost only one turn more.",
}
_LIBRARY = ("combinations", "bisect_left", "Counter", "defaultdict", "dict.fromkeys", "sum", "max")
_SIGNS = {"n": "O(n)", "n^2": "O(n²)", "log n": "O(log n)"}


def _write(one: Problem, draw: Random) -> Parts:
    del draw
    return {"solution": one.code}


def _predict(one: Problem, draw: Random) -> Parts | None:
    fitting = [
        pair for pair in one.calls if len(f"{pair[1]}") <= 220 and "\\n" not in pair[0] and pair[1] not in ([], {}, "")
    ]
    if not fitting:
        return None
    call, value = draw.choice(fitting[:3])
    return {"shown": program(one.data.shown, one.code, f"print({call})"), "printed": str(value), "call": call}


def _broken(one: Problem, draw: Random) -> Parts | None:
    some = list(mutants(one.code))
    draw.shuffle(some)
    for mutant in some:
        found = caught(mutant.code, one.data.shown, one.calls)
        if found:
            call, value, error = found
            wanted = dict(one.calls)[call]
            if len(repr(value)) + len(repr(wanted)) > 400 or len(call) > 200:
                continue
            gives = f"raises {_a(error)}" if error else f"returns `{value!r}`"
            return _of(one, mutant) | {
                "broken": mutant.code, "call": call, "gives": gives, "wanted": repr(wanted), "solution": one.code,
            }  # fmt: skip
    return None


def _a(name: str) -> str:
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"


def _of(one: Problem, mutant: Mutant) -> Parts:
    """The faulty line, alone and as it is indented, and how it is mended."""
    before, after = (code.split("\n")[mutant.line - 1] for code in (mutant.code, one.code))
    moved = mutant.wrong == mutant.right
    return {
        "line": mutant.line, "wrong": mutant.wrong, "why": mutant.why, "wrong_line": before, "right_line": after,
        "mend": "move it out of the loop, to the level of the `for`" if moved else f"replace it by `{mutant.right}`",
    }  # fmt: skip


def _review(one: Problem, draw: Random) -> Parts | None:
    parts = _broken(one, draw) if "object" not in one.types.values() else None
    return parts and {**parts, "hints": _hinted(one)}


def _hinted(one: Problem) -> str:
    """The first line of the function with the types of its arguments and of its result."""
    args = []
    for part in one.args.split(", "):
        name, _, default = part.partition("=")
        args.append(f"{name}: {one.types[name]}" + (f" = {default}" if default else ""))
    return f"def {one.name}({', '.join(args)}) -> {one.types['return']}:"


def _complete(one: Problem, draw: Random) -> Parts | None:
    lines = one.code.split("\n")
    spots = sorted({mutant.line for mutant in mutants(one.code) if caught(mutant.code, one.data.shown, one.calls)})
    spots = [at for at in spots if len(lines[at - 1].strip()) > 12 and at > 1 and " return " not in lines[at - 1]]
    if not spots:
        return None
    at = draw.choice(spots)
    indent = re.match(r" *", lines[at - 1])
    gap = f"{indent[0] if indent else ''}# ... one line is missing here"
    return {
        "gap": "\n".join((*lines[: at - 1], gap, *lines[at:])), "missing": lines[at - 1].strip(), "solution": one.code,
    }  # fmt: skip


def _refactor(one: Problem, draw: Random) -> Parts | None:
    del draw
    means = next((f"`{name}`" for name in _LIBRARY if re.search(rf"\b{re.escape(name)}\(", one.short)), "")
    if re.search(r"[\[{(].* for .* in ", one.short):
        means = "a comprehension"
    if one.short.count("\n") >= one.code.count("\n") or not means:
        return None
    return {"shown": one.code, "solution": one.short, "means": means}


def _faster(one: Problem, draw: Random) -> Parts:
    del draw
    return {"shown": one.slow, "solution": one.code, "before": "O(n²)", "after": "O(n)"}


def _tests(one: Problem, draw: Random) -> Parts | None:
    del draw
    some = list(mutants(one.code))
    calls = [pair for pair in one.calls if len(repr(pair[1])) <= 300]
    if not some or len(calls) < 3 or not all(caught(mutant.code, one.data.shown, calls) for mutant in some):
        return None
    names: list[str] = []
    texts = []
    for call, value in calls:
        name = _case(call, first=not names)
        name = name if name not in names else f"{name}_{len(names) + 1}"
        names.append(name)
        compared = f"is {value!r}" if value is None or isinstance(value, bool) else f"== {value!r}"
        texts.append(f"def test_{name}():\n    assert {call} {compared}")
    return {"shown": one.code, "tests_text": program(*texts), "count": len(texts)}


def _case(call: str, *, first: bool) -> str:
    inner = call.partition("(")[2]
    if first:
        return "usual_input"
    if inner.startswith(("[]", "{}", "'')", "'', ")):
        return "empty_input"
    if "'nothing'" in inner or "'zzz'" in inner or "-1)" in inner or ", 99)" in inner:
        return "nothing_matches" if "99" not in inner else "large_limit"
    return "other_input"


def _document(one: Problem, draw: Random) -> Parts:
    del draw
    lines = [f'    """{one.words["doc"]}']
    args = [name for name in one.types if name != "return"]
    lines += ["", "    Args:", *(f"        {name}: {_ARGS.get(name, f'the {name} to look for')}." for name in args)]
    result = one.words.get("result") or re.sub(r"^Return ", "", one.words["doc"]).rstrip(".")
    lines += ["", "    Returns:", f"        {one.types['return']}: {result}.", '    """']
    head, _, body = one.code.partition("\n")
    return {"shown": one.code, "solution": "\n".join((head, *lines, body))}


def _explain(one: Problem, draw: Random) -> Parts | None:
    del draw
    call, value = min(one.calls[:2], key=lambda pair: len(repr(pair)))
    if len(repr(value)) > 200 or value in ([], {}, None):
        call, value = one.calls[0]
    if len(repr(value)) > 300 or len(call) > 200:
        return None
    does = one.words["doc"][:1].lower() + one.words["doc"][1:]
    does = re.sub(r"^(\w+)", lambda verb: _third(verb[1]), does)
    return {"shown": program(one.data.shown, one.code), "does": does, "call": call, "value": repr(value)}


def _third(verb: str) -> str:
    return f"{verb}es" if verb.endswith(("ch", "s", "sh")) else f"{verb}s"


def _hints(one: Problem, draw: Random) -> Parts | None:
    del draw
    if "object" in one.types.values():
        return None
    body = one.code.partition("\n")[2]
    return {"shown": one.code, "solution": f"{_hinted(one)}\n{body}"}


def _complexity(one: Problem, draw: Random) -> Parts:
    slow = bool(one.slow) and draw.random() < 0.6
    grows = "n^2" if slow else one.grows
    sized = one.args.split(",")[0].strip()
    return {"shown": one.slow if slow else one.code, "sign": _SIGNS[grows], "reason": _STEPS[grows], "sized": sized}


def _class(one: Problem, draw: Random) -> Parts:
    del draw
    return {"solution": one.code, "class": one.name}


def _api(one: Problem, draw: Random) -> Parts | None:
    goal, use = draw.choice(one.uses)
    *lines, last = use.split("\n")
    expression = last.removeprefix("print(").removesuffix(")")
    ran = values("\n".join((one.data.shown, one.code, *lines)), [expression])[-1]
    if ran.kind != "value" or not 2 <= len(repr(ran.value)) <= 400:
        return None
    return {"interface": one.interface, "wish": goal, "solution": use, "prints": str(ran.value), "class": one.name}


VIEWS: Mapping[str, tuple[Callable[[Problem, Random], Parts | None], tuple[str, ...]]] = {
    "write": (_write, ()),
    "predict": (_predict, ()),
    "locate": (_broken, ()),
    "repair": (_broken, ()),
    "review": (_review, ()),
    "complete": (_complete, ()),
    "refactor": (_refactor, ()),
    "faster": (_faster, ("slow",)),
    "design": (_faster, ("slow",)),
    "tests": (_tests, ()),
    "document": (_document, ()),
    "explain": (_explain, ()),
    "hints": (_hints, ()),
    "complexity": (_complexity, ("big",)),
    "class": (_class, ("interface",)),
    "api": (_api, ("interface",)),
}
"""What is asked -> the view, and what of a problem it needs."""
