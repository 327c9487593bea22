"""Row 18 and scale: opening long histories, a rotation of a large team, and a device that floods.

Every growth is printed from 100 to 10,000 with its exponent: 1 is linear. Budgets in
seconds are ratios to one second here, since they are promised in seconds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from envlsp.crypto import envelope
from envlsp.crypto.device import DeviceKeys
from envlsp.crypto.signing import make_record
from envlsp.domain.environment import Triple
from envlsp.domain.ids import TEAM_SCOPE
from envlsp.domain.ledger.admission import Accepted
from envlsp.domain.ledger.records import Header, RecordType, Role, SetRole
from envlsp.service.access import roles
from envlsp.service.access.rotation import rotate
from envlsp.service.team import Team
from envlsp.wire.bodies import NoteBody
from tests.bench.crowd import crowd, let_in, place_of, release_of, write_releases
from tests.bench.measure import Row
from tests.support.cast import Actor
from tests.support.ledger_builder import Book, actor, alice, charlie, checked, dave, eve

SIZES = (100, 1_000, 10_000)
COLD_BUDGET_S, WARM_BUDGET_S = 1.0, 0.02
MEMBERS, ENVIRONMENTS = 50, 40
FLOOD, HONEST = 10_000, 1_000
RUNS = 5


def rows() -> Iterator[Row]:
    """Measure opening, rotating, and living on after a flood."""
    yield from _opening()
    yield _rotating()
    yield from _flooding()


def _row(what: str, times_s: list[float], budget_s: float) -> Row:
    return Row(18, what, [t * 1e3 for t in times_s], "one second", [1e3] * len(times_s), budget_s)


def _growth(what: str, least: dict[int, float]) -> Row:
    """Return the exponent over the last decade of sizes: by how much ten times as many take longer."""
    small, large = least[SIZES[-2]], least[SIZES[-1]]
    exponent = math.log10(large / small)
    return Row(18, f"{what}: exponent from 1,000 to 10,000", [exponent], "", [], limit=1.4, unit="")


# --- opening -----------------------------------------------------------------------------------


def _opening() -> Iterator[Row]:
    cold, warm, one = (dict[int, float]() for _ in range(3))
    for size in SIZES:
        with crowd() as (founder, keys):
            write_releases(founder, keys, size)
            times = [_opened(founder, forget=True) for _ in range(2)]
            cold[size] = min(times)
            yield _row(f"opening {size:,} releases, cold", times, COLD_BUDGET_S)
            _opened(founder, forget=True)
            times = [_opened(founder) for _ in range(RUNS)]
            warm[size] = min(times)
            yield _row("the same, warm", times, WARM_BUDGET_S)
            times = [_one_more(founder, keys[-1], number) for number in range(RUNS)]
            one[size] = min(times)
            yield _row("one release more, in a running process", times, WARM_BUDGET_S)
    yield _growth("cold", cold)
    yield _growth("warm", warm)
    yield _growth("one more", one)


def _opened(founder: Actor, *, forget: bool = False) -> float:
    """Return how long a new process of the device needs until it knows the newest values."""
    founder.restart()
    team, triple = founder.team, founder.context.triple
    if forget:
        team.store.views.clear()
    return _timed(lambda: _newest(team, triple))


def _newest(team: Team, triple: Triple) -> None:
    assert team.replica.state.members
    found = team.releases.of(triple)
    view = found.view()
    assert view.entries
    assert found.versions.label(view.heads[-1])


def _one_more(founder: Actor, author: DeviceKeys, number: int) -> float:
    """Return how long it takes to admit, store and show a release that comes from a peer."""
    team, triple = founder.team, founder.context.triple
    heads = team.releases.of(triple).history.heads()
    raw = release_of(founder, author, 10**6 + number, heads)
    seconds = _timed(lambda: _take(founder, team, triple, raw))
    assert team.releases.of(triple).history.heads() != heads
    return seconds


def _take(founder: Actor, team: Team, triple: Triple, raw: bytes) -> None:
    (received,) = founder.replica.receive([raw])
    assert isinstance(received.verdict, Accepted)
    _newest(team, triple)


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


# --- rotating ----------------------------------------------------------------------------------


def _rotating() -> Row:
    with crowd(1) as (founder, keys):
        for number in range(1, MEMBERS):
            let_in(founder, number)
        project = founder.context.triple.project
        for number in range(1, ENVIRONMENTS):
            raw = release_of(founder, keys[0], number, (), Triple(project, "api", f"env-{number}"))
            founder.replica.receive([raw])
        team = founder.team
        times = []
        for _ in range(RUNS):
            start = time.perf_counter()
            done = rotate(team.replica, team.releases)
            times.append(time.perf_counter() - start)
            assert done == ENVIRONMENTS, done
    return _row(f"a rotation, {MEMBERS} members and {ENVIRONMENTS} environments", times, 1.0)


# --- flooding ----------------------------------------------------------------------------------


def _flooding() -> Iterator[Row]:
    """A hostile admin's removals, all concurrent: the worst kind, since each is compared with others."""
    resolving: dict[int, float] = {}
    for size in SIZES:
        book = _flooded(size)
        resolving[size] = _timed(lambda book=book: book.state)  # type: ignore[misc]
        yield _row(f"{size:,} concurrent removals, one resolve", [resolving[size]], 10.0)
        yield _row("the same again", [_timed(lambda book=book: book.state)], 0.001)  # type: ignore[misc]
    yield _growth("one resolve", resolving)
    yield from _living_on()


def _flooded(size: int) -> Book:
    book = _staffed()
    first = book.build(eve, SetRole(dave.user, Role.VIEWER, ()))
    for number in range(size):
        record = _variant(first.header, number)
        assert book.ledger.admit(checked(record)) == Accepted(new=True)
    return book


def _staffed() -> Book:
    book = Book()
    book.grant(alice, eve, Role.ADMIN)
    for whom in (charlie, dave, actor("frank")):
        book.grant(alice, whom)
    return book


def _variant(header: Header, number: int) -> Header:
    return replace(header, body_hash=number.to_bytes(32, "big"))


def _living_on() -> Iterator[Row]:
    """Honest records after the flood's device is removed, beside those of a team that had none.

    Of a hundred, one lets somebody in, one changes the team's key, the others are releases.
    """
    with crowd(3) as (clean, clean_keys), crowd(3) as (flooded, keys):
        for founder in (clean, flooded):
            eve = let_in(founder, 99, Role.ADMIN)
            if founder is flooded:
                _flood(founder, eve, keys.pop())
            user = founder.replica.state.user_of(eve.dpk)
            assert user
            roles.revoke(founder.replica, founder.team.releases, (user,))
        ours, nulls = [], []
        for number in range(HONEST // 100):
            nulls.append(_timed(lambda n=number: _live(clean, clean_keys[:2], n)) * 1e3)  # type: ignore[misc]
            ours.append(_timed(lambda n=number: _live(flooded, keys, n)) * 1e3)  # type: ignore[misc]
    yield Row(18, f"100 records after {FLOOD:,} of a removed device", ours, "of a clean ledger", nulls, 2.0)


def _live(founder: Actor, authors: list[DeviceKeys], number: int) -> None:
    write_releases(founder, authors, 97)
    let_in(founder, 100 + number)
    assert rotate(founder.team.replica, founder.team.releases) == 1  # with a release that seals anew


def _flood(founder: Actor, author: DeviceKeys, victim: DeviceKeys) -> None:
    """Write removals of one device, signed and stored, that know nothing of each other."""
    replica, place = founder.replica, place_of(founder, author)
    epoch = replica.state.current_epoch(TEAM_SCOPE)
    assert epoch
    key = replica.ring.key_of(epoch)
    assert key
    target = replica.state.user_of(victim.dpk)
    assert target
    where = envelope.BodyPlace(place.team, author.dpk, place.seq, RecordType.ROLE)
    pub = SetRole(target, Role.VIEWER, ())
    with founder.team.store.database.write(durable=False):
        for start in range(0, FLOOD, 500):
            bodies = [envelope.seal_body(NoteBody(0, str(start + n)), key, where) for n in range(500)]
            raws = [make_record(author.sign, place, pub, body, epoch)[0] for body in bodies]
            assert all(isinstance(one.verdict, Accepted) for one in replica.receive(raws))
