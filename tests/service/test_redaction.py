"""No value object shows a key: every class that holds bytes is looked at, new ones included."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import pytest

import envlsp
from envlsp.crypto.memory import SecretBuffer

CANARY = b"K3Y-canary"
SHOWN = "K3Y-canary"
PACKAGES = ("crypto", "store", "service")
HOLDS = re.compile(r"^(?!Callable).*\b(bytes|RoomKey|Dek|Entropy)\b")
"""What the annotation of a field says that may hold a key, or a file; other kinds of key show nothing."""

PUBLIC = {
    "crypto.epochs.EpochFacts.commit": "pins a key, and is in the ledger for all to read",
    "crypto.handshake.Reply.send": "goes over the wire",
    "crypto.handshake.Setup.binding": "both certificates' fingerprints, hashed",
    "service.access.roles.Request.pop": "a signature",
    "service.access.owed.Owed.mark": "the key of a device and of an alarm",
    "service.reading.Reading.rendering": "a fingerprint under a key of this device",
    "store.peers.PeerNote.attestation": "signed, and told to peers",
    "store.peers.PeerNote.earlier": "signed, and told to peers before",
    "store.protection.Header.salt": "stands in the file in clear",
    "store.records.NewRecord.raw": "sealed and signed",
    "store.records.StoredRecord.raw": "sealed and signed",
}
"""Fields that show what they hold, and why that is no secret. A new field has to be put here, or hidden."""


def classes() -> Iterator[type]:
    for package in PACKAGES:
        found = importlib.import_module(f"{envlsp.__name__}.{package}")
        for info in pkgutil.walk_packages(found.__path__, f"{found.__name__}."):
            module = importlib.import_module(info.name)
            for _, one in inspect.getmembers(module, inspect.isclass):
                if one.__module__ == module.__name__:
                    yield one


def fields_of(one: type) -> dict[str, str]:
    """Return the annotation of each field of a dataclass or a named tuple."""
    if dataclasses.is_dataclass(one):
        return {field.name: str(field.type) for field in dataclasses.fields(one)}
    if issubclass(one, tuple) and hasattr(one, "_fields"):
        return {name: str(one.__annotations__[name]) for name in one._fields}
    return {}


def filled(one: type, secret: str) -> object:
    """Return an instance with the canary in one field, however it would be made."""
    names = list(fields_of(one))
    if issubclass(one, tuple):
        return tuple.__new__(one, [CANARY if name == secret else None for name in names])
    made = object.__new__(one)
    for name in names:
        object.__setattr__(made, name, CANARY if name == secret else None)
    return made


def showing() -> set[str]:
    """Return every field whose content its class shows."""
    found = set()
    for one in classes():
        for name, annotation in fields_of(one).items():
            if HOLDS.search(annotation) and SHOWN in repr(filled(one, name)):
                found.add(f"{one.__module__.removeprefix('envlsp.')}.{one.__name__}.{name}")
    return found


def test_a_field_that_holds_bytes_is_hidden_or_known_to_be_public() -> None:
    shown = showing()
    assert shown - PUBLIC.keys() == set(), "hide it: field(repr=False), or a SecretBuffer"
    assert PUBLIC.keys() - shown == set(), "these are hidden by now"


def test_the_search_finds_what_it_is_for() -> None:
    @dataclasses.dataclass
    class Leaky:
        key: bytes

    @dataclasses.dataclass
    class Tight:
        key: bytes = dataclasses.field(repr=False)

    assert SHOWN in repr(filled(Leaky, "key"))
    assert SHOWN not in repr(filled(Tight, "key"))
    assert len(list(classes())) > 200


@pytest.mark.parametrize("word", ("SecretBuffer", "TeamKey"))
def test_keys_in_buffers_show_nothing(word: str) -> None:
    from envlsp.crypto.epochs import TeamKey

    kind = {"SecretBuffer": SecretBuffer, "TeamKey": TeamKey}[word]
    assert repr(kind(CANARY)) == f"{word}(••••••)"
