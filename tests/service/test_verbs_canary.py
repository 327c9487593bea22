"""Every verb there is, as an editor runs it: no value, key, word or passphrase in what it says or keeps.

One desk for all of them, so each meets what the ones before it have left behind. Looked
through after each: the answer, what the person was told and asked, the log at DEBUG, both
streams, an error with its cause, and every file of the device and of the project.
"""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from envlsp.crypto.memory import exposed
from envlsp.crypto.primitives import box_key
from envlsp.domain.ids import BoxPk
from envlsp.errors import EnvlspError
from envlsp.service.ci.keys import key_text
from envlsp.service.replicas.keeping import pairing_of
from envlsp.service.verbs import NAMES
from envlsp.store.keyfile import DeviceSeeds
from envlsp.wire.replicas import to_pairing_text
from tests.support.cast import Actor, Cast, meet
from tests.support.verb_desk import Editor

VALUES = (b"c4n4ry-value-51", b"c4n4ry-typed-62", b"c4n4ry-comment-73", b"c4n4ry-broken-84")
PASSPHRASE = b"c4n4ry-passphrase-95"
FILE = b'# %s\nTOKEN=%s\nURL="https://x.test/${TOKEN}"\n' % (VALUES[2], VALUES[0])
SHOWN_COMMENT = VALUES[2]
"""A comment is what `show` is for, unless it holds a value."""
EDITED = FILE + b"# OLD=%s\nNEW=%s\nOPEN='%s\n" % (VALUES[3], VALUES[0], VALUES[3])
REPLICA = to_pairing_text(pairing_of(DeviceSeeds(b"r" * 32, b"R" * 32)))
CI_KEY = key_text(BoxPk(box_key(b"c" * 32).public))

ARGUMENTS: Mapping[str, tuple[Mapping[str, object], ...]] = {
    "push": ({"message": "more"}, {"force": True}),
    "pull": ({}, {"force": True}),
    "rollback": ({"release": "v1"}, {"release": "v99"}),
    "adopt": ({"release": "v1"},),
    "set": ({"name": "TYPED"}, {"name": "1-no-name"}),
    "resolve": ({"name": "TOKEN", "take": "mine"}, {"name": "TOKEN"}),
    "log": ({}, {"all": True}),
    "diff": ({}, {"from": "v1"}, {"from": "v1", "to": "v2"}),
    "show": ({"release": "v1"}, {}),
    "invite": ({"role": "viewer"}, {"link": True, "for": "1d"}),
    "invite.cancel": ({"id": "ffff"},),
    "access.grant": (
        {"who": "bob", "role": "viewer"},
        {"who": "bob", "role": "developer", "env": "prod"},
        {"who": REPLICA, "role": "viewer"},
    ),
    "access.revoke": ({"who": "nobody"}, {"who": "bob", "env": "prod"}),
    "access.rotate": ({}, {"all": True}),
    "access.why": ({"who": "bob"},),
    "access.exposure": ({"who": "bob"}, {"who": "alice"}),
    "access.confirm": ({"who": "bob"}, {}),
    "access.contest": ({}, {"who": "bob"}),
    "device.list": ({}, {"all": True}),
    "device.revoke": ({"which": "alices-laptop"}, {"which": "no such"}),
    "team.create": ({"as": "Alice <alice@example.com>", "recovery": False},),
    "join": ({"code": "12-a-b-c"}, {"code": "envlsp://join#aaaa"}, {"welcome": "{root}/.env"}),
    "request": ({"as": "Alice <alice@example.com>"},),
    "project.create": ({"name": "closed", "private": True}, {"name": "open"}),
    "env.create": ({"name": "prod", "restricted": True}, {"name": "stage"}),
    "env.clone": ({"name": "copy"}, {"name": "hidden", "restricted": True}),
    "ci.export": ({"key": CI_KEY, "for": "1d"}, {"key": "ci1nonsense"}),
    "backup": (
        {"file": "{root}/team.backup"},
        {"file": "{root}/team.backup", "verify": True},
        {"file": "{root}/.env", "verify": True},
    ),
    "sync": ({}, {"replicas": True}),
    "replica.add": ({"pairing": REPLICA, "label": "nas"}, {"pairing": "rp1nonsense"}),
    "replica.remove": ({"which": "nas"}, {"which": "no such"}),
    "unlock": ({}, {"for": "1h"}),
    "protect": ({"with": "passphrase"}, {"with": "nothing"}, {"with": "key-file", "path": "{root}/../key"}),
}
"""Of the verbs that need some; `{root}` is the project."""
ALONE = frozenset(NAMES) - ARGUMENTS.keys()


class World:
    """Alice in an editor, with a team, two releases, an edited file, and all that must not be seen."""

    def __init__(self, folder: Path) -> None:
        self.cast = Cast(folder)
        self.alice = self.cast.actor("alice").found(FILE)
        self.alice.push(message="first")
        self.bob = self.cast.join(self.alice, self.cast.actor("bob"))
        self.alice.push(FILE + b"MORE=%s\n" % VALUES[0])
        meet(self.alice, self.bob)
        self.alice.file.write_bytes(EDITED)
        self.window = Editor(self.alice)

    def typed(self, name: str) -> bytes:
        return PASSPHRASE if name in {"lock", "unlock", "protect"} else VALUES[1]

    def secrets(self) -> Iterator[bytes]:
        """Yield every form of everything that nobody may see."""
        for secret in (*VALUES, PASSPHRASE, *self._keys()):
            yield secret
            yield secret.hex().encode()
            yield base64.b64encode(secret).rstrip(b"=")[:-1]
            yield secret[::-1]
            yield repr(secret).encode()[2:-1]

    def _keys(self) -> Iterator[bytes]:
        device = self.alice.service.vault.open()
        yield bytes(device.kek.reveal())
        yield bytes(exposed(device.lsk))
        for team in device.teams():
            seeds = device.seeds(team)
            assert seeds is not None
            yield from (bytes(exposed(part)) for part in seeds)
        ring, state = self.alice.replica.ring, self.alice.replica.state
        yield from (bytes(exposed(key)) for epoch in state.epochs if (key := ring.key_of(epoch)) is not None)
        yield from (bytes(part) for waiting in self.alice.service.pending.all() for part in waiting.seeds)

    def files(self) -> Iterator[tuple[str, bytes]]:
        for place in (self.alice.home, self.alice.root):
            for path in place.rglob("*"):
                if path.is_file() and path != self.alice.file and path.suffix != ".sock":
                    yield str(path.relative_to(self.alice.folder)), path.read_bytes()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("desk"))
    yield world
    world.cast.close()


def run(actor: Actor, window: Editor, name: str, arguments: Mapping[str, object]) -> str:
    """Run a verb; return all that it answers or fails with."""
    filled = {k: v.format(root=actor.root) if isinstance(v, str) else v for k, v in arguments.items()}
    try:
        return repr(window.run(name, offline=True, **filled))
    except EnvlspError as error:
        return f"{error!r} {error} {error.fix} {''.join(traceback.format_exception(error))}"


def test_the_table_has_every_verb() -> None:
    assert ARGUMENTS.keys() <= set(NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_secret_is_in_anything_that_a_verb_says_or_keeps(
    world: World, name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    window, alice = world.window, world.alice
    window.talk.hidden = world.typed(name)
    if name in {"push", "diff", "status"}:
        alice.file.write_bytes(EDITED)
    said = [run(alice, window, name, arguments) for arguments in ARGUMENTS.get(name, ({},))]
    if name not in ALONE:
        said.append(run(alice, window, name, {}))
    told = "\n".join([*said, *window.talk.heard, *window.talk.asked, *window.reports, caplog.text])
    streams = capfd.readouterr()
    places = {"told": (told + streams.out + streams.err).encode(), **dict(world.files())}
    secrets = [secret for secret in world.secrets() if name != "show" or secret != SHOWN_COMMENT]
    found = [(place, secret) for place, data in places.items() for secret in secrets if secret in data]
    assert not found


def test_a_secret_would_be_found(world: World) -> None:
    leak = world.alice.root / "note.txt"
    leak.write_bytes(b"x" + next(iter(world._keys())).hex().encode() + b"y")
    try:
        assert [place for place, data in world.files() if any(s in data for s in world.secrets())]
    finally:
        leak.unlink()
