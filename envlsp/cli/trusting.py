"""Who gets no new key from this device, as lines; and what a confirmation ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envlsp.cli.delivery import delivered
from envlsp.cli.main import Frame
from envlsp.cli.words import plain
from envlsp.service.verbs.trust_shapes import confirmed_fields, contested_fields

if TYPE_CHECKING:
    from envlsp.service.access.confirming import Doubt
    from envlsp.service.verbs.outcomes import Confirmed, Contested


def show_suspects(frame: Frame, found: Confirmed) -> None:
    """Print whom this device does not trust, with the reason."""
    if frame.json:
        frame.output.document(confirmed_fields(found))
        return
    frame.output.table(map(_row, found.left), ("ID", "NAME", "DEVICES", "GETS NO NEW KEY OF", "WHY"))
    if found.left:
        frame.output.say(f"if they are who you think: envlsp access confirm {found.left[0].id}")
    else:
        frame.output.say("every member is trusted with new secrets here")


def _row(doubt: Doubt) -> tuple[str, ...]:
    from envlsp.service.access.confirming import why_words

    devices = ", ".join(label or identity for identity, label in doubt.devices)
    return doubt.id, doubt.who, devices, doubt.where or "anything", why_words(doubt)


def show_confirmed(frame: Frame, found: Confirmed) -> None:
    """Print what a confirmation ended."""
    from envlsp.service.access.confirming import why_words

    if frame.json:
        frame.output.document(confirmed_fields(found))
        return
    who = plain(found.ended[0].who)
    frame.output.line(f"{who} gets new keys from this device again{delivered(found.reached)}")
    for doubt in found.ended:
        frame.output.say(
            plain(f"  it did not trust them with {doubt.where or 'anything'}: {why_words(doubt)}")
        )
    frame.output.say("only this device: teammates' devices ask their own people")


def show_contested(frame: Frame, contested: Contested) -> None:
    """Print what an answer to a removal came to."""
    if frame.json:
        frame.output.document(contested_fields(contested))
        return
    names = plain(" and ".join(name for _, name in contested.names))
    frame.output.line(f"you are in the team again, {names} removed{delivered(contested.reached)}")
    frame.output.say(
        "whoever saw you removed gives you no new key before they say: envlsp access confirm YOU"
    )
