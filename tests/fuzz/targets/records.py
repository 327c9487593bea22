"""Records (B.3, B.4, C.2): decoding, the checks of cryptography, and admission.

As raw bytes; and as headers that Eve signs, founder of a team of her own, so that the
search gets past the signature and into the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from envlsp.crypto.primitives import signing_key
from envlsp.crypto.signing import GENESIS_PLACE, Place, check_untrusted, make_record, record_id, sign
from envlsp.crypto.verify import Signatures
from envlsp.domain.ids import TEAM_SCOPE, BoxPk, EpochId, TeamId
from envlsp.domain.ledger.admission import Accepted, Missing, Refused
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.records import Epoch, Genesis, Keys, Link, Release, Rotate, Unknown
from envlsp.errors import BadSignature, EnvlspError, LimitExceeded, Malformed, RecordRefused, UpgradeNeeded
from envlsp.wire.canonical import encode
from envlsp.wire.records import decode_header_untrusted, decode_record_untrusted, encode_header, encode_record
from tests.fuzz.seeds import hexes

EVE, ROOT = (signing_key(letter * 32) for letter in (b"E", b"R"))
_SEALS = tuple(sorted((key.public, b"s" * 80) for key in (EVE, ROOT)))
_FIRST = Epoch(TEAM_SCOPE, 1, b"c" * 32, (), _SEALS)
_POINT = BoxPk((9).to_bytes(32, "little"))
_GENESIS = Genesis(ROOT.public, _POINT, BoxPk((16).to_bytes(32, "little")), b"0" * 16, (_FIRST,))
RAW_GENESIS, GENESIS = make_record(EVE, GENESIS_PLACE, _GENESIS)
TEAM = TeamId(GENESIS.id)
SECOND = Place(TEAM, seq=2, height=2, parents=(GENESIS.id,))
MAX_BYTES = 4_096
_RAW, _SIGNED = 0, 1


def seeds() -> Iterator[bytes]:
    """Yield records of every type as they are, and as Eve would write them."""
    for raw in hexes("records", "record"):
        yield bytes((_RAW,)) + raw
        try:
            header = decode_header_untrusted(decode_record_untrusted(raw).hdr)
        except EnvlspError:
            continue
        if isinstance(header.pub, Genesis | Unknown):
            continue
        mine = replace(header, team=TEAM, author=EVE.public, seq=2, height=2, parents=(GENESIS.id,))
        yield bytes((_SIGNED,)) + encode_header(mine)
    epoch = GENESIS.epoch_ids[0]
    for pub in (
        Release(TEAM_SCOPE),
        Keys((), (Link(epoch, epoch, b"b" * 72),)),
        Rotate((replace(_FIRST, n=2, links=(Link(epoch, EpochId(b""), b"b" * 72),)),)),
    ):
        raw, _ = make_record(EVE, SECOND, pub)
        yield bytes((_SIGNED,)) + decode_record_untrusted(raw).hdr


def take(data: bytes) -> None:
    """Check a record; admit it where it holds."""
    if not data:
        return
    raw = data[1:] if data[0] != _SIGNED else _signed(data[1:])
    try:
        _check_form(raw)
        record = check_untrusted(raw, TEAM)
    except (Malformed, LimitExceeded, UpgradeNeeded, RecordRefused, BadSignature):
        return
    ledger = Ledger(TEAM, Signatures())
    ledger.admit(GENESIS)
    verdict = ledger.admit(record)
    assert isinstance(verdict, Accepted | Missing | Refused)
    assert len(ledger) == 1 + (isinstance(verdict, Accepted) and verdict.new)
    assert ledger.state.members
    again = Ledger(TEAM, Signatures())
    again.restore(ledger.records())
    assert again.state == ledger.state


def _signed(hdr: bytes) -> bytes:
    """Return a record of this header with no body; hers if it names her."""
    return encode([hdr, b"", sign(EVE, "rec", record_id(hdr))])


def _check_form(raw: bytes) -> None:
    """Whatever decodes has one form, and this is it."""
    decoded = decode_record_untrusted(raw)
    assert encode_record(decoded.hdr, decoded.body, decoded.sig) == raw
    if not isinstance(decoded.header.pub, Unknown):
        assert encode_header(decoded.header) == decoded.hdr
