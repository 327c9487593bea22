"""A process that joins a team, and is killed at a given point of it.

    python crashing_join.py TEAM POINT

What a join writes, in its order: the device's own key file, the keys it asks to be let
in with, the pinned team, its records, and that the asking is over. It prints `asks DPK
XPK POP` in hex once it asks to be let in, reads the name of a file with records, and
prints `in` and `end N`, N being the number of points, if it gets there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from envlsp.crypto.device import device_keys, new_seeds, prove
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import TeamId
from envlsp.service.facade import Service
from envlsp.service.joining.pinning import is_member, pin_team
from envlsp.store.database import Database
from envlsp.store.keyfile import DeviceSeeds
from envlsp.wire import canonical
from tests.support.cast import QuietTalk, all_accepted
from tests.support.crashing_push import tear_writes
from tests.support.crashing_writer import Bomb, say

MOST_BYTES = 1 << 24


def main(identity: TeamId, point: int) -> None:
    bomb = Bomb(point)
    bomb.around(Database, "run")
    bomb.around(os, "replace")
    bomb.around(os, "unlink")
    tear_writes(bomb)
    service = Service(QuietTalk())
    service.vault.open_or_create()
    if service.pending.of_team(identity) is None and is_member(service, identity):
        say("in")  # `envlsp join` says that this device is in the team already
        return
    seeds = service.pending.of_team(identity) or DeviceSeeds(*new_seeds())
    service.pending.put(identity, seeds, int(service.clock()))
    keys = device_keys(seeds.sign, seeds.box)
    say(f"asks {keys.dpk.hex()} {keys.xpk.hex()} {prove(keys, identity, PopPurpose.JOIN).hex()}")
    raws = canonical.decode_untrusted(Path(input()).read_bytes(), limit_bytes=MOST_BYTES)
    assert isinstance(raws, list)
    replica = pin_team(service, identity, seeds, ()).replica
    for raw in raws:
        assert isinstance(raw, bytes)
        assert all_accepted(replica.receive([raw]))
    service.pending.drop(seeds)
    say("in")
    say(f"end {bomb.passed}")


if __name__ == "__main__":
    main(TeamId(bytes.fromhex(sys.argv[1])), int(sys.argv[2]))
