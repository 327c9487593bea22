"""How a file is written: what its loader skips, and what only looks right."""

from __future__ import annotations

import pytest

from envlsp.domain.dotenv.parse import MESSAGES
from envlsp.ide.problems import CODES, problems
from envlsp.ide.results import Severity
from tests.support.cursor import read_scene
from tests.support.problems import check_problems, problem


def test_a_file_without_faults_has_no_problems() -> None:
    check_problems("""
# Where the API lives.
export API_URL=https://api.test/?v=1
PASSWORD="with blanks # and all"  # a note
JSON='{"a": 1}'
EMPTY=
""")


def test_lines_that_the_loader_skips_are_marked_on_their_first_character() -> None:
    check_problems("""
A=1
  nothing at all here
# ^ broken-line
    NAME
#   ^ no-equals
""")


def test_a_quote_that_is_never_closed_is_marked_on_the_name() -> None:
    check_problems("""
  TOKEN="abc
# ^^^^^ unterminated-quote
""")


def test_python_skips_the_line_and_the_mark_is_on_its_first_character() -> None:
    check_problems(
        """
  TOKEN="abc
# ^ unterminated-quote
""",
        dialect="python",
    )


def test_every_assignment_but_the_last_is_a_duplicate() -> None:
    scene = check_problems("""
  A=1
# ^ duplicate-name
  B=1
  A=2
# ^ duplicate-name
  A=3
""")
    first = problems(scene.snapshot, scene.place)[0]
    assert first.message == "assigned again on line 4; the last assignment counts"
    assert first.related[0].target.range.start.line == 3


def test_invisible_characters_are_named_and_nothing_around_them_is() -> None:
    scene = check_problems("""
  PASSWORD="hun\u200bter\u200b2"
# ^^^^^^^^ invisible-character
  NAME\u00a0=x
# ^^^^ invisible-character
  EMOJI="👩\u200d💻 ok"
  FLAG="a\u202eb"
# ^^^^ invisible-character
""")
    message = problems(scene.snapshot, scene.place)[0].message
    assert message == ("U+200B ZERO WIDTH SPACE stands in this line, and 1 more like it; nobody can see it")


def test_a_byte_order_mark_is_invisible_only_inside_the_file() -> None:
    check_problems(
        "\ufeff  A=1\n  B=\ufeffx y\n# ^ invisible-character\n", ignore=frozenset({"unsafe-unquoted-value"})
    )


@pytest.mark.parametrize(
    "value", ("a b", "a#b", "a$b$", "a'b", "a\\b", "a;b", "a&b", "a|b", "x<y", "f(x)", "a`b")
)
def test_values_that_a_shell_reads_otherwise_want_quotes(value: str) -> None:
    check_problems(f"  A={value}\n# ^ unsafe-unquoted-value\n", ignore=frozenset({"undefined-reference"}))


@pytest.mark.parametrize(
    "value",
    (
        "plain",
        "https://api.test:8080/a/b?c=d%20e",
        "'a b'",
        '"a # b"',
        "a # a comment",
        "${B}/x",
        "$B-1",
        "${B:-a b}",
    ),
)
def test_values_that_all_read_alike_need_no_quotes(value: str) -> None:
    check_problems(f"B=1\nA={value}\n")


def test_a_comment_silences_the_line_below_it() -> None:
    check_problems("""
# envlsp-ignore: unsafe-unquoted-value, duplicate-name
A=a b
# envlsp-ignore
A=c d
# envlsp-ignore: duplicate-name
# Two lines may follow each other.
  B=a b
# ^ unsafe-unquoted-value
  B=2
""")


def test_ignored_codes_are_not_reported() -> None:
    check_problems("A=a b\n", ignore=frozenset({"unsafe-unquoted-value", "unused-name"}))


def test_every_fault_of_the_parser_has_a_code() -> None:
    assert MESSAGES.keys() <= CODES.keys()


def test_at_most_a_hundred_of_a_family_are_shown() -> None:
    scene = read_scene("".join(f"NAME_{number}=a b\n" for number in range(150)))
    assert len(problems(scene.snapshot, scene.place)) == 100


def test_a_closed_quote_error_is_an_error() -> None:
    scene = read_scene('A="b\n')
    assert problem(scene, "unterminated-quote").severity is Severity.ERROR
