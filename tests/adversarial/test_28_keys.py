"""Attacks on who can read: ghosts among recipients, lying seals, old keys, races of rotations.

Cases 28 to 35 of docs/protocol.md, "I. Adversarial tests".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from envlsp.crypto.epochs import BadSeal, Keyring, TeamKey, keyring
from envlsp.crypto.primitives import random_bytes, seal_to
from envlsp.domain.ids import TEAM_SCOPE, EpochId
from envlsp.domain.ledger.records import (
    CheckedRecord,
    DeviceRevoke,
    Keys,
    Link,
    Release,
    Role,
    Rotate,
)
from envlsp.domain.release import Layout, ReleaseContent, ReleaseKind, Snapshot
from envlsp.domain.secret import SecretName
from envlsp.service.access import roles, rotation
from envlsp.service.history import Releases
from envlsp.service.people import People
from envlsp.service.replica import Replica
from tests.support.ledger_builder import Actor, a_device, a_grant, a_revoke, a_seal
from tests.support.loot import Box, Loot, Sealed, deks, sealed_things
from tests.support.wire_book import (
    KEYS,
    TRIPLE,
    Book,
    actor,
    alice,
    bob,
    charlie,
    dave,
    eve,
    keys_of,
    merged,
    refused,
    says,
    second_device,
    seeds_of,
)

ADMIN, DEVELOPER, VIEWER, GUEST = Role.ADMIN, Role.DEVELOPER, Role.VIEWER, Role.NONE
MALLORY_KEY = TeamKey(bytes(range(32)))


def team_of_admins() -> Book:
    book = Book()
    book.grant(alice, bob, ADMIN)
    book.grant(alice, charlie, ADMIN)
    return book


def current(book: Book) -> EpochId:
    epoch = book.state.current_epoch(TEAM_SCOPE)
    assert epoch is not None
    return epoch


def releases_of(replica: Replica) -> Releases:
    return Releases(replica, People(replica))


# --- 28: ghosts -----------------------------------------------------------------------------------


def test_case_28_ghosts_and_root() -> None:
    book = team_of_admins()
    book.grant(alice, eve, GUEST)
    ghost, gone, first = actor("ghost"), actor("gone"), current(book)
    book.grant(alice, gone)
    book.revoke(alice, gone)
    for stranger in (ghost, gone, eve):  # Eve is a guest: no key of the team for her
        pub = Rotate((book.epoch(plus=[stranger]),))
        assert refused(book.offer(alice, pub)) == "ghost-recipient"
        keys = Keys((a_seal(first, stranger),), ())
        assert refused(book.offer(alice, keys)) == "ghost-recipient"
    assert refused(book.offer(alice, Rotate((book.epoch(with_root=False),)))) == "root-omitted"


def test_case_28_a_removal_does_not_hand_its_own_epoch_to_the_removed() -> None:
    book = team_of_admins()
    assert refused(book.offer(alice, a_revoke(bob, epochs=(book.epoch(),)))) == "ghost-recipient"
    phone = second_device(bob, "phone")
    book.write(bob, a_device(phone))
    kill = DeviceRevoke((phone.dpk,), (book.epoch(),))
    assert refused(book.offer(alice, kill)) == "ghost-recipient"


def test_case_28_an_omission_is_an_alarm() -> None:
    book = team_of_admins()
    book.grant(alice, dave, VIEWER)
    epoch = book.write(alice, Rotate((book.epoch(without=[dave]),))).epoch_ids[0]
    assert [(one.kind.value, one.subject) for one in book.ledger.alarms()] == [("epoch-omits", dave.dpk)]
    assert book.ring(dave).key_of(epoch) is None
    book.write(charlie, Keys((a_seal(epoch, dave),), ()))
    assert book.ledger.alarms() == ()
    assert book.ring(dave).key_of(epoch) == book.safe.keys[epoch]


def test_case_28_an_epoch_without_recipients_or_with_one_twice_is_refused() -> None:
    book = team_of_admins()
    epoch = book.epoch()
    bare = book.build(alice, Rotate((replace(epoch, seals=()),)))
    assert refused(book.judge(bare)) == "Malformed"
    twice = book.build(alice, Rotate((replace(epoch, seals=(epoch.seals[0], *epoch.seals)),)))
    assert refused(book.judge(twice)) == "Malformed"


# --- 29: seals that lie ---------------------------------------------------------------------------


def test_case_29_a_seal_with_another_key_is_reported_and_another_one_used() -> None:
    book = team_of_admins()
    epoch = book.write(alice, Rotate((book.epoch(without=[bob]),))).epoch_ids[0]
    lie = a_seal(epoch, bob)
    lied = book.write(alice, Keys((replace(lie, sealed=seal_to(MALLORY_KEY, keys_of(bob).xpk)),), ()))
    ring = book.ring(bob)
    assert ring.key_of(epoch) is None
    assert ring.bad_seals == {BadSeal(lied.id, epoch)}
    book.write(charlie, Keys((a_seal(epoch, bob),), ()))
    assert book.ring(bob).key_of(epoch) == book.safe.keys[epoch]


def test_case_29_an_epoch_whose_own_seals_lie_is_mended_by_a_member_who_holds_it() -> None:
    """Eve rotates and seals nonsense to Bob alone; who holds the key seals it to him again."""
    book = team_of_admins()
    epoch = book.epoch()
    seals = tuple((to, random_bytes(80) if to == bob.dpk else box) for to, box in epoch.seals)
    made = book.write(charlie, Rotate((replace(epoch, seals=seals),)))
    assert book.ring(bob).key_of(made.epoch_ids[0]) is None
    book.write(alice, Keys((a_seal(made.epoch_ids[0], bob),), ()))
    ring = book.ring(bob)
    assert ring.key_of(made.epoch_ids[0]) == book.safe.keys[made.epoch_ids[0]]
    assert {bad.record for bad in ring.bad_seals} <= {made.id}


def test_case_29_a_link_with_another_key_is_not_believed() -> None:
    book = team_of_admins()
    first = current(book)
    new = book.write(alice, Rotate((book.epoch(),))).epoch_ids[0]
    book.grant(alice, dave)  # he holds the new key alone
    assert book.ring(dave).key_of(first) is None
    book.write(charlie, Keys((), (Link(first, new, random_bytes(72)),)))
    assert book.ring(dave).key_of(first) is None
    book.write(charlie, Keys((), (Link(first, new, b"box"),)))
    assert book.ring(dave).key_of(first) == book.safe.keys[first]


# --- 30: whoever was removed ----------------------------------------------------------------------


class Afterwards:
    """A team that Eve was in, and everything it did once she was out."""

    def __init__(self) -> None:
        self.book = book = team_of_admins()
        self.phone = second_device(eve, "eve's phone")
        book.grant(alice, eve, ADMIN)
        book.write(eve, a_device(self.phone, (a_seal(current(book), self.phone),)), body=True)
        self.scope = book.create_scope(alice, {eve: DEVELOPER})
        book.rotate(eve, self.scope)
        book.push(alice, {"TOKEN": "first", "OLD": "known to eve"})
        book.write(eve, Rotate((book.epoch(links=[current(book)]),)), body=True)  # a key of her own drawing
        book.push(eve, {"TOKEN": "second", "OLD": "known to eve"})
        self.loot = self.pack()
        self.before = {record.id for record in book.ledger.records()}
        self.go_on()

    def pack(self) -> Loot:
        """Return all that Eve could take along: devices, team keys, data keys of what she read."""
        loot = Loot(seeds_of(eve) | seeds_of(self.phone), (keys_of(eve), keys_of(self.phone)))
        rings = [self.book.ring(who) for who in (eve, self.phone)]
        for ring in rings:
            loot.take(ring.all_keys().values())
        replica = self.book.seen_by(eve)
        for record in self.book.ledger.records():
            if isinstance(record.header.pub, Release) and record.body_size:
                key = rings[0].key_of(replica.epoch_of(record))
                assert key is not None
                loot.secrets.update(deks(self.book.safe.raws[record.id], record, key))
        return loot

    def go_on(self) -> None:
        """Remove Eve, and do everything a team does, with the program's own code."""
        book = self.book
        admin = book.seen_by(alice)
        roles.revoke(admin, releases_of(admin), [eve.user])
        book.take_from(admin)
        book.push(bob, {"TOKEN": "third", "NEW": "made later"})
        book.grant(alice, dave)
        book.write(
            alice, a_device(tablet := second_device(alice, "tablet"), (a_seal(current(book), tablet),))
        )
        developer = book.seen_by(bob)
        rotation.rotate(developer, releases_of(developer))
        book.take_from(developer)
        book.write(charlie, Rotate((book.epoch(links=[current(book)]),)), body=True)
        book.push(dave, {"TOKEN": "fourth", "NEW": "made later"})
        book.scope_set(alice, self.scope, {dave: DEVELOPER})
        book.rotate(alice, self.scope)
        book.release(dave, self.scope, content=says({"PRIVATE": "of a scope"}))
        book.write(alice, Keys((a_seal(current(book), dave),), ()))

    def later(self) -> Iterator[tuple[CheckedRecord, list[Box | Sealed]]]:
        """Yield what came after her removal, and everything that is closed in it."""
        replica = self.book.member
        for record in self.book.ledger.records():
            if record.id not in self.before:
                raw = self.book.safe.raws[record.id]
                epoch = replica.epoch_of(record)
                yield record, list(sealed_things(raw, record, epoch, self.book.safe.keys))


def test_case_30_a_revoked_member_opens_nothing_that_came_later() -> None:
    """Eve has both her devices, every key she ever opened or drew, and all later traffic."""
    after = Afterwards()
    things = [thing for _, closed in after.later() for thing in closed]
    kinds = {thing.where.split()[0] for thing in things}
    assert kinds >= {"body", "dek", "link", "seal", "TOKEN", "NEW", "PRIVATE"}
    assert len(things) > 40
    assert len(after.loot.secrets) >= 4 + 3 * 3 + 2, "seeds, team keys and what comes of them, data keys"
    assert after.loot.try_all(things) == []


def test_case_30_the_same_attempts_open_everything_for_who_stayed() -> None:
    """Else the test above would show nothing."""
    after = Afterwards()
    things = [thing for _, closed in after.later() for thing in closed]
    stayed = Loot(set(), (keys_of(alice), keys_of(actor("tablet"))))
    opened = stayed.try_all(things)
    readable = {thing.where for thing in things if not isinstance(thing, Sealed)}
    assert readable <= set(opened)


def test_case_30_what_she_had_read_before_still_opens() -> None:
    """There is no taking back: the protocol promises nothing about what was read."""
    after = Afterwards()
    replica, opened = after.book.member, list[str]()
    for record in after.book.ledger.records():
        if record.id in after.before and isinstance(record.header.pub, Release):
            raw, epoch = after.book.safe.raws[record.id], replica.epoch_of(record)
            opened += after.loot.try_all(sealed_things(raw, record, epoch, after.book.safe.keys))
    assert {where.split()[0] for where in opened} == {"body", "dek", "TOKEN", "OLD"}


def test_case_30_a_link_leads_down_and_never_up() -> None:
    """Whoever holds the old key alone cannot open the new one."""
    book = team_of_admins()
    first = current(book)
    new = book.write(alice, Rotate((book.epoch(without=[bob], links=[first]),))).epoch_ids[0]
    removed = keyring(keys_of(bob), book.ledger.records())
    assert removed.key_of(first) is not None
    assert removed.key_of(new) is None
    given = Keyring(keys_of(dave))
    given.add(first, book.safe.keys[first])
    for record in book.ledger.records():
        given.learn(record)
    assert given.key_of(new) is None


# --- 31: races of rotations -----------------------------------------------------------------------


def test_case_31_rotation_with_rotation() -> None:
    start = team_of_admins()
    here, there = start, start.copy()
    one, two = here.rotate(alice), there.rotate(bob)
    after = merged(here, there)
    assert after.state.current_epoch(TEAM_SCOPE) == max(one, two)
    assert not after.state.exposed


def test_case_31_and_48_rotation_with_removal() -> None:
    start = team_of_admins()
    here, there = start, start.copy()
    safe = here.write(alice, a_revoke(bob, epochs=(here.epoch(without=[bob]),))).epoch_ids[0]
    seen = there.rotate(charlie)
    after = merged(here, there)
    assert after.state.current_epoch(TEAM_SCOPE) == safe
    assert seen in after.state.exposed


def test_case_31_never_back_to_what_an_exposed_epoch_opens() -> None:
    start = team_of_admins()
    first = current(start)
    only_bob = start.write(alice, Rotate((start.epoch(links=[first]),))).epoch_ids[0]
    start.revoke(alice, bob)
    assert start.state.exposed == {first, only_bob}
    assert start.state.current_epoch(TEAM_SCOPE) is None
    assert refused(start.offer(alice, Release(TEAM_SCOPE), body=True, epoch=only_bob)) == "body-epoch"
    fresh = start.rotate(alice)
    assert start.state.current_epoch(TEAM_SCOPE) == fresh


def test_case_31_a_link_published_later_exposes_what_it_opens() -> None:
    """Dave never had the first key; a link under one that he had gives it to him all the same."""
    start = team_of_admins()
    first = current(start)
    held = start.rotate(alice)
    start.grant(alice, dave, VIEWER)
    start.revoke(alice, dave)
    assert current(start) == first, "nobody outside can open it yet"
    start.write(charlie, Keys((), (Link(first, held, b"box"),)))
    assert start.state.exposed == {first, held}
    assert start.state.current_epoch(TEAM_SCOPE) is None


def test_case_31_keys_to_a_device_and_its_revocation() -> None:
    start = team_of_admins()
    start.grant(alice, dave, VIEWER)
    newest = start.rotate(alice)
    here, there = start, start.copy()
    here.revoke(alice, dave)
    there.write(bob, Keys((a_seal(newest, dave),), ()))
    after = merged(here, there)
    assert newest in after.state.exposed
    assert after.state.current_epoch(TEAM_SCOPE) is None


def test_case_31_who_draws_a_key_knows_it() -> None:
    """A leaver's epoch is exposed although he left himself out of the seals."""
    book = team_of_admins()
    left = book.write(bob, a_revoke(bob, epochs=(book.epoch(without=[bob]),))).epoch_ids[0]
    assert left in book.state.exposed
    assert book.state.current_epoch(TEAM_SCOPE) is None


def test_case_31_a_void_rotation_is_never_current_though_only_readers_hold_its_key() -> None:
    """Dave was made a viewer meanwhile: he may hold the key he drew, and not have drawn it."""
    start = team_of_admins()
    start.grant(alice, dave)
    here, there = start, start.copy()
    first = current(start)
    here.role(alice, dave, VIEWER)
    drawn = there.rotate(dave)
    late = there.push(dave, {"TOKEN": "under it"})
    after = merged(here, there)
    assert drawn not in after.state.exposed
    assert current(after) == first
    assert not after.counts(late)
    assert refused(after.offer(bob, Release(TEAM_SCOPE), body=True, epoch=drawn)) == "body-epoch"


def _two_rotations(here: Book, there: Book) -> None:
    here.rotate(alice)
    there.rotate(bob)


def _rotation_and_revoke(here: Book, there: Book) -> None:
    here.write(alice, a_revoke(eve, epochs=(here.epoch(without=[eve]),)))
    there.rotate(charlie)


def _bare_revoke_and_rotation(here: Book, there: Book) -> None:
    here.revoke(alice, eve)
    there.rotate(charlie)


def _grant_and_rotate(here: Book, there: Book) -> None:
    here.grant(alice, actor("newcomer"))
    there.rotate(bob)


def _keys_and_revoke(here: Book, there: Book) -> None:
    here.revoke(alice, eve)
    there.write(bob, Keys((a_seal(current(there), eve),), ()))


def _void_grant_had_a_key(here: Book, there: Book) -> None:
    here.write(alice, a_revoke(charlie, epochs=(here.epoch(without=[charlie]),)))
    there.write(charlie, a_grant(actor("leak"), seals=(a_seal(current(there), actor("leak")),)))


RACES: tuple[Callable[[Book, Book], None], ...] = (
    _two_rotations,
    _rotation_and_revoke,
    _bare_revoke_and_rotation,
    _grant_and_rotate,
    _keys_and_revoke,
    _void_grant_had_a_key,
)


@pytest.mark.parametrize("race", RACES)
def test_case_31_every_race_ends_with_one_key_that_all_active_devices_hold(
    race: Callable[[Book, Book], None],
) -> None:
    """One holder who comes by is enough; nobody who is out holds it, by whatever way."""
    start = team_of_admins()
    start.grant(alice, eve, VIEWER)
    start.rotate(alice)
    here, there = start, start.copy()
    race(here, there)
    after = merged(here, there)
    holder = after.seen_by(alice)
    rotation.mend(holder, releases_of(holder))
    after.take_from(holder)
    epoch = current(after)
    assert epoch not in after.state.exposed
    for dpk, device in after.state.devices.items():
        key = keyring(KEYS[dpk], after.ledger.records()).key_of(epoch)
        assert (key == after.safe.keys[epoch]) if device.active else (key is None)
    again = after.seen_by(bob)
    assert not rotation.mend(again, releases_of(again))


# --- 32: old keys ---------------------------------------------------------------------------------


def test_case_32_superseded_epoch() -> None:
    start = team_of_admins()
    old = start.state.current_epoch(TEAM_SCOPE)
    here, there = start, start.copy()
    here.rotate(alice)
    late = there.release(bob, body=True)
    after = merged(here, there)
    assert after.counts(late)
    assert refused(after.offer(bob, Release(TEAM_SCOPE), body=True, epoch=old)) == "body-epoch"


def test_case_32_a_release_under_a_key_superseded_at_the_same_time_is_rekeyed() -> None:
    start = team_of_admins()
    here, there = start, start.copy()
    here.rotate(alice)
    late = there.push(bob, {"TOKEN": "late"})
    after = merged(here, there)
    assert after.view() == {"TOKEN": "late"}
    developer = after.seen_by(charlie)
    found = releases_of(developer).of(TRIPLE)
    assert found.history.heads() == (late.id,)
    assert developer.epoch_of(late) != current(after)
    assert rotation.mend(developer, releases_of(developer))
    (rekey,) = (one for one in after.take_from(developer) if isinstance(one.header.pub, Release))
    assert rekey.header.epoch == current(after)
    assert after.view() == {"TOKEN": "late"}


# --- 33 to 35: reading, and encrypting again ------------------------------------------------------


def test_case_33_a_new_member_reads_what_was_there_before_and_a_viewer_writes_nothing() -> None:
    book = team_of_admins()
    first = book.push(alice, {"TOKEN": "v1"})
    for number in range(3):
        book.write(alice, Rotate((book.epoch(links=[current(book)]),)))
        book.push(bob, {"TOKEN": f"after rotation {number}"})
    book.grant(alice, dave, VIEWER)
    assert book.view(dave) == {"TOKEN": "after rotation 2"}
    reader = book.seen_by(dave)
    assert releases_of(reader).of(TRIPLE).snapshots[first.id] == says({"TOKEN": "v1"}).snapshot
    for pub in (Release(TEAM_SCOPE), Rotate((book.epoch(),)), a_grant(actor("friend"))):
        assert refused(book.offer(dave, pub, body=True)) == "role-too-low"
    assert book.view(dave) == {"TOKEN": "after rotation 2"}


ALTERED = (
    says({"TOKEN": "evil"}),
    says({"TOKEN": "good", "MORE": "evil"}),
    says({"OTHER": "good"}),
)


@pytest.mark.parametrize("content", ALTERED)
def test_case_34_a_rekey_with_altered_content_is_ignored_by_all_readers(content: ReleaseContent) -> None:
    book = team_of_admins()
    good = book.push(alice, {"TOKEN": "good"})
    book.rotate(bob)
    lie = replace(content, kind=ReleaseKind.REKEY, base=(good.id,), of=good.id)
    book.release(bob, content=lie)
    for reader in (alice, bob, charlie):
        assert book.view(reader) == {"TOKEN": "good"}
        found = releases_of(book.seen_by(reader)).of(TRIPLE)
        assert found.history.heads() == (good.id,)
        assert found.versions.label(good.id) == "v1"
    developer = book.seen_by(charlie)
    assert rotation.mend(developer, releases_of(developer)), "an honest rekey is still missing"
    book.take_from(developer)
    assert book.view(bob) == {"TOKEN": "good"}


def test_case_34_a_rekey_with_another_layout_is_ignored_too() -> None:
    book = team_of_admins()
    layout = Layout("node", (b"TOKEN=", SecretName("TOKEN"), b"\n"))
    entries = says({"TOKEN": "good"}).snapshot.entries
    good = book.release(alice, content=replace(says(), snapshot=Snapshot(entries, layout)))
    evil = Layout("node", (b"# call 555-0100 for a new key\nTOKEN=", SecretName("TOKEN"), b"\n"))
    lie = replace(
        says(), snapshot=Snapshot(entries, evil), kind=ReleaseKind.REKEY, base=(good.id,), of=good.id
    )
    book.release(bob, content=lie)
    assert releases_of(book.seen_by(charlie)).of(TRIPLE).history.heads() == (good.id,)


@pytest.mark.parametrize("finisher", (bob, charlie, dave))
def test_case_35_a_crash_between_revoke_and_rekey_is_finished_by_another_developer(finisher: Actor) -> None:
    """The removal carries its epoch, so all that can be missing are releases encrypted again."""
    book = team_of_admins()
    book.grant(alice, dave)
    book.grant(alice, eve)
    one, two = book, book.copy()
    one.push(alice, {"TOKEN": "a", "ONE": "1"})
    two.push(bob, {"TOKEN": "b", "TWO": "2"})  # a conflict must survive as well
    after = merged(one, two)
    before = after.view(), set(releases_of(after.seen_by(alice)).of(TRIPLE).view().conflicts)
    links = [current(after)]
    after.write(alice, a_revoke(eve, epochs=(after.epoch(without=[eve], links=links),)), body=True)
    # Alice's process is killed here.
    developer = after.seen_by(finisher)
    assert rotation.mend(developer, releases_of(developer))
    fresh = after.take_from(developer)
    assert len([record for record in fresh if isinstance(record.header.pub, Release)]) == 2
    for reader in (alice, bob, charlie, dave):
        replica = after.seen_by(reader)
        found = releases_of(replica).of(TRIPLE)
        heads = found.history.heads()
        assert {replica.epoch_of(replica.record(head)) for head in heads} == {current(after)}
        assert (after.view(reader), set(found.view().conflicts)) == before
        assert not rotation.mend(replica, releases_of(replica)), "nothing is left to do"
    assert after.ring(eve).key_of(current(after)) is None


def test_case_35_a_remover_who_lacks_an_older_key_loses_no_history() -> None:
    """The link that the remover could not make is made up for by who holds both keys."""
    book = team_of_admins()
    book.push(bob, {"TOKEN": "old"})
    old = current(book)
    book.write(bob, Rotate((book.epoch(without=[alice]),)))  # Alice lacks this one
    lacking = current(book)
    book.push(bob, {"TOKEN": "new"})
    book.write(alice, a_revoke(charlie, epochs=(book.epoch(without=[charlie], links=[old]),)))
    assert book.ring(alice).key_of(lacking) is None
    holder = book.seen_by(bob)
    assert rotation.mend(holder, releases_of(holder))
    book.take_from(holder)
    book.grant(alice, dave)
    helper = book.seen_by(bob)
    rotation.mend(helper, releases_of(helper))
    book.take_from(helper)
    assert book.view(alice) == book.view(dave) == {"TOKEN": "new"}
