"""Which requirement has which evidence: the full product of what the rule looks at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations, product

import pytest

from governance.core.errors import InvalidInput
from governance.evidence.rules.collectors import Freshness, collectors, read_collectors
from governance.evidence.rules.coverage import (
    CoverageState,
    EvidenceItem,
    Held,
    Standing,
    aged,
    by_kind,
    covered,
    requirement_key,
    together,
)
from governance.evidence.rules.requirements import Level, Requirement, evidence_kinds
from governance.inventory.rules.frameworks import Answer, Facts, Status

TODAY = date(2026, 11, 28)
ASKED = ("policy", "finding")
FRESH, STALE, MISSING = "fresh", "stale", "missing"
WHEN = ({"tier": frozenset({"1"})},)


def requirement(**changed: object) -> Requirement:
    stated: dict[str, object] = {
        "id": "R-1",
        "framework": "house",
        "version": "1",
        "citation": "House rules, 1",
        "title": "Keep it",
        "summary": "Keep it.",
        "group": "I. Keeping",
        "evidence": ASKED,
        "level": Level.MODEL,
        "when": (),
        "otherwise": "",
        "concerns": ("model_owner",),
        "from_date": None,
    }
    return Requirement(**(stated | changed))  # type: ignore[arg-type]


def answer(status: Status = Status.APPLIES, **changed: object) -> Answer:
    stated: dict[str, object] = {
        "framework": "house",
        "name": "House rules",
        "version": "1",
        "valid_from": TODAY - timedelta(days=100),
        "until": None,
        "status": status,
        "because": "It is no model." if status == Status.DOES_NOT_APPLY else "",
        "unknown": ("origin",) if status == Status.UNKNOWN else (),
    }
    return Answer(**(stated | changed))  # type: ignore[arg-type]


def item(kind: str, *, stale: bool = False, day: date = TODAY) -> EvidenceItem:
    return EvidenceItem(kind=kind, ref=f"{kind}:1", label=kind, day=day, stale=stale)


def held(first: str, second: str, *, exempt: bool = False) -> Held:
    there = zip(ASKED, (first, second), strict=True)
    items = [item(kind, stale=how == STALE) for kind, how in there if how != MISSING]
    said = {"house/R-1": "Stated by Cora."} if exempt else {}
    return Held(items=by_kind(items), exempt=said)


ENDS = {"past": TODAY, "open": None}
TIERS = {"asked": {"tier": ("1",)}, "not asked": {"tier": ("3",)}, "unknown": {}}
PRODUCT = list(product([None, *Status], ENDS, TIERS, (False, True), *[(FRESH, STALE, MISSING)] * 2))


def expected(
    status: Status | None, ends: str, tier: str, exempt: bool, first: str, second: str
) -> CoverageState:
    """The same told the other way round: from the evidence up, and each reason against it."""
    there = {first, second}
    state = CoverageState.PARTIAL
    if there == {FRESH}:
        state = CoverageState.COMPLETE
    if there == {MISSING}:
        state = CoverageState.NONE
    if exempt:
        state = CoverageState.NOT_APPLICABLE
    state = {"not asked": CoverageState.NOT_APPLICABLE, "unknown": CoverageState.UNKNOWN}.get(
        tier, state
    )
    if status == Status.UNKNOWN:
        state = CoverageState.UNKNOWN
    if ends == "past" or status == Status.DOES_NOT_APPLY:
        state = CoverageState.NOT_APPLICABLE
    return CoverageState.UNKNOWN if status is None else state


@pytest.mark.parametrize(("status", "ends", "tier", "exempt", "first", "second"), PRODUCT)
def test_every_case_comes_to_its_state(
    status: Status | None, ends: str, tier: str, exempt: bool, first: str, second: str
) -> None:
    said = None if status is None else answer(status, until=ENDS[ends])
    found = covered(
        requirement(when=WHEN, otherwise="It is of low risk."),
        standing=Standing(answer=said, on=TODAY),
        facts=Facts(known=TIERS[tier]),
        held=held(first, second, exempt=exempt),
        kinds=collectors(),
    )
    assert found.state == expected(status, ends, tier, exempt, first, second)
    assert found.because.endswith(".")
    assert "compliant" not in found.because.lower()
    asked = found.state in {CoverageState.COMPLETE, CoverageState.PARTIAL, CoverageState.NONE}
    lacking = [how for how in (first, second) if how != FRESH]
    assert len(found.missing) == (len(lacking) if asked else 0)


def test_what_was_recorded_under_what_has_ended_is_shown_and_nothing_later() -> None:
    until = TODAY - timedelta(days=10)
    items = [item("policy", day=until - timedelta(days=1)), item("finding", day=until)]
    found = covered(
        requirement(),
        standing=Standing(answer=answer(until=until), on=TODAY, superseded_by="New rules"),
        facts=Facts(known={}),
        held=Held(items=by_kind(items)),
        kinds=collectors(),
    )
    assert [one.kind for one in found.items] == ["policy"]
    assert found.because == (
        "House rules ended on 18 November 2026 and New rules took its place. What was recorded "
        "under it is shown; nothing is asked by it any more."
    )


@pytest.mark.parametrize(
    ("of_requirement", "of_answer", "said"),
    [
        (None, None, ""),
        (TODAY + timedelta(days=3), None, " Asked from 1 December 2026 on."),
        (None, TODAY + timedelta(days=4), " Asked from 2 December 2026 on."),
        (TODAY, TODAY + timedelta(days=4), ""),
    ],
)
def test_what_is_asked_only_later_says_so(
    of_requirement: date | None, of_answer: date | None, said: str
) -> None:
    found = covered(
        requirement(from_date=of_requirement),
        standing=Standing(answer=answer(from_date=of_answer), on=TODAY),
        facts=Facts(known={}),
        held=held(FRESH, FRESH),
        kinds=collectors(),
    )
    assert found.because == (
        f"Of 2 kinds of evidence, 2 fresh: it asks for policy and finding.{said}"
    )


def test_what_was_filed_for_one_requirement_counts_for_no_other() -> None:
    one = EvidenceItem(
        kind="policy", ref="a:1", label="a", day=TODAY, only_for=frozenset({"house/R-2"})
    )
    states = [
        covered(
            requirement(id=key, evidence=("policy",)),
            standing=Standing(answer=answer(), on=TODAY),
            facts=Facts(known={}),
            held=Held(items=by_kind([one])),
            kinds=collectors(),
        ).state
        for key in ("R-1", "R-2")
    ]
    assert states == [CoverageState.NONE, CoverageState.COMPLETE]
    assert requirement_key(requirement(id="R-2")) == "house/R-2"


@pytest.mark.parametrize("offset", range(-1, 2))
def test_a_record_is_fresh_through_its_last_day(offset: int) -> None:
    until = TODAY + timedelta(days=offset)
    assert aged(item("policy"), until, today=TODAY).stale == (offset < 0)
    assert not aged(item("policy"), None, today=TODAY).stale


@pytest.mark.parametrize(("tier", "days"), [(1, 10), (2, 30), (3, 30), (None, 30)])
def test_freshness_differs_by_tier(tier: int | None, days: int) -> None:
    fresh = Freshness(days=30, tiers={1: 10})
    assert fresh.lasts_until(TODAY, tier=tier) == TODAY + timedelta(days=days)
    assert Freshness().lasts_until(TODAY, tier=tier) is None


def groups() -> Iterator[tuple[CoverageState, ...]]:
    for size in range(len(CoverageState) + 1):
        yield from combinations(CoverageState, size)


@pytest.mark.parametrize("states", list(groups()))
def test_several_together_say_no_better_than_the_worst(states: tuple[CoverageState, ...]) -> None:
    none, unknown = CoverageState.NONE, CoverageState.UNKNOWN
    nothing, complete = CoverageState.NOT_APPLICABLE, CoverageState.COMPLETE
    asked = set(states) - {nothing}
    found = together(states)
    assert (found == nothing) == (not asked)
    assert (found == complete) == (asked == {complete})
    assert (found == none) == (none in asked and asked <= {none, unknown})
    assert (found == unknown) == (unknown in asked and asked <= {unknown, complete})


def test_every_kind_has_a_collector_and_none_is_beside() -> None:
    assert list(collectors()) == list(evidence_kinds())
    for one in collectors().values():
        assert one.missing.endswith("."), one.kind
        assert one.given_by.endswith("."), one.kind


@pytest.mark.parametrize(
    "text",
    [
        "collectors: []",
        "collectors:\n- {kind: policy, missing: a, given_by: b, counts: [], more: 1}",
        "collectors:\n- {kind: policy, missing: a, given_by: b, counts: [], fresh: {days: 0}}",
        "collectors:\n- kind: policy\n  missing: a\n  given_by: b\n  counts:\n"
        "  - {records: x, of: nobody, day: at, says: x}",
        "collectors:\n- kind: policy\n  missing: a\n  given_by: b\n  counts:\n"
        "  - {records: x, of: firm, day: 'at; drop', says: x}",
    ],
)
def test_a_file_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_collectors(text)
