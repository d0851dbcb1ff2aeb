"""Versions, tags, measurements and stages: each act with its entry, each refusal moving nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import override_settings

from governance.accounts.models import User
from governance.accounts.rules import Actor, PermissionMissing
from governance.audit.models import LedgerEntry
from governance.core.errors import InvalidInput
from governance.inventory.models import Model
from governance.jobs.models import Job
from governance.registry.actions import (
    delete_model_tag,
    delete_version_tag,
    describe_version,
    move_to_stage,
    pull_metrics,
    record_evaluations,
    register_version,
    set_model_tag,
    set_version_tag,
)
from governance.registry.actions.pulls import NothingToPull
from governance.registry.models import (
    DataSnapshot,
    EvaluationResult,
    ModelVersion,
    Slot,
    StageChange,
)
from governance.registry.queries import default_slot, latest_versions
from governance.registry.rules import (
    ARTIFACTS_TAG,
    ArtifactFact,
    Authorization,
    AuthorizationMismatch,
    Measurement,
    Move,
    Registration,
    Source,
    Stage,
    StageUnchanged,
)
from tests import factories as f
from tests.factories import Cast
from tests.world import newest_entry, nothing_moves, refused

LATER = f.later(hours=1)
REGISTRATION = Registration(
    source="models:/m-1",
    run_id="run-1",
    artifacts=(ArtifactFact(path="model.pkl", sha256="a" * 64, size=1024),),
    lineage={"dataset": {"name": "holdout", "digest": "d" * 64}},
)
NOT_BUILDERS = ["owner", "validator", "approver", "compliance", "administrator", "outsider"]


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


@pytest.fixture
def version(cast: Cast, model: Model) -> ModelVersion:
    return f.make_version(cast, model)


def verbs_since(known: int) -> list[str]:
    return [entry.verb for entry in LedgerEntry.objects.oldest_first()[known:]]


class TestRegistering:
    def register(self, cast: Cast, model: Model, **changed: Any) -> ModelVersion:
        given = {
            "model": model, "registration": REGISTRATION, "actor": cast.developer, "at": LATER,
        }  # fmt: skip
        return register_version(**(given | changed))

    def test_adds_the_next_version_in_draft_with_all_its_rows_in_one_entry(
        self, cast: Cast, model: Model
    ) -> None:
        tags = {"metric.accuracy": "0.93", "team": "retention"}
        version = self.register(cast, model, tags=tags)

        assert (version.number, version.stage) == (1, Stage.DRAFT)
        entry = newest_entry(model.stream)
        assert (entry.verb, entry.subject) == ("version.registered", version.ref)
        written = [version, model, *version.artifacts.all(), *version.tags.all()]
        written += [*version.evaluations.all(), *model.slots.all()]
        written += [*version.inputs.all(), *DataSnapshot.objects.all()]
        assert set(entry.states) == {record.ref for record in written}
        assert len(written) == 9

    def test_numbers_go_on_and_the_slot_stays(self, cast: Cast, model: Model) -> None:
        numbers = [self.register(cast, model).number for _ in range(3)]
        assert numbers == [1, 2, 3]
        assert Slot.objects.filter(model=model).count() == 1

    def test_the_digest_tells_registrations_apart(self, cast: Cast, model: Model) -> None:
        first = self.register(cast, model)
        second = self.register(cast, model, registration=replace(REGISTRATION, source="models:/m"))
        assert first.digest != second.digest

    @pytest.mark.parametrize(
        ("key", "judged", "kept"),
        [
            ("metric.accuracy", (), True),
            ("countersign.metric.accuracy", (), True),
            ("accuracy", ("accuracy",), True),
            ("accuracy", (), False),
        ],
    )
    def test_a_tag_that_measures_is_a_result_too(
        self, cast: Cast, model: Model, key: str, judged: tuple[str, ...], kept: bool
    ) -> None:
        version = self.register(cast, model, tags={key: "0.93"}, judged=judged)
        found = version.evaluations.values_list("metric", "value", "source", "dataset_digest")
        assert list(found) == ([("accuracy", "0.93", Source.TAG, "d" * 64)] if kept else [])

    @override_settings(TRACKING_HOSTS=["tracking.example"])
    def test_asks_for_the_metrics_of_the_run_where_the_model_names_a_server(
        self, cast: Cast, model: Model
    ) -> None:
        Model.objects.filter(pk=model.pk).update(tracking_uri="http://tracking.example")
        version = self.register(cast, model)
        assert Job.objects.get().args == {"version": str(version.pk)}

    @pytest.mark.parametrize("who", NOT_BUILDERS)
    def test_who_may_not(self, cast: Cast, model: Model, who: str) -> None:
        with refused(PermissionMissing):
            self.register(cast, model, actor=getattr(cast, who))

    @pytest.mark.parametrize(
        ("changed", "rule"),
        [
            ({"source": " "}, "required"),
            ({"source": "s" * 1001}, "length"),
            ({"source": "runs:/../secret"}, "path"),
            ({"run_id": "r" * 101}, "length"),
        ],
    )
    def test_a_wrong_registration(
        self, cast: Cast, model: Model, changed: dict[str, str], rule: str
    ) -> None:
        with refused(InvalidInput) as caught:
            self.register(cast, model, registration=replace(REGISTRATION, **changed))
        assert isinstance(caught.value, InvalidInput)
        assert [problem.rule for problem in caught.value.problems] == [rule]

    @pytest.mark.parametrize("value", ["high", "NaN", "1e999", ""])
    def test_a_measuring_tag_that_holds_no_number(
        self, cast: Cast, model: Model, value: str
    ) -> None:
        with refused(InvalidInput):
            self.register(cast, model, tags={"metric.accuracy": value})


class TestDescribing:
    def describe(self, version: ModelVersion, actor: Actor, text: str = "Trained in May.") -> Any:
        return describe_version(version=version, description=text, actor=actor, at=LATER)

    def test_appends_one_entry(self, cast: Cast, version: ModelVersion) -> None:
        self.describe(version, cast.developer)
        entry = newest_entry(version.model.stream)
        assert (entry.verb, list(entry.states)) == ("version.described", [version.ref])
        version.refresh_from_db()
        assert (version.description, version.updated_at) == ("Trained in May.", LATER)

    def test_the_same_again_writes_nothing(self, cast: Cast, version: ModelVersion) -> None:
        self.describe(version, cast.developer)
        with nothing_moves():
            self.describe(version, cast.developer)

    @pytest.mark.parametrize("who", NOT_BUILDERS)
    def test_who_may_not(self, cast: Cast, version: ModelVersion, who: str) -> None:
        with refused(PermissionMissing):
            self.describe(version, getattr(cast, who))


class TestTagsOfAVersion:
    def tag(self, version: ModelVersion, actor: User, key: str, value: str, **more: Any) -> Any:
        return set_version_tag(version=version, key=key, value=value, actor=actor, at=LATER, **more)

    def test_set_and_change(self, cast: Cast, version: ModelVersion) -> None:
        self.tag(version, cast.developer, "team", "retention")
        tag = self.tag(version, cast.developer, "team", "growth")
        assert version.tags.get(key="team").value == "growth"
        entry = newest_entry(version.model.stream)
        assert (entry.verb, list(entry.states)) == ("version.tagged", [tag.ref])

    def test_the_same_again_writes_nothing(self, cast: Cast, version: ModelVersion) -> None:
        self.tag(version, cast.developer, "team", "retention")
        with nothing_moves():
            self.tag(version, cast.developer, "team", "retention")

    def test_a_measurement_outlives_its_tag(self, cast: Cast, version: ModelVersion) -> None:
        self.tag(version, cast.developer, "metric.auc", "0.88")
        delete_version_tag(version=version, key="metric.auc", actor=cast.developer, at=LATER)
        assert not version.tags.filter(key="metric.auc").exists()
        assert version.evaluations.get(metric="auc").value == "0.88"

    def test_a_tag_that_is_gone_is_named_in_the_entry(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        tag = self.tag(version, cast.developer, "team", "retention")
        delete_version_tag(version=version, key="team", actor=cast.developer, at=LATER)
        entry = newest_entry(version.model.stream)
        assert entry.verb == "version.untagged"
        assert entry.facts == {"key": "team", "tag": tag.ref}

    def test_deleting_what_is_not_there_writes_nothing(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        with nothing_moves():
            delete_version_tag(version=version, key="team", actor=cast.developer, at=LATER)

    def test_what_the_registration_states_is_fixed(self, cast: Cast, version: ModelVersion) -> None:
        with refused(InvalidInput):
            self.tag(version, cast.developer, ARTIFACTS_TAG, "{}")

    def test_no_number(self, cast: Cast, version: ModelVersion) -> None:
        with refused(InvalidInput):
            self.tag(version, cast.developer, "metric.auc", "good")

    @pytest.mark.parametrize("who", NOT_BUILDERS)
    def test_who_may_not(self, cast: Cast, version: ModelVersion, who: str) -> None:
        actor = getattr(cast, who)
        with refused(PermissionMissing):
            self.tag(version, actor, "team", "retention")
        with refused(PermissionMissing):
            delete_version_tag(version=version, key="metric.accuracy", actor=actor, at=LATER)


class TestTagsOfAModel:
    def tag(self, model: Model, actor: User, value: str = "retention") -> Any:
        return set_model_tag(model=model, key="team", value=value, actor=actor, at=LATER)

    def test_set_change_and_delete(self, cast: Cast, model: Model) -> None:
        known = LedgerEntry.objects.count()
        self.tag(model, cast.developer)
        tag = self.tag(model, cast.developer, "growth")
        assert model.tags.get().value == "growth"
        delete_model_tag(model=model, key="team", actor=cast.developer, at=LATER)
        assert not model.tags.exists()
        assert verbs_since(known) == ["model.tagged", "model.tagged", "model.untagged"]
        assert newest_entry(model.stream).facts == {"key": "team", "tag": tag.ref}

    def test_what_is_so_already_writes_nothing(self, cast: Cast, model: Model) -> None:
        self.tag(model, cast.developer)
        with nothing_moves():
            self.tag(model, cast.developer)
            delete_model_tag(model=model, key="other", actor=cast.developer, at=LATER)

    @pytest.mark.parametrize("who", NOT_BUILDERS)
    def test_who_may_not(self, cast: Cast, model: Model, who: str) -> None:
        self.tag(model, cast.developer)
        actor = getattr(cast, who)
        with refused(PermissionMissing):
            self.tag(model, actor, "growth")
        with refused(PermissionMissing):
            delete_model_tag(model=model, key="team", actor=actor, at=LATER)


class TestEvaluations:
    def record(self, version: ModelVersion, actor: Actor, *measurements: Measurement) -> Any:
        return record_evaluations(
            version=version, measurements=measurements, source=Source.POSTED, actor=actor, at=LATER
        )

    def test_results_are_added_and_listed_in_one_entry(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        before = set(version.evaluations.values_list("pk", flat=True))
        results = self.record(
            version,
            cast.developer,
            Measurement(metric="accuracy", value="0.9400", dataset_digest="d" * 64),
            Measurement(metric="accuracy", value="0.81", slice="under 30"),
        )
        assert before < set(version.evaluations.values_list("pk", flat=True))
        assert [result.value for result in results] == ["0.9400", "0.81"]
        entry = newest_entry(version.model.stream)
        assert entry.verb == "evaluation.recorded"
        assert set(entry.states) == {result.ref for result in results}

    def test_a_long_number_is_kept_as_it_was_given_out(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        tiny = f"0.{'0' * 69}1"
        (result,) = self.record(
            version, cast.developer, Measurement(metric="p_value", value="1e-70")
        )
        assert EvaluationResult.objects.get(pk=result.pk).value == tiny
        self.record(version, cast.developer, Measurement(metric="p_value", value=tiny))

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"metric": ""}, "results.1.metric"),
            ({"metric": "a" * 101}, "results.1.metric"),
            ({"value": "good"}, "results.1.value"),
            ({"value": "inf"}, "results.1.value"),
            ({"value": "1e300"}, "results.1.value"),
            ({"dataset_digest": "d" * 101}, "results.1.dataset_digest"),
        ],
    )
    def test_one_wrong_item_keeps_all_out(
        self, cast: Cast, version: ModelVersion, wrong: dict[str, str], field: str
    ) -> None:
        right = Measurement(metric="accuracy", value="0.9")
        other = Measurement(metric="auc", value="0.8")
        with refused(InvalidInput) as caught:
            self.record(version, cast.developer, right, replace(other, **wrong))
        assert isinstance(caught.value, InvalidInput)
        assert [problem.field for problem in caught.value.problems] == [field]

    def test_nothing_measured(self, cast: Cast, version: ModelVersion) -> None:
        with refused(InvalidInput):
            self.record(version, cast.developer)

    @pytest.mark.parametrize("who", NOT_BUILDERS)
    def test_who_may_not(self, cast: Cast, version: ModelVersion, who: str) -> None:
        with refused(PermissionMissing):
            self.record(version, getattr(cast, who), Measurement(metric="accuracy", value="0.99"))


class TestPulling:
    def pull(self, version: ModelVersion, actor: Actor) -> Job:
        fresh = ModelVersion.objects.with_model().get(pk=version.pk)
        return pull_metrics(version=fresh, actor=actor, at=LATER)

    @pytest.fixture
    def tracked(self, version: ModelVersion) -> ModelVersion:
        Model.objects.update(tracking_uri="http://tracking.example")
        return version

    def test_asking_twice_queues_one_job(self, cast: Cast, tracked: ModelVersion) -> None:
        first = self.pull(tracked, cast.developer)
        assert self.pull(tracked, cast.developer) == first
        assert Job.objects.count() == 1

    def test_without_a_server(self, cast: Cast, version: ModelVersion) -> None:
        with refused(NothingToPull):
            self.pull(version, cast.developer)

    @pytest.mark.parametrize("who", NOT_BUILDERS)
    def test_who_may_not(self, cast: Cast, tracked: ModelVersion, who: str) -> None:
        with refused(PermissionMissing):
            self.pull(tracked, getattr(cast, who))


class TestMoving:
    """A test of the architecture keeps out everything but approvals; misuse is refused here."""

    def move(self, cast: Cast, version: ModelVersion, **changed: Any) -> Any:
        slot = default_slot(version.model)
        assert slot is not None
        given: dict[str, Any] = {
            "move": Move.PROMOTED,
            "request_ref": "request:1",
            "version_ref": version.ref,
            "target": Stage.STAGING,
            "slot_ref": slot.ref,
            "incumbent_ref": None,
            "policy_ref": "policy:1",
            "dossier_digest": "0" * 64,
        }
        authorization = Authorization(**(given | changed))
        return move_to_stage(
            version=version, slot=slot, authorization=authorization, actor=cast.approver, at=LATER
        )

    def test_moves_and_says_by_whose_authority(self, cast: Cast, version: ModelVersion) -> None:
        result = self.move(cast, version)
        version.refresh_from_db()
        assert version.stage == Stage.STAGING
        change = StageChange.objects.get()
        assert (change.source, change.target) == (Stage.DRAFT, Stage.STAGING)
        written = [version, version.model, change]
        assert (change.authorized_by, result.records) == ("request:1", written)

    @pytest.mark.parametrize("field", ["version_ref", "slot_ref", "incumbent_ref"])
    def test_an_authorization_for_something_else(
        self, cast: Cast, version: ModelVersion, field: str
    ) -> None:
        with refused(AuthorizationMismatch):
            self.move(cast, version, **{field: "version:another"})

    def test_the_stage_it_has(self, cast: Cast, version: ModelVersion) -> None:
        with refused(StageUnchanged):
            self.move(cast, version, target=Stage.DRAFT)


def test_the_latest_version_of_each_stage(cast: Cast, model: Model) -> None:
    f.make_policies(cast)
    versions = [f.make_version(cast, model) for _ in range(4)]
    for version in versions[:2]:
        f.ask(cast, version, Stage.STAGING)
    assert [v.number for v in latest_versions(model)] == [2, 4]
    assert [v.number for v in latest_versions(model, [Stage.STAGING])] == [2]
    assert latest_versions(model, [Stage.PRODUCTION]) == []
