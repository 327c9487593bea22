from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from envlsp.errors import BadText, Misuse, Stopped, UsageError
from envlsp.lsp.talk import EditorTalk
from tests.support.lsp_client import FULL
from tests.support.lsp_inside import Inside

T = TypeVar("T")


class Person:
    """An editor with a person in front, who answers each question as told."""

    def __init__(self, said: dict[str, Any], *answers: Any) -> None:
        self.inside = Inside(said)
        self.answers = list(answers)
        self.stopped = threading.Event()
        self.questions: list[Any] = []
        self.reports: list[str] = []

    async def asked(self, question: Callable[[EditorTalk], T]) -> T:
        """Return what a command gets that asks."""
        loop = asyncio.get_running_loop()
        talk = EditorTalk(self.inside.server, loop, self.stopped.is_set, self.reports.append)
        task = asyncio.ensure_future(asyncio.to_thread(question, talk))
        while not task.done():
            await asyncio.sleep(0.002)
            for message in [message for message in self.inside.sent if message.get("id")]:
                self.inside.sent.remove(message)
                self.questions.append(message)
                if self.answers:
                    answer = {"jsonrpc": "2.0", "id": message["id"]} | self.answers.pop(0)
                    self.inside.server.protocol.receive(answer)
        return task.result()


def result(value: Any) -> dict[str, Any]:
    return {"result": value}


async def test_a_line_of_text_is_asked_for() -> None:
    person = Person(FULL, result({"value": "Alice"}), result({"value": ""}))
    assert await person.asked(lambda talk: talk.ask("who", default="me", flag="--as NAME")) == "Alice"
    assert person.questions[0]["method"] == "envlsp/input"
    assert person.questions[0]["params"] == {"title": "who", "value": "me", "password": False}
    assert await person.asked(lambda talk: talk.ask("who", default="me")) == "me"


async def test_a_secret_is_asked_for_unseen_and_twice_where_it_is_chosen() -> None:
    person = Person(FULL, *(result({"value": word}) for word in ("é", "one", "two", "")))
    assert await person.asked(lambda talk: talk.ask_hidden("passphrase")) == "é".encode()
    assert person.questions[0]["params"]["password"] is True
    with pytest.raises(BadText, match="differ"):
        await person.asked(lambda talk: talk.ask_hidden("passphrase", twice=True))
    with pytest.raises(BadText, match="nothing was typed"):
        await person.asked(lambda talk: talk.ask_hidden("passphrase"))


@pytest.mark.parametrize("answer", (result(None), result({"value": None}), result("x"), result({"value": 1})))
async def test_a_closed_field_stops_the_command(answer: dict[str, Any]) -> None:
    with pytest.raises(Stopped):
        await Person(FULL, answer).asked(lambda talk: talk.ask("who"))
    with pytest.raises(Stopped):
        await Person(FULL, answer).asked(lambda talk: talk.pick("which", [("1", "one", "")]))


async def test_without_a_field_the_argument_is_named() -> None:
    with pytest.raises(UsageError) as failed:
        await Person({}).asked(lambda talk: talk.ask("who", flag="--as NAME"))
    assert failed.value.fix == "pass the argument 'as'"
    with pytest.raises(UsageError):
        await Person({}).asked(lambda talk: talk.ask_hidden("passphrase"))


async def test_one_of_several_by_a_list_or_by_buttons() -> None:
    options = [("1", "one", "first"), ("2", "two", "")]
    person = Person(FULL, result({"value": "2"}))
    assert await person.asked(lambda talk: talk.pick("which", options)) == "2"
    assert person.questions[0]["params"]["items"][0] == {"value": "1", "label": "one", "detail": "first"}
    plain = Person({}, result({"title": "one (first)"}), result(None))
    assert await plain.asked(lambda talk: talk.pick("which", options)) == "1"
    assert plain.questions[0]["method"] == "window/showMessageRequest"
    with pytest.raises(Stopped):
        await plain.asked(lambda talk: talk.pick("which", options))
    with pytest.raises(UsageError):
        await plain.asked(lambda talk: talk.pick("which", [(str(n), str(n), "") for n in range(11)]))


async def test_yes_or_no_by_buttons() -> None:
    person = Person(FULL, result({"title": "Yes"}), result({"title": "No"}))
    assert await person.asked(lambda talk: talk.confirm("sure")) is True
    assert await person.asked(lambda talk: talk.confirm("sure", default=True)) is False


async def test_an_editor_that_answers_with_an_error_is_told_on_politely() -> None:
    person = Person(FULL, {"error": {"code": -32601, "message": "no such method"}})
    with pytest.raises(Misuse, match="the editor could not do that"):
        await person.asked(lambda talk: talk.confirm("sure"))


async def test_a_stopped_command_waits_for_nobody() -> None:
    person = Person(FULL)
    asyncio.get_running_loop().call_later(0.05, person.stopped.set)
    with pytest.raises(Stopped):
        await person.asked(lambda talk: talk.ask("who"))


async def test_what_is_shown_once_is_not_shown_in_an_editor() -> None:
    with pytest.raises(UsageError) as failed:
        await Person(FULL).asked(lambda talk: talk.show_once("these words", ["one", "two"]))
    assert "one" not in str(failed.value)


async def test_what_is_said_is_a_message() -> None:
    person = Person(FULL)
    await person.asked(lambda talk: talk.say("read this out"))
    await asyncio.sleep(0.01)
    assert person.inside.told("window/showMessage") == [{"type": 3, "message": "read this out"}]


CONFIRMING = {"experimental": {"envlsp": {"confirm": True}}}


async def test_a_question_has_what_was_said_before_it() -> None:
    person = Person(CONFIRMING, result({"value": False}))

    def let_in(talk: EditorTalk) -> bool:
        talk.say("Bob wants to join")
        talk.say("both screens must show: one two")
        return talk.confirm("the same words?")

    assert await person.asked(let_in) is False
    lines = ["Bob wants to join", "both screens must show: one two"]
    params = {"title": "the same words?", "lines": lines, "value": False}
    assert [(asked["method"], asked["params"]) for asked in person.questions] == [("envlsp/confirm", params)]
    assert person.reports[-1] == "Bob wants to join · both screens must show: one two"
    assert person.inside.told("window/showMessage") == []


async def test_what_could_not_be_read_in_the_line_of_progress_is_a_message() -> None:
    person = Person(CONFIRMING)

    def pull(talk: EditorTalk) -> None:
        talk.say("nobody is there")
        talk.say("the newest is v1")
        talk.turn()
        talk.turn()

    await person.asked(pull)
    await asyncio.sleep(0.01)
    (told,) = person.inside.told("window/showMessage")
    assert told["message"] == "nobody is there · the newest is v1"


async def test_what_stood_there_long_enough_is_not_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envlsp.lsp.talk.READ_S", 0.0)
    person = Person(CONFIRMING)

    def wait(talk: EditorTalk) -> None:
        talk.say("both screens must show: one two")
        talk.turn()

    await person.asked(wait)
    await asyncio.sleep(0.01)
    assert person.inside.told("window/showMessage") == []


@pytest.mark.parametrize("answer", (result(None), result({"value": None}), result({"value": "Yes"})))
async def test_a_question_that_is_put_away_stops_the_command(answer: dict[str, Any]) -> None:
    with pytest.raises(Stopped):
        await Person(CONFIRMING, answer).asked(lambda talk: talk.confirm("sure"))
