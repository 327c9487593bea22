"""All that was ever released in an environment, with what does not count and why: `log --all`.

What counts is `comparing.log`. Besides there are releases that a removal made void, those
of the same name in a scope that the name does not mean (shadowed), those that encrypt
another one again (rekeys), and those that nobody believes. Names and labels, never a value.

Spec: docs/protocol.md, "B.7 Environments" and "C.6 Releases".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from envlsp.domain.ids import RecordId
from envlsp.domain.ledger.records import DeviceRevoke, Invite, InviteCancel, Revoke, RootReplace
from envlsp.service.adopting import adopted_by
from envlsp.service.context import Context
from envlsp.service.history import EnvironmentHistory
from envlsp.service.reading import no_release
from envlsp.service.results import ReleaseInfo
from envlsp.service.team import Team


class Standing(StrEnum):
    """What a release is to whoever reads the environment."""

    COUNTS = "counts"
    VOID = "void"
    SHADOWED = "shadowed"
    REKEY = "rekey"
    UNBELIEVED = "unbelieved"


class Logged(NamedTuple):
    """One release, whatever becomes of it."""

    release: ReleaseInfo
    standing: Standing
    why: str
    """Why it does not count, or what it does; empty where it counts."""


def whole_log(team: Team, context: Context) -> list[Logged]:
    """Return every release of an environment's name, newest first by (height, id).

    Raises:
        StoreError: there are none because records are missing that this device has held.
    """
    team.replica.refresh()
    found = team.releases.of(context.triple)
    shadowed = team.releases.shadowed(context.triple)
    if not found.history.nodes and not shadowed and team.store.records.is_rolled_back():
        raise no_release(team, context.triple)
    logged = [
        *((record, _logged(team, found, record)) for record in found.history.nodes),
        *((record, one) for other in shadowed for record, one in _shadowed(team, other)),
    ]
    logged.sort(key=lambda item: (team.replica.record(item[0]).header.height, item[0]), reverse=True)
    return [one for _, one in logged]


def _logged(team: Team, found: EnvironmentHistory, record: RecordId) -> Logged:
    history = found.history
    info = team.releases.info(found, record)
    if history.nodes[record].void:
        void = replace(_own(team, found, record, info), label=found.versions.long_label(record))
        return Logged(void, Standing.VOID, _void_reason(team, found, record))
    if not history.has_effect(record):
        return Logged(_own(team, found, record, info), Standing.UNBELIEVED, _UNBELIEVED)
    if found.is_rekey(record):
        label = found.versions.label(record)
        return Logged(_own(team, found, record, info), Standing.REKEY, f"encrypts {label} under a newer key")
    return Logged(info, Standing.COUNTS, "")


_UNBELIEVED = "it names releases that are not what they must be, so nobody believes it"


def _own(team: Team, found: EnvironmentHistory, record: RecordId, info: ReleaseInfo) -> ReleaseInfo:
    """Return a release as itself, where people mostly mean the one that it encrypts again."""
    if not found.is_rekey(record):
        return info
    opened = found.opened[record]
    return ReleaseInfo(
        label=info.label,
        id=record.hex(),
        author=team.people.of_device(found.history.nodes[record].author).name,
        ts=opened.ts,
        kind=opened.kind.name.lower(),
        message="",
        changed=found.change(record),
        void=found.history.nodes[record].void,
    )


def _void_reason(team: Team, found: EnvironmentHistory, record: RecordId) -> str:
    """Return which removal made a release void, and what can be done about it."""
    deciders = team.replica.ledger.voided_by(record)
    why = _deed(team, found, record, deciders[0])
    if found.is_rekey(record):
        return why
    if (adopted := adopted_by(found, record)) is not None:
        return f"{why}; adopted as {found.versions.label(adopted)}"
    return f"{why}; envlsp adopt {found.versions.long_label(record)} brings it back"


def _deed(team: Team, found: EnvironmentHistory, record: RecordId, removal: RecordId) -> str:
    author = team.people.of_device(found.history.nodes[record].author).name
    pub = team.replica.record(removal).header.pub
    by = team.people.of_user(team.replica.ledger.author_of(removal)).name
    match pub:
        case Invite():
            return f"the invitation that {author} came by was used by too many"
        case InviteCancel():
            deed = f"cancelled the invitation that {author} came by"
        case Revoke(users=users):
            is_own = team.replica.state.user_of(found.history.nodes[record].author) in users
            names = " and ".join(team.people.of_user(user).name for user in users)
            deed = f"removed {author}" if is_own else f"removed {names}, on whom {author}'s rights rest,"
        case DeviceRevoke():
            deed = f"removed a device of {author}'s, or one that it rests on,"
        case RootReplace():
            deed = "replaced the recovery words"
        case _:
            deed = f"lowered the role of {author}, or of whom {author}'s rights rest on,"
    return f"{by} {deed} at the same time"


def _shadowed(team: Team, found: EnvironmentHistory) -> Iterator[tuple[RecordId, Logged]]:
    scope = team.releases.scopes.name(found.environment.scope)
    why = f"it is of {scope}, and the name means another scope"
    for record in found.history.nodes:
        info = _own(team, found, record, team.releases.info(found, record))
        yield record, Logged(info, Standing.SHADOWED, why)
