"""The table of networks at the end of a run: who met whom how, and how long it took.

A plugin of pytest, registered for all tests: with several workers the one that writes
the end of the run has loaded no test. What a test notes travels with its report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.support.netlab.world import UNTESTED

NOTE: Final = "network"
_HEAD: Final = ("network", "path", "link opened in", "push arrived in")


def note(request: pytest.FixtureRequest, network: str, peer: Mapping[str, Any], push_s: float) -> None:
    """Note how two people met.

    Args:
        request: of the test.
        network: what the table calls it.
        peer: the other device, as `peers --json` shows it.
        push_s: from the start of `envlsp push`, a process that dials anew, to its end.
    """
    via = f" ({peer['via']})" if peer["via"] else ""
    row = (network, f"{peer['path']}{via}", f"{peer['connected_ms']} ms", f"{push_s:.1f} s")
    request.node.user_properties.append((NOTE, row))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Write the table, and loudly what was left out."""
    stats = terminalreporter.stats
    reports = [report for outcome in ("passed", "failed") for report in stats.get(outcome, ())]
    rows = [row for report in reports for name, row in report.user_properties if name == NOTE]
    if rows:
        terminalreporter.section("networks")
        table = [_HEAD, *rows]
        widths = [max(len(row[column]) for row in table) for column in range(len(_HEAD))]
        for row in table:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            terminalreporter.write_line("  ".join(cells).rstrip())
    skipped = [report for report in stats.get("skipped", ()) if UNTESTED in str(report.longrepr)]
    if skipped:
        reason = str(skipped[0].longrepr[2]).removeprefix("Skipped: ")
        terminalreporter.write_line(f"{reason} ({len(skipped)} tests)", red=True, bold=True)
