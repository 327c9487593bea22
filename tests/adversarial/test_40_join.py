"""Attacks on joining: guesses, second attempts, altered and reflected pipes, contested removals.

Cases 40 and 56 of docs/protocol.md, "I. Adversarial tests". Blobs are those of the wire;
the pipe between both sides is in the hands of the server, who may do what it likes.
"""

from __future__ import annotations

import pytest

from envlsp.crypto.pairing import Code, Pairing, parse_code
from envlsp.domain.ids import RecordId
from envlsp.domain.ledger.records import Role
from envlsp.errors import BadText, CodeRefused, Misuse
from envlsp.sync.join import (
    CodeBurned,
    CodeMatched,
    InviterJoin,
    JoinerJoin,
    JoinGranted,
    JoinRequested,
    SendBlob,
    Welcomed,
)
from envlsp.sync.states import Inviting, Joining
from envlsp.wire.join import BlobKind, encode_blob
from tests.support.joins import FOUNDER, welcome
from tests.support.ledger_builder import Actor, a_revoke
from tests.support.mailboxes import CODE, HEADS, WRONG, Mailbox, joined, of
from tests.support.wire_book import Book, alice, bob, charlie, dave, merged
from tests.support.wire_faults import flip

# --- 40: the spoken code ---


def test_case_40_the_right_code_leads_to_equal_words_and_a_grant() -> None:
    box = Mailbox()
    assert of(box.at_inviter, CodeMatched) == of(box.at_joiner, CodeMatched) == [CodeMatched()]
    words = box.ask()
    (asked,) = of(box.at_inviter, JoinRequested)
    assert asked.sas == words
    assert (asked.request.name, asked.request.label) == ("Bob <bob@example.com>", "laptop")
    box.inviter.grant(HEADS)
    box.run()
    assert of(box.at_joiner, JoinGranted) == [JoinGranted(HEADS)]
    assert (box.inviter.state, box.joiner.state) == (Inviting.GRANTED, Joining.GRANTED)


def test_case_40_a_wrong_code_burns_it_and_the_joiner_gets_nothing() -> None:
    box = Mailbox(WRONG)
    assert len(of(box.at_joiner, CodeBurned)) == 1
    assert of(box.at_joiner, Welcomed) == []
    # The guess is spent: the right code comes too late now.
    late = JoinerJoin(CODE)
    for effect in late.take_effects():
        assert isinstance(effect, SendBlob)
        box.inviter.receive(effect.blob)
    box.run()
    assert len(of(box.at_inviter, CodeBurned)) == 1
    assert box.inviter.state is Inviting.OVER


def test_case_40_a_guess_that_is_confirmed_wrongly_burns_the_code() -> None:
    inviter = InviterJoin(CODE, welcome())
    guess = JoinerJoin(WRONG)
    (hello,) = guess.take_effects()
    assert isinstance(hello, SendBlob)
    inviter.receive(hello.blob)
    inviter.take_effects()
    inviter.receive(encode_blob(BlobKind.CONFIRM, bytes(32)))
    (burned,) = inviter.take_effects()
    assert isinstance(burned, CodeBurned)


def test_case_40_a_second_attempt_burns_the_code_even_after_the_first_succeeded() -> None:
    box = Mailbox()
    second = JoinerJoin(CODE)
    for effect in second.take_effects():
        assert isinstance(effect, SendBlob)
        box.inviter.receive(effect.blob)
    box.run()
    assert len(of(box.at_inviter, CodeBurned)) == 1
    with pytest.raises(Misuse):
        box.inviter.grant(HEADS)


@pytest.mark.parametrize("number", (0, 1, 2, 3, 4))
@pytest.mark.parametrize("position", (3, 20, 60))
def test_case_40_an_altered_blob_burns_the_code(number: int, position: int) -> None:
    def meddle(count: int, blob: bytes) -> bytes:
        return flip(position)(blob) if count == number else blob

    box = Mailbox(meddle=meddle)
    if of(box.at_joiner, Welcomed):
        box.ask()
    burned = of(box.at_inviter, CodeBurned) + of(box.at_joiner, CodeBurned)
    assert len(burned) == 1
    assert of(box.at_inviter, JoinRequested) == []


def test_case_40_a_repeated_or_reordered_box_burns_the_code() -> None:
    box = joined()
    first, second = box.joiner.seal_signal(b"1"), box.joiner.seal_signal(b"2")
    box.inviter.receive(first)
    box.inviter.receive(first)
    box.run()
    assert len(of(box.at_inviter, CodeBurned)) == 1
    box = joined()
    first, second = box.joiner.seal_signal(b"1"), box.joiner.seal_signal(b"2")
    box.inviter.receive(second)
    box.run()
    assert len(of(box.at_inviter, CodeBurned)) == 1


def test_case_40_a_reflected_box_does_not_open() -> None:
    box = joined()
    box.joiner.receive(box.joiner.seal_signal(b"mine"))
    box.run()
    assert len(of(box.at_joiner, CodeBurned)) == 1


@pytest.mark.parametrize(
    "text",
    (
        "",
        "004711",
        "004711-",
        "004711---",
        "004711-abandon-ability",
        "004711-abandon-ability-zoo-zoo",
        "004711-abandon-ability-zooo",
        "4711-abandon-ability-zoo",
        "0004711-abandon-ability-zoo",
        "٠٠٤٧١١-abandon-ability-zoo",
        "abandon-ability-zoo",
        "004711 abandon ability zoo",
        "004711-abandon--zoo",
    ),
)
def test_case_40_anything_else_is_no_code(text: str) -> None:
    with pytest.raises(BadText):
        parse_code(text)


@pytest.mark.parametrize("other", (Code(4711, ("abandon", "ability", "zone")), Code(4712, CODE.words)))
def test_case_40_other_words_or_another_mailbox_give_other_keys(other: Code) -> None:
    inviter, joiner = Pairing(CODE, "inviter"), Pairing(other, "joiner")
    assert inviter.finish(joiner.message).peer_confirm != joiner.finish(inviter.message).own_confirm


def test_case_40_a_pairing_finishes_once() -> None:
    inviter = Pairing(CODE, "inviter")
    inviter.finish(Pairing(CODE, "joiner").message)
    with pytest.raises(CodeRefused):
        inviter.finish(Pairing(CODE, "joiner").message)


def test_case_40_a_reflected_message_is_refused() -> None:
    inviter = Pairing(CODE, "inviter")
    with pytest.raises(CodeRefused):
        inviter.finish(inviter.message)
    again = Pairing(CODE, "inviter")
    with pytest.raises(CodeRefused):
        again.finish(b"B" + again.message[1:])


@pytest.mark.parametrize("word", ("able", "about", "above", "absent", "zone"))
def test_case_40_a_server_that_guesses_gets_one_guess_and_nothing_else(word: str) -> None:
    """It plays the joiner, one word off: the guess costs the code it was made for."""
    inviter = InviterJoin(CODE, welcome())
    guess = JoinerJoin(Code(CODE.mailbox, (*CODE.words[:2], word)))
    seen = b""
    for _ in range(4):
        for one, other in ((guess, inviter), (inviter, guess)):
            for effect in one.take_effects():
                if isinstance(effect, SendBlob):
                    seen += effect.blob
                    other.receive(effect.blob)
    assert guess.state is Joining.OVER
    for hidden in (welcome().team, welcome().genesis, FOUNDER.public, b"signal.example.org"):
        assert bytes(hidden) not in seen
    inviter.receive(encode_blob(BlobKind.CONFIRM, bytes(32)))
    assert inviter.state is Inviting.OVER


# --- 56: a removal is contested ---


def contest(book: Book, who: Actor, removal: RecordId, *against: Actor) -> bool:
    """Let somebody who was removed remove the remover, as if the removal had never been seen."""
    parents = [book.ledger.get(one) for one in book.ledger.parents_without(who.dpk, removal)]
    record = book.build(who, a_revoke(*against), at=[one for one in parents if one is not None])
    book.judge(record)
    return book.counts(record)


def removed(by: Actor, whom: Actor) -> tuple[Book, RecordId]:
    book = Book()
    book.grant(alice, bob, Role.ADMIN)
    book.grant(alice, charlie, Role.ADMIN)
    book.release(whom)
    kill = book.write(by, a_revoke(whom, epochs=(book.epoch(without=[whom]),)))
    book.grant(by, dave)
    book.push(by, {"TOKEN": "after the removal"})
    return book, kill.id


@pytest.mark.parametrize(("junior", "senior"), ((charlie, alice), (charlie, bob), (bob, alice)))
def test_case_56_a_senior_contests_and_is_back(junior: Actor, senior: Actor) -> None:
    book, kill = removed(junior, senior)
    assert not book.has(senior)
    assert contest(book, senior, kill, junior)
    assert book.has(senior)
    assert not book.has(junior)
    assert not book.has(dave), "whom the junior let in concurrently is out with him"
    merged(book)


@pytest.mark.parametrize(("senior", "junior"), ((alice, bob), (alice, charlie), (bob, charlie)))
def test_case_56_a_junior_contests_in_vain(senior: Actor, junior: Actor) -> None:
    book, kill = removed(senior, junior)
    before = book.state.members
    assert not contest(book, junior, kill, senior)
    assert book.state.members == before
    assert book.has(senior)
    assert book.view() == {"TOKEN": "after the removal"}
    merged(book)
