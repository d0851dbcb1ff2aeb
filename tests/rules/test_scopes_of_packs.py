"""What a pack is of: the text that is kept, the sentence that is printed, the part chosen."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from governance.evidence.rules.scopes import (
    Chapter,
    PackScope,
    ScopeKind,
    period_problems,
    read_scope,
)

MODEL = f"model:{uuid4()}"
OTHER = f"model:{uuid4()}"

SCOPES = {
    "The model": (
        PackScope(kind=ScopeKind.MODEL, title="churn", models=(MODEL,)),
        "churn",
    ),
    "A version": (
        PackScope(
            kind=ScopeKind.VERSION,
            title="Version 3 of churn",
            models=(MODEL,),
            subject=f"version:{uuid4()}",
            frameworks=("sr-26-2", "eu-ai-act-deployer"),
            chapters=(Chapter.CARD,),
        ),
        "Version 3 of churn",
    ),
    "Several": (
        PackScope(
            kind=ScopeKind.PORTFOLIO,
            title="All models of Tier 1 (critical)",
            chosen="all models of Tier 1 (critical), as far as who asked may see them",
            models=(OTHER, MODEL),
            since=date(2026, 1, 1),
            until=date(2026, 6, 30),
        ),
        "2 models: all models of Tier 1 (critical), as far as who asked may see them, "
        "1 Jan 2026 to 30 Jun 2026",
    ),
    "A trail": (
        PackScope(
            kind=ScopeKind.TRAIL,
            title="People and access",
            streams=("accounts",),
            since=date(2026, 1, 1),
            chapters=(),
        ),
        "Audit trail of People and access, from 1 Jan 2026 on",
    ),
}


@pytest.mark.parametrize("name", SCOPES)
def test_a_scope_reads_back_as_it_was_written(name: str) -> None:
    scope, sentence = SCOPES[name]
    assert read_scope(scope.text()) == scope
    assert read_scope(scope.text()).digest == scope.digest
    assert scope.sentence == sentence


def test_every_scope_has_a_digest_of_its_own() -> None:
    assert len({scope.digest for scope, _ in SCOPES.values()}) == len(SCOPES)


def test_no_chapter_chosen_is_another_thing_than_no_choice() -> None:
    whole = PackScope(kind=ScopeKind.MODEL, title="churn", models=(MODEL,))
    empty = PackScope(kind=ScopeKind.MODEL, title="churn", models=(MODEL,), chapters=())
    assert all(whole.prints(chapter) for chapter in Chapter)
    assert not any(read_scope(empty.text()).prints(chapter) for chapter in Chapter)


@pytest.mark.parametrize(
    ("day", "is_in"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 6, 30), True),
        (date(2026, 7, 1), False),
        (None, True),
    ],
)
def test_a_period_holds_its_first_and_its_last_day(day: date | None, is_in: bool) -> None:
    assert SCOPES["Several"][0].covers(day) is is_in


def test_a_period_that_ends_before_it_begins_is_named() -> None:
    first, last = date(2026, 6, 30), date(2026, 1, 1)
    assert [one.field for one in period_problems(first, last)] == ["until"]
    assert not list(period_problems(last, first))
    assert not list(period_problems(None, last))
