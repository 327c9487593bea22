"""The names by which an editor knows an env file, and the files it has to be told of."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from envlsp.ide.named import is_usual, unusual
from envlsp.ide.snapshot import AppFacts, Facts, ProjectFacts, Standing
from envlsp.service.finding import holds_variables

USUAL = (".env", ".env.local", ".env.größe", "prod.env", ".ENV", "Prod.Env", ".env.swp")
OTHERS = ("secrets.txt", ".envrc", "env", "env.prod", "prod.env~", "xenv", "")


@pytest.mark.parametrize("name", USUAL)
def test_a_usual_name(name: str) -> None:
    assert is_usual(name)


@pytest.mark.parametrize("name", OTHERS)
def test_another_name(name: str) -> None:
    assert not is_usual(name)
    assert not holds_variables(name), "or files would be found that no editor is told of"


def test_vs_code_knows_the_usual_names_from_the_start() -> None:
    manifest = Path(__file__).parents[2] / "editors" / "vscode" / "package.json"
    (language,) = json.loads(manifest.read_text())["contributes"]["languages"]
    patterns = [*language["filenames"], *language["filenamePatterns"]]
    for name in USUAL:
        assert any(fnmatchcase(name.lower(), pattern) for pattern in patterns), name


def test_of_each_app_the_files_with_other_names_are_told() -> None:
    web = AppFacts("web", "/shop/web", "node", {"dev": "/shop/web/.env", "qa": "/shop/web/qa/secrets.txt"})
    worker = AppFacts("worker", "/shop/w", "node", {"dev": "/shop/w/.envrc", "prod": "/shop/w/prod.env"})
    project = ProjectFacts("/shop", "shop", Standing.READY, (worker, web))
    assert unusual(Facts((project,))) == ("/shop/w/.envrc", "/shop/web/qa/secrets.txt")
    assert unusual(Facts()) == ()
