"""The audit log: what the reader may see of the ledger, narrowed by facets, day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.paginator import Page, Paginator

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import units_with
from governance.audit.models import EntryQuerySet, LedgerEntry
from governance.audit.queries import Filter, LedgerState, entries, ledger_state
from governance.inventory.models import Model
from governance.portal.forms.audit import AuditFilter
from governance.portal.pages.events import KINDS, Day, as_events, by_day

PAGE_SIZE = 50
GENERAL_STREAMS = ("firm", "accounts", "evidence", "ledger")


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    form: AuditFilter
    days: Sequence[Day]
    page: Page[LedgerEntry]
    ledger: LedgerState


def audit_page(
    asked: Mapping[str, Any], *, reader: User, number: str | None, at: datetime
) -> AuditPage:
    """Read one page of the log. A facet that is wrong narrows to nothing, and says so."""
    models = list(Model.objects.visible_to(reader, at=at).only("name").order_by("name"))
    form = AuditFilter(asked)
    form.offer(
        models=[(model.name, model.name) for model in models],
        people=[(user.ref, user.name) for user in User.objects.only("name").order_by("name")],
    )
    streams = readable_streams(models, reader=reader, at=at)
    valid = form.is_valid()
    found = narrowed(models, streams, form.cleaned_data) if valid else LedgerEntry.objects.none()
    page = Paginator(found.newest_first(), PAGE_SIZE).get_page(number)
    return AuditPage(
        form=form,
        days=by_day(as_events(list(page.object_list), reader=reader, at=at)),
        page=page,
        ledger=ledger_state(),
    )


def readable_streams(models: Sequence[Model], *, reader: User, at: datetime) -> list[str]:
    """The streams of the models that the reader sees, and the firm's own for who may read them."""
    streams = [model.stream for model in models]
    if units_with(reader, Permission.LEDGER_READ, at=at).exists():
        streams += GENERAL_STREAMS
    return streams


def narrowed(
    models: Sequence[Model], streams: list[str], facets: Mapping[str, Any]
) -> EntryQuerySet:
    """The entries of these streams that the facets keep."""
    chosen = [model.stream for model in models if model.name == facets["model"]]
    # The last day of the calendar has no day after it.
    until = facets["until"] and min(facets["until"], date.max - timedelta(days=1))
    found = entries(
        Filter(
            streams=chosen or streams,
            actor=facets["person"],
            until=until and datetime.combine(until + timedelta(days=1), time.min, tzinfo=UTC),
        )
    )
    if facets["entry"]:
        found = found.filter(pk=facets["entry"])
    return found.filter(verb__in=KINDS[facets["kind"]][1]) if facets["kind"] else found
