"""Commands: every verb of the service, each in a thread of its own.

A verb opens the store, asks people and waits for the network, so it never runs in the
event loop. It gets a `Service` of its own, as if it were typed in a terminal. Two of the
results carry a value because the person asked for it (`envlsp.reveal`, `envlsp.copy`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types

from envlsp.domain.secret import SecretText
from envlsp.errors import Misuse, NotFound, Stopped, UsageError
from envlsp.ide.locate import name_at
from envlsp.ide.positions import Position
from envlsp.ide.results import Place
from envlsp.ide.snapshot import Kind
from envlsp.lsp import guard
from envlsp.lsp.names import FOR_PROGRAMS, LOOKING, PREFIX
from envlsp.lsp.session import REVEAL_S
from envlsp.lsp.talk import EditorTalk
from envlsp.lsp.uris import VIRTUAL_SCHEME

if TYPE_CHECKING:
    from envlsp.ide.looks import Looks
    from envlsp.lsp.progress import Line, Token
    from envlsp.lsp.server import Server
    from envlsp.service.verbs import Desk

T = TypeVar("T")
Work = Callable[["Desk"], T]


class Commands:
    """What the person started and what is still running."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._running: set[threading.Event] = set()
        self._started: set[asyncio.Task[Any]] = set()

    def cancel_all(self) -> None:
        """Stop what is running: the editor leaves."""
        for stopped in self._running:
            stopped.set()

    async def run(self, command: str, argument: dict[str, Any], token: Token | None = None) -> Any:
        """Do what a command says and return its result as JSON, with the words for it.

        An editor that does not ask for words is shown them: of a result it would show nothing.

        Args:
            command: `envlsp.…`.
            argument: its one object, with `uri` where it is about a document.
            token: for progress, where the editor gave one.

        Raises:
            EnvlspError: as the verb does.
        """
        name = command.removeprefix(PREFIX)
        if not command.startswith(PREFIX):
            raise UsageError("there is no such command", fix="the commands of envlsp begin with envlsp.")
        if name in ("reveal", "copy"):
            return await self._reveal(name, argument)
        toggles = name in ("mask.toggle", "presentation.toggle")
        result = self._toggle(name) if toggles else await self._verb(name, argument, token)
        return self._worded(name, result)

    async def _verb(self, name: str, argument: dict[str, Any], token: Token | None) -> dict[str, Any]:
        text = self._document_text(argument) if name == "save" else None

        def work(desk: Desk) -> dict[str, Any]:
            from envlsp.service import verbs

            if text is not None:
                return verbs.save_document(desk, text, argument)
            return verbs.run(name, desk, argument)

        try:
            return await self._in_thread(work, self._place_of(argument), f"envlsp {name}", token)
        finally:
            if name not in LOOKING:
                self._server.sources.look_again()

    def _worded(self, verb: str, result: dict[str, Any]) -> dict[str, Any]:
        from envlsp.lsp.sentences import words

        if verb in FOR_PROGRAMS:
            return result
        said = words(verb, result, int(time.time()))
        if "words" in self._server.client.extensions:
            return {**result, "said": said.fields()}
        lines = said.lines() if verb in LOOKING else [said.sentence]
        self._server.show(types.MessageType.Info, "\n".join(lines))
        return result

    def start(self, command: str, argument: dict[str, Any]) -> None:
        """Do what a command says, asked for by nobody; what goes wrong is shown."""

        def done(task: asyncio.Task[Any]) -> None:
            self._started.discard(task)
            if not task.cancelled() and (error := task.exception()) is not None:
                self._server.show(types.MessageType.Warning, guard.sentence(error))

        task = asyncio.get_running_loop().create_task(self.run(command, argument))
        self._started.add(task)
        task.add_done_callback(done)

    async def show(self, uri: str) -> str:
        """Return an environment as a document, masked.

        Raises:
            BadText, NotFound: there is no such document.
        """
        from envlsp.service.documents_uri import parse_uri

        parse_uri(uri)  # a file is the editor's, and not what a release says of it

        def work(desk: Desk) -> str:
            from envlsp.service import verbs

            return str(verbs.run("show", desk, {"uri": uri})["text"])

        return await self._in_thread(work, self._place_of({}), "envlsp show", None)

    def _document_text(self, argument: dict[str, Any]) -> str:
        session = self._server.session
        document = session.document(session.places.place(_text(argument, "uri")))
        if document is None or document.kind is not Kind.VIRTUAL:
            raise UsageError("only an open document of the team is saved", fix="open one: envlsp://…")
        return str(document.text)

    def _toggle(self, verb: str) -> dict[str, Any]:
        session = self._server.session
        looks = session.looks
        if session.is_presenting and (verb == "mask.toggle" or looks.is_forced):
            raise _presenting(looks)
        if verb == "mask.toggle":
            session.set_looks(replace(looks, is_bare=not looks.is_bare))
        else:
            session.set_looks(replace(looks, presenting=not session.is_presenting))
        self._server.notify.settings_changed()
        return {"schema": 1, "masked": session.is_masked, "presenting": session.is_presenting}

    async def _reveal(self, verb: str, argument: dict[str, Any]) -> dict[str, Any]:
        uri, session = _text(argument, "uri"), self._server.session
        if session.is_presenting:
            raise _presenting(session.looks)
        place = session.places.place(uri)
        name = self._name_meant(place, argument)
        document = session.snapshot.documents.get(place)
        if document is not None and document.env is not None:
            from envlsp.ide.revealing import value_in

            value = value_in(document.env, name)  # as it stands there, saved or not
            if value is None:
                raise NotFound("this file does not give that name a value", fix="envlsp list")
        else:
            value = await self._in_thread(
                _value_work(uri, name), self._place_of(argument), "envlsp get", None
            )
        if verb == "reveal" and "reveal" not in self._server.client.extensions:
            session.grant(place, name, value)
        return {"name": name, "value": value.reveal_text(), "expires_s": REVEAL_S}

    def _name_meant(self, place: Place, argument: dict[str, Any]) -> str:
        """Return the name that was given, or the one where somebody points."""
        match argument.get("position"):
            case {"line": int(line), "character": int(column)} if not argument.get("name"):
                name = name_at(self._server.session.snapshot, place, Position(max(line, 0), max(column, 0)))
                if not name:
                    raise NotFound("there is no name at that place", fix="point at a line that gives one")
                return name
        return _text(argument, "name")

    async def _in_thread(self, work: Work[T], place: Path, title: str, token: Token | None) -> T:
        """Run a piece of work in a thread; taken back, it is told so, and nobody waits for it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            future.cancel()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def run() -> None:
            result, error = None, None
            try:
                result = self._at_desk(work, place, loop, stopped, line)
            except BaseException as exc:  # noqa: BLE001  (it is raised again where it is waited for)
                error = exc
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(settle, result, error)

        line = self._server.work.line(title, stop)
        line.begin(token)
        self._running.add(stopped)
        threading.Thread(target=run, name=title, daemon=True).start()
        try:
            return await future
        finally:
            stopped.set()
            self._running.discard(stopped)
            line.end()

    def _at_desk(
        self,
        work: Work[T],
        place: Path,
        loop: asyncio.AbstractEventLoop,
        stopped: threading.Event,
        line: Line,
    ) -> T:
        from envlsp.service.facade import Service
        from envlsp.service.verbs import Desk

        talk = EditorTalk(self._server, loop, stopped.is_set, line.report)
        hold = self._server.sources.hold
        service = Service(talk, environ=self._server.environ, hold=hold)
        before = hold.left_s() > 0

        def tell(what: str, code: str = "") -> None:
            if stopped.is_set():
                raise Stopped
            talk.turn()
            loop.call_soon_threadsafe(line.report, what, code)

        def show_code(code: str, sentence: str) -> None:
            tell(sentence, code)

        shows = show_code if line.is_asked_for and "code" in self._server.client.extensions else None
        try:
            return work(Desk(service, place, talk, tell, stopped.is_set, self._text_of, shows))
        finally:
            talk.turn()
            service.lock()
            if before != (hold.left_s() > 0) and (engine := self._server.sources.engine) is not None:
                engine.hear()  # locked or unlocked: there is something else to show

    def _text_of(self, path: Path) -> bytes | None:
        """Return a file as the editor shows it. Called in threads: documents never change in place."""
        document = self._server.session.document(str(path))
        return None if document is None else document.text.to_bytes()

    def _place_of(self, argument: dict[str, Any]) -> Path:
        """Return where a command is: its document, else the workspace."""
        uri = argument.get("uri")
        if isinstance(uri, str) and not uri.startswith(f"{VIRTUAL_SCHEME}:"):
            place = self._server.session.places.place(uri)
            if Path(place).is_absolute():
                return Path(place)
        folders = self._server.session.folders
        return Path(folders[0]) if folders else Path.cwd()


def _presenting(looks: Looks) -> Misuse:
    fix = (
        "start the editor without ENVLSP_PRESENT" if looks.is_forced else "envlsp.presentation.toggle ends it"
    )
    return Misuse("you are presenting: nothing is shown", fix=fix)


def _value_work(uri: str, name: str) -> Work[SecretText]:
    def work(desk: Desk) -> SecretText:
        from envlsp.service import verbs

        return verbs.value_of(desk, name, {"uri": uri})

    return work


def _text(argument: dict[str, Any], name: str) -> str:
    found = argument.get(name)
    if not isinstance(found, str) or not found:
        raise UsageError(f"this command needs '{name}'", fix=f"give '{name}' in its argument")
    return found
