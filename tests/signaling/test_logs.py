from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from envlsp_signaling import logs
from tests.support.signaling import BLOB, ROOM, hear, plain, process, tell


@pytest.fixture
def root() -> Iterator[None]:
    """Give pytest its own handlers back."""
    top = logging.getLogger()
    handlers, level = top.handlers[:], top.level
    yield
    logging.captureWarnings(capture=False)
    top.handlers[:] = handlers
    top.setLevel(level)


@pytest.mark.usefixtures("root")
def test_lines_for_machines() -> None:
    stream = io.StringIO()
    logs.set_up("json", stream)
    logs.say("draining", connections=3)
    line = json.loads(stream.getvalue())
    assert (line["level"], line["event"], line["connections"]) == ("info", "draining", 3)
    assert line["time"].endswith("Z")


@pytest.mark.usefixtures("root")
def test_lines_for_people() -> None:
    stream = io.StringIO()
    logs.set_up("text", stream)
    logs.say("draining", connections=3)
    assert stream.getvalue().endswith("Z info draining connections=3\n")


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("form", ("text", "json"))
def test_an_unforeseen_failure_is_named_without_its_words(form: str) -> None:
    stream = io.StringIO()
    logs.set_up(form, stream)
    try:
        int("from a client: north")
    except ValueError:
        logging.getLogger("somebody").exception("failed")
    shown = stream.getvalue()
    assert "ValueError" in shown
    assert "north" not in shown
    assert shown.count("\n") == 1


@pytest.mark.usefixtures("root")
def test_a_warning_of_python_is_a_line_without_addresses() -> None:
    stream = io.StringIO()
    logs.set_up("json", stream)
    logging.getLogger("py.warnings").warning(
        "x.py:1: ResourceWarning: unclosed <socket laddr=('192.0.2.1', 1)>"
    )
    assert json.loads(stream.getvalue())["event"] == "python ResourceWarning"
    assert "192.0.2.1" not in stream.getvalue()


@pytest.mark.slow
async def test_every_line_of_a_whole_life_is_json_and_names_nobody() -> None:
    async with process("--log-format", "json", "--connections-per-ip", "2") as server:
        async with plain(server.url) as alice, plain(server.url) as bob:
            for member in (alice, bob):
                await tell(member, 1, ROOM)
                await hear(member)
            await tell(alice, 3, ROOM, BLOB)
            with pytest.raises(Exception, match="429"):
                async with plain(server.url):
                    pass
            await tell(bob, 99)
        assert await server.stop() == 0
    events = [json.loads(line) for line in server.log.splitlines()]
    said = [event["event"] for event in events if not event["event"].startswith("python ")]
    assert said == ["draining", "stopped"]
    assert events[-1]["refused_connection"] == 1
    for private in (b"127.0.0.1", ROOM, ROOM.hex().encode(), BLOB[:16]):
        assert private not in server.log
