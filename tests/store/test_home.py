"""Where files go, and the hint of which machine this is."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from envlsp.domain.ids import TeamId
from envlsp.errors import LoosePermissions, StoreError
from envlsp.store import machine
from envlsp.store.home import Home, find_home

TEAM = TeamId(b"\x12" * 32)


def test_one_folder_holds_everything(tmp_path: Path) -> None:
    home = find_home({"ENVLSP_HOME": str(tmp_path)})
    assert home.device_key == str(tmp_path / "device.key")
    assert home.node_lock == str(tmp_path / "run" / "node.lock")
    assert Path(home.team_folder(TEAM)).parent == tmp_path / "teams"


def test_a_team_folder_does_not_name_the_team() -> None:
    home = Home("/home/alice/.envlsp")
    name = Path(home.team_folder(TEAM)).name
    assert len(name) == 32
    assert TEAM.hex()[:8] not in name
    assert home.team_folder(TEAM) != home.team_folder(TeamId(bytes(32)))


def test_without_the_variable_it_is_the_data_folder(tmp_path: Path) -> None:
    script = "from envlsp.store.home import find_home; print(find_home().root)"
    environ = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    found = subprocess.run([sys.executable, "-c", script], env=environ, check=True, capture_output=True)
    assert found.stdout.decode().strip().endswith("envlsp")
    assert found.stdout.decode().startswith(str(tmp_path))


def test_a_home_given_by_variable_needs_no_platformdirs() -> None:
    script = (
        "import sys; from envlsp.store.home import find_home; find_home();"
        "print([name for name in ('platformdirs', 'pathlib', 'uuid', 'subprocess') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={"ENVLSP_HOME": "/x"}, check=True, capture_output=True
    )
    assert done.stdout == b"[]\n"


def test_folders_are_private_all_the_way(tmp_path: Path) -> None:
    home = Home(str(tmp_path / "a" / "b"))
    home.make_run_folder()
    for folder in ("a", "a/b", "a/b/run"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700


def test_a_loose_home_is_refused_with_the_fix(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(LoosePermissions) as caught:
        Home(str(tmp_path)).make()
    assert caught.value.fix == f"chmod 700 {tmp_path}"


def test_a_file_in_the_way_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot make the folder"):
        Home(str(tmp_path / "a" / "b")).make()


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    runtime = tmp_path / "r"
    home = Home(str(tmp_path / ("x" * 120)), str(runtime))
    assert len(os.fsencode(Home("/y" + "x" * 120).node_socket)) < 104
    assert home.node_socket == Home(str(tmp_path / ("x" * 120)), str(runtime)).node_socket
    assert home.node_socket != Home(str(tmp_path / ("z" * 120)), str(runtime)).node_socket
    home.make_run_folder()
    folder = Path(home.node_socket).parent
    assert (folder.parent, stat.S_IMODE(folder.stat().st_mode)) == (runtime, 0o700)


def test_a_link_in_the_runtime_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    home = Home(str(tmp_path / ("x" * 120)), str(tmp_path))
    Path(home.node_socket).parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="is not yours"):
        home.make_run_folder()


def test_the_hint_is_the_machine_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "machine-id").write_text("0123abcd\n")
    monkeypatch.setattr(machine, "_FILES", (str(tmp_path / "missing"), str(tmp_path / "machine-id")))
    assert machine.machine_hint() == "0123abcd"


def test_without_one_it_is_a_network_card_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_FILES", ())
    monkeypatch.setattr(uuid, "getnode", lambda: 0x0242AC110002)
    assert machine.machine_hint() == "card 0242ac110002"
    monkeypatch.setattr(uuid, "getnode", lambda: 0x0142AC110002)
    assert machine.machine_hint() == ""
