"""A document of the team that somebody has edited becomes a release; it is never on disk.

What was masked in it stays what it was. The document says in its first lines which release
it shows, and only the newest one is edited: what came in between is never undone unseen.
"""

from __future__ import annotations

from envlsp.domain.dotenv.tokens import BOM
from envlsp.domain.dotenv.unmasking import Masked, masked, unmasked
from envlsp.domain.layout import snapshot_of
from envlsp.domain.release import ReleaseKind, Snapshot
from envlsp.errors import Misuse, Stale
from envlsp.service.context import Context
from envlsp.service.pushing import Made, check_message, demand_no_doubt, make_ready, make_release, with_file
from envlsp.service.reading import conflict_error
from envlsp.service.showing import Shown, show
from envlsp.service.team import Team
from envlsp.service.working_copy import refuse_unreadable


def save(team: Team, context: Context, text: str, message: str = "") -> Made:
    """Make a release of a document as somebody left it, and bring a clean file along.

    Args:
        team: opened.
        context: which environment.
        text: the document, its first lines as they were.
        message: what it is about.

    Raises:
        Stale: it shows another release than the newest one.
        BadText: it cannot be told what a mask stands for; a value that no release can carry.
        ConflictedName: names are in conflict, and would be settled unseen.
        NoAccess: we may only read.
        Misuse: no name is left; or the file cannot be edited through masks.
    """
    check_message(message)
    with team.replica.writing():
        make_ready(team, context.triple)
        demand_no_doubt(team, context.triple)
        found = team.releases.of(context.triple)
        view = found.view()
        if view.conflicts:
            raise conflict_error(tuple(sorted(view.conflicts)))
        snapshot = _edited(show(team, context.triple, context.dialect), text)
        if found.newest_says(snapshot):
            return Made(False, team.releases.info(found, view.heads[0]))
        if not snapshot.entries and view.entries:
            raise Misuse(
                "no name is left in the document", fix="leave one, or use a file and envlsp push --force"
            )
        record = make_release(team, context, ReleaseKind.PUSH, message, snapshot, base=view.heads)
    return with_file(team, context, found, record)


def _edited(shown: Shown, text: str) -> Snapshot:
    if not text.startswith(shown.head):
        raise Stale(
            "the document does not begin as the newest release does",
            fix="open it anew, or leave the lines above the first blank one as they are",
        )
    data = unmasked(_shown_body(shown), text[len(shown.head) :].encode("utf-8", "surrogateescape"))
    reading = snapshot_of(BOM + data if shown.data.startswith(BOM) else data, shown.dialect)
    refuse_unreadable(reading, "the document", shift=shown.head.count("\n"))
    return reading.snapshot


def _shown_body(shown: Shown) -> Masked:
    """Return the file as it is shown.

    Raises:
        Misuse: it has text that could not be put back.
    """
    found = masked(shown.data, list(shown.covering.all_edits()))
    try:
        if found is not None and found.text.decode() is not None:
            return Masked(found.text.removeprefix(BOM), found.behind)
    except UnicodeDecodeError:
        pass
    raise Misuse("this file has text that masks cannot stand for", fix="edit it as a file: envlsp pull")
