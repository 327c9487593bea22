"""Joining without a network: the request of a new machine, an admin's answer, and the welcome.

What happens is shared with the command line; what is said about it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from envlsp.domain.ledger.records import Role
from envlsp.errors import BadText, StoreError
from envlsp.service.access.scope_members import ScopeLine
from envlsp.service.context import Project
from envlsp.service.facade import OpenedTeam, Service
from envlsp.service.identity import who
from envlsp.service.joining import by_hand
from envlsp.service.people import SHORT_HEX
from envlsp.service.ports import Talk
from envlsp.service.results import JoinResult
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.desk import Desk, Json
from envlsp.wire.requests import WELCOME_MAX_BYTES, decode_request_untrusted, is_request

__all__ = ["Answered", "answer", "is_request", "join_by", "requested_fields", "welcome_name"]

READ_ALOUD = "read these words to the admin by another way, such as a telephone"


class Answered(NamedTuple):
    """A request that was granted."""

    name: str
    words: str
    welcome: Path
    """The file to bring to them; only their machine opens it."""
    reached: int


def welcome_name(text: str) -> str:
    """Return what the file that answers a request is called, where nobody said."""
    return f"welcome-{decode_request_untrusted(text).dpk.hex()[:SHORT_HEX]}.envlsp"


def answer(
    courier: Courier,
    opened: OpenedTeam,
    text: str,
    role: Role,
    *,
    talk: Talk,
    welcome: Path,
    lines: Collection[ScopeLine] = (),
) -> Answered:
    """Let in whoever made a request, and write the file that tells them.

    Raises: as `by_hand.let_in` does.
    """
    courier.fetch()
    made = by_hand.let_in(opened, text, role, talk, welcome, lines=lines)
    return Answered(made.person.display_name, made.words, made.welcome, courier.deliver())


def join_by(service: Service, project: Project | None, welcome: Path, talk: Talk) -> JoinResult:
    """Become part of a team by a welcome in a file.

    Raises:
        StoreError: the file cannot be read.
        EnvlspError: as `by_hand.arrive` does.
    """
    try:
        with welcome.open("rb") as file:
            data = file.read(WELCOME_MAX_BYTES + 1)
    except OSError as exc:
        raise StoreError(f"cannot read {welcome}: {exc.strerror}", fix=f"ls -l {welcome}") from exc
    if not data:
        raise BadText("that welcome is empty", fix="copy the file again")
    return by_hand.arrive(service, project, data, talk)


def requested_fields(asked: by_hand.Asked) -> Json:
    """Return a request to join."""
    return {"request": asked.text, "words": asked.words}


def answered_fields(answered: Answered, role: str) -> Json:
    """Return a request that was granted."""
    return {
        "name": answered.name,
        "role": role,
        "changed": True,
        "reached": answered.reached,
        "words": answered.words,
        "welcome": str(answered.welcome),
    }


# --- for an editor -----------------------------------------------------------------------------


def _request(desk: Desk, arguments: Arguments) -> Json:
    person = who(desk.talk, desk.folder, arguments.text("as") or None, None)
    asked = by_hand.ask(desk.service, person, desk.talk)
    desk.talk.say(f"{asked.words}: {READ_ALOUD}")
    return requested_fields(asked)


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "request": _request,
}
