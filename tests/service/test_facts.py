"""What a workspace is made of on disk: projects, apps, env files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from envlsp.ide.positions import Encoding
from envlsp.service.facts import FILE_MAX_BYTES, Ground, Workspace

TEAM = "tm1" + "q" * 60


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def config(apps: str, more: str = "") -> str:
    return f"version: 1\nteam: {TEAM}\nproject: shop\napps: {apps}\n{more}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "shop"
    root.mkdir()
    return root


def look(*folders: Path, deep: bool = True) -> Workspace:
    workspace = Workspace(Encoding.UTF16)
    workspace.set_folders(str(folder) for folder in folders)
    workspace.look()
    if deep:
        workspace.search()
    return workspace


def apps(ground: Ground, root: Path) -> dict[str, tuple[str, dict[str, str], list[str]]]:
    def short(place: str) -> str:
        return os.path.relpath(place, root)

    return {
        app.name: (
            short(app.folder),
            {env: short(file) for env, file in app.files.items()},
            [short(other) for other in app.others],
        )
        for app in ground.apps
    }


def test_without_a_project_every_folder_with_env_files_is_an_app(root: Path) -> None:
    write(root, **{".env": "A=1\n", "api/.env.staging": "B=2\n", "api/.env.example": "B=\n"})
    (ground,) = look(root).grounds
    assert ground.project is None
    assert ground.problem == ""
    assert apps(ground, root) == {
        "shop": (".", {"dev": ".env"}, []),
        "api": ("api", {"dev": "api/.env", "staging": "api/.env.staging"}, ["api/.env.example"]),
    }


@pytest.mark.parametrize("has_project", (False, True))
def test_other_env_files_are_read_and_are_no_environment(root: Path, *, has_project: bool) -> None:
    write(root, **{".env": "A=1\n", "prod.env": "A=2\n", "deep/api.env": "B=1\n", "deep/api.env~": "B=1\n"})
    if has_project:
        write(root, **{"ev.yaml": config("{web: {path: ., files: {prod: prod.env}}}")})
    workspace = look(root)
    (ground,) = workspace.grounds
    prod = {"prod": "prod.env"} if has_project else {}
    name = "web" if has_project else "shop"
    assert apps(ground, root) == {name: (".", {"dev": ".env"} | prod, [])}
    assert {os.path.relpath(place, root) for place in workspace.disk} == {".env", "prod.env", "deep/api.env"}
    write(root, **{"new.env": "C=1\n"})
    workspace.take_note([str(root / "new.env")])
    workspace.look()
    assert str(root / "new.env") in workspace.disk


def test_an_empty_folder_is_an_app_to_which_names_can_be_added(root: Path) -> None:
    (ground,) = look(root).grounds
    assert apps(ground, root) == {"shop": (".", {"dev": ".env"}, [])}


def test_a_lone_env_dev_is_the_file_of_dev(root: Path) -> None:
    write(root, **{".env.dev": "A=1\n"})
    (ground,) = look(root).grounds
    assert apps(ground, root) == {"shop": (".", {"dev": ".env.dev"}, [])}


def test_a_project_names_its_apps_and_the_folder_their_environments(root: Path) -> None:
    write(
        root,
        **{
            "ev.yaml": config("{ web: { path: apps/web }, api: { path: api, files: { dev: .env.local } } }"),
            "apps/web/.env": "A=1\n",
            "apps/web/.env.prod": "A=2\n",
            "apps/web/.env.sample": "A=\n",
            "api/.env.local": "B=1\n",
            "api/.env": "B=2\n",
        },
    )
    workspace = look(root, deep=False)
    (ground,) = workspace.grounds
    assert ground.name == "shop"
    assert apps(ground, root) == {
        "web": (
            "apps/web",
            {"dev": "apps/web/.env", "prod": "apps/web/.env.prod"},
            ["apps/web/.env.sample"],
        ),
        "api": ("api", {"dev": "api/.env.local"}, []),
    }
    assert str(root / "api/.env.local") in workspace.disk


def test_the_project_above_a_folder_and_those_below_are_found(root: Path) -> None:
    write(root, **{"ev.yaml": config("{ web: { path: web } }"), "web/src/a.py": ""})
    write(root, **{"web/src/inner/ev.yaml": config("{ in: { path: . } }"), "web/src/inner/.env": "A=1\n"})
    workspace = look(root / "web/src")
    assert [ground.root for ground in workspace.grounds] == [str(root / "web/src/inner"), str(root)]
    assert workspace.ground_of(str(root / "web/src/inner/.env")) is workspace.grounds[0]
    assert workspace.ground_of("/elsewhere/.env") is None


def test_a_broken_project_file_is_told_with_its_fix_and_env_files_go_on(root: Path) -> None:
    write(root, **{"ev.yaml": "version: 1\nteam: nonsense\n", "web/.env": "A=1\n"})
    workspace = look(root)
    (ground,) = workspace.grounds
    assert "ev.yaml" in ground.problem
    assert "fix: " in ground.problem
    assert [app.name for app in ground.apps] == ["shop", "web"]
    assert list(workspace.disk) == [str(root / "web/.env")]
    write(root, **{"ev.yaml": config("{ web: { path: web } }")})
    workspace.look()
    assert workspace.grounds[0].problem == ""


def test_an_app_that_leads_out_of_the_project_is_told(root: Path) -> None:
    (root.parent / "elsewhere").mkdir()
    (root / "web").symlink_to(root.parent / "elsewhere")
    write(root, **{"ev.yaml": config("{ web: { path: web } }")})
    assert "leads out of the project" in look(root).grounds[0].problem


def test_links_of_folders_are_resolved_and_files_keep_their_names(root: Path) -> None:
    write(root, **{"real/.env.shared": "A=1\n", "ev.yaml": config("{ web: { path: web } }")})
    (root / "web").symlink_to(root / "real")
    (root / "real/.env").symlink_to(root / "real/.env.shared")
    alias = root.parent / "alias"
    alias.symlink_to(root)
    workspace = look(alias)
    (ground,) = workspace.grounds
    assert ground.root == str(root)
    assert apps(ground, root) == {
        "web": ("real", {"dev": "real/.env", "shared": "real/.env.shared"}, []),
    }
    assert set(workspace.disk) == {str(root / "real/.env"), str(root / "real/.env.shared")}


def test_what_is_installed_or_built_is_not_visited(root: Path) -> None:
    write(root, **{"node_modules/x/.env": "A=1\n", ".git/.env": "A=1\n", "lib/.env": "A=1\n"})
    assert list(look(root).disk) == [str(root / "lib/.env")]


def test_large_files_pipes_folders_and_leftovers_are_left_alone(root: Path) -> None:
    write(
        root, **{".env.big": "A" * (FILE_MAX_BYTES + 1), ".env.dev.7.envlsp-tmp": "A=1\n", ".env~": "A=1\n"}
    )
    write(root, **{".env.dir/x": "", ".envrc": "export A=1\n"})
    os.mkfifo(root / ".env.pipe")
    assert look(root).disk == {}


def test_a_file_that_did_not_change_is_not_read_again(root: Path) -> None:
    write(root, **{".env": "A=1\n", ".env.prod": "A=1\n"})
    workspace = look(root)
    before = dict(workspace.disk)
    write(root, **{".env.prod": "A=2\n"})
    workspace.look()
    assert workspace.disk[str(root / ".env")] is before[str(root / ".env")]
    assert str(workspace.disk[str(root / ".env.prod")].text) == "A=2\n"
    write(root, **{".env": "A=1\n"})
    workspace.look()
    assert workspace.disk[str(root / ".env")] is before[str(root / ".env")], "written, and the same"
    (root / ".env").unlink()
    workspace.look()
    assert list(workspace.disk) == [str(root / ".env.prod")]


def test_a_new_file_deep_below_needs_no_visit_to_every_folder(root: Path) -> None:
    workspace = look(root)
    write(root, **{"a/b/.env": "A=1\n", "c/ev.yaml": config("{ c: { path: . } }")})
    workspace.look()
    assert workspace.disk == {}
    workspace.take_note([str(root / "a/b/.env"), str(root / "c/ev.yaml")])
    workspace.look()
    assert list(workspace.disk) == [str(root / "a/b/.env")]
    assert [ground.root for ground in workspace.grounds] == [str(root / "c"), str(root)]
    (root / "c/ev.yaml").unlink()
    workspace.look()
    assert [ground.root for ground in workspace.grounds if ground.project] == []


def test_each_app_is_read_by_its_own_dialect_and_unknown_ones_by_the_usual(root: Path) -> None:
    write(
        root,
        **{
            "ev.yaml": config("{ web: { path: web, dialect: python }, api: { path: api, dialect: vite } }"),
            "web/.env": "A=1\n",
            "web/conf/.env": "A=1\n",
            "api/.env": "A=1\n",
        },
    )
    disk = look(root).disk
    assert {os.path.relpath(file, root): read.dialect for file, read in disk.items()} == {
        "web/.env": "python",
        "web/conf/.env": "python",
        "api/.env": "node",
    }


def test_a_text_that_is_no_utf_8_is_read_all_the_same(root: Path) -> None:
    (root / ".env").write_bytes(b"A=\xff\nB=2\n")
    assert list(look(root).disk[str(root / ".env")].names) == ["A", "B"]
