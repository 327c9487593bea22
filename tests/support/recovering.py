"""People with a recovery sheet: they copy it down, type it back, and come back with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from envlsp.crypto.backup import BackupWriter
from envlsp.service.recovery.recovering import Options, Recovered, recover
from envlsp.service.starting import InitOptions, init
from envlsp.wire.backup import MAGIC, First, Last, Part, RecordsPart, framed
from tests.support.cast import Actor, Cast, QuietTalk


class Writer(QuietTalk):
    """Writes down every sheet that is shown, and types back what is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[list[str]] = []
        self.answers: dict[str, str] = {}
        self.hidden: list[bytes] = []

    def show_once(self, title: str, lines: Sequence[str]) -> None:
        self.sheets.append([*lines])

    def words(self, sheet: int = -1) -> str:
        """Return the 24 words of a sheet."""
        found = [re.fullmatch(r" ?\d+\. ([a-z]+)", line) for line in self.sheets[sheet]]
        return " ".join(match[1] for match in found if match)

    def ask(self, question: str, *, default: str = "", flag: str = "") -> str:
        self.asked.append(question)
        if asked := re.fullmatch(r"word (\d+)", question):
            return self.words().split()[int(asked[1]) - 1]
        return next((text for begin, text in self.answers.items() if question.startswith(begin)), default)

    def ask_hidden(self, question: str, *, twice: bool = False) -> bytes:
        self.asked.append(question)
        return self.hidden.pop(0) if self.hidden else b"a passphrase"


def pairs(words: str) -> list[bytes]:
    """Return each two words that follow each other: what no text says by chance."""
    found = words.split()
    return [f"{one} {other}".encode() for one, other in pairwise(found)]


def writer(actor: Actor) -> Writer:
    """Give somebody paper and a pen."""
    talk = Writer()
    actor.talk = talk
    actor.restart()
    return talk


def team_with_words(cast: Cast, *others: str) -> tuple[str, tuple[Actor, ...]]:
    """Return the words of a team that Alice founded, and its people; v1 is pushed."""
    alice = cast.actor("alice")
    pen = writer(alice)
    alice.file.write_bytes(b"# the api\nTOKEN=one\nURL=https://x.test\n")
    init(alice.service, alice.root, InitOptions(alice.person))
    alice.push(message="first")
    everybody = (alice, *(cast.join(alice, cast.actor(name)) for name in others))
    return pen.words(), everybody


def come_back(actor: Actor, words: str, backup: Path | None, **options: object) -> Recovered:
    """Run `recover` on somebody's machine; nobody is removed unless that is said."""
    pen = actor.talk if isinstance(actor.talk, Writer) else writer(actor)
    pen.hidden = [words.encode()]
    given = {"keep_all": "remove" not in options, **options}
    return recover(actor.service, Options(actor.person, backup=backup, **given))  # type: ignore[arg-type]


def forged_backup(member: Actor, path: Path, raws: Sequence[bytes]) -> None:
    """Write a backup as a member can who puts what they like into it."""
    state, replica = member.replica.state, member.replica
    writer_ = BackupWriter(state.root.root_box, None)
    parts: list[Part] = [First(replica.team, 0, len(raws), ()), RecordsPart(tuple(raws)), Last(len(raws))]
    boxes = b"".join(framed(writer_.seal(part)) for part in parts)
    path.write_bytes(MAGIC + framed(writer_.head) + writer_.header + boxes)
