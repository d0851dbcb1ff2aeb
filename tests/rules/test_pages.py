"""What pages work out without a database: ranges, calendars, drawings, sentences."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from governance.audit.rules import Verb
from governance.portal.pages.deadlines import deadlines
from governance.portal.pages.events import KINDS, MARKS, unknown_mark
from governance.portal.pages.inbox import Item, summary
from governance.portal.pages.lineage import Box, lineage_of
from governance.portal.pages.model import ranges
from governance.portal.pages.naming import Names

TODAY = date(2026, 11, 19)
NOW = datetime(2026, 11, 19, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([], ""), ([3], "v3"), ([1, 2, 3], "v1 to v3"), ([13, 1, 2, 11], "v1 to v2, v11, v13")],
)
def test_versions_are_said_as_ranges(numbers: list[int], said: str) -> None:
    assert ranges(numbers) == said


def finding(day: date, severity: str = "LOW") -> Any:
    return SimpleNamespace(due_date=day, severity=severity)


def test_the_calendar_runs_five_weeks_from_this_monday() -> None:
    late, soon, far = date(2026, 11, 2), date(2026, 11, 24), date(2027, 2, 1)
    plan = deadlines([finding(far), finding(soon, "HIGH"), finding(late)], today=TODAY)
    days = [day for week in plan.weeks for day in week]
    assert (plan.first, plan.last, len(days)) == (date(2026, 11, 16), date(2026, 12, 20), 35)
    assert [day.date for day in days if day.is_today] == [TODAY]
    assert [(day.date, day.count, day.tone) for day in days if day.count] == [(soon, 1, "bad")]
    assert [one.due_date for one in plan.due] == [soon]
    assert plan.late == 1


def version(**facts: Any) -> Any:
    return SimpleNamespace(number=4, run_id=facts.pop("run_id", ""), lineage=facts)


def test_a_lineage_draws_only_what_is_known() -> None:
    bare = lineage_of(cast(Any, version()), stage_label="Draft", uses=[])
    assert [box.title for box in bare.boxes] == ["Version 4"]
    assert bare.arrows == []

    known = version(
        run_id="0123456789abcdef", dataset={"name": "applications", "rows": 1200}, git_commit="abc"
    )
    uses = [Box(column="use", title="primary", dashed=True), Box(column="use", title="shadow")]
    drawn = lineage_of(known, stage_label="Staging", uses=uses)
    assert drawn.sentences == [
        "Data: applications (1,200 rows).",
        "Training: Run 0123456789ab (commit abc).",
        "Version: Version 4 (Staging).",
        "Evidence and use: primary, shadow.",
    ]
    assert [arrow.dashed for arrow in drawn.arrows].count(True) == 1
    assert len(drawn.arrows) == 4


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
