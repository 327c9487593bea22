"""Joining without a network: what is carried by hand, as bytes (PROTOCOL E.3).

    request = "rq1…"        bech32 over [dpk32, xpk32, pop64, name], at most 512 bytes
    welcome = ["envlsp-welcome", 1, sealed_key80, box]
    box     = secretbox([team32, [server...], granted32, records], k32)
    records = (u32be length ‖ record)…, parents first, the first one genesis

The records stand in one run of bytes, so that a welcome of many small pieces costs
nobody a list of them before it was looked at. Refuses to open or to believe anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from envlsp.domain.ids import BoxPk, DevicePk, RecordId, TeamId
from envlsp.errors import BadText, LimitExceeded, Malformed
from envlsp.wire import canonical
from envlsp.wire.join import PERSON_MAX_BYTES, servers_shape
from envlsp.wire.limits import MIB, RECORD_MAX_BYTES
from envlsp.wire.shape import as_array, blob, exactly, record_of, text, tuple_of
from envlsp.wire.text import from_text, to_text

REQUEST_PREFIX: Final = "rq"
REQUEST_MAX_BYTES: Final = 512
"""Before it is text; the largest legal one has 396."""
MAGIC: Final = "envlsp-welcome"
WELCOME_VERSION: Final = 1
WELCOME_MAX_BYTES: Final = 64 * MIB
"""A history of some ten thousand releases; a longer one is brought by a network."""
WELCOME_MAX_RECORDS: Final = 200_000
SEALED_KEY_BYTES: Final = 80
_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Who asks to be let in: fresh keys, the proof that they are held, and a name for people."""

    dpk: DevicePk
    xpk: BoxPk
    pop: bytes
    name: str


@dataclass(frozen=True, slots=True)
class SealedWelcome:
    """A welcome as it travels."""

    sealed_key: bytes = field(repr=False)
    box: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WelcomeFile:
    """What a newcomer without a network is told: the team and all its records.

    Attributes:
        team: to be pinned, once a person has agreed.
        servers: addresses of signaling servers, for later.
        granted: the record that lets the newcomer in.
        records: raw, parents first; the first one is the team's.
    """

    team: TeamId
    servers: tuple[str, ...]
    granted: RecordId
    records: tuple[bytes, ...] = field(repr=False)


_request: Final = record_of(
    JoinRequest,
    exactly(32, DevicePk),
    exactly(32, BoxPk),
    exactly(64, bytes),
    # A stranger's words end on a terminal: no control characters, no line ends.
    text(PERSON_MAX_BYTES, str.isprintable),
)
_sealed: Final = record_of(SealedWelcome, exactly(SEALED_KEY_BYTES, bytes), blob(40, WELCOME_MAX_BYTES))
_content: Final = tuple_of(
    exactly(32, TeamId), servers_shape(), exactly(32, RecordId), blob(1, WELCOME_MAX_BYTES)
)


def encode_request(request: JoinRequest) -> str:
    """Return the text that a person carries to an admin: `rq1…`."""
    return to_text(REQUEST_PREFIX, canonical.encode(_request.dump(request)))


def is_request(text_form: str) -> bool:
    """Return whether this is meant to be a request: it begins like one."""
    return text_form.strip().lower().startswith(REQUEST_PREFIX + "1")


def decode_request_untrusted(text_form: str) -> JoinRequest:
    """Return the request that `rq1…` stands for; its keys and proof are not checked.

    Raises:
        BadText: a slip, cut short, or not a request.
    """
    try:
        data = from_text(REQUEST_PREFIX, text_form)
        return _request.load(canonical.decode_untrusted(data, limit_bytes=REQUEST_MAX_BYTES))
    except (BadText, Malformed, LimitExceeded):
        raise BadText("that is no request to join, or there is a slip in it", fix="copy it again") from None


def encode_welcome(welcome: SealedWelcome) -> bytes:
    """Return the bytes of a welcome.

    Raises:
        LimitExceeded: more than a welcome may have.
    """
    data = canonical.encode([MAGIC, WELCOME_VERSION, *as_array(_sealed.dump(welcome))])
    if len(data) > WELCOME_MAX_BYTES:
        raise LimitExceeded(f"a welcome of {len(data)} bytes, at most {WELCOME_MAX_BYTES} allowed")
    return data


def decode_welcome_untrusted(data: bytes) -> SealedWelcome:
    """Return a welcome that nobody has opened yet.

    Raises:
        Malformed: not canonical, not a welcome, or of another version.
        LimitExceeded: more of something than the format allows.

    Spec: docs/protocol.md, "E.3 Offline strings".
    """
    magic, version, *fields = as_array(canonical.decode_untrusted(data, limit_bytes=WELCOME_MAX_BYTES), 4)
    if magic != MAGIC or version != WELCOME_VERSION:
        raise Malformed("not a welcome of this version")
    return _sealed.load(fields)


def encode_welcome_content(welcome: WelcomeFile) -> bytes:
    """Return the canonical bytes of what a welcome seals."""
    content = (welcome.team, welcome.servers, welcome.granted, _joined(welcome.records))
    return canonical.encode(_content.dump(content))


def decode_welcome_content_untrusted(data: bytes) -> WelcomeFile:
    """Return what an opened welcome says.

    Raises:
        Malformed: not canonical, or a record that is cut.
        LimitExceeded: more of something than the format allows.
    """
    team, servers, granted, run = _content.load(
        canonical.decode_untrusted(data, limit_bytes=WELCOME_MAX_BYTES)
    )
    return WelcomeFile(team, servers, granted, _apart_untrusted(run))


def _joined(records: Iterable[bytes]) -> bytes:
    return b"".join(len(raw).to_bytes(_LENGTH_BYTES, "big") + raw for raw in records)


def _apart_untrusted(run: bytes) -> tuple[bytes, ...]:
    found: list[bytes] = []
    place = 0
    while place < len(run):
        start = place + _LENGTH_BYTES
        size = int.from_bytes(run[place:start], "big")
        place = start + size
        if size > RECORD_MAX_BYTES or len(found) == WELCOME_MAX_RECORDS:
            raise LimitExceeded("a record, or a number of them, beyond what a welcome may have")
        if not size or place > len(run):
            raise Malformed("a record that is cut, or empty")
        found.append(run[start:place])
    return tuple(found)
