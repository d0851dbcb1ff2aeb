"""What pages work out without a database: ranges, calendars, drawings, sentences."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from governance.accounts.rules import ProofMethod
from governance.audit.rules import Verb
from governance.evidence.rules import signatures as pack
from governance.inventory.models import Model
from governance.portal.pages import certificates
from governance.portal.pages.deadlines import Due, deadlines
from governance.portal.pages.event_kinds import KINDS
from governance.portal.pages.events import MARKS, unknown_mark
from governance.portal.pages.inbox import Item, summary
from governance.portal.pages.lineage import Box, Lineage, lineage_of
from governance.portal.pages.model import ranges
from governance.portal.pages.naming import Names
from governance.registry.models import (
    DataSnapshot,
    LineageFact,
    ModelVersion,
    VersionInput,
    VersionParent,
)
from governance.registry.queries.lineage import LineageGraph, Link, Walk

TODAY = date(2026, 11, 19)
NOW = datetime(2026, 11, 19, 10, tzinfo=UTC)


def test_every_way_to_prove_oneself_has_words_on_certificates_and_in_packs() -> None:
    assert set(ProofMethod.values) < set(certificates.PROOFS)
    assert certificates.PROOFS.keys() == pack.PROOFS.keys()


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([], ""), ([3], "v3"), ([1, 2, 3], "v1 to v3"), ([13, 1, 2, 11], "v1 to v2, v11, v13")],
)
def test_versions_are_said_as_ranges(numbers: list[int], said: str) -> None:
    assert ranges(numbers) == said


def due(day: date, *, is_grave: bool = False, is_review: bool = False) -> Due:
    return Due(
        due_date=day, name="churn-model", what="", href="", is_grave=is_grave, is_review=is_review
    )


def test_the_calendar_runs_five_weeks_from_this_monday() -> None:
    late, soon, far = date(2026, 11, 2), date(2026, 11, 24), date(2027, 2, 1)
    plan = deadlines(
        [due(far), due(soon, is_grave=True), due(late), due(late, is_review=True)], today=TODAY
    )
    days = [day for week in plan.weeks for day in week]
    assert (plan.first, plan.last, len(days)) == (date(2026, 11, 16), date(2026, 12, 20), 35)
    assert [day.date for day in days if day.is_today] == [TODAY]
    assert [(day.date, day.count, day.tone) for day in days if day.count] == [(soon, 1, "bad")]
    assert [one.due_date for one in plan.due] == [soon]
    assert (plan.late, plan.late_reviews) == (1, 1)


def graph(**said: Any) -> LineageGraph:
    nothing = Walk(links=(), is_whole=True)
    version = ModelVersion(number=4, run_id=said.pop("run_id", ""), registered_at=NOW)
    version.model = Model(name="churn-model")
    known = {"ancestors": nothing, "descendants": nothing, "inputs": (), "facts": (), "events": ()}
    return LineageGraph(version=version, **{**known, **said})


def drawn(graph: LineageGraph, *uses: Box, shared: dict[str, int] | None = None) -> Lineage:
    return lineage_of(graph, stage_label="Staging", uses=uses, shared=shared or {})


def link(number: int, child: ModelVersion, *, depth: int = 1) -> Link:
    parent = ModelVersion(number=number, stage="DRAFT", registered_at=NOW)
    parent.model = Model(name="base")
    row = VersionParent(
        version=child,
        parent=parent,
        relation="FINE_TUNED",
        origin="REGISTERED",
        recorded_at=NOW,
    )
    return Link(row=row, depth=depth)


def used(name: str, purpose: str, *, origin: str = "REGISTERED", rows: int | None = 1200) -> Any:
    version = ModelVersion(number=4, registered_at=NOW)
    return VersionInput(
        version=version,
        snapshot=DataSnapshot(name=name, digest=f"{name}-1"),
        purpose=purpose,
        rows=rows,
        origin=origin,
        recorded_at=NOW,
    )


def test_a_lineage_draws_only_what_is_known() -> None:
    bare = drawn(graph())
    assert [box.title for box in bare.boxes] == ["Version 4"]
    assert bare.arrows == []
    assert bare.groups == []


def test_a_lineage_goes_from_data_to_use() -> None:
    commit = LineageFact(kind="GIT_COMMIT", value="abc", origin="REGISTERED", recorded_at=NOW)
    inputs = [used("holdout", "EVALUATION", rows=9), used("applications", "TRAINING")]
    known = graph(run_id="0123456789abcdef", inputs=inputs, facts=[commit])
    boxes = (Box(column="use", title="primary", dashed=True), Box(column="use", title="shadow"))
    lineage = drawn(known, *boxes, shared={"applications-1": 2})
    assert [(box.column, box.title, box.sub) for box in lineage.boxes] == [
        ("data", "applications", "1,200 rows, 3 versions"),
        ("data", "holdout", "Evaluation, 9 rows"),
        ("made", "Run 0123456789ab", "commit abc"),
        ("version", "Version 4", "Staging"),
        ("use", "primary", ""),
        ("use", "shadow", ""),
    ]
    assert [arrow.dashed for arrow in lineage.arrows] == [False, False, False, True, False]
    assert [group.heading for group in lineage.groups] == ["Data", "Run", "Made with", "Led to"]


def test_what_was_reported_later_is_dashed_and_says_so() -> None:
    row = used("clicks", "TRAINING", origin="OPENLINEAGE")
    row.recorded_at = NOW + timedelta(days=3)
    lineage = drawn(graph(inputs=[row]))
    assert lineage.boxes[0].dashed
    assert lineage.groups[0].items[0].note == "reported later, 22 Nov 2026"


def test_versions_before_and_after_stand_beside() -> None:
    known = graph()
    parent = link(3, known.version)
    before = link(2, parent.parent, depth=2)
    after = link(4, ModelVersion(number=5))
    after.row.version.model = Model(name="copy")
    lineage = drawn(
        graph(
            ancestors=Walk(links=[parent, before], is_whole=True),
            descendants=Walk(links=[after], is_whole=False),
        )
    )
    assert [(box.title, box.sub) for box in lineage.boxes if box.column == "made"] == [
        ("base", "v3, fine-tuned from, 1 before")
    ]
    assert [box.said for box in lineage.boxes if box.column == "use"] == ["copy (v5, Draft)"]
    assert not lineage.is_whole
    details = [item.detail for group in lineage.groups for item in group.items]
    assert details[:2] == ["this one is fine-tuned from it", "base version 3 is fine-tuned from it"]


def test_a_column_holds_six_boxes_and_the_list_everything() -> None:
    lineage = drawn(graph(inputs=[used(f"part {n}", "TRAINING") for n in range(30)]))
    data = [box for box in lineage.boxes if box.column == "data"]
    assert (len(data), data[-1].title) == (6, "25 more")
    assert len(lineage.groups[0].items) == 30


def test_every_verb_belongs_to_a_kind_or_reads_well_without() -> None:
    assert unknown_mark("unit.closed").text == "Unit closed"
    assert set(MARKS) == set(Verb.values)
    kinds = [verbs for _, verbs in KINDS.values()]
    assert all(verbs <= set(Verb.values) for verbs in kinds)
    assert len(frozenset().union(*kinds)) >= len(MARKS) - 5  # jobs and slots stand in no kind


def test_an_unknown_reference_reads_as_its_kind() -> None:
    names = Names(actors={"user:1": "Ada"}, versions={"version:2": 7})
    assert names.who("user:1") == "Ada"
    assert names.who("user:9") == "Somebody"
    assert names.who("system:console") == "The console"
    assert names.what("version:2") == "version 7"
    assert names.what("role-grant:3") == "role grant"


def item(due: date | None = None) -> Item:
    return Item(
        tone="ink", icon="sign", label="", title="", href="", why="", tier=1, since=NOW, due=due
    )


def test_the_inbox_is_summed_up_in_a_sentence() -> None:
    assert summary([], at=NOW) == "Nothing waits for you."
    assert summary([item()], at=NOW) == "1 item waits for you."
    assert summary([item(), item(date(2026, 11, 1))], at=NOW) == (
        "2 items wait for you. 1 is overdue."
    )
