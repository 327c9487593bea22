"""References inside values: to nothing, or round in circles."""

from __future__ import annotations

from envlsp.ide.results import Severity
from tests.support.cursor import read_scene
from tests.support.problems import check_problems, problem, problems_of

UNSAFE = frozenset({"unsafe-unquoted-value", "unused-name"})


def test_a_reference_to_nothing_is_told_on_the_name_that_has_it() -> None:
    scene = check_problems("""
HOST=api.test
  URL=https://${HOST}:${PRT}/${PATH}
# ^^^ undefined-reference
  OTHER=${PORT:-80}${MISSING-x}
""")
    assert problem(scene, "undefined-reference").message == (
        "${PRT} refers to a name that is defined nowhere in this file"
    )


def test_what_may_be_the_tail_of_a_password_is_not_quoted() -> None:
    scene = read_scene("PASSWORD=correct$horse\n")
    assert "horse" not in str(problems_of(scene, UNSAFE))
    assert problem(scene, "undefined-reference").message.startswith("a reference refers")


def test_python_reads_in_file_order() -> None:
    text = """
  URL=${HOST}
# ^^^ undefined-reference
HOST=api.test
"""
    scene = check_problems(text, dialect="python")
    assert "no value yet" in problem(scene, "undefined-reference").message
    check_problems(text.replace("# ^^^ undefined-reference\n", ""))


def test_a_circle_is_told_at_every_name_that_leads_into_it() -> None:
    scene = check_problems(
        """
  A=x${B}
# ^ endless-reference
  B=y${C}
# ^ endless-reference
  C=${A}
# ^ endless-reference
  D=${A}
# ^ endless-reference
E=${F}
F=1
PATH=${PATH}:/opt/bin
""",
    )
    assert "lead back" in problems_of(scene)[0].message


def test_python_never_runs_in_circles_but_finds_nothing_yet() -> None:
    check_problems(
        """
  A=${B}
# ^ undefined-reference
B=${A}
  C=${C}
# ^ undefined-reference
D=1
D=${D}2
""",
        dialect="python",
        ignore=frozenset({"duplicate-name"}),
    )


def test_references_that_multiply_are_found_without_following_them() -> None:
    laughs = "".join(f"B{number + 1}=$B{number}$B{number}\n" for number in range(20))
    scene = read_scene("B0=0123456789\n" + laughs)
    found = [one for one in problems_of(scene) if one.code == "endless-reference"]
    assert [one.range.start.line for one in found] == [14, 15, 16, 17, 18, 19, 20]
    assert {one.severity for one in found} == {Severity.ERROR}


def test_a_long_chain_is_no_trouble() -> None:
    chain = "".join(f"N{number + 1}=${{N{number}}}\n" for number in range(5000))
    assert problems_of(read_scene("N0=1\n" + chain)) == ()
