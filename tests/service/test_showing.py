"""An environment as a masked document: the release's own layout and no value of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envlsp.domain.dotenv.covering import Covering
from envlsp.domain.dotenv.edit import apply
from envlsp.domain.dotenv.parse import parse
from envlsp.domain.dotenv.tokens import Document
from envlsp.domain.environment import Triple
from envlsp.domain.secret import MASK
from envlsp.errors import BadText, NotFound
from envlsp.service.documents_uri import DocumentUri, parse_uri, to_uri
from envlsp.service.showing import date_of, show
from tests.support.cast import FIRST_FILE, Actor, Cast, meet


def without_values(document: Document, values: re.Pattern[bytes] | None = None) -> bytes:
    return apply(document.data, Covering(document, values).all_edits())


def shown(actor: Actor, release: str | None = None) -> str:
    text = show(actor.team, actor.context.triple, "node", release).to_text()
    header, _, body = text.partition("\n\n")
    assert all(line.startswith("# ") for line in header.split("\n"))
    return body


def test_names_comments_and_layout_stay(cast: Cast) -> None:
    (alice,) = cast.team()
    text = show(alice.team, alice.context.triple, "node").to_text()
    lines = text.split("\n")
    assert lines[0] == "# shop/shop/dev, values masked"
    assert lines[1].startswith("# v1 by Alice, 20")
    assert shown(alice) == f"# the api\nAPI_URL={MASK}\nexport TOKEN={MASK} # c\n\nDB={MASK}\n"


ODD = (
    b"\xef\xbb\xbfA = hunter2-spaced\n"
    b"# OLD=hunter2-old\n"
    b"#export OLD2='hunter2 older'\n"
    b'B="hunter2\n# hunter2 second line\nhunter2" # once hunter2-spaced, mind you\n'
    b"C='hunter2 quoted' hunter2-behind\n"
    b"hunter2 no assignment at all\n"
    b"A2=hunter2-lost\nA2=hunter2-won\n"
    b"E=\r\n"
    b"  export   F: hunter2-colon\n"
    b"G=1 # before: hunter2=hunter2\n"
)


@pytest.mark.parametrize("dialect", ("node", "python"))
def test_nothing_that_may_be_a_value_is_shown(dialect: str) -> None:
    document = parse(ODD, dialect)
    text = without_values(document).decode()
    assert "hunter2" not in text.replace("# once hunter2-spaced, mind you", "").replace(
        "before: hunter2=", ""
    )
    for name in ("A", "OLD", "B", "A2", "E"):
        assert name in text
    assert ("F: " in text) is (dialect == "node")
    assert "mind you" in text


def test_what_looks_like_a_value_in_a_comment_is_masked() -> None:
    text = b"# was: 8f14e45fceea167a5a36\n# my://root:hunter2@db/x\nA=1 # 8f14e45fceea167a5a36\n# v2\n"
    expected = f"# was: {MASK}\n# my://root:{MASK}@db/x\nA={MASK} # {MASK}\n# v2\n"
    assert without_values(parse(text, "node")).decode() == expected
    overlapping = re.compile(b"was: 8f14|e167a5a36|8f14e45fceea167a5a36")
    assert without_values(parse(text, "node"), overlapping).decode() == expected.replace("was: ", "", 1)


def test_a_value_repeated_in_a_comment_is_masked(cast: Cast) -> None:
    alice = cast.actor("alice").found(
        b"# never use hunter2-long\nP='hunter2-long' # hunter2-long!\nS=on # on\n"
    )
    alice.push()
    assert shown(alice) == f"# never use {MASK}\nP={MASK} # {MASK}!\nS={MASK} # on\n"


def test_an_older_release(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(b"A=1\n")
    assert shown(alice) == f"A={MASK}\n"
    assert shown(alice, "v1").startswith("# the api\n")
    with pytest.raises(NotFound):
        shown(alice, "v9")
    with pytest.raises(NotFound, match="no release"):
        show(alice.team, Triple("shop", "shop", "none"), "node").to_text()


def test_a_conflict_is_told_with_its_sides(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    alice.push(FIRST_FILE.replace(b"x.test", b"alice.test"))
    bob.push(FIRST_FILE.replace(b"x.test", b"bob.test"))
    meet(alice, bob)
    text = show(bob.team, bob.context.triple, "").to_text()
    assert "# in conflict: API_URL (v2-" in text
    assert ".test" not in text
    assert f"TOKEN={MASK}\n" in text


VALUES = st.text("¤$'\"`\\ =\n\r\tab{}", min_size=1).map(lambda text: f"¤¤{text}¤¤")
LINES = st.one_of(
    st.builds("{}={}\n".format, st.sampled_from("ABC"), VALUES),
    st.builds("export {} = '{}'\n".format, st.sampled_from("ABC"), VALUES),
    st.builds('{}="{}" # note\n'.format, st.sampled_from("ABC"), VALUES),
    st.builds("# {}={}\n".format, st.sampled_from("XYZ"), VALUES.map(lambda v: v.replace("\n", " "))),
    st.sampled_from(["\n", "# a comment\n", "\r\n", "   \n", "D\n", "="]),
)


@given(st.lists(LINES, max_size=6), st.sampled_from(("node", "python")))
@settings(max_examples=150, deadline=None)
def test_no_value_in_what_is_shown(lines: list[str], dialect: str) -> None:
    data = "".join(lines).encode()
    document = parse(data, dialect)
    text = without_values(document).decode("utf-8", "replace")
    assert "¤" not in text
    for statement in document.statements:
        if statement.name_start >= 0 and (name := document.name_of(statement)) in "ABC":
            assert name in text


@pytest.mark.parametrize("ts", (-(2**63), 2**62))
def test_impossible_times_are_no_error(ts: int) -> None:
    assert date_of(ts) == "at no possible time"


# --- names of documents ---

LABELS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,9}", fullmatch=True)


@given(
    st.from_regex(r"tm1[a-z0-9]{0,20}", fullmatch=True),
    st.builds(Triple, LABELS, LABELS, LABELS),
    st.none() | st.from_regex(r"v[0-9]{1,3}(-[a-z2-7]{4})?", fullmatch=True),
)
def test_what_is_written_is_read(team: str, triple: Triple, release: str | None) -> None:
    assert parse_uri(to_uri(team, triple, release)) == DocumentUri(team, triple, release)


def test_editors_may_escape_what_they_like() -> None:
    assert parse_uri("envlsp://TM1abc/shop%2Fweb/dev%40v3") == DocumentUri(
        "tm1abc", Triple("shop", "web", "dev"), "v3"
    )


@pytest.mark.parametrize(
    "text",
    (
        "envlsp://tm1/shop/web",
        "envlsp://tm1/shop/web/dev/more",
        "envlsp:///shop/web/dev",
        "envlsp://tm1/shop/web/dev@",
        "envlsp://tm1/shop/../dev",
        "envlsp://tm1/SHOP/web/dev",
        "envlsp://tm1/shop/web/dev?x=1",
        "envlsp://tm1/shop/web/dev#x",
        "envlsp://[/shop/web/dev",
        "file:///shop/web/dev",
        "envlsp://tm1/" + "a" * 2_000,
        "",
    ),
)
def test_what_names_no_environment(text: str) -> None:
    with pytest.raises(BadText):
        parse_uri(text)
