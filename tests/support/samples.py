"""One of everything with fixed bytes: devices, a genesis, a record and a body of each type.

Deterministic, so that vectors and tests speak of the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from unittest.mock import patch

from nacl import bindings

from envlsp.crypto import signing
from envlsp.crypto.device import DeviceKeys, device_keys, prove
from envlsp.crypto.epochs import Recipient, TeamKey, make_epoch, make_link, seal_key
from envlsp.crypto.memory import Key, exposed
from envlsp.crypto.primitives import StreamWriter
from envlsp.crypto.recovery import Entropy, RootKey, root_key
from envlsp.crypto.signing import GENESIS_PLACE, Place, PopPurpose, epoch_id, inv_digest, scope_id, user_id
from envlsp.domain.environment import Triple
from envlsp.domain.ids import NO_TEAM, TEAM_SCOPE, EpochId, RecordId, TeamId
from envlsp.domain.ledger.records import (
    Admit,
    CheckedRecord,
    DeviceAdd,
    DeviceRevoke,
    EnvNote,
    Epoch,
    Genesis,
    Grant,
    Invite,
    InviteCancel,
    Keys,
    Pub,
    RecordType,
    Release,
    Revoke,
    Role,
    RootReplace,
    Rotate,
    ScopeSet,
    SetRole,
)
from envlsp.domain.release import Layout, ReleaseContent, ReleaseKind, Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.wire import canonical
from envlsp.wire.bodies import (
    Body,
    EnvBody,
    GenesisBody,
    InviteBody,
    NoteBody,
    PersonBody,
    RootReplaceBody,
    ScopeBody,
    encode_body,
)
from envlsp.wire.releases import ReleaseBody


def fixed(label: str, size: int = 32) -> bytes:
    """Return bytes that depend on `label` alone."""
    return hashlib.shake_256(b"envlsp vectors: " + label.encode()).digest(size)


def device(name: str) -> DeviceKeys:
    """Return the keys of a device of that name, always the same."""
    return device_keys(fixed(name + " sign"), fixed(name + " box"))


def _stream(label: str) -> Callable[[int], bytes]:
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return fixed(f"{label} {count}", size)

    return draw


def sealed_with(ephemeral_seed: bytes, plain: Key, public: bytes) -> bytes:
    """Return `crypto_box_seal(plain)` for a known ephemeral key: how libsodium puts it together."""
    epk, esk = bindings.crypto_box_seed_keypair(ephemeral_seed)
    nonce = hashlib.blake2b(epk + public, digest_size=24).digest()
    return epk + bindings.crypto_box(exposed(plain), nonce, public, esk)


class _FixedStream(StreamWriter):
    """A stream whose header is drawn like everything else: a reader begins with the same state."""

    def __init__(self, draw: Callable[[int], bytes], key: bytes) -> None:
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        self.header = draw(bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES)
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(self._state, self.header, key)


@contextmanager
def fixed_randomness(label: str) -> Iterator[None]:
    """Make every nonce, key and ephemeral key a function of `label` and of the order of drawing."""
    draw = _stream(label)

    def seal_to(plain: Key, public: bytes) -> bytes:
        return sealed_with(draw(32), plain, public)

    with ExitStack() as stack:
        for module in (
            "primitives",
            "envelope",
            "epochs",
            "bundle",
            "recovery",
            "device",
            "requests",
            "backup",
        ):
            stack.enter_context(patch(f"envlsp.crypto.{module}.random_bytes", draw))
        stack.enter_context(patch("envlsp.crypto.backup.StreamWriter", partial(_FixedStream, draw)))
        for module in ("epochs", "bundle", "requests", "backup"):
            stack.enter_context(patch(f"envlsp.crypto.{module}.seal_to", seal_to))
        yield


# --- a team ------------------------------------------------------------------------------------

ENTROPY = Entropy(fixed("recovery"))
ROOT: RootKey = root_key(ENTROPY)
ALICE, BOB, CAROL, INVITATION = (device(name) for name in ("alice", "bob", "carol", "invitation"))
KEY_1, KEY_2, SCOPE_KEY = (TeamKey(fixed(label)) for label in ("key 1", "key 2", "scope key"))
ROOT_RECIPIENT = Recipient(ROOT.keys.dpk, ROOT.keys.xpk)


def recipients(*devices: DeviceKeys) -> tuple[Recipient, ...]:
    """Return these devices and the root key."""
    return (*(Recipient(keys.dpk, keys.xpk) for keys in devices), ROOT_RECIPIENT)


def genesis() -> tuple[bytes, CheckedRecord]:
    """Return Alice's genesis, its body left empty."""
    with fixed_randomness("genesis"):
        epoch = make_epoch(KEY_1, team=NO_TEAM, scope=TEAM_SCOPE, n=1, recipients=recipients(ALICE), older={})
    pub = Genesis(ROOT.keys.dpk, ROOT.keys.xpk, ALICE.xpk, fixed("salt", 16), (epoch,))
    return signing.make_record(ALICE.sign, GENESIS_PLACE, pub)


GENESIS_RAW, GENESIS = genesis()
TEAM = TeamId(GENESIS.id)
EPOCH_1 = epoch_id(GENESIS.id, 0)
HERE = Place(TEAM, seq=2, height=2, parents=(GENESIS.id,))
INVITE_ID = RecordId(fixed("an invite"))
SCOPE = scope_id(TEAM, ALICE.dpk, HERE.seq)


def next_epoch() -> Epoch:
    """Return the team's second epoch, with the first under it."""
    with fixed_randomness("second epoch"):
        return make_epoch(
            KEY_2,
            team=TEAM,
            scope=TEAM_SCOPE,
            n=2,
            recipients=recipients(ALICE, BOB),
            older={EPOCH_1: KEY_1},
        )


def scope_epoch() -> Epoch:
    """Return the first epoch of a scope."""
    with fixed_randomness("scope epoch"):
        return make_epoch(SCOPE_KEY, team=TEAM, scope=SCOPE, n=1, recipients=recipients(ALICE), older={})


def pubs() -> dict[RecordType, Pub]:
    """Return a public part of each type that passes every check one record can fail by itself."""
    alice, bob = user_id(ALICE.dpk), user_id(BOB.dpk)
    with fixed_randomness("seals"):
        seals = (seal_key(KEY_1, EPOCH_1, Recipient(BOB.dpk, BOB.xpk)),)
        link = make_link(EPOCH_1, KEY_1, EpochId(fixed("another epoch")), KEY_2)
    join = prove(BOB, TEAM, PopPurpose.JOIN)
    inv_sig = signing.sign(INVITATION.sign, "inv", inv_digest(TEAM, INVITE_ID, BOB.dpk, BOB.xpk))
    other_root = device("another root")
    return {
        RecordType.GENESIS: GENESIS.header.pub,
        RecordType.GRANT: Grant(BOB.dpk, BOB.xpk, join, Role.DEVELOPER, seals),
        RecordType.ROLE: SetRole(bob, Role.VIEWER, ()),
        RecordType.REVOKE: Revoke((bob,), (next_epoch(),)),
        RecordType.DEVICE_ADD: DeviceAdd(
            BOB.dpk, BOB.xpk, prove(BOB, TEAM, PopPurpose.DEVICE_ADD, alice), seals
        ),
        RecordType.DEVICE_REVOKE: DeviceRevoke((BOB.dpk,), (next_epoch(),)),
        RecordType.INVITE: Invite(INVITATION.dpk, Role.DEVELOPER, 1),
        RecordType.INVITE_CANCEL: InviteCancel(INVITE_ID),
        RecordType.ADMIT: Admit(INVITE_ID, BOB.dpk, BOB.xpk, join, inv_sig, seals),
        RecordType.ROTATE: Rotate((next_epoch(),)),
        RecordType.KEYS: Keys(seals, (link,)),
        RecordType.ROOT_REPLACE: RootReplace(
            other_root.dpk, other_root.xpk, prove(other_root, TEAM, PopPurpose.ROOT), (next_epoch(),)
        ),
        RecordType.SCOPE_SET: ScopeSet(SCOPE, ((bob, Role.VIEWER),), (scope_epoch(),)),
        RecordType.RELEASE: Release(TEAM_SCOPE),
        RecordType.ENV: EnvNote(TEAM_SCOPE),
    }


def record(kind: RecordType, body: bytes = b"", epoch: EpochId | None = None) -> tuple[bytes, CheckedRecord]:
    """Return Alice's record of that type, right after genesis; sealed under the first epoch."""
    if kind is RecordType.GENESIS:
        return GENESIS_RAW, GENESIS
    default = EPOCH_1 if body else EpochId(b"")
    return signing.make_record(ALICE.sign, HERE, pubs()[kind], body, default if epoch is None else epoch)


TRIPLE = Triple("shop", "api", "prod")
NAMES = (SecretName("API_URL"), SecretName("TOKEN"))


def content() -> ReleaseContent:
    """Return a small release with a layout."""
    api_url, token = NAMES
    layout = Layout("node", (b"# where it lives\nexport API_URL=", api_url, b"\nTOKEN=", token, b"  # x\n"))
    entries = {api_url: SecretText(b'"https://api.test"'), token: SecretText(b"s3cret")}
    return ReleaseContent(
        ts=1_700_000_000,
        kind=ReleaseKind.PUSH,
        message="first",
        triple=TRIPLE,
        base=(),
        of=None,
        snapshot=Snapshot(entries, layout),
    )


def bodies() -> dict[RecordType, Body]:
    """Return a body of each type."""
    note = NoteBody(1_700_000_000, "tidying up")
    person = PersonBody(1_700_000_000, "Bob <bob@example.com>", "bob's laptop", "")
    return {
        RecordType.GENESIS: GenesisBody(1_700_000_000, "Alice", "desk", "", ROOT.room),
        RecordType.GRANT: person,
        RecordType.ROLE: note,
        RecordType.REVOKE: note,
        RecordType.DEVICE_ADD: person,
        RecordType.DEVICE_REVOKE: note,
        RecordType.INVITE: InviteBody(1_700_000_000, "", "carol@example.com", ((SCOPE, Role.DEVELOPER),)),
        RecordType.INVITE_CANCEL: note,
        RecordType.ADMIT: person,
        RecordType.ROTATE: note,
        RecordType.KEYS: note,
        RecordType.ROOT_REPLACE: RootReplaceBody(1_700_000_000, "", fixed("room")),
        RecordType.SCOPE_SET: ScopeBody(
            1_700_000_000, "", "shop", "api", "prod", ((user_id(BOB.dpk), "Bob"),)
        ),
        RecordType.RELEASE: ReleaseBody(
            1_700_000_000,
            ReleaseKind.ROLLBACK,
            "back to v1",
            "shop",
            "api",
            "prod",
            (RecordId(fixed("base")),),
            RecordId(fixed("of")),
            fixed("dek box", 72),
            b"",
            ((NAMES[0], fixed("val box 1", 47)), (NAMES[1], fixed("val box 2", 40))),
        ),
        RecordType.ENV: EnvBody(1_700_000_000, "shop", "api", "prod", 0, ""),
    }


def release_with(entries: canonical.Value) -> bytes:
    """Return the plain body of a release with these entries, well-formed or not."""
    plain = encode_body(RecordType.RELEASE, bodies()[RecordType.RELEASE])
    fields = canonical.decode_untrusted(plain, limit_bytes=10_000)
    assert isinstance(fields, list)
    return canonical.encode([*fields[:-1], entries])


def entries(count: int) -> list[canonical.Value]:
    """Return so many entries, each with a box of nothing."""
    return [[f"NAME_{number:05}", bytes(40)] for number in range(count)]
