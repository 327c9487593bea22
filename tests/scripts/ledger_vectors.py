"""Write `tests/vectors/ledger.json` again: `python -m tests.scripts.ledger_vectors`.

The attacks of `tests/adversarial` as bytes: every record that a story writes, in the
order of writing, what must come of it, and what the team is at the end. Deterministic:
the randomness of a story depends on its name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any, Final
from unittest.mock import patch

from envlsp.crypto import epochs, primitives
from envlsp.domain.ids import TeamId
from envlsp.domain.ledger.admission import Accepted, Missing, Refused
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.state import TeamState
from tests.support import wire_book
from tests.support.blind import Blind, Broken, Verdict
from tests.support.samples import fixed_randomness
from tests.support.vectors import EXPECT, Case, as_json, write

ABOUT: Final = "histories: every record, what comes of it, and what the team is then"
FILES: Final = ("test_10_authority", "test_28_keys", "test_46_scopes")
LONG: Final = frozenset(
    {
        "test_case_18_backdated_releases_are_void",
        "test_case_18_a_hundred_void_releases_cost_as_much_as_a_hundred_good_ones",
        "test_case_19_puppets_that_make_puppets",
        "test_case_23_root_revokes_the_most_senior_admin",
    }
)
"""Stories of very many records: they say nothing that a short one does not."""


def stories() -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the stories that need nothing but books, by name."""
    for file in FILES:
        module = import_module(f"tests.adversarial.{file}")
        for name, story in vars(module).items():
            takes_nothing = getattr(story, "__code__", None) and not story.__code__.co_argcount
            if name.startswith("test_case_") and takes_nothing and name not in LONG:
                yield name.removeprefix("test_"), story


@contextmanager
def told_the_same_way(name: str, story: Callable[[], None]) -> Iterator[None]:
    """Make all that a story draws a function of its name, and stop the clock."""
    with fixed_randomness(name), patch("time.time", lambda: 1_700_000_000.0), ExitStack() as stack:
        drawn = {"random_bytes": primitives.random_bytes, "seal_to": vars(epochs)["seal_to"]}
        for module in (wire_book, sys.modules[story.__module__]):
            for known in drawn.keys() & vars(module).keys():
                stack.enter_context(patch.object(module, known, drawn[known]))
        yield


def cases() -> list[Case]:
    """Return every story as a case."""
    found = []
    for name, story in stories():
        wire_book.SHELF.clear()
        with told_the_same_way(name, story):
            story()
        safes = {id(book.safe): book for book in wire_book.SHELF}
        found += [as_case(name, book) for book in safes.values()]
    wire_book.SHELF.clear()
    return found


def as_case(name: str, book: wire_book.Book) -> Case:
    """Return all that was written in a story's team."""
    blind = Blind(book.team)
    records = [{"bytes": raw.hex(), **verdict(blind.judge(raw))} for raw in book.safe.raws.values()]
    return {
        "name": name.replace("_", " "),
        "team": book.team.hex(),
        "records": records,
        "then": conclusion(blind.ledger),
    }


def verdict(found: Verdict) -> dict[str, str]:
    """Return what came of a record, in the words of the vectors."""
    match found:
        case Accepted():
            return {"expect": "ok"}
        case Missing():
            return {"expect": "orphan"}
        case Refused(reason):
            return {"expect": "inadmissible", "reason": reason.value}
        case Broken(error):
            return {"expect": next(word for kind, word in EXPECT.items() if kind.__name__ == error)}


def conclusion(ledger: Ledger) -> dict[str, Any]:
    """Return what a team is, as everybody must see it who holds these records."""
    state: TeamState = ledger.state
    return {
        "heads": [head.hex() for head in ledger.heads()],
        "root": state.root.root_sign.hex(),
        "members": {user.hex(): int(member.role) for user, member in sorted(state.members.items())},
        "devices": sorted(device.dpk.hex() for device in state.devices.values() if device.active),
        "scopes": {
            scope.hex(): {user.hex(): int(role) for user, role in sorted(known.roles.items())}
            for scope, known in sorted(state.scopes.items())
            if known.created_ok
        },
        "void": sorted(record.id.hex() for record in ledger.records() if ledger.voided_by(record.id)),
        "exposed": sorted(epoch.hex() for epoch in state.exposed),
        "current": {scope.hex(): epoch.hex() for scope, epoch in sorted(state.current.items())},
    }


def replay(case: Case) -> Case:
    """Return the case as this implementation finds it."""
    blind = Blind(TeamId(bytes.fromhex(case["team"])))
    records = [
        {"bytes": one["bytes"], **verdict(blind.judge(bytes.fromhex(one["bytes"])))}
        for one in case["records"]
    ]
    return {**case, "records": records, "then": conclusion(blind.ledger)}


def main() -> None:
    """Write the file."""
    write("ledger", as_json(ABOUT, cases()))


if __name__ == "__main__":
    main()
