"""The inventory list as it stood at the end of a past day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
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
from governance.inventory.models import (
    ClassAssessment,
    Model,
    ModelQuerySet,
    RecordRevision,
    TierAssessment,
)
from governance.inventory.queries.revisions import name_then, newest_then
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
    versions_called,
)
from governance.portal.pages.inventory import (
    AT_ONCE,
    PAGE_SIZE,
    models_in_order,
    ordered,
    query_of,
)
from governance.portal.pages.past import PastStanding, past_standings
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
    day: date


def end_of(day: date, *, at: datetime) -> datetime:
    """The last moment of that day in UTC; of today, now."""
    return min(datetime.combine(day, time.max, tzinfo=UTC), at)


def past_inventory_page(
    asked: QueryDict, day: date, *, reader: User, at: datetime
) -> PastInventoryPage:
    """Read one page as it was. The number of queries depends on neither rows nor history."""
    form, stood, keys = _found(asked, day, reader=reader, at=at)
    page = Paginator(keys, PAGE_SIZE).get_page(asked.get("page"))
    return PastInventoryPage(
        form=form,
        query=query_of(form),
        facets=facets_of(form, stood, {}, counted=False),
        rows=past_standings(models_in_order(page), end_of(day, at=at)),
        page=page,
        chips=chips(form, asked),
        total=stood.count(),
        day=day,
    )


def every_past_standing(
    asked: QueryDict, day: date, *, reader: User, at: datetime
) -> Iterator[PastStanding]:
    """Read all that fits, page after page, in its order."""
    keys = list(_found(asked, day, reader=reader, at=at)[2])
    for start in range(0, len(keys), AT_ONCE):
        models = models_in_order(keys[start : start + AT_ONCE])
        yield from past_standings(models, end_of(day, at=at))


def _found(
    asked: QueryDict, day: date, *, reader: User, at: datetime
) -> tuple[InventoryFilter, ModelQuerySet, QuerySet[Any, UUID]]:
    moment, form = end_of(day, at=at), InventoryFilter(asked)
    visible = Model.objects.visible_to(reader, at=at)
    form.offer(owners=past_owners(visible), units=unit_choices(visible))
    form.leave_out_views()
    known = visible.filter(created_at__lte=moment)
    stood = as_they_were(known if "q" in form.facets else known.standing_at(moment), moment)
    kept = narrowed(stood, form.facets, past_conditions(moment, day=day))
    findings = Finding.objects.open_at(moment)
    keys = ordered(kept, form.sorting, open_findings=findings, name="name_then", tier="tier_then")
    return form, stood, keys


def past_owners(models: ModelQuerySet) -> list[tuple[str, str]]:
    """Everybody who owns or has owned one of these models."""
    kept = RecordRevision.objects.filter(model__in=models).values("owner")
    owners = User.objects.filter(Q(pk__in=kept) | Q(pk__in=models.values("owner")))
    return [
        (str(key), name) for key, name in owners.order_by("name", "pk").values_list("pk", "name")
    ]


def as_they_were(models: ModelQuerySet, moment: datetime) -> ModelQuerySet:
    """Give each model what was said of it then, for whichever facet or order asks for it."""
    revisions = RecordRevision.objects.all()

    def kept(column: str) -> Any:
        return newest_then(revisions, column, since="written_at", moment=moment)

    tiers, classes = TierAssessment.objects.all(), ClassAssessment.objects.all()
    # Erased text is empty, which is no JSON.
    text = Cast(NullIf(kept("content__text"), Value("")), JSONField())
    return models.alias(
        name_then=name_then(moment),
        tier_then=newest_then(tiers, "tier", since="assessed_at", moment=moment),
        class_then=newest_then(classes, "ai_act_class", since="assessed_at", moment=moment),
        owner_then=kept("owner"),
        kind_then=kept("kind"),
        complete_then=kept("is_complete"),
        purpose_then=KeyTextTransform("purpose", text),
    )


def past_conditions(moment: datetime, *, day: date) -> Conditions:
    """What each facet asks of the inventory as it was."""
    findings = Finding.objects.open_at(moment)
    return {
        "q": lambda words: matching_then(words[0], moment),
        "stage": lambda stages: Q(pk__in=versions_then(stages, moment).values("model")),
        "tier": lambda tiers: Q(tier_then__in=tiers),
        "ai_act_class": lambda classes: Q(class_then__in=classes),
        "kind": lambda kinds: Q(kind_then__in=kinds),
        "unit": lambda paths: unit_reach(paths, prefix="unit__"),
        "owner": lambda owners: Q(owner_then__in=owners),
        "record": lambda states: Q(complete_then__in=[one == "COMPLETE" for one in states]),
        "due": lambda when: Q(pk__in=due(findings, when[0], today=day)),
    }


def matching_then(text: str, moment: datetime) -> Q:
    owners = User.objects.filter(name__icontains=text)
    versions = versions_called(text).filter(registered_at__lte=moment)
    return (
        Q(name_then__icontains=text)
        | Q(purpose_then__icontains=text)
        | Q(owner_then__in=owners)
        | Q(pk__in=versions.values("model"))
    )


def versions_then(stages: Sequence[str], moment: datetime) -> QuerySet[ModelVersion]:
    """The versions that were in one of these stages at that moment."""
    changes = StageChange.objects.filter(changed_at__lte=moment)
    later = changes.filter(version=OuterRef("version"), changed_at__gt=OuterRef("changed_at"))
    moved = changes.filter(~Exists(later), target__in=stages).values("version")
    found = Q(pk__in=moved)
    if Stage.DRAFT in stages:
        found |= Q(~Exists(changes.filter(version=OuterRef("pk"))))
    return ModelVersion.objects.filter(found, registered_at__lte=moment)
