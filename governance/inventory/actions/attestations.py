"""Opening campaigns, and attesting in them to the record of a model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.proof import Proof, require_proof
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.models import Prose
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput
from governance.core.holding import hold
from governance.core.typed import tidy
from governance.core.wording import as_date
from governance.inventory.actions.reviews import require_unchanged
from governance.inventory.models import (
    Attestation,
    AttestationItem,
    Campaign,
    CampaignEnd,
    Model,
)
from governance.inventory.queries import locked_present_model
from governance.inventory.queries.attestations import (
    is_over,
    item_in,
    models_in_scope,
    snapshot_text,
)
from governance.inventory.rules import NotTheOwner
from governance.inventory.rules.attestations import (
    AlreadyAttested,
    AttestationOutcome,
    CampaignNotDue,
    CampaignOver,
    attestation_problems,
    campaign_problems,
)
from governance.inventory.rules.intervals import add_months

STREAM = "firm"


@transaction.atomic
def open_campaign(
    *,
    title: str,
    statement: str,
    unit: Unit,
    due_date: date,
    actor: Actor,
    at: datetime,
    tiers: Sequence[int] = (),
    repeat_months: int | None = None,
) -> Campaign:
    """Ask the owners of the models in scope to attest to their records. Appends campaign.opened.

    Which models these are, and who owned them then, is fixed now. Raises InvalidInput (rule
    `scope` where there is no such model), PermissionMissing.
    """
    require(actor, Permission.CAMPAIGN_OPEN, unit=unit, at=at)
    problems = campaign_problems(
        title=title,
        statement=statement,
        tiers=tiers,
        due_date=due_date,
        repeat_months=repeat_months,
        today=as_date(at),
    )
    if found := list(problems):
        raise InvalidInput(*found)
    campaign = Campaign(
        title=title.strip(),
        statement=audit.write_prose(tidy(statement)),
        unit=unit,
        tiers=",".join(str(tier) for tier in sorted(set(tiers))),
        due_date=due_date,
        repeat_months=repeat_months,
    )
    return _open(campaign, actor=actor, at=at)


@transaction.atomic
def open_next_campaign(*, campaign_id: UUID, actor: Actor, at: datetime) -> Campaign:
    """Open the one that follows a campaign that recurs, on its day or after it.

    It asks for the same of whatever is in scope now, for as many days as the one before, which is
    over with it. Appends campaign.opened. Raises CampaignNotDue if it is too early, was done
    already, or the campaign is over; PermissionMissing.
    """
    previous = _locked(campaign_id)
    require(actor, Permission.CAMPAIGN_OPEN, unit=previous.unit, at=at)
    due = previous.repeats_date
    if is_over(previous) or due is None or due > as_date(at):
        raise CampaignNotDue("The next campaign is opened on its day, and once.")
    length = previous.due_date - as_date(previous.opened_at)
    campaign = Campaign(
        title=previous.title,
        statement=audit.write_prose(str(previous.statement)),
        unit=previous.unit,
        tiers=previous.tiers,
        due_date=as_date(at) + length,
        repeat_months=previous.repeat_months,
        previous=previous,
    )
    return _open(campaign, actor=actor, at=at)


def _open(campaign: Campaign, *, actor: Actor, at: datetime) -> Campaign:
    campaign.opened_by, campaign.opened_at = actor.ref, at
    if campaign.repeat_months is not None:
        campaign.repeats_date = add_months(as_date(at), campaign.repeat_months)
    campaign.save(force_insert=True)
    items = [
        AttestationItem(campaign=campaign, model=model, owner_id=model.owner_id)
        for model in models_in_scope(campaign.unit.path, campaign.tier_numbers)
    ]
    AttestationItem.objects.bulk_create(items)
    audit.append(
        verb=Verb.CAMPAIGN_OPENED,
        stream=STREAM,
        subject=campaign.ref,
        actor=actor.ref,
        at=at,
        facts={
            "unit": campaign.unit.ref,
            "tiers": campaign.tier_numbers,
            "models": len(items),
            "due_date": campaign.due_date,
            "repeats_date": campaign.repeats_date,
            "previous": campaign.previous.ref if campaign.previous else None,
        },
        records=[campaign, *items],
    )
    return campaign


@transaction.atomic
def end_campaign(*, campaign_id: UUID, actor: Actor, at: datetime) -> CampaignEnd:
    """End a campaign: nothing is attested in it any more, and none follows it.

    Appends campaign.ended. Raises CampaignOver, PermissionMissing.
    """
    campaign = _locked(campaign_id)
    require(actor, Permission.CAMPAIGN_OPEN, unit=campaign.unit, at=at)
    _require_open(campaign)
    end = CampaignEnd.objects.create(campaign=campaign, ended_at=at, ended_by=actor.ref)
    audit.append(
        verb=Verb.CAMPAIGN_ENDED,
        stream=STREAM,
        subject=campaign.ref,
        actor=actor.ref,
        at=at,
        facts={"unit": campaign.unit.ref},
        records=[end],
    )
    return end


@transaction.atomic
def attest(
    *,
    campaign_id: UUID,
    model: Model,
    outcome: str,
    remarks: str,
    digest_seen: str,
    proof: Proof,
    actor: User,
    at: datetime,
) -> Attestation:
    """Attest to the record of a model as it stands, as its owner of today.

    What was attested is kept word for word, where it can be erased; the ledger has the digests.
    Appends attestation.given to the model's stream. Raises AlreadyAttested, CampaignNotFound for a
    model that is not in the campaign, CampaignOver, InvalidInput, ModelNotFound, NotTheOwner,
    PermissionMissing, ProofMissing, RecordChanged.
    """
    model = locked_present_model(model)
    require(actor, Permission.ATTESTATION_GIVE, unit=model.unit, at=at)
    _require_ownership(model, actor)
    campaign = _locked(campaign_id)
    item = item_in(campaign, model)
    _require_waiting(campaign, item)
    require_unchanged(model, digest_seen, "Nothing was attested.")
    if problems := list(attestation_problems(outcome=outcome, remarks=remarks)):
        raise InvalidInput(*problems)
    require_proof(proof, actor=actor, at=at)
    attestation = Attestation.objects.create(
        item=item,
        owner=actor,
        printed_name=audit.write_prose(actor.name),
        outcome=outcome,
        remarks=_remarks(outcome, remarks),
        snapshot=audit.write_prose(snapshot_text(campaign, model)),
        record_digest=digest_seen,
        proof=proof.method,
        attested_at=at,
    )
    audit.append(
        verb=Verb.ATTESTATION_GIVEN,
        stream=model.stream,
        subject=attestation.ref,
        actor=actor.ref,
        at=at,
        facts={
            "campaign": campaign.ref,
            "outcome": attestation.outcome,
            "record": attestation.record_digest,
            "snapshot": attestation.snapshot.digest,
            "method": proof.method,
        },
        records=[attestation],
    )
    return attestation


def _require_ownership(model: Model, actor: User) -> None:
    if model.owner_id != actor.pk:
        owner = model.owner.name if model.owner else "Nobody"
        raise NotTheOwner(
            f"{owner} owns {model.name} now; only its owner attests to its record.",
            subject=model.ref,
            stream=model.stream,
        )


def _locked(campaign_id: UUID) -> Campaign:
    """Lock the campaign, after the model where there is one: it ends, and is followed, once."""
    # Held by its name: a row of history, which nobody may update, cannot be locked itself.
    hold([f"{Campaign.REF}:{campaign_id}"])
    return Campaign.objects.with_all().get(pk=campaign_id)


def _require_open(campaign: Campaign) -> None:
    if is_over(campaign):
        raise CampaignOver(
            "This campaign is over: it was ended, or the next one has taken its place.",
            subject=campaign.ref,
            stream=STREAM,
        )


def _require_waiting(campaign: Campaign, item: AttestationItem) -> None:
    _require_open(campaign)
    if not AttestationItem.objects.waiting().filter(pk=item.pk).exists():
        raise AlreadyAttested("The record is attested to in this campaign already.")


def _remarks(outcome: str, remarks: str) -> Prose | None:
    """What is accurate without remarks has none, whatever was typed before."""
    return None if outcome == AttestationOutcome.ACCURATE else audit.write_prose(tidy(remarks))
