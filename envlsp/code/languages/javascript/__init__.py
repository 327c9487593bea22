"""JavaScript and JSX."""

from envlsp.code.languages.ecmascript import QUERIES, language
from envlsp.code.trees import Grammar


def _grammar() -> object:
    import tree_sitter_javascript

    return tree_sitter_javascript.language()


LANGUAGE = language("JavaScript", Grammar(_grammar, QUERIES))
