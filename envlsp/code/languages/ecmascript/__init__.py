"""What JavaScript, TypeScript, JSX and TSX have in common: `process.env` and its like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envlsp.code.language import TreeLanguage
from envlsp.code.paths import Paths, Reader
from envlsp.code.reads import Form
from envlsp.code.syntax import Flags, Member, Parts
from envlsp.code.trees import Grammar, named_children_of, text_of

if TYPE_CHECKING:
    from envlsp.code.trees import Node

QUERIES = __name__
PREFILTER = (b".env", b"process'", b'process"', b"= process", b"=process")
"""`{ env } = process` and an import of it are what has no `.env`."""

_PATHS = Paths(
    environments=frozenset(("process.env", "import.meta.env", "Bun.env")),
    readers={
        "process.env.hasOwnProperty": Reader(has_default=True),
        "Deno.env.get": Reader(),
        "Deno.env.has": Reader(has_default=True),
        "Deno.env.set": Reader(is_write=True),
        "Deno.env.delete": Reader(is_write=True),
    },
    shells=("globalThis.", "global.", "window."),
)
_WRAPPERS = frozenset(
    ("parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression")
)
_MODULES = (b"process", b"node:process")


class EcmaScript:
    """What the grammars of the family have in common."""

    paths = _PATHS
    words: tuple[bytes, ...] = (*PREFILTER, b"const process", b"let process", b"var process")
    scopes = frozenset(
        (
            "statement_block",
            "function_declaration",
            "function_expression",
            "generator_function_declaration",
            "generator_function",
            "arrow_function",
            "method_definition",
            "class_body",
            "for_statement",
            "for_in_statement",
        )
    )
    functions = scopes - {"statement_block", "class_body", "for_statement", "for_in_statement"}
    strings = frozenset(("string", "template_string", "regex", "jsx_text"))
    substitutions = frozenset(("template_substitution",))
    quotes = b"\"'`"
    prefixes = b""
    comment: tuple[bytes, bytes] | None = (b"/*", b"*/")
    has_properties = True

    def __init__(self, grammar: Grammar) -> None:
        """Say which grammar of the family it is."""
        self.grammar = grammar

    def content(self, node: Node, _source: bytes, /) -> tuple[int, int] | None:
        """Return where the text of a string is; one with escapes or substitutions is none."""
        if node.child_count < 2:
            return None
        opening, *inside, closing = node.children
        if closing.is_missing or any(part.type != "string_fragment" for part in inside):
            return None
        return opening.end_byte, closing.start_byte

    def unwrapped(self, node: Node) -> Node:
        """Return an expression without brackets and casts."""
        while node.type in _WRAPPERS and (inner := node.named_child(0)) is not None:
            node = inner
        return node

    def path(self, node: Node, source: bytes) -> str | None:
        """Return what `require("process")` and its members stand for."""
        if node.type == "member_expression":
            owner, member = node.child_by_field_name("object"), node.child_by_field_name("property")
            lead = None if owner is None else self.path(self.unwrapped(owner), source)
            if lead is None and owner is not None and owner.type in _WRAPPERS:
                lead = text_of(self.unwrapped(owner), source).decode("utf-8", "replace")
            return None if lead is None or member is None else f"{lead}.{text_of(member, source).decode()}"
        if node.type != "call_expression" or not text_of(node, source).startswith(b"require"):
            return None
        given = text_of(node, source).removeprefix(b"require").strip(b" ()")
        return "process" if given[1:-1] in _MODULES else None

    def flags(self, read: Node, _source: bytes, /) -> Flags:
        """Return how a read is used: `… ?? default`, `… = value`, `delete …`."""
        node, above = read, read.parent
        while above is not None and above.type in _WRAPPERS:
            node, above = above, above.parent
        if above is None:
            return Flags()
        if above.type == "call_expression" and above.child_by_field_name("function") == node:
            return Flags(is_read=read.type != "member_expression")
        word = above.child_by_field_name("operator")
        operator = "" if word is None else word.type
        is_left = above.child_by_field_name("left") == node
        if above.type == "binary_expression":
            return Flags(has_default=is_left and operator in {"||", "??"})
        if above.type in {"assignment_expression", "augmented_assignment_expression"}:
            return Flags(has_default=is_left and operator in {"||=", "??="}, is_write=is_left)
        return Flags(is_write=above.type == "unary_expression" and operator == "delete")

    def imported(self, node: Node, source: bytes) -> Iterator[tuple[str, str]]:
        """Return the local names that an import of `process` binds."""
        module = node.child_by_field_name("source") or _required(node)
        is_ours = module is not None and text_of(module, source)[1:-1] in _MODULES
        todo = named_children_of(node)
        while todo:
            part = todo.pop()
            if part.type == "import_specifier":
                name = part.child_by_field_name("name") or part
                local = part.child_by_field_name("alias") or name
                path = "process." + text_of(name, source).decode("utf-8", "replace")
                path = "process" if path == "process.default" else path
                yield text_of(local, source).decode("utf-8", "replace"), path if is_ours else ""
            elif part.type == "identifier":
                yield text_of(part, source).decode("utf-8", "replace"), "process" if is_ours else ""
            elif part.type != "string":
                todo += named_children_of(part)

    def parts(self, pattern: Node) -> Parts:
        """Return what an object pattern takes apart."""
        if pattern.type == "assignment_pattern":
            pattern = pattern.child_by_field_name("left") or pattern
        if pattern.type != "object_pattern":
            return Parts([], None)
        members, rest = list[Member](), None
        for part in named_children_of(pattern):
            if part.type == "rest_pattern":
                rest = part.named_child(0)
            elif (member := _member(part)) is not None:
                members.append(member)
        return Parts(members, rest)


def language(name: str, grammar: Grammar) -> TreeLanguage:
    """Return a language of the family."""
    return TreeLanguage(name, PREFILTER, EcmaScript(grammar))


def _member(part: Node) -> Member | None:
    if part.type == "shorthand_property_identifier_pattern":
        return Member(part, Form.SHORTHAND, has_default=False, value=None)
    if part.type == "object_assignment_pattern":
        key = part.child_by_field_name("left")
        is_plain = key is not None and key.type == "shorthand_property_identifier_pattern"
        return Member(key, Form.SHORTHAND, has_default=True, value=None) if key and is_plain else None
    key, value = part.child_by_field_name("key"), part.child_by_field_name("value")
    if part.type != "pair_pattern" or key is None or value is None:
        return None
    if key.type == "computed_property_name":
        key = (key.named_children or [key])[0]
    if key.type not in {"property_identifier", "string", "template_string"}:
        return None
    form = Form.PROPERTY if key.type == "property_identifier" else Form.STRING
    return Member(key, form, value.type == "assignment_pattern", value)


def _required(node: Node) -> Node | None:
    """Return the module of TypeScript's `import process = require("process")`."""
    for part in node.named_children:
        if part.type == "import_require_clause":
            return part.child_by_field_name("source")
    return None
