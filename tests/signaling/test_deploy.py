"""What operators copy: each file is read by the program it is for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from envlsp_signaling.options import OPTIONS, settle

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "signaling" / "deploy"
NEEDED = {"DOMAIN": "signal.example.org", "TURN_IP": "192.0.2.10"}


def compose(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run Docker Compose, the plugin where it is installed, else the program."""
    plugin = (
        subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if shutil.which("docker")
        else None
    )
    program = ["docker", "compose"] if plugin is not None and not plugin.returncode else ["docker-compose"]
    return subprocess.run(
        [*program, "-f", str(DEPLOY / "compose.yaml"), *words],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def composed(**more: str) -> dict[str, Any]:
    done = compose("config", **NEEDED, **more)
    assert done.returncode == 0, done.stderr
    document = yaml.safe_load(done.stdout)
    assert isinstance(document, dict)
    return document


@pytest.mark.slow
def test_compose_reads_it() -> None:
    services = composed()["services"]
    assert {"signaling", "coturn"} <= set(services)
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["restart"] == "unless-stopped"
        # Pinned, and whence it comes is the reader's choice.
        image = service.get("image", "built:here")
        assert re.fullmatch(r"[a-z]+(/[a-z]+)?:[\w.-]+", image)
        assert not image.endswith(":latest")


@pytest.mark.slow
def test_compose_says_what_is_missing() -> None:
    done = compose("config")
    assert done.returncode != 0
    assert "DOMAIN" in done.stderr


@pytest.mark.slow
def test_compose_gives_the_server_options_it_knows(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("north")
    for more in ({}, {"BACKPLANE": "redis://redis:6379/0", "TRUSTED_PROXY": "172.16.0.0/12"}):
        environment = composed(**more)["services"]["signaling"]["environment"]
        placed = {
            name: str(secret) if name.endswith("_FILE") else value for name, value in environment.items()
        }
        settings = settle({}, placed, None)
        assert settings.turn_secret == "north"
        assert len(settings.turn_url) == 4
        assert settings.turn_url[3] == "turns:signal.example.org:443?transport=tcp"
        assert settings.backplane == more.get("BACKPLANE")


@pytest.mark.slow
def test_compose_keeps_secrets_in_files(tmp_path: Path) -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    for name in ("STATIC_AUTH_SECRET", "ENVLSP_SIGNALING_TURN_SECRET:", "PASSWORD:", "--requirepass"):
        assert name not in text
    secrets = composed(SECRETS=str(tmp_path))["secrets"]
    assert {secret["file"] for secret in secrets.values()} == {
        f"{tmp_path}/turn-secret",
        f"{tmp_path}/redis-password",
    }


def test_the_example_file_is_understood(tmp_path: Path) -> None:
    text = (DEPLOY / "envlsp-signaling.toml").read_text()
    settings = settle({}, {}, DEPLOY / "envlsp-signaling.toml")
    assert settings.trusted_proxy == ("127.0.0.1", "::1")
    # What is commented out can be switched on as it stands.
    names = [option.name for option in OPTIONS]
    assert all(name in names for name in re.findall(r"(?m)^# ([a-z-]+) = ", text))


@pytest.mark.slow
def test_systemd_reads_the_unit(tmp_path: Path) -> None:
    text = (DEPLOY / "envlsp-signaling.service").read_text()
    program = "/opt/envlsp/bin/envlsp-signaling"
    assert f"ExecStart={program} " in text
    unit = tmp_path / "envlsp-signaling.service"
    unit.write_text(text.replace(program, str(Path(sys.executable).with_name("envlsp-signaling"))))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    unit.write_text(text.replace("NoNewPrivileges", "NoSuchSetting"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr  # it does read it


def test_the_images_packages_are_those_of_the_lock_file() -> None:
    def pins(path: Path) -> dict[str, str]:
        blocks = re.split(r"\n(?=\S)", re.sub(r"(?m)^ *#.*\n", "", path.read_text()).strip())
        return {block.partition("==")[0]: block.strip() for block in blocks}

    image, lock = pins(DEPLOY / "requirements.txt"), pins(ROOT / "requirements-dev.txt")
    assert set(image) == {"msgpack", "prometheus-client", "redis", "websockets"}
    assert all(lock[name] == block for name, block in image.items())


ONLY = """
import importlib, pkgutil, sys
allowed = {"envlsp_signaling", "msgpack", "prometheus_client", "redis", "websockets"}
class Door:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in allowed and top not in sys.stdlib_module_names:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Door())
import envlsp_signaling
for module in pkgutil.iter_modules(envlsp_signaling.__path__):
    if module.name != "__main__":
        importlib.import_module(f"envlsp_signaling.{module.name}")
"""


@pytest.mark.slow
def test_the_server_runs_on_the_images_packages_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ONLY], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_the_image_is_not_root_and_says_whether_it_lives() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    user = re.search(r"(?m)^USER (\d+):(\d+)$", text)
    assert user is not None
    assert int(user[1]) > 0
    assert "HEALTHCHECK" in text
    assert "/healthz" in text
    variables = re.findall(r"(ENVLSP_SIGNALING_\w+)=(\S+)", text)
    assert settle({}, dict(variables), None).host == "0.0.0.0"


def test_the_proxies_pass_on_whom_they_saw() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text()
    assert "X-Forwarded-For $proxy_add_x_forwarded_for" in nginx
    assert "Upgrade $http_upgrade" in nginx
    assert "/readyz" in (DEPLOY / "Caddyfile").read_text()
