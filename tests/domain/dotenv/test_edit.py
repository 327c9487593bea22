from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from envlsp.domain.dotenv.edit import (
    Edit,
    apply,
    insert_assignment,
    is_one_value,
    literal_for,
    remove,
    rename,
    set_literal,
)
from envlsp.domain.dotenv.parse import entries, parse
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import BadText, NotFound
from tests.support.corpus import values as values_of
from tests.support.dotenv_files import DIALECTS, files_with_entries, names, values

A, B, NEW = SecretName("A"), SecretName("B"), SecretName("NEW_1")
dialects = st.sampled_from(DIALECTS)


def literal(text: str) -> SecretText:
    return SecretText(text)


def expressible(text: str, dialect: str) -> SecretText:
    try:
        return literal_for(SecretText(text), dialect)
    except BadText:
        assume(False)
        raise


@given(values, dialects)
@example("$HOME ${HOME} \\$HOME", "node")
@example("${HOME} ${:-$}", "python")
@example('it\'s "both"', "node")
@example("a\r\nb", "node")
@example("C:\\dir\\", "node")
@example("", "python")
def test_a_quoted_value_is_read_back(text: str, dialect: str) -> None:
    written = expressible(text, dialect).reveal()
    data = b"X='1'\nNAME=" + written + b'\nY="2" # it\'s\n'
    assert values_of(data, dialect) == {"X": "1", "NAME": text, "Y": "2"}


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_python_can_write_any_text(text: str) -> None:
    assert values_of(b"N=" + literal_for(SecretText(text), "python").reveal(), "python") == {"N": text}


@given(st.text(st.characters(exclude_characters="\0'\\\r", exclude_categories=["Cs"])))
def test_node_can_write_any_text_without_an_apostrophe_or_backslash(text: str) -> None:
    assert values_of(b"N=" + literal_for(SecretText(text), "node").reveal(), "node") == {"N": text}


@pytest.mark.parametrize(
    ("value", "dialect", "expected"),
    (
        ("plain-1.2/x", "node", "plain-1.2/x"),
        ("two words", "node", '"two words"'),
        ('say "hi"', "node", "'say \"hi\"'"),
        ("pa$word", "node", '"pa\\$word"'),
        ("costs $5", "node", '"costs $5"'),
        ('it\'s "both"', "node", '`it\'s "both"`'),
        ('it\'s "both"', "python", "'it\\'s \"both\"'"),
        ("a\\b c", "python", "'a\\\\b c'"),
        ("${X}", "python", '"${:-$}{X}"'),
        ("", "node", ""),
    ),
)
def test_the_literal_that_is_chosen(value: str, dialect: str, expected: str) -> None:
    assert literal_for(SecretText(value), dialect).reveal_text() == expected


def test_a_kind_of_quote_is_kept_where_it_works() -> None:
    assert literal_for(SecretText("x"), "node", like=literal("'old'")).reveal() == b"'x'"
    assert literal_for(SecretText("it's"), "node", like=literal("'old'")).reveal() == b'"it\'s"'


@pytest.mark.parametrize("value", (b"a\0b", b"\xff", b"'\"`#", b"x" * 70_000))
def test_what_cannot_be_written_is_refused(value: bytes) -> None:
    with pytest.raises(BadText) as refused:
        literal_for(SecretText(value), "node")
    assert value.decode("utf-8", "replace") not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "dialect", "one"),
    (
        ("'x y'", "node", True),
        ("x y", "python", True),
        ("", "node", True),
        ("x # y", "node", False),
        ("x\nB=1", "node", False),
        ("'x' y", "python", False),
        (" x", "node", False),
        ("'x\ny'", "python", True),
    ),
)
def test_one_value_by_itself(text: str, dialect: str, one: bool) -> None:
    assert is_one_value("A", literal(text), dialect) is one


def changed(data: bytes, dialect: str, name: SecretName, text: str) -> bytes:
    document = parse(data, dialect)
    return apply(data, [set_literal(document, name, literal(text))])


@pytest.mark.parametrize(
    ("data", "dialect", "text", "expected"),
    (
        (b"A=1 # c\nB=2\n", "node", "'9'", b"A='9' # c\nB=2\n"),
        (b"A=  # c\n", "node", "x", b"A=x  # c\n"),
        (b"A='1'#c\n", "python", "x", b"A=x #c\n"),
        (b"A=1\nA=2\n", "node", "3", b"A=1\nA=3\n"),
        (b"A=\n'x'\n", "node", "y", b"A=y\n"),
        (b"A: x\n", "node", "y", b"A: y\n"),
        (b"A\n", "python", "y", b"A=y\n"),
        (b"A", "python", "y", b"A=y"),
    ),
)
def test_setting_a_value(data: bytes, dialect: str, text: str, expected: bytes) -> None:
    assert changed(data, dialect, A, text) == expected


@given(files_with_entries, dialects, values)
def test_setting_touches_one_name_and_one_range(data: bytes, dialect: str, text: str) -> None:
    document = parse(data, dialect)
    before = entries(document)
    assume(before)
    name = min(before)
    new = expressible(text, dialect)
    try:
        edit = set_literal(document, name, new)
    except BadText:
        return
    after = apply(data, [edit])
    assert entries(parse(after, dialect)) == {**before, name: new}
    assert after[: edit.start] == data[: edit.start]
    assert after[edit.start + len(edit.replacement) :] == data[edit.end :]


@given(files_with_entries, dialects, names, values)
def test_inserting_adds_one_name(data: bytes, dialect: str, name: str, text: str) -> None:
    document = parse(data, dialect)
    new = expressible(text, dialect)
    try:
        edit = insert_assignment(document, SecretName(name), new)
    except BadText:
        return
    after = entries(parse(apply(data, [edit]), dialect))
    assert after == {**entries(document), SecretName(name): new}


@given(files_with_entries, dialects)
def test_removing_takes_one_name_away(data: bytes, dialect: str) -> None:
    document = parse(data, dialect)
    before = entries(document)
    assume(before)
    name = max(before)
    try:
        edits = remove(document, name)
    except BadText:
        return
    del before[name]
    assert entries(parse(apply(data, edits), dialect)) == before


@given(files_with_entries, dialects)
def test_renaming_renames_one_name(data: bytes, dialect: str) -> None:
    document = parse(data, dialect)
    before = entries(document)
    assume(before)
    name = max(before)
    try:
        edits = rename(document, name, NEW)
    except BadText:
        return
    after = entries(parse(apply(data, edits), dialect))
    assert after == {**{n: v for n, v in before.items() if n != name}, NEW: before[name]}


def test_inserting_at_the_end_and_in_between() -> None:
    data = b"A=1\r\nB=2"
    document = parse(data)
    assert apply(data, [insert_assignment(document, NEW, literal("x"))]) == b"A=1\r\nB=2\r\nNEW_1=x\r\n"
    between = insert_assignment(document, NEW, literal("x"), after=document.statements[0])
    assert apply(data, [between]) == b"A=1\r\nNEW_1=x\r\nB=2"
    assert insert_assignment(parse(b""), NEW, literal("x")) == Edit(0, 0, b"NEW_1=x\n")


def test_an_insertion_that_would_change_its_neighbour_is_refused() -> None:
    with pytest.raises(BadText):  # node would read `NEW_1=x` as the value of A
        insert_assignment(parse(b"A:"), NEW, literal("x"))
    with pytest.raises(BadText):
        insert_assignment(parse(b"A=1\n"), A, literal("x"))
    with pytest.raises(BadText):
        insert_assignment(parse(b"A=1\n"), NEW, literal("x\nPATH=/evil"))


def test_all_lines_of_a_name_go_and_are_renamed() -> None:
    data = b"A=1\n# c\nA=2\nB=${A}\n"
    document = parse(data)
    assert apply(data, remove(document, A)) == b"# c\nB=${A}\n"
    assert apply(data, rename(document, A, NEW)) == b"NEW_1=1\n# c\nNEW_1=2\nB=${A}\n"
    with pytest.raises(BadText):
        rename(document, A, B)
    with pytest.raises(NotFound):
        remove(document, NEW)
    with pytest.raises(NotFound):
        rename(document, NEW, SecretName("OTHER"))
    with pytest.raises(NotFound):
        set_literal(document, NEW, literal("x"))


def test_an_edit_shows_no_content() -> None:
    assert "hunter2" not in repr(set_literal(parse(b"A=1\n"), A, literal("hunter2")))
