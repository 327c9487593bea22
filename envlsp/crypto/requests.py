"""Requests to join that are carried by hand, and the welcome that answers one (PROTOCOL E.3).

A request proves that whoever made it holds its keys, and nothing about who that is: the
five words are compared by voice. A welcome is sealed and not signed: what it holds are
records, each signed, and the team is one that a person agrees to. Refuses to know files,
and whether a newcomer is let in.
"""

from __future__ import annotations

from collections.abc import Sequence

from envlsp.crypto.device import DeviceKeys, fingerprint, prove
from envlsp.crypto.primitives import (
    KEY_BYTES,
    BoxKey,
    is_valid_ed25519,
    is_valid_x25519,
    open_box,
    open_seal,
    random_bytes,
    seal_box,
    seal_to,
)
from envlsp.crypto.signing import PopPurpose, pop_digest, verify
from envlsp.crypto.words import FINGERPRINT_WORDS, words_of
from envlsp.domain.ids import NO_OWNER, NO_TEAM, BoxPk
from envlsp.errors import CannotOpen, LimitExceeded, Malformed, RecordRefused
from envlsp.wire.requests import (
    JoinRequest,
    SealedWelcome,
    WelcomeFile,
    decode_request_untrusted,
    decode_welcome_content_untrusted,
    decode_welcome_untrusted,
    encode_request,
    encode_welcome,
    encode_welcome_content,
)


def make_request(keys: DeviceKeys, name: str) -> str:
    """Return the text of a request by fresh keys, for whichever team will answer it."""
    pop = prove(keys, NO_TEAM, PopPurpose.JOIN)
    return encode_request(JoinRequest(keys.dpk, keys.xpk, pop, name))


def check_request_untrusted(text: str) -> JoinRequest:
    """Return a request whose maker does hold its keys.

    Raises:
        BadText: a slip, cut short, or not a request.
        RecordRefused: its keys are no good points.
        BadSignature: the proof is by other keys, or for another purpose.

    Spec: docs/protocol.md, "E.3 Offline strings".
    """
    request = decode_request_untrusted(text)
    if not is_valid_ed25519(request.dpk) or not is_valid_x25519(request.xpk):
        raise RecordRefused("the keys of that request are not good points")
    digest = pop_digest(NO_TEAM, PopPurpose.JOIN, NO_OWNER, request.dpk, request.xpk)
    verify(request.dpk, "pop", digest, request.pop)
    return request


def request_words(request: JoinRequest) -> tuple[str, ...]:
    """Return the five words that both sides read to each other: 55 bits of the fingerprint."""
    return words_of(fingerprint(request.dpk, request.xpk), FINGERPRINT_WORDS)


def seal_welcome(welcome: WelcomeFile, newcomer: BoxPk) -> bytes:
    """Return a welcome that only the newcomer opens.

    Raises:
        LimitExceeded: the team's history is too long for one.
    """
    key = random_bytes(KEY_BYTES)
    box = seal_box(encode_welcome_content(welcome), key)
    return encode_welcome(SealedWelcome(seal_to(key, newcomer), box))


def open_welcome_untrusted(data: bytes, waiting: Sequence[BoxKey]) -> tuple[int, WelcomeFile]:
    """Return which of our waiting keys a welcome is for, and what it says.

    Raises:
        Malformed, LimitExceeded: not a welcome.
        CannotOpen: for none of these keys, or altered.
    """
    sealed = decode_welcome_untrusted(data)
    for place, own in enumerate(waiting):
        try:
            key = open_seal(sealed.sealed_key, own)
        except CannotOpen:
            continue
        if len(key) != KEY_BYTES:
            break
        try:
            return place, decode_welcome_content_untrusted(open_box(sealed.box, key))
        except (Malformed, LimitExceeded):
            break
    raise CannotOpen
