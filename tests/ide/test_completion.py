"""Which names are offered where, in which order, and what they are replaced with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.ide.completion import complete, resolve
from envlsp.ide.offers import ITEMS_MAX
from envlsp.ide.positions import Encoding, Position
from envlsp.ide.results import Completion
from tests.support.cursor import Scene, read_scene

CARET = "<|>"
THREE = "DB_URL=1\nDEBUG=1\nAPI_DB=1\n"


def completion_of(scene: Scene) -> Completion:
    return complete(scene.snapshot, scene.place, scene.caret)


def check_completion(
    scene: str, expected: str, *, encoding: Encoding = Encoding.UTF16, dialect: str = "node"
) -> None:
    """Compare the labels, separated by blanks, in the order the editor shows them."""
    found = completion_of(read_scene(scene, encoding=encoding, dialect=dialect))
    shown = sorted(found.items, key=lambda item: item.sort)
    assert " ".join(item.label for item in shown) == expected
    assert [item.label for item in found.items] == [item.label for item in shown]


def check_accepted(scene: str, label: str, line: str, *, encoding: Encoding = Encoding.UTF16) -> None:
    """Compare the line of the caret after one of the items was taken."""
    found = read_scene(scene, encoding=encoding)
    item = next(item for item in completion_of(found).items if item.label == label)
    assert item.edit.place == found.place
    text = found.snapshot.documents[found.place].text
    assert found.caret in item.edit.range
    assert text.replaced(item.edit.range, item.edit.new_text).line(found.caret.line) == line


@pytest.mark.parametrize(
    "code",
    (
        "#- app.ts\nprocess.env.D<|>\n",
        "#- app.ts\nprocess.env['D<|>']\n",
        "#- app.tsx\nconst a = <b>{process.env.D<|>}</b>\n",
        "#- app.js\nimport.meta.env.D<|>\n",
        "#- app.py\nimport os\nos.environ['D<|>']\n",
        "#- app.py\nimport os\nos.environ.get('D<|>')\n",
        "#- app.py\nimport os\nos.getenv('D<|>')\n",
    ),
)
def test_in_code(code: str) -> None:
    check_completion(THREE + code, "DB_URL DEBUG API_DB")


@pytest.mark.parametrize("typed", ("db", "DB", "Db"))
def test_case_does_not_matter_and_beginnings_come_first(typed: str) -> None:
    check_completion(f"{THREE}#- app.ts\nprocess.env.{typed}<|>\n", "DB_URL API_DB DEBUG")


def test_letters_with_gaps_come_last() -> None:
    check_completion(f"{THREE}#- app.ts\nprocess.env.dbl<|>\n", "DB_URL")


def test_names_already_taken_come_last() -> None:
    check_completion("A=1\nB=1\nC=1\n#- app.ts\nconst { A, <|> } = process.env\n", "B C A")


def test_nowhere_else_in_code() -> None:
    check_completion(f"{THREE}#- app.ts\nconsole.D<|>\n", "")
    check_completion(f"{THREE}#- app.ts\nprocess.env.DEBUG; D<|>\n", "")


def test_names_that_need_quotes_are_offered_inside_of_quotes() -> None:
    names = "DB.HOST=1\nDB-PORT=1\n2ND=1\nDB=1\n"
    check_completion(f"{names}#- app.ts\nprocess.env.<|>\n", "DB")
    check_completion(f"{names}#- app.ts\nconst {{ D<|> }} = process.env\n", "DB")
    check_completion(f"{names}#- app.ts\nprocess.env['<|>']\n", "2ND DB DB-PORT DB.HOST")


def test_the_whole_name_is_replaced() -> None:
    check_accepted(f"{THREE}#- app.ts\nfetch(process.env.DB<|>_X)\n", "DB_URL", "fetch(process.env.DB_URL)")
    check_accepted(f"{THREE}#- app.py\nimport os\nos.environ['D<|>']\n", "DB_URL", "os.environ['DB_URL']")


@pytest.mark.parametrize("encoding", tuple(Encoding))
def test_behind_emoji_and_combining_marks(encoding: Encoding) -> None:
    check_accepted(
        f"{THREE}#- app.ts\nf('😀e\u0301', process.env.DE<|>)\n",
        "DEBUG",
        "f('😀e\u0301', process.env.DEBUG)",
        encoding=encoding,
    )
    check_accepted("A=1\nB='😀e\u0301 ${<|>'\n", "A", "B='😀e\u0301 ${A}'", encoding=encoding)


def test_names_of_every_environment_and_release() -> None:
    scene = read_scene(
        "A=1\n#- .env.staging\nB=1\n#- .env.example\nC=1\n"
        "#- prod v1 by Bob\nA=1\nD=1\n#- app.ts\nprocess.env.<|>\n"
    )
    details = {item.label: item.detail for item in completion_of(scene).items}
    assert details == {"A": "dev, prod", "B": "staging", "C": ".env.example", "D": "prod"}


def test_what_a_file_lacks() -> None:
    check_completion(
        "A=1\n<|>\n#- .env.example\nA=1\nE=1\n#- .env.staging\nS=1\n"
        "#- dev v1 by Bob\nR=1\n#- app.ts\nprocess.env.C\n",
        "C E R S",
    )


def test_a_name_that_is_being_typed() -> None:
    scene = "A=1\n{}\n#- .env.example\nDB_URL=x\nDB_USER=x\n"
    check_completion(scene.format("DB<|>"), "DB_URL DB_USER")
    check_accepted(scene.format("DB<|>"), "DB_URL", "DB_URL=")
    check_accepted(scene.format("D<|>B"), "DB_URL", "DB_URL=")
    check_accepted(scene.format("D<|>B = 1"), "DB_URL", "DB_URL = 1")
    check_accepted(scene.format("export DB<|>"), "DB_USER", "export DB_USER=")
    check_accepted(scene.format("DB_URL<|>=1"), "DB_URL", "DB_URL=1")
    check_completion(scene.format("DB_URL=1\nDB<|>"), "DB_USER")
    check_completion(scene.format("A=D<|>"), "")
    check_completion(scene.format("# D<|>"), "")
    check_completion(scene.format('X="\nD<|>\n"'), "")


@pytest.mark.parametrize("line", ("<|>", "export <|>", "  export\t<|>", "export D<|>", "export D<|>=1"))
@pytest.mark.parametrize("dialect", ("node", "python"))
def test_behind_export_as_at_the_start_of_a_line(line: str, dialect: str) -> None:
    scene = f"A=1\n{line}\nB=1\n#- .env.example\nA=\nDB_URL=\nB=\n"
    check_completion(scene, "DB_URL", dialect=dialect)
    assert not completion_of(read_scene(scene, dialect=dialect)).is_incomplete


@pytest.mark.parametrize("value", ("<|>", "D<|>", "'D<|>'", '"<|>"', "x D<|>", "D<|>  # note"))
@pytest.mark.parametrize("dialect", ("node", "python"))
def test_in_a_value_only_references_and_listed_words(value: str, dialect: str) -> None:
    scene = f"A=1\nD=1\nX={value}\n#- .env.example\nDB_URL=\n#- app.ts\nprocess.env.DEBUG\n"
    check_completion(scene, "", dialect=dialect)
    check_completion(scene.replace("<|>", "${<|>"), "A D", dialect=dialect)


@pytest.mark.parametrize("dialect", ("node", "python"))
def test_a_name_in_both_dialects(dialect: str) -> None:
    check_completion("A=1\nD<|>\nB=2\n#- .env.example\nD=\n", "D", dialect=dialect)


def test_references() -> None:
    check_completion("AA=1\nAB=1\nB=$<|>\n", "AA AB")
    check_completion('AA=1\nAB=1\nB="x${A<|>"\n', "AA AB")
    check_completion("AA=1\nB=A<|>\n", "")
    check_completion("AA=1\nB=\\$<|>\n", "")
    check_completion("AA=1\nB=$x y<|>\n", "")
    check_completion('AA=1\nB="${A<|>\n', "AA", dialect="python")
    check_completion('AA=1\nB="${A<|>\nC="x"\n', "AA", dialect="python")
    check_completion("AA=1\nB='x' # ${A<|>\n", "")
    check_completion("AA=1\n${A<|>\n", "")


@pytest.mark.parametrize(
    ("line", "after"),
    (
        ("B=$<|>", "B=${AA}"),
        ("B=$A<|>", "B=${AA}"),
        ("B=${<|>", "B=${AA}"),
        ("B=${A<|>}", "B=${AA}"),
        ("B=${A<|>X}/y", "B=${AA}/y"),
        ("B=${<|>:-z}", "B=${AA:-z}"),
        ('B="${A<|>"', 'B="${AA}"'),
        ("B=${AA}${<|>", "B=${AA}${AA}"),
    ),
)
def test_braces_are_closed_once(line: str, after: str) -> None:
    check_accepted(f"AA=1\n{line}\n", "AA", after)
    check_accepted(f"AA=1\r\n{line}\r\n", "AA", after)


def test_words_that_a_comment_lists() -> None:
    above = "# How much to say, one of: debug, info or none.\n"
    check_completion(f"{above}LEVEL=<|>\n", "debug info none")
    check_completion("LEVEL=<|>\n#- .env.example\n# Either on | off\nLEVEL=\n", "on off")
    check_completion("# One of these days.\nLEVEL=<|>\n", "")
    check_completion("# one of: http://x, y\nLEVEL=<|>\n", "")
    check_accepted(f"{above}LEVEL='in<|>f' # why\n", "info", "LEVEL='info' # why")
    check_accepted(f"{above}LEVEL=in<|>f # why\n", "none", "LEVEL=none # why")


def test_in_ev_yaml_fields_are_offered() -> None:
    found = completion_of(read_scene("#- ev.yaml\nversion: 1\npro<|>\n"))
    assert "project" in [item.label for item in found.items]


def test_nothing_in_other_documents() -> None:
    check_completion("A=1\n#- notes.md\nprocess.env.<|>\n", "")


def test_an_item_tells_about_the_name_and_not_its_value() -> None:
    scene = read_scene("# What for.\nA=hunter2\n#- app.ts\nprocess.env.<|>\n")
    found = completion_of(scene)
    assert "hunter2" not in repr(found)
    told = resolve(scene.snapshot, found.items[0].label, found.items[0].data)
    assert told.startswith("`A` ••••••\n\nWhat for.")
    assert resolve(scene.snapshot, "A", {}) == ""


def test_no_place_offers_a_value() -> None:
    text = "A=hunter2\n# OLD=hunter3\nB='hunter4 ${A}'\n\nC=\"hunter5\nhunter6\"\nhunter/7\n"
    for dialect in ("node", "python"):
        scene = read_scene(f"{text}#- .env.staging\n{text}#- dev v1 by Bob\n{text}", dialect=dialect)
        document = scene.snapshot.documents[scene.place]
        for line in range(len(document.text.lines) + 1):
            for column in range(len(document.text.line(line)) + 1):
                found = complete(scene.snapshot, scene.place, Position(line, column))
                assert "hunter" not in repr(found)


@pytest.mark.slow
def test_ten_thousand_names_are_cut() -> None:
    text = "".join(f"NAME_{number}=value {number}\n" for number in range(10_000))
    found = completion_of(read_scene(f"{text}#- app.ts\nprocess.env.N<|>\n"))
    assert (len(found.items), found.is_incomplete) == (ITEMS_MAX, True)
    found = completion_of(read_scene(f"{text}#- app.ts\nprocess.env.name_777<|>\n"))
    assert {item.label for item in found.items} == {"NAME_777", *(f"NAME_777{digit}" for digit in range(10))}
    check_completion(f"{text}#- app.ts\nprocess.env.E_9999<|>\n", "NAME_9999")
    check_completion(f"{text}X=${{NAME_9999<|>\n", "NAME_9999")


def test_in_an_app_only_what_its_own_code_reads() -> None:
    scene = read_scene("<|>\n#- app.ts\nprocess.env.MINE\n#- other/app.ts\nprocess.env.OTHER\n")
    project = scene.snapshot.facts.projects[0]
    other = replace(project.apps[0], name="other", folder="/shop/other", files={"dev": "/shop/other/.env"})
    web = replace(project.apps[0], folder="/shop")
    project = replace(project, apps=(web, other))
    scene.snapshot = replace(scene.snapshot, facts=replace(scene.snapshot.facts, projects=(project,)))
    assert [item.label for item in completion_of(scene).items] == ["MINE", "OTHER"]
    web = replace(web, folder="/shop/other", files={"dev": "/shop/.env"})
    project = replace(project, apps=(web, replace(other, folder="/shop/elsewhere")))
    scene.snapshot = replace(scene.snapshot, facts=replace(scene.snapshot.facts, projects=(project,)))
    assert [item.label for item in completion_of(scene).items] == ["OTHER"]
