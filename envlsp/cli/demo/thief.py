"""What somebody who was removed can open: every key they ever held, on all that there is.

A program of its own, `python -m envlsp.cli.demo.thief THEIRS OURS`, over the folders of
two devices, each opened by the `envlsp.key` beside it. The thief gets more than a thief
would: all that a teammate's machine holds now. None of the ledger's rules is asked;
whatever opens, opens. Says how much did, and ends with 1 if that was anything new.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from envlsp.cli.talk import Talk
from envlsp.cli.words import count
from envlsp.crypto.device import DeviceKeys
from envlsp.crypto.envelope import open_plain, place_of
from envlsp.crypto.epochs import TeamKey
from envlsp.crypto.labels import kdf
from envlsp.crypto.primitives import open_box, open_seal
from envlsp.domain.ids import EpochId
from envlsp.domain.ledger.records import (
    CheckedRecord,
    Keys,
    Revoke,
    carried_epochs,
    carried_seals,
)
from envlsp.errors import CannotOpen
from envlsp.service.facade import Service
from envlsp.service.team import Team
from envlsp.wire.records import decode_record_untrusted


def held_keys(thief: DeviceKeys, records: Sequence[CheckedRecord]) -> set[TeamKey]:
    """Return every key that comes out of any seal, and out of any link under one of those."""
    keys = {key for sealed in _seals(records) if (key := _unsealed(sealed, thief)) is not None}
    links = list(_links(records))
    news = set(keys)
    while news:
        news = {
            key
            for known in news
            for old, box in links
            if (key := _unlinked(box, old, known)) is not None and key not in keys
        }
        keys |= news
    return keys


def opens(raw: bytes, record: CheckedRecord, keys: set[TeamKey]) -> bool:
    """Return whether any of the keys opens the body of a record."""
    body, place = decode_record_untrusted(raw).body, place_of(record.header)
    for key in keys:
        try:
            open_plain(body, key, place)
        except CannotOpen:
            continue
        return True
    return False


def _seals(records: Sequence[CheckedRecord]) -> Iterator[bytes]:
    for record in records:
        pub = record.header.pub
        for epoch in carried_epochs(pub):
            yield from (sealed for _, sealed in epoch.seals)
        yield from (seal.sealed for seal in carried_seals(pub))


def _links(records: Sequence[CheckedRecord]) -> Iterator[tuple[EpochId, bytes]]:
    for record in records:
        pub = record.header.pub
        for epoch in carried_epochs(pub):
            yield from ((link.old, link.box) for link in epoch.links)
        if isinstance(pub, Keys):
            yield from ((link.old, link.box) for link in pub.links)


def _unsealed(sealed: bytes, thief: DeviceKeys) -> TeamKey | None:
    try:
        return TeamKey(open_seal(sealed, thief.box))
    except CannotOpen:
        return None


def _unlinked(box: bytes, old: EpochId, key: TeamKey) -> TeamKey | None:
    try:
        return TeamKey(open_box(box, kdf(key, "link", old)))
    except CannotOpen:
        return None


def _team(folder: Path) -> tuple[Service, Team]:
    environ = {"ENVLSP_HOME": str(folder / ".envlsp")}
    service = Service(Talk(yes=True), key_file=folder / "envlsp.key", environ=environ)
    return service, service.team(service.only_team())


def main(theirs: Path, ours: Path) -> int:
    """Try, and say what came of it; return the exit code."""
    (one, thief), (other, honest) = _team(theirs), _team(ours)
    try:
        ledger, replica = honest.replica.ledger, honest.replica
        records = ledger.records()
        user = replica.state.user_of(thief.keys.dpk)
        removal = next(r for r in records if isinstance(r.header.pub, Revoke) and user in r.header.pub.users)
        keys = held_keys(thief.keys, records)
        before, after = [0, 0], [0, 0]
        for record in records:
            if record.body_size:
                is_later = record is removal or ledger.is_ancestor(removal.id, record.id)
                tally = after if is_later else before
                tally[0] += opens(replica.raw(record.id), record, keys)
                tally[1] += 1
    finally:
        one.close()
        other.close()
    tried = count(len(records), "record")
    print(f"{count(len(keys), 'key')} came out of all seals and links, to be tried on {tried}")
    print(f"written before the removal: {before[0]} of {before[1]} open")
    print(f"written since:              {after[0]} of {after[1]} open")
    return 1 if after[0] or not after[1] or before[0] != before[1] else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
