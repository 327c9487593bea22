"""What one look found: a word, a sentence, and what mends it.

No finding holds a value, a key, a token, a credential or an address of this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Status: TypeAlias = Literal["ok", "warn", "fail", "skipped"]
Fact: TypeAlias = "str | int | bool | None"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the screen.

    Attributes:
        name: what was looked at, a word or two; several findings may share it.
        status: `ok`; `warn`: works, and could be better; `fail`: does not; `skipped`: not looked at.
        says: one plain sentence, without a full stop.
        fix: what mends it, of what is not right.
        facts: what a program may want to know of it.
    """

    name: str
    status: Status
    says: str
    fix: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


Check: TypeAlias = Callable[[], Iterable[Finding]]


def ok(name: str, says: str, **facts: Fact) -> Finding:
    """Return that something works."""
    return Finding(name, "ok", says, None, facts)


def warn(name: str, says: str, fix: str, **facts: Fact) -> Finding:
    """Return that something could be better, and how."""
    return Finding(name, "warn", says, fix, facts)


def fail(name: str, says: str, fix: str, **facts: Fact) -> Finding:
    """Return that something does not work, and what mends it."""
    return Finding(name, "fail", says, fix, facts)


def skipped(name: str, why: str) -> Finding:
    """Return that something was not looked at, and why."""
    return Finding(name, "skipped", why)


@dataclass(frozen=True, slots=True)
class Section:
    """Findings that belong together, in the order they are shown."""

    title: str
    findings: tuple[Finding, ...]


def is_well(sections: Iterable[Section]) -> bool:
    """Return whether nothing failed."""
    return not any(finding.status == "fail" for section in sections for finding in section.findings)
