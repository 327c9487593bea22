"""Which project, app and environment a command or a document is about.

Decides from names and paths alone: no store, no network, and of the disk only where
`ev.yaml` is. The first that applies wins.

    app          `app:env` as typed; else the app whose folder holds the place we are
                 in (the deepest one); else the only app
    environment  `app:env` or `--env` as typed; else the one the file's name says;
                 else the one switched to; else `default_env`

Files: `.env` is `default_env`, `.env.<env>` any other, unless `files:` names another.
Every worktree of a repository has its own `ev.yaml` and so its own root; names, not
paths, lead to the secrets, so no file is copied between worktrees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from envlsp.domain.environment import Triple, check_label, is_label
from envlsp.errors import AmbiguousName, BadConfig, NotFound, NotInitialised, UsageError
from envlsp.service.config import FILE_NAME, App, Config, load_config


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with an `ev.yaml`, and what it says."""

    root: Path
    """Absolute, symbolic links resolved."""
    config: Config

    @property
    def config_path(self) -> Path:
        """Where its `ev.yaml` is."""
        return self.root / FILE_NAME


@dataclass(frozen=True, slots=True)
class Context:
    """What a command is about."""

    project: Project
    app: App
    env: str

    @property
    def triple(self) -> Triple:
        """The names under which the ledger knows the environment."""
        return Triple(self.project.config.project, self.app.name, self.env)

    @property
    def file(self) -> Path:
        """The working copy on disk; absolute.

        Raises:
            BadConfig: symbolic links lead its folder out of the project, so that a
                teammate's `ev.yaml` would choose where on this machine we write.
        """
        file = env_file(self.project, self.app, self.env)
        folder, root = file.parent.resolve(), self.project.root
        # Git's own folder is out of it too: what stands there, git obeys.
        if not folder.is_relative_to(root) or ".git" in folder.relative_to(root).parts:
            raise BadConfig(f"{file.parent} leads out of the project", fix=f"correct 'path' in {FILE_NAME}")
        return file

    @property
    def dialect(self) -> str:
        """The loader whose rules give the values."""
        return self.app.dialect

    def __str__(self) -> str:
        return f"{self.app.name}:{self.env}"


def find_root(place: Path) -> Path:
    """Return the nearest folder at or above `place` that holds an `ev.yaml`.

    Raises:
        NotInitialised: there is none up to the root of the file system.
    """
    place = _real(place)
    for folder in (place, *place.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise NotInitialised(f"no {FILE_NAME} in {place} or above it")


def open_project(place: Path) -> Project:
    """Return the project that `place` is in.

    Raises:
        NotInitialised: it is in none.
        BadConfig: its `ev.yaml` is not valid.
    """
    root = find_root(place)
    return Project(root, load_config(root / FILE_NAME))


def find_context(
    project: Project,
    place: Path,
    *,
    target: str | None = None,
    env: str | None = None,
    switched: Callable[[App], str | None] = lambda _: None,
) -> Context:
    """Return what a command is about.

    Args:
        project: as `open_project` gave it.
        place: the working directory, or the document in an editor.
        target: `app:env`, `app` or `:env` as typed.
        env: `--env` as typed.
        switched: what an app was switched to with `envlsp switch`, if anything.

    Raises:
        NotFound: no app of that name, or none that fits.
        AmbiguousName: several apps, and nothing says which.
        UsageError: `target` and `env` disagree.
        BadText: not a possible name of an environment.
    """
    app_word, env_word = split_target(target)
    if env and env_word and env != env_word:
        raise UsageError(f"{target} and --env {env} name different environments")
    place = _real(place)
    app = _named_app(project.config, app_word, is_alone=not env_word) if app_word else _app_at(project, place)
    named = env or env_word or env_of_file(project, app, place) or switched(app) or project.config.default_env
    return Context(project, app, check_label(named, "an environment"))


def _real(place: Path) -> Path:
    """Return a place with the links of its folders resolved.

    A document keeps its own name and place: `.env` may be a link to a file that is called
    otherwise and lies elsewhere.
    """
    return place.resolve() if place.is_dir() else place.parent.resolve() / place.name


def split_target(target: str | None) -> tuple[str | None, str | None]:
    """Return the app and the environment of `app:env`; either may be missing."""
    app, _, env = (target or "").partition(":")
    return app or None, env or None


def env_file(project: Project, app: App, env: str) -> Path:
    """Return the file of an environment; absolute."""
    usual = ".env" if env == project.config.default_env else f".env.{env}"
    return project.root / app.path / app.files.get(env, PurePosixPath(usual))


def env_of_file(project: Project, app: App, file: Path) -> str | None:
    """Return the environment whose working copy `file` is; None if of none."""
    for env in (*app.files, project.config.default_env):
        if file == env_file(project, app, env):
            return env
    env = file.name.removeprefix(".env.")
    if not is_label(env) or env in NOT_ENVIRONMENTS or file != env_file(project, app, env):
        return None
    return env


NOT_ENVIRONMENTS = frozenset({"example", "sample", "template", "dist", "defaults", "schema"})
"""`.env.example` and its like describe variables; they are no environment unless `files:` says so."""


def _named_app(config: Config, name: str, *, is_alone: bool) -> App:
    app = config.apps.get(name)
    if app is None:
        hint = f"; an environment is written :{name}" if is_alone else ""
        fix = f"one of: {', '.join(config.apps)}{hint}"
        raise NotFound(f"there is no app '{name}' in {FILE_NAME}", fix=fix)
    return app


def _app_at(project: Project, place: Path) -> App:
    holding = [app for app in project.config.apps.values() if place.is_relative_to(project.root / app.path)]
    if holding:
        return max(holding, key=lambda app: len(app.path.parts))
    apps = list(project.config.apps.values())
    if len(apps) == 1:
        return apps[0]
    names = ", ".join(f"{app.name}:{project.config.default_env}" for app in apps)
    raise AmbiguousName(f"this folder belongs to none of the {len(apps)} apps", fix=f"say which: {names}")
