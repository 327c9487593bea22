"""Hashing and key derivation, with every label in one table (PROTOCOL B.2, A7).

The only module that hashes. A label appears in the table or it cannot be used.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from envlsp.crypto.memory import Key, buffer_of

Label = Literal[
    "rec", "body", "eid", "uid", "pop", "inv", "scope", "join", "sas", "hs", "cb", "room",
    "attest", "sig", "bundle", "fp", "reseal",
]  # fmt: skip
"""What a hash is for; its inputs:

    rec     hdr                                          the id of a record
    body    body                                         body_hash
    eid     record_id32 ‖ u8 index                       the id of a carried epoch
    uid     dpk32                                        a user, cut to 16 bytes
    pop     team32 ‖ u8 purpose ‖ owner16 ‖ dpk32 ‖ xpk32   possession of new keys; purpose is
                                                         1 join, 2 device_add, 3 root
    inv     team32 ‖ invite_id32 ‖ dpk32 ‖ xpk32         an invitee's claim to a link
    scope   team32 ‖ author32 ‖ u64be seq                a new scope, cut to 16 bytes
    join    msgA ‖ msgB                                  the transcript of SPAKE2
    sas     K32 ‖ team32 ‖ dpk32                         the words both screens show
    hs      see handshake                                transcript, proofs
    cb      sha256 of A's certificate ‖ of B's           channel binding
    room    key32 ‖ u32be day                            a room of the signaling server, cut to 16 bytes
    attest  canonical array without its signature        an attestation
    sig     canonical array without its signature        a signaling payload
    bundle  canonical array without its signature        a CI bundle
    fp      dpk32 ‖ xpk32                                the fingerprint a person reads
    reseal  dpk32 ‖ dpk32 or scope16                     when it is a device's turn to help
"""

KdfLabel = Literal[
    "body", "dek", "val", "layout", "commit", "link", "room", "room-id", "beacon",
    "root-sign", "root-box", "join", "confirm-A", "confirm-B", "a2b", "b2a", "ss",
    "tag", "db", "inv", "mark", "view", "kek", "backup", "lan", "lan-tag", "lan-dial", "lan-here",
]  # fmt: skip
"""What a derived key is for; its key and context:

    body        TK      team32 ‖ author32 ‖ u64be seq ‖ u8 type     a record's body
    dek         TK      the same                                     a release's DEK
    val         DEK     name                                         one value
    layout      DEK     empty                                        the layout of the file
    commit      TK      team32 ‖ scope16 ‖ u32be n                   pins one key for an epoch
    link        TK_new  old_epoch32                                  an older key under a newer one
    room        TK      empty                                        the rooms of an epoch
    room-id     RK      empty                                        ... their ids
    beacon      RK      empty                                        ... what is announced there
    root-sign, root-box, room   recovery entropy, empty              the root key, the recovery room
    join        SPAKE2 key  H("join")                                a pairing
    confirm-A, confirm-B, a2b, b2a   K, empty                        its confirmations and boxes
    ss          kx key  T32                                          a session's streams
    tag, db, view, mark   LSK                                        rows of the local store, fingerprints
    inv         seed16  empty                                        an invitation link's key
    kek         Argon2id or key-file bytes, empty                    what seals device.key
    backup      TK, epoch32; a file's key, its head                  a backup: its key, its stream
    lan         RK      room16                                       how members know each other on a LAN
    lan-tag     lan     salt8 ‖ u32be period                         ... by what is announced, cut to 16 bytes
    lan-dial, lan-here   lan, see F.6                                ... and who connects, cut to 16 bytes
"""

if TYPE_CHECKING:
    from hashlib import blake2b
else:
    # hashlib would load OpenSSL first, which takes as long as opening a hundred values.
    try:
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b

_PERSON: Final = b"envlsp1."
_KDF_PERSON: Final = _PERSON + b"kdf"


def hash32(label: Label, data: bytes) -> bytes:
    """Return `H(label, data)`: BLAKE2b-256 with the label as personalisation."""
    return blake2b(data, digest_size=32, person=_PERSON + label.encode()).digest()


def kdf(key: Key, label: KdfLabel, context: bytes = b"") -> bytes:
    """Return `KDF(key, label, context)`: 32 bytes of keyed BLAKE2b.

    Args:
        key: 16 to 64 bytes.
        label: what the derived key is for.
        context: where it is used; stands in for associated data.
    """
    data = _kdf_prefix(label) + context
    return blake2b(data, digest_size=32, key=buffer_of(key), person=_KDF_PERSON).digest()


@cache
def _kdf_prefix(label: KdfLabel) -> bytes:
    name = label.encode()
    return bytes((len(name),)) + name


def u64be(number: int) -> bytes:
    """Return 8 bytes, most significant first."""
    return number.to_bytes(8, "big")


def u32be(number: int) -> bytes:
    """Return 4 bytes, most significant first."""
    return number.to_bytes(4, "big")
