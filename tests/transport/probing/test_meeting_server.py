"""A signaling server is looked at from outside: what is wrong with it has a name."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from envlsp.transport.probing.meeting_server import ServerReport, Sight, Trouble, look_at
from tests.support.certificates import certificate, shown
from tests.support.lying_server import LOOPBACK, lying_server

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("sight", (Sight.BLIND, Sight.KEEPS, Sight.ALTERS, Sight.ASKS))
async def test_what_a_server_does_with_what_passes_it(sight: Sight) -> None:
    async with lying_server({Sight.BLIND: "honest"}.get(sight, sight.value)) as url:
        report = await look_at(url)
    assert (report.trouble, report.sight, report.is_encrypted) == (None, sight, False)
    assert report.skew_s is not None
    assert abs(report.skew_s) < 10


async def test_one_that_lets_us_in_and_says_nothing() -> None:
    async with lying_server("silent") as url:
        report = await look_at(url)
    assert (report.trouble, report.sight) == (None, Sight.UNSEEN)


@pytest.mark.parametrize(
    ("status", "trouble"), ((401, Trouble.TOKEN), (429, Trouble.CROWDED), (404, Trouble.FOREIGN))
)
async def test_one_that_turns_us_away(status: int, trouble: Trouble) -> None:
    async with lying_server("honest", status=status) as url:
        assert (await look_at(url)).trouble is trouble


async def test_one_that_is_something_else_or_not_there() -> None:
    async with lying_server("foreign") as url:
        assert (await look_at(url)).trouble is Trouble.FOREIGN
    assert (await look_at(url)).trouble is Trouble.REFUSED
    assert (await look_at("wss://nowhere.invalid")).trouble is Trouble.UNKNOWN
    with socket.create_server((LOOPBACK, 0)) as deaf:
        report = await look_at(f"ws://{LOOPBACK}:{deaf.getsockname()[1]}")
    assert report.trouble is Trouble.SILENT


async def test_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, expired = certificate(tmp_path), certificate(tmp_path, days=(-3, -1))
    other = certificate(tmp_path, name="127.0.0.9")
    report = ServerReport("")
    for path, trouble in ((expired, Trouble.EXPIRED), (other, Trouble.OTHER_NAME), (good, None)):
        async with lying_server("honest", tls=shown(path)) as url:
            monkeypatch.setenv("SSL_CERT_FILE", str(path))
            report = await look_at(url)
            assert report.trouble is trouble, path
    assert report.is_encrypted
    assert report.certificate_ends_s is not None
    assert 89 * 86_400 < report.certificate_ends_s - time.time() <= 90 * 86_400
    async with lying_server("honest", tls=shown(good)) as url:
        monkeypatch.setenv("SSL_CERT_FILE", str(expired))
        assert (await look_at(url)).trouble is Trouble.UNTRUSTED


async def test_a_password_in_a_url_is_not_told() -> None:
    report = await look_at("wss://somebody:hunter2@nowhere.invalid/hunter2")
    assert report.host == "nowhere.invalid"
    assert "hunter2" not in repr(report)
