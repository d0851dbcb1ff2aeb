"""Coverage as it is counted each night: kept where it differs, as a trend, and as changes."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from governance.accounts.permissions import Permission
from governance.accounts.queries import SystemActor
from governance.accounts.rules import PermissionMissing
from governance.evidence.actions.counting import count_all, count_coverage
from governance.evidence.models import CoverageSnapshot
from governance.evidence.queries.snapshots import (
    changed_since,
    is_to_be_counted,
    seen_counts,
    standing_tallies,
    trend_of,
)
from governance.evidence.rules.coverage import CoverageState
from governance.evidence.rules.snapshots import JOB, Tally, state_changes, tally
from governance.evidence.tasks import COUNTER, look_whether_to_count
from governance.inventory.actions import edit_model
from governance.inventory.models import Model
from governance.jobs.models import Job
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.world import newest_entry, nothing_moves, refused

ML = "ml-test-score"
LATER = later(days=1)


@pytest.fixture
def model(cast: Cast) -> Any:
    with override_settings(FIRM_FRAMEWORKS={ML: ""}):
        model = f.make_model(cast)
        record = f.edited_record(model, origin="IN_HOUSE")
        yield edit_model(model=model, record=record, actor=cast.owner, at=NOON)


def count(model: Model, *, at: datetime = NOON) -> list[CoverageSnapshot]:
    return count_coverage(models=[model], with_firm=True, actor=COUNTER, at=at)


def test_it_is_kept_once_and_one_entry_lists_every_row(model: Model) -> None:
    rows = count(model)
    entry = newest_entry("evidence")
    assert entry.verb == "coverage.counted"
    assert set(entry.states) == {row.ref for row in rows}
    assert entry.facts == {"counted": 2, "changed": len(rows)}
    assert CoverageSnapshot.objects.filter(model=model, framework=ML).exists()
    with nothing_moves():
        assert count(model, at=LATER) == []


def test_what_differs_is_kept_and_nothing_else(cast: Cast, model: Model) -> None:
    count(model)
    f.make_version(cast, model)
    rows = count(model, at=LATER)
    assert rows
    assert {row.model for row in rows} == {model}
    assert {row.subject for row in rows} == {model.ref}


def test_of_what_never_applied_nothing_is_kept(model: Model) -> None:
    assert "nist-ai-rmf-1.0" not in {row.framework for row in count(model)}


def test_the_numbers_are_those_of_the_states(model: Model) -> None:
    for row in count(model):
        told = Tally(**{key: getattr(row, key) for key in vars(Tally())})
        assert tally(row.states.values()) == told


def test_counting_takes_a_right(cast: Cast, model: Model) -> None:
    nobody = SystemActor(name="clock", held=frozenset({Permission.MODEL_READ}))
    with refused(PermissionMissing):
        count_coverage(models=[model], with_firm=True, actor=nobody, at=NOON)


def test_the_trend_carries_on_what_did_not_change(cast: Cast, model: Model) -> None:
    count(model)
    f.make_version(cast, model)
    count(model, at=later(days=3))
    rows = seen_counts(cast.auditor, [ML], at=later(days=4))
    found = trend_of(rows, since=later(days=1).date(), at=later(days=4))
    assert [one.day for one in found] == [later(days=1).date(), later(days=3).date()]
    assert found[0].tally.none > found[1].tally.none
    assert sum(vars(found[0].tally).values()) == sum(vars(found[1].tally).values())
    standing = standing_tallies(rows, at=later(days=4))
    assert sum(standing.values(), Tally()) == found[-1].tally


def test_what_changed_since_a_day_is_told_of_what_was_counted_then(
    cast: Cast, model: Model
) -> None:
    count(model)
    f.make_version(cast, model)
    count(model, at=later(days=3))
    rows = seen_counts(cast.auditor, [ML], at=later(days=4))
    found = changed_since(rows, since=NOON.date(), at=later(days=4))
    assert found
    assert {one.model for one in found} == {model}
    assert all(one.change.before != one.change.after for one in found)
    assert all(one.change.is_better for one in found)
    assert changed_since(rows, since=later(days=3).date(), at=later(days=4)) == []
    assert changed_since(rows, since=later(days=-9).date(), at=later(days=4)) == []


def test_others_models_are_not_counted_for_a_reader(cast: Cast, model: Model) -> None:
    count(model)
    assert not seen_counts(cast.outsider, [ML], at=NOON).filter(model=model).exists()


def test_states_are_compared_by_requirement() -> None:
    before = {"a": "NONE", "b": "COMPLETE", "c": "PARTIAL"}
    now = {"d": "UNKNOWN", "b": "COMPLETE", "a": "PARTIAL"}
    found = [(one.requirement, one.before, one.after, one.is_better) for one in
             state_changes(before, now)]  # fmt: skip
    assert found == [
        ("d", None, CoverageState.UNKNOWN, False),
        ("a", CoverageState.NONE, CoverageState.PARTIAL, True),
        ("c", CoverageState.PARTIAL, None, False),
    ]


def at_hour(hour: int, *, day: int = 3) -> datetime:
    return datetime(2026, 3, day, hour, 30, tzinfo=UTC)


def test_it_is_queued_in_the_night_once(model: Model, settings: Any) -> None:
    look_whether_to_count(at_hour(9))
    assert not Job.objects.filter(kind=JOB).exists()
    settings.COVERAGE_HOUR = 2
    look_whether_to_count(at_hour(9))
    assert Job.objects.filter(kind=JOB).count() == 1
    count(model)
    assert not is_to_be_counted(at=at_hour(1, day=4))
    assert is_to_be_counted(at=at_hour(2, day=4))
    assert is_to_be_counted(at=at_hour(9, day=4))
    look_whether_to_count(at_hour(2, day=4))
    Job.objects.filter(kind=JOB).update(state="DONE", finished_at=at_hour(3, day=4))
    assert not is_to_be_counted(at=at_hour(2, day=4))
    assert is_to_be_counted(at=at_hour(2, day=5))


def test_all_are_counted_some_at_a_time(cast: Cast, model: Model) -> None:
    f.make_model(cast, name="other-model")
    found = count_all(actor=COUNTER, at=later(days=2))
    assert found["models"] == 2
    assert found["changed"] == CoverageSnapshot.objects.count()


def test_a_command_counts(model: Model) -> None:
    out = StringIO()
    call_command("compute_coverage", stdout=out)
    assert out.getvalue().startswith("1 model looked at, ")
    assert CoverageSnapshot.objects.filter(model=model).exists()
