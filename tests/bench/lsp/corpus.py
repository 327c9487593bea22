"""Workspaces of any size, the same each time, and the truth about them.

About one file in eight reads variables, as in real repositories; the others are there to
be passed over. `HOT` is read in many places, and each of those places is known.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.cast import Actor

FILES = 10_000 if "--full" in sys.argv else 2_000
HOT = "DATABASE_URL"
HOT_READS = 240
PUSHED_MAX = 2_000
"""As many names as a release may have; a longer file has lines that are not pushed."""
MISSING = "NOWHERE_DEFINED"

WORDS = (
    "account",
    "batch",
    "cache",
    "client",
    "cursor",
    "digest",
    "entry",
    "event",
    "filter",
    "gateway",
    "handler",
    "index",
    "invoice",
    "item",
    "ledger",
    "limit",
    "metric",
    "model",
    "notice",
    "order",
    "page",
    "parser",
    "plan",
    "pool",
    "price",
    "queue",
    "record",
    "region",
    "report",
    "route",
    "schema",
    "scope",
    "session",
    "shard",
    "signal",
    "stream",
    "table",
    "tenant",
    "token",
    "trace",
    "vendor",
    "window",
    "worker",
    "zone",
)
KINDS = ("URL", "TOKEN", "PASSWORD", "HOST", "PORT", "TIMEOUT", "REGION", "LEVEL")

PYTHON = (
    'os.environ["{0}"]',
    'os.environ.get("{0}")',
    'os.getenv("{0}", "10")',
)
SCRIPT = (
    "process.env.{0}",
    'process.env["{0}"]',
    "process.env.{0} ?? 'x'",
)
LANGUAGES = {"py": "python", "ts": "typescript", "tsx": "typescriptreact", "js": "javascript"}
SUFFIXES = ("py", "ts", "js", "tsx")
SHARES = (45, 25, 20, 10)


@dataclass(frozen=True, slots=True)
class Read:
    """One read of a name, at its first letter."""

    path: Path
    line: int
    column: int
    name: str


@dataclass(slots=True)
class Workspace:
    """A project on a device of its own, and what is true about it."""

    root: Path
    environ: dict[str, str]
    names: list[str]
    files: int
    reads: list[Read] = field(default_factory=list)

    @property
    def env(self) -> Path:
        """The working copy."""
        return self.root / ".env"

    def of(self, name: str) -> list[Read]:
        """Return every read of a name."""
        return [read for read in self.reads if read.name == name]

    def line_of(self, name: str) -> int:
        """Return the line of `.env` that defines a name."""
        return self.names.index(name) + 1

    def reader(self, suffix: str) -> Path:
        """Return the file of a language that reads the most."""
        paths = [read.path for read in self.reads if read.path.suffix == f".{suffix}"]
        return max(sorted(set(paths)), key=paths.count)


def names_of(count: int) -> list[str]:
    """Return so many names as a person would write them, `HOT` first."""
    parts = [f"{a}_{b}_{kind}".upper() for a in WORDS for b in WORDS for kind in KINDS if a != b]
    chosen = random.Random(1).sample(parts, count - 1)
    return [HOT, *chosen]


def dotenv_of(names: Sequence[str]) -> str:
    """Return a file with a comment in its first line and then a line for each name."""
    drawn = random.Random(2)
    values = (f"fake{drawn.getrandbits(96):024x}" for _ in names)
    return "# made up\n" + "".join(f"{name}={value}\n" for name, value in zip(names, values, strict=True))


def make_workspace(folder: Path, *, files: int, names: int) -> Workspace:
    """Write a project of so many code files, with a release of its `.env`."""
    chosen = names_of(names)
    alice = Actor("alice", folder)
    alice.found(dotenv_of(chosen[:PUSHED_MAX]).encode())
    alice.push(message="measured")
    alice.close()
    alice.file.write_text(dotenv_of(chosen))
    environ = {**alice.environ, "ENVLSP_KEY_FILE": str(alice.key_file)}
    workspace = Workspace(alice.root, environ, chosen, files)
    _write_code(workspace)
    _commit(alice.root)
    return workspace


def _write_code(workspace: Workspace) -> None:
    drawn = random.Random(3)
    readers = max(workspace.files // 8, min(workspace.files, 40))
    hot_left = HOT_READS
    for number in range(workspace.files):
        suffix = SUFFIXES[number] if number < len(SUFFIXES) else drawn.choices(SUFFIXES, SHARES)[0]
        path = workspace.root / "src" / f"part{number // 50:03d}" / f"{drawn.choice(WORDS)}_{number}.{suffix}"
        names: list[str] = []
        if number < readers:
            names = drawn.choices(workspace.names[:60], k=drawn.randint(1, 4))
            hot = min(hot_left, -(-hot_left // (readers - number)))
            hot_left -= hot
            names = [name for name in names if name != HOT] + [HOT] * hot
        path.parent.mkdir(parents=True, exist_ok=True)
        text = _module(suffix, names, drawn)
        path.write_text(text)
        workspace.reads += _reads(path, text, set(names))


def _module(suffix: str, names: Sequence[str], drawn: random.Random) -> str:
    """Return about 2 KiB of code, whose functions read the names."""
    functions: list[list[str]] = [[] for _ in range(8)]
    forms = PYTHON if suffix == "py" else SCRIPT
    for name in names:
        drawn.choice(functions).append(drawn.choice(forms).format(name))
    parts = ["import os\n" if suffix == "py" else "import { readFile } from 'node:fs/promises';\n"]
    for number, reads in enumerate(functions):
        one, two = drawn.sample(WORDS, 2)
        write = _python if suffix == "py" else _script
        parts.append(write(f"{one}_{two}_{number}", one, two, reads))
    return "\n".join(parts)


def _python(name: str, one: str, two: str, reads: Sequence[str]) -> str:
    lines = [
        f"def {name}({two}s, limit=10):",
        f'    """Return the {one} of each {two}."""',
        f"    {one}s = []",
        f"    for number, row in enumerate({two}s[:limit]):",
        f'        if row.get("{one}") is None:',
        "            continue",
        f'        {one}s.append({{"{two}": row["{one}"], "position": number, "total": number * 7}})',
        *(f"    {one}_{number} = {read}" for number, read in enumerate(reads)),
        f"    return {one}s",
        "",
    ]
    return "\n".join(lines)


def _script(name: str, one: str, two: str, reads: Sequence[str]) -> str:
    lines = [
        f"export function {name}({two}s, limit = 10) {{",
        f"  const {one}s = [];",
        f"  for (const [number, row] of {two}s.slice(0, limit).entries()) {{",
        f"    if (row.{one} === undefined) continue;",
        f"    {one}s.push({{ {two}: row.{one}, position: number, total: number * 7 }});",
        "  }",
        *(f"  const {one}_{number} = {read};" for number, read in enumerate(reads)),
        f"  return {one}s;",
        "}",
        "",
    ]
    return "\n".join(lines)


def _reads(path: Path, text: str, names: set[str]) -> list[Read]:
    """Return where the names stand: nothing else in the corpus looks like them."""
    found = []
    for line, content in enumerate(text.split("\n")):
        for name in names:
            column = content.find(name)
            if column >= 0:
                found.append(Read(path, line, column, name))
    return found


def _commit(root: Path) -> None:
    me = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    subprocess.run(["git", "add", "--all"], cwd=root, check=True)
    subprocess.run(["git", *me, "commit", "-q", "-m", "All"], cwd=root, check=True)
