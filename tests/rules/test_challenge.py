"""The figures on challenge, from facts counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from governance.approvals.rules.challenge import (
    Decided,
    EvidencePage,
    Signed,
    Validated,
    deciding,
    signing,
    spread,
    validating,
)
from governance.approvals.rules.judgement import Decision, RequestState

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def minutes(*counts: float) -> list[timedelta]:
    return [timedelta(minutes=count) for count in counts]


def signed(after: float | None, *evidence: str, **facts: object) -> Signed:
    """Signed at noon, so many minutes after it was opened; None: nobody noted when."""
    row = Signed(
        tier=1,
        role="APPROVER",
        person="user:x",
        decision=Decision.APPROVE,
        first_opened_at=None if after is None else NOON - timedelta(minutes=after),
        signed_at=NOON,
        evidence=frozenset(evidence),
    )
    return replace(row, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((7,), (7, 7, 7)),
        ((1, 3), (1.5, 2, 2.5)),
        ((1, 2, 3, 4), (1.75, 2.5, 3.25)),
        ((5, 1, 3, 2, 4), (2, 3, 4)),
        ((0, 0, 0, 60), (0, 0, 15)),
    ],
)
def test_median_and_quartiles(times: tuple[float, ...], expected: tuple[float, ...]) -> None:
    found = spread(minutes(*times))
    assert found is not None
    assert [found.lower, found.median, found.upper] == minutes(*expected)
    assert found.count == len(times)


def test_of_nothing_there_is_no_figure_rather_than_zero() -> None:
    assert spread([]) is None
    of_none = signing([])
    assert (of_none.took, of_none.hasty.percent, of_none.unread.percent) == (None, None, None)
    assert (of_none.refusing.percent, of_none.commented.percent) == (None, None)
    assert deciding([]).per_decision is None
    assert deciding([]).refused.percent is None
    assert validating([]).per_report is None


@pytest.mark.parametrize(
    ("after", "is_hasty"), [(0, True), (1.99, True), (2, True), (2.01, False), (600, False)]
)
def test_an_approval_within_two_minutes_is_hasty(after: float, is_hasty: bool) -> None:
    assert signing([signed(after)]).hasty.part == is_hasty


@pytest.mark.parametrize("page", EvidencePage)
def test_every_page_but_the_decision_itself_is_evidence(page: EvidencePage) -> None:
    assert signing([signed(5, page)]).unread.part == (page == EvidencePage.DECISION)


def test_who_refuses_or_was_not_noted_counts_in_no_share_of_what_was_opened() -> None:
    figures = signing(
        [
            signed(1),
            signed(30, "card", conditions=2, has_comment=True),
            signed(1, decision=Decision.RETURN, has_comment=True),
            signed(None),
        ]
    )
    assert (figures.hasty.part, figures.hasty.whole) == (1, 2)
    assert (figures.unread.part, figures.unread.whole) == (1, 2)
    assert (figures.refusing.part, figures.refusing.whole) == (1, 4)
    assert figures.took == spread(minutes(1, 30, 1))
    assert (figures.commented.percent, figures.conditions, figures.unnoted) == (50, 2, 1)


def test_decisions_and_findings() -> None:
    row = Decided(tier=1, outcome=RequestState.DONE, opened_at=NOON, decided_at=NOON)
    figures = deciding(
        [
            replace(row, comments=3, overrides=1),
            replace(row, outcome=RequestState.REJECTED, decided_at=NOON + timedelta(hours=2)),
        ]
    )
    assert (figures.count, figures.refused.percent, figures.per_decision) == (2, 50, 1.5)
    assert figures.took == spread(minutes(0, 120))
    assert figures.overrides == 1
    found = validating([Validated(tier=1, findings={"HIGH": 1, "LOW": 2})] * 2)
    assert (found.reports, found.per_report, dict(found.findings)) == (2, 3, {"HIGH": 2, "LOW": 4})
