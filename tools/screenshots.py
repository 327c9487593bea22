"""Write the pictures of README.md and the guides into docs/pictures, from the real editors."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"


def main() -> int:
    """Take them all, and put them in place once all are taken; return the exit code."""
    from tests.support.pictures.album import take_all

    with tempfile.TemporaryDirectory() as folder:
        for name, picture in take_all(Path(folder)).items():
            data = picture.file.read_bytes()
            (FOLDER / f"{name}.png").write_bytes(data)
            print(f"{name}  {picture.width} x {picture.height}  {len(data) // 1024} KiB")
    return 0


if __name__ == "__main__":
    # A part that is missing is an error here; nothing of the person's own keyring is touched.
    os.environ.update(REQUIRE_ALL="1", PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring")
    raise SystemExit(main())
