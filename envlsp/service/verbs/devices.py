"""One's own devices: adding the next one by a code, listing them, removing one that was lost.

What happens is shared with the command line; what is said about it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envlsp.domain.ledger.state import Device
from envlsp.errors import Misuse, NotFound
from envlsp.service.access import devices
from envlsp.service.access.exposure import device_exposure
from envlsp.service.access.voiding import foresee
from envlsp.service.facade import OpenedTeam, Service
from envlsp.service.joining.inviting import offer_code
from envlsp.service.joining.offers import OwnDevice
from envlsp.service.people import SHORT_HEX
from envlsp.service.ports import Cancelled, Choice, Talk, never
from envlsp.service.results import DeviceInfo
from envlsp.service.team import Team
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.device_shapes import devices_fields, lost_fields
from envlsp.service.verbs.explaining import left_to_change
from envlsp.service.verbs.opening import courier_of, open_team
from envlsp.service.verbs.outcomes import Lost

THIS_ONE = (
    ", the one you are on? It will read and write nothing made from now on,"
    " and comes back only as a new device; remove it"
)
OLDER = (
    "it is older than this device, so what it did before it hears of this still counts:"
    " ask an admin to look for what you do not know (envlsp device list --all, envlsp members)"
)
NO_KEY = "a developer's device starts the new key when it comes by; until then nothing can be pushed"
KEEPS = "what is on its disk stays there: whoever has it can read what it could read"


def add(
    service: Service,
    opened: OpenedTeam,
    on_code: Callable[[str], None],
    *,
    talk: Talk | None = None,
    is_cancelled: Cancelled = never,
) -> str:
    """Make a code for a new device of ours and wait until it has everything; return its label.

    Raises: as `offer_code` does.
    """
    opened.team.replica.refresh()
    joined = offer_code(service, opened, OwnDevice(opened), on_code, talk=talk, is_cancelled=is_cancelled)
    return joined.device or "the new device"


def listed(team: Team, *, everybody: bool = False) -> list[DeviceInfo]:
    """Return our devices, or everybody's, oldest first; removed ones too."""
    return devices.list_devices(team, everybody=everybody)


def remove(courier: Courier, team: Team, which: str, talk: Talk) -> Lost:
    """Remove a device of ours, or as an admin anybody's, once the person here has said yes.

    Raises:
        NotFound, AmbiguousName: which one is meant.
        NoAccess, Misuse: it cannot be removed, or they said no.
    """
    courier.fetch()
    device = devices.find(team, which, everybody=True)
    devices.check_removable(team.replica, device)
    was_this = device.dpk == team.replica.keys.dpk
    name = _name(team, device)
    courier.tell(foresee(team, devices=[device.dpk]))
    if not talk.confirm(f"remove {name}{THIS_ONE if was_this else ''}?"):
        raise Misuse("you said no; nothing was removed", fix="say yes, or add --yes")
    is_older = devices.is_older(team.replica, device)
    waiting = devices.remove(team.replica, team.releases, device)
    reached = courier.deliver(leaving=was_this)
    advice = [KEEPS, *([OLDER] if is_older else []), *([NO_KEY] if waiting else [])]
    return Lost(name, was_this, reached, device_exposure(team, device.dpk), tuple(advice))


def _name(team: Team, device: Device) -> str:
    label = team.people.of_device(device.dpk).device or device.dpk.hex()[:SHORT_HEX]
    if device.user == devices.own_user(team.replica):
        return f"your device {label} ({device.dpk.hex()[:SHORT_HEX]})"
    owner = team.people.of_user(device.user).display_name
    return f"the device {label} ({device.dpk.hex()[:SHORT_HEX]}) of {owner}"


# --- for an editor -----------------------------------------------------------------------------


def _add(desk: Desk, _arguments: Arguments) -> Json:
    def show(code: str) -> None:
        desk.tell_code(code, f"it works once, for ten minutes; on your other device: envlsp join {code}")

    opened = open_team(desk)
    return {"joined": add(desk.service, opened, show, talk=desk.talk, is_cancelled=desk.is_cancelled)}


def _list(desk: Desk, arguments: Arguments) -> Json:
    return devices_fields(listed(open_team(desk).team, everybody=arguments.flag("all")))


def _revoke(desk: Desk, arguments: Arguments) -> Json:
    opened = open_team(desk)
    which = arguments.text("which") or _picked(desk, opened.team)
    lost = remove(courier_of(desk, opened, arguments), opened.team, which, desk.talk)
    desk.talk.say("\n".join([*lost.advice, *left_to_change(lost.exposure)]))
    return lost_fields(lost)


def _picked(desk: Desk, team: Team) -> str:
    """Return the id of the device that the person picks among their own."""
    others = [device for device in listed(team) if device.active and not device.is_self]
    if not others:
        raise NotFound("this is your only device", fix="envlsp device list")
    choices = [Choice(device.id, device.label or device.id, device.added_by) for device in others]
    return desk.talk.pick("remove which?", choices)


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "device.add": _add,
    "device.list": _list,
    "device.revoke": _revoke,
}
