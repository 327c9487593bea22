"""What is in Alice's repository when the demo begins. Its secrets are drawn anew each time."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

OLD_API = "https://api.shop.example"
NEW_API = "https://api-eu.shop.example"
"""The one value that is changed, and shown: an address, no secret."""

_README = "# shop\n\nReads its settings from the environment.\n"
_PYTHON = """\
import os

API = os.environ["API_URL"]
DATABASE = os.environ["DATABASE_URL"]
PAYMENTS = os.environ.get("PAYMENT_KEY")
"""
_TYPESCRIPT = """\
export const name = process.env.SHOP_NAME;
export const secret = process.env.SESION_SECRET;
"""
"""With a mistake in it, for the editor to find."""


def write_shop(folder: Path) -> tuple[str, ...]:
    """Write the files of a small shop.

    Returns:
        The values in its `.env` that nobody may see.
    """
    folder.mkdir(parents=True)
    (folder / "README.md").write_text(_README)
    (folder / "shop.py").write_text(_PYTHON)
    (folder / "web.ts").write_text(_TYPESCRIPT)
    (folder / ".gitignore").write_text("node_modules/\n")
    password, payment, session = secrets.token_hex(9), secrets.token_hex(12), secrets.token_urlsafe(24)
    text = f"""\
# Where the API lives. Ask the web team before you change it.
API_URL={OLD_API}
SHOP_NAME="Alice's shop"   # shown on every page

# The database
DATABASE_PASSWORD='{password} #1'
DATABASE_URL="postgres://shop:${{DATABASE_PASSWORD}}@db.shop.example/shop"

# Payments, test mode
export PAYMENT_KEY=sk_test_{payment}
SESSION_SECRET={session}
"""
    env = folder / ".env"
    env.touch(0o600)
    env.write_text(text)
    return password, payment, session


def move_api(env: Path) -> None:
    """Edit one value, as a person does in an editor: no other byte changes."""
    env.write_text(env.read_text().replace(f"={OLD_API}\n", f"={NEW_API}\n"))


def files_with(values: tuple[str, ...], folder: Path) -> list[str]:
    """Return the files below a folder in which one of the values can be read."""
    needles = [value.encode() for value in values]
    found = []
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # a database drops its journal while we look
            if path.is_file() and any(needle in path.read_bytes() for needle in needles):
                found.append(str(path.relative_to(folder)))
    return sorted(found)
