"""What the person set under `envlsp`: pulled where the editor can be asked, else taken as it comes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from envlsp.ide.settings import Settings
from envlsp.lsp import guard

if TYPE_CHECKING:
    from envlsp.lsp.server import Server

SECTION = "envlsp"


def begin(server: Server) -> None:
    """Take over the settings the editor started us with, and ask for the rest."""
    apply(server, server.client.options)
    if server.client.configuration:
        if server.client.register_configuration:
            server.register(types.WORKSPACE_DID_CHANGE_CONFIGURATION, {"section": SECTION})
        _later(server)


def changed(server: Server, params: types.DidChangeConfigurationParams) -> None:
    """Follow the person's changes."""
    if server.client.configuration:
        _later(server)
    else:
        given: Any = params.settings
        apply(server, given.get(SECTION) if isinstance(given, dict) else None)


def apply(server: Server, given: object) -> None:
    """Take over settings as JSON; what is wrong in them is said, and the rest counts."""
    settings, complaints = Settings.read(given)
    for complaint in complaints:
        server.log(complaint)
    if settings != server.session.snapshot.settings:
        server.session.set_settings(settings)
        server.notify.settings_changed()
        server.sources.settings_changed()


def _later(server: Server) -> None:
    asyncio.ensure_future(_pull(server)).add_done_callback(_done)


async def _pull(server: Server) -> None:
    params = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
    answer = await server.protocol.ask(types.WORKSPACE_CONFIGURATION, params)
    if isinstance(answer, list) and answer and answer[0] is not None:
        apply(server, answer[0])


def _done(task: asyncio.Future[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        guard.note(error, "the settings could not be read")
