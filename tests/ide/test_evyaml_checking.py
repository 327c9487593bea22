"""`ev.yaml` in an editor: what is wrong, where, and the same verdict as the program's own reader."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from envlsp.errors import BadConfig
from envlsp.ide.evyaml import problems
from envlsp.ide.evyaml.schema import schema
from envlsp.ide.positions import Encoding
from envlsp.ide.results import Problem, Severity
from envlsp.ide.snapshot import Snapshot
from envlsp.ide.text import Text
from envlsp.service.config import DIALECTS, FORMAT_MEMBERS_MAX, MEMBERS_MAX, parse_config
from tests.support.cursor import make_document

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
    ("team: tm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn", "team: https://x"),
    ("team: tm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn", "team: tm1"),
    ("team: tm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn", "team: tm1" + "q" * 87),
    ("team: tm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn", "team: tm1" + "q" * 88),
    ("team: tm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn", "team: tm1ü"),
    ("team: tm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn", "team: tm1_"),
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
