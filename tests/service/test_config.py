"""`ev.yaml`: what is read, what is refused and where the message points, what is written."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.errors import BadConfig
from envlsp.service.config import (
    DIALECTS,
    MAX_BYTES,
    App,
    Config,
    is_lan_used,
    load_config,
    parse_config,
    render_config,
    signaling_servers,
    write_new_config,
)

FULL = b"""\
version: 1
team: tm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn
project: shop            # a name
default_env: dev
apps:
  web: { path: apps/web }
  worker: { path: services/worker, dialect: python, files: { dev: .env.local } }
signaling: [wss://signal.example.org]
dialect: node
members_max: 12
"""
LEAST = b"team: tm1q\nproject: shop\napps: { web: { path: . } }\n"


def config(**changes: object) -> Config:
    apps = {"web": App("web", PurePosixPath(), "node")}
    return Config(**{"team": "tm1q", "project": "shop", "apps": apps, **changes})  # type: ignore[arg-type]


def test_everything_is_read() -> None:
    worker = App("worker", PurePosixPath("services/worker"), "python", {"dev": PurePosixPath(".env.local")})
    assert parse_config(FULL) == Config(
        team="tm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn",
        project="shop",
        apps={"web": App("web", PurePosixPath("apps/web"), "node"), "worker": worker},
        default_env="dev",
        signaling=("wss://signal.example.org",),
        dialect="node",
        members_max=12,
    )


def test_what_may_be_left_out_has_a_default() -> None:
    assert parse_config(LEAST) == config()


@pytest.mark.parametrize(
    ("change", "line", "saying"),
    (
        (("version: 1", "version: 2"), 1, "version 2 is not known here"),
        (("version: 1", "version: '1'"), 1, "'version' must be a number"),
        (("version: 1", "version: 99999999999999999999"), 1, "is not known here"),
        (("team: tm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn", "team: https://x"), 2, "team must be the id"),
        (("project: shop ", "project: Shop "), 3, "'project' must be lower case"),
        (("project: shop ", "project: [shop] "), 3, "'project' must be a word"),
        (("default_env: dev", "default_env:"), 4, "'default_env' must be a word"),
        (("default_env: dev", "defaultenv: dev"), 4, "'defaultenv' means nothing here"),
        (("default_env: dev", "project: dev"), 4, "a name stands twice"),
        (("path: apps/web", "path: ../web"), 6, "'path' must be a path that stays inside"),
        (("path: apps/web", "path: /etc"), 6, "'path' must be a path that stays inside"),
        (("path: apps/web", 'path: "a\\\\b"'), 6, "'path' must be a path that stays inside"),
        (("path: apps/web", "pth: apps/web"), 6, "'pth' means nothing here"),
        (("path: apps/web", "path: services/worker"), 7, "have the same path"),
        (("web: {", "Web: {"), 6, "'Web' must be lower case"),
        (("dialect: python", "dialect: cobol"), 7, "'dialect' must be one of node, python"),
        (("dev: .env.local", "dev: ../../.ssh/config"), 7, "'dev' must be a path that stays inside"),
        (("dev: .env.local", "dev: .git/config"), 7, "'dev' must be a path outside git's own folder"),
        (("path: apps/web", "path: .GIT/hooks"), 6, "'path' must be a path outside git's own folder"),
        (("dev: .env.local", "dev: ev.yaml"), 7, "'dev' must have a file of its own"),
        (("dev: .env.local", "dev: .env, qa: ./.env"), 7, "'dev' must have a file of its own"),
        (("[wss://signal.example.org]", "[https://signal.example.org]"), 8, "ws:// or wss://"),
        (("[wss://signal.example.org]", "[[wss://signal.example.org]]"), 8, "a list of words"),
        (("[wss://signal.example.org]", "wss://host:port"), 8, "ws:// or wss://"),
        (("members_max: 12", "members_max: 65"), 10, "'members_max' must be 1 to 64"),
        (("members_max: 12", "members_max: -1"), 10, "'members_max' must be a number"),
        (("members_max: 12", "members_max: 0"), 10, "'members_max' must be 1 to 64"),
        (("project: shop", "project: &a shop"), 3, "anchors, aliases and tags"),
        (("project: shop", "project: !!python/name:os.system shop"), 3, "anchors, aliases and tags"),
        (("project: shop", "project: {a: {b: {c: {d: {e: {f: {g: 1}}}}}}}"), 3, "nested too deeply"),
        (("project: shop", "project: shop: shop"), 3, "this is not YAML"),
        (("project: shop", "project: *nowhere"), 3, "anchors, aliases and tags"),
        (("project: shop", "? [a]\n: shop"), 3, "is not a word"),
    ),
)  # fmt: skip
def test_a_fault_is_named_with_its_line_and_a_fix(change: tuple[str, str], line: int, saying: str) -> None:
    with pytest.raises(BadConfig) as refused:
        parse_config(FULL.decode().replace(*change).encode(), "shop/ev.yaml")
    assert f"shop/ev.yaml, line {line}: " in str(refused.value)
    assert saying in str(refused.value)
    assert refused.value.fix
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("data", "saying"),
    (
        (b"", "must hold one document"),
        (b"# only a comment\n", "must hold one document"),
        (b"a: 1\n---\nb: 1\n", "must hold one document"),
        (b"- a\n- b\n", "must be a table"),
        (b"project: shop\napps: {web: {path: .}}\n", "'team' is missing"),
        (b"team: tm1q\nproject: shop\n", "'apps' is missing"),
        (b"team: tm1q\nproject: shop\napps: {}\n", "at least one app"),
        (b"team: tm1q\nproject: shop\napps: [web]\n", "apps must be a table"),
        (b"\xff\xff\xff", "this is not YAML"),
        (b"team: \x00", "this is not YAML"),
        (b"[" * 5_000, "nested too deeply"),
        (b"- " * 5_000, "nested too deeply"),
        (LEAST + b"#" * MAX_BYTES, "larger than 64 KiB"),
    ),
)
def test_what_is_no_configuration_is_refused(data: bytes, saying: str) -> None:
    with pytest.raises(BadConfig, match=saying):
        parse_config(data)


@given(
    st.one_of(
        st.binary(max_size=200), st.text(alphabet="ab:{}[],&*!|>-'\"\n #%?1.", max_size=80).map(str.encode)
    )
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse_config(data)
        parse_config(LEAST + data)
    except BadConfig:
        pass


LABELS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
PRINTABLE = st.characters(
    codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="/\\", include_characters=" "
)
PATHS = st.lists(
    st.text(PRINTABLE, min_size=1, max_size=8).filter(
        lambda part: part.isprintable() and part not in {".", ".."} and part == part.strip()
    ),
    max_size=3,
).map(lambda parts: PurePosixPath(*parts))


@given(
    st.dictionaries(LABELS, st.tuples(PATHS, st.sampled_from(DIALECTS), st.dictionaries(LABELS, PATHS))),
    LABELS,
    LABELS,
)
def test_what_is_written_reads_back(
    apps: dict[str, tuple[PurePosixPath, str, dict[str, PurePosixPath]]], project: str, env: str
) -> None:
    unique = {
        path: App(name, path, dialect, {env: file for file, env in {f: e for e, f in files.items()}.items()})
        for name, (path, dialect, files) in apps.items()
    }
    wanted = {app.name: app for app in unique.values()} or config().apps
    written = config(apps=wanted, project=project, default_env=env, signaling=("ws://[::1]:8080/x",))
    assert parse_config(render_config(written).encode()) == written


def test_a_new_file_is_written_once(tmp_path: Path) -> None:
    path = write_new_config(tmp_path, config())
    assert load_config(path) == config()
    before = path.read_bytes()
    with pytest.raises(BadConfig, match="exists already"):
        write_new_config(tmp_path, config(project="other"))
    assert path.read_bytes() == before


def test_what_cannot_be_read_back_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(BadConfig):
        write_new_config(tmp_path, config(project="No Name"))
    assert list(tmp_path.iterdir()) == []


def test_the_variable_overrides_the_servers_of_the_file() -> None:
    ours = config(signaling=("wss://a.example",))
    assert signaling_servers(ours, {}) == ("wss://a.example",)
    assert signaling_servers(None, {}) == ()
    assert signaling_servers(ours, {"ENVLSP_SIGNALING": " ws://127.0.0.1:1 , wss://b.example "}) == (
        "ws://127.0.0.1:1",
        "wss://b.example",
    )
    with pytest.raises(BadConfig, match="ENVLSP_SIGNALING"):
        signaling_servers(ours, {"ENVLSP_SIGNALING": "example.org"})


@pytest.mark.parametrize(
    ("environ", "is_used"),
    (({}, True), ({"ENVLSP_LAN": " On "}, True), ({"ENVLSP_LAN": ""}, True), ({"ENVLSP_LAN": "off"}, False)),
    ids=str,
)
def test_the_lan_is_used_unless_somebody_says_off(environ: dict[str, str], is_used: bool) -> None:
    assert is_lan_used(environ) is is_used


def test_a_word_that_is_not_known_does_not_put_a_device_on_the_lan() -> None:
    with pytest.raises(BadConfig, match="ENVLSP_LAN"):
        is_lan_used({"ENVLSP_LAN": "no"})
