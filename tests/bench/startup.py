"""Row 12: `envlsp --version` beside an interpreter that does nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.measure import BIN, Row, spawn_ms

WRAPPER = "import sys; from envlsp.__main__ import main; sys.exit(main())"


def rows() -> list[Row]:
    """Measure the console script, and the same start without what an installer puts around it."""
    script = BIN / "envlsp"
    null = "python -I -S -c pass"
    times = spawn_ms(
        {
            null: [sys.executable, "-I", "-S", "-c", "pass"],
            "script": [script, "--version"],
            "bare": [sys.executable, "-I", "-c", WRAPPER, "--version"],
        }
    )
    return [
        Row(12, "envlsp --version", times["script"], null, times[null], 2.0 if imports_re(script) else 1.5),
        Row(12, "envlsp --version, no wrapper", times["bare"], null, times[null], 1.5),
    ]


def imports_re(script: Path) -> bool:
    """Return whether the installer's wrapper loads `re`, which costs as much as an interpreter."""
    return "import re\n" in script.read_text()
