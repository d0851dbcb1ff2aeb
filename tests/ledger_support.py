"""Tests that commit empty the tables afterwards, which the append-only triggers rightly refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from governance.audit import triggers


def past_triggers(flush: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return the flush with the triggers away; the `post_migrate` it ends with puts them back."""

    def flushed(case: Any) -> None:
        triggers.remove(connection)
        flush(case)

    return flushed


def let_tests_empty_tables(patch: pytest.MonkeyPatch) -> None:
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    patch.setattr(TransactionTestCase, "_fixture_teardown", past_triggers(flush))
