"""What a refusal must leave alone: every row of the domain, and the ledger but for its entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

from governance.audit.models import LedgerEntry
from governance.core.errors import DomainError

# Heads of streams and cursors of followers say the same as the entries themselves. An opening is a
# note about a page, like the one about a token below.
DERIVED = {"ledgerstream", "ledgerentry", "followercursor", "evidenceopening"}
# A note about a token, and no act of anybody.
NOTES = {"last_used_at"}


def rows(*, but: Sequence[type[Model]] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of our own tables, apart from the ledger's and those of `but`.

    As the database gives them: to compare them needs no objects, and a test asks for all twice.
    """
    with connection.cursor() as cursor:
        return {table: cursor.execute(sql).fetchall() for table, sql in _selects(tuple(but))}


@cache
def _selects(but: tuple[type[Model], ...]) -> list[tuple[str, str]]:
    quote = connection.ops.quote_name
    ours = (m for m in apps.get_models() if m.__module__.startswith("governance."))
    return [
        (
            table := model._meta.db_table,
            f"SELECT {', '.join(quote(column) for column in _columns(model))} FROM {quote(table)}"
            f" ORDER BY {quote(model._meta.pk.column)}",
        )
        for model in ours
        if model._meta.model_name not in DERIVED and model not in but
    ]


def _columns(model: type[Model]) -> list[str]:
    return [f.column for f in model._meta.concrete_fields if f.attname not in NOTES]


@contextmanager
def nothing_moves(
    *, entries: Sequence[str] = (), but: Sequence[type[Model]] = ()
) -> Iterator[None]:
    """Fail if the block changes any row, or appends other entries than of these verbs, in order."""
    before, known = rows(but=but), set(LedgerEntry.objects.values_list("pk", flat=True))
    yield
    assert rows(but=but) == before
    added = LedgerEntry.objects.exclude(pk__in=known).oldest_first()
    assert [entry.verb for entry in added] == list(entries)


@contextmanager
def refused(error: type[DomainError]) -> Iterator[pytest.ExceptionInfo[DomainError]]:
    """Expect this refusal of an action, and fail if it changed a row or appended an entry."""
    with nothing_moves(), pytest.raises(error) as caught:
        yield caught


def newest_entry(stream: str) -> LedgerEntry:
    return LedgerEntry.objects.of_stream(stream).latest("seq")
