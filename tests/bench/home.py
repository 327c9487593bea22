"""A device, a team and a project with a release, made for measuring in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from envlsp.service.facade import Service
from envlsp.service.people import Person
from envlsp.service.pushing import push
from envlsp.service.starting import InitOptions, init

NAMES = 100
ALICE = Person("Alice", "alice@example.com", "laptop")


class Place(NamedTuple):
    """One device's files and its checkout."""

    home: Path
    project: Path

    @property
    def environ(self) -> dict[str, str]:
        """What tells every process where they are."""
        return {
            "ENVLSP_HOME": str(self.home),
            "ENVLSP_KEY_FILE": str(self.home / "bench.key"),
            "ENVLSP_SIGNALING": "",
        }

    @property
    def file(self) -> Path:
        """The working copy."""
        return self.project / ".env"

    def service(self) -> Service:
        """Open the device in this process."""
        return Service(Silence(), environ=self.environ)


class Silence:
    """Nobody in front: says yes, knows nothing."""

    def say(self, line: str) -> None:
        pass

    def show_once(self, title: str, lines: Sequence[str]) -> None:
        pass

    def confirm(self, question: str, *, default: bool = False) -> bool:
        return True

    def ask(self, question: str, *, default: str = "", flag: str = "") -> str:
        return default

    def ask_hidden(self, question: str, *, twice: bool = False) -> bytes:
        return b""


def dotenv_text(names: int = NAMES, value_bytes: int = 40) -> str:
    """Return a plain file of so many names, which every loader reads alike."""
    values = ("abcdefghijklmnopqrstuvwxyz0123456789" * (1 + value_bytes // 36))[:value_bytes]
    return "".join(f"NAME_{number}={values}{number}\n" for number in range(names))


def make_place(folder: Path, text: str) -> Place:
    """Make a device in `folder`, in a new team, with a project whose file has been pushed."""
    place = Place(folder / "home", folder / "project")
    place.project.mkdir()
    place.file.write_text(text)
    place.file.chmod(0o600)
    service = place.service()
    try:
        init(service, place.project, InitOptions(ALICE, project="bench", recovery=False))
        opened = service.open(place.project)
        push(opened.team, opened.context)
    finally:
        service.close()
    return place


@contextmanager
def place_with(text: str) -> Iterator[Place]:
    """Yield such a device and take it away afterwards."""
    with TemporaryDirectory(prefix="envlsp-bench-") as folder:
        yield make_place(Path(folder), text)
