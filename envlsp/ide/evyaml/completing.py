"""What may stand at a place of an `ev.yaml`: fields that are missing, words that are known."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.ide.evyaml.outline import Site, names_in, site_at
from envlsp.ide.evyaml.schema import Schema, fields_of, is_table, schema_at
from envlsp.ide.positions import Position
from envlsp.ide.results import Completion, Edit, Item, ItemKind
from envlsp.ide.snapshot import Document, ProjectFacts, Snapshot


def complete(snapshot: Snapshot, document: Document, position: Position) -> Completion:
    """Return what may stand at a place; works in a file that is broken while one types."""
    site = site_at(document.text, position)
    if site is None:
        return Completion()
    project = project_of(snapshot, document)
    return Completion(
        tuple(_names(project, document, site) if site.is_name else _values(project, document, site))
    )


def project_of(snapshot: Snapshot, document: Document) -> ProjectFacts | None:
    """Return the project whose `ev.yaml` it is."""
    root = document.place.rpartition("/")[0] or "/"
    return next((project for project in snapshot.facts.projects if project.root == root), None)


def _names(project: ProjectFacts | None, document: Document, site: Site) -> Iterator[Item]:
    part = schema_at(site.path)
    if part is None or not is_table(part):
        return
    here = (site.range.start.line, site.start)
    taken = {
        named.name
        for named in names_in(document.text)
        if named.path == site.path and (named.line, named.start) != here
    }
    required = part.get("required", ())
    for order, (name, field) in enumerate(fields_of(part).items()):
        if name not in taken:
            detail = "required" if name in required else ""
            text = _written(name, field, site)
            documentation = field.get("description", "")
            yield _item(document, site, name, text, order=order, detail=detail, documentation=documentation)
    for order, env in enumerate(_environments_of(project, site)):
        if env not in taken:
            yield _item(document, site, env, _written(env, {}, site), order=order, detail="environment")


def _values(project: ProjectFacts | None, document: Document, site: Site) -> Iterator[Item]:
    part = schema_at(site.path)
    if part is None or is_table(part):
        return
    words: dict[str, str] = {str(word): "" for word in part.get("enum", ())}
    if "const" in part:
        words[str(part["const"])] = ""
    if site.path == ("default_env",) and project is not None:
        words |= dict.fromkeys(environments(project), "environment")
    if site.path == ("team",) and project is not None and project.team:
        words[project.team] = "the team of this project"
    if _is_file(site.path):
        words[f".env.{site.path[-1]}"] = "the usual file"
    if "default" in part and str(part["default"]) in words:
        words[str(part["default"])] = "default"
    for order, (word, detail) in enumerate(words.items()):
        text = f" {word}" if site.is_glued else word
        yield _item(document, site, word, text, order=order, detail=detail)


def environments(project: ProjectFacts) -> list[str]:
    """Return the environments that any app of a project has, as they come."""
    return list(dict.fromkeys(env for app in project.apps for env in app.files))


def _written(name: str, field: Schema, site: Site) -> str:
    """Return a name with the colon it needs."""
    if site.has_colon:
        return name
    return f"{name}:" if is_table(field) else f"{name}: "


def _environments_of(project: ProjectFacts | None, site: Site) -> list[str]:
    if project is None or len(site.path) != 3 or site.path[0] != "apps" or site.path[2] != "files":
        return []
    return environments(project)


def _is_file(path: tuple[str, ...]) -> bool:
    return len(path) == 4 and path[0] == "apps" and path[2] == "files"


def _item(
    document: Document,
    site: Site,
    label: str,
    text: str,
    *,
    order: int,
    detail: str,
    documentation: str = "",
) -> Item:
    kind = ItemKind.PROPERTY if site.is_name else ItemKind.VALUE
    edit = Edit(document.place, site.range, text)
    return Item(label, edit, kind, detail, f"{order:02}", documentation)
