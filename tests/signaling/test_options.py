"""Settings from the command line, the environment and a file; secrets from none of a command line's words."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from envlsp_signaling.command import main
from envlsp_signaling.options import OPTIONS, WrongOption, settle
from tools.signaling_docs import page

ROOT = Path(__file__).resolve().parents[2]


def file(folder: Path, text: str) -> Path:
    path = folder / "signaling.toml"
    path.write_text(text)
    return path


def test_command_line_before_environment_before_file_before_default(tmp_path: Path) -> None:
    config = file(tmp_path, "max-connections = 1\n")
    environment = {"ENVLSP_SIGNALING_MAX_CONNECTIONS": "2"}
    assert settle({}, {}, None).max_connections == 10_000
    assert settle({}, {}, config).max_connections == 1
    assert settle({}, environment, config).max_connections == 2
    assert settle({"max-connections": "3"}, environment, config).max_connections == 3


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_can_be_set_in_the_environment(option: object, tmp_path: Path) -> None:
    from envlsp_signaling.options import Option

    assert isinstance(option, Option)
    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    given = {
        "port": "99",
        "json": "yes",
        "log-addresses": "true",
        "drain": "3s",
        "metrics-listen": "127.0.0.1:1",
        "log-format": "json",
        "proxy-header": "forwarded",
        "backplane": "redis://127.0.0.1:1/0",
        "max-connections": "7",
        "connections-per-ip": "7",
        "mailboxes-per-hour": "7",
        "turn-url": "turn:a turn:b",
        "trusted-proxy": "127.0.0.1,::1",
    }.get(option.name, str(secret))
    before = settle({}, {}, None)
    after = settle({}, {option.variable: given}, None)
    field = option.name.removesuffix("-file").replace("-", "_")
    assert getattr(after, field) != getattr(before, field)


def test_a_file_says_it_in_its_own_types(tmp_path: Path) -> None:
    text = (
        'turn-url = ["stun:a", "turn:b"]\nport = 99\nlog-addresses = true\ndrain = 2.5\nlog-format = "json"\n'
    )
    settings = settle({}, {}, file(tmp_path, text))
    assert settings.turn_url == ("stun:a", "turn:b")
    assert (settings.port, settings.log_addresses, settings.drain) == (99, True, 2.5)
    assert settings.log_format == "json"


@pytest.mark.parametrize(
    ("text", "saying"),
    (
        ("max-conections = 5", "did you mean max-connections"),
        ("xyzzy = 5", "xyzzy is no setting"),
        ('turn-secret = "north"', "use turn-secret-file"),
        ("max-connections = 0", "above 0"),
        ("max-connections = true", "whole number"),
        ('drain = "soon"', "a time such as 10s"),
        ("port = 70000", "0 to 65535"),
        ('log-format = "xml"', "text or json"),
        ("north = [", "is not TOML"),
        ('metrics-listen = "here"', "127.0.0.1:9464"),
    ),
)
def test_a_wrong_file_is_named_with_what_is_wrong(text: str, saying: str, tmp_path: Path) -> None:
    with pytest.raises(WrongOption, match=re.escape(saying)) as wrong:
        settle({}, {}, file(tmp_path, text))
    assert "north" not in str(wrong.value)


def test_an_unknown_variable_is_refused_and_the_clients_own_are_not() -> None:
    with pytest.raises(WrongOption, match="did you mean ENVLSP_SIGNALING_TURN_URL"):
        settle({}, {"ENVLSP_SIGNALING_TURN_URLS": "turn:a"}, None)
    settle({}, {"ENVLSP_SIGNALING": "wss://a", "ENVLSP_SIGNALING_TOKEN": "t", "ENVLSP_HOME": "/h"}, None)
    settle({}, {"ENVLSP_SIGNALING_TOKEN_FILE": "/h/tokens"}, None)


def test_a_secret_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    secret = tmp_path / "turn"
    secret.write_text("north\n")
    config = file(tmp_path, f'turn-secret-file = "{secret}"\n')
    assert settle({}, {}, config).turn_secret == "north"
    # Whoever speaks later silences the other spelling as well.
    assert settle({}, {"ENVLSP_SIGNALING_TURN_SECRET": "south"}, config).turn_secret == "south"
    words = {"turn-secret-file": str(secret)}
    assert settle(words, {"ENVLSP_SIGNALING_TURN_SECRET": "south"}, None).turn_secret == "north"


def test_no_secret_is_a_word_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--turn-secret", "x"], ["--token-hash", "x"], ["--backplane-password", "x"]):
        with pytest.raises(SystemExit):
            main(words)
    assert main(["--backplane", "redis://:north@127.0.0.1/0", "--check-config"]) == 2
    shown = capsys.readouterr().err
    assert "backplane-password-file" in shown
    assert "north" not in shown


def test_settings_do_not_show_their_secrets() -> None:
    settings = settle({}, {"ENVLSP_SIGNALING_TURN_SECRET": "north"}, None)
    assert "north" not in repr(settings)


@pytest.mark.parametrize(("text", "code"), (("port = 99", 0), ("prot = 99", 2), ('tls-cert = "/nowhere"', 2)))
def test_check_config(text: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(file(tmp_path, text)), "--check-config"]) == code
    shown = capsys.readouterr()
    assert bool(shown.err) == bool(code)
    assert shown.err.count("\n") <= 1


def test_the_file_can_be_named_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENVLSP_SIGNALING_CONFIG", str(file(tmp_path, "prot = 99")))
    assert main(["--check-config"]) == 2
    assert "did you mean port?" in capsys.readouterr().err


def test_the_table_in_the_docs_is_the_code() -> None:
    text = (ROOT / "docs" / "signaling.md").read_text()
    assert text == page(text)
    for option in OPTIONS:
        assert f"`{option.variable}`" in text
        assert option.is_secret or f"`--{option.name}" in text


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(f"--{option.name}" in shown for option in OPTIONS if not option.is_secret)


@pytest.mark.slow
def test_a_server_alone_needs_no_redis_library() -> None:
    program = (
        "import sys; sys.modules['redis'] = None; from envlsp_signaling.command import main; "
        "assert main(['--check-config']) == 0; "
        "sys.exit(main(['--check-config', '--backplane', 'redis://127.0.0.1']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "envlsp[redis]" in done.stderr


def test_hash_token_reads_stdin_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("north\n"))
    assert main(["--hash-token"]) == 0
    assert "north" not in capsys.readouterr().out
