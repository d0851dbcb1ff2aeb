"""Requirements and their evidence as a pack holds and prints them."""

from __future__ import annotations

from datetime import date
from typing import Any

from governance.core.canonical import canonical
from governance.evidence.rules.coverage import CoverageState, Covered, EvidenceItem
from governance.evidence.rules.matrix import MOST_ITEMS, FrameworkRows, coverage_member, matrix
from governance.evidence.rules.reading import Evidence
from governance.evidence.rules.requirements import Level, Requirement

MODEL = "model:6d0f7a7e-0000-4000-8000-000000000001"


def asked(key: str, *, group: str = "I", framework: str = "sr-26-2") -> Requirement:
    return Requirement(
        id=key,
        framework=framework,
        version="2026",
        citation=f"§ {key}",
        title=f"Do {key}",
        summary="",
        group=group,
        evidence=("card",),
        level=Level.MODEL,
        when=(),
        otherwise="",
        concerns=(),
        from_date=None,
    )


def item(number: int, *, kind: str = "card", stale: bool = False) -> EvidenceItem:
    return EvidenceItem(
        kind="model_card",
        ref=f"{kind}:{number}",
        label=f"Card {number}",
        day=date(2026, 1, number),
        stale=stale,
    )


def printed(*rows: Covered) -> list[FrameworkRows]:
    member = coverage_member({MODEL: rows}, names={"sr-26-2": "SR 26-2"})
    stream = {"stream": MODEL, "model": MODEL, "name": "churn", "entries": 0, "ledger": []}
    document: dict[str, Any] = {
        "about": {"as_of": "2026-01-01T00:00:00Z"},
        "streams": [stream],
        "records": {},
        "prose": [],
        "names": {},
        "coverage": member,
    }
    return matrix(Evidence(canonical(document)))


def test_each_requirement_stands_under_its_group_with_its_evidence_and_chapter() -> None:
    (framework,) = printed(
        Covered(
            requirement=asked("A"),
            state=CoverageState.COMPLETE,
            because="",
            items=(item(1), item(2, kind="finding", stale=True)),
        ),
        Covered(
            requirement=asked("B"),
            state=CoverageState.NONE,
            because="",
            missing=("No card. The owner publishes it.",),
        ),
        Covered(requirement=asked("C", group="II"), state=CoverageState.PARTIAL, because=""),
    )
    assert (framework.name, framework.version) == ("SR 26-2", "2026")
    assert [(row.id, row.group) for row in framework.rows] == [("A", "I"), ("B", ""), ("C", "II")]
    first, second, _ = framework.rows
    assert [(one.chapter, one.stale) for one in first.items] == [
        ("card", False),
        ("validation", True),
    ]
    assert second.missing == ["No card. The owner publishes it."]
    assert (framework.total, framework.count("NONE"), framework.count("UNKNOWN")) == (3, 1, 0)


def test_what_one_sentence_says_is_said_once() -> None:
    why = "It is out of scope."
    (framework,) = printed(
        Covered(requirement=asked("A"), state=CoverageState.NOT_APPLICABLE, because=why),
        Covered(requirement=asked("B"), state=CoverageState.UNKNOWN, because="Nobody knows."),
        Covered(requirement=asked("C"), state=CoverageState.NOT_APPLICABLE, because=why),
        Covered(
            requirement=asked("D"),
            state=CoverageState.UNKNOWN,
            because="Nobody knows.",
            items=(item(1),),
        ),
    )
    assert [row.id for row in framework.rows] == ["D"]
    assert [(one.state, one.because, list(one.citations)) for one in framework.alike] == [
        (CoverageState.NOT_APPLICABLE, why, ["A", "C"]),
        (CoverageState.UNKNOWN, "Nobody knows.", ["B"]),
    ]


def test_many_records_are_counted_and_the_evidence_names_them_all() -> None:
    items = tuple(item(number) for number in range(1, 9))
    row = Covered(requirement=asked("A"), state=CoverageState.COMPLETE, because="", items=items)
    (framework,) = printed(row)
    (shown,) = framework.rows
    assert (len(shown.items), shown.more) == (MOST_ITEMS, 8 - MOST_ITEMS)
    member = coverage_member({MODEL: [row]}, names={})
    assert len(member["models"][MODEL][0]["items"]) == 8


def test_without_a_framework_nothing_is_printed() -> None:
    assert printed() == []
