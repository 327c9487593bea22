"""Numbers, labels and the words people type for a release."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.domain.environment import team_environment
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.merge import History, ReleaseNode
from envlsp.domain.release import ReleaseKind, Snapshot
from envlsp.domain.versions import Versions, id_text
from envlsp.errors import AmbiguousName, BadText, NotFound

DEV = team_environment("shop", "web", "dev")
SAME = Snapshot({})


def rid(text: str) -> RecordId:
    """An id whose base32 text begins with four given characters."""
    bits = 0
    for char in text:
        bits = bits << 5 | "abcdefghijklmnopqrstuvwxyz234567".index(char)
    return RecordId((bits << (256 - 5 * len(text))).to_bytes(32, "big"))


def node(
    text: str, height: int, *base: str, kind: ReleaseKind = ReleaseKind.PUSH, of: str | None = None
) -> ReleaseNode:
    named = None if of is None else rid(of)
    return ReleaseNode(
        rid(text), DevicePk(bytes(32)), height, DEV, kind, tuple(rid(other) for other in base), named
    )


def versions(*nodes: ReleaseNode) -> Versions[object]:
    return Versions(History(DEV, nodes, {each.id: SAME for each in nodes}))


FORK = (
    node("root", 1),
    node("b7f2", 2, "root"),
    node("code", 2, "root"),
    node("join", 3, "b7f2", "code"),
)


def test_ids_are_lower_case_base32_without_padding() -> None:
    assert id_text(rid("b7f2")) == "b7f2" + "a" * 48


def test_numbers_count_along_base() -> None:
    told = versions(*FORK)
    assert [told.number(rid(text)) for text in ("root", "b7f2", "code", "join")] == [1, 2, 2, 3]


def test_a_shared_number_is_printed_with_letters_of_the_id() -> None:
    told = versions(*FORK)
    assert [told.label(rid(text)) for text in ("root", "b7f2", "code", "join")] == [
        "v1",
        "v2-b7f2",
        "v2-code",
        "v3",
    ]


def test_letters_grow_until_they_differ() -> None:
    told = versions(node("root", 1), node("codeab", 2, "root"), node("codeac", 2, "root"))
    assert told.label(rid("codeab")) == "v2-codeab"
    assert told.find("v2-codeac") == rid("codeac")


@pytest.mark.parametrize(
    ("words", "found"),
    (
        ("v1", "root"),
        ("v2-b7f2", "b7f2"),
        ("V2-B7F2", "b7f2"),
        ("v2-c", "code"),
        (" v3 ", "join"),
        ("~0", "join"),
        ("code", "code"),
        ("codea", "code"),
    ),
)
def test_words_find_a_release(words: str, found: str) -> None:
    assert versions(*FORK).find(words) == rid(found)


def test_a_number_that_two_share_is_ambiguous_and_both_are_listed() -> None:
    with pytest.raises(AmbiguousName, match="v2 may be v2-b7f2, v2-code"):
        versions(*FORK).find("v2")


def test_one_back_over_a_merge_is_ambiguous() -> None:
    with pytest.raises(AmbiguousName, match="~1 may be v2-b7f2, v2-code"):
        versions(*FORK).find("~1")


def test_back_from_two_heads_is_ambiguous() -> None:
    with pytest.raises(AmbiguousName, match="v2-b7f2, v2-code"):
        versions(*FORK[:3]).find("~1")


@pytest.mark.parametrize("words", ("v9", "v2-zzzz", "~4", "zzzz", "v0000001"))
def test_what_does_not_exist_is_not_found_or_not_a_form(words: str) -> None:
    with pytest.raises((NotFound, BadText)):
        versions(*FORK[:2]).find(words)


@pytest.mark.parametrize(
    "words", ("", "v", "v0", "v-1", "v1-", "~", "~-1", "abc", "HEAD^", "v1-b7f8", "é" * 4)
)
def test_other_words_are_refused_with_the_forms(words: str) -> None:
    with pytest.raises(BadText, match="a release is written v3"):
        versions(*FORK).find(words)


def test_an_id_prefix_of_several_lists_them() -> None:
    told = versions(node("root", 1), node("codeab", 2, "root"), node("codeac", 3, "codeab"))
    with pytest.raises(AmbiguousName, match="code may be v2, v3"):
        told.find("code")


def test_back_goes_over_void_releases_and_rekeys() -> None:
    nodes = [
        node("root", 1),
        node("void", 2, "root"),
        node("next", 3, "void"),
        node("keys", 4, "next", kind=ReleaseKind.REKEY, of="next"),
        node("last", 5, "keys"),
    ]
    nodes[1] = replace(nodes[1], void=True)
    told = versions(*nodes)
    assert [told.find(f"~{n}") for n in range(3)] == [rid("last"), rid("next"), rid("root")]
    assert [told.label(each.id) for each in nodes] == ["v1", "v2", "v3", "v3", "v4"]
    with pytest.raises(NotFound, match="no release ~3"):
        told.find("~3")


def test_a_newest_rekey_is_no_step_either() -> None:
    nodes = [node("root", 1), node("keys", 2, "root", kind=ReleaseKind.REKEY, of="root")]
    assert versions(*nodes).find("~0") == rid("root")


def test_a_void_release_does_not_make_a_number_ambiguous() -> None:
    nodes = [node("root", 1), node("b7f2", 2, "root"), replace(node("code", 2, "root"), void=True)]
    told = versions(*nodes)
    assert told.find("v2") == rid("b7f2")
    assert told.label(rid("b7f2")) == "v2"
    assert told.label(rid("code")) == "v2-code"
    assert told.find("v2-code") == rid("code")


def test_a_release_whose_base_is_not_believed_stands_alone() -> None:
    told = versions(node("root", 1), replace(node("code", 2, "root"), misplaced=True))
    assert told.number(rid("code")) == 1
    assert told.label(rid("root")) == "v1"
    assert told.label(rid("code")) == "v1-code"


def test_a_range_has_two_ends() -> None:
    told = versions(*FORK)
    assert told.find_range("v1..v3") == (rid("root"), rid("join"))
    assert told.find_range("v2-code..~0") == (rid("code"), rid("join"))


@pytest.mark.parametrize("text", ("v1", "v1..", "..v1", "v1...v3", ""))
def test_a_range_without_both_ends_is_refused(text: str) -> None:
    with pytest.raises(BadText):
        versions(*FORK).find_range(text)
