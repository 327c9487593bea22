"""Checks side by side: one that hangs or breaks neither delays nor hides the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from envlsp.errors import Locked, StoreError, UsageError
from envlsp.service.doctor import examining, machine
from envlsp.service.doctor.examining import examine
from envlsp.service.doctor.findings import Finding, ok
from envlsp.service.facade import Service
from tests.support.cast import Cast, QuietTalk


def look(service: Service, place: Path) -> dict[str, Finding]:
    sections = examine(service, place, offline=True)
    return {finding.name: finding for section in sections for finding in section.findings}


@pytest.mark.slow  # it waits
def test_a_check_that_hangs_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()

    def hangs() -> Iterator[Finding]:
        never.wait(30)
        yield ok("memory", "too late")

    monkeypatch.setattr(machine, "memory", hangs)
    monkeypatch.setattr(examining, "CHECK_S", 1.0)
    since = time.monotonic()
    seen = look(Service(QuietTalk(), environ={"ENVLSP_HOME": str(tmp_path / "home")}), tmp_path)
    assert time.monotonic() - since < 20
    assert (seen["memory"].status, seen["programs"].status) == ("skipped", "ok")
    never.set()


def test_a_check_that_breaks_says_no_more_than_its_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> Iterator[Finding]:
        yield ok("disk", "half of it")
        raise ValueError("hunter2")

    def fails() -> Iterator[Finding]:
        raise StoreError("the disk is gone", fix="look for it")
        yield

    monkeypatch.setattr(machine, "memory", breaks)
    monkeypatch.setattr(machine, "programs", fails)
    seen = look(Service(QuietTalk(), environ={"ENVLSP_HOME": str(tmp_path / "home")}), tmp_path)
    assert (seen["memory"].status, "ValueError" in seen["memory"].says) == ("fail", True)
    assert (seen["programs"].says, seen["programs"].fix) == ("the disk is gone", "look for it")
    assert "hunter2" not in repr(seen)


@pytest.mark.parametrize("no", (Locked(), UsageError("no terminal to ask on")))
def test_a_locked_device_is_looked_at_as_far_as_it_goes(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, no: Exception
) -> None:
    (alice,) = cast.team()
    service = alice.start()

    def refuses(_place: Path) -> None:
        raise no

    monkeypatch.setattr(service, "open_team", refuses)
    seen = look(service, alice.root)
    assert (seen["team"].status, "unlock" in seen["team"].says) == ("skipped", True)
    assert seen["store"].facts["records"] == len(alice.raws())  # counted without a key
    assert "history" not in seen
