"""Out of use and back: whose act it is, what stands against it, and what is frozen then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import override_settings

from governance.accounts.rules import PermissionMissing, Role
from governance.approvals.actions.retirements import AwaitsDecision, retire_model
from governance.cards.actions import publish_card, save_draft
from governance.core.errors import InvalidInput
from governance.inventory.actions import (
    ModelRecord,
    add_feeder,
    describe_model,
    edit_model,
    end_feeder,
    return_from_retirement,
)
from governance.inventory.models import Model, Retirement, RetirementEnd
from governance.inventory.queries import standing_retirement
from governance.inventory.rules import (
    ModelNotRetired,
    ModelRetired,
    NotTheOwner,
    StillConsumed,
)
from governance.registry.actions.aliases import set_alias
from governance.registry.actions.comments import comment_on_version
from governance.registry.actions.labels import label_version
from governance.registry.actions.names import rename_model
from governance.registry.actions.slots import assign_role
from governance.registry.actions.tags import (
    delete_model_tag,
    delete_version_tag,
    set_model_tag,
    set_version_tag,
)
from governance.registry.actions.versions import describe_version, register_version
from governance.registry.models import ModelVersion, SlotAssignment
from governance.registry.queries import default_slot
from governance.registry.rules import Registration, SlotRole, Stage
from governance.registry.rules.removals import StillServing
from governance.validation.actions.findings import close_finding, open_finding
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.world import newest_entry, nothing_moves, refused

KEPT = date(2036, 3, 2)


def retire(cast: Cast, model: Model, **changed: Any) -> Model:
    said = {
        "reason": "Its book was sold.", "replacement": None, "retention_end_date": KEPT,
        "actor": cast.owner, "at": NOON,
    }  # fmt: skip
    return retire_model(model=model, **(said | changed))


def come_back(cast: Cast, model: Model, **changed: Any) -> Model:
    said = {"reason": "The sale fell through.", "actor": cast.owner, "at": later(days=1)}
    return return_from_retirement(model=model, **(said | changed))


def feed(cast: Cast, feeder: Model, consumer: Model) -> Any:
    return add_feeder(
        consumer=consumer, feeder=feeder, flows="Scores.", since_date=date(2026, 1, 5),
        actor=cast.owner, at=NOON,
    )  # fmt: skip


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


class TestRetiring:
    def test_one_entry_says_what_took_its_place_and_until_when(
        self, cast: Cast, model: Model
    ) -> None:
        other = f.make_model(cast, name="churn-2")
        retire(cast, model, replacement=other)
        model.refresh_from_db()
        row = Retirement.objects.get()
        assert model.retired_at == row.retired_at == NOON
        assert (str(row.reason), row.replacement, row.retention_end_date) == (
            "Its book was sold.", other, KEPT,
        )  # fmt: skip
        entry = newest_entry(model.stream)
        assert entry.verb == "model.retired"
        assert entry.facts == {"replacement": other.ref, "retention_end": "2036-03-02"}
        assert set(entry.states) == {model.ref, row.ref, row.reason.ref}
        assert list(Model.objects.in_use()) == [other]

    @pytest.mark.parametrize(
        ("changed", "problem"),
        [
            ({"reason": " "}, ("reason", "required")),
            ({"retention_end_date": date(2026, 3, 2)}, ("retention_end_date", "future")),
            ({"retention_end_date": date(2036, 3, 1)}, ("retention_end_date", "retention")),
        ],
    )
    def test_what_is_said_of_it(
        self, cast: Cast, model: Model, changed: dict[str, Any], problem: tuple[str, str]
    ) -> None:
        with refused(InvalidInput) as caught:
            retire(cast, model, **changed)
        assert [(one.field, one.rule) for one in caught.value.problems] == [problem]  # type: ignore[attr-defined]

    @override_settings(RETENTION_YEARS=2)
    def test_the_firm_says_for_how_long(self, cast: Cast, model: Model) -> None:
        retire(cast, model, retention_end_date=date(2028, 3, 2))

    def test_what_takes_its_place_is_another_and_in_use(self, cast: Cast, model: Model) -> None:
        old = retire(cast, f.make_model(cast, name="old"))
        for replacement, rule in ((model, "itself"), (old, "in_use")):
            with refused(InvalidInput) as caught:
                retire(cast, model, replacement=replacement)
            assert [one.rule for one in caught.value.problems] == [rule]  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        "who", ["developer", "validator", "approver", "compliance", "administrator", "outsider"]
    )
    def test_who_may_not(self, cast: Cast, model: Model, who: str) -> None:
        with refused(PermissionMissing):
            retire(cast, model, actor=getattr(cast, who))

    def test_another_owner_may_not(self, cast: Cast, model: Model) -> None:
        other = f.make_person("Oda Other", Role.MODEL_OWNER, unit=cast.unit)
        with refused(NotTheOwner):
            retire(cast, model, actor=other)

    def test_once(self, cast: Cast, model: Model) -> None:
        retire(cast, model)
        with refused(ModelRetired):
            retire(cast, model)


class TestWhatStandsAgainstIt:
    @pytest.fixture
    def version(self, cast: Cast, model: Model) -> ModelVersion:
        f.make_policies(cast)
        return f.make_version(cast, model, metrics={"accuracy": "0.95"})

    def test_a_champion(self, cast: Cast, model: Model, version: ModelVersion) -> None:
        f.make_champion(cast, version)
        with refused(StillServing) as caught:
            retire(cast, model)
        assert caught.value.facts == {"versions": [1]}

    def test_a_shadow(self, cast: Cast, model: Model, version: ModelVersion) -> None:
        slot = default_slot(model)
        assert slot is not None
        assign_role(slot=slot, version=version, role=SlotRole.SHADOW, actor=cast.owner, at=NOON)
        with refused(StillServing):
            retire(cast, model)

    def test_a_request_that_waits(self, cast: Cast, model: Model, version: ModelVersion) -> None:
        f.make_ready(cast, version)
        with refused(AwaitsDecision) as caught:
            retire(cast, model)
        assert caught.value.facts == {"requests": ["D-2"]}

    def test_a_consumer_in_use_and_none_that_is_retired(self, cast: Cast, model: Model) -> None:
        first, second = (f.make_model(cast, name=name) for name in ("first", "second"))
        feed(cast, model, first)
        row = feed(cast, model, second)
        with refused(StillConsumed) as caught:
            retire(cast, model)
        assert caught.value.facts == {"consumers": ["first", "second"]}
        assert "while it feeds first, second." in caught.value.message
        retire(cast, first)
        end_feeder(dependency=row, actor=cast.owner, at=NOON)
        retire(cast, model)


class TestWhatIsFrozen:
    @pytest.fixture
    def version(self, cast: Cast, model: Model) -> ModelVersion:
        f.make_policies(cast)
        version = f.make_version(cast, model, metrics={"accuracy": "0.95"})
        retire(cast, model)
        version.refresh_from_db()
        return version

    def test_the_record(self, cast: Cast, model: Model, version: ModelVersion) -> None:
        record = replace(ModelRecord.of(model), purpose="Another.")
        with refused(ModelRetired):
            edit_model(model=model, record=record, actor=cast.owner, at=NOON)
        with refused(ModelRetired):
            describe_model(model=model, description="So.", actor=cast.developer, at=NOON)

    def test_what_is_said_of_it_and_its_versions(
        self, cast: Cast, model: Model, version: ModelVersion
    ) -> None:
        who: dict[str, Any] = {"actor": cast.developer, "at": NOON}
        acts: list[Callable[[], object]] = [
            lambda: rename_model(model=model, name="another", actor=cast.owner, at=NOON),
            lambda: register_version(
                model=model, registration=Registration(source="s3://m/2"), **who
            ),
            lambda: describe_version(version=version, description="So.", **who),
            lambda: label_version(version=version, label="2.0", **who),
            lambda: set_model_tag(model=model, key="k", value="v", **who),
            lambda: delete_model_tag(model=model, key="k", **who),
            lambda: set_version_tag(version=version, key="k", value="v", **who),
            lambda: delete_version_tag(version=version, key="k", **who),
            lambda: set_alias(version=version, name="live", **who),
            lambda: save_draft(version=version, sections={"overview": "So."}, base=None, **who),
            lambda: publish_card(version=version, actor=cast.owner, at=NOON),
        ]
        for act in acts:
            with refused(ModelRetired):
                act()

    def test_what_comes_late_is_still_put_on_record(
        self, cast: Cast, model: Model, version: ModelVersion
    ) -> None:
        who: dict[str, Any] = {"actor": cast.validator, "at": NOON}
        finding = open_finding(version=version, finding=f.due_finding(), **who)
        close_finding(finding=finding, reason="The model is out of use.", **who)
        comment_on_version(version=version, text="Sold.", **who)
        assert newest_entry(model.stream).verb == "comment.written"

    def test_what_it_depends_on(self, cast: Cast, model: Model, version: ModelVersion) -> None:
        other = f.make_model(cast, name="other")
        for feeder, consumer in ((model, other), (other, model)):
            with refused(ModelRetired):
                feed(cast, feeder, consumer)

    def test_no_version_is_promoted(self, cast: Cast, version: ModelVersion) -> None:
        version = ModelVersion.objects.with_model().get(pk=version.pk)
        with nothing_moves(), pytest.raises(ModelRetired) as caught:
            f.ask(cast, version, Stage.STAGING)
        assert (caught.value.code, caught.value.stream) == (
            "model_retired", version.model.stream,
        )  # fmt: skip

    def test_a_version_can_still_be_put_away(self, cast: Cast, version: ModelVersion) -> None:
        version = ModelVersion.objects.with_model().get(pk=version.pk)
        assert f.ask(cast, version, Stage.ARCHIVED).version.stage == Stage.ARCHIVED

    def test_nothing_begins_to_serve(self, cast: Cast, model: Model, version: ModelVersion) -> None:
        slot = default_slot(model)
        assert slot is not None
        with refused(ModelRetired):
            assign_role(slot=slot, version=version, role=SlotRole.SHADOW, actor=cast.owner, at=NOON)


class TestComingBack:
    def test_is_an_entry_and_leaves_the_retirement_on_record(
        self, cast: Cast, model: Model
    ) -> None:
        retire(cast, model)
        come_back(cast, model)
        model.refresh_from_db()
        assert model.is_in_use
        assert standing_retirement(model) is None
        end = RetirementEnd.objects.get()
        entry = newest_entry(model.stream)
        assert entry.verb == "model.returned"
        assert set(entry.states) == {model.ref, end.ref, end.reason.ref}
        # Out of use once more: the second time is another row.
        again = {"reason": "Sold after all.", "retention_end_date": date(2036, 4, 1)}
        retire(cast, model, at=later(days=2), **again)
        model.refresh_from_db()
        standing = standing_retirement(model)
        assert standing is not None
        assert str(standing.reason) == "Sold after all."
        assert Retirement.objects.count() == 2

    def test_says_why(self, cast: Cast, model: Model) -> None:
        retire(cast, model)
        with refused(InvalidInput):
            come_back(cast, model, reason="")

    def test_only_what_is_retired(self, cast: Cast, model: Model) -> None:
        with refused(ModelNotRetired):
            come_back(cast, model)

    def test_only_by_its_owner(self, cast: Cast, model: Model) -> None:
        retire(cast, model)
        with refused(PermissionMissing):
            come_back(cast, model, actor=cast.approver)
        other = f.make_person("Oda Other", Role.MODEL_OWNER, unit=cast.unit)
        with refused(NotTheOwner):
            come_back(cast, model, actor=other)


@pytest.mark.backend
class TestWhatTheDatabaseRefuses:
    def test_a_change_of_history(self, cast: Cast, model: Model) -> None:
        retire(cast, model)
        come_back(cast, model)
        with nothing_moves():
            for table in (Retirement, RetirementEnd):
                for change in (
                    lambda table=table: table.objects.update(salt="0" * 32),
                    lambda table=table: table.objects.all()._raw_delete("default"),
                ):
                    with pytest.raises(DatabaseError), transaction.atomic():
                        change()

    def test_a_retired_model_that_serves(self, cast: Cast, model: Model) -> None:
        f.make_policies(cast)
        version = f.make_version(cast, model, metrics={"accuracy": "0.95"})
        slot = default_slot(model)
        retire(cast, model)
        role = {"version": version, "slot": slot, "role": "SHADOW", "assigned_at": NOON}
        with nothing_moves(), pytest.raises(IntegrityError), transaction.atomic():
            SlotAssignment.objects.create(**role)
        come_back(cast, model)
        SlotAssignment.objects.create(**role)
        with nothing_moves(), pytest.raises(IntegrityError), transaction.atomic():
            Model.objects.update(retired_at=NOON)
