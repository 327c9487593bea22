"""Row 10: memory of the server when everything is indexed, before it has a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.lsp.client import Client
from tests.bench.lsp.corpus import make_workspace
from tests.bench.lsp.pair import null_command, our_command, until_indexed
from tests.bench.lsp.process import uss_mib
from tests.bench.measure import Row


def rows() -> Iterator[Row]:
    """Measure a fresh server for each size."""
    for files, limit in ((2_000, 60.0), (10_000, 100.0)):
        with TemporaryDirectory(prefix="envlsp-bench-", ignore_cleanup_errors=True) as folder:
            workspace = make_workspace(Path(folder), files=files, names=200)
            null = Client(null_command(), workspace.root)
            ours = Client(our_command(), workspace.root, workspace.environ)
            try:
                for client in (null, ours):
                    client.initialize()
                    client.open(workspace.env, "dotenv")
                beside = uss_mib(null.pid)
                until_indexed(ours, workspace)
                what = f"memory, {files:,} files indexed"
                yield Row(10, what, [uss_mib(ours.pid)], "N", [beside], limit=limit, unit="MiB")
            finally:
                ours.stop()
                null.stop()
