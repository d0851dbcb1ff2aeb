"""Campaigns: owners attest to the record as it stands, and what they saw is kept."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from governance.accounts.permissions import Permission, roles_with
from governance.accounts.rules import PermissionMissing, ProofMissing, Role
from governance.audit.models import LedgerEntry, Prose
from governance.audit.registration import prose_of
from governance.audit.verification import verify
from governance.core.canonical import digest
from governance.core.errors import InvalidInput
from governance.inventory.actions import create_model, edit_model
from governance.inventory.actions.attestations import end_campaign, open_next_campaign
from governance.inventory.models import Attestation, AttestationItem, Campaign, Model
from governance.inventory.queries import record_digest
from governance.inventory.queries.attestations import (
    campaign_by_id,
    campaigns_to_repeat,
    due_items_of,
    progress_of,
)
from governance.inventory.rules import ModelNotFound, NotTheOwner, RecordChanged
from governance.inventory.rules.attestations import (
    AlreadyAttested,
    CampaignNotDue,
    CampaignNotFound,
    CampaignOver,
    ItemState,
)
from governance.inventory.tasks.campaigns import CLOCK, look_for_campaigns
from governance.jobs.kinds import handler
from governance.jobs.models import Job
from governance.jobs.rules import JobState
from governance.jobs.running import JobRun
from tests import factories as f
from tests.factories import NOON, Cast
from tests.upkeep import DUE, attested, campaign
from tests.world import newest_entry, nothing_moves, refused

pytestmark = pytest.mark.backend

TODAY = NOON.date()


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


def states(row: Campaign, cast: Cast, *, today: date = TODAY) -> dict[str, ItemState]:
    fresh = Campaign.objects.with_all().get(pk=row.pk)
    (found,) = progress_of([fresh], actor=cast.auditor, at=NOON, today=today)
    return {one.model.name: one.state for one in found.rows}


# --- opening -------------------------------------------------------------------------------------


def test_opening_fixes_the_models_and_who_owned_them(cast: Cast, model: Model) -> None:
    f.make_model(cast, name="other", tier=1)
    create_model(name="draft", unit=cast.unit, actor=cast.developer, at=NOON)
    row = campaign(cast)
    items = {one.model.name: one.owner for one in row.items.all()}
    assert items == {"churn-model": cast.owner, "other": cast.owner, "draft": None}
    f.make_model(cast, name="later")
    assert row.items.count() == 3
    entry = newest_entry("firm")
    assert (entry.verb, entry.facts["models"]) == ("campaign.opened", 3)
    assert len(entry.states) == 1 + 3 + 1


@pytest.mark.parametrize(
    ("tiers", "names"),
    [
        ((), ["churn-model", "other"]),
        ((1,), ["other"]),
        ((1, 3), ["churn-model", "other"]),
        ((2,), []),
    ],
)
def test_the_scope_is_a_unit_and_tiers(
    cast: Cast, model: Model, tiers: tuple[int, ...], names: list[str]
) -> None:
    f.make_model(cast, name="other", tier=1)
    row = campaign(cast, tiers=tiers, unit=cast.unit)
    assert sorted(one.model.name for one in row.items.all()) == names


def test_what_was_removed_is_in_no_scope(cast: Cast, model: Model) -> None:
    Model.objects.update(removed_at=NOON)
    assert campaign(cast).items.count() == 0


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"title": " "}, ("title", "required")),
        ({"title": "x" * 121}, ("title", "length")),
        ({"statement": ""}, ("statement", "required")),
        ({"tiers": (9,)}, ("tiers", "choice")),
        ({"due_date": NOON.date()}, ("due_date", "range")),
        ({"repeat_months": 0}, ("repeat_months", "range")),
        ({"repeat_months": 121}, ("repeat_months", "range")),
    ],
)
def test_names_field_and_rule(
    cast: Cast, model: Model, changed: dict[str, Any], problem: tuple[str, str]
) -> None:
    with refused(InvalidInput) as caught:
        campaign(cast, **changed)
    assert isinstance(caught.value, InvalidInput)
    assert [(one.field, one.rule) for one in caught.value.problems] == [problem]


@pytest.mark.parametrize("role", Role)
def test_only_who_holds_the_permission_opens_and_ends(cast: Cast, role: Role) -> None:
    person, row = f.make_person("Rhea Role", role, unit=cast.root), campaign(cast)
    if role in roles_with(Permission.CAMPAIGN_OPEN):
        assert campaign(cast, actor=person).opened_by == person.ref
        assert end_campaign(campaign_id=row.pk, actor=person, at=NOON).ended_by == person.ref
        return
    with refused(PermissionMissing):
        campaign(cast, actor=person)
    with refused(PermissionMissing):
        end_campaign(campaign_id=row.pk, actor=person, at=NOON)


# --- attesting -----------------------------------------------------------------------------------


def test_an_attestation_keeps_what_was_attested(cast: Cast, model: Model) -> None:
    row = campaign(cast)
    given = attested(row, model, cast.owner)
    said = json.loads(given.snapshot.text)
    assert said["statement"] == "The record is complete and accurate."
    assert said["record"]["purpose"] == model.purpose
    assert said["names"][cast.owner.ref] == "Olga Owner"
    assert digest(said["record"]) == given.record_digest == record_digest(model)
    assert states(row, cast) == {"churn-model": ItemState.ATTESTED}
    entry = newest_entry(model.stream)
    assert (entry.verb, entry.subject) == ("attestation.given", given.ref)
    assert entry.facts["snapshot"] == given.snapshot.digest
    assert set(entry.states) == {given.ref, given.snapshot.ref, given.printed_name.ref}
    assert "Olga" not in entry.text
    assert model.purpose not in entry.text


def test_what_was_attested_can_be_erased_and_the_ledger_stays_intact(
    cast: Cast, model: Model
) -> None:
    given = attested(campaign(cast), model, cast.owner)
    for prose in prose_of(given):
        Prose.objects.filter(pk=prose.pk).update(text="", salt="", erased_at=NOON)
    assert verify().intact


@pytest.mark.parametrize("outcome", ["WITH_REMARKS", "NOT_ACCURATE"])
def test_remarks_say_what_there_is_to_remark(cast: Cast, model: Model, outcome: str) -> None:
    row = campaign(cast)
    with refused(InvalidInput) as caught:
        attested(row, model, cast.owner, outcome=outcome, remarks=" ")
    assert isinstance(caught.value, InvalidInput)
    assert caught.value.problems[0].field == "remarks"
    given = attested(row, model, cast.owner, outcome=outcome, remarks="The tier is old.")
    assert given.remarks is not None
    assert given.remarks.text == "The tier is old."


def test_an_unknown_outcome_is_none(cast: Cast, model: Model) -> None:
    row = campaign(cast)
    with refused(InvalidInput):
        attested(row, model, cast.owner, outcome="MAYBE")


def test_what_is_not_accurate_is_put_right_and_attested_again(cast: Cast, model: Model) -> None:
    row = campaign(cast)
    attested(row, model, cast.owner, outcome="NOT_ACCURATE", remarks="The purpose is old.")
    assert states(row, cast) == {"churn-model": ItemState.TO_CORRECT}
    record = f.edited_record(model, purpose="A better one.")
    edit_model(model=model, record=record, actor=cast.owner, at=NOON)
    model.refresh_from_db()
    attested(row, model, cast.owner, at=f.later(hours=1))
    assert states(row, cast) == {"churn-model": ItemState.ATTESTED}
    assert Attestation.objects.count() == 2


def test_nobody_attests_twice(cast: Cast, model: Model) -> None:
    row = campaign(cast)
    given = attested(row, model, cast.owner)
    with refused(AlreadyAttested):
        attested(row, model, cast.owner)
    # What the rule says the database says too.
    given.pk, given._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        given.save(force_insert=True)


def test_of_a_record_that_has_changed_since_nothing_is_attested(cast: Cast, model: Model) -> None:
    row, seen = campaign(cast), record_digest(model)
    edit_model(model=model, record=f.edited_record(model, developers=[]), actor=cast.owner, at=NOON)
    model.refresh_from_db()
    with refused(RecordChanged):
        attested(row, model, cast.owner, digest_seen=seen)


@pytest.mark.parametrize("who", ["developer", "validator", "approver", "compliance", "outsider"])
def test_others_attest_to_nothing(cast: Cast, model: Model, who: str) -> None:
    row = campaign(cast)
    with refused(PermissionMissing):
        attested(row, model, getattr(cast, who))


def test_another_owner_attests_to_what_they_own(cast: Cast, model: Model) -> None:
    other, row = f.make_person("Otis Owner", Role.MODEL_OWNER, unit=cast.unit), campaign(cast)
    with refused(NotTheOwner) as caught:
        attested(row, model, other)
    assert "Olga Owner" in caught.value.message


def test_a_change_of_owner_moves_the_duty(cast: Cast, model: Model) -> None:
    other, row = f.make_person("Otis Owner", Role.MODEL_OWNER, unit=cast.unit), campaign(cast)
    edit_model(model=model, record=f.edited_record(model, owner=other), actor=cast.owner, at=NOON)
    model.refresh_from_db()
    assert list(AttestationItem.objects.due_from(cast.owner)) == []
    assert [item.model for item in AttestationItem.objects.due_from(other)] == [model]
    with refused(NotTheOwner):
        attested(row, model, cast.owner)
    assert attested(row, model, other).owner == other
    assert row.items.get().owner == cast.owner


def test_a_proof_of_ones_own_is_needed(cast: Cast, model: Model) -> None:
    row = campaign(cast)
    with refused(ProofMissing):
        attested(row, model, cast.owner, proof=f.make_proof(cast.approver))


def test_what_is_not_in_the_campaign_is_not_attested_in_it(cast: Cast, model: Model) -> None:
    row, later = campaign(cast), f.make_model(cast, name="later")
    with refused(CampaignNotFound):
        attested(row, later, cast.owner)


def test_a_model_that_was_removed_owes_nothing(cast: Cast, model: Model) -> None:
    row = campaign(cast)
    Model.objects.update(removed_at=NOON)
    assert states(row, cast) == {"churn-model": ItemState.REMOVED}
    assert due_items_of(model) == []
    with refused(ModelNotFound):
        attested(row, model, cast.owner)


def test_after_its_due_date_a_campaign_still_takes_attestations(cast: Cast, model: Model) -> None:
    row, late = campaign(cast), f.later(days=60)
    assert states(row, cast, today=late.date()) == {"churn-model": ItemState.OVERDUE}
    attested(row, model, cast.owner, at=late)
    assert states(row, cast, today=late.date()) == {"churn-model": ItemState.ATTESTED}


def test_in_a_campaign_that_was_ended_nobody_attests(cast: Cast, model: Model) -> None:
    row = campaign(cast)
    end_campaign(campaign_id=row.pk, actor=cast.compliance, at=NOON)
    assert newest_entry("firm").verb == "campaign.ended"
    assert states(row, cast) == {"churn-model": ItemState.LEFT_OUT}
    with refused(CampaignOver):
        attested(row, model, cast.owner)
    with refused(CampaignOver):
        end_campaign(campaign_id=row.pk, actor=cast.compliance, at=NOON)


# --- recurring -----------------------------------------------------------------------------------


def test_the_next_one_opens_on_its_day_with_what_is_in_scope_then(cast: Cast, model: Model) -> None:
    row = campaign(cast, repeat_months=3)
    assert row.repeats_date == date(2026, 6, 2)
    f.make_model(cast, name="later")
    with refused(CampaignNotDue):
        open_next_campaign(campaign_id=row.pk, actor=cast.compliance, at=f.later(days=30))
    day = f.later(days=92)
    following = open_next_campaign(campaign_id=row.pk, actor=cast.compliance, at=day)
    assert (following.previous, following.items.count()) == (row, 2)
    assert following.due_date - day.date() == DUE - NOON.date()
    assert following.repeats_date == date(2026, 9, 2)
    assert str(following.statement) == str(row.statement)
    with refused(CampaignNotDue):
        open_next_campaign(campaign_id=row.pk, actor=cast.compliance, at=day)
    with refused(CampaignOver):
        attested(row, model, cast.owner, at=day)
    assert states(row, cast, today=day.date()) == {"churn-model": ItemState.LEFT_OUT}
    attested(following, model, cast.owner, at=day)


@pytest.mark.parametrize("ended", [False, True])
def test_what_is_for_once_or_was_ended_is_not_followed(
    cast: Cast, model: Model, ended: bool
) -> None:
    row = campaign(cast, repeat_months=3 if ended else None)
    if ended:
        end_campaign(campaign_id=row.pk, actor=cast.compliance, at=NOON)
    with refused(CampaignNotDue):
        open_next_campaign(campaign_id=row.pk, actor=cast.compliance, at=f.later(days=500))
    assert not campaigns_to_repeat(date(2030, 1, 1)).exists()


def test_the_clock_opens_what_has_come_round_once(cast: Cast, model: Model) -> None:
    row = campaign(cast, repeat_months=3)
    look_for_campaigns(f.later(days=30))
    assert not Job.objects.exists()
    now = timezone.now()
    look_for_campaigns(f.later(days=100))
    look_for_campaigns(f.later(days=101))
    assert Job.objects.filter(state=JobState.QUEUED).count() == 1
    open_next_campaign(campaign_id=row.pk, actor=CLOCK, at=now)
    assert newest_entry("firm").actor == "system:clock"
    assert not campaigns_to_repeat(date(2026, 6, 3)).exists()


def test_the_job_opens_it_and_a_second_attempt_finds_it_there(cast: Cast, model: Model) -> None:
    row = campaign(cast, repeat_months=1)  # its day has passed
    run = JobRun(
        id=uuid4(), kind="open_next_campaign", args={"campaign": str(row.pk)},
        requested_by=CLOCK.ref, attempt=uuid4(), attempts=1, started_at=timezone.now(),
    )  # fmt: skip
    done = handler(run.kind)(run)
    assert done == {"campaign": Campaign.objects.get(previous=row).ref}
    with nothing_moves():
        assert handler(run.kind)(run) == {"campaign": None}


def test_who_may_not_open_one_opens_no_next_one(cast: Cast, model: Model) -> None:
    row = campaign(cast, repeat_months=3)
    with refused(PermissionMissing):
        open_next_campaign(campaign_id=row.pk, actor=cast.owner, at=f.later(days=100))


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("owner", True),
        ("developer", True),
        ("validator", True),
        ("auditor", True),
        ("outsider", False),
    ],
)
def test_a_campaign_is_seen_by_who_sees_of_its_models(
    cast: Cast, model: Model, who: str, sees: bool
) -> None:
    row = campaign(cast)
    if sees:
        assert campaign_by_id(row.pk, actor=getattr(cast, who), at=NOON) == row
        return
    with refused(CampaignNotFound):
        campaign_by_id(row.pk, actor=getattr(cast, who), at=NOON)


@pytest.mark.parametrize("table", ["campaign", "campaignend", "attestationitem", "attestation"])
@pytest.mark.parametrize("change", ["UPDATE inventory_{} SET id = id", "DELETE FROM inventory_{}"])
def test_the_database_keeps_it(cast: Cast, model: Model, table: str, change: str) -> None:
    row = campaign(cast)
    attested(row, model, cast.owner)
    end_campaign(campaign_id=row.pk, actor=cast.compliance, at=NOON)
    entries = LedgerEntry.objects.count()
    with (
        nothing_moves(),
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(table))
    assert LedgerEntry.objects.count() == entries
