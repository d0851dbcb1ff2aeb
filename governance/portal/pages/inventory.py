"""The inventory list: saved views, search, facets, and one dense table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, OuterRef, QuerySet, Subquery, When
from django.http import QueryDict
from django.utils.http import urlencode

from governance.accounts.models import Unit, User
from governance.core.wording import as_date
from governance.inventory.models import Model, ModelQuerySet, SavedView
from governance.inventory.queries.views import views_for
from governance.inventory.rules.views import Listing
from governance.portal.forms.inventory import Facets, InventoryFilter
from governance.portal.pages.facets import (
    Chip,
    Conditions,
    Facet,
    attention,
    census,
    chips,
    facets_of,
    involving,
    narrowed,
    nearest_hits,
    owner_choices,
    present_conditions,
    unit_choices,
    units_of,
)
from governance.portal.pages.standing import Standing, standings
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
    nearest: Sequence[Model]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the reader asked for: all that they see, and of that what fits, in order."""

    form: InventoryFilter
    visible: ModelQuerySet
    units: Sequence[Unit]
    seen: ModelQuerySet
    models: ModelQuerySet
    conditions: Conditions
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
    units = units_of(visible)
    form.offer(owners=owner_choices(visible), units=unit_choices(units))
    seen = candidates(visible, form.facets)
    conditions = present_conditions(reader=reader, today=as_date(at))
    kept = narrowed(seen, form.facets, conditions)
    keys = ordered(kept, form.sorting, open_findings=Finding.objects.open())
    return Found(
        form=form,
        visible=visible,
        units=units,
        seen=seen,
        models=kept,
        conditions=conditions,
        keys=keys,
    )


def candidates(models: ModelQuerySet, facets: Facets) -> ModelQuerySet:
    """What is out of use is found by who looks for it, and stands in nobody's way."""
    if "retired" in facets.get("view", ()):
        return models.retired()
    return models if "q" in facets else models.in_use()


@dataclass(frozen=True)
class Keys:
    """Keys in an order, counted already. Those of the second half are read from the end.

    So the database never sorts more than half of what it hands out: a page far down costs no more
    than one far up.
    """

    rows: QuerySet[Any, UUID]
    found: int

    def __len__(self) -> int:
        return self.found

    def __getitem__(self, span: slice) -> list[UUID]:
        start, stop = span.start or 0, min(span.stop, self.found)
        if start <= self.found // 2:
            return list(self.rows[start:stop])
        return list(self.rows.reverse()[self.found - stop : self.found - start])[::-1]


def page_of(keys: QuerySet[Any, UUID], number: str | None, *, found: int) -> Page[UUID]:
    counted = cast("Sequence[UUID]", Keys(keys, found))  # what a paginator asks of one
    return Paginator(counted, PAGE_SIZE).get_page(number)


def inventory_page(asked: QueryDict, *, reader: User, at: datetime) -> InventoryPage:
    """Read one page of the inventory as this reader sees it. Queries do not grow with rows."""
    found = found_models(asked, reader=reader, at=at)
    form, seen = found.form, found.seen
    paths = {unit.pk: unit.path for unit in found.units}
    counted = census(seen, form.facets, found.conditions, paths=paths)
    page = page_of(found.keys, asked.get("page"), found=counted.found)
    whole = totals(found.visible, reader=reader, today=as_date(at))
    views = views_for(reader, at=at, listing=Listing.INVENTORY)
    kept = kept_tabs(views, found.query, reader=reader)
    is_kept = any(tab.is_current for tab in kept)
    return InventoryPage(
        form=form,
        query=found.query,
        tabs=[*fixed_tabs(form, whole, is_kept=is_kept), *kept],
        can_keep=bool(found.query),
        facets=facets_of(form, counted),
        rows=standings(models_in_order(page)),
        page=page,
        chips=chips(form, asked),
        total=whole["all"],
        nearest=nearest_hits(seen, form.facets) if not counted.found else (),
    )


def ordered(
    models: ModelQuerySet,
    order: str,
    *,
    open_findings: FindingQuerySet,
    by_name: str = "name",
    by_tier: str = "tier",
) -> QuerySet[Any, UUID]:
    """Return the keys by due date, name or tier; `-` turns it round. What has none comes last.

    Every order ends in unique keys, so no two models change places between two pages.
    """
    down, key = order.startswith("-"), order.lstrip("-")
    rows: QuerySet[Any, Any] = models
    if key == "due":
        rows = models.alias(next_due=_next_due(open_findings))
    field = F({"name": by_name, "tier": by_tier}.get(key, "next_due"))
    first = field.desc(nulls_last=True) if down else field.asc(nulls_last=True)
    return rows.order_by(first, "name", "pk").values_list("pk", flat=True)


def _next_due(findings: FindingQuerySet) -> Case:
    """When the first of a model's findings is due; asked only of the models that have any."""
    own = findings.filter(model=OuterRef("pk")).order_by("due_date").values("due_date")
    return Case(When(pk__in=findings.values("model"), then=Subquery(own[:1])))


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


def totals(models: ModelQuerySet, *, reader: User, today: date) -> dict[str, int]:
    """Count what is in use, what each view that everybody has shows of it, and the retired.

    The retired apart: they are not in the index that the others are counted by.
    """
    in_use = models.in_use().aggregate(
        all=Count("pk"),
        attention=Count("pk", filter=attention(today)),
        mine=Count("pk", filter=involving(reader)),
    )
    return {**in_use, "retired": models.retired().count()}


def fixed_tabs(form: InventoryFilter, counts: Mapping[str, int], *, is_kept: bool) -> list[Tab]:
    """The three views that everybody has.

    With `is_kept` the reader looks at a view of their own, which is the current one.
    """
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
