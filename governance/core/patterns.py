"""LIKE and ILIKE that mean the same on SQLite and on PostgreSQL.

`%` stands for any text and `_` for one character; everything else, a backslash too, is itself.
LIKE minds case and ILIKE does not, in every alphabet. SQLite's own LIKE minds no case, but that of
ASCII letters only, and PostgreSQL's takes the backslash for an escape.
"""

from __future__ import annotations

import re
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, Value
from django.db.models.sql.compiler import SQLCompiler

_GLOB = str.maketrans({"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"})


class _Matches(Func):
    """That a column matches a pattern; to be used as a condition."""

    output_field = BooleanField()
    template = "(%(expressions)s ESCAPE '')"

    def __init__(self, column: str, pattern: str) -> None:
        super().__init__(F(column), Value(pattern))

    def _on_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, operator: str, pattern: str
    ) -> tuple[str, Any]:
        changed = self.copy()
        changed.set_source_expressions([self.get_source_expressions()[0], Value(pattern)])
        return changed.as_sql(
            compiler, connection, arg_joiner=f" {operator} ", template="(%(expressions)s)"
        )

    @property
    def _pattern(self) -> str:
        return str(getattr(self.get_source_expressions()[1], "value", ""))


class Like(_Matches):
    arg_joiner = " LIKE "

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, Any]:
        return self._on_sqlite(compiler, connection, "GLOB", self._pattern.translate(_GLOB))


class ILike(_Matches):
    arg_joiner = " ILIKE "

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, Any]:
        return self._on_sqlite(compiler, connection, "REGEXP", insensitive_regex(self._pattern))


def insensitive_regex(pattern: str) -> str:
    """Return the regular expression of Python's that an ILIKE pattern amounts to.

    What stands between two `%` is found at its first place and never looked for again (an atomic
    group): no pattern, however many `%` it holds, makes the search go back and forth.
    """
    first, *others = (_literal(part) for part in pattern.split("%"))
    if not others:
        return rf"(?is)\A{first}\Z"
    between = "".join(f"(?>.*?{part})" for part in others[:-1] if part)
    return rf"(?is)\A{first}{between}.*{others[-1]}\Z"


def _literal(part: str) -> str:
    return "".join("." if char == "_" else re.escape(char) for char in part)
