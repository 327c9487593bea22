"""What is wrong on this machine shows itself, each thing with its fix; each fault is made for real."""

from __future__ import annotations

import os
import resource
import shlex
import sqlite3
import subprocess
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from envlsp import __version__
from envlsp.crypto.memory import Report
from envlsp.service.agent import units
from envlsp.service.doctor import machine, running
from envlsp.service.doctor.examining import examine
from envlsp.service.doctor.findings import Finding, is_well
from envlsp.service.facade import Service
from envlsp.store.home import Home
from tests.support.cast import Actor, Cast, QuietTalk, make_repository
from tests.support.verb_desk import Editor


def look(actor: Actor) -> dict[str, Finding]:
    """Return what doctor says of a device, the network left out."""
    actor.restart()
    return by_name(examine_here(actor.service, actor.root))


def examine_here(service: Service, place: Path) -> list[Finding]:
    found = [f for section in examine(service, place, offline=True) for f in section.findings]
    assert all((f.fix is not None) == (f.status in {"warn", "fail"}) for f in found)
    return found


def by_name(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def test_a_device_that_is_well(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    seen = look(alice)
    for name in ("programs", "files", "keys", "disk", "store", "history", "access", "peer", "ev.yaml", "git"):
        assert seen[name].status == "ok", seen[name]
    assert seen["keys"].facts["protection"] == "key-file"
    assert seen["store"].facts["records"] == len(alice.raws())
    assert seen["peer"].says.startswith("Bob (bobs-laptop): offline")
    assert "signaling" not in seen


def test_before_init_and_without_a_project_nothing_is_wrong_and_nothing_is_made(tmp_path: Path) -> None:
    home = tmp_path / "home"
    service = Service(QuietTalk(), environ={"ENVLSP_HOME": str(home), "PATH": ""})
    sections = examine(service, tmp_path, offline=True)
    seen = by_name(f for section in sections for f in section.findings)
    assert is_well(sections)
    assert [seen[name].status for name in ("files", "keys", "team", "ev.yaml")] == ["skipped"] * 4
    assert seen["editors"].status == "warn"
    assert not home.exists()


def test_loose_modes_are_named_with_what_tightens_them(cast: Cast) -> None:
    (alice,) = cast.team()
    loose = alice.home / "device.key"
    loose.chmod(0o644)
    seen = look(alice)
    assert seen["files"].status == "fail"
    assert seen["files"].fix == f"chmod 600 {loose}"
    assert seen["team"].status == "fail"
    subprocess.run(["chmod", "755", str(alice.home)], check=True)
    assert look(alice)["files"].fix == f"chmod -R go= {alice.home}"
    subprocess.run(["chmod", "-R", "go=", str(alice.home)], check=True)
    assert look(alice)["files"].status == "ok"


def test_a_key_file_that_is_gone(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.key_file.rename(alice.folder / "elsewhere")
    assert look(alice)["keys"].status == "fail"


def test_a_damaged_database(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.service.close()
    (path,) = alice.home.glob("teams/*/ledger.db")
    with closing(sqlite3.connect(path)) as link:
        link.execute("PRAGMA journal_mode=DELETE")
        page = link.execute("SELECT rootpage FROM sqlite_master WHERE name = 'rec_author'").fetchone()[0]
        size = link.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    seen = look(alice)
    assert seen["store"].status == "fail"
    assert "backup" in (seen["store"].fix or "")


def test_a_file_that_is_no_database(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.service.close()
    (path,) = alice.home.glob("teams/*/ledger.db")
    path.write_bytes(b"not a database" * 500)
    seen = look(alice)
    assert seen["store"].status == seen["team"].status == "fail"


def test_a_record_that_does_not_open_and_one_that_is_missing(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(b"A=1\n")
    alice.service.close()
    (path,) = alice.home.glob("teams/*/ledger.db")
    with closing(sqlite3.connect(path)) as link:
        whole = link.execute("SELECT serial, id, blob FROM rec ORDER BY serial DESC LIMIT 1").fetchone()
        link.execute("UPDATE rec SET blob = zeroblob(length(blob)) WHERE serial = ?", whole[:1])
        link.commit()
    spoiled = by_name(examine_here(alice.start(), alice.root))
    assert [f.status for f in spoiled.values() if f.name in {"history", "team"}] == ["fail"]
    with closing(sqlite3.connect(path)) as link:
        link.execute("DELETE FROM rec WHERE serial = ?", whole[:1])
        link.commit()
    lost = look(alice)["history"]
    assert (lost.status, (lost.fix or "").startswith("envlsp sync")) == ("fail", True)


def test_a_file_of_secrets_that_git_keeps_or_would_keep(cast: Cast) -> None:
    (alice,) = cast.team()
    (alice.root / ".gitignore").write_text("")
    seen = look(alice)["git"]
    assert (seen.status, seen.fix) == ("warn", "echo .env >> .gitignore")
    subprocess.run(["git", "add", "-f", ".env"], cwd=alice.root, check=True)
    seen = look(alice)["git"]
    assert seen.status == "fail"
    assert (seen.fix or "").startswith("git rm --cached .env")


def test_a_name_that_eve_committed_is_no_command_when_the_fix_is_entered(cast: Cast) -> None:
    (alice,) = cast.team()
    (alice.root / ".gitignore").write_text(".env\n")
    name = ".env.a; touch eve; '"
    (alice.root / name).write_text("A=1\n")
    for fixed in ("warn", "fail"):
        seen = look(alice)["git"]
        assert seen.status == fixed
        words = shlex.split((seen.fix or "").removesuffix("; then give every value in it anew"))
        assert name in words, "one word, whatever is in it"
        subprocess.run(["git", "add", "-f", name], cwd=alice.root, check=True)


def test_an_ev_yaml_that_is_not_valid(cast: Cast) -> None:
    (alice,) = cast.team()
    (alice.root / "ev.yaml").write_text("team: 7\n")
    assert look(alice)["ev.yaml"].status == "fail"


def test_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = machine.disk(Home(str(tmp_path)))
    assert finding.status == "ok"
    for name, status in (("LOW_BYTES", "warn"), ("FULL_BYTES", "fail")):
        monkeypatch.setattr(machine, name, 1 << 60)
        (finding,) = machine.disk(Home(str(tmp_path)))
        assert (finding.status, str(tmp_path) in (finding.fix or "")) == (status, True)


def test_keys_that_may_be_swapped_and_dumped(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (limit[1] and 1, limit[1]))
    try:
        (dumped,) = machine.memory()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, limit)
    assert dumped.status == ("warn" if limit[1] else "ok")
    monkeypatch.setattr(machine, "report", lambda: Report(is_native=True, slabs=2, locked=1))
    (swapped,) = machine.memory()
    assert (swapped.status, swapped.facts["locked"]) == ("warn", False)


def test_an_agent_that_the_system_starts_and_one_that_it_would_start_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ, home = {"HOME": str(tmp_path)}, Home(str(tmp_path / "home"))
    tmp = [Path(home.root), Path(home.node_socket)]
    needs_tmp = any(str(place).startswith(("/tmp/", "/var/tmp/")) for place in tmp)
    device = units.Device(tmp_path, tmp_path / "home", needs_tmp, environ, units.agent_command())
    unit = units.unit_for(device)

    def look_at_agent() -> Finding:
        (finding,) = running.agent(home, environ)
        return finding

    assert look_at_agent().facts == {"installed": False}
    units.install(unit)
    assert (look_at_agent().status, look_at_agent().facts) == ("ok", {"installed": True})
    unit.path.write_text(unit.text.replace("agent", "agent --verbose"))
    assert (look_at_agent().status, look_at_agent().fix) == ("warn", "envlsp agent install")
    assert capsys.readouterr().out == ""


def test_a_node_that_hangs_and_one_that_has_died(tmp_path: Path) -> None:
    home = Home(str(tmp_path / "home"))
    home.make_run_folder()
    lock = Path(home.node_lock)
    lock.touch(0o600)
    lock.write_text(f"process {os.getpid()} (agent)")
    (hangs,) = running.node(home)
    assert (hangs.status, hangs.fix) == ("warn", f"kill {os.getpid()}")
    lock.write_text(f"process {2**22 + 1} (agent)")  # more than Linux numbers
    (died,) = running.node(home)
    assert (died.status, died.facts) == ("ok", {"running": False})


def test_an_envlsp_of_another_version_on_the_path(tmp_path: Path) -> None:
    program = tmp_path / "envlsp"
    program.write_text("#!/bin/sh\necho envlsp 0.0.1\n")
    program.chmod(0o755)
    (old,) = running.editors({"PATH": str(tmp_path), "HOME": str(tmp_path)})
    assert (old.status, "0.0.1" in old.says, str(program) in (old.fix or "")) == ("warn", True, True)
    program.write_text(f"#!/bin/sh\necho envlsp {__version__}\n")
    (tmp_path / ".config/nvim/lsp").mkdir(parents=True)
    (tmp_path / ".config/nvim/lsp/envlsp.lua").touch()
    (own,) = running.editors({"PATH": str(tmp_path), "HOME": str(tmp_path)})
    assert (own.status, own.says.partition("; ")[2]) == ("ok", "set up in Neovim")
    (tmp_path / ".vim/pack/envlsp/start/envlsp").mkdir(parents=True)
    (both,) = running.editors({"PATH": str(tmp_path), "HOME": str(tmp_path)})
    assert both.says.endswith("; set up in Neovim, Vim")


def test_an_editor_is_told_the_same(cast: Cast) -> None:
    (alice,) = cast.team()
    window = Editor(alice)
    told = window.run("doctor", offline=True)
    seen = examine_here(alice.start(), alice.root)
    assert told["well"] is True
    assert [check["name"] for check in told["checks"]] == [finding.name for finding in seen]
    assert set(told["checks"][0]) == {"section", "name", "status", "says", "fix", "facts"}
    assert window.reports == ["looking everything over"]


def test_no_value_is_in_what_is_told(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(b"TOKEN=k4n4r1envogel\n", "a k4n4r1enmessage")
    assert "k4n4r1en" not in repr(examine_here(alice.start(), alice.root))


def test_a_repository_is_not_needed(cast: Cast, tmp_path: Path) -> None:
    (alice,) = cast.team()
    away = tmp_path / "away"
    away.mkdir()
    make_repository(away)
    seen = by_name(examine_here(alice.start(), away))
    assert seen["ev.yaml"].status == "skipped"
    assert seen["store"].status == "ok"  # of the only team
