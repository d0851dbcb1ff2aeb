"""Campaigns of attestation: how far each has come, and one model in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission
from governance.accounts.queries import labels_of, units_with
from governance.core.instants import Instant, limit_of, today_of
from governance.core.wording import as_date, day, moment
from governance.inventory.models import AttestationItem, Campaign, Model
from governance.inventory.queries import record_digest
from governance.inventory.queries.attestations import (
    ItemRow,
    Progress,
    is_over,
    item_in,
    progress_of,
)
from governance.inventory.rules.attestations import CampaignState, ItemState
from governance.portal.pages.may import why_not
from governance.portal.pages.record_lines import record_lines

PAGE_SIZE = 20
PAST = "What stood then is not added to now."
MARKS = {
    ItemState.ATTESTED: ("ok", "check"),
    ItemState.TO_CORRECT: ("warn", "edit"),
    ItemState.WAITS: ("mute", "clock"),
    ItemState.OVERDUE: ("bad", "alert"),
    ItemState.LEFT_OUT: ("mute", "minus"),
    ItemState.REMOVED: ("mute", "minus"),
}
CAMPAIGN_MARKS = {
    CampaignState.OPEN: ("ink", "clock"),
    CampaignState.OVERDUE: ("bad", "alert"),
    CampaignState.COMPLETE: ("ok", "check"),
    CampaignState.ENDED: ("mute", "minus"),
}
ORDER = (ItemState.OVERDUE, ItemState.TO_CORRECT, ItemState.WAITS, ItemState.LEFT_OUT)
"""What comes first on the page of a campaign; the rest follows by name."""
CSV_HEAD = (
    "model", "unit", "tier", "owner", "owner at opening", "state", "outcome", "attested by",
    "attested at", "remarks", "record digest",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CampaignsPage:
    """`past` are those that were over; of a past moment nobody owes or opens anything."""

    instant: Instant | None
    open: Sequence[Progress]
    past: Sequence[Progress]
    page: Page[Any]
    mine: Sequence[AttestationItem]
    no_opening: str


@dataclass(frozen=True, kw_only=True)
class CampaignPage:
    """`next_is_due` says that the day of the next one has come; `no_keeping` why not by you."""

    instant: Instant | None
    campaign: Campaign
    progress: Progress
    rows: Sequence[ItemRow]
    opened_by: str
    is_over: bool
    next_is_due: bool
    no_keeping: str

    @property
    def scope(self) -> str:
        tiers = [f"Tier {tier}" for tier in self.campaign.tier_numbers]
        return f"{' and '.join(tiers) if tiers else 'Every model'} in {self.campaign.unit.name}"


@dataclass(frozen=True, kw_only=True)
class AttestPage:
    campaign: Campaign
    model: Model
    item: AttestationItem
    row: ItemRow
    record: Sequence[tuple[str, str]]
    digest: str
    why_not: str


def campaigns_page(
    reader: User, *, number: str | None, at: datetime, instant: Instant | None = None
) -> CampaignsPage:
    """Read what is open, one page of what is past, and what the reader owes."""
    today, by = today_of(instant, at=at), limit_of(instant)
    seen = Campaign.objects.visible_to(reader, at=at).with_all(by=by)
    open_ones = list(seen.open(by=by).order_by("due_date", "opened_at"))
    past = seen.exclude(pk__in=[row.pk for row in open_ones]).order_by("-opened_at")
    page = Paginator(past, PAGE_SIZE).get_page(number)
    shown = [*open_ones, *page.object_list]
    rows = progress_of(shown, actor=reader, at=at, today=today, by=by)
    return CampaignsPage(
        instant=instant,
        open=rows[: len(open_ones)],
        past=rows[len(open_ones) :],
        page=page,
        mine=_owed_by(reader) if instant is None else (),
        no_opening=no_opening(reader, at=at) if instant is None else PAST,
    )


def _owed_by(reader: User) -> list[AttestationItem]:
    mine = AttestationItem.objects.due_from(reader).select_related("campaign", "model")
    return list(mine.order_by("campaign__due_date", "model__name"))


def opening_units(reader: User, *, at: datetime) -> list[Unit]:
    """The units in which the reader may open a campaign."""
    return list(units_with(reader, Permission.CAMPAIGN_OPEN, at=at).order_by("path"))


def no_opening(reader: User, *, at: datetime) -> str:
    if opening_units(reader, at=at):
        return ""
    unit = Unit.objects.order_by("path").first()
    if unit is None:
        return "There is no unit yet."
    return why_not(reader, Permission.CAMPAIGN_OPEN, "Opening a campaign", unit=unit, at=at)


def campaign_page(
    campaign: Campaign, *, reader: User, at: datetime, instant: Instant | None = None
) -> CampaignPage:
    """Read one campaign, what waits first; of a past moment it was read as it stood then."""
    today = today_of(instant, at=at)
    (progress,) = progress_of([campaign], actor=reader, at=at, today=today, by=limit_of(instant))
    rank = {state: place for place, state in enumerate(ORDER)}
    rows = sorted(progress.rows, key=lambda row: rank.get(row.state, len(ORDER)))
    over, due = is_over(campaign), campaign.repeats_date
    keeping = Permission.CAMPAIGN_OPEN
    return CampaignPage(
        instant=instant,
        campaign=campaign,
        progress=progress,
        rows=rows,
        opened_by=labels_of([campaign.opened_by]).get(campaign.opened_by, "The portal"),
        is_over=over,
        next_is_due=due is not None and due <= today and not over,
        no_keeping=why_not(reader, keeping, "Keeping a campaign", unit=campaign.unit, at=at),
    )


def attest_page(campaign: Campaign, model: Model, *, reader: User, at: datetime) -> AttestPage:
    """Read the whole record and the statement. Raises CampaignNotFound."""
    item = item_in(campaign, model)
    (progress,) = progress_of([campaign], actor=reader, at=at, today=as_date(at))
    row = next(one for one in progress.rows if one.item == item)
    return AttestPage(
        campaign=campaign,
        model=model,
        item=item,
        row=row,
        record=record_lines(model),
        digest=record_digest(model),
        why_not=_no_attesting(row, model, reader, at=at),
    )


def _no_attesting(row: ItemRow, model: Model, reader: User, *, at: datetime) -> str:
    if row.state == ItemState.ATTESTED and row.newest is not None:
        return f"{row.newest.owner.name} attested to it on {day(row.newest.attested_at)}."
    if row.state == ItemState.REMOVED:
        return "The model was removed from the registry, so nobody attests to it any more."
    if row.state == ItemState.LEFT_OUT:
        return "This campaign is over: it was ended, or the next one has taken its place."
    if model.owner_id != reader.pk:
        owner = model.owner.name if model.owner else "Nobody"
        return f"{owner} owns {model.name} now. Only its owner attests to its record."
    permission = Permission.ATTESTATION_GIVE
    return why_not(reader, permission, "Attesting to a record", unit=model.unit, at=at)


def csv_rows(progress: Progress) -> Iterator[Sequence[str]]:
    """The progress of a campaign as rows of text, a head first."""
    yield CSV_HEAD
    for row in progress.rows:
        newest = row.newest
        yield (
            row.told.name,
            row.model.unit.path,
            str(row.told.tier or ""),
            row.told.owner.name if row.told.owner else "",
            row.item.owner.name if row.item.owner else "",
            row.state.label,
            newest.get_outcome_display() if newest else "",
            newest.owner.name if newest else "",
            moment(newest.attested_at) if newest else "",
            str(newest.remarks) if newest and newest.remarks else "",
            newest.record_digest if newest else "",
        )
