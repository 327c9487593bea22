"""The verbs about blind replicas: which machines may keep the team's records without a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envlsp.domain.ledger.records import Role
from envlsp.service.access.rights import demand_role
from envlsp.service.facade import OpenedTeam, Service
from envlsp.service.network.errands import tell_node
from envlsp.service.replicas.allowed import AllowedReplica, allow, allowed, forbid, last_met
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.opening import asked, open_team
from envlsp.service.verbs.shapes import replica_fields, replicas_fields

LABEL = "replica"


def add(service: Service, opened: OpenedTeam, text: str, label: str = LABEL) -> AllowedReplica:
    """Let a replica have the team's records, from this device.

    Raises:
        NoAccess: this device was removed, or is a guest's, who does not hold all of them.
        EnvlspError: as `allow` does.
    """
    demand_role(opened.team.replica, Role.VIEWER)
    added = allow(opened.team.replica, text, label)
    tell_node(service, opened.team.id)
    return added


def remove(service: Service, opened: OpenedTeam, words: str) -> AllowedReplica:
    """Give a replica nothing any more.

    Raises:
        NotFound, AmbiguousName: which one is meant.
    """
    gone = forbid(opened.team.replica, words)
    tell_node(service, opened.team.id)
    return gone


def _add(desk: Desk, arguments: Arguments) -> Json:
    opened = open_team(desk)
    text = asked(desk, arguments, "pairing", "what envlsp replica shows there: rp1…")
    return replica_fields(add(desk.service, opened, text, arguments.text("label", LABEL)))


def _list(desk: Desk, _arguments: Arguments) -> Json:
    replica = open_team(desk).team.replica
    return replicas_fields(allowed(replica), last_met(replica))


def _remove(desk: Desk, arguments: Arguments) -> Json:
    return replica_fields(
        remove(desk.service, open_team(desk), asked(desk, arguments, "which", "which replica"))
    )


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "replica.add": _add,
    "replica.list": _list,
    "replica.remove": _remove,
}
