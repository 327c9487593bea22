"""Which project, app and environment a command is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from envlsp.domain.environment import Triple
from envlsp.errors import AmbiguousName, BadConfig, BadText, NotFound, NotInitialised, UsageError
from envlsp.service.context import Project, env_of_file, find_context, find_root, open_project

TWO_APPS = """\
team: tm1q
project: shop
apps:
  web: { path: apps/web }
  worker: { path: services/worker, dialect: python, files: { dev: .env.local, prod: env/live } }
"""
ONE_APP = "team: tm1q\nproject: shop\ndefault_env: local\napps: { web: { path: apps/web } }\n"
NESTED = "team: tm1q\nproject: shop\napps: { all: { path: . }, web: { path: apps/web } }\n"


def project(root: Path, text: str) -> Project:
    (root / "apps" / "web" / "src").mkdir(parents=True)
    (root / "services" / "worker").mkdir(parents=True)
    (root / "ev.yaml").write_text(text)
    return open_project(root)


@pytest.mark.parametrize(
    ("place", "words", "answer"),
    (
        ("apps/web/src", {}, "web:dev .env"),
        ("services/worker", {}, "worker:dev .env.local"),
        (".", {"target": "worker"}, "worker:dev .env.local"),
        (".", {"target": "worker:prod"}, "worker:prod env/live"),
        ("apps/web", {"target": "worker:staging"}, "worker:staging .env.staging"),
        ("apps/web", {"target": ":staging"}, "web:staging .env.staging"),
        ("apps/web", {"env": "staging"}, "web:staging .env.staging"),
        ("apps/web", {"switched": lambda _: "prod"}, "web:prod .env.prod"),
        ("apps/web", {"switched": lambda _: "prod", "env": "staging"}, "web:staging .env.staging"),
        ("apps/web/.env", {"switched": lambda _: "prod"}, "web:dev .env"),
        ("apps/web/.env.staging", {"switched": lambda _: "prod"}, "web:staging .env.staging"),
        ("apps/web/src/.env.staging", {}, "web:dev .env"),
        ("apps/web/.env.example", {}, "web:dev .env"),
        ("services/worker/env/live", {}, "worker:prod env/live"),
        ("services/worker/.env.local", {}, "worker:dev .env.local"),
        ("services/worker/.env.prod", {}, "worker:dev .env.local"),
        ("apps/web/.env.staging", {"env": "prod"}, "web:prod .env.prod"),
    ),
)
def test_the_first_that_applies_wins(place: str, words: dict[str, Any], answer: str, tmp_path: Path) -> None:
    found = find_context(project(tmp_path, TWO_APPS), tmp_path / place, **words)
    file = found.file.relative_to(tmp_path.resolve() / found.app.path)
    assert f"{found} {file}" == answer


def test_a_context_names_what_the_ledger_knows(tmp_path: Path) -> None:
    found = find_context(project(tmp_path, TWO_APPS), tmp_path, target="worker:prod")
    assert found.triple == Triple("shop", "worker", "prod")
    assert found.dialect == "python"


def test_the_only_app_needs_no_name(tmp_path: Path) -> None:
    found = find_context(project(tmp_path, ONE_APP), tmp_path)
    assert str(found) == "web:local"
    assert found.file == tmp_path.resolve() / "apps" / "web" / ".env"


def test_the_deepest_app_holds_the_place(tmp_path: Path) -> None:
    ours = project(tmp_path, NESTED)
    assert find_context(ours, tmp_path / "apps" / "web").app.name == "web"
    assert find_context(ours, tmp_path / "apps").app.name == "all"


@pytest.mark.parametrize(
    ("words", "error"),
    (
        ({}, AmbiguousName),
        ({"target": "api"}, NotFound),
        ({"target": ":dev"}, AmbiguousName),
        ({"target": "web:dev", "env": "prod"}, UsageError),
        ({"target": "web:../prod"}, BadText),
        ({"target": "web", "env": "Prod"}, BadText),
    ),
)
def test_what_fits_nothing_is_one_clear_error(
    words: dict[str, Any], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error):
        find_context(project(tmp_path, TWO_APPS), tmp_path, **words)


def test_the_choices_are_named(tmp_path: Path) -> None:
    ours = project(tmp_path, TWO_APPS)
    with pytest.raises(AmbiguousName) as refused:
        find_context(ours, tmp_path)
    assert refused.value.fix == "say which: web:dev, worker:dev"
    with pytest.raises(NotFound) as missing:
        find_context(ours, tmp_path, target="api:dev")
    assert missing.value.fix == "one of: web, worker"
    with pytest.raises(NotFound) as missing:
        find_context(ours, tmp_path, target="staging")
    assert missing.value.fix == "one of: web, worker; an environment is written :staging"


def test_the_root_is_the_nearest_above(tmp_path: Path) -> None:
    project(tmp_path, TWO_APPS)
    assert find_root(tmp_path / "apps" / "web" / "src") == tmp_path.resolve()
    inner = tmp_path / "apps" / "web" / "ev.yaml"
    inner.write_text(ONE_APP)
    assert find_root(tmp_path / "apps" / "web" / "src") == inner.parent.resolve()


def test_no_project_anywhere(tmp_path: Path) -> None:
    with pytest.raises(NotInitialised) as refused:
        open_project(tmp_path)
    assert refused.value.exit_code == 3
    assert "envlsp init" in str(refused.value.fix)


@pytest.mark.parametrize("place", ("home", "shop/.git/hooks"))
def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path, place: str) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / place).mkdir(parents=True)
    ours = project(tmp_path / "shop", TWO_APPS.replace("apps/web", "apps/link"))
    (tmp_path / "shop" / "apps" / "link").symlink_to(tmp_path / place)
    found = find_context(ours, tmp_path / "shop", target="web")
    with pytest.raises(BadConfig, match="leads out of the project"):
        _ = found.file


def test_a_linked_file_belongs_to_where_its_link_is(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    ours = project(tmp_path / "shop", TWO_APPS)
    for target in ("elsewhere", "shop/.env"):  # the second leads to itself
        link = tmp_path / "shop" / ".env"
        link.unlink(missing_ok=True)
        link.symlink_to(tmp_path / target)
        assert open_project(link).root == ours.root


def test_a_file_of_another_name_is_of_no_environment(tmp_path: Path) -> None:
    ours = project(tmp_path, TWO_APPS)
    web = ours.config.apps["web"]
    folder = ours.root / "apps" / "web"
    assert [
        env_of_file(ours, web, folder / name) for name in (".env", ".env.prod", ".env.sample", "app.ts")
    ] == [
        "dev",
        "prod",
        None,
        None,
    ]
    assert env_of_file(ours, web, folder / ".env.Prod") is None
    assert env_of_file(ours, web, folder / ".env.dev") is None
