"""The recovery words and the sheet they are written on: shown once, typed again, asked for hidden.

They are the team's root key. Refuses to keep them: what is shown is on the screen and on
paper, what is typed is in memory for seconds, and nothing of it is in an error.

Spec: docs/protocol.md, "D. Keys", point 7.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from envlsp.crypto.recovery import WORDS, Entropy, RootKey, from_words, root_key, to_words
from envlsp.domain.ids import TeamId
from envlsp.errors import BadText, UsageError
from envlsp.service.ports import Talk
from envlsp.wire.text import to_team_text

WORDS_TO_RETYPE: Final = 3
TITLE: Final = "recovery words: write this sheet on paper, and keep it apart from this machine"
NO_COPY: Final = (
    "no server has a copy of these words, of your keys or of your secrets",
    "with the words and a teammate's device, or the words and a backup file, you come back",
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on paper beside the words."""

    team: TeamId
    servers: Sequence[str]
    """Where the team meets; empty where that is not known yet."""


def keep_words(talk: Talk, entropy: Entropy, sheet: Sheet, *, undone: str, fix: str) -> None:
    """Show the recovery sheet once, and have some of the words typed back.

    Args:
        talk: the person.
        entropy: what the words stand for.
        sheet: what else is written down.
        undone: what has not happened where the words do not come back, for the error.
        fix: what to do then.

    Raises:
        UsageError: nobody is there to write them down.
        BadText: they were not typed back right.
    """
    words = to_words(entropy).split()
    asked = sorted(secrets.SystemRandom().sample(range(WORDS), WORDS_TO_RETYPE))
    try:
        talk.show_once(TITLE, [*_numbered(words), "", *_rest(sheet), "", *NO_COPY])
    except UsageError as exc:
        raise UsageError("recovery words are shown on a terminal only", fix=fix) from exc
    for place in asked:
        answer = talk.ask(f"word {place + 1}")
        if answer.strip().lower() != words[place]:
            raise BadText(f"word {place + 1} is another one; {undone}", fix=fix)


def _numbered(words: Sequence[str]) -> list[str]:
    return [f"{number:2}. {word}" for number, word in enumerate(words, 1)]


def _rest(sheet: Sheet) -> list[str]:
    servers = sheet.servers or ("(none yet: the `signaling` of ev.yaml)",)
    return [f"team    {to_team_text(sheet.team)}", *(f"server  {server}" for server in servers)]


def ask_words(talk: Talk) -> RootKey:
    """Return the root key of the words that somebody types unseen.

    Raises:
        UsageError: nobody is there to type them.
        BadText: not 24 of the words, or a slip that the checksum shows.
    """
    typed = talk.ask_hidden("the 24 recovery words, with blanks between them")
    try:
        return root_key(from_words(typed.decode("ascii", "replace")))
    except BadText as exc:
        raise BadText(exc.detail, fix="type all 24 as they stand on the sheet") from None
