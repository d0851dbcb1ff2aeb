"""The inventory: what an owner keeps, each act with its entry, each refusal moving nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import override_settings

from governance.accounts.actions import edit_user, end_role, grant_role
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import PermissionMissing, Role
from governance.core.errors import InvalidInput
from governance.inventory.actions import ModelRecord, create_model, describe_model, edit_model
from governance.inventory.models import Builder, ClassAssessment, Model, RuleScope, TierAssessment
from governance.inventory.queries import builders_of, record_digest
from governance.inventory.rules import Capacity, Kind, NotTheOwner, RecordChanged
from tests import factories as f
from tests.factories import NOON, Cast
from tests.world import newest_entry, nothing_moves, refused

LATER = f.later(hours=1)


def record_of(model: Model) -> ModelRecord:
    """What an editor sends back who changed nothing."""
    return ModelRecord.of(model)


def rules_of(error: BaseException) -> list[tuple[str, str]]:
    assert isinstance(error, InvalidInput)
    return [(problem.field, problem.rule) for problem in error.problems]


def newest_revision(model: Model) -> set[str]:
    """What an entry lists of the record as it was kept last."""
    row = model.revisions.latest("number")
    return {row.ref, row.content.ref}


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


class TestCreating:
    def create(self, cast: Cast, actor: User, **changed: Any) -> Model:
        given = {"name": "churn-model", "unit": cast.unit, "actor": actor, "at": NOON}
        return create_model(**(given | changed))

    @pytest.mark.parametrize("who", ["owner", "developer"])
    def test_a_draft_lacks_everything_a_move_needs(self, cast: Cast, who: str) -> None:
        model = self.create(cast, getattr(cast, who), description="First seen today.")
        assert model.gaps == [
            "an owner", "a purpose", "an intended use", "a kind", "a risk tier",
        ]  # fmt: skip
        assert list(Model.objects.incomplete()) == [model]
        entry, revision = newest_entry(model.stream), model.revisions.get()
        scope = RuleScope.objects.get(model=model)
        assert (entry.verb, entry.seq) == ("model.created", 1)
        assert set(entry.states) == {model.ref, revision.ref, revision.content.ref, scope.ref}

    def test_a_whole_record_comes_with_its_history_in_one_entry(self, cast: Cast) -> None:
        model = f.make_model(cast)
        assert model.gaps == []
        assert not Model.objects.incomplete().exists()
        assert builders_of(model) == {
            row.user.ref: {Capacity(row.capacity): row.ref} for row in Builder.objects.all()
        }
        assert {row.user: row.capacity for row in Builder.objects.all()} == {
            cast.owner: Capacity.OWNER,
            cast.developer: Capacity.DEVELOPER,
        }
        assessment = TierAssessment.objects.get(model=model)
        revision = model.revisions.get()
        written = [
            model,
            assessment,
            assessment.reason,
            revision,
            revision.content,
            RuleScope.objects.get(model=model),
            *Builder.objects.all(),
        ]
        assert set(newest_entry(model.stream).states) == {row.ref for row in written}

    @pytest.mark.parametrize("who", ["validator", "approver", "compliance", "administrator"])
    def test_who_may_not(self, cast: Cast, who: str) -> None:
        with refused(PermissionMissing):
            self.create(cast, getattr(cast, who))

    def test_not_in_a_unit_that_the_role_does_not_reach(self, cast: Cast) -> None:
        with refused(PermissionMissing):
            self.create(cast, cast.owner, unit=cast.root)

    def test_a_developer_sets_no_tier(self, cast: Cast) -> None:
        record = ModelRecord(tier=2, tier_reason="It looks harmless.")
        with refused(PermissionMissing):
            self.create(cast, cast.developer, record=record)

    @pytest.mark.parametrize(
        ("name", "rule"),
        [
            ("", "required"),
            ("n" * 256, "length"),
            ("a/b", "characters"),
            ("a:b", "characters"),
            ("..", "characters"),
            ("a\nb", "characters"),
        ],
    )
    def test_a_wrong_name(self, cast: Cast, name: str, rule: str) -> None:
        with refused(InvalidInput) as caught:
            self.create(cast, cast.owner, name=name)
        assert rules_of(caught.value) == [("name", rule)]

    def test_a_name_that_is_taken(self, cast: Cast, model: Model) -> None:
        with refused(InvalidInput) as caught:
            self.create(cast, cast.developer, name=model.name)
        assert rules_of(caught.value) == [("name", "unique")]


class TestEditing:
    def edit(self, cast: Cast, model: Model, *, actor: User | None = None, **changed: Any) -> Model:
        base = changed.pop("base", None)
        return edit_model(
            model=model,
            record=replace(record_of(model), **changed),
            base=base,
            actor=actor or cast.owner,
            at=LATER,
        )

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("purpose", "Says who may leave."),
            ("intended_use", "Retention calls in the north."),
            ("kind", Kind.RANKING),
        ],
    )
    def test_says_what_changed(self, cast: Cast, model: Model, field: str, value: str) -> None:
        self.edit(cast, model, **{field: value})
        model.refresh_from_db()
        assert (getattr(model, field), model.updated_at) == (value, LATER)
        entry = newest_entry(model.stream)
        assert (entry.verb, entry.facts["changed"]) == ("model.updated", [field])
        scopes = RuleScope.objects.filter(model=model, number__gt=1)
        # What applies may hang on the kind.
        assert scopes.exists() == (field == "kind")
        told = {model.ref, *newest_revision(model), *(scope.ref for scope in scopes)}
        assert set(entry.states) == told

    def test_the_same_again_writes_nothing(self, cast: Cast, model: Model) -> None:
        with nothing_moves():
            self.edit(cast, model)

    def test_who_built_it_is_never_forgotten(self, cast: Cast, model: Model) -> None:
        self.edit(cast, model, developers=[cast.outsider])
        assert list(model.developers.all()) == [cast.outsider]
        assert newest_entry(model.stream).facts["changed"] == ["developers"]
        assert builders_of(model).keys() == {
            cast.owner.ref, cast.developer.ref, cast.outsider.ref,
        }  # fmt: skip

    def test_who_comes_back_is_remembered_once(self, cast: Cast, model: Model) -> None:
        self.edit(cast, model, developers=[])
        self.edit(cast, model, developers=[cast.developer])
        assert Builder.objects.filter(user=cast.developer).count() == 1

    def test_another_tier_is_another_assessment(self, cast: Cast, model: Model) -> None:
        self.edit(cast, model, tier=1, tier_reason="It now decides alone.")
        newest = TierAssessment.objects.filter(model=model).latest("assessed_at")
        assert (newest.tier, newest.assessed_by) == (1, cast.owner)
        assert str(newest.reason) == "It now decides alone."
        entry = newest_entry(model.stream)
        assert entry.facts == {"changed": ["tier"], "tier": 1}
        listed = {model.ref, newest.ref, newest.reason.ref, *newest_revision(model)}
        assert set(entry.states) == listed

    @override_settings(TRACKING_HOSTS=["tracking.example:5000"])
    def test_a_tracking_server_that_the_operator_lists(self, cast: Cast, model: Model) -> None:
        self.edit(cast, model, tracking_uri="https://tracking.example:5000/")
        model.refresh_from_db()
        assert model.tracking_uri == "https://tracking.example:5000/"

    @pytest.mark.parametrize(
        ("changed", "problem"),
        [
            ({"kind": "MAGIC"}, ("kind", "choice")),
            ({"tier": 5, "tier_reason": "Why not."}, ("tier", "choice")),
            ({"tier": None}, ("tier", "required")),
            ({"tier": 1, "tier_reason": " "}, ("tier_reason", "required")),
            ({"owner": None}, ("owner", "required")),
            ({"tracking_uri": "http://10.0.0.1"}, ("tracking_uri", "allowed_host")),
            ({"tracking_uri": "file:///etc"}, ("tracking_uri", "url")),
        ],
    )
    def test_a_wrong_record(
        self, cast: Cast, model: Model, changed: dict[str, Any], problem: tuple[str, str]
    ) -> None:
        with refused(InvalidInput) as caught:
            self.edit(cast, model, purpose="Half of it is right.", **changed)
        assert rules_of(caught.value) == [problem]

    @pytest.mark.parametrize("who", ["developer", "approver", "outsider"])
    def test_an_owner_holds_the_role(self, cast: Cast, model: Model, who: str) -> None:
        with refused(InvalidInput) as caught:
            self.edit(cast, model, owner=getattr(cast, who))
        assert rules_of(caught.value) == [("owner", "role")]

    def test_what_somebody_changed_meanwhile_is_not_overwritten(
        self, cast: Cast, model: Model
    ) -> None:
        seen = record_digest(model)
        self.edit(cast, model, purpose="Says who may leave.")
        stale = Model.objects.get(pk=model.pk)
        with refused(RecordChanged):
            self.edit(cast, stale, purpose="Says who will stay.", base=seen)
        self.edit(cast, stale, purpose="Says who will stay.", base=record_digest(stale))

    @pytest.mark.parametrize("who", ["developer", "validator", "approver", "administrator"])
    def test_who_may_not(self, cast: Cast, model: Model, who: str) -> None:
        with refused(PermissionMissing):
            self.edit(cast, model, actor=getattr(cast, who), purpose="Mine.")


class TestOwnership:
    @pytest.fixture
    def other(self, cast: Cast) -> User:
        return f.make_person("Otto Other", Role.MODEL_OWNER, unit=cast.unit)

    def test_only_the_owner_changes_the_record(self, cast: Cast, model: Model, other: User) -> None:
        record = replace(record_of(model), purpose="Mine.")
        with refused(NotTheOwner):
            edit_model(model=model, record=record, actor=other, at=LATER)

    def test_an_owner_hands_over_and_stays_a_builder(
        self, cast: Cast, model: Model, other: User
    ) -> None:
        record = replace(record_of(model), owner=other)
        edit_model(model=model, record=record, actor=cast.owner, at=LATER)
        with refused(NotTheOwner):
            edit_model(model=model, record=record_of(model), actor=cast.owner, at=LATER)
        assert builders_of(model)[cast.owner.ref].keys() == {Capacity.OWNER}
        assert builders_of(model)[other.ref].keys() == {Capacity.OWNER}

    def test_the_model_of_somebody_who_left_is_taken_over(
        self, cast: Cast, model: Model, other: User
    ) -> None:
        edit_user(user=cast.owner, name=cast.owner.name, is_active=False, actor=CONSOLE, at=LATER)
        record = replace(record_of(model), owner=other)
        edit_model(model=model, record=record, actor=other, at=LATER)
        model.refresh_from_db()
        assert model.owner == other

    def test_a_draft_is_completed_by_any_owner_of_its_unit(self, cast: Cast) -> None:
        draft = create_model(name="raw", unit=cast.unit, actor=cast.developer, at=NOON)
        record = ModelRecord(purpose="Sorts.", owner=cast.owner)
        edit_model(model=draft, record=record, actor=cast.owner, at=LATER)
        draft.refresh_from_db()
        assert draft.gaps == ["an intended use", "a kind", "a risk tier"]


class TestDescribing:
    def describe(self, model: Model, actor: User) -> Model:
        return describe_model(model=model, description="For the demo.", actor=actor, at=LATER)

    def test_appends_one_entry(self, cast: Cast, model: Model) -> None:
        self.describe(model, cast.developer)
        model.refresh_from_db()
        assert model.description == "For the demo."
        entry = newest_entry(model.stream)
        assert (entry.verb, list(entry.states)) == ("model.described", [model.ref])

    def test_the_same_again_writes_nothing(self, cast: Cast, model: Model) -> None:
        self.describe(model, cast.developer)
        with nothing_moves():
            self.describe(model, cast.developer)

    @pytest.mark.parametrize("who", ["owner", "validator", "approver", "outsider"])
    def test_who_may_not(self, cast: Cast, model: Model, who: str) -> None:
        with refused(PermissionMissing):
            self.describe(model, getattr(cast, who))


@pytest.mark.backend
@pytest.mark.parametrize("table", [Builder, TierAssessment])
def test_history_refuses_to_be_changed(model: Model, table: Any) -> None:
    with nothing_moves():
        for change in (
            lambda: table.objects.update(salt="0" * 32),
            lambda: table.objects.all()._raw_delete("default"),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


class TestSeeing:
    @pytest.mark.parametrize(
        ("who", "sees"),
        [
            ("owner", True), ("developer", True), ("validator", True), ("approver", True),
            ("compliance", True), ("administrator", True), ("outsider", False),
        ],
    )  # fmt: skip
    def test_the_unit_and_its_branches_are_seen(
        self, cast: Cast, model: Model, who: str, sees: bool
    ) -> None:
        seen = Model.objects.visible_to(getattr(cast, who), at=NOON)
        assert seen.filter(pk=model.pk).exists() is sees

    def test_a_builder_sees_the_model_without_any_role(self, cast: Cast, model: Model) -> None:
        record = replace(record_of(model), developers=[cast.outsider])
        edit_model(model=model, record=record, actor=cast.owner, at=LATER)
        assert model in Model.objects.visible_to(cast.outsider, at=LATER)

    def test_a_role_in_a_sister_unit_shows_nothing(self, cast: Cast, model: Model) -> None:
        sister = f.create_unit(path="bank/retail-2", name="Sister", actor=CONSOLE, at=NOON)
        grant_role(
            user=cast.outsider, role=Role.VALIDATOR, unit=sister, starts_at=NOON,
            actor=CONSOLE, at=NOON,
        )  # fmt: skip
        assert model not in Model.objects.visible_to(cast.outsider, at=NOON)


class TestTheClass:
    """What Regulation (EU) 2024/1689 makes of the system: set with a reason, never taken away."""

    def test_is_set_with_a_reason_and_stays_on_record(self, cast: Cast, model: Model) -> None:
        record = replace(
            record_of(model), ai_act_class="MINIMAL", ai_act_reason="Advises on offers only."
        )
        edit_model(model=model, record=record, actor=cast.owner, at=NOON)
        model.refresh_from_db()
        assert model.ai_act_class == "MINIMAL"
        row = ClassAssessment.objects.get(model=model)
        assert (str(row.reason), row.assessed_by) == ("Advises on offers only.", cast.owner)
        assert row.ref in newest_entry(model.stream).states

    @pytest.mark.parametrize(
        ("said", "problem"),
        [
            ({"ai_act_class": "MINIMAL"}, ("ai_act_reason", "required")),
            ({"ai_act_class": "HARMLESS", "ai_act_reason": "So."}, ("ai_act_class", "choice")),
            ({"jurisdictions": ["Germany"]}, ("jurisdictions", "code")),
            ({"jurisdictions": ["de"]}, ("jurisdictions", "code")),
        ],
    )
    def test_names_field_and_rule(
        self, cast: Cast, model: Model, said: dict[str, Any], problem: tuple[str, str]
    ) -> None:
        record = replace(record_of(model), **said)
        with refused(InvalidInput) as caught:
            edit_model(model=model, record=record, actor=cast.owner, at=NOON)
        assert rules_of(caught.value) == [problem]

    def test_once_set_is_not_cleared(self, cast: Cast, model: Model) -> None:
        record = replace(record_of(model), ai_act_class="MINIMAL", ai_act_reason="Offers only.")
        edit_model(model=model, record=record, actor=cast.owner, at=NOON)
        cleared = replace(record_of(model), ai_act_class="")
        with refused(InvalidInput) as caught:
            edit_model(model=model, record=cleared, actor=cast.owner, at=NOON)
        assert rules_of(caught.value) == [("ai_act_class", "required")]

    def test_jurisdictions_are_kept_once_and_in_order(self, cast: Cast, model: Model) -> None:
        record = replace(record_of(model), jurisdictions=["US", "DE", "US"])
        edit_model(model=model, record=record, actor=cast.owner, at=NOON)
        model.refresh_from_db()
        assert model.jurisdiction_codes == ["DE", "US"]


PARTICULAR = {
    "origin": "VENDOR",
    "excluded_use": "Setting prices.",
    "products": "Current accounts.",
    "inputs": "Transactions of twelve months.",
    "outputs": "A score from 0 to 1, each night.",
    "users": "The retention desk.",
    "overlays": "None.",
    "limitations": "Weak for new customers.",
    "restrictions": "Not in branches.",
    "vendor_name": "Acme Analytics",
    "vendor_product": "Leaver",
    "vendor_release": "4.2",
    "contract_reference": "C-2211",
    "contract_end_date": date(2027, 3, 31),
    "first_use_date": date(2026, 4, 1),
}


class TestTheParticulars:
    """What else a record says: of a vendor's model, a spreadsheet or a rule set as of our own."""

    def edit(self, cast: Cast, model: Model, **changed: Any) -> Model:
        record = replace(record_of(Model.objects.get(pk=model.pk)), **changed)
        return edit_model(model=model, record=record, actor=cast.owner, at=LATER)

    def test_each_is_kept_and_named_in_the_entry(self, cast: Cast, model: Model) -> None:
        self.edit(cast, model, validator=cast.validator, **PARTICULAR)
        model.refresh_from_db()
        assert {name: getattr(model, name) for name in PARTICULAR} == PARTICULAR
        assert model.validator == cast.validator
        entry = newest_entry(model.stream)
        assert entry.facts["changed"] == sorted([*PARTICULAR, "validator_id"])
        with nothing_moves():
            self.edit(cast, model)

    def test_line_ends_of_another_browser_are_no_change(self, cast: Cast, model: Model) -> None:
        self.edit(cast, model, limitations="Weak.\r\nSlow. \r\n")
        assert Model.objects.get().limitations == "Weak.\nSlow."
        with nothing_moves():
            self.edit(cast, model, limitations="Weak.\nSlow.")

    @pytest.mark.parametrize(
        ("changed", "problem"),
        [
            ({"origin": "MAGIC"}, ("origin", "choice")),
            ({"vendor_name": "A" * 201}, ("vendor_name", "length")),
            ({"limitations": "A" * 4_001}, ("limitations", "length")),
            ({"inputs": "null\x00"}, ("inputs", "plain")),
        ],
    )
    def test_a_wrong_one_is_named(
        self, cast: Cast, model: Model, changed: dict[str, Any], problem: tuple[str, str]
    ) -> None:
        with refused(InvalidInput) as caught:
            self.edit(cast, model, outputs="Half of it is right.", **changed)
        assert rules_of(caught.value) == [problem]

    @pytest.mark.parametrize(
        ("who", "problems"),
        [
            ("approver", [("validator", "role")]),
            ("outsider", [("validator", "role")]),
            ("developer", [("validator", "role"), ("validator", "independent")]),
        ],
    )
    def test_a_validator_holds_the_role_and_had_no_hand_in_it(
        self, cast: Cast, model: Model, who: str, problems: list[tuple[str, str]]
    ) -> None:
        with refused(InvalidInput) as caught:
            self.edit(cast, model, validator=getattr(cast, who))
        assert rules_of(caught.value) == problems

    def test_who_validates_it_does_not_become_its_developer(self, cast: Cast, model: Model) -> None:
        self.edit(cast, model, validator=cast.validator)
        with refused(InvalidInput) as caught:
            self.edit(cast, model, developers=[cast.validator])
        assert rules_of(caught.value) == [("validator", "independent")]

    def test_who_left_the_role_stays_until_another_is_named(self, cast: Cast, model: Model) -> None:
        self.edit(cast, model, validator=cast.validator)
        end_role(grant=cast.validator.grants.get(), actor=CONSOLE, at=LATER)
        self.edit(cast, model, purpose="Says who may leave.")
        assert Model.objects.get().validator == cast.validator
