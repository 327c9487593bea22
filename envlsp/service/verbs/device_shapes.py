"""How devices look as JSON, for a script that said `--json` and for an editor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from envlsp.service.verbs.access_shapes import exposed_values_fields
from envlsp.service.verbs.desk import Json

if TYPE_CHECKING:
    from envlsp.service.results import DeviceInfo
    from envlsp.service.verbs.outcomes import Lost


def devices_fields(found: Iterable[DeviceInfo]) -> Json:
    """Return what `device list` shows."""
    return {"devices": [_device_fields(device) for device in found]}


def _device_fields(device: DeviceInfo) -> Json:
    return {
        "id": device.id,
        "label": device.label,
        "owner": {"id": device.owner_id, "name": device.owner},
        "active": device.active,
        "this": device.is_self,
        "added": {"ts": device.added_ts, "by": device.added_by},
        "removed": None if device.active else {"ts": device.removed_ts, "by": device.removed_by},
        "last_seen": device.last_seen,
    }


def lost_fields(lost: Lost) -> Json:
    """Return a device that was removed, and what it could read."""
    return {
        "name": lost.name,
        "removed": True,
        "this": lost.was_this,
        "reached": lost.reached,
        "advice": [*lost.advice],
        **exposed_values_fields(lost.exposure),
    }
