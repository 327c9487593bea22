"""Which server is shown what: its own token, and no other's."""

from __future__ import annotations

from pathlib import Path

import pytest

from envlsp.errors import BadConfig, LoosePermissions
from envlsp.service.signaling_tokens import MAX_BYTES, tokens_from

PLANTED = "pl4nted-c0rrect-horse=="


def shown(text: str, url: str) -> str | None:
    token = tokens_from({"ENVLSP_SIGNALING_TOKEN": text})(url)
    return None if token is None else token.reveal_text()


@pytest.mark.parametrize(
    "url",
    (
        "wss://signal.example.org",
        "wss://SIGNAL.example.org:8443/path",
        "wss://somebody:else@signal.example.org",
    ),
)
def test_a_host_is_shown_its_token(url: str) -> None:
    assert shown(f"Signal.Example.org={PLANTED} other.example=12345", url) == PLANTED


def test_an_address_of_ipv6_is_a_host() -> None:
    assert shown(f"[::1]={PLANTED}", "ws://[::1]:8765") == PLANTED


@pytest.mark.parametrize(
    "url",
    (
        "wss://eve.example",
        "wss://signal.example.org.eve.example",
        "wss://signal.example.org@eve.example",
        "wss://eve.example/signal.example.org",
        "wss://eve.example#signal.example.org",
        "wss://evesignal.example.org",
        "wss://[signal.example.org",
        "",
    ),
)
def test_a_server_that_eve_commits_is_shown_none(url: str) -> None:
    assert shown(f"signal.example.org={PLANTED}", url) is None


@pytest.mark.parametrize(
    "text",
    (
        PLANTED.rstrip("="),
        f"={PLANTED}",
        PLANTED,  # a bare token that ends like base64 is no host
        f"wss://signal.example.org={PLANTED}",
        f"signal.example.org:443={PLANTED}",
        f"signal.example.org={PLANTED}\u00e9",
        f"signal.example.org={PLANTED} pl4nted",
        "signal.example.org=pl4nted\x00",
    ),
)
def test_what_is_no_token_is_not_repeated(text: str) -> None:
    with pytest.raises(BadConfig) as refused:
        tokens_from({"ENVLSP_SIGNALING_TOKEN": text})
    assert "pl4nted" not in f"{refused.value} {refused.value.fix}"
    assert refused.value.fix == "unset ENVLSP_SIGNALING_TOKEN"


def test_a_file_has_one_on_each_line(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# ours\nsignal.example.org={PLANTED}\r\n\nother.example=98765\n")
    file.chmod(0o600)
    both = {"ENVLSP_SIGNALING_TOKEN_FILE": str(file), "ENVLSP_SIGNALING_TOKEN": "other.example=12345"}
    tokens = tokens_from(both)
    first, second = tokens("wss://signal.example.org"), tokens("wss://other.example")
    assert first is not None
    assert first.reveal_text() == PLANTED
    assert second is not None
    assert second.reveal_text() == "12345", "the variable counts before the file"
    assert PLANTED not in repr(tokens) + repr(first)


def test_a_file_that_others_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"signal.example.org={PLANTED}\n")
    file.chmod(0o640)
    with pytest.raises(LoosePermissions) as refused:
        tokens_from({"ENVLSP_SIGNALING_TOKEN_FILE": str(file)})
    assert refused.value.fix == f"chmod 600 {file}"


def test_a_file_that_is_none(tmp_path: Path) -> None:
    large, folder = tmp_path / "large", tmp_path / "folder"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    large.chmod(0o600)
    folder.mkdir(0o700)
    for path in (large, folder, tmp_path / "missing"):
        with pytest.raises(BadConfig) as refused:
            tokens_from({"ENVLSP_SIGNALING_TOKEN_FILE": str(path)})
        assert refused.value.fix


def test_nothing_set_shows_nothing() -> None:
    assert tokens_from({})("wss://signal.example.org") is None
