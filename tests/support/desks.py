"""Desks: a device with a project on it, and the command line run on it without a new process.

Records go from desk to desk by hand, so two of them can disagree on purpose.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from envlsp.cli.main import run
from envlsp.cli.talk import Talk
from envlsp.crypto.device import device_keys, new_seeds, prove
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ledger.records import Role
from envlsp.service.access import roles
from envlsp.service.context import open_project
from envlsp.service.facade import Service, team_of
from envlsp.service.people import parse_person
from envlsp.service.team import Team
from envlsp.store.keyfile import DeviceSeeds
from tests.support.cli import Result

ALICE = "Alice <alice@example.com>"
BOB = "Bob <bob@example.com>"


class Started(BaseException):
    """A program would have taken this process's place."""

    def __init__(self, program: list[str], environ: dict[str, str]) -> None:
        super().__init__()
        self.program = program
        self.environ = environ


@dataclass
class Desk:
    """One device, standing in one folder."""

    home: Path
    folder: Path
    key_file: Path
    typed: list[str] = field(default_factory=list)

    @property
    def env_file(self) -> Path:
        """The working copy of the default environment."""
        return self.folder / ".env"

    def __call__(self, *words: str, stdin: bytes = b"") -> Result:
        """Run `envlsp words...` here; no network unless the words ask for it."""
        out, err = io.BytesIO(), io.BytesIO()
        with self._seated(io.BytesIO(stdin), out, err):
            code = run(list(words))
        return Result(code, out.getvalue(), err.getvalue())

    def ok(self, *words: str, stdin: bytes = b"") -> Result:
        """Run a command that succeeds."""
        result = self(*words, stdin=stdin)
        assert result.code == 0, result.talk
        return result

    def json(self, *words: str, stdin: bytes = b"") -> Any:
        """Run a command that succeeds; return its document."""
        document = self.ok(*words, "--json", stdin=stdin).document
        assert document.pop("schema") == 1
        return document

    def started(self, *words: str) -> Started:
        """Run `envlsp run words...`; return the program it would have become."""

        def become(_name: str, program: list[str], environ: dict[str, str]) -> None:
            raise Started(program, environ)

        try:
            with patch("os.execvpe", become):
                result = self("run", *words)
        except Started as started:
            return started
        raise AssertionError(result.talk)

    @contextmanager
    def team(self) -> Iterator[Team]:
        """Open this desk's team below the command line."""
        service = self.service()
        try:
            yield service.team(team_of(open_project(self.folder)))
        finally:
            service.close()

    def service(self) -> Service:
        return Service(
            Talk(), key_file=self.key_file, environ={"ENVLSP_HOME": str(self.home), "ENVLSP_LAN": "off"}
        )

    @contextmanager
    def _seated(self, stdin: io.BytesIO, out: io.BytesIO, err: io.BytesIO) -> Iterator[None]:
        streams = [io.TextIOWrapper(stream, "utf-8", write_through=True) for stream in (stdin, out, err)]
        before = Path.cwd(), sys.stdin, sys.stdout, sys.stderr
        os.chdir(self.folder)
        sys.stdin, sys.stdout, sys.stderr = streams
        try:
            with patch.dict(os.environ, {"ENVLSP_HOME": str(self.home)}):
                yield
        finally:
            os.chdir(before[0])
            sys.stdin, sys.stdout, sys.stderr = before[1:]
            for stream in streams:
                stream.detach()


def new_desk(place: Path, content: bytes = b"A=1\nB='two words'\n") -> Desk:
    """Return Alice's desk: a new team, a project with a `.env`, nothing pushed."""
    folder = place / "shop"
    folder.mkdir(parents=True)
    desk = Desk(place / "alice", folder, place / "alice.key")
    desk.env_file.write_bytes(content)
    desk.ok("init", "--as", ALICE, "--device", "desk", "--no-recovery", "--key-file", str(desk.key_file))
    return desk


def second_desk(first: Desk, role: Role = Role.DEVELOPER, *, name: str = "bob") -> Desk:
    """Return Bob's desk: a member of Alice's team, a clone of the project, no file."""
    folder = first.folder.parent / ("clone" if name == "bob" else f"clone-{name}")
    folder.mkdir()
    (folder / "ev.yaml").write_bytes((first.folder / "ev.yaml").read_bytes())
    desk = Desk(first.home.parent / name, folder, first.home.parent / f"{name}.key")
    seeds = DeviceSeeds(*new_seeds())
    keys = device_keys(*seeds)
    with first.team() as team:
        pop = prove(keys, team.id, PopPurpose.JOIN)
        person = parse_person(BOB.replace("Bob", name.title()).replace("bob", name), "laptop")
        request = roles.Request(keys.dpk, keys.xpk, pop, person)
        roles.grant(team.replica, request, role, 10)
        identity = team.id
    desk.service().vault.open_or_create().add_team(identity, seeds)
    carry(first, desk)
    return desk


def carry(source: Desk, target: Desk) -> None:
    """Bring every record of one desk to another."""
    with source.team() as giver, target.team() as taker:
        raws = [giver.replica.raw(record.id) for record in giver.store.records.in_order()]
        assert all(received.verdict is not None for received in taker.replica.receive(raws))


def lines(data: bytes) -> list[Any]:
    """Return one document per line."""
    return [json.loads(line) for line in data.splitlines()]
