"""The inventory list as it stood at a past moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page
from django.db.models import (
    Exists,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, NullIf
from django.http import QueryDict

from governance.accounts.models import User
from governance.accounts.queries import unit_reach
from governance.core.canonical import canonical
from governance.core.instants import Instant
from governance.evidence.queries.past import PastStanding, past_standings
from governance.inventory.models import (
    ClassAssessment,
    Model,
    ModelQuerySet,
    RecordRevision,
    TierAssessment,
)
from governance.inventory.queries.revisions import name_then, newest_then, then
from governance.inventory.rules import Capacity
from governance.portal.forms.inventory import InventoryFilter
from governance.portal.pages.facets import (
    Chip,
    Conditions,
    Facet,
    chips,
    due,
    facets_of,
    narrowed,
    unit_choices,
    units_of,
    versions_called,
)
from governance.portal.pages.inventory import (
    AT_ONCE,
    models_in_order,
    ordered,
    page_of,
    query_of,
)
from governance.registry.models import ModelVersion, StageChange
from governance.registry.rules import Stage
from governance.validation.models import Finding


@dataclass(frozen=True, kw_only=True)
class PastInventoryPage:
    form: InventoryFilter
    query: str
    facets: Sequence[Facet]
    rows: Sequence[PastStanding]
    page: Page[UUID]
    chips: Sequence[Chip]
    total: int
    instant: Instant


def past_inventory_page(
    asked: QueryDict, instant: Instant, *, reader: User, at: datetime
) -> PastInventoryPage:
    """Read one page as it was. The number of queries depends on neither rows nor history."""
    form, stood, kept = _found(asked, instant, reader=reader, at=at)
    keys = _ordered(kept, form, instant.moment)
    total = stood.count()
    page = page_of(keys, asked.get("page"), found=kept.count() if form.facets else total)
    return PastInventoryPage(
        form=form,
        query=query_of(form),
        facets=facets_of(form),
        rows=past_standings(models_in_order(page), instant.moment),
        page=page,
        chips=chips(form, asked),
        total=total,
        instant=instant,
    )


def every_past_standing(
    asked: QueryDict, instant: Instant, *, reader: User, at: datetime
) -> Iterator[PastStanding]:
    """Read all that fits, page after page, in its order."""
    form, _, kept = _found(asked, instant, reader=reader, at=at)
    keys = list(_ordered(kept, form, instant.moment))
    for start in range(0, len(keys), AT_ONCE):
        models = models_in_order(keys[start : start + AT_ONCE])
        yield from past_standings(models, instant.moment)


def _found(
    asked: QueryDict, instant: Instant, *, reader: User, at: datetime
) -> tuple[InventoryFilter, ModelQuerySet, ModelQuerySet]:
    """Return what was asked for, all models that stood then, and those of them that fit."""
    moment, form = instant.moment, InventoryFilter(asked)
    visible = Model.objects.visible_to(reader, at=at)
    form.offer(owners=past_owners(visible), units=unit_choices(units_of(visible)))
    form.leave_out_views()
    known = visible.filter(created_at__lte=moment)
    stood = as_they_were(known if "q" in form.facets else known.standing_at(moment), moment)
    return form, stood, narrowed(stood, form.facets, past_conditions(moment, day=instant.day))


def _ordered(models: ModelQuerySet, form: InventoryFilter, moment: datetime) -> QuerySet[Any, UUID]:
    return ordered(
        models,
        form.sorting,
        open_findings=Finding.objects.open_at(moment),
        by_name="name_then",
        by_tier="tier_then",
    )


def past_owners(models: ModelQuerySet) -> list[tuple[str, str]]:
    """Everybody who owns or has owned one of these models."""
    owned = models.filter(builders__user=OuterRef("pk"), builders__capacity=Capacity.OWNER)
    owners = User.objects.filter(Exists(owned))
    named = owners.order_by("name", "pk").values_list("pk", "name")
    return [(str(key), name) for key, name in named]


def as_they_were(models: ModelQuerySet, moment: datetime) -> ModelQuerySet:
    """Give each model what was said of it then, for the orders and words that ask for it."""
    tiers = TierAssessment.objects.all()
    return models.alias(
        name_then=name_then(moment),
        tier_then=newest_then(tiers, "tier", since="assessed_at", moment=moment),
    )


def past_conditions(moment: datetime, *, day: date) -> Conditions:
    """What each facet asks of the inventory as it was."""
    findings = Finding.objects.open_at(moment)
    tiers, classes = TierAssessment.objects.all(), ClassAssessment.objects.all()

    def assessed(rows: QuerySet[Any], **said: Any) -> Q:
        return then(rows, since="assessed_at", moment=moment, **said)

    def kept(**said: Any) -> Q:
        return then(RecordRevision.objects.all(), since="written_at", moment=moment, **said)

    return {
        "q": lambda words: matching_then(words[0], moment),
        "stage": lambda stages: Q(pk__in=versions_then(stages, moment).values("model")),
        "tier": lambda some: assessed(tiers, tier__in=some),
        "ai_act_class": lambda some: assessed(classes, ai_act_class__in=some),
        "kind": lambda kinds: kept(kind__in=kinds),
        "unit": lambda paths: unit_reach(paths, prefix="unit__"),
        "owner": lambda owners: kept(owner__in=owners),
        "record": lambda states: kept(is_complete__in=[one == "COMPLETE" for one in states]),
        "due": lambda when: Q(pk__in=due(findings, when[0], today=day)),
    }


def matching_then(text: str, moment: datetime) -> Q:
    """Name, purpose and owner of that day hold the words, or a version has them."""
    owners = User.objects.filter(name__icontains=text)
    versions = versions_called(text).filter(registered_at__lte=moment)
    # Erased text is empty, which is no JSON.
    said = Cast(NullIf("content__text", Value("")), JSONField())
    revisions = RecordRevision.objects.alias(purpose=KeyTextTransform("purpose", said))

    def kept(**said: Any) -> Q:
        return then(revisions, since="written_at", moment=moment, **said)

    return (
        Q(name_then__icontains=text)
        | kept(owner__in=owners)
        # Only what holds the words anywhere is parsed.
        | kept(content__text__icontains=as_json(text), purpose__icontains=text)
        | Q(pk__in=versions.values("model"))
    )


def as_json(text: str) -> str:
    """The text as it stands between the quotation marks of JSON."""
    return canonical(text)[1:-1]


def versions_then(stages: Sequence[str], moment: datetime) -> QuerySet[ModelVersion]:
    """The versions that were in one of these stages at that moment."""
    changes = StageChange.objects.filter(changed_at__lte=moment)
    later = changes.filter(version=OuterRef("version"), changed_at__gt=OuterRef("changed_at"))
    moved = changes.filter(~Exists(later), target__in=stages).values("version")
    found = Q(pk__in=moved)
    if Stage.DRAFT in stages:
        found |= Q(~Exists(changes.filter(version=OuterRef("pk"))))
    return ModelVersion.objects.filter(found, registered_at__lte=moment)
