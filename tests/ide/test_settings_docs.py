"""docs/ev-yaml.md and docs/settings.md say what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from envlsp.ide.evyaml.checking import CODES
from envlsp.ide.evyaml.schema import schema
from envlsp.ide.settings import FIELDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("tool", ("ev_yaml_docs.py", "settings_docs.py"))
def test_the_page_is_not_stale(tool: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / tool, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_field_code_and_setting_is_there() -> None:
    page = (ROOT / "docs" / "ev-yaml.md").read_text()
    apps = schema()["$defs"]["app"]["properties"]
    assert all(f"\n### {name}\n" in page for name in (*schema()["properties"], *apps))
    assert all(f"`{code}`" in page for code in CODES)
    settings = (ROOT / "docs" / "settings.md").read_text()
    assert all(f"\n## envlsp.{name}\n" in settings for name in FIELDS)
