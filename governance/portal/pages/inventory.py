"""The inventory list: saved views, search, facets, and one dense table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, Min, Q
from django.http import QueryDict

from governance.accounts.models import User
from governance.approvals.models import PromotionRequest
from governance.core.wording import as_date
from governance.inventory.models import Model, ModelQuerySet
from governance.inventory.rules import REQUIRED
from governance.portal.forms.inventory import InventoryFilter
from governance.portal.pages.standing import Standing, standings
from governance.registry.models import ModelVersion, SlotAssignment
from governance.validation.models import Finding
from governance.validation.rules import Severity

PAGE_SIZE = 50
SOON = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class SavedView:
    key: str
    label: str
    count: int
    tone: str = "mute"


@dataclass(frozen=True, kw_only=True)
class Chip:
    """One facet in force, and the address without it."""

    label: str
    without: str


@dataclass(frozen=True, kw_only=True)
class InventoryPage:
    form: InventoryFilter
    views: Sequence[SavedView]
    rows: Sequence[Standing]
    page: Page[Model]
    chips: Sequence[Chip]
    order: str
    total: int
    live: int
    nearest: Sequence[Model]


def inventory_page(asked: QueryDict, *, reader: User, at: datetime) -> InventoryPage:
    """Read one page of the inventory as this reader sees it. Queries do not grow with rows."""
    form, seen = asked_for(asked, reader=reader, at=at)
    facets, today = form.facets, as_date(at)
    known, seen = seen, candidates(seen, facets)
    order = asked.get("order", "due")
    found = ordered(narrowed(seen, facets, reader=reader, today=today), order)
    page = Paginator(found, PAGE_SIZE).get_page(asked.get("page"))
    live = SlotAssignment.objects.current().answering().filter(slot__model__in=seen)
    return InventoryPage(
        form=form,
        views=saved_views(known, reader=reader, today=today),
        rows=standings(list(page.object_list)),
        page=page,
        chips=chips(form, asked),
        order=order,
        total=seen.count(),
        live=live.count(),
        nearest=nearest_hits(seen, facets) if not page.paginator.count else (),
    )


def asked_for(
    asked: QueryDict, *, reader: User, at: datetime
) -> tuple[InventoryFilter, ModelQuerySet]:
    """Return the filter, and the models that the reader may see before it is put to them."""
    form = InventoryFilter(asked)
    seen = Model.objects.visible_to(reader, at=at)
    form.offer_owners(owner_choices(seen))
    return form, seen


def models_asked_for(asked: QueryDict, *, reader: User, at: datetime) -> ModelQuerySet:
    """Return the models of the list at this address, all of its pages."""
    form, seen = asked_for(asked, reader=reader, at=at)
    found = candidates(seen, form.facets)
    return narrowed(found, form.facets, reader=reader, today=as_date(at))


def candidates(models: ModelQuerySet, facets: Mapping[str, str]) -> ModelQuerySet:
    """What is out of use is found by who looks for it, and stands in nobody's way."""
    if facets.get("view") == "retired":
        return models.present().exclude(retired_at=None)
    return models if "q" in facets else models.in_use()


def owner_choices(models: ModelQuerySet) -> list[tuple[str, str]]:
    owners = User.objects.filter(owned_models__in=models).distinct().order_by("name")
    return [(str(owner.pk), owner.name) for owner in owners.only("name")]


def narrowed(
    models: ModelQuerySet, facets: Mapping[str, str], *, reader: User, today: date
) -> ModelQuerySet:
    """Keep the models that fit every facet."""
    due = {"late": Q(due_date__lt=today), "month": Q(due_date__range=(today, today + SOON))}
    views = {"attention": attention(today), "mine": involving(reader), "retired": Q()}
    conditions: dict[str, Any] = {
        "q": lambda text: matching(text),
        "stage": lambda stage: Q(pk__in=ModelVersion.objects.filter(stage=stage).values("model")),
        "tier": lambda tier: Q(tier=tier),
        "kind": lambda kind: Q(kind=kind),
        "owner": lambda owner: Q(owner=owner),
        "due": lambda when: Q(pk__in=Finding.objects.open().filter(due[when]).values("model")),
        "view": lambda view: views[view],
    }
    for key, value in facets.items():
        models = models.filter(conditions[key](value))
    return models


def matching(text: str) -> Q:
    """Name, purpose and owner hold the words; a version has them as label or digest."""
    digest = text.removeprefix("sha256:").lower()
    labeled = Q(label=text) if text else Q(pk__in=[])
    versions = ModelVersion.objects.filter(labeled | Q(digest__startswith=digest))
    return (
        Q(name__icontains=text)
        | Q(purpose__icontains=text)
        | Q(owner__name__icontains=text)
        | Q(pk__in=versions.values("model"))
    )


def attention(today: date) -> Q:
    """An incomplete record, a high finding, something overdue, or a decision that waits."""
    gaps = Q()
    for field in REQUIRED:
        gaps |= Q(**{f"{field}__isnull": True}) if field in {"owner", "tier"} else Q(**{field: ""})
    pressing = Finding.objects.open().filter(Q(due_date__lt=today) | Q(severity=Severity.HIGH))
    waiting = PromotionRequest.objects.open().values("model")
    return gaps | Q(pk__in=pressing.values("model")) | Q(pk__in=waiting)


def involving(reader: User) -> Q:
    return Q(owner=reader) | Q(pk__in=reader.developed_models.values("pk"))


def ordered(models: ModelQuerySet, order: str) -> ModelQuerySet:
    """Sort by due date (default), name or tier; `-` turns it round. What has no date comes last."""
    down, key = order.startswith("-"), order.lstrip("-")
    open_due = Min("findings__due_date", filter=Q(findings__closed_at=None))
    models = models.with_people().annotate(due=open_due)
    field = {"name": F("name"), "tier": F("tier")}.get(key, F("due"))
    by = field.desc(nulls_last=True) if down else field.asc(nulls_last=True)
    return models.order_by(by, "name")


def saved_views(models: ModelQuerySet, *, reader: User, today: date) -> list[SavedView]:
    kept = models.in_use()
    retired = models.present().exclude(retired_at=None)

    def count(condition: Q) -> int:
        return kept.filter(condition).count()

    return [
        SavedView(key="", label="In use", count=kept.count()),
        SavedView(
            key="attention", label="Needs attention", count=count(attention(today)), tone="warn"
        ),
        SavedView(key="mine", label="Owned or built by me", count=count(involving(reader))),
        SavedView(key="retired", label="Retired", count=retired.count()),
    ]


def chips(form: InventoryFilter, asked: QueryDict) -> list[Chip]:
    """The facets in force but the view, which has its own tabs."""
    found = []
    for key, value in form.facets.items():
        if key == "view":
            continue
        rest = asked.copy()
        rest.pop(key, None)
        rest.pop("page", None)
        choices = dict(getattr(form.fields[key], "choices", ()))
        label = f"“{value}”" if key == "q" else str(choices.get(value, value))
        found.append(Chip(label=label, without=rest.urlencode()))
    return found


def nearest_hits(models: ModelQuerySet, facets: Mapping[str, str]) -> Sequence[Model]:
    """What the words alone would have found, to offer when the other filters leave nothing."""
    if "q" not in facets:
        return ()
    return list(models.filter(matching(facets["q"])).order_by("name")[:3])
