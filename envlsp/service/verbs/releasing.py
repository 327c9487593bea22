"""The verbs that make a release or write the file: push, pull, set, rollback, adopt, resolve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

from envlsp.domain.ids import RecordId
from envlsp.domain.secret import SecretName, SecretText, is_secret_name
from envlsp.domain.versions import id_text
from envlsp.errors import BadText, Misuse, NotFound
from envlsp.ide.ages import ago
from envlsp.service.access.removal import is_removed, removed
from envlsp.service.adopting import adopt
from envlsp.service.comparing import log
from envlsp.service.editing import save
from envlsp.service.facade import Opened
from envlsp.service.freshness import freshness
from envlsp.service.ports import Choice, Talk
from envlsp.service.pulling import pull
from envlsp.service.pushing import Made, push, rollback, set_value
from envlsp.service.resolving import resolve
from envlsp.service.sides import Sides, sides
from envlsp.service.verbs.aging import demand_fresh, policy_of
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.desk import Desk, Json, demand_saved
from envlsp.service.verbs.opening import asked, courier_of, open_environment
from envlsp.service.verbs.shapes import counts, file_words, made_fields, pull_fields
from envlsp.service.whole_log import Standing, whole_log

PICKED_MAX = 10
"""Releases to pick from: some editors have only a row of buttons for them."""
PICKED_ID_CHARS = 16
"""80 bits of the id stand for what was picked: a label may grow longer while the news arrive."""
_PROBLEMS_SHOWN = 3


def _push(desk: Desk, arguments: Arguments) -> Json:
    here = open_environment(desk, arguments)
    message, force, only = arguments.text("message"), arguments.flag("force"), arguments.texts("only")
    fields, made = _release(
        desk, arguments, here, lambda: push(here.team, here.context, message, force=force, only=only)
    )
    for problem in made.problems[:_PROBLEMS_SHOWN]:
        desk.talk.say(f"{here.context.file.name}, line {problem.line}: {problem.message}")
    return fields


def save_document(desk: Desk, text: str, arguments: Arguments) -> Json:
    """Make a release of an environment's own document, as the editor has it.

    Raises:
        Misuse: it shows an older release.
        EnvlspError: as `editing.save` does.
    """
    document = arguments.document()
    if document is None or document.release is not None:
        raise Misuse("only the newest release is edited", fix="envlsp rollback makes an older one the newest")
    here, message = open_environment(desk, arguments), arguments.text("message")
    return _release(desk, arguments, here, lambda: save(here.team, here.context, text, message))[0]


def _pull(desk: Desk, arguments: Arguments) -> Json:
    here, force = open_environment(desk, arguments), arguments.flag("force")
    file, policy = here.context.file, policy_of(desk, arguments)
    demand_saved(desk, file)
    desk.report("asking teammates for news")
    if not courier_of(desk, here, arguments).fetch():
        desk.talk.say("nobody reachable now: this is the newest that is known here")
    demand_saved(desk, file)  # that took its time
    demand_fresh(desk, policy, freshness(here.team.replica))
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
    now = int(desk.service.clock())
    choices = [
        Choice(
            id_text(RecordId(bytes.fromhex(release.id)))[:PICKED_ID_CHARS],
            f"{release.label} by {release.author}",
            f"{ago(release.ts, now)}  {counts(release.changed)}  {release.message}".rstrip(),
        )
        for release in releases[1 : PICKED_MAX + 1]
    ]
    if not choices:
        raise NotFound("there is no older release", fix="envlsp log")
    return desk.talk.pick("go back to which release?", choices)


def _adopt(desk: Desk, arguments: Arguments) -> Json:
    here = open_environment(desk, arguments)
    demand_saved(desk, here.context.file)
    release = arguments.text("release") or _picked_void(desk, here)
    return _release(desk, arguments, here, lambda: adopt(here.team, here.context, release))[0]


def _picked_void(desk: Desk, here: Opened) -> str:
    """Return the release that the person picks among the last ones that a removal made void."""
    found = [one for one in whole_log(here.team, here.context) if one.standing is Standing.VOID]
    choices = [
        Choice(
            id_text(RecordId(bytes.fromhex(one.release.id)))[:PICKED_ID_CHARS],
            f"{one.release.label} by {one.release.author}",
            one.why,
        )
        for one in found[:PICKED_MAX]
    ]
    if not choices:
        raise NotFound("no release is void", fix="there is nothing to do")
    return desk.talk.pick("bring back which release?", choices)


def _set(desk: Desk, arguments: Arguments) -> Json:
    here = open_environment(desk, arguments)
    name = asked(desk, arguments, "name", "which name")
    if not is_secret_name(name):
        _refuse_name()
    demand_saved(desk, here.context.file)
    if is_removed(here.team.replica):  # before somebody types a secret for nothing
        raise removed(here.team.replica)
    value = SecretText(desk.talk.ask_hidden(f"value of {name}"))
    return _release(desk, arguments, here, lambda: set_value(here.team, here.context, name, value))[0]


def _refuse_name() -> NoReturn:
    raise BadText("a name has letters, digits, '_', '.' or '-', at most 128", fix="give another 'name'")


def _resolve(desk: Desk, arguments: Arguments) -> Json:
    here, takes = open_environment(desk, arguments), arguments.pairs("takes")
    if name := arguments.text("name"):
        takes[name] = arguments.text("take")
    demand_saved(desk, here.context.file)
    known = sides(here.team, here.context)
    if not takes and not known:
        raise NotFound("nothing is in conflict", fix="there is nothing to do")
    settled = {
        name: take or choose(desk.talk, known, name) for name, take in (takes or _first(known)).items()
    }
    return _release(desk, arguments, here, lambda: resolve(here.team, here.context, settled))[0]


def _first(known: Sides) -> dict[str, str]:
    """Return the first name in conflict, its side still to be picked."""
    return dict.fromkeys([*known][:1], "")


_ANOTHER = "another"


def choose(talk: Talk, known: Sides, name: str) -> str | SecretText:
    """Return the release whose side of a name the person picks, or the new value they type.

    Raises:
        NotFound: the name is not in conflict.
    """
    found = known.get(SecretName(name))
    if found is None:
        raise NotFound("that name is not in conflict", fix="envlsp status")
    options = [Choice(side.release, f"{side.release} by {side.author}", side.shown) for side in found]
    another = Choice(_ANOTHER, "another value", "typed, and not shown")
    picked = talk.pick(f"take which side of {name}?", [*options, another])
    return SecretText(talk.ask_hidden(f"value of {name}")) if picked == _ANOTHER else picked


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


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "push": _push,
    "pull": _pull,
    "rollback": _rollback,
    "adopt": _adopt,
    "set": _set,
    "resolve": _resolve,
}
