"""Alice, Bob, Carol and Eve: people with a device and a clone each, and no network.

Everything is as users have it (folders, device.key, SQLite, git); only the wire is
missing: `meet` hands the records of one over to the other.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from envlsp.crypto.device import device_keys, new_seeds, prove
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import TeamId, UserId
from envlsp.domain.ledger.admission import Accepted
from envlsp.domain.ledger.records import Role
from envlsp.service.access import roles
from envlsp.service.access.scope_members import ScopeLine
from envlsp.service.config import FILE_NAME, parse_config
from envlsp.service.context import Context
from envlsp.service.facade import Opened, Service, parse_team, team_of
from envlsp.service.people import parse_person
from envlsp.service.pulling import pull
from envlsp.service.pushing import Made, push
from envlsp.service.replica import Received, Replica
from envlsp.service.results import PullResult
from envlsp.service.starting import InitOptions, init
from envlsp.service.team import Team
from envlsp.store.keyfile import DeviceSeeds

FIRST_FILE = b'# the api\nAPI_URL=https://x.test\nexport TOKEN="a b#c" # c\n\nDB=${API_URL}/db\n'

IGNORED = b"/.env\n/.env.*.envlsp-tmp\n"
"""What `init` would write into a repository without a `.gitignore`."""


class QuietTalk:
    """A person who says yes to everything, and what they were told."""

    def __init__(self, *, agrees: bool = True) -> None:
        self.agrees = agrees
        self.heard: list[str] = []
        self.asked: list[str] = []

    def say(self, line: str) -> None:
        self.heard.append(line)

    def show_once(self, title: str, lines: Sequence[str]) -> None:
        self.heard += [title, *lines]

    def confirm(self, question: str, *, default: bool = False) -> bool:
        self.asked.append(question)
        return self.agrees

    def ask(self, question: str, *, default: str = "", flag: str = "") -> str:
        self.asked.append(question)
        return default

    def ask_hidden(self, question: str, *, twice: bool = False) -> bytes:
        self.asked.append(question)
        return b"a passphrase"

    def pick(self, question: str, options: Sequence[tuple[str, str, str]]) -> str:
        self.asked.append(question)
        return options[0][0]


class Actor:
    """One person on one device, with one clone of the project."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.root = folder / "shop"
        self.home = folder / "home"
        self.key_file = folder / "key"
        self.environ = {"ENVLSP_HOME": str(self.home), "ENVLSP_LAN": "off"}
        self.talk = QuietTalk()
        self.person = parse_person(f"{name.title()} <{name}@example.com>", f"{name}s-laptop")
        self.root.mkdir(parents=True)
        make_repository(self.root)
        self.service = self.start()
        self._others: list[Service] = []

    # --- processes ---

    def start(self) -> Service:
        """Return the service as a fresh process of this device has it."""
        return Service(self.talk, key_file=self.key_file, environ=self.environ)

    def another(self) -> Opened:
        """Return the project as a second process of this device has it."""
        service = self.start()
        self._others.append(service)
        return service.open(self.root)

    def restart(self) -> None:
        """Forget all that is in memory."""
        self.service.close()
        self.service = self.start()

    def close(self) -> None:
        for service in (self.service, *self._others):
            service.close()

    # --- what is open ---

    @property
    def opened(self) -> Opened:
        return self.service.open(self.root)

    @property
    def team(self) -> Team:
        return self.service.team(_team_in((self.root / FILE_NAME).read_bytes()))

    @property
    def context(self) -> Context:
        return self.opened.context

    @property
    def replica(self) -> Replica:
        return self.team.replica

    @property
    def user(self) -> UserId:
        user = self.replica.state.user_of(self.replica.keys.dpk)
        assert user is not None
        return user

    @property
    def file(self) -> Path:
        return self.root / ".env"

    # --- doing ---

    def found(self, data: bytes = FIRST_FILE) -> Actor:
        """Make a team, with a `.env` that is not pushed yet."""
        self.file.write_bytes(data)
        (self.root / ".gitignore").write_bytes(
            IGNORED
        )  # saves eight questions to git; `init` has its own tests
        init(self.service, self.root, InitOptions(self.person, recovery=False))
        return self

    def push(self, data: bytes | None = None, message: str = "", *, force: bool = False) -> Made:
        if data is not None:
            self.file.write_bytes(data)
        return push(self.team, self.context, message, force=force)

    def pull(self, *, force: bool = False) -> PullResult:
        return pull(self.team, self.context, force=force)

    def raws(self) -> list[bytes]:
        """Return every record, parents first."""
        self.replica.refresh()
        return [self.replica.raw(record.id) for record in self.replica.ledger.records()]


class Cast:
    """Everybody of one test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._actors: dict[str, Actor] = {}

    def actor(self, name: str) -> Actor:
        if name not in self._actors:
            self._actors[name] = Actor(name, self._folder / name)
        return self._actors[name]

    def team(self, *others: str, role: Role = Role.DEVELOPER) -> tuple[Actor, ...]:
        """Return Alice, who founded a team and pushed v1, and others who joined it."""
        alice = self.actor("alice").found()
        alice.push(message="first")
        everybody = (alice, *(self.join(alice, self.actor(name), role) for name in others))
        meet(*everybody)
        return everybody

    def join(self, admin: Actor, newcomer: Actor, role: Role = Role.DEVELOPER, *lines: ScopeLine) -> Actor:
        """Let somebody in; they hold everything the admin holds."""
        seeds = DeviceSeeds(*new_seeds())
        keys = device_keys(seeds.sign, seeds.box)
        team = team_of(admin.context.project)
        pop = prove(keys, team, PopPurpose.JOIN)
        request = roles.Request(keys.dpk, keys.xpk, pop, newcomer.person)
        roles.grant(admin.replica, request, role, 10, lines=lines)
        newcomer.service.vault.open_or_create().add_team(team, seeds)
        for name in ("ev.yaml", ".gitignore"):
            if (admin.root / name).exists():
                shutil.copyfile(admin.root / name, newcomer.root / name)
        give(admin, newcomer)
        return newcomer

    def close(self) -> None:
        for actor in self._actors.values():
            actor.close()


@lru_cache(maxsize=16)
def _team_in(ev_yaml: bytes) -> TeamId:
    """Ask for the team: done for every look at a replica."""
    return parse_team(parse_config(ev_yaml).team)


def make_repository(folder: Path) -> None:
    """Do what `git init` does, without a process."""
    for name in ("objects", "refs"):
        (folder / ".git" / name).mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / ".git" / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = false\n")


def give(source: Actor, target: Actor) -> list[Received]:
    """Hand everything one holds over to the other."""
    return target.replica.receive(source.raws())


def meet(*actors: Actor) -> None:
    """Bring everybody in step."""
    for source in (*actors, *actors):
        for target in actors:
            if target is not source:
                give(source, target)


def assert_in_step(*actors: Actor) -> None:
    """Check that everybody holds and believes the same."""
    first, *others = actors
    for other in others:
        assert other.replica.ledger.heads() == first.replica.ledger.heads()
        assert other.replica.state == first.replica.state


def all_accepted(received: Sequence[Received]) -> bool:
    return all(isinstance(one.verdict, Accepted) for one in received)


def file_facts(path: Path) -> tuple[bytes, int, int]:
    """Return what must not change where nothing may be written."""
    facts = path.stat()
    return path.read_bytes(), facts.st_mtime_ns, facts.st_ino
