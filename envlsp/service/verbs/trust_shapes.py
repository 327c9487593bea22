"""How the answers about trust after a removal look as JSON; a part of the promise that `shapes` is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envlsp.service.verbs.desk import Json

if TYPE_CHECKING:
    from envlsp.service.access.confirming import Doubt
    from envlsp.service.verbs.outcomes import Confirmed, Contested


def confirmed_fields(found: Confirmed) -> Json:
    """Return who is trusted again, and who is not."""
    return {
        "confirmed": [doubt_fields(doubt) for doubt in found.ended],
        "suspects": [doubt_fields(doubt) for doubt in found.left],
        "reached": found.reached,
    }


def doubt_fields(doubt: Doubt) -> Json:
    """Return one reason why somebody gets no new key from this device."""
    return {
        "id": doubt.id,
        "name": doubt.who,
        "devices": [{"id": identity, "label": label} for identity, label in doubt.devices],
        "where": doubt.where or None,
        "why": doubt.why.value,
        "by": [*doubt.by],
        "records": [*doubt.records],
    }


def contested_fields(contested: Contested) -> Json:
    """Return an answer to a removal; who wrote it is a member again."""
    return {
        "removed": [{"id": identity, "name": name} for identity, name in contested.names],
        "member": True,
        "reached": contested.reached,
    }
