"""Populations: what is listed, how it is held against the ledger, and who may list it."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from governance.accounts.actions import end_role
from governance.accounts.rules import PermissionMissing, Role
from governance.audit import triggers
from governance.audit.models import (
    LedgerEntry,
)
from governance.audit.rules import Verb
from governance.core.canonical import canonical, sha256_hex
from governance.core.errors import InvalidInput
from governance.evidence.actions.populations import draw_sample, extract_population
from governance.evidence.models import Population, Sample
from governance.evidence.queries.populations import population_by_id, sample_by_id
from governance.evidence.rules.populations.lists import (
    Asked,
    PopulationKind,
    PopulationNotFound,
    TooManyRows,
    list_digest,
)
from governance.evidence.rules.populations.sampling import Draw, Method, SampleNotFound
from governance.registry.models import StageChange
from governance.validation.actions import open_finding
from governance.validation.models import Finding
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.story import Story, live_through
from tests.world import newest_entry, refused

AFTER = later(days=30)
pytestmark = [pytest.mark.django_db, pytest.mark.backend]


@pytest.fixture
def cast() -> Cast:
    return f.make_cast()


@pytest.fixture
def story(cast: Cast) -> Story:
    return live_through(cast)


def asked(kind: PopulationKind, **changed: Any) -> Asked:
    period = {"since_date": date(2026, 3, 1), "until_date": date(2026, 3, 31)}
    return Asked(kind=kind, **{**period, **changed})


def extract(cast: Cast, kind: PopulationKind, **changed: Any) -> Population:
    return extract_population(
        asked=asked(kind, **changed), unit=cast.root, actor=cast.auditor, at=AFTER
    )


def findings(cast: Cast, story: Story, *severities: str) -> None:
    for severity in severities:
        open_finding(
            version=story.version,
            finding=f.due_finding(severity, at=later(days=7)),
            actor=cast.validator,
            at=later(days=7),
        )


# --- lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PopulationKind)
def test_tables_and_ledger_agree_on_every_kind(cast: Cast, story: Story, kind: str) -> None:
    found = extract(cast, PopulationKind(kind))
    assert found.differences == 0
    assert found.rows == found.told
    assert [row["entry"] for row in found.body["rows"] if not row["entry"]] == []


def test_promotions_are_the_stage_changes_to_production(cast: Cast, story: Story) -> None:
    found = extract(cast, PopulationKind.PROMOTION)
    (row,) = found.body["rows"]
    assert (found.count, found.rows) == (1, 3)
    assert (row["model"], row["version"], row["to"]) == ("churn-model", "1", "PRODUCTION")
    assert row["authorized_by"] == story.request.ref
    entry = LedgerEntry.objects.get(hash=row["entry"])
    assert (entry.verb, row["ref"] in entry.states) == (Verb.VERSION_PROMOTED, True)


def test_the_period_takes_both_days_in_and_nothing_beside(cast: Cast, story: Story) -> None:
    findings(cast, story, "HIGH")
    day = later(days=7).date()
    of_day = extract(cast, PopulationKind.FINDING, since_date=day, until_date=day)
    assert [row["severity"] for row in of_day.body["rows"]] == ["HIGH"]
    before = extract(cast, PopulationKind.FINDING, until_date=later(days=6).date())
    assert [row["severity"] for row in before.body["rows"]] == ["LOW"]


def test_a_filter_narrows_the_list_and_not_the_control(cast: Cast, story: Story) -> None:
    findings(cast, story, "HIGH", "HIGH", "MEDIUM")
    found = extract(cast, PopulationKind.FINDING, facets={"severity": "HIGH", "tier": "3"})
    assert (found.count, found.rows, found.told, found.differences) == (2, 4, 4, 0)
    assert found.body["filter"] == {
        "model": "", "framework": "", "severity": "HIGH", "tier": "3",
    }  # fmt: skip


def test_a_model_narrows_both_counts(cast: Cast, story: Story) -> None:
    other = f.make_version(cast, f.make_model(cast, name="other"))
    open_finding(version=other, finding=f.due_finding(), actor=cast.validator, at=NOON)
    found = extract(cast, PopulationKind.FINDING, model="other")
    assert (found.count, found.rows, found.told) == (1, 1, 1)
    assert found.body["source"]["models"] == [other.model.ref]


def test_a_unit_below_takes_in_its_own_alone(cast: Cast, story: Story) -> None:
    """Grants of other units stand in the same stream, and are neither listed nor missed."""
    found = extract_population(
        asked=asked(PopulationKind.ACCESS), unit=cast.unit, actor=cast.auditor, at=AFTER
    )
    assert {row["unit"] for row in found.body["rows"]} == {"bank/retail"}
    assert (found.count, found.differences) == (3, 0)


def test_access_has_grants_and_their_ends(cast: Cast, story: Story) -> None:
    grant = cast.validator.grants.get()
    end_role(grant=grant, actor=cast.administrator, at=later(days=9))
    found = extract(cast, PopulationKind.ACCESS)
    last = found.body["rows"][-1]
    assert (last["change"], last["of"], last["by"]) == (
        "role_grant_end", grant.ref, cast.administrator.ref,
    )  # fmt: skip
    assert (last["person"], last["role"]) == (cast.validator.ref, "VALIDATOR")
    assert found.differences == 0


def test_the_list_holds_references_and_no_names(cast: Cast, story: Story) -> None:
    for kind in PopulationKind:
        text = extract(cast, kind).text
        assert "Vera" not in text
        assert "@" not in text


def test_the_text_is_canonical_and_its_digests_are_of_it(cast: Cast, story: Story) -> None:
    found = extract(cast, PopulationKind.FINDING)
    body = json.loads(found.text)
    assert canonical(body) == found.text
    assert sha256_hex(found.text.encode()) == found.digest
    assert list_digest(body["rows"]) == found.list_digest == body["list_sha256"]
    body["rows"][0]["severity"] = "MEDIUM"
    assert list_digest(body["rows"]) != found.list_digest


def test_extracting_again_gives_the_same_list(cast: Cast, story: Story) -> None:
    first, second = (extract(cast, PopulationKind.FINDING) for _ in range(2))
    assert first.list_digest == second.list_digest


def test_it_is_as_of_a_checkpoint_that_covers_what_was_before(cast: Cast, story: Story) -> None:
    known = LedgerEntry.objects.count()
    found = extract(cast, PopulationKind.FINDING)
    # The signing of it is an entry too.
    assert found.size == known + 1
    assert found.body["extraction"]["checkpoint"]["size"] == found.size


def test_the_entry_tells_what_was_taken_and_names_nobody(cast: Cast, story: Story) -> None:
    found = extract(cast, PopulationKind.FINDING)
    entry = newest_entry("evidence")
    assert (entry.verb, entry.subject, entry.actor) == (
        Verb.POPULATION_EXTRACTED, found.ref, cast.auditor.ref,
    )  # fmt: skip
    assert entry.facts["sha256"] == found.digest
    assert (entry.facts["count"], entry.facts["differences"]) == (1, 0)


# --- the control ---------------------------------------------------------------------------------


def test_a_row_that_is_gone_is_named(cast: Cast, story: Story) -> None:
    findings(cast, story, "HIGH")
    hidden = Finding.objects.get(severity="HIGH")
    Finding.objects.filter(pk=hidden.pk).delete()
    found = extract(cast, PopulationKind.FINDING)
    assert (found.rows, found.told, found.differences) == (1, 2, 1)
    assert found.body["control"]["gone"] == [hidden.ref]


def test_a_row_that_was_moved_out_of_the_period_is_named(cast: Cast, story: Story) -> None:
    finding = story.version.findings.get()
    Finding.objects.filter(pk=finding.pk).update(opened_at=later(days=-60))
    assert extract(cast, PopulationKind.FINDING).body["control"]["gone"] == [finding.ref]


def test_a_history_row_that_is_gone_is_named(cast: Cast, story: Story) -> None:
    change = StageChange.objects.get(target="PRODUCTION")
    triggers.remove(connection)
    StageChange.objects.filter(pk=change.pk).delete()
    found = extract(cast, PopulationKind.PROMOTION)
    assert (found.count, found.body["control"]["gone"]) == (0, [change.ref])


def test_a_row_of_which_no_entry_tells_is_named(cast: Cast, story: Story) -> None:
    finding = story.version.findings.get()
    twin = Finding.objects.get(pk=finding.pk)
    twin.pk, twin.number = uuid4(), 99
    twin.save(force_insert=True)
    found = extract(cast, PopulationKind.FINDING)
    assert (found.rows, found.told) == (2, 1)
    assert found.body["control"]["untold"] == [twin.ref]


def test_an_altered_row_is_named(cast: Cast, story: Story) -> None:
    finding = story.version.findings.get()
    Finding.objects.filter(pk=finding.pk).update(severity="MEDIUM")
    found = extract(cast, PopulationKind.FINDING)
    assert (found.rows, found.told, found.differences) == (1, 1, 1)
    assert found.body["control"]["altered"] == [finding.ref]


def test_a_finding_that_was_closed_since_is_as_the_ledger_left_it(cast: Cast, story: Story) -> None:
    assert story.version.findings.get().closed_at is not None
    before = extract(cast, PopulationKind.FINDING, until_date=later(days=3).date())
    assert (before.count, before.differences) == (1, 0)


def test_more_rows_than_a_population_holds_are_refused(
    cast: Cast, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("governance.evidence.queries.population_lists.MOST_ROWS", 1)
    findings(cast, story, "HIGH")
    with refused(TooManyRows):
        extract(cast, PopulationKind.FINDING)


# --- permission ----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["owner", "validator", "approver", "administrator", "outsider"])
def test_only_those_who_look_after_the_firm_list_it(cast: Cast, story: Story, who: str) -> None:
    with refused(PermissionMissing):
        extract_population(
            asked=asked(PopulationKind.FINDING),
            unit=cast.unit,
            actor=getattr(cast, who),
            at=AFTER,
        )


def test_whoever_looks_after_a_unit_below_lists_nothing_above(cast: Cast, story: Story) -> None:
    person = f.make_person("Rita Retail", Role.COMPLIANCE, unit=cast.unit)
    with refused(PermissionMissing):
        extract_population(
            asked=asked(PopulationKind.FINDING), unit=cast.root, actor=person, at=AFTER
        )
    whole = extract(cast, PopulationKind.FINDING)
    sample = draw(cast, whole, size=1)
    with pytest.raises(PopulationNotFound):
        population_by_id(whole.pk, actor=person, at=AFTER)
    with pytest.raises(SampleNotFound):
        sample_by_id(sample.pk, actor=person, at=AFTER)
    part = extract_population(
        asked=asked(PopulationKind.FINDING), unit=cast.unit, actor=person, at=AFTER
    )
    assert population_by_id(part.pk, actor=cast.auditor, at=AFTER) == part


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"until_date": date(2026, 2, 1)}, "until_date"),
        ({"until_date": date(2027, 1, 1)}, "until_date"),
    ],
)
def test_a_period_that_is_none_is_refused(
    cast: Cast, story: Story, changed: dict[str, Any], field: str
) -> None:
    with refused(InvalidInput) as caught:
        extract(cast, PopulationKind.FINDING, **changed)
    assert isinstance(caught.value, InvalidInput)
    assert [problem.field for problem in caught.value.problems] == [field]


# --- samples -------------------------------------------------------------------------------------


def draw(cast: Cast, population: Population, **changed: Any) -> Sample:
    given = {"method": Method.RANDOM, "seed": "2026-Q1/417", "size": 2}
    return draw_sample(
        population=population, draw=Draw(**{**given, **changed}), actor=cast.auditor, at=AFTER
    )


def test_a_sample_is_drawn_by_the_rule_that_is_written_down(cast: Cast, story: Story) -> None:
    findings(cast, story, *["HIGH"] * 6)
    population = extract(cast, PopulationKind.FINDING)
    sample = draw(cast, population, size=3)
    refs = [row["ref"] for row in population.body["rows"]]
    ranks = {hashlib.sha256(b"2026-Q1/417\0" + ref.encode()).hexdigest(): ref for ref in refs}
    assert [one["ref"] for one in sample.body["chosen"]] == [ranks[r] for r in sorted(ranks)[:3]]
    again, other = draw(cast, population, size=3), draw(cast, population, size=3, seed="other")
    assert again.body["chosen"] == sample.body["chosen"]
    assert other.body["chosen"] != sample.body["chosen"]


def test_a_stratified_sample_takes_from_every_stratum(cast: Cast, story: Story) -> None:
    findings(cast, story, *["HIGH"] * 5, *["MEDIUM"] * 2)
    population = extract(cast, PopulationKind.FINDING)
    of_each = draw(cast, population, method=Method.PER_STRATUM, stratum="severity", size=2).body[
        "strata"
    ]
    assert of_each == [
        {"stratum": "HIGH", "count": 5, "drawn": 2},
        {"stratum": "LOW", "count": 1, "drawn": 1},
        {"stratum": "MEDIUM", "count": 2, "drawn": 2},
    ]
    sample = draw(cast, population, method=Method.PROPORTIONATE, stratum="severity", size=4)
    assert [part["drawn"] for part in sample.body["strata"]] == [3, 0, 1]
    assert (sample.size, sample.drawn) == (4, 4)


def test_the_draw_is_on_record(cast: Cast, story: Story) -> None:
    population = extract(cast, PopulationKind.FINDING)
    sample = draw(cast, population, size=1)
    entry = newest_entry("evidence")
    assert (entry.verb, entry.subject) == (Verb.SAMPLE_DRAWN, sample.ref)
    assert entry.facts["population_sha256"] == population.digest
    assert entry.facts["sha256"] == sample.digest == sha256_hex(sample.text.encode())
    assert sample.body["population"]["sha256"] == population.digest


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"seed": ""}, "seed"),
        ({"seed": "a b"}, "seed"),
        ({"seed": "x" * 65}, "seed"),
        ({"size": 0}, "size"),
        ({"size": 2}, "size"),
        ({"stratum": "severity", "size": 1}, "stratum"),
        ({"method": Method.PROPORTIONATE, "size": 1}, "stratum"),
        ({"method": Method.PER_STRATUM, "stratum": "by", "size": 1}, "stratum"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    cast: Cast, story: Story, changed: dict[str, Any], field: str
) -> None:
    population = extract(cast, PopulationKind.FINDING)
    with refused(InvalidInput) as caught:
        draw(cast, population, **{"size": 1, **changed})
    assert isinstance(caught.value, InvalidInput)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_nobody_else_draws_from_it(cast: Cast, story: Story) -> None:
    population = extract(cast, PopulationKind.FINDING)
    with refused(PermissionMissing):
        draw_sample(
            population=population,
            draw=Draw(method=Method.RANDOM, seed="1", size=1),
            actor=cast.owner,
            at=AFTER,
        )


def test_populations_and_samples_are_never_edited(cast: Cast, story: Story) -> None:
    population = extract(cast, PopulationKind.FINDING)
    sample = draw(cast, population, size=1)
    for row in (population, sample):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(digest="0" * 64)
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).delete()
