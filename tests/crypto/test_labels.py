"""The table of labels: none too long, none read as another."""

from __future__ import annotations

from typing import get_args

from envlsp.crypto.labels import KdfLabel, Label, hash32, kdf, u32be, u64be


def test_labels_fit_their_place() -> None:
    """BLAKE2b's personalisation has 16 bytes, of which `envlsp1.` takes eight."""
    assert all(1 <= len(label.encode()) <= 8 for label in get_args(Label))
    assert "kdf" not in get_args(Label), "it would be read as a derivation"


def test_every_label_gives_something_else() -> None:
    hashes = {hash32(label, b"x") for label in get_args(Label)}
    derived = {kdf(bytes(32), label, b"x") for label in get_args(KdfLabel)}
    assert len(hashes) == len(get_args(Label))
    assert len(derived) == len(get_args(KdfLabel))


def test_a_label_and_its_context_do_not_run_together() -> None:
    """`room` with the context `-id` is not `room-id`."""
    assert kdf(bytes(32), "room", b"-id") != kdf(bytes(32), "room-id")


def test_numbers_are_written_most_significant_byte_first() -> None:
    assert u32be(258) == b"\0\0\1\2"
    assert u64be(258) == b"\0\0\0\0\0\0\1\2"
