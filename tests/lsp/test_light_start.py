"""What an editor waits for at the start is small; a stopwatch would lie on a busy machine."""

from __future__ import annotations

import subprocess
import sys

import pytest


def _loaded(code: str) -> set[str]:
    program = f"import sys; {code}; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_the_introduction_needs_next_to_nothing() -> None:
    loaded = _loaded("import envlsp.__main__, envlsp.cli.serve, envlsp.lsp.front")
    assert not loaded & {"click", "pygls", "lsprotocol", "cattrs", "attrs", "asyncio", "logging"}
    assert not {
        name for name in loaded if name.startswith(("envlsp.service", "envlsp.store", "envlsp.crypto"))
    }


@pytest.mark.slow
def test_the_server_starts_without_what_only_some_answers_need() -> None:
    handlers = (
        "from envlsp.lsp.features import find; [find('textDocument/' + m) for m in ('hover', 'didOpen')]"
    )
    loaded = _loaded(f"import envlsp.lsp.server; {handlers}")
    assert not loaded & {
        "click",
        "sqlite3",
        "nacl",
        "yaml",
        "jsonschema",
        "aiortc",
        "websockets",
        "watchfiles",
    }
    assert not loaded & {"tree_sitter", "tree_sitter_python", "tree_sitter_javascript"}
    assert "envlsp.service.engine" not in loaded
