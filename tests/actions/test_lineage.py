"""Lineage as rows: stated at registration, reported before or after it, never across units."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command

from governance.accounts.actions import create_unit
from governance.accounts.models import Unit
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Actor, PermissionMissing, Role, Scope
from governance.audit.models import LedgerEntry
from governance.core.errors import InvalidInput
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from governance.registry.actions import register_version
from governance.registry.actions.reported_lineage import report_lineage
from governance.registry.models import (
    DataSnapshot,
    LineageEvent,
    LineageFact,
    LineageMatch,
    ModelVersion,
    VersionInput,
    VersionParent,
)
from governance.registry.rules import LINEAGE_TAG, Registration, lineage_from_tags
from governance.registry.rules.openlineage import read_event
from tests import factories as f
from tests.factories import NOON, Cast
from tests.lineage_events import RUN, child_of, dataset, output, run_event
from tests.world import newest_entry, nothing_moves, refused

LATER = f.later(hours=1)


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


def register(
    cast: Cast, model: Model, *, run_id: str = RUN, source: str = "s3://lake/model",
    actor: Actor | None = None, **said: Any,
) -> ModelVersion:  # fmt: skip
    lineage = lineage_from_tags({LINEAGE_TAG: json.dumps(said)})
    registration = Registration(source=source, run_id=run_id, lineage=lineage)
    return register_version(
        model=model, registration=registration, actor=actor or cast.developer, at=NOON
    )


def report(cast: Cast, body: dict[str, Any], *, unit: Unit | None = None) -> LineageEvent:
    return report_lineage(
        event=read_event(body), unit=unit or cast.unit, actor=cast.developer, at=LATER
    )


def states(entry: LedgerEntry) -> set[str]:
    return {ref.partition(":")[0] for ref in entry.states}


class TestStatedAtRegistration:
    def test_rows_stand_in_the_registrations_own_entry(self, cast: Cast, model: Model) -> None:
        base = register(cast, model, run_id="")
        version = register(
            cast,
            model,
            datasets=[{"name": "train", "digest": "sha256:" + "d" * 64, "rows": 5}],
            parents=[{"model": model.name, "version": 1, "relation": "DISTILLED"}],
            parameters={"depth": "6"},
        )
        use, parent = VersionInput.objects.get(), VersionParent.objects.get()
        assert (use.version, use.snapshot.digest, use.rows) == (version, "d" * 64, 5)
        assert (parent.version, parent.parent, parent.relation) == (version, base, "DISTILLED")
        assert LineageFact.objects.get().value == "6"
        entry = newest_entry(model.stream)
        assert entry.verb == "version.registered"
        kinds = {"version_input", "data_snapshot", "version_parent", "lineage_fact"}
        assert kinds <= states(entry)

    def test_a_snapshot_is_one_row_wherever_it_is_used(self, cast: Cast, model: Model) -> None:
        said = {"datasets": [{"name": "train", "digest": "d1"}]}
        first, second = register(cast, model, **said), register(cast, model, **said)
        snapshot = DataSnapshot.objects.get()
        assert {use.version for use in snapshot.uses.all()} == {first, second}
        assert snapshot.ref in newest_entry(model.stream).states

    def test_a_parent_that_does_not_exist_is_refused(self, cast: Cast, model: Model) -> None:
        with refused(InvalidInput) as caught:
            register(cast, model, parents=[{"model": "nobody", "version": 1}])
        (problem,) = caught.value.problems
        assert (problem.field, problem.rule) == (f"tags.{LINEAGE_TAG}.parents.0", "exists")

    def test_an_invisible_parent_looks_like_none(self, cast: Cast, model: Model) -> None:
        foreign = foreign_version(cast)
        with refused(InvalidInput):
            register(cast, model, parents=[{"model": foreign.model.name, "version": 1}])
        for source in (f"models:/{foreign.model.name}/1", "models:/nobody/1"):
            with refused(InvalidInput) as caught:
                register(cast, model, source=source)
            assert [problem.field for problem in caught.value.problems] == ["source"]

    def test_a_copy_is_a_child_of_its_source(self, cast: Cast, model: Model) -> None:
        base = register(cast, model)
        copy = register(cast, model, run_id="", source=f"models:/{model.name}/1")
        assert [(row.parent, row.relation) for row in copy.parents.all()] == [(base, "COPIED")]


def foreign_version(cast: Cast, *, run_id: str = "") -> ModelVersion:
    unit = create_unit(path="bank/treasury", name="Treasury", actor=CONSOLE, at=NOON)
    stranger = f.make_person("Tess Treasury", Role.DEVELOPER, unit=unit)
    model = create_model(name="rates-model", unit=unit, actor=stranger, at=NOON)
    return register(cast, model, run_id=run_id, actor=stranger)


class TestReported:
    def test_after_registration(self, cast: Cast, model: Model) -> None:
        version = register(cast, model)
        event = report(cast, run_event())
        assert LineageMatch.objects.get().version == version
        use = VersionInput.objects.get()
        assert (use.snapshot.digest, use.rows, use.origin) == ("b" * 64, 48211, "OPENLINEAGE")
        assert LineageFact.objects.get().kind == "GIT_COMMIT"
        entry = newest_entry(model.stream)
        assert (entry.verb, entry.subject) == ("lineage.reported", version.ref)
        assert entry.facts["digest"] == event.digest
        assert {"lineage_event", "lineage_match", "version_input", "lineage_fact"} <= states(entry)

    def test_before_registration(self, cast: Cast, model: Model) -> None:
        event = report(
            cast,
            run_event(
                kind="START", eventTime="2026-03-02T09:00:00Z", inputs=[dataset(version="b" * 64)]
            ),
        )
        assert newest_entry("firm").subject == event.ref
        report(cast, run_event())
        version = register(cast, model, run_id="5f0c3b1e-9a7d-4c2f-8b6e-1d0a9c8b7f6e")
        assert version.lineage_matches.count() == 2
        assert {use.rows for use in version.inputs.all()} == {None, 48211}
        entry = newest_entry(model.stream)
        assert entry.verb == "version.registered"
        assert event.ref in entry.states

    def test_the_same_event_again_changes_nothing(self, cast: Cast, model: Model) -> None:
        register(cast, model)
        first = report(cast, run_event())
        with nothing_moves():
            assert report(cast, run_event()) == first

    def test_one_run_can_make_versions_of_two_models(self, cast: Cast, model: Model) -> None:
        other = f.make_model(cast, name="churn-explainer")
        versions = {register(cast, model), register(cast, other)}
        event = report(cast, run_event())
        assert {match.version for match in event.matches.all()} == versions
        for found in (model, other):
            entry = newest_entry(found.stream)
            assert entry.verb == "lineage.reported"
            assert event.ref in entry.states

    def test_by_the_run_above_and_by_the_name_of_an_output(self, cast: Cast, model: Model) -> None:
        version = register(cast, model)
        named = register(cast, model, run_id="")
        report(cast, child_of(RUN))
        assert [match.version for match in LineageMatch.objects.all()] == [version]
        outputs = [output(f"models:/{model.name}/{named.number}")]
        report(cast, run_event("2" * 32, outputs=outputs))
        assert named.inputs.count() == 1

    def test_what_is_stated_already_is_not_told_again(self, cast: Cast, model: Model) -> None:
        commit = "4f1c9e0d2b7a6c5e8f3d1a0b9c8d7e6f5a4b3c2d"
        name = "s3://lake/warehouse/churn/train"
        said = [{"name": name, "digest": "b" * 64, "rows": 48211}]
        version = register(cast, model, git_commit=commit, datasets=said)
        report(cast, run_event())
        assert version.inputs.count() == version.lineage_facts.count() == 1
        assert version.lineage_matches.count() == 1

    def test_an_input_that_is_a_version_is_a_parent(self, cast: Cast, model: Model) -> None:
        base, version = register(cast, model, run_id=""), register(cast, model)
        names = [f"models:/{model.name}/{number}" for number in (1, 2, 9)]
        report(cast, run_event(inputs=[dataset(name) for name in names]))
        assert [row.parent for row in version.parents.all()] == [base]

    def test_another_units_version_stays_untouched(self, cast: Cast, model: Model) -> None:
        foreign = foreign_version(cast, run_id=RUN)
        mine = register(cast, model)
        event = report(cast, run_event(inputs=[dataset("models:/rates-model/1")]))
        assert [match.version for match in event.matches.all()] == [mine]
        assert not foreign.inputs.exists()
        assert not mine.parents.exists()
        # The same words from the other unit are its own event, about its own version.
        tess = foreign.registered_by
        treasury = foreign.model.unit
        again = report_lineage(event=read_event(run_event()), unit=treasury, actor=tess, at=LATER)
        assert [match.version for match in again.matches.all()] == [foreign]

    def test_a_later_version_of_another_unit_is_not_matched(self, cast: Cast, model: Model) -> None:
        report(cast, run_event())
        assert not foreign_version(cast, run_id=RUN).lineage_matches.exists()
        assert register(cast, model).lineage_matches.exists()

    @pytest.mark.parametrize("who", ["owner", "validator", "approver", "auditor", "outsider"])
    def test_who_may_not(self, cast: Cast, model: Model, who: str) -> None:
        with refused(PermissionMissing):
            report_lineage(
                event=read_event(run_event()), unit=cast.unit, actor=getattr(cast, who), at=LATER
            )

    def test_a_token_needs_the_scope(self, cast: Cast) -> None:
        reader, _ = f.make_token(cast, scopes=[Scope.READ, Scope.REGISTER])
        with refused(PermissionMissing):
            report_lineage(event=read_event(run_event()), unit=cast.unit, actor=reader, at=LATER)


class TestDerived:
    def test_older_versions_get_the_rows_they_state_once(self, cast: Cast, model: Model) -> None:
        version = older_version(cast, model)
        call_command("derive_lineage", stdout=None)
        assert version.inputs.get().purpose == "EVALUATION"
        assert version.lineage_facts.get().value == "c0ffee"
        entry = newest_entry(model.stream)
        assert (entry.verb, entry.actor) == ("lineage.derived", "system:lineage")
        assert {"version_input", "data_snapshot", "lineage_fact"} == states(entry)
        with nothing_moves():
            call_command("derive_lineage")


def older_version(cast: Cast, model: Model) -> ModelVersion:
    """Make a row as it was made before lineage was kept as rows."""
    return ModelVersion.objects.create(
        model=model,
        number=1,
        source="s3://lake/model",
        lineage_text='{"dataset":{"digest":"d1","name":"holdout"},"git_commit":"c0ffee"}',
        digest="a" * 64,
        registered_by=cast.developer,
        registered_via=cast.developer.ref,
        registered_at=NOON,
        updated_at=NOON,
    )
