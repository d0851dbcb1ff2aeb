"""What is let off, until when, and who decided it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page, Paginator

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.core.wording import as_date
from governance.inventory.actions.waivers import LIVING, may_end
from governance.inventory.models import Waiver
from governance.inventory.models.waivers import WaiverQuerySet
from governance.inventory.rules.waivers import WaiverState
from governance.portal.pages.lists import ListView
from governance.portal.pages.may import why_not
from governance.portal.pages.upkeep import WaiverRow, too_close, waiver_row

PAGE_SIZE = 50


@dataclass(frozen=True, kw_only=True)
class WaiversPage:
    view: str
    views: Sequence[ListView]
    rows: Sequence[WaiverRow]
    page: Page[Any]
    model: str


@dataclass(frozen=True, kw_only=True)
class WaiverPage:
    """`no_deciding` says why the reader decides nothing here; it is empty where they may."""

    row: WaiverRow
    no_deciding: str
    can_end: bool


def waivers_page(
    reader: User, *, view: str, model: str, number: str | None, at: datetime
) -> WaiversPage:
    """Read one page of a view, of one model if it is named."""
    today = as_date(at)
    seen = Waiver.objects.visible_to(reader, at=at)
    if model:
        seen = seen.filter(model__name=model.replace("\x00", ""))
    views = {key: (label, tone, found) for key, label, tone, found in _views(seen, today=today)}
    chosen = view if view in views else ""
    rows = views[chosen][2].with_all().order_by("expires_date", "requested_at")
    page = Paginator(rows, PAGE_SIZE).get_page(number)
    return WaiversPage(
        view=chosen,
        views=[
            ListView(key=key, label=label, count=found.count(), tone=tone)
            for key, (label, tone, found) in views.items()
        ],
        rows=[waiver_row(waiver, today=today) for waiver in page.object_list],
        page=page,
        model=model,
    )


def _views(seen: WaiverQuerySet, *, today: date) -> Sequence[tuple[str, str, str, WaiverQuerySet]]:
    return (
        ("", "In force", "mute", seen.in_force(today)),
        ("requested", "To decide", "ink", seen.requested(today)),
        ("expiring", "Ends within 30 days", "warn", seen.expiring(today)),
        ("expired", "Expired", "bad", seen.expired(today)),
        ("all", "All", "mute", seen),
    )


def waiver_page(waiver: Waiver, *, reader: User, at: datetime) -> WaiverPage:
    row = waiver_row(waiver, today=as_date(at))
    return WaiverPage(
        row=row,
        no_deciding=no_deciding(waiver, row.state, reader, at=at),
        can_end=row.state in LIVING and may_end(waiver, reader, at=at),
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
