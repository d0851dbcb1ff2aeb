"""The inventory list: saved views, search, facets, and one dense table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict
from django.utils.http import urlencode

from governance.accounts.models import User
from governance.core.wording import as_date
from governance.inventory.models import Model, ModelQuerySet, SavedView
from governance.inventory.queries.views import views_for
from governance.portal.forms.inventory import Facets, InventoryFilter
from governance.portal.pages.facets import (
    Chip,
    Facet,
    attention,
    chips,
    facets_of,
    involving,
    narrowed,
    nearest_hits,
    owner_choices,
    present_conditions,
    unit_choices,
)
from governance.portal.pages.standing import Standing, standings
from governance.registry.models import SlotAssignment
from governance.validation.models import Finding, FindingQuerySet

PAGE_SIZE = 50
AT_ONCE = 500
"""How many models an export reads at a time."""


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One view of the list; `query` is the rest of its address, and of some nobody counts."""

    label: str
    query: str
    is_current: bool
    count: int | None = None
    tone: str = "mute"
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class InventoryPage:
    form: InventoryFilter
    query: str
    tabs: Sequence[Tab]
    can_keep: bool
    facets: Sequence[Facet]
    rows: Sequence[Standing]
    page: Page[UUID]
    chips: Sequence[Chip]
    total: int
    live: int
    nearest: Sequence[Model]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the reader asked for: all that they see, and of that what fits, in order."""

    form: InventoryFilter
    visible: ModelQuerySet
    seen: ModelQuerySet
    models: ModelQuerySet
    keys: QuerySet[Any, UUID]

    @property
    def query(self) -> str:
        return query_of(self.form)


def query_of(form: InventoryFilter) -> str:
    """Facets and order, as an address says them and a saved view keeps them."""
    return urlencode(form.asks, doseq=True)


def found_models(asked: QueryDict, *, reader: User, at: datetime) -> Found:
    form = InventoryFilter(asked)
    visible = Model.objects.visible_to(reader, at=at)
    form.offer(owners=owner_choices(visible), units=unit_choices(visible))
    seen = candidates(visible, form.facets)
    conditions = present_conditions(reader=reader, today=as_date(at))
    kept = narrowed(seen, form.facets, conditions)
    keys = ordered(kept, form.sorting, open_findings=Finding.objects.open())
    return Found(form=form, visible=visible, seen=seen, models=kept, keys=keys)


def candidates(models: ModelQuerySet, facets: Facets) -> ModelQuerySet:
    """What is out of use is found by who looks for it, and stands in nobody's way."""
    if "retired" in facets.get("view", ()):
        return models.present().exclude(retired_at=None)
    return models if "q" in facets else models.in_use()


def inventory_page(asked: QueryDict, *, reader: User, at: datetime) -> InventoryPage:
    """Read one page of the inventory as this reader sees it. Queries do not grow with rows."""
    found = found_models(asked, reader=reader, at=at)
    form, seen, today = found.form, found.seen, as_date(at)
    page = Paginator(found.keys, PAGE_SIZE).get_page(asked.get("page"))
    kept = kept_tabs(views_for(reader, at=at), found.query, reader=reader)
    is_kept = any(tab.is_current for tab in kept)
    counted = fixed_tabs(form, found.visible, reader=reader, today=today, is_kept=is_kept)
    live = SlotAssignment.objects.current().answering().filter(slot__model__in=seen)
    conditions = present_conditions(reader=reader, today=today)
    return InventoryPage(
        form=form,
        query=found.query,
        tabs=[*counted, *kept],
        can_keep=bool(found.query),
        facets=facets_of(form, seen, conditions, counted=True),
        rows=standings(models_in_order(page)),
        page=page,
        chips=chips(form, asked),
        total=counted[0].count or 0,
        live=live.count(),
        nearest=nearest_hits(seen, form.facets) if not page.paginator.count else (),
    )


def ordered(
    models: ModelQuerySet,
    order: str,
    *,
    open_findings: FindingQuerySet,
    name: str = "name",
    tier: str = "tier",
) -> QuerySet[Any, UUID]:
    """Return the keys by due date, name or tier; `-` turns it round. What has none comes last.

    Every order ends in a unique key, so no two models change places between two pages.
    """
    down, key = order.startswith("-"), order.lstrip("-")
    dates = open_findings.filter(model=OuterRef("pk")).order_by("due_date").values("due_date")
    field = {"name": F(name), "tier": F(tier)}.get(key, F("next_due"))
    by = field.desc(nulls_last=True) if down else field.asc(nulls_last=True)
    dated = models.alias(next_due=Subquery(dates[:1]))
    return dated.order_by(by, name, "pk").values_list("pk", flat=True)


def models_in_order(keys: Iterable[UUID]) -> list[Model]:
    """Read the models with these keys, in their order."""
    wanted = list(keys)
    rows = Model.objects.with_people().in_bulk(wanted)
    return [rows[key] for key in wanted]


def every_standing(keys: QuerySet[Any, UUID]) -> Iterator[Standing]:
    """Read all that was found, page after page, in its order."""
    wanted = list(keys)
    for start in range(0, len(wanted), AT_ONCE):
        yield from standings(models_in_order(wanted[start : start + AT_ONCE]))


def fixed_tabs(
    form: InventoryFilter, models: ModelQuerySet, *, reader: User, today: date, is_kept: bool
) -> list[Tab]:
    """The views that everybody has, counted by one query.

    With `is_kept` the reader looks at a view of their own, which is the current one.
    """
    in_use = Q(retired_at=None)
    counts = models.present().aggregate(
        all=Count("pk", filter=in_use),
        attention=Count("pk", filter=in_use & attention(today)),
        mine=Count("pk", filter=in_use & involving(reader)),
        retired=Count("pk", filter=~in_use),
    )
    chosen = form.facets.get("view", [""])[0]
    return [
        Tab(
            label=label,
            query=f"view={key}" if key else "",
            is_current=chosen == key and not is_kept,
            count=counts[key or "all"],
            tone="warn" if key == "attention" and counts[key] else "mute",
        )
        for key, label in (
            ("", "In use"),
            ("attention", "Needs attention"),
            ("mine", "Owned or built by me"),
            ("retired", "Retired"),
        )
    ]


def kept_tabs(views: Sequence[SavedView], query: str, *, reader: User) -> list[Tab]:
    """The reader's own views and those shared with them. Counting each would cost a query."""
    return [
        Tab(
            label=view.name,
            query=view.query,
            is_current=view.query == query,
            by="" if view.owner_id == reader.pk else view.owner.name,
        )
        for view in views
    ]
