"""TSX: TypeScript with elements, a grammar of its own, since `<T>x` means another thing."""

from envlsp.code.languages.ecmascript import QUERIES, language
from envlsp.code.trees import Grammar

TYPESCRIPT = "envlsp.code.languages.typescript"


def _grammar() -> object:
    import tree_sitter_typescript

    return tree_sitter_typescript.language_tsx()


LANGUAGE = language("TSX", Grammar(_grammar, QUERIES, TYPESCRIPT))
