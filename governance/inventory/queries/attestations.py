"""Reads of campaigns: who attested to what, and who has not yet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.accounts.models import User
from governance.accounts.queries import labels_of, unit_reach
from governance.accounts.rules import Actor
from governance.core.canonical import canonical
from governance.inventory.models import (
    Attestation,
    AttestationItem,
    Campaign,
    Model,
)
from governance.inventory.queries.past import Told, told_of
from governance.inventory.queries.records import record_values
from governance.inventory.rules.attestations import (
    FORMAT,
    CampaignNotFound,
    CampaignState,
    ItemState,
    campaign_state,
    item_state,
)

_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class ItemRow:
    """How one model in a campaign stands, and what was attested last."""

    item: AttestationItem
    newest: Attestation | None
    state: ItemState
    told: Told

    @property
    def model(self) -> Model:
        return self.item.model

    @property
    def has_moved(self) -> bool:
        """Whether somebody else owns the model than when the campaign opened."""
        return self.told.owner != self.item.owner

    @property
    def is_waiting(self) -> bool:
        return self.state in {ItemState.WAITS, ItemState.TO_CORRECT, ItemState.OVERDUE}


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A campaign as far as a reader sees its models."""

    campaign: Campaign
    rows: Sequence[ItemRow]
    state: CampaignState

    @property
    def attested(self) -> int:
        return sum(1 for row in self.rows if row.state == ItemState.ATTESTED)

    @property
    def waiting(self) -> int:
        return sum(1 for row in self.rows if row.is_waiting)


def is_over(campaign: Campaign) -> bool:
    """Tell whether it was ended or another followed; read it with `with_all`."""
    return hasattr(campaign, "end") or hasattr(campaign, "successor")


def campaign_by_id(
    campaign_id: UUID, *, actor: Actor, at: datetime, by: datetime | None = None
) -> Campaign:
    """Return the campaign, or raise CampaignNotFound: absent and invisible look alike.

    With `by`, a past moment, as it stood then; one that was opened later is absent.
    """
    seen = Campaign.objects.visible_to(actor, at=at).with_all(by=by)
    campaign = seen.filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound("There is no such campaign.")
    return campaign


def item_in(campaign: Campaign, model: Model) -> AttestationItem:
    """Return the model's place in the campaign, or raise CampaignNotFound."""
    item = AttestationItem.objects.filter(campaign=campaign, model=model).first()
    if item is None:
        raise CampaignNotFound(f"{model.name} is not in this campaign.")
    return item


def models_in_scope(unit_path: str, tiers: Iterable[int]) -> QuerySet[Model]:
    """Return what a campaign opened now would hold, by name."""
    models = Model.objects.present().filter(unit_reach([unit_path], prefix="unit__"))
    numbers = list(tiers)
    return (models.filter(tier__in=numbers) if numbers else models).order_by("name")


def progress_of(
    campaigns: Sequence[Campaign],
    *,
    actor: Actor,
    at: datetime,
    today: date,
    by: datetime | None = None,
) -> list[Progress]:
    """Say how each campaign stands, in two queries however many there are.

    Models that the actor may not see are left out. The campaigns are read with `with_all`, of the
    same moment; with `by`, a past one, it takes three queries more.
    """
    items = list(
        AttestationItem.objects.filter(
            campaign__in=campaigns, model__in=Model.objects.visible_to(actor, at=at)
        )
        .select_related("model__owner", "model__unit", "owner")
        .order_by("model__name")
    )
    newest = _newest_in(campaigns, by=by)
    told = told_of([item.model for item in items], by=by)
    rows: dict[UUID, list[ItemRow]] = {campaign.pk: [] for campaign in campaigns}
    by_id = {campaign.pk: campaign for campaign in campaigns}
    for item in items:
        campaign = by_id[item.campaign_id]
        state = _state(campaign, item, newest.get(item.pk), today=today, by=by)
        row = ItemRow(item=item, newest=newest.get(item.pk), state=state, told=told[item.model_id])
        rows[campaign.pk].append(row)
    return [_progress(campaign, rows[campaign.pk], today=today) for campaign in campaigns]


def _newest_in(campaigns: Sequence[Campaign], *, by: datetime | None) -> dict[UUID, Attestation]:
    given = Attestation.objects.filter(item__campaign__in=campaigns)
    known = given.filter(attested_at__lte=by) if by else given
    found = known.select_related("owner", "remarks").order_by("attested_at", "pk")
    return {row.item_id: row for row in found}


def _state(
    campaign: Campaign,
    item: AttestationItem,
    newest: Attestation | None,
    *,
    today: date,
    by: datetime | None,
) -> ItemState:
    removed = item.model.removed_at
    return item_state(
        newest=newest.outcome if newest else None,
        is_removed=removed is not None and (by is None or removed <= by),
        is_over=is_over(campaign),
        due_date=campaign.due_date,
        today=today,
    )


def _progress(campaign: Campaign, rows: Sequence[ItemRow], *, today: date) -> Progress:
    left = {ItemState.LEFT_OUT}
    waiting = sum(1 for row in rows if row.is_waiting or row.state in left)
    state = campaign_state(
        is_over=is_over(campaign), due_date=campaign.due_date, waiting=waiting, today=today
    )
    return Progress(campaign=campaign, rows=rows, state=state)


def latest_attestation(model: Model) -> Attestation | None:
    """Return what was attested of the model last, in whatever campaign."""
    rows = Attestation.objects.filter(item__model=model).select_related("owner")
    return rows.order_by("-attested_at", "-pk").first()


def due_items_of(model: Model) -> list[AttestationItem]:
    """Return the open campaigns in which the model waits for its owner, soonest due first."""
    open_ones = Q(campaign__end=None, campaign__successor=None)
    rows = AttestationItem.objects.waiting().filter(open_ones, model=model)
    return list(rows.select_related("campaign").order_by("campaign__due_date"))


def campaigns_to_repeat(today: date) -> QuerySet[Campaign]:
    """Return the open campaigns whose next one should have opened by that day."""
    return Campaign.objects.open().filter(repeats_date__lte=today)


def snapshot_text(campaign: Campaign, model: Model) -> str:
    """Return the canonical text of what an owner attests to: statement, record, and names."""
    values = record_values(model)
    people = {f"{User.REF}:{key}" for key in _people(values)}
    return canonical(
        {
            "format": FORMAT,
            "campaign": campaign.ref,
            "title": campaign.title,
            "statement": str(campaign.statement),
            "model": model.ref,
            "name": model.name,
            "unit": model.unit.path,
            "record": values,
            "names": labels_of(people),
        }
    )


def _people(values: dict[str, object]) -> Iterable[str]:
    """Every value of the record that can be the key of a person."""
    for value in values.values():
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, UUID) or (isinstance(one, str) and _KEY.fullmatch(one)):
                yield str(one)
