"""What a team's releases say of its environments, with fingerprints where values were.

Opens values to mark them and lets them go: no `SecretText` is in what it returns. An
environment is worked out again only when something came that could change it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from envlsp.crypto.labels import kdf
from envlsp.crypto.memory import Key, SecretBuffer
from envlsp.domain.environment import Triple
from envlsp.domain.ids import TEAM_SCOPE, RecordId, ScopeId
from envlsp.domain.layout import snapshot_of
from envlsp.domain.merge import View
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import BadConfig, BadText, EnvlspError
from envlsp.ide.envfile import EnvFile
from envlsp.ide.results import Place
from envlsp.ide.snapshot import (
    CandidateFacts,
    EnvironmentFacts,
    NameFacts,
    ReleaseFacts,
    Standing,
)
from envlsp.service.access.alarms import alarm_lines, alarms, fresh_alarms
from envlsp.service.access.confirming import doubt_lines
from envlsp.service.access.owed import own_lines
from envlsp.service.access.removal import is_removed, removed
from envlsp.service.access.rights import own_role, role_word
from envlsp.service.access.scopes import own_user, scopes_read
from envlsp.service.context import Project
from envlsp.service.deriving import read_environment
from envlsp.service.facts import file_of, known_dialect, sentence
from envlsp.service.history import EnvironmentHistory
from envlsp.service.joining.arrivals import arrival_lines
from envlsp.service.people import ROLE_WORDS
from envlsp.service.team import Team
from envlsp.service.working_copy import Bases

RELEASES_MAX = 20
"""How many releases are told of one environment, the newest first."""
MARK_BYTES = 16
WAITING = (
    "nobody has delivered the team's key to this device yet (fix: envlsp sync, while an admin is online)"
)


KEY_AWAITED = "waiting for a teammate's device to pass on its key"
NOT_A_READER = "restricted, and you are not among its readers"


class Marks:
    """The fingerprints of one device: equal where values are, and saying nothing else.

    The first digits are those that the command line prints (`reading.value_mark`).
    """

    __slots__ = ("_key",)

    def __init__(self, lsk: Key) -> None:
        """Use the local store's key, which leaves the device in no form.

        A copy, so that what an editor still shows can be compared after the device was
        locked; it is wiped with the last facts that were made with it.
        """
        self._key = SecretBuffer(lsk)

    def __call__(self, data: bytes) -> bytes:
        """Return 16 bytes."""
        return kdf(self._key, "mark", data)[:MARK_BYTES]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Marks) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return "Marks()"


class _Extent(NamedTuple):
    """What an environment's facts were made of; the history is another one when a release came."""

    history: EnvironmentHistory
    bases: tuple[RecordId, ...] | None
    file: Place
    dialect: str
    is_archived: bool
    role: str
    on_disk: int
    """The identity of the file's reading, where that was looked at."""


@dataclass
class EnvironmentReader:
    """One team's environments, as facts."""

    team: Team
    marks: Marks
    _made: dict[Triple, tuple[_Extent, EnvironmentFacts]] = field(default_factory=dict)
    _counts: dict[tuple[RecordId, tuple[RecordId, ...]], tuple[int, int, int]] = field(default_factory=dict)
    _news: list[str] = field(default_factory=list)
    _came: list[str] = field(default_factory=list)

    def standing(self) -> tuple[Standing, str]:
        """Return how this device stands to the team, its ledger taken in."""
        replica = self.team.replica
        if is_removed(replica):
            return Standing.REMOVED, sentence(removed(replica))
        if not len(replica.ledger) or not any(map(self._is_open, self._scopes())):
            return Standing.WAITING, WAITING
        return Standing.READY, ""

    def _scopes(self) -> tuple[ScopeId, ...]:
        """Return what this device's member reads: the team and what belongs to it, or a guest's scopes."""
        user = own_user(self.team.replica)
        read = scopes_read(self.team.replica.state, user) if user else ()
        return (TEAM_SCOPE,) if TEAM_SCOPE in read else read

    def _is_open(self, scope: ScopeId) -> bool:
        replica = self.team.replica
        epoch = replica.state.current_epoch(scope)
        has_key = epoch is not None and replica.ring.key_of(epoch) is not None
        return has_key and not self.team.releases.has_closed(scope)

    def role(self) -> str:
        """Return what this device's user may do."""
        return ROLE_WORDS[own_role(self.team.replica)] if len(self.team.replica.ledger) else ""

    def members(self) -> tuple[str, ...]:
        """Return the names of the team's people, founder first."""
        return (
            tuple(person.name for person in self.team.people.list()) if len(self.team.replica.ledger) else ()
        )

    def alarms(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the alarms that stand, and those that were news since we began to look."""
        own = own_lines(self.team)
        standing = [*own, *alarm_lines(alarms(self.team)), *doubt_lines(self.team)]
        news = (*own, *alarm_lines(fresh_alarms(self.team)))
        self._news += [line for line in news if line not in self._news]
        self._came += arrival_lines(self.team)
        return tuple(standing), (*(line for line in self._news if line in standing), *self._came)

    def environments(
        self, project: Project, disk: Mapping[Place, EnvFile]
    ) -> dict[tuple[str, str], EnvironmentFacts]:
        """Return what is known of each environment of a project's apps."""
        found: dict[tuple[str, str], EnvironmentFacts] = {}
        for triple, is_archived in self.team.releases.environments().items():
            app = project.config.apps.get(triple.app)
            if triple.project != project.config.project or app is None:
                continue
            with contextlib.suppress(BadConfig):  # one that cannot be told leaves the others as they are
                file = file_of(project, app, triple.env)
                role, shut = self._role(triple), self._shut(triple)
                slot = _Slot(triple, file, known_dialect(app.dialect), is_archived, role, shut)
                found[triple.app, triple.env] = self._environment(slot, disk.get(file))
        return found

    def _role(self, triple: Triple) -> str:
        scope = self.team.releases.scope_of(triple)
        return role_word(own_role(self.team.replica, scope), scope)

    def _shut(self, triple: Triple) -> str:
        """Return why nothing is told of an environment: what we cannot open would silently be missing."""
        if self.team.releases.is_readable(triple):
            return ""
        return KEY_AWAITED if self.team.releases.waits(triple) else NOT_A_READER

    def _environment(self, slot: _Slot, copy: EnvFile | None) -> EnvironmentFacts:
        if slot.shut:
            role, shut = slot.role, slot.shut
            return EnvironmentFacts(
                slot.triple, slot.file, is_archived=slot.is_archived, role=role, shut=shut
            )
        history = self.team.releases.of(slot.triple)
        bases = Bases(self.team.store).get(Path(slot.file), slot.triple)
        heads = history.history.heads()
        looks_at_copy = copy is not None and bases != heads
        extent = _Extent(
            history,
            bases,
            slot.file,
            slot.dialect,
            slot.is_archived,
            slot.role,
            id(copy) if looks_at_copy else 0,
        )
        known = self._made.get(slot.triple)
        if known is not None and known[0] == extent:
            return known[1]
        if looks_at_copy and copy is not None and _says_the_newest(history, copy):
            bases = heads  # it says the same, whatever was noted
        facts = self._derive(slot, history, bases)
        self._made[slot.triple] = (extent, facts)
        return facts

    def _derive(
        self, slot: _Slot, history: EnvironmentHistory, bases: tuple[RecordId, ...] | None
    ) -> EnvironmentFacts:
        view = history.view()
        known = [base for base in bases or () if base in history.history.nodes]
        return EnvironmentFacts(
            triple=slot.triple,
            file=slot.file,
            names=self._names(slot, history, view),
            conflicts=self._conflicts(history, view),
            releases=tuple(self._releases(history)),
            heads=tuple(history.versions.label(head) for head in view.heads),
            base=self._base(history, bases),
            base_label="+".join(history.versions.label(base) for base in known),
            behind=len(history.unseen(known)),
            is_archived=slot.is_archived,
            role=slot.role,
        )

    def _names(
        self, slot: _Slot, history: EnvironmentHistory, view: View[SecretText]
    ) -> dict[str, NameFacts]:
        if not view.heads:
            return {}
        values, origins = self._values(slot), history.history.origins()
        given = {record: self._given(history, record) for record in set(origins.values())}
        return {
            name: NameFacts(
                self.marks(literal.reveal()),
                self.marks(values[name].reveal()) if name in values else b"",
                _is_empty(literal, values.get(name)),
                *given[origins[name]],
            )
            for name, literal in view.entries.items()
        }

    def _values(self, slot: _Slot) -> Mapping[SecretName, SecretText]:
        """Return the decoded values that can be told; what is in doubt is left out."""
        try:
            return read_environment(self.team, slot.triple, slot.dialect).values
        except BadText:
            return {}

    def _given(self, history: EnvironmentHistory, record: RecordId) -> tuple[str, int, str]:
        """Return who made a release, when, and what it is called."""
        author = self.team.people.of_device(history.history.nodes[record].author).name
        return author, history.opened[record].ts, history.versions.label(record)

    def _conflicts(
        self, history: EnvironmentHistory, view: View[SecretText]
    ) -> dict[str, tuple[CandidateFacts, ...]]:
        def told(record: RecordId, value: SecretText | None) -> CandidateFacts:
            author, ts, label = self._given(history, record)
            return CandidateFacts(label, author, ts, None if value is None else self.marks(value.reveal()))

        return {
            name: tuple(told(candidate.release, candidate.value) for candidate in candidates)
            for name, candidates in view.conflicts.items()
        }

    def _base(
        self, history: EnvironmentHistory, bases: tuple[RecordId, ...] | None
    ) -> dict[str, bytes] | None:
        if not bases or any(base not in history.history.nodes for base in bases):
            return None
        entries = history.history.view(bases).entries
        return {name: self.marks(literal.reveal()) for name, literal in entries.items()}

    def _releases(self, history: EnvironmentHistory) -> Iterable[ReleaseFacts]:
        left = RELEASES_MAX
        for record in reversed(history.history.in_order()):
            if history.is_rekey(record) or not history.history.has_effect(record):
                continue
            author, ts, label = self._given(history, record)
            opened = history.opened[record]
            kind = opened.kind.name.lower()
            yield ReleaseFacts(
                label, record.hex(), author, ts, opened.message, kind, *self._count(history, record)
            )
            left -= 1
            if not left:
                return

    def _count(self, history: EnvironmentHistory, record: RecordId) -> tuple[int, int, int]:
        """Return how many names a release added, changed and took away."""
        upon = record, history.history.eff_base(record)
        if upon not in self._counts:
            change = history.change(record)
            self._counts[upon] = len(change.added), len(change.changed), len(change.removed)
        return self._counts[upon]


class _Slot(NamedTuple):
    """An environment and the file that stands for it here."""

    triple: Triple
    file: Place
    dialect: str
    is_archived: bool
    role: str
    shut: str


def _is_empty(literal: SecretText, value: SecretText | None) -> bool:
    return not (value.reveal() if value is not None else literal.reveal().strip(b"\"'` "))


def _says_the_newest(history: EnvironmentHistory, copy: EnvFile) -> bool:
    """Return whether a file says what the one newest release says, layout and all."""
    try:
        return history.newest_says(snapshot_of(copy.text.to_bytes(), copy.dialect).snapshot)
    except EnvlspError:
        return False
