"""Write the transcript of `envlsp demo` into README.md; with `--check`, only say whether it is stale.

Names, ports, ids, marks and folders are new in every run: `shape` is what is compared.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
_BLOCK = re.compile(r"(?<=\n```text demo\n).+?(?=^```$)", re.DOTALL | re.MULTILINE)
_NEW_EACH_TIME = (
    (r"\n# ", " "),  # where a sentence wraps depends on the folder's name
    (r"\S*/envlsp-demo-\w+", "FOLDER"),
    (r"127\.0\.0\.1:\d+", "HOST:PORT"),
    (r"\b\d{6}(-[a-z]+)+\b", "CODE"),
    (r"\btm1[a-z0-9]+", "TEAM"),
    (r"(both screens must show:)( [a-z]+)+", r"\1 WORDS"),
    (r"•••••• [0-9a-f]{4}\b|`[0-9a-f]{4}`", "MASK"),
    (r"(?m)^[0-9a-f]{8}\b|(?<=exposure )[0-9a-f]{8}\b", "ID"),
    (r"just now|\d+ seconds? ago|\d{4}-\d\d-\d\d \d\d:\d\d", "WHEN"),
    (r"\bin [\d,]+ ms\b", "in MS"),
    (r"as of \d\d:\d\d", "as of WHEN"),
    (r"(confirmed|held) by \d of \d( other)? devices?", "CONFIRMED"),
    (r" +(?=\S)", " "),  # columns are as wide as what is in them
)


def transcript() -> str:
    """Return what the demo says.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    words = [sys.executable, "-m", "envlsp", "demo"]
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout


def shown() -> str:
    """Return the transcript in README.md."""
    found = _BLOCK.search(README.read_text())
    if found is None:
        raise SystemExit("README.md has no block that begins with ```text demo")
    return found[0]


def shape(text: str) -> str:
    """Return a transcript without what is new in every run."""
    for pattern, word in _NEW_EACH_TIME:
        text = re.sub(pattern, word, text)
    return text


def main() -> int:
    """Write or check; return the exit code."""
    new = transcript()
    if shape(new) == shape(shown()):
        return 0
    if "--check" in sys.argv[1:]:
        print(
            "README.md: the transcript is stale; run: .venv/bin/python tools/readme_demo.py", file=sys.stderr
        )
        return 1
    README.write_text(_BLOCK.sub(lambda _: new, README.read_text(), count=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
