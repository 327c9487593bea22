"""`recover`: coming back into a team with its recovery words, on any machine.

The words are typed, used for seconds and forgotten. Records come from a backup file, from
teammates in the recovery room, or from this disk. Then the root key lets this device
in as an admin and removes whom the person names, and from there on the device does what any
member's does. The words say which root key; that it is the right team only the person can
say, since anybody may write a root key into a team of his own.

Spec: docs/protocol.md, "D. Keys", point 7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from envlsp.crypto.device import new_seeds
from envlsp.crypto.recovery import RootKey, new_entropy, root_key
from envlsp.domain.ids import DevicePk, TeamId, UserId
from envlsp.domain.ledger.admission import Accepted
from envlsp.domain.ledger.records import Genesis, RootReplace
from envlsp.errors import AmbiguousName, Misuse, NotFound, TrustError, UsageError
from envlsp.service.access.rotation import mend
from envlsp.service.facade import Service
from envlsp.service.joining.pinning import is_member, pin_team
from envlsp.service.people import SHORT_HEX, People, Person
from envlsp.service.ports import Talk
from envlsp.service.recovery import acting, room
from envlsp.service.recovery.backups import BackupFile, open_backup
from envlsp.service.recovery.words import Sheet, ask_words, keep_words
from envlsp.service.signaling_tokens import Tokens, tokens_from
from envlsp.service.team import Team
from envlsp.store.keyfile import DeviceSeeds
from envlsp.wire.backup import First, RecordsPart
from envlsp.wire.text import to_team_text

_ID_MIN = 4
"""Hex digits by which a device may be named."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `recover` was told."""

    person: Person
    backup: Path | None = None
    team: TeamId | None = None
    """From the recovery sheet; then nobody is asked whether it is that one."""
    here: TeamId | None = None
    """The team that `ev.yaml` names where we stand: the person is still asked."""
    servers: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    """Members and devices."""
    keep_all: bool = False
    """Remove nobody, and do not ask."""
    new_words: bool = False
    """Let other words count from now on."""
    offline: bool = False
    """Use the backup, or what is on this disk, and meet nobody."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of it."""

    team: Team
    user: UserId
    is_new: bool
    """False where this device was a member all the time."""
    backup_ts: int | None
    """When the backup was made, seconds since 1970; None without one."""
    met: int
    """Teammates' devices that were there."""
    removed: tuple[UserId, ...]
    removed_devices: tuple[DevicePk, ...]
    again: bool
    """Whether keys or releases were renewed under them."""
    new_words: bool


def recover(service: Service, options: Options, *, talk: Talk | None = None) -> Recovered:
    """Come back into a team with its recovery words.

    Raises:
        BadText, UsageError: the words, or nobody to type them.
        TrustError: words, backup and team do not belong together.
        NotFound: no records of the team anywhere, or nobody of a name to remove.
        TransportError: nobody could be met, and nothing is here.
    """
    talk = talk or service.talk
    # A wrong FILE is told before 24 words are typed.
    with open_backup(options.backup) if options.backup else nullcontext() as file:
        root = ask_words(talk)
        service.vault.open_or_create(talk)
        return _Recovery(service, options, talk, root).run(file)


class _Recovery:
    """One run of it."""

    def __init__(self, service: Service, options: Options, talk: Talk, root: RootKey) -> None:
        self._service = service
        self._options = options
        self._talk = talk
        self._root = root
        self._ts: int | None = None
        self._servers = options.servers
        self._met = 0

    def run(self, file: BackupFile | None) -> Recovered:
        """Do all of it; at the end the words' keys are wiped."""
        try:
            parts = file.parts(file.open_with_words(self._root.keys.box)) if file else iter(())
            identity = self._which_team(next(parts, None))
            is_new = not is_member(self._service, identity)
            found = self._come_in(identity, parts, is_new=is_new)
            # What teammates brought may have put this device out: then it comes back with other keys.
            return found or self._come_in(identity, parts, is_new=True) or self._not_in()
        finally:
            self._root.keys.close()

    def _tokens(self) -> Tokens:
        return tokens_from(self._service.environ)

    def _not_in(self) -> NoReturn:
        raise TrustError("the team's records changed meanwhile", fix="envlsp recover again")

    def _come_in(
        self, identity: TeamId, parts: Iterator[First | RecordsPart], *, is_new: bool
    ) -> Recovered | None:
        """Do it with the keys that this device has, or with new ones; None where those are no member's."""
        with self._pinned(identity, is_new=is_new) as team, self._ledger(team) as ledger:
            for part in parts:
                assert not isinstance(part, First)
                _take_in(ledger, part.records)
            if not self._options.offline and not self._met:
                self._met = room.fetch(ledger, self._root.room, self._servers, self._tokens(), self._talk)
            self._check_words(ledger)
            if not is_new and ledger.state.user_of(team.keys.dpk) is None:
                return None
            users, devices = self._whom(ledger)
            if not is_new and (self._own_user(team) in users or team.keys.dpk in devices):
                raise Misuse("that is this device, or its own member", fix="recover on another machine")
            new_words = self._new_words(ledger)
            self._act(ledger, team, users, devices, new_words, is_new=is_new)
            if self._met and is_new:
                room.hand_on(ledger, self._root.room, self._servers, self._tokens())
        team.replica.refresh()
        again = mend(team.replica, team.releases)
        user = self._own_user(team)
        return Recovered(
            team, user, is_new, self._ts, self._met, users, devices, again, new_words is not None
        )

    # --- which team ---

    def _which_team(self, first: object) -> TeamId:
        """Return the team, once the person has said that it is theirs.

        Raises:
            TrustError: the backup is of another one, or the person said no.
            UsageError: nothing names one.
        """
        options, named = self._options, self._options.team or self._options.here
        if isinstance(first, First):
            self._ts, self._servers = first.ts, options.servers or first.servers
            if named is not None and named != first.team:
                raise TrustError("the backup is of another team", fix="look at the recovery sheet")
            named = first.team
        if named is None:
            raise UsageError("which team?", fix="--team tm1..., as it stands on the recovery sheet")
        if options.team is None:
            text = to_team_text(named)
            if not self._talk.confirm(f"it is the team {text}; is that what your recovery sheet says?"):
                raise TrustError("you said no; nothing was changed", fix="--team tm1..., from the sheet")
        if not self._servers and is_member(self._service, named):
            self._servers = self._service.servers_of(named)
        return named

    @contextmanager
    def _pinned(self, identity: TeamId, *, is_new: bool) -> Iterator[Team]:
        """Give this device keys of the team; where it does not get in, it has those from before again."""
        service = self._service
        before = service.vault.open().seeds(identity)
        if not is_new:
            yield service.team(identity)
            return
        team = pin_team(service, identity, DeviceSeeds(*new_seeds()), self._servers)
        try:
            yield team
        except BaseException:
            service.forget(identity)
            service.vault.open().remove_team(identity)
            if before is not None:
                service.vault.open().add_team(identity, before)
            raise

    @contextmanager
    def _ledger(self, team: Team) -> Iterator[acting.RootReplica]:
        """Give the team's ledger to the words."""
        ledger = acting.RootReplica(team.id, self._root.keys, team.store, self._service.clock)
        try:
            yield ledger
        finally:
            ledger.ring.close()

    def _check_words(self, ledger: acting.RootReplica) -> None:
        """Make sure that these words count in this team now.

        Raises:
            NotFound: there is no record to tell by.
            TrustError: they never did, or others count since.
        """
        if not len(ledger.ledger):
            raise NotFound("there is no record of the team here", fix=self._where_records_are())
        own = self._root.keys.dpk
        if ledger.state.root.root_sign == own:
            return
        pubs = [record.header.pub for record in ledger.ledger.auth_records()]
        if own in {pub.root_sign for pub in pubs if isinstance(pub, Genesis | RootReplace)}:
            raise TrustError("other words count since", fix="use the newer recovery sheet")
        raise TrustError("these are not the words of this team", fix="look at the recovery sheet")

    def _where_records_are(self) -> str:
        if self._options.offline:
            return "--from FILE, or without --offline"
        if not self._servers:
            return "--server URL, as it stands on the recovery sheet; or --from FILE"
        return "--from FILE, or ask a teammate to run: envlsp agent"

    # --- whom to remove ---

    def _whom(self, ledger: acting.RootReplica) -> tuple[tuple[UserId, ...], tuple[DevicePk, ...]]:
        options = self._options
        names: Sequence[str] = options.remove
        people = People(ledger)
        if not names and not options.keep_all:
            for member in people.list():
                devices = ", ".join(f"{label or 'a device'} {short}" for short, label in member.devices)
                self._talk.say(f"{member.id}  {member.name}  {member.role}  {devices}".rstrip())
            question = "remove whom? Members or devices, with commas; nothing for nobody"
            names = self._talk.ask(question, flag="--remove WHO, or --keep-all").split(",")
        users: set[UserId] = set()
        devices_: set[DevicePk] = set()
        for name in filter(None, (name.strip() for name in names)):
            try:
                users.add(people.find(name))
            except NotFound:
                devices_.add(_device(ledger, name))
        return tuple(sorted(users)), tuple(sorted(devices_))

    def _own_user(self, team: Team) -> UserId:
        user = team.replica.state.user_of(team.keys.dpk)
        assert user is not None
        return user

    # --- doing it ---

    def _new_words(self, ledger: acting.RootReplica) -> RootKey | None:
        if not self._options.new_words:
            return None
        entropy = new_entropy()
        undone = "the old words still count, and nothing was changed"
        sheet = Sheet(ledger.team, self._servers)
        keep_words(self._talk, entropy, sheet, undone=undone, fix="envlsp recover --new-words again")
        return root_key(entropy)

    def _act(
        self,
        ledger: acting.RootReplica,
        team: Team,
        users: tuple[UserId, ...],
        devices: tuple[DevicePk, ...],
        new_words: RootKey | None,
        *,
        is_new: bool,
    ) -> None:
        with ledger.writing():
            if users or devices:
                acting.remove(ledger, users, devices)
            if is_new:
                acting.let_in(ledger, team.keys, self._options.person)
            else:
                own = ledger.state.user_of(team.keys.dpk)
                assert own is not None
                acting.make_admin(ledger, own)
            if new_words is not None:
                acting.replace_root(ledger, new_words)
                new_words.keys.close()


def _take_in(ledger: acting.RootReplica, records: Sequence[bytes]) -> None:
    """Store records of a backup.

    Raises:
        TrustError: one of them is not admissible.
    """
    for received in ledger.receive(records):
        if not isinstance(received.verdict, Accepted):
            raise TrustError("the backup holds a record that is not admissible", fix="use another backup")


def _device(ledger: acting.RootReplica, name: str) -> DevicePk:
    """Return the device whose id begins so.

    Raises:
        NotFound, AmbiguousName: none, or several.
    """
    found = [
        d.dpk
        for d in ledger.state.devices.values()
        if d.active and len(name) >= _ID_MIN and d.dpk.hex().startswith(name.lower())
    ]
    if not found:
        fix = "give a name or an id as it is shown; without --remove all of them are"
        raise NotFound(f"there is no member and no device '{name}'", fix=fix)
    if len(found) > 1:
        ids = ", ".join(dpk.hex()[:SHORT_HEX] for dpk in found)
        raise AmbiguousName(f"'{name}' may be {ids}", fix="give more of it")
    return found[0]
