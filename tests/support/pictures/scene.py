"""The shop in the pictures: a team of two, three releases, a `.env` with edits of Alice's own, and code.

Nobody has any of its values anywhere: each says so itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import Teammate, cast, join

NAMES = (
    "neovim-masked",
    "neovim-reveal",
    "vscode-masked",
    "vscode-reveal",
    "vscode-rollback",
    "vscode-completion",
    "vscode-conflict",
)
"""In the order they are taken; the conflict comes last, for it stays."""

SHOWN = "not-a-real-key-9c41"
"""The one value that a picture shows."""
HIDDEN = ("not-a-real-password", "api.shop.example", "made-up-for-this-picture", "mail.shop.example")
"""Of the other values, what would be seen if they were."""

_FIRST = """\
# Where the API lives. Ask the web team before you change it.
API_URL=https://api.shop.example
SHOP_NAME="Plum & Daughters"

# The database
DATABASE_PASSWORD=not-a-real-password
DATABASE_URL=postgres://shop:${DATABASE_PASSWORD}@db/shop

# Payments, test mode
PAYMENT_KEY=an-older-key
SESSION_SECRET=made-up-for-this-picture
"""
_EUROPE = _FIRST.replace("https://api.", "https://eu.api.")
_KEY = _EUROPE.replace("an-older-key", SHOWN)
_EDITED = _KEY.replace("for-this-picture", "for-this-picture-too") + "MAIL_FROM=mail.shop.example\n"

CODE = """\
import os

from plums import Shop, payments

shop = Shop(
    name=os.environ["SHOP_NAME"],
    api=os.environ["API_URL"],
    database=os.environ["DATABASE_URL"],
)
shop.accept(payments.cards(key=os.environ["PAYMENT_KEY"]))
"""
MAIL = """\
import os

SENDER = os.environ["MAIL_FROM"]
COOKIES = os.environ["SESSION_SECRET"]
"""
UNFINISHED = 'shop.sessions(secret=os.environ["'
"""What Alice types into it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is there."""

    alice: Teammate
    bob: Teammate

    def disagree(self) -> None:
        """Let both move the API at the same time, before either hears of it."""
        for person, place in (
            (self.bob, "https://api-2.shop.example"),
            (self.alice, "https://api-3.shop.example"),
        ):
            person.env.write_text(_KEY.replace("https://eu.api.shop.example", place))
        self.bob.ok("push", "--offline", "-m", "The API moved again")
        self.alice.ok("push", "--offline", "-m", "A faster API")
        self.bob.meet()


@contextmanager
def scene(root: Path) -> Iterator[Scene]:
    """Let it come to pass in an empty folder: real programs, a real server between them."""
    with cast(root) as people:
        alice = people.founder("Alice", _FIRST.encode())
        alice.ok("push", "--offline", "-m", "The shop as it runs")
        bob = people.clone("Bob", alice)
        join(alice, bob)
        agent = alice.agent()
        bob.ok("pull")
        bob.env.write_text(_EUROPE)
        bob.ok("push", "-m", "The API moved to Europe")
        alice.ok("pull")
        alice.env.write_text(_KEY)
        alice.ok("push", "-m", "A new payment key")
        bob.ok("pull")
        agent.stop()
        alice.env.write_text(_EDITED)
        (alice.shop / "shop.py").write_text(CODE)
        (alice.shop / "mail.py").write_text(MAIL)
        yield Scene(alice, bob)
