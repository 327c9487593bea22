"""The short way of `run` and `get`: one key file, one row, and the program.

Everything a command line may ask for is in `commands/run.py` and `commands/get.py`,
which load click, YAML and the ledger's rules. This way serves the usual case without
them: nothing unusual is asked, this device unlocks with a key file, and the store has
the answer ready. Wherever anything is otherwise it returns None with nothing done or
said, and the long way does it, or says why it cannot. So there is one meaning.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from envlsp.service.reading import Reading


class _Wish(NamedTuple):
    """A command line of the usual kind."""

    verb: str
    rest: list[str]
    """The name, or the program and its words."""
    target: str = ""
    env: str = ""
    override: bool = True


def attempt(words: list[str]) -> int | None:
    """Do what a command line asks for and return its exit code, or return None."""
    wish = _wish(words)
    if wish is None or sys.platform == "win32":
        return None
    try:
        found = _read(wish)
    except Exception:  # noqa: BLE001  (the long way meets it too, and says what is wrong)
        return None
    except KeyboardInterrupt as exc:
        return _fail(exc)
    if found is None:
        return None
    reading, say = found
    try:
        return _get(wish, reading, say) if wish.verb == "get" else _run(wish, reading, say)
    except (Exception, KeyboardInterrupt) as exc:  # noqa: BLE001  (the last boundary there is)
        return _fail(exc)


def _fail(error: BaseException) -> int:
    from envlsp.cli.failures import fail

    return fail(error)


def _wish(words: list[str]) -> _Wish | None:
    verb, rest = words[0], words[1:]
    if verb == "get":
        is_usual = len(rest) == 1 and not rest[0].startswith("-")
        return _Wish(verb, rest) if is_usual else None
    if "--" not in rest:
        return None
    at = rest.index("--")
    before, program = rest[:at], rest[at + 1 :]
    target = env = ""
    override = True
    while before:
        word = before.pop(0)
        if word == "--no-override":
            override = False
        elif word == "--env" and before and not env:
            env = before.pop(0)
        elif word.startswith("-") or target:
            return None
        else:
            target = word
    return _Wish(verb, program, target, env, override) if program else None


def _read(wish: _Wish) -> tuple[Reading, Callable[[], None]] | None:
    """Return what the store has ready, and what says that it is old, or the file differs from it."""
    from envlsp.cli.notices import tell_differs, tell_old
    from envlsp.service.as_of import VARIABLE, WARN_S, known_as_of, old_line
    from envlsp.service.places import Places, Words
    from envlsp.service.reading import differs_on_disk, known_reading
    from envlsp.store.database import Database
    from envlsp.store.files import check_private
    from envlsp.store.home import find_home
    from envlsp.store.keyfile import Protection, open_device_key, read_header
    from envlsp.store.team import DATABASE_NAME
    from envlsp.store.views import Views

    if os.environ.get(VARIABLE):
        return None  # how old is too old is for the long way to say
    home = find_home()
    check_private(home.root, may_be_link=True)
    if read_header(home.device_key).protection is not Protection.KEY_FILE:
        return None
    lsk = open_device_key(home.device_key, key_file=os.environ.get("ENVLSP_KEY_FILE") or None).lsk
    place = Places(home, lsk).recall(Words(os.getcwd(), wish.target, wish.env))
    if place is None:
        return None
    folder = home.team_folder(place.team)
    check_private(folder)
    path = os.path.join(folder, DATABASE_NAME)
    if not os.path.exists(path):
        return None
    database = Database(path)
    try:
        views = Views(database, lsk)
        reading, as_of = known_reading(views, place.triple, place.dialect), known_as_of(views)
    finally:
        database.close()
    if reading is None or reading.conflicts:
        return None

    def say_what_is_to_be_said() -> None:
        if as_of is not None and (now := time.time()) - as_of > WARN_S:
            tell_old(old_line(as_of, now))
        if differs_on_disk(lsk, reading, place.file):
            tell_differs(place.file, reading.release)

    return reading, say_what_is_to_be_said


def _get(wish: _Wish, reading: Reading, say: Callable[[], None]) -> int | None:
    from envlsp.domain.secret import SecretName

    value = reading.values.get(SecretName(wish.rest[0]))
    if value is None:
        return None
    say()
    sys.stdout.buffer.write(value.reveal() + b"\n")
    sys.stdout.buffer.flush()
    return 0


def _run(wish: _Wish, reading: Reading, say: Callable[[], None]) -> int:
    from envlsp.cli.launch import environment, launch

    say()
    return launch(wish.rest, environment(reading.values, os.environ, override=wish.override))
