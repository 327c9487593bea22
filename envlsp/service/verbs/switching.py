"""The verb that chooses which environment commands are about where nothing else says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from envlsp.service.environments import list_environments
from envlsp.service.facade import Opened
from envlsp.service.ports import Choice
from envlsp.service.switching import switch
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.beginning import environment_word
from envlsp.service.verbs.desk import Desk, Json


class Chosen(NamedTuple):
    """Which environment it is now."""

    app: str
    env: str
    file: str
    changed: bool


def choose(here: Opened) -> Chosen:
    """Switch to an environment.

    Raises:
        NotFound: there is none of that name.
    """
    changed = switch(here.team, here.context)
    return Chosen(here.context.app.name, here.context.env, str(here.context.file), changed)


def chosen_fields(chosen: Chosen) -> Json:
    """Return the choice as JSON."""
    return chosen._asdict()


def _switch(desk: Desk, arguments: Arguments) -> Json:
    name = arguments.text("name") or _picked(desk, desk.service.open(desk.place, arguments.target()))
    return chosen_fields(choose(desk.service.open(desk.place, environment_word(name))))


def _picked(desk: Desk, here: Opened) -> str:
    """Return the environment that the person picks, of the app at hand."""
    app = here.context.app.name
    found = list_environments(here.team, here.context.project)
    choices = [
        Choice(
            f"{app}:{one.triple.env}", one.triple.env, one.release.label if one.release else "not shared yet"
        )
        for one in found
        if one.triple.app == app and not one.archived
    ]
    return desk.talk.pick("switch to which environment?", choices)


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {"switch": _switch}
