"""What a workspace is made of on disk: its projects, their apps, every env file parsed.

Refuses to know teams, keys and the network: `standing` has those. Nothing is read twice
that did not change. Rules: a broken `ev.yaml` is a fact like any other, files above
1 MiB are nobody's `.env`, and paths are absolute with the links of their folders
resolved, as `context` has them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from envlsp.domain.dotenv.dialects import dialect_names
from envlsp.domain.environment import is_label
from envlsp.errors import BadConfig, EnvlspError
from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import Encoding
from envlsp.ide.results import Place
from envlsp.ide.snapshot import AppFacts
from envlsp.ide.text import Text
from envlsp.service.config import FILE_NAME, App, load_config
from envlsp.service.context import NOT_ENVIRONMENTS, Context, Project, env_of_file
from envlsp.service.finding import (
    FILES_MAX,
    Found,
    holds_variables,
    is_env_name,
    list_env_files,
    root_above,
    search,
)
from envlsp.wire.limits import MIB

FILE_MAX_BYTES = MIB
"""As much as a release holds; a larger file is no `.env`."""
TOTAL_MAX_BYTES = 16 * MIB
"""Of all env files together: parsed they take several times their size."""
_DEFAULT_DIALECT = "node"
_Mark = tuple[int, int, int, int]
"""What changes when somebody writes a file."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One project as its files are, or a workspace folder without an `ev.yaml`."""

    root: Place
    name: str
    default_env: str
    apps: tuple[AppFacts, ...]
    project: Project | None = None
    """None where there is no `ev.yaml`, or none that is valid."""
    problem: str = ""
    """What is wrong with `ev.yaml`, and the fix."""
    dialect: str = _DEFAULT_DIALECT
    """Of files that are in no app."""

    def dialect_of(self, file: Place) -> str:
        """Return the loader whose rules a file is read by."""
        for app in self.apps:
            if file in app.files.values() or file in app.others:
                return app.dialect
        holding = [app for app in self.apps if file.startswith(app.folder + "/")]
        return max(holding, key=lambda app: len(app.folder)).dialect if holding else self.dialect


@dataclass
class Workspace:
    """The folders that are open in the editor. For one thread."""

    encoding: Encoding
    grounds: tuple[Ground, ...] = ()
    """Deepest root first."""
    disk: Mapping[Place, EnvFile] = field(default_factory=dict, repr=False)
    """Every env file there is."""
    _folders: tuple[Place, ...] = ()
    _beside: tuple[Place, ...] = ()
    _walked: Found = field(default_factory=Found)
    _read: dict[Place, tuple[_Mark, EnvFile]] = field(default_factory=dict, repr=False)
    _configs: dict[Place, tuple[_Mark, Project | str]] = field(default_factory=dict, repr=False)

    def set_folders(self, folders: Iterable[str]) -> None:
        """Name the folders; `look` reads them."""
        self._folders = tuple(dict.fromkeys(os.path.realpath(folder) for folder in folders))
        self._walked = Found()

    def set_beside(self, folders: Iterable[str]) -> None:
        """Name other folders, of which only the projects that they are in are looked at."""
        self._beside = tuple(folders)

    def look(self) -> None:
        """Read what can be found without visiting every folder."""
        roots = {root_above(folder) or folder for folder in self._folders} | self._walked.roots
        roots.update(filter(None, map(root_above, self._beside)))
        files = self._walked.env_files.union(*(list_env_files(folder) for folder in self._folders))
        grounds: list[Ground] = []
        for root in sorted(roots, key=lambda root: (-root.count("/"), root)):
            mine = {file for file in files if file.startswith(root.rstrip("/") + "/")}
            files -= mine
            grounds.append(self._ground(root, mine))
        self.grounds = tuple(grounds)
        self._read_all()

    def search(self) -> None:
        """Visit every folder, then look."""
        walked = Found()
        for folder in self._folders:
            found = search(folder)
            walked.env_files |= found.env_files
            walked.roots |= found.roots
        self._walked = walked
        self.look()

    def take_note(self, places: Collection[Place]) -> None:
        """Know of files that came or changed, before `look`; what is gone, `look` finds."""
        for place in places:
            folder, name = os.path.split(place)
            if holds_variables(name):
                self._walked.env_files.add(place)
            elif name == FILE_NAME and os.path.isfile(place):
                self._walked.roots.add(folder)

    # --- projects and apps -----------------------------------------------------------------------

    def _ground(self, root: Place, files: set[Place]) -> Ground:
        if not os.path.isfile(os.path.join(root, FILE_NAME)):
            self._walked.roots.discard(root)
            return _bare_ground(root, files)
        project = self._project(root)
        if isinstance(project, str):
            return replace(_bare_ground(root, files), problem=project)
        try:
            apps = tuple(_app(project, app) for app in project.config.apps.values())
        except BadConfig as exc:
            return replace(_bare_ground(root, files), problem=sentence(exc))
        config = project.config
        ground = Ground(
            root, config.project, config.default_env, apps, project, dialect=known_dialect(config.dialect)
        )
        return ground if apps else replace(ground, apps=_bare_ground(root, files).apps)

    def _project(self, root: Place) -> Project | str:
        """Return the project of a folder, or what is wrong with it."""
        path = os.path.join(root, FILE_NAME)
        mark = _mark(path)
        known = self._configs.get(root)
        if known is not None and mark is not None and known[0] == mark:
            return known[1]
        found: Project | str
        try:
            found = Project(Path(root), load_config(Path(path)))
        except BadConfig as exc:
            found = sentence(exc)
        except OSError as exc:
            found = f"cannot read {path}: {exc.strerror} (fix: ls -l {path})"
        if mark is not None:
            self._configs[root] = (mark, found)
        return found

    # --- files -----------------------------------------------------------------------------------

    def _read_all(self) -> None:
        wanted: dict[Place, str] = {}
        for ground in self.grounds:
            for app in ground.apps:
                for file in (*app.files.values(), *app.others):
                    wanted.setdefault(file, app.dialect)
        for file in sorted(self._walked.env_files):
            ground_of_file = self.ground_of(file)
            if ground_of_file is not None:
                wanted.setdefault(file, ground_of_file.dialect_of(file))
        disk, room = dict[Place, EnvFile](), TOTAL_MAX_BYTES
        read = dict[Place, tuple[_Mark, EnvFile]]()
        for file, dialect in list(wanted.items())[:FILES_MAX]:
            mark = _mark(file)
            if mark is None or mark[0] > min(room, FILE_MAX_BYTES):
                continue
            kept = self._read_one(file, mark, dialect)
            if kept is not None:
                read[file] = (mark, kept)
                disk[file] = kept
                room -= mark[0]
        self._read, self.disk = read, disk
        self._walked.env_files.intersection_update(disk)

    def _read_one(self, file: Place, mark: _Mark, dialect: str) -> EnvFile | None:
        found = self._read.get(file)
        known = found[1] if found is not None and found[1].dialect == dialect else None
        if found is not None and found[0] == mark and known is not None:
            return known
        try:
            with open(file, "rb") as stream:
                data = stream.read(FILE_MAX_BYTES)
        except OSError:
            return None
        text = Text.of(data.decode("utf-8", "replace"), self.encoding)
        return known if known is not None and known.text == text else EnvFile.of(text, dialect)

    def ground_of(self, file: Place) -> Ground | None:
        """Return what a file stands on."""
        for ground in self.grounds:
            if file.startswith(ground.root.rstrip("/") + "/"):
                return ground
        return None


def sentence(exc: EnvlspError) -> str:
    """Return an error as one line: what is wrong, and the fix."""
    return f"{exc} (fix: {exc.fix})" if exc.fix else str(exc)


def known_dialect(name: str) -> str:
    """Return a dialect that can be read: the named one, or the usual one in its place."""
    return name if name in dialect_names() else _DEFAULT_DIALECT


def file_of(project: Project, app: App, env: str) -> Place:
    """Return the file of an environment, its folder's links resolved.

    Raises:
        BadConfig: it leads out of the project.
    """
    file = Context(project, app, env).file
    return str(file.parent.resolve() / file.name)


def _app(project: Project, app: App) -> AppFacts:
    named = project.root / app.path
    files = {env: file_of(project, app, env) for env in (project.config.default_env, *app.files)}
    others: list[Place] = []
    folder = str(named.resolve())
    for file in sorted(list_env_files(folder)):
        if file in files.values():
            continue
        name = os.path.basename(file)
        env = env_of_file(project, app, named / name)
        if env is not None:
            files[env] = file
        elif name.removeprefix(".env.") in NOT_ENVIRONMENTS:
            others.append(file)
    is_missing = not os.path.isdir(folder)
    return AppFacts(app.name, folder, known_dialect(app.dialect), files, tuple(others), is_missing)


def _bare_ground(root: Place, files: Iterable[Place]) -> Ground:
    """Return a folder in which every folder with env files is an app."""
    by_folder: dict[Place, list[Place]] = {root: []}
    for file in sorted(files):
        if is_env_name(os.path.basename(file)):  # not `prod.env`: of what it is the file, nobody says
            by_folder.setdefault(os.path.dirname(file), []).append(file)
    name = os.path.basename(root) or root
    apps = (_bare_app(root, name, folder, mine) for folder, mine in by_folder.items())
    return Ground(root, name, "dev", tuple(apps))


def _bare_app(root: Place, name: str, folder: Place, files: Iterable[Place]) -> AppFacts:
    files = list(files)
    plain, others = os.path.join(folder, ".env"), []
    known = {} if plain not in files and f"{plain}.dev" in files else {"dev": plain}
    for file in files:
        word = os.path.basename(file).removeprefix(".env.")
        if word in NOT_ENVIRONMENTS:
            others.append(file)
        elif is_label(word) and word not in known:
            known[word] = file
    label = name if folder == root else os.path.relpath(folder, root)
    return AppFacts(label, folder, _DEFAULT_DIALECT, known, tuple(others))


def _mark(path: Place) -> _Mark | None:
    """Return size, time, change time and inode of a plain file; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
