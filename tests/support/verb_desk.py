"""A person in an editor: what a verb is given, and what they saw of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from envlsp.domain.secret import SecretText
from envlsp.service.facade import Service
from envlsp.service.verbs import Desk, Json, run, value_of
from tests.support.cast import Actor, QuietTalk


class Editing(QuietTalk):
    """Picks and types what the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = b"typed"
        self.wanted = ""
        self.offered: list[tuple[str, str, str]] = []

    def ask_hidden(self, question: str, *, twice: bool = False) -> bytes:
        self.asked.append(question)
        return self.hidden

    def pick(self, question: str, options: Sequence[tuple[str, str, str]]) -> str:
        self.asked.append(question)
        self.offered = [(*option,) for option in options]
        return next(value for value, label, _ in options if self.wanted in label)


@dataclass
class Editor:
    """One editor on somebody's device; `buffers` are the documents that are open in it."""

    actor: Actor
    talk: Editing = field(default_factory=Editing)
    buffers: dict[Path, bytes] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)
    is_cancelled: bool = False
    place: Path | None = None
    service: Service | None = None
    """By default the actor's; another thread needs one of its own."""

    @property
    def desk(self) -> Desk:
        return Desk(
            service=self.service or self.actor.service,
            place=self.place or self.actor.file,
            talk=self.talk,
            report=self.reports.append,
            is_cancelled=lambda: self.is_cancelled,
            text_of=self.buffers.get,
        )

    def run(self, name: str, /, **arguments: object) -> Json:
        """Run a verb; return its answer without the schema."""
        answer = run(name, self.desk, {key.rstrip("_"): value for key, value in arguments.items()})
        assert answer.pop("schema") == 1
        return answer

    def value(self, name: str, **arguments: object) -> SecretText:
        return value_of(self.desk, name, arguments)
