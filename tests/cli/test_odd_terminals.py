"""Where the command line runs is not always a terminal in UTF-8 with three open streams."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from envlsp.cli.words import typed
from envlsp.errors import BadText
from tests.support.cli import envlsp, failed
from tests.support.desks import Desk

pytestmark = pytest.mark.slow  # real processes


@pytest.mark.parametrize("stream", (0, 1, 2))
def test_a_closed_stream_leads_nowhere(alice: Desk, stream: int) -> None:
    words = [sys.executable, "-m", "envlsp", "status"]
    done = subprocess.run(
        ["sh", "-c", f'"$@" {stream}>&-', "sh", *words],
        cwd=alice.folder,
        env={**os.environ, "ENVLSP_HOME": str(alice.home)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"internal error" not in done.stderr


def test_a_message_keeps_its_letters_in_any_locale(alice: Desk) -> None:
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = envlsp("push", "-m", "gr\u00fc\u00dfe", cwd=alice.folder, home=alice.home, env=plain)
    assert done.code == 0, done.talk
    assert alice.json("log")["releases"][0]["message"] == "gr\u00fc\u00dfe"


def test_what_is_no_text_is_refused(alice: Desk) -> None:
    failed(alice("push", "-m", "\udcff"), 2, saying="not UTF-8")
    with pytest.raises(BadText):
        typed("\udcff")
