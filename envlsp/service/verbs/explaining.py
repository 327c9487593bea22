"""The verbs that explain access and change nothing: why somebody is what they are, what they could read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from envlsp.domain.environment import Triple
from envlsp.errors import NotFound
from envlsp.service.access import devices
from envlsp.service.access.exposure import device_exposure, exposure, key_exposure
from envlsp.service.access.reasons import reasons
from envlsp.service.results import Exposure, Reasons
from envlsp.service.team import Team
from envlsp.service.verbs.access_shapes import exposure_fields, reasons_fields
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.opening import asked, open_team

KEPT = "what they have read they may have kept: change those values at their source"
INCOMPLETE = "some releases wait for a key from a teammate; what they hold is not in the list"

FIRST_NAMES = 3
"""Names shown of an environment at the end of a removal: enough to see what it is about."""
FIRST_ENVIRONMENTS = 8
"""Lines at the end of a removal: it is a reminder, and `access exposure` is the list."""

_WHO = "who: an address, a name, or the first letters of an id"


def why(team: Team, who: str) -> Reasons:
    """Return the records that decide what somebody is, or was, or never came to be.

    Raises:
        NotFound: nobody of that name.
        AmbiguousName: several.
    """
    team.replica.refresh()
    return reasons(team, team.people.find_anybody(who))


def exposure_of(team: Team, who: str) -> Exposure:
    """Return what somebody, one device by its id, or a CI key could read and what has not changed since.

    Raises:
        NotFound: nobody of that name.
        AmbiguousName: several.
    """
    team.replica.refresh()
    if (found := key_exposure(team, who)) is not None:
        return found
    if (device := devices.find_by_id(team, who)) is not None:
        return device_exposure(team, device.dpk)
    try:
        return exposure(team, team.people.find_anybody(who))
    except NotFound as exc:
        raise NotFound(
            exc.detail, fix="envlsp members; a device by its id: envlsp device list --all"
        ) from exc


def left_to_change(found: Exposure) -> list[str]:
    """Return the end of a removal as lines: how many values, where, some names, and where all are."""
    lines = [KEPT]
    names: dict[Triple, list[str]] = defaultdict(list)
    for value in found.values:
        names[value.triple].append(value.name)
    lines += [_some(triple, mine) for triple, mine in [*names.items()][:FIRST_ENVIRONMENTS]]
    if len(names) > FIRST_ENVIRONMENTS:
        lines.append(f"  and {len(names) - FIRST_ENVIRONMENTS} more environments")
    lines += extra_lines(found)
    if found.values:
        lines.append(f"all {len(found.values)}, newest first: envlsp access exposure {found.id}")
    if not found.complete:
        lines.append(INCOMPLETE)
    return lines


def extra_lines(found: Exposure) -> list[str]:
    """Return what is no value with a name, as lines: text between values, and bundles that were made."""
    lines = [f"  {one.triple}: text between the values of its file ({one.release})" for one in found.comments]
    bundles = {(one.key, str(one.triple)): one.until for one in found.exports}
    lines += [f"  {triple}: exported to {key} until {until}" for (key, triple), until in bundles.items()]
    return lines


def _some(triple: Triple, names: list[str]) -> str:
    more = ", …" if len(names) > FIRST_NAMES else ""
    return f"  {triple}: {len(names)} ({', '.join(names[:FIRST_NAMES])}{more})"


# --- for an editor -----------------------------------------------------------------------------


def _why(desk: Desk, arguments: Arguments) -> Json:
    return reasons_fields(why(open_team(desk).team, asked(desk, arguments, "who", _WHO)))


def _exposure(desk: Desk, arguments: Arguments) -> Json:
    return exposure_fields(exposure_of(open_team(desk).team, asked(desk, arguments, "who", _WHO)))


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "access.why": _why,
    "access.exposure": _exposure,
}
