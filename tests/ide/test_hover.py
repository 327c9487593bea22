"""What is said about a name: all there is to know, and no value unless it was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envlsp.domain.secret import MASK, SecretText
from envlsp.ide.hover import hover
from envlsp.ide.positions import Position
from envlsp.ide.snapshot import CandidateFacts, Facts, Standing
from tests.support.cursor import Scene, read_scene

TEAM = """
#- .env.staging
API_URL=https://api.test
#- dev v1 by Alice
API_URL=https://old.test
#- dev v2 by Bob
API_URL=https://api.test
#- staging v1 by Alice
API_URL=https://api.test
"""


def mark(value: bytes) -> str:
    fingerprint = read_scene("").snapshot.facts.fingerprint
    assert fingerprint is not None
    return fingerprint(value).hex()[:4]


API = mark(b"https://api.test")


def hover_of(scene: Scene) -> str:
    found = hover(scene.snapshot, scene.place, scene.caret)
    if found is None:
        return ""
    for mark in scene.marks:
        assert found.range == mark.range
    return found.markdown


def check_hover(scene: str, expected: str, *, dialect: str = "node") -> None:
    assert hover_of(read_scene(scene, dialect=dialect)) == expected.strip("\n")


def test_in_code() -> None:
    check_hover(
        """
# Where the API lives. Ask the web team.
API_URL=https://api.test
#- app.ts
fetch(process.env.API_U<|>RL)
#                 ^^^^^^^ hover
""",
        f"""
`API_URL` ••••••

Where the API lives. Ask the web team.

- **.env** · `{mark(b"https://api.test")}`
""",
    )


def test_the_team_in_code() -> None:
    check_hover(
        "API_URL=https://api.test\n#- app.py\nimport os\nos.environ['API_U<|>RL']\n" + TEAM.lstrip(),
        f"""
`API_URL` ••••••

- **dev** · `{API}` · same as staging · changed by Bob 1 hour ago in v2
- **staging** · `{API}` · same as dev · changed by Alice 1 hour ago in v1
""",
    )


@pytest.mark.parametrize(
    ("line", "note"),
    (
        ("API_URL=mine", "changed here, not pushed"),
        ("API_URL=", "changed here, not pushed"),
        ("OTHER=1", "taken out here, not pushed"),
        ("API_URL='https://api.test'", "changed here, not pushed"),
    ),
)
def test_how_the_line_differs(line: str, note: str) -> None:
    shown = hover_of(read_scene(f"{line}\n#- app.ts\nprocess.env.API<|>_URL\n{TEAM.lstrip()}"))
    assert next(row for row in shown.splitlines() if row.startswith("- **dev**")).endswith(f" · {note}")


def test_a_newer_release_that_was_not_pulled() -> None:
    scene = read_scene("API_<|>URL=https://old.test\n" + TEAM.lstrip())
    project = scene.snapshot.facts.projects[0]
    dev = project.environments["web", "dev"]
    assert scene.snapshot.facts.fingerprint is not None
    old = replace(dev, base={"API_URL": scene.snapshot.facts.fingerprint(b"https://old.test")})
    facts = replace(
        scene.snapshot.facts,
        projects=(replace(project, environments={**project.environments, ("web", "dev"): old}),),
    )
    scene.snapshot = replace(scene.snapshot, facts=facts)
    assert " · not pulled yet" in hover_of(scene)


def test_a_conflict() -> None:
    scene = read_scene("API_<|>URL=https://api.test\n" + TEAM.lstrip())
    project = scene.snapshot.facts.projects[0]
    sides = (CandidateFacts("v3-ab12", "Alice", 0, b"1"), CandidateFacts("v3-cd34", "Bo*b", 0, b"2"))
    dev = replace(project.environments["web", "dev"], conflicts={"API_URL": sides})
    project = replace(project, environments={**project.environments, ("web", "dev"): dev})
    scene.snapshot = replace(scene.snapshot, facts=replace(scene.snapshot.facts, projects=(project,)))
    assert r"**conflict**: v3-ab12 by Alice and v3-cd34 by Bo\*b" in hover_of(scene)
    # With names in conflict, no release says what the value should be.
    names = {name: seen for name, seen in dev.names.items() if name != "API_URL"}
    project = replace(project, environments={("web", "dev"): replace(dev, names=names)})
    scene.snapshot = replace(scene.snapshot, facts=replace(scene.snapshot.facts, projects=(project,)))
    assert f"`{API}` · same as staging · **conflict**" in hover_of(scene)


def test_an_empty_value() -> None:
    check_hover("A<|>=\n", "`A` (empty)\n\n- **.env** · empty")
    check_hover('A="<|>"\n', "`A` (empty)\n\n- **.env** · empty")


NOWHERE = "A=1\n#- app.ts\nprocess.env.B<|>B\n"


def test_a_name_that_is_nowhere() -> None:
    check_hover(NOWHERE, "`BB` is in no env file.")
    check_hover(NOWHERE + "#- dev v1 by Alice\nA=1\n", "`BB` is in no env file and in no release.")


@pytest.mark.parametrize(
    ("standing", "said"),
    (
        (Standing.LOADING, ""),
        (Standing.LOCKED, "`BB` is in no env file, and the team's releases cannot be read yet."),
        (Standing.NOT_JOINED, "`BB` is in no env file."),
    ),
)
def test_of_what_was_not_read_nothing_is_said(standing: Standing, said: str) -> None:
    scene = read_scene(NOWHERE)
    facts = scene.snapshot.facts
    project = replace(facts.projects[0], standing=standing)
    scene.snapshot = replace(scene.snapshot, facts=replace(facts, projects=(project,)))
    assert hover_of(scene) == said


def test_outside_of_all_projects_nothing_is_said() -> None:
    scene = read_scene(NOWHERE)
    scene.snapshot = replace(scene.snapshot, facts=Facts())
    assert hover_of(scene) == ""


def test_over_a_reference_as_over_the_name() -> None:
    check_hover(
        "# Base.\nA=1\nB=${<|>A}\n#   ^ hover\n",
        "`A` ••••••\n\nBase.\n\n- **.env** · `" + mark(b"1") + "`",
    )


def test_over_a_value_it_is_revealed() -> None:
    check_hover(
        'HOST=api.test\nURL="https://${HOST}<|>/x"\n'.replace("<|>/", "/<|>"),
        f"`URL`\n\n```text\nhttps://api.test/x\n```\n\n- **.env** · `{mark(b'https://api.test/x')}`",
    )


def test_a_value_of_backticks_stays_in_its_block() -> None:
    shown = hover_of(read_scene("A='x\n````\n<|>y'\n"))
    assert "`````text\nx\n````\ny\n`````" in shown


def test_a_line_that_does_not_count_shows_its_own_value() -> None:
    assert "```text\n1\n```" in hover_of(read_scene("A=<|>1\nA=2\n"))
    assert "```text\n2\n```" in hover_of(read_scene("A=1\nA=<|>2\n"))


def test_revealing_can_be_turned_off() -> None:
    scene = read_scene("A=hunter<|>2\n")
    scene.snapshot = replace(scene.snapshot, settings=replace(scene.snapshot.settings, hover_reveal=False))
    assert hover_of(scene).startswith("`A` ••••••\n")


def test_a_value_that_was_just_revealed_shows_in_code() -> None:
    scene = read_scene("A=hunter2\n#- app.ts\nprocess.env.A<|>\n")
    shown = hover(scene.snapshot, scene.place, scene.caret, {"A": SecretText("hunter2")})
    assert shown is not None
    assert "```text\nhunter2\n```" in shown.markdown
    assert "hunter2" not in hover_of(scene)
    assert "hunter2" not in repr(shown)


def test_nothing_but_the_value_itself_reveals_it() -> None:
    text = "# OLD=hunter2\n# Note.\nA=hunter2 # no\nB=${A}\n\n#- app.ts\nprocess.env.A + process.env.B\n"
    scene = read_scene(text)
    for place, document in scene.snapshot.documents.items():
        for line in range(len(document.text.lines)):
            for column in range(len(document.text.line(line)) + 1):
                found = hover(scene.snapshot, place, Position(line, column))
                in_value = line in (2, 3) and column >= 2 and place.endswith(".env")
                assert found is None or in_value or "hunter2" not in found.markdown


def test_a_comment_means_nothing_as_markdown() -> None:
    shown = hover_of(read_scene("# See ![x](http://evil.test) <b> `code`\nA<|>=1\n"))
    assert r"See \!\[x\](http://evil.test) \<b\> \`code\`" in shown


def test_without_a_team_which_files_have_it() -> None:
    scene = read_scene("A<|>=1\n#- .env.staging\nA=\n#- .env.example\nA=\n")
    scene.snapshot = replace(scene.snapshot, facts=replace(scene.snapshot.facts, fingerprint=None))
    assert hover_of(scene) == "`A` ••••••\n\n- **.env**\n- **.env.staging** · empty"


def test_a_file_outside_every_project() -> None:
    scene = read_scene("# Note.\nA<|>=1\n")
    scene.snapshot = replace(scene.snapshot, facts=replace(scene.snapshot.facts, projects=()))
    assert hover_of(scene) == "`A` ••••••\n\nNote."


def test_a_name_that_is_only_described() -> None:
    check_hover(
        "B=1\n#- .env.example\n# Ask Bob.\nA=\n#- app.ts\nprocess.env.A<|>\n",
        "`A` has no value yet: only .env.example has it.\n\nAsk Bob.",
    )


def test_nothing_to_say() -> None:
    check_hover("# A com<|>ment\nA=1\n", "")
    check_hover("A=1\n<|>\n", "")


def test_in_ev_yaml_it_is_a_field_that_is_explained() -> None:
    assert "project" in hover_of(read_scene("#- ev.yaml\nversion: 1\nproj<|>ect: shop\n")).lower()


def test_ten_thousand_names() -> None:
    text = "".join(f"NAME_{number}=value {number}\n" for number in range(10_000))
    shown = hover_of(read_scene(f"{text}#- app.ts\nprocess.env.NAME_5<|>000\n"))
    assert shown == f"`NAME_5000` ••••••\n\n- **.env** · `{mark(b'value 5000')}`"


@pytest.mark.parametrize("is_revealing", (False, True))
def test_a_value_of_too_many_references_stays_masked(is_revealing: bool) -> None:
    chain = "".join(f"A{number}=${{A{number - 1}}}x\n" for number in range(1, 3000))
    scene = read_scene(f"A0=x\n{chain}A3000=x<|>x${{A2999}}\n")
    settings = replace(scene.snapshot.settings, hover_reveal=is_revealing)
    scene.snapshot = replace(scene.snapshot, settings=settings)
    assert hover_of(scene) == "`A3000` ••••••\n\n- **.env**"


def test_before_anything_was_read_the_open_files_speak() -> None:
    scene = read_scene("""
# Where the API lives.
API_URL=https://api.test
#- app.ts
fetch(process.env.API_U<|>RL, process.env.OTHER)
""")
    early = replace(scene.snapshot, facts=Facts())
    found = hover(early, scene.place, scene.caret)
    assert found is not None
    assert found.markdown == f"`API_URL` {MASK}\n\nWhere the API lives.\n\n- **.env**"
    assert (
        hover(early, scene.place, Position(scene.caret.line, 42)) is None
    )  # it may be in a file not read yet
