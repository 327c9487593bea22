"""A small YAML file as tables that are asked questions; every answer is checked.

Untrusted text: no tags, anchors, aliases or merges, bounded depth, nothing built but
words, lists and tables, each with its line. The caller bounds the size. Errors are
`BadConfig`: they name the file, the line and the name, never the text of a line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from envlsp.domain.environment import is_label
from envlsp.errors import BadConfig

MAX_DEPTH = 6
"""The deepest place of ev.yaml is `apps: {web: {files: {dev: .env}}}`: four."""

LABEL_RULE = "must be lower case letters, digits, '.', '_' or '-', at most 64"


_Item: TypeAlias = "_Word | list[_Node] | dict[str, _Node]"


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class _Node:
    item: _Item
    where: str
    """`ev.yaml, line 7`."""


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping, with the questions the file is asked; every answer or `BadConfig`."""

    items: dict[str, _Node]
    where: str

    def bad(self, complaint: str, key: str | None = None, *, fix: str | None = None) -> BadConfig:
        """Return the error for `key`, or for the whole table."""
        node = self.items.get(key) if key else None
        return BadConfig(f"{node.where if node else self.where}: {complaint}", fix=fix or "edit ev.yaml")

    def only(self, *known: str) -> None:
        """Raise unless every name is known."""
        for key in self.items:
            if key not in known:
                raise self.bad(
                    f"'{key[:64]}' means nothing here; known are {', '.join(known)}",
                    key,
                    fix=f"remove or correct '{key[:64]}' in ev.yaml",
                )

    def labels(self) -> Iterable[str]:
        """Return the names, each of which must fit a project, app or environment."""
        for key in self.items:
            if not is_label(key):
                raise self.bad(f"'{key[:64]}' {LABEL_RULE}", key)
            yield key

    def text(self, key: str, default: str | None = None) -> str:
        """Return a word; without a default it must be there."""
        node = self.items.get(key)
        if node is None:
            if default is None:
                raise self.bad(f"'{key}' is missing")
            return default
        if not isinstance(node.item, _Word) or not node.item.text:
            raise self.bad(f"'{key}' must be a word", key)
        return node.item.text

    def label(self, key: str, default: str | None = None) -> str:
        """Return a word that can name a project, app or environment."""
        text = self.text(key, default)
        if not is_label(text):
            raise self.bad(f"'{key}' {LABEL_RULE}", key)
        return text

    def choice(self, key: str, known: tuple[str, ...], default: str) -> str:
        """Return one of the known words."""
        text = self.text(key, default)
        if text not in known:
            raise self.bad(f"'{key}' must be one of {', '.join(known)}", key)
        return text

    def number(self, key: str, default: int, least: int, most: int | None) -> int:
        """Return a whole number within bounds."""
        node = self.items.get(key)
        if node is None:
            return default
        word = node.item if isinstance(node.item, _Word) else None
        if word is None or word.quoted or not (word.text.isascii() and word.text.isdigit()):
            raise self.bad(f"'{key}' must be a number", key)
        number = int(word.text) if len(word.text) < 10 else 10**9
        if number < least or (most is not None and number > most):
            raise self.bad(f"'{key}' must be {least} to {most}", key)
        return number

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of words; a single word is a list of one."""
        node = self.items.get(key)
        if node is None:
            return ()
        words = node.item if isinstance(node.item, list) else [node]
        texts = tuple(word.item.text for word in words if isinstance(word.item, _Word) and word.item.text)
        if len(texts) != len(words):
            raise self.bad(f"'{key}' must be a list of words", key)
        return texts

    def table(self, key: str) -> Table:
        """Return the table that stands under `key`."""
        node = self.items.get(key)
        if node is None:
            raise self.bad(f"'{key}' is missing")
        return _table(node, key)

    def path(self, key: str) -> PurePosixPath:
        """Return a relative path that stays inside its folder."""
        text = self.text(key)
        path = PurePosixPath(text)
        if path.is_absolute() or ".." in path.parts or "\\" in text or not text.isprintable():
            raise self.bad(f"'{key}' must be a path that stays inside its folder", key)
        # What git keeps there it obeys, and some of it names programs to start.
        if any(part.lower() == ".git" for part in path.parts):
            raise self.bad(f"'{key}' must be a path outside git's own folder", key)
        return path


def _table(node: _Node, key: str = "") -> Table:
    if not isinstance(node.item, dict):
        raise BadConfig(f"{node.where}: {key or 'the file'} must be a table of names", fix="edit ev.yaml")
    return Table(node.item, node.where)


def read_tables(data: bytes, name: str) -> Table:
    """Return the table that the file is.

    Raises:
        BadConfig: not YAML, not one table, or more than is read here.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _table(_build(yaml.parse(data, Loader=loader), name))
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"{name}, line {mark.line + 1}" if mark else name
        # YAML's own words may quote the line; its name for the fault does not.
        raise BadConfig(f"{where}: this is not YAML", fix="edit ev.yaml") from exc


def _build(events: Iterable[object], name: str) -> _Node:
    """Build the tree from YAML's events: no recursion to exhaust, nothing constructed but text."""
    from yaml import events as ev

    root: list[_Node] = []
    stack: list[tuple[_Node, list[_Node]]] = []  # open collections and what stands in them
    for event in events:
        if not isinstance(event, ev.NodeEvent | ev.CollectionEndEvent):
            continue
        where = f"{name}, line {event.start_mark.line + 1}" if event.start_mark else name
        if isinstance(event, ev.CollectionEndEvent):
            node, children = stack.pop()
            _close(node, children)
        elif isinstance(event, ev.AliasEvent) or event.anchor or getattr(event, "tag", None):
            raise BadConfig(f"{where}: anchors, aliases and tags are not read", fix="edit ev.yaml")
        elif isinstance(event, ev.ScalarEvent):
            quoted = event.style in {"'", '"', "|", ">"}
            (stack[-1][1] if stack else root).append(_Node(_Word(event.value, quoted), where))
        else:
            if len(stack) == MAX_DEPTH:
                raise BadConfig(f"{where}: nested too deeply", fix="edit ev.yaml")
            node = _Node({} if isinstance(event, ev.MappingStartEvent) else [], where)
            (stack[-1][1] if stack else root).append(node)
            stack.append((node, []))
    if len(root) != 1:
        raise BadConfig(f"{name} must hold one document", fix="edit ev.yaml, or remove it and: envlsp init")
    return root[0]


def _close(node: _Node, children: list[_Node]) -> None:
    if isinstance(node.item, list):
        node.item.extend(children)
    elif isinstance(node.item, dict):
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key.item, _Word) or key.item.text in node.item:
                raise BadConfig(f"{key.where}: a name stands twice, or is not a word", fix="edit ev.yaml")
            node.item[key.item.text] = _Node(value.item, key.where)
