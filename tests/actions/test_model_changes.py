"""Changes of a live model: proposed by its owner, accepted by somebody independent, applied."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings

from governance.accounts.actions import end_role
from governance.accounts.models import User
from governance.accounts.permissions import Permission, roles_with
from governance.accounts.rules import PermissionMissing, ProofMissing, Role
from governance.approvals.actions.requests import ask_to_confirm
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.approvals.queries.model_changes import revalidation_of, staled_by
from governance.approvals.queries.standing import lapsed_unnoted, standing_of
from governance.core.errors import InvalidInput
from governance.inventory.actions import (
    accept_change,
    decline_change,
    define_field,
    edit_model,
    propose_change,
    withdraw_change,
)
from governance.inventory.models import ChangeDecision, Model, ModelChange, RecordRevision
from governance.inventory.queries import record_digest, record_values
from governance.inventory.queries.model_changes import open_change
from governance.inventory.rules import FieldDefinition, RecordChanged
from governance.inventory.rules.model_changes import (
    GOVERNED,
    ChangeAwaitsReview,
    ChangeDecided,
    ChangeOpen,
    ChangeOutcome,
    ChangeOvertaken,
    Materiality,
    ModelNotLive,
    NotYourChange,
    Rationale,
)
from governance.inventory.rules.reviews import TooClose
from governance.registry.actions import stages
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import NOON, Cast
from tests.reviewing import also
from tests.upkeep import head_of
from tests.world import newest_entry, refused

pytestmark = pytest.mark.backend

LATER = f.later(hours=1)
MINOR, MATERIAL = Materiality.MINOR, Materiality.MATERIAL


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """The champion of a model."""
    f.make_policies(cast)
    version = f.make_version(cast, f.make_model(cast))
    f.make_champion(cast, version)
    version.refresh_from_db()
    assert version.stage == Stage.PRODUCTION
    return version


@pytest.fixture
def model(version: ModelVersion) -> Model:
    return Model.objects.get(pk=version.model_id)


@pytest.fixture
def head(cast: Cast) -> User:
    return head_of(cast)


def said(materiality: str = MINOR, *kinds: str, reason: str = "The form asks for it.") -> Rationale:
    return Rationale(kinds=kinds, materiality=materiality, reason=reason)


def propose(
    model: Model,
    who: User,
    *,
    at: datetime = LATER,
    rationale: Rationale | None = None,
    **changed: Any,
) -> ModelChange:
    """Propose another text, or with nothing changed another platform."""
    record = f.edited_record(model, **changed) if changed else None
    why = rationale or said(MINOR, *([] if changed else ["PLATFORM"]))
    return propose_change(model=model, record=record, rationale=why, actor=who, at=at)


def accept(
    change: ModelChange, who: User, *, materiality: str = MINOR, at: datetime = LATER, **other: Any
) -> ChangeDecision:
    given = {"digest_seen": change.digest, "proof": f.make_proof(who, at=at), "comment": ""}
    return accept_change(change=change, materiality=materiality, actor=who, at=at, **given | other)


def decline(change: ModelChange, who: User, comment: str = "Not now.") -> ChangeDecision:
    proof = f.make_proof(who, at=LATER)
    return decline_change(change=change, comment=comment, proof=proof, actor=who, at=LATER)


def test_a_governed_field_of_a_live_model_is_not_simply_saved(cast: Cast, model: Model) -> None:
    record = f.edited_record(model, inputs="Three more columns.")
    with refused(ChangeAwaitsReview) as caught:
        edit_model(model=model, record=record, actor=cast.owner, at=LATER)
    assert "inputs waits for a review" in caught.value.message
    assert caught.value.facts["fields"] == ["inputs"]


def test_what_is_not_governed_is_saved_as_before(cast: Cast, model: Model) -> None:
    record = f.edited_record(model, first_use_date=date(2026, 3, 1), contract_reference="K-7")
    assert edit_model(model=model, record=record, actor=cast.owner, at=LATER).updated_at == LATER


def test_a_model_that_is_not_live_is_saved_as_before(cast: Cast) -> None:
    model = f.make_model(cast)
    record = f.edited_record(model, inputs="Three more columns.")
    edit_model(model=model, record=record, actor=cast.owner, at=LATER)
    with refused(ModelNotLive):
        propose(model, cast.owner, inputs="Four.")


def test_it_is_live_while_a_version_answers_and_not_after(
    cast: Cast, model: Model, version: ModelVersion
) -> None:
    assert model.live_since == NOON
    f.ask(cast, version, Stage.ARCHIVED, at=LATER)
    model.refresh_from_db()
    assert model.live_since is None


def test_a_proposal_changes_nothing_and_says_everything(cast: Cast, model: Model) -> None:
    before = record_values(model)
    change = propose(
        model,
        cast.owner,
        rationale=said(MATERIAL, "PLATFORM", reason="A new source."),
        inputs="Three more columns.",
        developers=[],
        first_use_date=date(2026, 3, 1),
    )
    assert record_values(Model.objects.get(pk=model.pk)) == before
    assert change.fields == {
        "developers": [[str(cast.developer.pk)], []],
        "first_use_date": [None, "2026-03-01"],
        "inputs": ["", "Three more columns."],
    }
    assert change.kinds == ["INPUTS", "PLATFORM"]
    entry = newest_entry(model.stream)
    assert entry.verb == "model_change.proposed"
    assert entry.facts["fields"] == ["developers", "first_use_date", "inputs"]
    assert entry.facts["materiality"] == "MATERIAL"
    assert "new source" not in entry.text


def test_accepted_it_is_what_the_record_says(cast: Cast, model: Model, head: User) -> None:
    other = f.make_person("Oda Other", Role.MODEL_OWNER, unit=cast.unit)
    change = propose(
        model,
        cast.owner,
        purpose="Whom to call first.",
        jurisdictions=("DE", "FR"),
        owner=other,
        contract_end_date=date(2027, 1, 1),
    )
    decision = accept(change, head, materiality=MATERIAL, comment="Agreed.")
    model.refresh_from_db()
    assert (model.purpose, model.jurisdictions, model.owner) == (
        "Whom to call first.", "DE,FR", other,
    )  # fmt: skip
    assert model.contract_end_date == date(2027, 1, 1)
    assert decision.outcome == ChangeOutcome.ACCEPTED
    assert decision.materiality == MATERIAL
    assert open_change(model) is None
    revision = RecordRevision.objects.filter(model=model).latest("number")
    assert revision.values is not None
    assert revision.values["purpose"] == "Whom to call first."
    assert revision.written_by == head.ref
    entry = newest_entry(model.stream)
    assert (entry.verb, entry.actor) == ("model_change.accepted", head.ref)
    assert entry.facts["materiality"] == "MATERIAL"
    assert entry.facts["change"] == change.digest


def test_a_field_of_the_firms_waits_with_the_rest(cast: Cast, model: Model, head: User) -> None:
    definition = FieldDefinition(label="Line", value_type="NUMBER")
    define_field(key="line", definition=definition, actor=cast.administrator, at=NOON)
    change = propose(model, cast.owner, outputs="A score.", custom={"line": "07.50"})
    assert change.fields is not None
    assert change.fields["custom_line"] == ["", "7.5"]
    accept(change, head)
    assert record_values(model)["custom_line"] == "7.5"


@pytest.mark.parametrize("field", sorted(GOVERNED))
def test_each_governed_field_waits_and_is_refused_past_the_actions(
    cast: Cast, model: Model, field: str
) -> None:
    other = {"jurisdictions": ("AT",), "kind": "RANKING", "origin": "VENDOR"}
    change = propose(model, cast.owner, **{field: other.get(field, "Something else.")})
    assert change.kinds == [GOVERNED[field]]
    value = {"jurisdictions": "AT"}.get(field, other.get(field, "Something else."))
    with pytest.raises(IntegrityError, match="only with an accepted change"), transaction.atomic():
        Model.objects.filter(pk=model.pk).update(**{field: value})


def test_an_accepted_change_opens_no_door_for_another(cast: Cast, model: Model, head: User) -> None:
    accept(propose(model, cast.owner, inputs="Three more columns."), head)
    with pytest.raises(IntegrityError), transaction.atomic():
        Model.objects.filter(pk=model.pk).update(inputs="Four.", updated_at=f.later(hours=2))


@pytest.mark.parametrize("mark", ["live_since"])
def test_the_mark_of_a_live_model_cannot_be_taken_away(model: Model, mark: str) -> None:
    with pytest.raises(IntegrityError, match="live while a version"), transaction.atomic():
        Model.objects.filter(pk=model.pk).update(**{mark: None})


def test_nothing_goes_live_of_a_model_that_is_not_marked(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    f.make_policies(cast)
    request = f.make_ready(cast, f.make_version(cast, f.make_model(cast)))
    f.sign(request, cast.validator, Role.VALIDATOR)
    monkeypatch.setattr(stages, "note_live", lambda model, *, at: [])
    with pytest.raises(IntegrityError, match="marked as live"), transaction.atomic():
        f.sign(request, cast.approver, Role.APPROVER)


@pytest.mark.parametrize(
    ("rationale", "problems"),
    [
        (Rationale(), [("materiality", "required"), ("change_reason", "required")]),
        (said("LARGE"), [("materiality", "required")]),
        (said(MINOR, "COLOUR"), [("change_kinds", "choice")]),
        (said(MINOR, reason=" "), [("change_reason", "required")]),
        (said(MINOR, reason="x" * 10_001), [("change_reason", "length")]),
    ],
)
def test_a_proposal_names_field_and_rule(
    cast: Cast, model: Model, rationale: Rationale, problems: list[tuple[str, str]]
) -> None:
    with refused(InvalidInput) as caught:
        propose(model, cast.owner, rationale=rationale, inputs="Three more columns.")
    assert isinstance(caught.value, InvalidInput)
    assert [(one.field, one.rule) for one in caught.value.problems] == problems


def test_a_change_that_the_record_does_not_show_says_its_kind(cast: Cast, model: Model) -> None:
    with refused(InvalidInput) as caught:
        propose(model, cast.owner, rationale=said())
    assert isinstance(caught.value, InvalidInput)
    assert [one.field for one in caught.value.problems] == ["change_kinds"]
    assert propose(model, cast.owner).fields == {}


def test_tier_and_class_are_saved_apart(cast: Cast, model: Model) -> None:
    with refused(InvalidInput) as caught:
        propose(model, cast.owner, inputs="More.", tier=1, tier_reason="Grew.")
    assert isinstance(caught.value, InvalidInput)
    assert [(one.field, one.rule) for one in caught.value.problems] == [("tier", "apart")]
    record = f.edited_record(model, ai_act_class="PROHIBITED", ai_act_reason="It scores persons.")
    saved = edit_model(model=model, record=record, actor=cast.owner, at=LATER)
    assert saved.ai_act_class == "PROHIBITED"


def test_one_waits_at_a_time(cast: Cast, model: Model) -> None:
    first = propose(model, cast.owner, inputs="More.")
    with refused(ChangeOpen):
        propose(model, cast.owner, outputs="A score.")
    with pytest.raises(IntegrityError, match="at a time"), transaction.atomic():
        ModelChange.objects.create(
            model=model,
            number=9,
            kinds=["INPUTS"],
            materiality=MINOR,
            reason=first.reason,
            digest="0" * 64,
            proposed_by=cast.owner,
            proposed_at=LATER,
        )


def test_it_starts_from_the_record_that_was_on_the_screen(cast: Cast, model: Model) -> None:
    seen = record_digest(model)
    record = f.edited_record(model, contract_reference="K-7")
    edit_model(model=model, record=record, actor=cast.owner, at=LATER)
    with refused(RecordChanged):
        propose_change(
            model=model,
            record=f.edited_record(model, inputs="More."),
            rationale=said(),
            base=seen,
            actor=cast.owner,
            at=LATER,
        )


@pytest.mark.parametrize("role", Role)
def test_each_role_decides_as_the_matrix_says(cast: Cast, model: Model, role: Role) -> None:
    person = f.make_person("Rhea Role", role, unit=cast.root)
    change = propose(model, cast.owner, inputs="More.")
    if role in roles_with(Permission.CHANGE_DECIDE):
        assert accept(change, person).decided_by == person
        return
    with refused(PermissionMissing):
        accept(change, person)
    with refused(PermissionMissing):
        decline(change, person)


@pytest.mark.parametrize("who", ["owner", "developer"])
def test_whoever_owns_builds_or_proposed_it_does_not_decide(
    cast: Cast, model: Model, who: str
) -> None:
    person: User = getattr(cast, who)
    also(person, Role.VALIDATOR, cast.unit)
    change = propose(model, cast.owner, inputs="More.")
    with refused(TooClose):
        accept(change, person)
    with pytest.raises(IntegrityError, match="does not decide"), transaction.atomic():
        ChangeDecision.objects.create(
            change=change,
            outcome=ChangeOutcome.DECLINED,
            decided_by=person,
            printed_name=change.reason,
            decided_at=LATER,
        )


def test_accepting_takes_a_proof_the_digest_and_the_materiality(
    cast: Cast, model: Model, head: User
) -> None:
    change = propose(model, cast.owner, inputs="More.")
    with refused(ProofMissing):
        accept(change, head, proof=f.make_proof(cast.approver, at=LATER))
    with refused(ChangeDecided):
        accept(change, head, digest_seen="0" * 64)
    with refused(InvalidInput):
        accept(change, head, materiality="")


def test_declining_says_why_and_leaves_the_record(cast: Cast, model: Model, head: User) -> None:
    change = propose(model, cast.owner, inputs="More.")
    with refused(InvalidInput):
        decline(change, head, comment=" ")
    assert decline(change, head).outcome == ChangeOutcome.DECLINED
    model.refresh_from_db()
    assert model.inputs == ""
    with refused(ChangeDecided):
        accept(change, head)
    assert propose(model, cast.owner, inputs="Fewer.").number == 2


def test_who_proposed_and_who_owns_take_it_back(cast: Cast, model: Model, head: User) -> None:
    change = propose(model, cast.owner, inputs="More.")
    with refused(NotYourChange):
        withdraw_change(change=change, comment="", actor=head, at=LATER)
    withdraw_change(change=change, comment="Not needed.", actor=cast.owner, at=LATER)
    assert newest_entry(model.stream).verb == "model_change.withdrawn"
    with refused(ChangeDecided):
        withdraw_change(change=change, comment="", actor=cast.owner, at=LATER)


def test_what_it_starts_from_is_judged_again(cast: Cast, model: Model, head: User) -> None:
    change = propose(model, cast.owner, inputs="More.", contract_reference="K-7")
    record = f.edited_record(model, contract_reference="K-8")
    edit_model(model=model, record=record, actor=cast.owner, at=LATER)
    with refused(ChangeOvertaken) as caught:
        accept(change, head)
    assert "contract reference" in caught.value.message
    decline(change, head)


def test_what_it_says_is_judged_again(cast: Cast, model: Model, head: User) -> None:
    change = propose(model, cast.owner, inputs="More.", validator=cast.validator)
    grant = cast.validator.grants.get(role=Role.VALIDATOR)
    end_role(grant=grant, actor=cast.administrator, at=LATER)
    with refused(InvalidInput) as caught:
        accept(change, head)
    assert isinstance(caught.value, InvalidInput)
    assert [one.field for one in caught.value.problems] == ["validator"]


# What it costs: approvals and validations.


def serving(version: ModelVersion, *, at: datetime) -> list[str]:
    standing = standing_of(version, version.assignments.get(ended_at=None).slot, at=at)
    assert standing is not None
    return [reason.rule for reason in standing.reasons]


def test_a_material_change_ends_the_approval_in_force(
    cast: Cast, model: Model, version: ModelVersion, head: User
) -> None:
    change = propose(model, cast.owner, inputs="More.")
    cost = staled_by(change, at=LATER)[MATERIAL]
    assert [one.version for one in cost.live] == [version]
    assert staled_by(change, at=LATER)[MINOR].are_none
    accept(change, head, materiality=MATERIAL)
    assert serving(version, at=f.later(hours=2)) == ["material_change"]
    assert len(lapsed_unnoted(at=f.later(hours=2))) == 1


def test_a_minor_change_leaves_it(
    cast: Cast, model: Model, version: ModelVersion, head: User
) -> None:
    accept(propose(model, cast.owner, inputs="More."), head)
    assert serving(version, at=f.later(hours=2)) == []
    assert not revalidation_of(model, at=LATER).found.is_due


def test_it_stands_again_once_it_is_validated_and_confirmed(
    cast: Cast, model: Model, version: ModelVersion, head: User
) -> None:
    accept(propose(model, cast.owner, inputs="More."), head, materiality=MATERIAL)
    slot, now = version.assignments.get(ended_at=None).slot, f.later(hours=2)
    f.make_policy(cast, f.TO_PRODUCTION.replace(", from: [STAGING]", ""), at=now)
    request = ask_to_confirm(version=version, slot=slot, actor=cast.developer, at=now).request
    assert request is not None
    assert unmet(request, at=now) == ["report_approved"]
    f.make_report(cast, version, at=f.later(hours=3))
    assert unmet(request, at=f.later(hours=3)) == []
    f.sign(request, cast.validator, Role.VALIDATOR, at=f.later(hours=4))
    f.sign(request, cast.approver, Role.APPROVER, at=f.later(hours=4))
    assert serving(version, at=f.later(hours=5)) == []
    assert not revalidation_of(model, at=f.later(hours=5)).found.is_due


def unmet(request: PromotionRequest, *, at: datetime) -> list[str]:
    fresh = PromotionRequest.objects.with_version().get(pk=request.pk)
    return [check.id for check in case_of(fresh, at=at).judgement.unmet_checks]


@override_settings(MINOR_CHANGES={1: 1, 3: 2})
def test_minor_ones_add_up_to_a_validation(
    cast: Cast, model: Model, version: ModelVersion, head: User
) -> None:
    accept(propose(model, cast.owner, inputs="More."), head)
    assert revalidation_of(model, at=LATER).found.sentence == (
        "1 of 2 minor changes since the validation."
    )
    second = f.later(hours=2)
    accept(propose(model, cast.owner, at=second, outputs="A score."), head, at=second)
    due = revalidation_of(model, at=second)
    assert due.found.since == second
    assert due.found.sentence == "2 minor changes have added up since the validation."
    # What serves goes on; what is promoted next needs the validation.
    assert serving(version, at=f.later(hours=3)) == []
    f.make_report(cast, version, at=f.later(hours=3))
    assert not revalidation_of(model, at=f.later(hours=4)).found.is_due


def test_open_requests_whose_dossier_it_changes_are_named_and_go_stale(
    cast: Cast, model: Model, version: ModelVersion, head: User
) -> None:
    second = f.make_version(cast, model)
    request = f.make_ready(cast, second)
    f.sign(request, cast.validator, Role.VALIDATOR)
    change = propose(model, cast.owner, intended_use="Only new customers.")
    for materiality in Materiality:
        cost = staled_by(change, at=LATER)[materiality]
        assert [(one.pk, given) for one, given in cost.requests] == [(request.pk, 1)]
    accept(change, head)
    fresh = PromotionRequest.objects.with_version().get(pk=request.pk)
    assert len(case_of(fresh, at=LATER).judgement.stale) == 1


def test_asking_what_it_costs_changes_nothing(
    cast: Cast, model: Model, version: ModelVersion
) -> None:
    f.make_ready(cast, f.make_version(cast, model))
    change, before = propose(model, cast.owner, purpose="Other."), record_values(model)
    staled_by(change, at=LATER)
    assert record_values(Model.objects.get(pk=model.pk)) == before
