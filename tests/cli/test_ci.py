"""`envlsp ci` as people type it: keys made, bundles exported and used."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.cli import Result, envlsp, failed
from tests.support.desks import Desk

CANARY = "c4n4ry"
SHOW = ("--", sys.executable, "-c", "import os; print(os.environ['TOKEN'], sorted(os.environ))")


def keygen(folder: Path) -> tuple[str, Path]:
    """Make a key; return its public half and the file of the secret one."""
    path = folder / "ci.key"
    made = envlsp("ci", "keygen", "-o", str(path))
    assert made.code == 0
    assert path.read_text() not in made.text + made.talk
    return made.text.strip(), path


def exported(alice: Desk, key: str, *words: str) -> Result:
    alice.env_file.write_text(f"TOKEN={CANARY}\n")
    alice.ok("push", "--offline")
    return alice.ok("ci", "export", "--to", key, "--offline", *words)


def runner(tmp_path: Path, *words: str, secret: Path | None = None, **more: str) -> Result:
    env = {**({"ENVLSP_CI_KEY": secret.read_text()} if secret else {}), **more}
    return envlsp("ci", "apply", *words, home=tmp_path / "runner", cwd=tmp_path, env=env)


@pytest.mark.slow
def test_from_a_key_to_a_program_with_the_values(alice: Desk, tmp_path: Path) -> None:
    key, secret = keygen(tmp_path)
    made = exported(alice, key)
    bundle = made.text.strip()
    assert CANARY not in made.text + made.talk
    signer = made.talk.split("signed by ")[1].split()[0]
    ran = runner(tmp_path, bundle, "--signer", signer, *SHOW, secret=secret, ENVLSP_CI_BUNDLE="x")
    assert ran.code == 0, ran.talk
    assert ran.text.startswith(f"{CANARY} ")
    assert "ENVLSP_CI_KEY" not in ran.text
    assert "ENVLSP_CI_BUNDLE" not in ran.text
    assert CANARY not in ran.talk
    failed(runner(tmp_path, bundle[:-8], *SHOW, secret=secret), 9)
    other = tmp_path / "other"
    other.mkdir()
    failed(runner(tmp_path, bundle, *SHOW, secret=keygen(other)[1], ENVLSP_HOME=str(other)), 9)
    gone = runner(tmp_path, bundle, "--", "no-such-program", secret=secret)
    assert gone.code == 127


@pytest.mark.slow
def test_files_formats_and_places_for_a_bundle(alice: Desk, tmp_path: Path) -> None:
    key, secret = keygen(tmp_path)
    path = tmp_path / "prod.bundle"
    exported(alice, key, "-o", str(path))
    runner_words = ("--key-file", str(secret))
    assert json.loads(runner(tmp_path, str(path), *runner_words, "-f", "json").out) == {"TOKEN": CANARY}
    told = runner(tmp_path, *runner_words, "-f", "dotenv", ENVLSP_CI_BUNDLE=path.read_text())
    assert told.out == f"TOKEN={CANARY}\n".encode()
    written = runner(tmp_path, str(path), *runner_words, "--write", "out.env", "--json")
    assert written.document["file"] == "out.env"
    assert CANARY not in written.text
    file = tmp_path / "out.env"
    assert file.read_text() == f"TOKEN={CANARY}\n"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_what_is_missing_is_said(alice: Desk, tmp_path: Path) -> None:
    key, secret = keygen(tmp_path)
    failed(runner(tmp_path, "text", secret=secret), 2, saying="what is it for")
    failed(runner(tmp_path, *SHOW, secret=secret), 2, saying="which bundle")
    failed(runner(tmp_path, "text", *SHOW), 2, saying="no key")
    failed(runner(tmp_path, "text", *SHOW, ENVLSP_CI_KEY="hunter2"), 2, saying="no secret key")
    failed(runner(tmp_path, "prod.bundle", *SHOW, secret=secret), 1, saying="no such file")
    mixed_up = runner(tmp_path, secret.read_text(), *SHOW, secret=secret)
    failed(mixed_up, 1, saying="no such file")
    assert secret.read_text().strip() not in mixed_up.text + mixed_up.talk
    failed(alice("ci", "export", "--to", secret.read_text(), "--offline"), 2, saying="secret key")
    failed(alice("ci", "export", "--to", key, "--for", "10y", "--offline"), 2, saying="30d")


@pytest.mark.slow
def test_a_secret_key_goes_to_a_terminal_a_file_or_a_pipe(tmp_path: Path) -> None:
    failed(envlsp("ci", "keygen"), 2, saying="terminal")
    piped = envlsp("ci", "keygen", "-o", "-")
    assert piped.text.startswith("ci-secret1")
    assert piped.text.strip() not in piped.talk
    assert "ci1" in piped.talk
    _, path = keygen(tmp_path)
    before = path.read_bytes()
    failed(envlsp("ci", "keygen", "-o", str(path)), 1, saying="exists")
    assert path.read_bytes() == before
    failed(envlsp("ci", "keygen", "-o", "-", "--json"), 2)
