"""What a field of `ev.yaml` means, and what the team knows about it."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.ide.ages import ago, counted
from envlsp.ide.evyaml.completing import environments, project_of
from envlsp.ide.evyaml.outline import site_at
from envlsp.ide.evyaml.schema import Schema, schema_at
from envlsp.ide.markdown import code, plain
from envlsp.ide.positions import Position
from envlsp.ide.results import Hover
from envlsp.ide.snapshot import Document, ProjectFacts, Snapshot, Standing


def hover(snapshot: Snapshot, document: Document, position: Position) -> Hover | None:
    """Return what the word under the caret is about; None where there is none."""
    site = site_at(document.text, position)
    if site is None or not site.word:
        return None
    path = (*site.path, site.word) if site.is_name else site.path
    part = schema_at(path)
    if part is None or not path:
        return None
    project = project_of(snapshot, document)
    parts = [_title(path), part.get("description", ""), _choices(part)]
    if project is not None:
        parts.append("\n".join(_facts(snapshot, project, path)))
    return Hover("\n\n".join(text for text in parts if text), site.range)


def _title(path: tuple[str, ...]) -> str:
    if len(path) == 2:
        return f"**{plain(path[1])}**: an app"
    return f"**{plain(path[-1])}**"


def _choices(part: Schema) -> str:
    lines = []
    if "enum" in part:
        lines.append("One of " + ", ".join(f"`{word}`" for word in part["enum"]) + ".")
    if part.get("default"):
        lines.append(f"Without it: `{part['default']}`.")
    return " ".join(lines)


def _facts(snapshot: Snapshot, project: ProjectFacts, path: tuple[str, ...]) -> Iterator[str]:
    """Yield what the team's ledger adds, one line each."""
    if path == ("team",):
        yield from _team(project)
    elif path == ("default_env",):
        yield "Environments here: " + ", ".join(map(code, environments(project)))
    elif len(path) == 2 and path[0] == "apps":
        yield from _environments(snapshot, project, path[1])


def _team(project: ProjectFacts) -> Iterator[str]:
    if project.members:
        yield f"{counted(len(project.members), 'member')}: " + ", ".join(map(plain, project.members))
    if project.role:
        yield f"\nYour role: {project.role}"
    if project.standing is not Standing.READY and project.detail:
        yield f"\n{plain(project.detail)}"


def _environments(snapshot: Snapshot, project: ProjectFacts, name: str) -> Iterator[str]:
    app = next((app for app in project.apps if app.name == name), None)
    if app is None:
        return
    for env, file in app.files.items():
        facts = project.environments.get((name, env))
        shown = file.removeprefix(app.folder.rstrip("/") + "/")
        if facts is None or not facts.releases:
            yield f"- {code(env)} in {code(shown)}: no release yet"
        else:
            newest = facts.releases[0]
            heads = "+".join(facts.heads) or newest.label
            age = ago(newest.ts, snapshot.now)
            yield f"- {code(env)} in {code(shown)}: {heads}, {plain(newest.author)}, {age}"
