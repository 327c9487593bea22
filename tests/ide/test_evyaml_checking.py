"""`ev.yaml` in an editor: what is wrong, where, and the same verdict as the program's own reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from envlsp.errors import BadConfig
from envlsp.ide.evyaml import problems
from envlsp.ide.evyaml.checking import CODES
from envlsp.ide.evyaml.schema import schema
from envlsp.ide.positions import Encoding, Position, Range
from envlsp.ide.results import Problem, Severity
from envlsp.ide.settings import Settings
from envlsp.ide.snapshot import AppFacts, Facts, ProjectFacts, Snapshot, Standing
from envlsp.ide.text import Text
from envlsp.service.config import DIALECTS, FORMAT_MEMBERS_MAX, MEMBERS_MAX, parse_config
from tests.support.cursor import make_document

TEAM = "team: tm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn"
GOOD = """\
version: 1
team: tm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn
project: shop
default_env: dev
apps:
  web: { path: apps/web }
  worker: { path: services/worker, dialect: python, files: { dev: .env.local } }
signaling: [wss://signal.example.org]
dialect: node
members_max: 12
"""


def check(text: str, encoding: Encoding = Encoding.UTF16) -> tuple[Problem, ...]:
    document = make_document("/shop/ev.yaml", Text.of(text, encoding))
    return problems(Snapshot(encoding=encoding), document)


def said(text: str) -> list[str]:
    """Return each problem as `line:column-column code: message`."""
    return [
        f"{one.range.start.line}:{one.range.start.column}-{one.range.end.column} {one.code}: {one.message}"
        for one in check(text)
    ]


def is_read(text: str) -> bool:
    try:
        parse_config(text.encode())
    except BadConfig:
        return False
    return True


CHANGES = (
    ("version: 1", "version: 01"),
    ("version: 1", "version: 2"),
    ("version: 1", "version: 0"),
    ("version: 1", "version: '1'"),
    ("version: 1", "version: one"),
    ("version: 1", "version:"),
    ("version: 1", "version: 99999999999999999999"),
    ("version: 1", "version: {}"),
    ("version: 1\n", ""),
    ("version: 1", "---\nversion: 1"),
    ("version: 1", "version: 1\n---\nversion: 1"),
    ("version: 1", "\ufeffversion: 1"),
    ("version: 1", "%YAML 1.1\n---\nversion: 1"),
    ("version: 1", "version: !!int 1"),
    ("version: 1", "version: &a 1"),
    ("version: 1", "? [a]\n: 1\nversion: 1"),
    ("project: shop", "project: &a shop\ndialect: *a"),
    ("project: shop", "<<: {}\nproject: shop"),
    ("project: shop", "project: Shop"),
    ("project: shop", "project: 123"),
    ("project: shop", "project: true"),
    ("project: shop", "project: null"),
    ("project: shop", "project: ~"),
    ("project: shop", "project: 'shop'"),
    ("project: shop", 'project: "shop\\n"'),
    ("project: shop", "project: |\n  shop"),
    ("project: shop", "project: >-\n  shop"),
    ("project: shop", "project: [shop]"),
    ("project: shop", "project:"),
    ("project: shop", "project: " + "a" * 64),
    ("project: shop", "project: " + "a" * 65),
    ("project: shop\n", ""),
    ("project: shop", "project: shop\nproject: shop"),
    ("project: shop", "projcet: shop"),
    (TEAM, "team: https://x"),
    (TEAM, "team: tm1"),
    (TEAM, "team: tm1" + "q" * 87),
    (TEAM, "team: tm1" + "q" * 88),
    (TEAM, "team: tm1ü"),
    (TEAM, "team: tm1_"),
    ("default_env: dev", "default_env:"),
    ("default_env: dev", "defaultenv: dev"),
    ("default_env: dev", "default_env: -dev"),
    ("path: apps/web", "path: ../web"),
    ("path: apps/web", "path: a/.."),
    ("path: apps/web", "path: a..b/..c"),
    ("path: apps/web", "path: .."),
    ("path: apps/web", "path: ."),
    ("path: apps/web", "path: ./"),
    ("path: apps/web", "path: /etc"),
    ("path: apps/web", 'path: "a\\\\b"'),
    ("path: apps/web", 'path: "a\\tb"'),
    ("path: apps/web", 'path: "a\\u2028b"'),
    ("path: apps/web", 'path: "a\\n"'),
    ("path: apps/web", "path: 'a b/ü'"),
    ("path: apps/web", "path: ''"),
    ("path: apps/web", "path: .git"),
    ("path: apps/web", "path: a/.GIT/hooks"),
    ("path: apps/web", "path: a/.gitignore"),
    ("path: apps/web", "path: a.git"),
    ("path: apps/web", "path: [a]"),
    ("path: apps/web", "pth: apps/web"),
    ("path: apps/web", "path: services/worker"),
    ("path: apps/web", "path: services//worker/."),
    ("{ path: apps/web }", "{}"),
    ("{ path: apps/web }", "apps/web"),
    ("{ path: apps/web }", ""),
    ("{ path: apps/web }", "[]"),
    ("web: {", "Web: {"),
    ("web: {", "'': {"),
    ("web: {", "7: {"),
    ("web: {", "worker: {"),
    ("dialect: python", "dialect: cobol"),
    ("dialect: python", "dialect: docker"),
    ("dialect: python", "dialect: Python"),
    ("dialect: python", "dialect: 'python'"),
    ("dev: .env.local", "dev: ../../.ssh/config"),
    ("dev: .env.local", "Dev: .env.local"),
    ("dev: .env.local", "dev: ev.yaml"),
    ("dev: .env.local", "dev: a/ev.yaml"),
    ("dev: .env.local", "dev: config/secrets.txt"),
    ("dev: .env.local", "dev: .envrc"),
    ("dev: .env.local", "dev: prod.env~"),
    ("dev: .env.local", "dev: .env, qa: .env"),
    ("dev: .env.local", "dev: .env, qa: ./.env"),
    ("dev: .env.local", "dev: .env, qa: .env.qa"),
    ("files: { dev: .env.local }", "files: {}"),
    ("files: { dev: .env.local }", "files:"),
    ("files: { dev: .env.local }", "files: [a]"),
    ("files: { dev: .env.local }", "files: { dev: { a: { b: { c: d } } } }"),
    ("signaling: [wss://signal.example.org]", "signaling: wss://signal.example.org"),
    ("signaling: [wss://signal.example.org]", "signaling: []"),
    ("signaling: [wss://signal.example.org]", "signaling:\n- wss://a\n- ws://b:80"),
    ("signaling: [wss://signal.example.org]", "signaling:"),
    ("signaling: [wss://signal.example.org]", "signaling: {}"),
    ("signaling: [wss://signal.example.org]", "signaling: [[wss://a]]"),
    ("signaling: [wss://signal.example.org]", "signaling: ['']"),
    ("signaling: [wss://signal.example.org]", "signaling: https://a"),
    ("signaling: [wss://signal.example.org]", "signaling: wss://"),
    ("signaling: [wss://signal.example.org]", "signaling: wss:///a"),
    ("signaling: [wss://signal.example.org]", "signaling: wss://a:99999"),
    ("signaling: [wss://signal.example.org]", "signaling: wss://a:b"),
    ("signaling: [wss://signal.example.org]", "signaling: WSS://a"),
    ("signaling: [wss://signal.example.org]", "signaling: 'wss://['"),
    ("signaling: [wss://signal.example.org]", "signaling: wss:a"),
    ("signaling: [wss://signal.example.org]", "signaling: ' wss://a'"),
    ("signaling: [wss://signal.example.org]", 'signaling: "w\\nss://a"'),
    ("signaling: [wss://signal.example.org]", "signaling: wsss://a"),
    ("members_max: 12", "members_max: 0"),
    ("members_max: 12", "members_max: 64"),
    ("members_max: 12", "members_max: 65"),
    ("members_max: 12", "members_max: 1.5"),
    ("members_max: 12", "members_max: ١٢"),
    ("members_max: 12", "members_max: [12]"),
    ("members_max: 12", "members_max: 12\nother: 1"),
    ("members_max: 12", "members_max: 12\n" + "# long\n" * 10_000),
    ("members_max: 12", "members_max: {{{{{{{{}}}}}}}}"),
    ("members_max: 12", "members_max: [[[[[[[[[1]]]]]]]]]"),
    ("members_max: 12", "members_max: 12\n\tx: 1"),
    ("members_max: 12", "members_max: 12]"),
    ("members_max: 12", "members_max: 'a"),
    ("members_max: 12", "members_max: \x01"),
)
WHOLE = (
    "",
    "\n# nothing\n",
    "x",
    "[]",
    "{}",
    "- a",
    "apps: {}",
    "team: tm1q\nproject: shop\napps: {}",
    "team: tm1q\nproject: shop\napps: { web: { path: . } }",
    "{team: tm1q, project: shop, apps: {web: {path: .}}}",
    "team: tm1q\nproject: shop\napps:\n  web:\n    path: .\n    files:\n      dev: .env\n",
    "team: tm1q\nproject: shop\napps:\n  web:\n   path: .\n    files: {}\n",
    "team: tm1q\nproject: shop\napps: { web: { path: . }\n",
    "team: tm1q\r\nproject: shop\r\napps: { web: { path: . } }\r\n",
    "\x85", "a: \ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
)  # fmt: skip


@pytest.mark.parametrize(
    "text", (GOOD, *(GOOD.replace(old, new, 1) for old, new in CHANGES), *WHOLE), ids=lambda text: text[-40:]
)
def test_what_the_program_reads_has_no_error_and_nothing_else_has_none(text: str) -> None:
    errors = [one for one in check(text) if one.severity is Severity.ERROR]
    assert is_read(text) == (not errors), errors


PIECES = (
    *(
        " ",
        "\n",
        "\n  ",
        "\r\n",
        "\r",
        "\t",
        ":",
        ": ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "'",
        '"',
        "# ",
        "- ",
        "? ",
        "| ",
    ),
    *(
        "&a ",
        "*a",
        "!x ",
        "%",
        "@",
        "~",
        "1",
        "x",
        "é",
        "😀",
        "\u2028",
        "\x85",
        "\ufeff",
        "..",
        "/",
        "\\",
        "<<: ",
    ),
    *("", "---\n", "dev", "path", "files: {}", "dialect: go"),
)


@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 6), st.sampled_from(PIECES)), max_size=3))
def test_a_file_with_typing_errors_gets_the_same_verdict(changes: list[tuple[int, int, str]]) -> None:
    text = GOOD
    for at, gone, piece in changes:
        text = text[:at] + piece + text[at + gone :]
    test_what_the_program_reads_has_no_error_and_nothing_else_has_none(text)


def test_every_change_above_changes_something() -> None:
    assert [old for old, _ in CHANGES if old not in GOOD] == []
    verdicts = [is_read(GOOD.replace(old, new, 1)) for old, new in CHANGES]
    assert verdicts.count(True) > 20
    assert verdicts.count(False) > 60


def test_the_schema_is_one_and_knows_what_the_program_knows() -> None:
    Draft202012Validator.check_schema(schema())
    assert tuple(schema()["$defs"]["dialect"]["enum"]) == DIALECTS
    fields = schema()["properties"]
    assert fields["members_max"]["maximum"] == FORMAT_MEMBERS_MAX
    assert fields["members_max"]["default"] == MEMBERS_MAX


LABEL = (
    "a name must be lower case letters, digits, '.', '_' or '-', at most 64, beginning with a letter or digit"
)
KNOWN = "version, team, project, default_env, apps, signaling, dialect, members_max"
URL = "config-bad-value: signaling must be a ws:// or wss:// URL"
LATE = (
    "config-late-cover: editors cover this file only once the server told them of it;"
    " NAME.env is covered at once"
)
PLACED = {
    ("project: shop", "projcet: shop"): (
        "0:0-10 config-missing-field: project is missing",
        "2:0-7 config-unknown-field: projcet means nothing here; did you mean project?",
    ),
    ("project: shop", "zzz: 1\nproject: shop"): (
        f"2:0-3 config-unknown-field: zzz means nothing here; known are {KNOWN}",
    ),
    ("{ path: apps/web }", "{ pth: apps/web }"): (
        "5:2-5 config-missing-field: path is missing",
        "5:9-12 config-unknown-field: pth means nothing here; did you mean path?",
    ),
    ("version: 1", "version: one"): ("0:9-12 config-wrong-type: version must be a number",),
    ("version: 1", "version: 2"): ("0:9-10 config-bad-value: version must be 1",),
    ("project: shop", "project:"): ("2:0-8 config-bad-value: project must not be empty",),
    ("project: shop", "project: [shop]"): ("2:9-15 config-wrong-type: project must be a word",),
    (TEAM, "team: x"): ("1:6-7 config-bad-value: team must be the id that `envlsp init` printed: tm1…",),
    ("web: {", "Web: {"): (f"5:2-5 config-bad-value: {LABEL}",),
    ("dialect: python", "dialect: cobol"): (
        f"6:44-49 config-bad-value: dialect must be one of {', '.join(DIALECTS)}",
    ),
    ("dialect: python", "dialect: go"): (
        "6:44-46 config-unreadable-dialect: files of go are not read yet; node and python are",
    ),
    ("path: apps/web", "path: services/./worker"): (
        "6:18-33 config-same-path: apps web and worker have the same path",
    ),
    ("dev: .env.local", "dev: ev.yaml"): ("6:66-73 config-same-path: dev must have a file of its own",),
    ("dev: .env.local", "dev: .env, qa: .env"): (
        "6:76-80 config-same-path: environments dev and qa have the same file",
    ),
    ("dev: .env.local", "dev: config/secrets.txt, qa: live.ENV"): (f"6:66-84 {LATE}",),
    ("dev: .env.local", "dev: .envrc"): (f"6:66-72 {LATE}",),
    ("members_max: 12", "members_max: 65"): ("9:13-15 config-bad-value: members_max must be 1 to 64",),
    ("signal.example.org", "a:b"): (f"7:12-21 {URL}",),
    ("wss://signal.example.org", "3"): (f"7:12-13 {URL}",),
    ("project: shop", "project: &a shop"): ("2:9-16 config-syntax: anchors, aliases and tags are not read",),
    ("project: shop", "project: shop\nproject: b"): ("3:0-7 config-syntax: project stands twice",),
    ("project: shop", "project: 'shop"): ("2:9-14 config-syntax: this is not YAML",),
    ("project: shop", "project: shop: b"): ("2:13-16 config-syntax: this is not YAML",),
}


@pytest.mark.parametrize(("change", "expected"), PLACED.items(), ids=str)
def test_each_problem_has_its_place_and_its_words(change: tuple[str, str], expected: tuple[str, ...]) -> None:
    assert said(GOOD.replace(*change, 1)) == list(expected)


def test_the_other_owner_of_a_path_is_related() -> None:
    (problem,) = check(GOOD.replace("apps/web", "services/worker"))
    assert problem.related[0].target.range.start.line == 5
    assert problem.related[0].message == "the path of web"


@pytest.mark.parametrize(
    ("encoding", "column"), ((Encoding.UTF8, 24), (Encoding.UTF16, 19), (Encoding.UTF32, 17))
)
def test_places_are_in_the_editors_columns(encoding: Encoding, column: int) -> None:
    found = check("team: tm1q\nproject: shop\napps: { 'é😀\U0001f600': { x: 1 } }\n", encoding)
    assert [one.range.start.column for one in found if "x means" in one.message] == [column]


@pytest.mark.parametrize("odd", ("\u2028", "\x85", "\ufeff", "\r"))
def test_what_only_yaml_takes_for_a_line_end_moves_no_place(odd: str) -> None:
    text = f"# a{odd}\nteam: tm1q\nproject: shop\nx: 1\napps: {{ web: {{ path: . }} }}\n"
    document = Text.of(text)
    found = [one for one in check(text) if one.code == "config-unknown-field"]
    assert [document.between(one.range) for one in found] == ["x"]


def test_an_ignored_code_is_left_out() -> None:
    document = make_document("/shop/ev.yaml", Text.of("version: 2\n"))
    settings = Settings(ignore=frozenset({"config-bad-value"}))
    assert {one.code for one in problems(Snapshot(settings=settings), document)} == {"config-missing-field"}


def test_a_value_is_never_quoted() -> None:
    found = check("team: geheim1\nproject: geheim2 x\napps: { web: { path: /geheim3, dialect: geheim4 } }\n")
    assert len(found) == 4
    assert "geheim" not in repr(found)


def test_every_code_is_listed() -> None:
    texts = [GOOD.replace(old, new, 1) for old, new in CHANGES]
    assert {one.code for text in texts for one in check(text)} == set(CODES) - {"config-missing-folder"}


def test_a_folder_that_is_not_there_is_told_until_another_is_typed() -> None:
    apps = (
        AppFacts("web", "/shop/apps/web", "node", {}, is_missing=True),
        AppFacts("worker", "/shop/services/worker", "python", {}),
    )
    project = ProjectFacts("/shop", "shop", Standing.READY, apps)
    snapshot = Snapshot(facts=Facts(projects=(project,)))
    (found,) = problems(snapshot, make_document("/shop/ev.yaml", Text.of(GOOD)))
    assert (found.code, found.severity) == ("config-missing-folder", Severity.WARNING)
    assert found.range == Range(Position(5, 15), Position(5, 23))
    typed = GOOD.replace("apps/web", "apps/site")
    assert problems(snapshot, make_document("/shop/ev.yaml", Text.of(typed))) == ()
    assert problems(snapshot, make_document("/elsewhere/ev.yaml", Text.of(GOOD))) == ()
