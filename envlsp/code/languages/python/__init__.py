"""Python: `os.environ`, `os.getenv` and what they are called after an import."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envlsp.code.language import TreeLanguage
from envlsp.code.paths import Paths, Reader, dotted
from envlsp.code.syntax import Flags, Parts
from envlsp.code.trees import Grammar, ancestors, children_of, text_of

if TYPE_CHECKING:
    from envlsp.code.trees import Node

_MAPPING = {
    "get": Reader(default_at=1),
    "pop": Reader(default_at=1),
    "setdefault": Reader(has_default=True, is_write=True),
    "__contains__": Reader(has_default=True),
}
_PATHS = Paths(
    environments=frozenset(("os.environ", "os.environb")),
    readers={
        "os.getenv": Reader(default_at=1),
        "os.getenvb": Reader(default_at=1),
        "os.putenv": Reader(is_write=True),
        "os.unsetenv": Reader(is_write=True),
        **{
            f"os.{mapping}.{verb}": how
            for mapping in ("environ", "environb")
            for verb, how in _MAPPING.items()
        },
    },
)
_STARRED = ("environ", "environb", "getenv", "getenvb", "putenv", "unsetenv")
"""What `from os import *` brings."""
CLAUSES_MAX = 20
"""How many parts of a `try` are looked at: for each read in it."""
_KEYS = b".keys()"
_LISTS = frozenset(("expression_list", "pattern_list", "tuple", "tuple_pattern"))
"""Several things that are deleted, or given values, in one statement."""
_CATCHES = (b"KeyError", b"LookupError", b"Exception")


def _grammar() -> object:
    import tree_sitter_python

    return tree_sitter_python.language()


class Python:
    """Python's own ways of saying things."""

    grammar = Grammar(_grammar, __name__)
    paths = _PATHS
    words: tuple[bytes, ...] = (
        b"environ",
        b"getenv",
        b"putenv",
        b"unsetenv",
        b"import os",
        b"os as",
        b"from os",
        b"os =",
    )
    scopes = frozenset(("function_definition", "lambda", "class_definition"))
    functions = frozenset(("function_definition", "lambda"))
    strings = frozenset(("string",))
    substitutions = frozenset(("interpolation",))
    quotes = b"\"'"
    prefixes = b"bBrRuU"
    comment: tuple[bytes, bytes] | None = None
    has_properties = False

    def content(self, node: Node, source: bytes) -> tuple[int, int] | None:
        """Return where the text of a string is; a formatted one is none."""
        if node.child_count < 2:
            return None
        opening, *inside, closing = node.children
        if closing.type != "string_end" or closing.is_missing:
            return None
        if b"f" in text_of(opening, source).lower():
            return None
        if any(part.type != "string_content" or part.child_count for part in inside):
            return None  # an escape, or a substitution
        return opening.end_byte, closing.start_byte

    def unwrapped(self, node: Node) -> Node:
        """Return an expression without brackets."""
        while node.type == "parenthesized_expression" and (inner := node.named_child(0)) is not None:
            node = inner
        return node

    def path(self, node: Node, source: bytes) -> str | None:
        """Return whose keys are asked for: what is in `os.environ.keys()` is in `os.environ`."""
        text = text_of(node, source)
        return dotted(text.removesuffix(_KEYS)) if text.endswith(_KEYS) else None

    def flags(self, read: Node, source: bytes) -> Flags:
        """Return how a read is used: `… or default`, `… = value`, `del …`, in a `try`."""
        node, above = read, read.parent
        while above is not None and above.type == "parenthesized_expression":
            node, above = above, above.parent
        if above is None:
            return Flags()
        if above.type in _LISTS and above.parent is not None:
            node, above = above, above.parent
        is_left = above.child_by_field_name("left") == node
        if above.type == "boolean_operator":
            word = above.child_by_field_name("operator")
            return Flags(has_default=is_left and word is not None and word.type == "or")
        is_write = above.type == "delete_statement" or (
            is_left and above.type in {"assignment", "augmented_assignment"}
        )
        return Flags(
            has_default=not is_write and read.type == "subscript" and _is_caught(read, source),
            is_write=is_write,
        )

    def imported(self, node: Node, source: bytes) -> Iterator[tuple[str, str]]:
        """Return the local names of an import, and what they stand for."""
        module = node.child_by_field_name("module_name")
        lead = "" if module is None else _text(module, source) + "."
        for name in node.children_by_field_name("name"):
            local, path = name, name
            if name.type == "aliased_import":
                path = name.child_by_field_name("name") or name
                local = name.child_by_field_name("alias") or name
            if module is None and local == path:
                top = _text(name, source).partition(".")[0]  # `import os.path` binds `os`
                yield top, top
            else:
                yield _text(local, source), lead + _text(path, source)
        if lead == "os." and any(child.type == "wildcard_import" for child in children_of(node)):
            yield from ((starred, f"os.{starred}") for starred in _STARRED)

    def parts(self, _pattern: Node, /) -> Parts:
        """Return nothing: mappings are not taken apart by assignment."""
        return Parts([], None)


def _text(node: Node, source: bytes) -> str:
    return text_of(node, source).decode("utf-8", "replace")


def _is_caught(read: Node, source: bytes) -> bool:
    """Return whether a missing variable is caught: by the nearest `try` of the same function."""
    inner = read
    for above in ancestors(read):
        if above.type in Python.functions:
            return False
        if above.type == "try_statement" and above.child_by_field_name("body") == inner:
            clauses = (part for part in children_of(above, CLAUSES_MAX) if part.type == "except_clause")
            return any(_catches(clause, source) for clause in clauses)
        inner = above
    return False


def _catches(clause: Node, source: bytes) -> bool:
    caught = [child for child in children_of(clause, CLAUSES_MAX) if child.is_named and child.type != "block"]
    return not caught or any(word in text_of(part, source) for part in caught for word in _CATCHES)


LANGUAGE = TreeLanguage("Python", (b"environ", b"getenv", b"putenv", b"unsetenv"), Python())
