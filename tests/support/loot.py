"""What a removed device took along, and everything it can try on what comes later.

Generous to the thief: the boxes inside of bodies that it cannot open are handed to it
as well, every secret is tried in every place under every derivation the protocol has,
and whatever opens is tried in turn on all the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from envlsp.crypto import envelope
from envlsp.crypto.device import DeviceKeys
from envlsp.crypto.envelope import BodyPlace
from envlsp.crypto.epochs import TeamKey
from envlsp.crypto.labels import kdf
from envlsp.crypto.primitives import open_box, open_seal
from envlsp.domain.ids import EpochId
from envlsp.domain.ledger.records import CheckedRecord, Keys, Release, carried_epochs, carried_seals
from envlsp.errors import CannotOpen
from envlsp.wire.bodies import decode_body_untrusted
from envlsp.wire.records import decode_record_untrusted
from envlsp.wire.releases import ReleaseBody


class Box(NamedTuple):
    """One sealed thing: where it is from, its bytes, and the derivations that could open it."""

    where: str
    sealed: bytes
    contexts: tuple[tuple[str, bytes], ...]
    """Label and context of KDF, over any secret of 32 bytes."""


class Sealed(NamedTuple):
    """A key sealed to a device."""

    where: str
    sealed: bytes


@dataclass
class Loot:
    """All secrets of 32 bytes that a thief has, and the private halves of its devices."""

    secrets: set[bytes]
    devices: tuple[DeviceKeys, ...]

    def take(self, keys: Iterable[TeamKey]) -> None:
        """Add team keys, and what rooms are made of."""
        for key in keys:
            held = key.reveal()
            self.secrets |= {held, kdf(held, "room"), kdf(held, "commit")}

    def try_all(self, things: Iterable[Box | Sealed]) -> list[str]:
        """Return where something opened, trying also all that comes out on the way."""
        left, opened = list(things), list[str]()
        found = True
        while found:
            found = False
            for thing in list(left):
                plain = self.open(thing)
                if plain is not None:
                    left.remove(thing)
                    opened.append(thing.where)
                    if len(plain) == 32 and plain not in self.secrets:
                        self.take([TeamKey(plain)])
                    found = True
        return sorted(opened)

    def open(self, thing: Box | Sealed) -> bytes | None:
        if isinstance(thing, Sealed):
            return next((p for keys in self.devices if (p := _seal(thing.sealed, keys)) is not None), None)
        for secret in self.secrets:
            for key in (secret, *(kdf(secret, label, ctx) for label, ctx in thing.contexts)):  # type: ignore[arg-type]
                try:
                    return open_box(thing.sealed, key)
                except CannotOpen:
                    continue
        return None


def _seal(sealed: bytes, keys: DeviceKeys) -> bytes | None:
    try:
        return open_seal(sealed, keys.box)
    except CannotOpen:
        return None


def sealed_things(
    raw: bytes, record: CheckedRecord, epoch: EpochId, keys: dict[EpochId, TeamKey]
) -> Iterator[Box | Sealed]:
    """Yield everything closed in a record: its body, what is inside of it, its seals and links.

    Args:
        raw: its bytes.
        record: the same, read.
        epoch: what its body is sealed under.
        keys: all there are, to get at the boxes inside the body.
    """
    short = record.id.hex()[:8]
    place = envelope.place_of(record.header)
    yield from _keys_in(record, short)
    body = decode_record_untrusted(raw).body
    if not body:
        return
    body_contexts = tuple((label, place.context) for label in ("body", "dek"))
    yield Box(f"body of {short}", body, body_contexts)
    if isinstance(record.header.pub, Release):
        yield from _inside(body, keys[epoch], place, short)


def _keys_in(record: CheckedRecord, short: str) -> Iterator[Box | Sealed]:
    pub = record.header.pub
    links = [(link.old, link.box) for epoch in carried_epochs(pub) for link in epoch.links]
    links += [(link.old, link.box) for link in pub.links] if isinstance(pub, Keys) else []
    for old, box in links:
        yield Box(f"link in {short}", box, (("link", old),))
    for epoch in carried_epochs(pub):
        for _, sealed in epoch.seals:
            yield Sealed(f"seal in {short}", sealed)
    for seal in carried_seals(pub):
        yield Sealed(f"seal in {short}", seal.sealed)


def _inside(body: bytes, key: TeamKey, place: BodyPlace, short: str) -> Iterator[Box]:
    release = decode_body_untrusted(place.type, envelope.open_plain(body, key, place))
    assert isinstance(release, ReleaseBody)
    yield Box(f"dek of {short}", release.dek_box, (("dek", place.context), ("body", place.context)))
    if release.layout_box:
        yield Box(f"layout of {short}", release.layout_box, (("layout", b""),))
    for name, box in release.entries:
        yield Box(f"{name} of {short}", box, (("val", name.encode()),))


def deks(raw: bytes, record: CheckedRecord, key: TeamKey) -> list[bytes]:
    """Return the data key of a release that somebody with its epoch's key has read."""
    place = envelope.place_of(record.header)
    release = decode_body_untrusted(
        place.type, envelope.open_plain(decode_record_untrusted(raw).body, key, place)
    )
    assert isinstance(release, ReleaseBody)
    return [open_box(release.dek_box, kdf(key, "dek", place.context))]
