"""Joining by a spoken code: two pure machines over a pipe that nobody trusts (PROTOCOL E.1).

    joiner -> inviter   HELLO
    inviter -> joiner   ANSWER, which confirms first: one guess is all it can cost
    joiner -> inviter   CONFIRM        from here on both know, and boxes begin
    inviter -> joiner   WELCOME
    joiner -> inviter   REQUEST        both screens show the same five words
    inviter -> joiner   GRANTED or DENIED
    either way          SIGNAL         the dial of the session that brings the records

Rules:

* A code is good for one attempt. Whatever is wrong burns it: a guess, a second attempt,
  a blob of noise, a box out of order. `CodeBurned` is the last effect then.
* Nothing about the team leaves before both confirmations.
* The person decides: `grant` is called after the words were compared, never by a machine.

The owner passes blobs to `receive` and obeys `take_effects`; it ends the join after ten
minutes, and when the mailbox ends.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final, TypeAlias

from envlsp.crypto.pairing import CONFIRM_BYTES, PAKE_BYTES, Code, Pairing, PairingKeys, sas_words
from envlsp.crypto.primitives import is_valid_ed25519, is_valid_x25519, open_box, random_bytes, seal_box
from envlsp.crypto.signing import PopPurpose, check_untrusted, pop_digest, verify
from envlsp.domain.ids import NO_OWNER, RecordId
from envlsp.domain.ledger.records import Genesis
from envlsp.errors import (
    CodeRefused,
    EnvlspError,
    MalformedFrame,
    Misuse,
    PeerError,
    RecordRefused,
    TrustError,
)
from envlsp.sync.states import INVITING, JOINING, Inviting, Joining, JoinMove, step, step_untrusted
from envlsp.wire.join import (
    SIGNAL_MAX_BYTES,
    BlobKind,
    Denied,
    Granted,
    Request,
    Said,
    Signal,
    Welcome,
    decode_blob_untrusted,
    decode_said_untrusted,
    encode_blob,
    encode_said,
)

ATTEMPTS_PER_HOUR: Final = 3
"""Failed codes after which whoever drives these machines must refuse and tell the person."""

Entropy: TypeAlias = Callable[[int], bytes]

# --- effects and events -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendBlob:
    """Send this blob (1, 4 or 16 KiB) to the other party of the mailbox."""

    blob: bytes


@dataclass(frozen=True, slots=True)
class CodeMatched:
    """The other side knows the code."""


@dataclass(frozen=True, slots=True)
class JoinRequested:
    """Somebody wants to join: show name, label and words; call `grant` or `deny`."""

    request: Request
    sas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The inviter named the team, and genesis fits: make keys, then call `request`."""

    welcome: Welcome


@dataclass(frozen=True, slots=True)
class JoinGranted:
    """We are a member: dial the inviter, and sync until these heads are here."""

    heads: tuple[RecordId, ...]


@dataclass(frozen=True, slots=True)
class JoinDenied:
    """The person at the other screen said no. Nothing follows."""


@dataclass(frozen=True, slots=True)
class SignalReceived:
    """The peer's next message of the dial."""

    data: bytes


@dataclass(frozen=True, slots=True)
class CodeBurned:
    """The attempt failed and the code is worth nothing any more. Nothing follows."""

    error: EnvlspError


JoinEffect: TypeAlias = (
    SendBlob | CodeMatched | JoinRequested | Welcomed | JoinGranted | JoinDenied | SignalReceived | CodeBurned
)

# --- what both halves share -------------------------------------------------------------------


class _Boxes:
    """Both directions of a confirmed pairing; a box out of order does not count as one."""

    def __init__(self, keys: PairingKeys) -> None:
        self._keys = keys
        self._sent = 0
        self._received = 0

    def seal(self, said: Said) -> bytes:
        self._sent += 1
        return encode_blob(BlobKind.BOX, seal_box(encode_said(self._sent, said), self._keys.own_box))

    def open_untrusted(self, payload: bytes) -> Said:
        number, said = decode_said_untrusted(open_box(payload, self._keys.peer_box))
        self._received += 1
        if number != self._received:
            raise MalformedFrame("a box out of order")
        return said


class _Half(ABC):
    """What an inviter and a joiner do alike."""

    def __init__(self) -> None:
        self._effects: list[JoinEffect] = []
        self._boxes: _Boxes | None = None

    def take_effects(self) -> list[JoinEffect]:
        """Return what to do and what happened since the last call, in order."""
        effects, self._effects = self._effects, []
        return effects

    def _say(self, said: Said) -> None:
        assert self._boxes is not None
        self._effects.append(SendBlob(self._boxes.seal(said)))

    def _open_untrusted(self, kind: BlobKind, payload: bytes) -> Said:
        if kind is not BlobKind.BOX or self._boxes is None:
            raise CodeRefused("a second attempt")
        return self._boxes.open_untrusted(payload)

    def _seal_signal(self, data: bytes) -> bytes:
        if self._boxes is None or len(data) > SIGNAL_MAX_BYTES:
            raise Misuse("a signal this long, or before the grant")
        return self._boxes.seal(Signal(data))

    @abstractmethod
    def _over(self) -> None:
        """Enter the state from which nothing leads."""

    @contextmanager
    def _burning(self) -> Iterator[None]:
        """Burn the code on whatever the other side's bytes may cause."""
        try:
            yield
        except (PeerError, TrustError) as exc:
            self._over()
            self._effects.append(CodeBurned(exc))


# --- the inviter ------------------------------------------------------------------------------


class InviterJoin(_Half):
    """The half that reads the code out."""

    def __init__(self, code: Code, welcome: Welcome, entropy: Entropy = random_bytes) -> None:
        """Wait for the joiner.

        Args:
            code: fresh, from `new_code`.
            welcome: what the joiner is told once the code has matched.
            entropy: for vectors.
        """
        super().__init__()
        self._state = Inviting.LISTENING
        self._pairing = Pairing(code, "inviter", entropy)
        self._welcome = welcome
        self._keys: PairingKeys | None = None

    @property
    def state(self) -> Inviting:
        """Return where this half is."""
        return self._state

    def receive(self, blob: bytes) -> None:
        """Take the joiner's next blob. Never raises for what it holds.

        Spec: docs/protocol.md, "E.1 Primary: short code".
        """
        if self._state is Inviting.OVER:
            return
        with self._burning():
            self._take_untrusted(*decode_blob_untrusted(blob))

    def grant(self, heads: Sequence[RecordId]) -> None:
        """Tell the joiner that it is a member now. Call it when the grant is durable."""
        self._decide(JoinMove.GRANT_SENT)
        self._say(Granted(tuple(heads)))

    def deny(self) -> None:
        """Tell the joiner no."""
        self._decide(JoinMove.ENDED)
        self._say(Denied())

    def seal_signal(self, data: bytes) -> bytes:
        """Return the blob that carries a message of the dial, after `grant`.

        Raises:
            Misuse: before the grant, or longer than `SIGNAL_MAX_BYTES`.
        """
        if self._state is not Inviting.GRANTED:
            raise Misuse("nothing was granted")
        return self._seal_signal(data)

    def _take_untrusted(self, kind: BlobKind, payload: bytes) -> None:
        if self._state is Inviting.LISTENING:
            self._on_hello_untrusted(kind, payload)
        elif self._state is Inviting.CONFIRMING:
            self._on_confirm_untrusted(kind, payload)
        else:
            self._on_said_untrusted(self._open_untrusted(kind, payload))

    def _on_hello_untrusted(self, kind: BlobKind, payload: bytes) -> None:
        if kind is not BlobKind.HELLO:
            raise CodeRefused("not a first message")
        self._state = step(INVITING, self._state, JoinMove.HELLO_CAME)
        self._keys = self._pairing.finish(payload)
        answer = self._pairing.message + self._keys.own_confirm
        self._effects.append(SendBlob(encode_blob(BlobKind.ANSWER, answer)))

    def _on_confirm_untrusted(self, kind: BlobKind, payload: bytes) -> None:
        assert self._keys is not None
        if kind is not BlobKind.CONFIRM or not compare_digest(payload, self._keys.peer_confirm):
            raise CodeRefused
        self._state = step(INVITING, self._state, JoinMove.CONFIRM_CAME)
        self._boxes = _Boxes(self._keys)
        self._effects.append(CodeMatched())
        self._say(self._welcome)

    def _on_said_untrusted(self, said: Said) -> None:
        match said:
            case Request():
                self._state = step_untrusted(INVITING, self._state, JoinMove.REQUEST_CAME)
                self._check_request(said)
                assert self._keys is not None
                sas = sas_words(self._keys.key, self._welcome.team, said.dpk)
                self._effects.append(JoinRequested(said, sas))
            case Signal(data):
                self._state = step_untrusted(INVITING, self._state, JoinMove.SIGNAL_CAME)
                self._effects.append(SignalReceived(data))
            case _:
                raise MalformedFrame("not for a joiner to say")

    def _check_request(self, request: Request) -> None:
        if not is_valid_ed25519(request.dpk) or not is_valid_x25519(request.xpk):
            raise RecordRefused("the joiner's keys are not good points")
        owner = self._welcome.owner
        purpose = PopPurpose.JOIN if owner == NO_OWNER else PopPurpose.DEVICE_ADD
        digest = pop_digest(self._welcome.team, purpose, owner, request.dpk, request.xpk)
        verify(request.dpk, "pop", digest, request.pop)

    def _decide(self, move: JoinMove) -> None:
        if self._state is not Inviting.DECIDING:
            raise Misuse("nobody waits for a decision")
        self._state = step(INVITING, self._state, move)

    def _over(self) -> None:
        self._state = step(INVITING, self._state, JoinMove.ENDED)


# --- the joiner -------------------------------------------------------------------------------


class JoinerJoin(_Half):
    """The half that types the code. Its first blob is in `take_effects` at once."""

    def __init__(self, code: Code, entropy: Entropy = random_bytes) -> None:
        """Begin.

        Args:
            code: from `parse_code`.
            entropy: for vectors.
        """
        super().__init__()
        self._state = Joining.PAIRING
        self._pairing = Pairing(code, "joiner", entropy)
        self._keys: PairingKeys | None = None
        self._welcome: Welcome | None = None
        self._effects.append(SendBlob(encode_blob(BlobKind.HELLO, self._pairing.message)))

    @property
    def state(self) -> Joining:
        """Return where this half is."""
        return self._state

    def receive(self, blob: bytes) -> None:
        """Take the inviter's next blob. Never raises for what it holds.

        Spec: docs/protocol.md, "E.1 Primary: short code".
        """
        if self._state is Joining.OVER:
            return
        with self._burning():
            kind, payload = decode_blob_untrusted(blob)
            if self._state is Joining.PAIRING:
                self._on_answer_untrusted(kind, payload)
            else:
                self._on_said_untrusted(self._open_untrusted(kind, payload))

    def request(self, request: Request) -> tuple[str, ...]:
        """Send who we are; return the five words to show while a person decides.

        Args:
            request: fresh keys, and the proof over the team and the owner of the welcome.
        """
        if self._state is not Joining.WELCOMED or self._keys is None or self._welcome is None:
            raise Misuse("nobody waits for a request")
        self._state = step(JOINING, self._state, JoinMove.REQUEST_SENT)
        self._say(request)
        return sas_words(self._keys.key, self._welcome.team, request.dpk)

    def seal_signal(self, data: bytes) -> bytes:
        """Return the blob that carries a message of the dial, after `JoinGranted`.

        Raises:
            Misuse: before the grant, or longer than `SIGNAL_MAX_BYTES`.
        """
        if self._state is not Joining.GRANTED:
            raise Misuse("nothing was granted")
        return self._seal_signal(data)

    def _on_answer_untrusted(self, kind: BlobKind, payload: bytes) -> None:
        if kind is not BlobKind.ANSWER or len(payload) != PAKE_BYTES + CONFIRM_BYTES:
            raise CodeRefused("not an answer")
        keys = self._pairing.finish(payload[:PAKE_BYTES])
        if not compare_digest(payload[PAKE_BYTES:], keys.peer_confirm):
            raise CodeRefused
        self._state = step(JOINING, self._state, JoinMove.HELLO_CAME)
        self._keys, self._boxes = keys, _Boxes(keys)
        self._effects += [SendBlob(encode_blob(BlobKind.CONFIRM, keys.own_confirm)), CodeMatched()]

    def _on_said_untrusted(self, said: Said) -> None:
        match said:
            case Welcome():
                self._state = step_untrusted(JOINING, self._state, JoinMove.WELCOME_CAME)
                _check_welcome(said)
                self._welcome = said
                self._effects.append(Welcomed(said))
            case Granted(heads):
                self._state = step_untrusted(JOINING, self._state, JoinMove.GRANT_CAME)
                self._effects.append(JoinGranted(heads))
            case Denied() if self._state is Joining.WAITING:
                self._over()
                self._effects.append(JoinDenied())
            case Signal(data):
                self._state = step_untrusted(JOINING, self._state, JoinMove.SIGNAL_CAME)
                self._effects.append(SignalReceived(data))
            case _:
                raise MalformedFrame("not for an inviter to say now")

    def _over(self) -> None:
        self._state = step(JOINING, self._state, JoinMove.ENDED)


def _check_welcome(welcome: Welcome) -> None:
    """Check that the team is the hash of the genesis record that was sent with it."""
    genesis = check_untrusted(welcome.genesis, welcome.team).header.pub
    if not isinstance(genesis, Genesis) or genesis.root_sign != welcome.root_sign:
        raise RecordRefused("that is not the team's first record")
    if not is_valid_ed25519(welcome.dpk) or not is_valid_x25519(welcome.xpk):
        raise RecordRefused("the inviter's keys are not good points")
