"""A small team with a real first record, and a joiner's request, for tests of the join."""

from __future__ import annotations

from envlsp.crypto.primitives import box_key, signing_key
from envlsp.crypto.signing import GENESIS_PLACE, PopPurpose, make_record, pop_digest, sign
from envlsp.domain.ids import NO_OWNER, TEAM_SCOPE, TeamId, UserId
from envlsp.domain.ledger.records import Epoch, Genesis
from envlsp.wire.join import Request, Welcome

ROOT = signing_key(bytes([90]) * 32)
FOUNDER, FOUNDER_BOX = signing_key(bytes([91]) * 32), box_key(bytes([92]) * 32)
JOINER, JOINER_BOX = signing_key(bytes([93]) * 32), box_key(bytes([94]) * 32)


def genesis(salt: int = 0) -> tuple[bytes, TeamId]:
    seals = ((FOUNDER.public, bytes(80)), (ROOT.public, bytes(80)))
    epoch = Epoch(TEAM_SCOPE, 1, bytes(32), (), tuple(sorted(seals)))
    root_box = box_key(bytes([95]) * 32).public
    pub = Genesis(ROOT.public, root_box, FOUNDER_BOX.public, bytes([salt]) * 16, (epoch,))
    raw, record = make_record(FOUNDER, GENESIS_PLACE, pub)
    return raw, TeamId(record.id)


def welcome(salt: int = 0, owner: UserId = NO_OWNER) -> Welcome:
    raw, team = genesis(salt)
    servers = ("wss://signal.example.org",)
    return Welcome(team, ROOT.public, raw, servers, FOUNDER.public, FOUNDER_BOX.public, owner)


def request(
    team: TeamId,
    *,
    name: str = "Bob <bob@example.com>",
    purpose: PopPurpose = PopPurpose.JOIN,
    owner: UserId = NO_OWNER,
) -> Request:
    digest = pop_digest(team, purpose, owner, JOINER.public, JOINER_BOX.public)
    return Request(JOINER.public, JOINER_BOX.public, sign(JOINER, "pop", digest), name, "laptop")
