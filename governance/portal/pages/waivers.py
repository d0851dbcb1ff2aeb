"""What is let off, until when, and who decided it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.core.instants import Instant, limit_of, today_of
from governance.inventory.actions.waivers import LIVING, may_end
from governance.inventory.models import Waiver
from governance.inventory.models.waivers import WaiverQuerySet
from governance.inventory.queries.past import Told, told_of
from governance.inventory.rules.waivers import WaiverState
from governance.portal.pages.lists import ListView
from governance.portal.pages.may import why_not
from governance.portal.pages.upkeep import WaiverRow, too_close, waiver_row

PAGE_SIZE = 50
PAST = "What stood then is not decided on now."


@dataclass(frozen=True, kw_only=True)
class WaiversPage:
    """`told` is what is to be said of each model, by its key."""

    instant: Instant | None
    told: Mapping[UUID, Told]
    view: str
    views: Sequence[ListView]
    rows: Sequence[WaiverRow]
    page: Page[Any]
    model: str


@dataclass(frozen=True, kw_only=True)
class WaiverPage:
    """`no_deciding` says why the reader decides nothing here; it is empty where they may."""

    instant: Instant | None
    told: Told
    row: WaiverRow
    no_deciding: str
    can_end: bool


def waivers_page(
    reader: User,
    *,
    view: str,
    model: str,
    number: str | None,
    at: datetime,
    instant: Instant | None = None,
) -> WaiversPage:
    """Read one page of a view, of one model if it is named, now or at a past moment."""
    today, by = today_of(instant, at=at), limit_of(instant)
    seen = Waiver.objects.visible_to(reader, at=at)
    if by:
        seen = seen.filter(requested_at__lte=by)
    if model:
        seen = seen.filter(model__name=model.replace("\x00", ""))
    views = {
        key: (label, tone, found) for key, label, tone, found in _views(seen, today=today, by=by)
    }
    chosen = view if view in views else ""
    rows = views[chosen][2].with_all(by=by).order_by("expires_date", "requested_at")
    page = Paginator(rows, PAGE_SIZE).get_page(number)
    return WaiversPage(
        instant=instant,
        told=told_of([waiver.model for waiver in page.object_list], by=by),
        view=chosen,
        views=[
            ListView(key=key, label=label, count=found.count(), tone=tone)
            for key, (label, tone, found) in views.items()
        ],
        rows=[waiver_row(waiver, today=today) for waiver in page.object_list],
        page=page,
        model=model,
    )


def _views(
    seen: WaiverQuerySet, *, today: date, by: datetime | None
) -> Sequence[tuple[str, str, str, WaiverQuerySet]]:
    return (
        ("", "In force", "mute", seen.in_force(today, by=by)),
        ("requested", "To decide", "ink", seen.requested(today, by=by)),
        ("expiring", "Ends within 30 days", "warn", seen.expiring(today, by=by)),
        ("expired", "Expired", "bad", seen.expired(today, by=by)),
        ("all", "All", "mute", seen),
    )


def waiver_page(
    waiver: Waiver, *, reader: User, at: datetime, instant: Instant | None = None
) -> WaiverPage:
    """Read the page; of a past moment the waiver was read as it stood then."""
    row = waiver_row(waiver, today=today_of(instant, at=at))
    is_now = instant is None
    return WaiverPage(
        instant=instant,
        told=told_of([waiver.model], by=limit_of(instant))[waiver.model_id],
        row=row,
        no_deciding=no_deciding(waiver, row.state, reader, at=at) if is_now else PAST,
        can_end=is_now and row.state in LIVING and may_end(waiver, reader, at=at),
    )


def no_deciding(waiver: Waiver, state: WaiverState, reader: User, *, at: datetime) -> str:
    """Say why the reader does not decide on it, or nothing."""
    if state != WaiverState.REQUESTED:
        return "There is nothing to decide any more."
    unit, permission = waiver.model.unit, Permission.WAIVER_DECIDE
    if reason := why_not(reader, permission, "Deciding on a waiver", unit=unit, at=at):
        return reason
    if waiver.requested_by_id == reader.pk:
        return "You asked for it, so somebody else decides."
    return too_close(reader, waiver.model, "decide on what is let off")
