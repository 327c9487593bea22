"""Every code a problem in a `.env` file or in code can have; docs/diagnostics.md lists the same."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from envlsp.ide.results import Severity


class Code(NamedTuple):
    """A kind of problem."""

    severity: Severity
    """The usual one; a problem may be milder or worse, and its page says when."""
    meaning: str
    fix: str
    """What is offered; empty where only a person can know."""


_E, _W, _I, _H = Severity.ERROR, Severity.WARNING, Severity.INFORMATION, Severity.HINT

GROUPS: Mapping[str, Mapping[str, Code]] = MappingProxyType(
    {
        "How the file is written": {
            "bad-name": Code(_W, "a name that no release can carry", ""),
            "broken-line": Code(_W, "a line that the loader skips", ""),
            "no-equals": Code(_W, "a name without `=`", ""),
            "no-name": Code(_W, "nothing before `=`", ""),
            "not-utf8": Code(_E, "bytes that are not UTF-8", ""),
            "nul-byte": Code(_E, "a NUL byte, which no process environment can hold", ""),
            "text-after-quote": Code(_W, "text after the closing quote", ""),
            "unterminated-quote": Code(_E, "a quote that is never closed", "close it"),
            "duplicate-name": Code(_W, "assigned again further down", "remove the line that does not count"),
            "undefined-reference": Code(
                _W,
                "`${NAME}` of a name that the file does not give",
                "change it to one that is close, add the name",
            ),
            "endless-reference": Code(_W, "references that lead in a circle, or (error) multiply", ""),
            "invisible-character": Code(_W, "a character that nobody can see", "remove it"),
            "unsafe-unquoted-value": Code(
                _I, "without quotes, a shell or another loader may read the value differently", "add quotes"
            ),
        },
        "What the names are for": {
            "empty-required-value": Code(
                _W, "empty, and code, the example or the newest release wants a value", ""
            ),
            "public-secret": Code(_W, "a secret under a prefix whose variables go to browsers", ""),
            "unused-name": Code(_H, "no code reads it", "remove it"),
            "undefined-name": Code(
                _W,
                "code reads a name that is defined nowhere; a hint where a default exists",
                "change it to one that is close, add it",
            ),
            "missing-in-environment": Code(_H, "code reads a name that some environments lack", "add it"),
        },
        "The team's releases": {
            "differs-from-release": Code(_H, "changed here and not pushed", "push, compare"),
            "not-released": Code(_H, "new here and not pushed", "push"),
            "missing-here": Code(
                _I,
                "the newest release has names that the file lacks; a hint for those taken out here",
                "pull, push",
            ),
            "behind-release": Code(
                _I, "a teammate changed it since; a warning where you did too", "pull, compare"
            ),
            "conflict": Code(_E, "releases made at once disagree", "take one side, compare"),
        },
        "Files around it": {
            "missing-name": Code(_I, "the example has names that the file lacks", "add them"),
            "not-in-example": Code(_H, "a name that the example lacks", "add it to the example"),
            "git-tracked": Code(_E, "git tracks the file", ""),
            "git-exposed": Code(_W, "git does not ignore the file", "add it to `.gitignore`"),
        },
    }
)
"""Every code, in the order and under the headings of its page."""

CODES: Mapping[str, Code] = MappingProxyType(
    {code: one for group in GROUPS.values() for code, one in group.items()}
)
"""The same, by code."""
