"""A new team: its first record, and the words that are its root key (PROTOCOL B.1)."""

from __future__ import annotations

from dataclasses import dataclass

from envlsp.crypto import envelope
from envlsp.crypto.device import DeviceKeys
from envlsp.crypto.epochs import Recipient, make_epoch, new_key
from envlsp.crypto.primitives import random_bytes
from envlsp.crypto.recovery import RootKey
from envlsp.crypto.signing import GENESIS_PLACE, make_record
from envlsp.domain.ids import NO_TEAM, TEAM_SCOPE, TeamId
from envlsp.domain.ledger.records import Genesis, RecordType
from envlsp.service.people import Person
from envlsp.store.records import NewRecord
from envlsp.wire.bodies import GenesisBody

SALT_BYTES = 16
"""Two teams founded by the same keys still differ."""


@dataclass(frozen=True, slots=True)
class Founded:
    """A team that exists so far in memory only."""

    team: TeamId
    record: NewRecord


def found_team(keys: DeviceKeys, root: RootKey, founder: Person, now: int) -> Founded:
    """Return a team's first record.

    Args:
        keys: the founder's first device, which becomes admin.
        root: from the recovery words; nothing of it is kept.
        founder: who they say they are.
        now: seconds since 1970, a claim.

    Spec: docs/protocol.md, "B.4 Types".
    """
    key = new_key()
    epoch = make_epoch(
        key,
        team=NO_TEAM,
        scope=TEAM_SCOPE,
        n=1,
        recipients=(Recipient(keys.dpk, keys.xpk), Recipient(root.keys.dpk, root.keys.xpk)),
        older={},
    )
    pub = Genesis(root.keys.dpk, root.keys.xpk, keys.xpk, random_bytes(SALT_BYTES), (epoch,))
    body = GenesisBody(now, founder.display_name, founder.device, "", root.room)
    place = envelope.BodyPlace(NO_TEAM, keys.dpk, GENESIS_PLACE.seq, RecordType.GENESIS)
    raw, record = make_record(keys.sign, GENESIS_PLACE, pub, envelope.seal_body(body, key, place))
    header = record.header
    row = NewRecord(record.id, header.author, header.seq, header.height, header.parents, raw)
    return Founded(TeamId(record.id), row)
