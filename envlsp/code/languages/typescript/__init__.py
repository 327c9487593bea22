"""TypeScript."""

from envlsp.code.languages.ecmascript import QUERIES, language
from envlsp.code.trees import Grammar


def _grammar() -> object:
    import tree_sitter_typescript

    return tree_sitter_typescript.language_typescript()


LANGUAGE = language("TypeScript", Grammar(_grammar, QUERIES, __name__))
