"""The files with which a system starts the agent: what is in them, and whose they are."""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from envlsp.errors import Misuse
from envlsp.service.agent.units import (
    KEPT,
    Device,
    Found,
    Unit,
    agent_command,
    install,
    look,
    uninstall,
    unit_for,
)

ODD = 'with "quotes", $dollars, 100% and \\ back'
COMMAND = ("/opt/py thon/bin/python", "-P", "-m", "envlsp", "agent")


def device(home: Path, *, needs_tmp: bool = False, **environ: str) -> Device:
    return Device(home, home / ODD, needs_tmp, environ, COMMAND)


@pytest.fixture(params=("linux", "darwin"))
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Unit:
    return unit_for(device(tmp_path, ENVLSP_HOME=str(tmp_path / ODD)), request.param)


# --- what is in them ---------------------------------------------------------------------------


def lines_of(unit: Unit) -> dict[str, str]:
    return dict(line.split("=", 1) for line in unit.text.splitlines() if "=" in line and line[0] != "#")


def test_a_unit_starts_this_envlsp_and_is_quoted_as_systemd_reads_it(tmp_path: Path) -> None:
    unit = unit_for(device(tmp_path, ENVLSP_HOME=f"/x/{ODD}", ENVLSP_PASSWORD="no"), "linux")
    lines = lines_of(unit)
    assert lines["ExecStart"] == '"/opt/py thon/bin/python" "-P" "-m" "envlsp" "agent"'
    escaped = 'with \\"quotes\\", $dollars, 100%% and \\\\ back'
    assert lines["Environment"] == f'"ENVLSP_HOME=/x/{escaped}"'
    assert lines["ReadWritePaths"] == f'"-{tmp_path}/{escaped}"'
    assert unit.path == tmp_path / ".config" / "systemd" / "user" / "envlsp-agent.service"
    assert "ENVLSP_PASSWORD" not in unit.text
    assert "@" not in unit.text


def test_a_dollar_in_a_path_is_no_variable(tmp_path: Path) -> None:
    odd = Device(tmp_path, tmp_path, False, {}, ("/opt/$HOME/python", "agent"))
    assert lines_of(unit_for(odd, "linux"))["ExecStart"] == '"/opt/$$HOME/python" "agent"'


def test_a_device_below_tmp_is_found_there_by_others(tmp_path: Path) -> None:
    lines = lines_of(unit_for(device(tmp_path, needs_tmp=True), "linux"))
    assert lines["PrivateTmp"] == "no"
    assert lines["ReadWritePaths"].endswith(" -/tmp")
    assert lines_of(unit_for(device(tmp_path), "linux"))["PrivateTmp"] == "yes"


def test_the_settings_of_systemd_are_where_the_person_has_them(tmp_path: Path) -> None:
    moved = unit_for(device(tmp_path, XDG_CONFIG_HOME=str(tmp_path / "settings")), "linux")
    assert moved.path == tmp_path / "settings" / "systemd" / "user" / "envlsp-agent.service"
    assert unit_for(device(tmp_path, XDG_CONFIG_HOME="relative"), "linux").path.is_absolute()


@pytest.mark.slow
@pytest.mark.parametrize("needs_tmp", (False, True))
def test_systemd_understands_the_unit(tmp_path: Path, needs_tmp: bool) -> None:
    analyze = shutil.which("systemd-analyze")
    assert analyze, "tools/system-parts.sh installs systemd"
    environ = dict.fromkeys(KEPT, f"/somewhere/{ODD}")
    here = Device(tmp_path, tmp_path / ODD, needs_tmp, environ, agent_command())
    unit = unit_for(here, "linux")
    install(unit)
    runtime = tmp_path / "run"
    runtime.mkdir(0o700)
    found = subprocess.run(
        [analyze, "verify", "--user", "--man=no", str(unit.path)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(runtime), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert unit.path.name not in found.stderr + found.stdout
    assert found.returncode == 0, found.stderr


def test_a_job_of_launchd_has_every_word_as_it_is(tmp_path: Path) -> None:
    unit = unit_for(device(tmp_path, ENVLSP_SIGNALING=ODD), "darwin")
    job = plistlib.loads(unit.text.encode())
    assert job["ProgramArguments"] == list(COMMAND)
    assert job["EnvironmentVariables"] == {"ENVLSP_SIGNALING": ODD}
    assert (job["Label"], job["RunAtLoad"], job["Umask"]) == ("envlsp.agent", True, 0o077)
    assert job["KeepAlive"] == {"SuccessfulExit": False}
    assert job["HardResourceLimits"] == job["SoftResourceLimits"] == {"Core": 0}
    assert unit.path == tmp_path / "Library" / "LaunchAgents" / "envlsp.agent.plist"
    assert shlex.split(unit.enable[1])[-1] == str(unit.path)


def test_other_systems_are_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Misuse) as refused:
        unit_for(device(tmp_path), "win32")
    assert "envlsp agent" in (refused.value.fix or "")


def test_a_path_that_would_begin_another_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="characters"):
        unit_for(device(tmp_path, ENVLSP_HOME="/x\nExecStartPre=/bin/false"), "linux")


# --- whose they are ----------------------------------------------------------------------------


def test_installing_twice_is_as_good_as_once_and_undone_at_once(unit: Unit) -> None:
    assert look(unit) == Found(False, False, False)
    assert install(unit)
    assert unit.path.stat().st_mode & 0o777 == 0o644
    assert not install(unit)
    assert look(unit) == Found(True, True, True)
    assert uninstall(unit)
    assert not uninstall(unit)
    assert not unit.path.exists()


@pytest.mark.parametrize("content", (b"", b"[Service]\nExecStart=/bin/true\n", b"\xff\xfe", b"<plist/>"))
def test_a_file_of_somebody_else_is_left_alone(unit: Unit, content: bytes) -> None:
    unit.path.parent.mkdir(parents=True)
    unit.path.write_bytes(content)
    for change in (install, uninstall):
        with pytest.raises(Misuse):
            change(unit)
    assert unit.path.read_bytes() == content
    assert look(unit) == Found(True, False, False)


def test_what_a_person_changed_in_ours_is_not_overwritten(unit: Unit) -> None:
    install(unit)
    unit.path.write_text(unit.text.replace("-P", "-O"))
    with pytest.raises(Misuse, match="something else") as refused:
        install(unit)
    assert "uninstall" in (refused.value.fix or "")
    assert look(unit) == Found(True, True, False)
    assert uninstall(unit)


def test_a_link_in_its_place_is_not_followed(unit: Unit, tmp_path: Path) -> None:
    elsewhere = tmp_path / "precious"
    unit.path.parent.mkdir(parents=True)
    unit.path.symlink_to(elsewhere)
    for change in (install, uninstall):
        with pytest.raises(Misuse):
            change(unit)
    elsewhere.write_text(unit.text)
    with pytest.raises(Misuse):
        uninstall(unit)
    assert elsewhere.read_text() == unit.text
