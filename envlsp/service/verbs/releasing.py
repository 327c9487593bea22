"""The verbs that make a release or write the file: push, pull, set, rollback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NoReturn

from envlsp.domain.ids import RecordId
from envlsp.domain.secret import SecretText, is_secret_name
from envlsp.domain.versions import id_text
from envlsp.errors import BadText, NotFound
from envlsp.service.comparing import log
from envlsp.service.facade import Opened
from envlsp.service.ports import Choice
from envlsp.service.pulling import pull
from envlsp.service.pushing import Made, push, rollback, set_value
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.desk import Desk, Json, demand_saved
from envlsp.service.verbs.opening import courier_of, open_environment
from envlsp.service.verbs.shapes import counts, file_words, made_fields, pull_fields

PICKED_MAX = 20
"""Releases to pick from: a list longer than a screen is searched by `log`."""
PICKED_ID_CHARS = 16
"""80 bits of the id stand for what was picked: a label may grow longer while the news arrive."""
_PROBLEMS_SHOWN = 3


def _push(desk: Desk, arguments: Arguments) -> Json:
    here = open_environment(desk, arguments)
    message, force = arguments.text("message"), arguments.flag("force")
    fields, made = _release(
        desk, arguments, here, lambda: push(here.team, here.context, message, force=force)
    )
    for problem in made.problems[:_PROBLEMS_SHOWN]:
        desk.talk.say(f"{here.context.file.name}, line {problem.line}: {problem.message}")
    return fields


def _pull(desk: Desk, arguments: Arguments) -> Json:
    here, force = open_environment(desk, arguments), arguments.flag("force")
    file = here.context.file
    demand_saved(desk, file)
    desk.report("asking teammates for news")
    if not courier_of(desk, here, arguments).fetch():
        desk.talk.say("nobody reachable now: this is the newest that is known here")
    demand_saved(desk, file)  # that took its time
    result = pull(here.team, here.context, force=force)
    if result.layout_dropped:
        desk.talk.say(f"the layout of {result.release.label} does not fit its values; wrote sorted lines")
    if result.kept_edits:
        desk.talk.say(f"kept your edits ({counts(result.kept_edits)}); push shares them")
    return pull_fields(result)


def _rollback(desk: Desk, arguments: Arguments) -> Json:
    here = open_environment(desk, arguments)
    demand_saved(desk, here.context.file)
    release = arguments.text("release") or _picked(desk, here)
    return _release(desk, arguments, here, lambda: rollback(here.team, here.context, release))[0]


def _picked(desk: Desk, here: Opened) -> str:
    """Return the release that the person picks among the last ones, the newest left out."""
    releases = [release for release in log(here.team, here.context) if not release.void]
    choices = [
        Choice(
            id_text(RecordId(bytes.fromhex(release.id)))[:PICKED_ID_CHARS],
            f"{release.label} by {release.author}",
            f"{date_of(release.ts)}  {counts(release.changed)}  {release.message}".rstrip(),
        )
        for release in releases[1 : PICKED_MAX + 1]
    ]
    if not choices:
        raise NotFound("there is no older release", fix="envlsp log")
    return desk.talk.pick("go back to which release?", choices)


def _set(desk: Desk, arguments: Arguments) -> Json:
    here, name = open_environment(desk, arguments), arguments.required("name")
    if not is_secret_name(name):
        _refuse_name()
    demand_saved(desk, here.context.file)
    value = SecretText(desk.talk.ask_hidden(f"value of {name}"))
    return _release(desk, arguments, here, lambda: set_value(here.team, here.context, name, value))[0]


def _refuse_name() -> NoReturn:
    raise BadText("a name has letters, digits, '_', '.' or '-', at most 128", fix="give another 'name'")


def _release(desk: Desk, arguments: Arguments, here: Opened, make: Callable[[], Made]) -> tuple[Json, Made]:
    """Make a release between the news and the delivery; say what became of the file."""
    file = here.context.file

    def make_saved() -> Made:
        demand_saved(desk, file)  # asking for news took its time
        desk.report("making the release")
        return make()

    demand_saved(desk, file)
    desk.report("asking teammates for news")
    made, reached = courier_of(desk, here, arguments).release(make_saved)
    if words := file_words(made, file.name):
        desk.talk.say(words)
    return made_fields(made, reached), made


def date_of(ts: int) -> str:
    """Return the day and minute of a claimed time, in UTC."""
    try:
        return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return "at no possible time"  # whoever made it claims the year 300 million


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "push": _push,
    "pull": _pull,
    "rollback": _rollback,
    "set": _set,
}
