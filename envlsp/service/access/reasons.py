"""Why somebody is a member with their role, or is none: the deciding records, with names and times.

The ledger says what each record means; here it gets the names and the times that people
claimed, which decide nothing.
"""

from __future__ import annotations

from envlsp.domain.ids import TEAM_SCOPE, RecordId, UserId
from envlsp.domain.ledger.history import Act, Outcome, Step, why
from envlsp.domain.ledger.records import RecordType, Role
from envlsp.domain.ledger.rulings import Ground, Ruling
from envlsp.domain.ledger.suspicion import Suspect
from envlsp.service.people import ROLE_WORDS, SHORT_HEX
from envlsp.service.results import Because, Reasons, ReasonStep
from envlsp.service.team import Team


def reasons(team: Team, user: UserId) -> Reasons:
    """Return the records that decide what somebody is, the oldest first."""
    team.replica.refresh()
    found = why(team.replica.ledger, user)
    return Reasons(
        id=user.hex()[:SHORT_HEX],
        who=team.people.of_user(user).display_name,
        role="" if found.role is None else ROLE_WORDS[found.role],
        was_removed=bool(found.removed_by),
        steps=tuple(_step(team, step) for step in found.steps),
        trusted=not any(_is_of(team, one, user) for one in team.replica.suspects),
    )


def _is_of(team: Team, suspect: Suspect, user: UserId) -> bool:
    state = team.replica.state
    return state.user_of(suspect.device) == user and state.is_active(suspect.device)


def _step(team: Team, step: Step) -> ReasonStep:
    return ReasonStep(
        id=step.record.hex(),
        act=step.act.value,
        role="" if step.role is None else ROLE_WORDS[step.role],
        scope="" if step.scope == TEAM_SCOPE else step.scope.hex(),
        scope_name="" if step.scope == TEAM_SCOPE else team.releases.scopes.name(step.scope),
        by=team.people.of_user(step.author).display_name,
        ts=_claimed(team, step.record),
        outcome=step.outcome.value,
        because=tuple(_because(team, ruling) for ruling in step.rulings),
    )


def _because(team: Team, ruling: Ruling) -> Because:
    kind = RecordType(team.replica.record(ruling.by).header.type)
    return Because(
        id=ruling.by.hex(),
        by=team.people.of_user(team.replica.ledger.author_of(ruling.by)).display_name,
        act=_DEEDS[kind],
        ground=ruling.ground.value,
        over=team.people.of_user(ruling.over).display_name,
    )


def _claimed(team: Team, record: RecordId) -> int | None:
    body = team.replica.body(team.replica.record(record))
    return None if body is None else body.ts


_DEEDS = {
    RecordType.REVOKE: "removed",
    RecordType.DEVICE_REVOKE: "removed a device of",
    RecordType.ROLE: "lowered the role of",
    RecordType.SCOPE_SET: "lowered the role in a scope of",
    RecordType.ROOT_REPLACE: "replaced",
    RecordType.INVITE_CANCEL: "cancelled the invitation",
    RecordType.INVITE: "made the invitation",
}


# --- in words ----------------------------------------------------------------------------------

_ACTS = {
    Act.FOUNDED: "founded the team",
    Act.GRANTED: "let them in as {role}",
    Act.ADMITTED: "invited them as {role}",
    Act.ROLE: "made them {role}",
    Act.SCOPE: "made them {role} in {scope}",
    Act.REMOVED: "removed them",
    Act.LEFT: "left the team",
}
_OUTCOMES = {
    Outcome.DECIDES: "decides",
    Outcome.LOWER: "a lower role was given at the same time, and the lowest counts",
    Outcome.REPLACED: "replaced by a later one",
    Outcome.ENDED: "over",
    Outcome.VOID: "void",
}
_GROUNDS = {
    Ground.ROOT: "{by} {act} {over} at the same time, and decide over everybody",
    Ground.ADMIN: "{by} {act} {over} at the same time, and is an admin",
    Ground.LONGER: "{by} {act} {over} at the same time, and is senior: admin for longer",
    Ground.OLDER_DEVICE: "{by} {act} {over} at the same time, with an older one",
    Ground.INVITE_CANCELLED: "{by} {act} it came by at the same time",
    Ground.INVITE_OVERUSED: "{by} {act} it came by for fewer people than used it",
}


def sum_up(found: Reasons) -> str:
    """Return what somebody is, as a sentence."""
    if found.role:
        return f"{found.who} is {found.role}"
    if found.was_removed:
        return f"{found.who} was removed"
    return f"{found.who} never came in: what let them in is void"


def act_words(step: ReasonStep) -> str:
    """Return what a record does, with whoever wrote it as the subject."""
    takes = step.act == Act.SCOPE and step.role == ROLE_WORDS[Role.NONE]
    words = "took them out of {scope}" if takes else _ACTS[Act(step.act)]
    return f"{step.by} {words.format(role=step.role, scope=step.scope_name)}"


def ground_words(team: Team, ruling: Ruling) -> str:
    """Return on what ground a record does not count, as a sentence."""
    one = _because(team, ruling)
    return _GROUNDS[Ground(one.ground)].format(by=one.by, act=one.act, over=one.over)


def outcome_words(step: ReasonStep) -> str:
    """Return what a record means now, and if it is void why."""
    grounds = [_GROUNDS[Ground(b.ground)].format(by=b.by, act=b.act, over=b.over) for b in step.because]
    return ": ".join((_OUTCOMES[Outcome(step.outcome)], "; ".join(grounds))).removesuffix(": ")
