"""`envlsp protect`: what protects this device's keys, and changing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from envlsp.cli.locks import sentence
from envlsp.cli.main import Frame
from envlsp.errors import UsageError

if TYPE_CHECKING:
    from envlsp.store.keyfile import Protection


@click.command()
@click.option("--passphrase", is_flag=True, help="A passphrase, or another one; it is asked for.")
@click.option("--keyring", is_flag=True, help="The keyring of this desktop or operating system.")
@click.option(
    "--key-file",
    "key_file",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A file of 32 bytes, made when missing: for tests and CI, since whoever reads it has everything.",
)
@click.pass_obj
def command(frame: Frame, passphrase: bool, keyring: bool, key_file: Path | None) -> None:
    """Say what protects this device's keys, or put another protection on them.

    Only one small file is written anew. A passphrase that protects them now is asked for first.
    """
    from envlsp.service import locking
    from envlsp.service.verbs.lock_shapes import protected_fields

    wanted = _wanted(passphrase, keyring, key_file)
    with frame.service() as service:
        if wanted is not None:
            path = str(key_file.absolute()) if key_file else None
            locking.protect(service, frame.talk, wanted, path)
        state = locking.state(service)
    if frame.json:
        frame.output.document(protected_fields(state, changed=wanted is not None))
    else:
        frame.output.line(sentence(state))


def _wanted(passphrase: bool, keyring: bool, key_file: Path | None) -> Protection | None:
    from envlsp.store.keyfile import Protection

    given = [
        protection
        for protection, is_wanted in (
            (Protection.PASSPHRASE, passphrase),
            (Protection.KEYRING, keyring),
            (Protection.KEY_FILE, key_file is not None),
        )
        if is_wanted
    ]
    if len(given) > 1:
        raise UsageError("only one protection at a time", fix="leave the others out")
    return given[0] if given else None
