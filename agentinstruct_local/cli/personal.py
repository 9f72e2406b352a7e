"""What was found of personal data and secrets, and what became of it, in words and as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentinstruct_local.cli.output import count

if TYPE_CHECKING:
    from agentinstruct_local.store import Store


def facts(store: Store, policy: str, rows: int | None = None) -> dict[str, Any]:
    """The policy, how often each kind was found, in how many passages, and how many of the first `rows` show some.

    Where it is masked, no passage has any left.
    """  # fmt: skip
    return {
        "policy": policy,
        "found": store.personal(),
        "passages": store.personal_passages(),
        "rows": store.personal_rows(rows),
    }


def in_a_line(told: dict[str, Any]) -> str:
    """Such as "email 12, iban 1 found; 3 passages left out"; "none found"."""
    if not told["found"]:
        return "none found"
    found = ", ".join(f"{kind} {n:,}" for kind, n in told["found"].items())
    became = {
        "keep": f"kept in {count(told['passages'], 'passage')}",
        "mask": "masked",
        "skip": f"{count(told['passages'], 'passage')} left out",
    }[told["policy"]]
    return f"{found} found; {became}"


def closing(told: dict[str, Any]) -> list[str]:
    """The lines of a closing report; none where nothing was found."""
    if not told["found"]:
        return []
    lines = [f"  {in_a_line(told)}"]
    if told["policy"] == "keep":
        shown = f"{count(told['rows'], 'row shows', 'rows show')} some of it" if told["rows"] else "no row shows it"
        lines.append(f"  {shown}; `provenance.personal` of a row names the kinds")
        lines.append("  To mask it, or to leave such passages out: another run with --privacy mask, or skip")
    return lines
