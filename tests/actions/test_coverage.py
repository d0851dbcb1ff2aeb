"""Coverage computed from records: what counts, of which version, and in how many queries."""

from __future__ import annotations

from datetime import timedelta
from string import Formatter

from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db import models as db
from django.test.utils import CaptureQueriesContext

from governance.evidence.queries.coverage import coverage_of, firm_coverage
from governance.evidence.queries.gathering import TABLES, counting_versions, gathered
from governance.evidence.rules.collectors import Of, collectors
from governance.evidence.rules.coverage import CoverageState, Covered, EvidenceItem
from governance.evidence.rules.requirements import Level
from governance.inventory.models import Model
from tests import factories as f
from tests.factories import NOON, Cast, later


def column_exists(table: type[db.Model], path: str) -> bool:
    """Follow `version__model__name` from table to table."""
    found: type[db.Model] | None = table
    for step in path.split("__"):
        assert found is not None, path
        if step == "pk":
            return True
        try:
            field = found._meta.get_field(step)
        except FieldDoesNotExist:
            return False
        found = field.related_model  # type: ignore[assignment]
    return True


def test_the_data_names_tables_and_columns_that_there_are() -> None:
    for one in collectors().values():
        for counting in one.counts:
            table = TABLES[counting.records]
            rows = table.rows(NOON).model
            reach = {Of.MODEL: table.model, Of.VERSION: table.version}.get(counting.of, "pk")
            names = [name for _, name, _, _ in Formatter().parse(counting.says) if name]
            paths = [reach, counting.day, *names, *counting.where, *counting.absent]
            paths += [*counting.same, *counting.same.values()]
            assert all(paths), (one.kind, counting.records)
            for path in paths:
                assert column_exists(rows, path), (one.kind, counting.records, path)


def test_every_table_is_named_by_its_reference() -> None:
    for name, table in TABLES.items():
        rows = table.rows(NOON).model
        ref = getattr(rows, "REF", None) or rows().ref.partition(":")[0]
        assert ref == name


def kinds_of(items: list[EvidenceItem]) -> set[str]:
    return {one.kind for one in items}


def test_what_is_on_record_of_a_model_is_found(cast: Cast) -> None:
    model = f.make_model(cast)
    version = f.make_version(cast, model)
    f.make_policies(cast)
    f.make_champion(cast, version)
    found = gathered([model], collectors(), at=later(days=1))[model.pk]
    assert kinds_of(found) >= {
        "inventory_entry",
        "role_assignment",
        "risk_assessment",
        "model_card",
        "dataset_record",
        "evaluation_result",
        "validation_report",
        "finding",
        "sign_off",
        "stage_transition",
        "change_record",
        "audit_event",
    }
    assert not kinds_of(found) & {"monitoring_result", "incident"}
    assert not any(one.stale for one in found)


def test_what_is_old_is_stale_by_the_tier(cast: Cast) -> None:
    model = f.make_model(cast, tier=1)
    f.make_report(cast, f.make_version(cast, model))
    for days, stale in ((365, False), (366, True)):
        found = gathered([model], collectors(), at=later(days=days))[model.pk]
        (report,) = [one for one in found if one.kind == "validation_report"]
        assert report.stale == stale
        assert report.fresh_until == NOON.date() + timedelta(days=365)


def test_the_champion_counts_and_else_the_newest(cast: Cast) -> None:
    model = f.make_model(cast)
    first = f.make_version(cast, model)
    f.make_policies(cast)
    f.make_champion(cast, first)
    second = f.make_version(cast, model)
    other = f.make_model(cast, name="other-model")
    assert counting_versions([model, other]) == {model.pk: first.pk}
    newest = f.make_version(cast, other)
    assert counting_versions([model, other]) == {model.pk: first.pk, other.pk: newest.pk}
    assert second.pk not in counting_versions([model]).values()


def test_only_the_newest_few_are_listed_and_the_rest_is_told(cast: Cast) -> None:
    model = f.make_model(cast)
    for hour in range(6):
        f.make_version(cast, model, at=later(hours=hour))
    found = gathered([model], collectors(), at=later(days=1))[model.pk]
    versions = [one for one in found if one.ref.startswith("version:")]
    assert [(one.label, one.earlier) for one in versions] == [
        ("Version 6 registered", 0),
        ("Version 5 registered", 0),
        ("Version 4 registered", 3),
    ]


def test_a_requirement_says_what_is_missing_and_who_gives_it(cast: Cast) -> None:
    model = f.make_model(cast)
    found = coverage_of([model], at=later(days=1))[model.pk]
    lacking = [one for one in found if one.state == CoverageState.NONE]
    assert all(one.missing for one in lacking)
    states = {one.state for one in found}
    assert CoverageState.NOT_APPLICABLE in states
    assert CoverageState.UNKNOWN in states


def test_a_model_without_a_scope_is_unknown(cast: Cast) -> None:
    model = f.make_unscoped_model(cast, name="old-model")
    found = coverage_of([model], at=NOON, frameworks=["sr-26-2"])[model.pk]
    assert {one.state for one in found} == {CoverageState.UNKNOWN}


def test_frameworks_are_chosen(cast: Cast) -> None:
    model = f.make_model(cast)
    found = coverage_of([model], at=NOON, frameworks=["ml-test-score"])[model.pk]
    assert {one.requirement.framework for one in found} == {"ml-test-score"}


def test_many_models_take_as_many_queries_as_one(cast: Cast) -> None:
    models = [f.make_model(cast, name=f"model-{number}") for number in range(6)]
    for model in models:
        f.make_version(cast, model)
    f.make_policies(cast)
    f.make_champion(cast, models[0].versions.get())
    counts = []
    for some in (models[:1], models):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            coverage_of(some, at=later(days=1))
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[1] < 60


def test_the_firm_is_asked_by_what_applies_to_any_model(cast: Cast) -> None:
    assert {one.state for one in firm_coverage(at=NOON)} == {CoverageState.UNKNOWN}
    f.make_model(cast)
    found = firm_coverage(at=NOON)
    assert {one.requirement.level for one in found} == {Level.FIRM}
    assert {one.state for one in found} > {CoverageState.UNKNOWN}


def test_a_past_guidance_is_asked_of_nobody(cast: Cast) -> None:
    model: Model = f.make_model(cast)
    after = later(days=60)
    found: tuple[Covered, ...] = coverage_of([model], at=after, frameworks=["sr-11-7"])[model.pk]
    assert {one.state for one in found} == {CoverageState.NOT_APPLICABLE}
    assert "ended on 17 April 2026 and SR 26-2 took its place" in found[0].because
