"""A variable under another name: in code, in every env file of its app, and in `${…}`.

Only names are replaced, each in its own range, so no text of an edit holds a value. Comments
stay as they are: what they say of the old name may be history. Releases stay too; the next
push carries the new name.
"""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.domain.dotenv.edit import is_one_value
from envlsp.domain.secret import SecretText, is_secret_name
from envlsp.errors import BadText, Misuse, NotFound
from envlsp.ide.locate import Spot, locate
from envlsp.ide.names import is_identifier
from envlsp.ide.navigate import mentions_of
from envlsp.ide.positions import Position, Range
from envlsp.ide.results import Edit, Place, Renaming
from envlsp.ide.scope import Scope, scope_of
from envlsp.ide.snapshot import Kind, Snapshot
from envlsp.ide.source import renamed

_ANY_VALUE = SecretText("1")


def prepare(snapshot: Snapshot, place: Place, position: Position) -> Range | None:
    """Return the range of the name that a rename at a position is about; None where there is none.

    Raises:
        Misuse: there is a name, and it cannot be renamed; the message says why.
    """
    spot = _spot(snapshot, place, position)
    if spot is None or not spot.is_name:
        return None
    scope = scope_of(snapshot, place)
    _check_old(scope, spot)
    _check_own(scope, spot.name)
    return spot.range


def rename(snapshot: Snapshot, place: Place, position: Position, new_name: str) -> Renaming:
    """Return the edits that give the variable at a position another name everywhere.

    Raises:
        NotFound: there is no name at that position.
        BadText: the new name is none, or not one in every place where it would stand.
        Misuse: an env file of the app has the new name already, or the old one is of other apps.
    """
    spot = _spot(snapshot, place, position)
    if spot is None or not spot.is_name:
        raise NotFound("there is no name to rename here", fix="put the caret on the name of a variable")
    if new_name == spot.name:
        return Renaming(())
    scope = scope_of(snapshot, place)
    _check_old(scope, spot)
    _check_own(scope, spot.name)
    _check_new(scope, spot.name, new_name)
    return Renaming((*_in_env_files(scope, spot.name, new_name), *_in_code(scope, spot.name, new_name)))


def _spot(snapshot: Snapshot, place: Place, position: Position) -> Spot | None:
    """Return what is under the caret; nothing in a document that only shows what a release says."""
    document = snapshot.documents.get(place)
    is_shown = document is not None and document.kind is Kind.VIRTUAL
    return None if is_shown else locate(snapshot, place, position)


def _check_old(scope: Scope, spot: Spot) -> None:
    """Refuse where a name stands in the file in a way that only its loader understands."""
    for place, file in scope.files():
        for index in file.by_name.get(spot.name, ()):
            where = file.name_range(index)
            if file.text.between(where) != spot.name:
                raise Misuse(
                    f"{scope.shown(place)} spells this name in a way that cannot be replaced",
                    fix="change it by hand",
                )


def _check_own(scope: Scope, name: str) -> None:
    """Refuse where the name is not of this app: code of others may read it, too."""
    if any(name in file.by_name for _, file in scope.files()):
        return
    for place, file in scope.above():
        if name in file.by_name:
            raise Misuse(
                f"{name} is in {scope.shown(place)}, where other apps may read it as well",
                fix="rename it there, and in the code of each app",
            )


def _check_new(scope: Scope, old: str, new: str) -> None:
    if not is_secret_name(new):
        raise BadText(
            "that is not a name for a variable", fix="use letters, digits, '_', '.' and '-', at most 128"
        )
    for place, file in scope.files():
        if new in file.by_name:
            raise Misuse(
                f"{new} is in {scope.shown(place)} already",
                fix="choose another name, or take that one out first",
            )
        if old in file.by_name and not is_one_value(new, _ANY_VALUE, file.dialect):
            raise BadText(f"{new} is not a name for the {file.dialect} loader", fix="choose another name")
    is_written_bare = bool(scope.reads(old)) or any(old in file.mentioned for _, file in scope.files())
    if is_written_bare and not is_identifier(new):
        raise BadText(
            "code and references could not use that name",
            fix="use letters, digits and '_', and no digit in front",
        )


def _in_env_files(scope: Scope, old: str, new: str) -> Iterator[Edit]:
    for place, file in scope.files():
        given = (file.name_range(index) for index in file.by_name.get(old, ()))
        for where in sorted((*given, *mentions_of(file, old))):
            yield Edit(place, where, new)


def _in_code(scope: Scope, old: str, new: str) -> Iterator[Edit]:
    for target, usage in scope.reads(old):
        document = scope.snapshot.documents.get(target.place)
        yield renamed(target.place, usage, new, None if document is None else document.text)
