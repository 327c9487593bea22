"""Making releases: push, set, rollback.

Every release lists all heads in `base` and holds every secret, so it settles what it
contains. A file that is not based on the newest release is refused, not merged behind
the person's back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from envlsp.domain.dotenv.edit import literal_for
from envlsp.domain.dotenv.tokens import Problem
from envlsp.domain.environment import Triple
from envlsp.domain.ids import RecordId
from envlsp.domain.layout import merge_layouts
from envlsp.domain.ledger.records import Release, Role
from envlsp.domain.release import ReleaseContent, ReleaseKind, Snapshot
from envlsp.domain.secret import SecretName, SecretText, is_secret_name
from envlsp.errors import BadText, Misuse, NotFound, Stale, StoreError
from envlsp.service.access.mending import leave_suspects_out
from envlsp.service.access.rights import demand_role
from envlsp.service.access.rotation import mend
from envlsp.service.context import Context
from envlsp.service.deriving import merged_layout
from envlsp.service.history import EnvironmentHistory
from envlsp.service.pulling import FileState, bring_along
from envlsp.service.reading import conflict_error, no_release
from envlsp.service.results import ReleaseInfo
from envlsp.service.team import Team
from envlsp.service.working_copy import Bases, WorkingCopy, read_working_copy, snapshot_to_push
from envlsp.wire.limits import NOTE_MAX_BYTES

_UNREAD = frozenset(
    {"bad-name", "broken-line", "no-name", "not-utf8", "text-after-quote", "unterminated-quote"}
)
"""Problems by which a secret may be missing from a release without anybody having meant it."""


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a wish for a release."""

    made: bool
    """False when nothing had changed, and no release was made."""
    release: ReleaseInfo
    """The new one, or the newest one there is."""
    file: FileState = FileState.IN_STEP
    problems: tuple[Problem, ...] = ()
    """Of a pushed file: what its loader does not read as it may have been meant."""


def push(
    team: Team,
    context: Context,
    message: str = "",
    *,
    force: bool = False,
    only: Collection[str] = (),
) -> Made:
    """Make the working copy the newest release.

    Args:
        team: opened.
        context: which environment.
        message: what it is about.
        force: push although the file is not based on the newest release, or has no name left.
        only: names to take from the file; all others stay as they are in the newest release. None: all.

    Raises:
        Stale: somebody has pushed since the file was pulled.
        NoAccess: we may only read.
        BadText: the file holds a value that no release can carry.
        NotFound: neither the file nor the newest release has one of `only`.
        ConflictedName: a name that is not one of `only` is in conflict, and would be settled unseen.
        Misuse: the file is a link to somewhere outside the project; or it would take
            every name away, as an emptied file or one of another kind does.
    """
    check_message(message)
    _check_place(context)
    copy = read_working_copy(context.file, context.dialect)
    snapshot = snapshot_to_push(copy)
    with team.replica.writing():
        make_ready(team, context.triple)
        if not force:
            demand_no_doubt(team, context.triple)
        found = team.releases.of(context.triple)
        heads = found.history.heads()
        bases = Bases(team.store)
        if only:
            snapshot = _only(found, snapshot, {SecretName(name) for name in only})
        if found.newest_says(snapshot):
            bases.set(context.file, context.triple, heads)
            return Made(False, team.releases.info(found, heads[0]), problems=_unread(copy))
        if not force and found.unseen(bases.get(context.file, context.triple) or ()):
            newest = team.releases.info(found, heads[-1])
            raise Stale(f"the newest release is {newest.label} by {newest.author}")
        if not force and not snapshot.entries and found.view().entries:
            raise Misuse(
                f"no name is left in {context.file.name}", fix="envlsp pull, or: envlsp push --force"
            )
        record = make_release(team, context, ReleaseKind.PUSH, message, snapshot, base=heads)
        bases.set(context.file, context.triple, (record,))
    return Made(True, team.releases.info(team.releases.of(context.triple), record), problems=_unread(copy))


def _only(found: EnvironmentHistory, mine: Snapshot, names: set[SecretName]) -> Snapshot:
    """Return what the newest release says, with these names as they are in a file."""
    view = found.view()
    if others := tuple(sorted(view.conflicts.keys() - names)):
        raise conflict_error(others)
    if unknown := sorted(names - mine.entries.keys() - view.entries.keys() - view.conflicts.keys()):
        raise NotFound(f"there is no {unknown[0]} in the file, nor in the newest release", fix="envlsp diff")
    kept = {name: literal for name, literal in view.entries.items() if name not in names}
    entries = kept | {name: literal for name, literal in mine.entries.items() if name in names}
    heads = [found.snapshots[head] for head in reversed(view.heads)]
    return Snapshot(entries, merge_layouts([*heads, mine], entries))


def set_value(team: Team, context: Context, name: str, value: SecretText) -> Made:
    """Give one name a value in a release of its own, and bring a clean file along.

    Raises:
        BadText: no possible name, or a value that the dialect cannot express.
        ConflictedName: another name is in conflict and would be settled unseen.
        NoAccess: we may only read.
    """
    if not is_secret_name(name):
        raise BadText("a name has letters, digits, '_', '.' or '-', at most 128", fix="envlsp set NAME")
    literal = literal_for(value, context.dialect)
    with team.replica.writing():
        make_ready(team, context.triple)
        demand_no_doubt(team, context.triple)
        found = team.releases.of(context.triple)
        view = found.view()
        if others := tuple(sorted(view.conflicts.keys() - {SecretName(name)})):
            raise conflict_error(others)
        entries = {**view.entries, SecretName(name): literal}
        if view.heads and not view.conflicts and entries == view.entries:
            return Made(False, team.releases.info(found, view.heads[-1]))
        after = Snapshot(entries, merged_layout(found, view, entries))
        record = make_release(team, context, ReleaseKind.PUSH, f"set {name}", after, base=view.heads)
    return with_file(team, context, found, record)


def rollback(team: Team, context: Context, words: str) -> Made:
    """Make a new release that says what an older one said, and bring a clean file along.

    Args:
        team: opened.
        context: which environment.
        words: `v3`, `~1`, or the first letters of an id.

    Raises:
        NotFound, AmbiguousName, BadText: which release is meant.
        NoAccess: we may only read.
    """
    with team.replica.writing():
        make_ready(team, context.triple)
        found = team.releases.of(context.triple)
        heads = found.history.heads()
        if not heads:
            raise no_release(team, context.triple)
        target = found.versions.find(words)
        snapshot = found.snapshots[target]
        if found.newest_says(snapshot):
            return Made(False, team.releases.info(found, heads[0]))
        note = f"back to {found.versions.label(target)}"
        record = make_release(team, context, ReleaseKind.ROLLBACK, note, snapshot, base=heads, of=target)
    return with_file(team, context, found, record)


def make_ready(team: Team, triple: Triple) -> None:
    """Make sure that we may write, see all there is, and write under a key nobody else has.

    Raises:
        NoAccess: we may only read, or were removed.
        WaitingForKey: there are releases we hold no key to (A8).
    """
    demand_role(team.replica, Role.DEVELOPER, team.releases.scope_of(triple))
    if team.releases.waits(triple):
        raise no_release(team, triple)
    mend(team.replica, team.releases)
    leave_suspects_out(team.replica, team.releases, team.releases.scope_of(triple))


def demand_no_doubt(team: Team, triple: Triple) -> None:
    """Make sure that a release is not the first that the whole team can read of a restricted environment.

    Whoever is not in a scope cannot know that it covers this name: a release would show
    its values to everybody, and those who are in the scope would not even look at it.

    Raises:
        Misuse: nothing here says that the name is the team's own.
    """
    if team.releases.scopes.is_doubtful(triple) and team.releases.environments().get(triple, True):
        own = f"envlsp env create {triple.app}:{triple.env}"
        raise Misuse(
            f"{triple} may be a restricted environment that you cannot read",
            fix=f"ask an admin for access; if it is the whole team's: {own}",
        )


def with_file(team: Team, context: Context, before: EnvironmentHistory, record: RecordId) -> Made:
    """Bring a clean file along with a release that was made without it, and tell of both."""
    try:
        state = bring_along(team, context, before)
    except (Misuse, StoreError):
        state = FileState.DIFFERS  # the release stands; the next pull says what is wrong with the file
    return Made(True, team.releases.info(team.releases.of(context.triple), record), state)


def make_release(
    team: Team,
    context: Context,
    kind: ReleaseKind,
    message: str,
    snapshot: Snapshot,
    *,
    base: tuple[RecordId, ...],
    of: RecordId | None = None,
) -> RecordId:
    """Make a release upon `base`; the caller writes, and has called `make_ready`."""
    content = ReleaseContent(
        ts=team.replica.now(),
        kind=kind,
        message=message,
        triple=context.triple,
        base=base,
        of=of,
        snapshot=snapshot,
    )
    return team.replica.append(Release(team.releases.scope_of(context.triple)), content).id


def _check_place(context: Context) -> None:
    # A link comes with a clone: it must not choose which of our files is shared.
    if not context.file.resolve().is_relative_to(context.project.root):
        raise Misuse(f"{context.file} leads out of the project", fix="make it a file of its own")


def _unread(copy: WorkingCopy) -> tuple[Problem, ...]:
    found = copy.reading.problems if copy.reading else ()
    return tuple(problem for problem in found if problem.code in _UNREAD)


def check_message(message: str) -> None:
    """Make sure that a message fits.

    Raises:
        BadText: it is too long.
    """
    if len(message.encode()) > NOTE_MAX_BYTES:
        raise BadText(f"a message has at most {NOTE_MAX_BYTES} bytes", fix="envlsp push -m TEXT")
