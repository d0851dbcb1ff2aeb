"""What narrows the inventory: each facet's condition, its choices, and how many models each has."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Upper
from django.http import QueryDict

from governance.accounts.models import Unit, User
from governance.accounts.queries import unit_reach
from governance.accounts.rules import covers
from governance.approvals.models import PromotionRequest
from governance.inventory.models import Model, ModelQuerySet
from governance.portal.forms.inventory import MANY, Choices, Facets, InventoryFilter
from governance.registry.models import ModelVersion
from governance.validation.models import Finding, FindingQuerySet
from governance.validation.rules import Severity

SOON = timedelta(days=30)
DIGEST = re.compile(r"[0-9a-f]{4,64}")
"""What may be meant as the beginning of a digest; fewer digits would find any model."""
Conditions = Mapping[str, Callable[[Sequence[str]], Q]]
COUNTED = ("tier", "ai_act_class", "kind", "record")
"""The facets that are counted with each other; units apart, for they are many and hold each other.

Nobody counts stages, which are of versions, nor owners, of whom there are hundreds.
"""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One value of a facet; without `count` nobody counted."""

    value: str
    label: str
    count: int | None
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Facet:
    key: str
    label: str
    options: Sequence[Option]

    @property
    def chosen(self) -> int:
        return sum(option.is_chosen for option in self.options)


@dataclass(frozen=True, kw_only=True)
class Chip:
    """One value in force, and the address without it."""

    label: str
    without: str


def narrowed(models: ModelQuerySet, facets: Facets, conditions: Conditions) -> ModelQuerySet:
    """Keep the models that fit every facet."""
    for key, values in facets.items():
        models = models.filter(conditions[key](values))
    return models


def present_conditions(*, reader: User, today: date) -> Conditions:
    """What each facet asks of the inventory as it is."""
    fixed = {"attention": attention(today), "mine": involving(reader), "retired": Q()}
    return {
        "q": lambda words: matching(words[0]),
        "stage": lambda stages: Q(pk__in=models_with(stages)),
        "tier": lambda tiers: Q(tier__in=tiers),
        "ai_act_class": lambda classes: Q(ai_act_class__in=classes),
        "kind": lambda kinds: Q(kind__in=kinds),
        "unit": lambda paths: unit_reach(paths, prefix="unit__"),
        "owner": lambda owners: Q(owner__in=owners),
        "record": lambda states: either(states, drafts()),
        "due": lambda when: Q(pk__in=due(Finding.objects.open(), when[0], today=today)),
        "view": lambda views: fixed[views[0]],
    }


def models_with(stages: Sequence[str]) -> Any:
    """Each model once: PostgreSQL then takes them off the index in order, a third faster."""
    return ModelVersion.objects.filter(stage__in=stages).values("model").distinct()


def either(states: Sequence[str], is_draft: Q) -> Q:
    """Drafts, complete records, or both."""
    if len(states) > 1:
        return Q()
    return is_draft if "DRAFT" in states else ~is_draft


def drafts() -> Q:
    """The same as `is_incomplete`, by an index: few models are drafts."""
    return Q(pk__in=Model.objects.incomplete().values("pk"))


def due(findings: FindingQuerySet, when: str, *, today: date) -> Any:
    limits = {"late": Q(due_date__lt=today), "month": Q(due_date__range=(today, today + SOON))}
    return findings.filter(limits[when]).values("model")


def matching(text: str) -> Q:
    """Name, purpose and owner hold the words; a version has them as label or digest."""
    owners = User.objects.filter(name__icontains=text)
    return (
        Q(search_text__contains=Upper(Value(text)))
        | Q(owner__in=owners)
        | Q(pk__in=versions_called(text).values("model"))
    )


def versions_called(text: str) -> QuerySet[ModelVersion]:
    """The versions with this label, or whose digest begins so."""
    called = Q(label=text)
    digest = text.removeprefix("sha256:").lower()
    if DIGEST.fullmatch(digest):
        called |= Q(digest__startswith=digest)
    return ModelVersion.objects.filter(called)


def attention(today: date) -> Q:
    """An incomplete record, a high finding, something overdue, or a decision that waits."""
    pressing = Finding.objects.open().filter(Q(due_date__lt=today) | Q(severity=Severity.HIGH))
    waiting = PromotionRequest.objects.open().values("model")
    return drafts() | Q(pk__in=pressing.values("model")) | Q(pk__in=waiting)


def involving(reader: User) -> Q:
    return Q(owner=reader) | Q(pk__in=reader.developed_models.values("pk"))


def owner_choices(models: ModelQuerySet) -> Choices:
    owners = User.objects.filter(pk__in=models.values("owner")).order_by("name", "pk")
    return [(str(key), name) for key, name in owners.values_list("pk", "name")]


def units_of(models: ModelQuerySet) -> list[Unit]:
    """The units of these models and those above them, down the tree."""
    paths = set(Unit.objects.filter(pk__in=models.values("unit")).values_list("path", flat=True))
    above = {path.rsplit("/", depth)[0] for path in paths for depth in range(path.count("/") + 1)}
    return list(Unit.objects.filter(path__in=above).order_by("path"))


def unit_choices(units: Iterable[Unit]) -> Choices:
    return [(unit.path, unit.name) for unit in units]


@dataclass(frozen=True)
class Census:
    """How many models fit every facet, and how many each value would leave beside the others."""

    found: int
    counts: Mapping[str, Mapping[str, int]]

    def of(self, key: str, value: str) -> int | None:
        """Return the count of a value, of a unit with those beneath it; None if nobody counted."""
        counts = self.counts.get(key)
        if counts is None:
            return None
        if key == "unit":
            return sum(count for path, count in counts.items() if covers(value, path))
        return counts.get(value, 0)


def census(
    models: ModelQuerySet, facets: Facets, conditions: Conditions, *, paths: Mapping[UUID, str]
) -> Census:
    """Count the models in one scan or two, however many values there are; `paths` are of units.

    Words and stages are dear to look for, so beside them units are not counted: that would look
    a second time, or multiply the groups by the units.
    """
    dear = facets.keys() - {*COUNTED, "unit"}
    apart = {key: values for key, values in facets.items() if key not in COUNTED}
    own = {key: values for key, values in facets.items() if key in COUNTED}
    rest = tally(grouped(narrowed(models, apart, conditions)), own)
    if dear:
        return rest
    rows = narrowed(models, own, conditions).values_list("unit").annotate(Count("pk"))
    units = {paths[unit]: count for unit, count in rows if unit in paths}
    return Census(found=rest.found, counts={**rest.counts, "unit": units})


def grouped(models: ModelQuerySet) -> Iterator[tuple[dict[str, str], int]]:
    """Yield each combination of what is counted that some of the models have, and how many."""
    *columns, record = COUNTED
    rows = models.values_list(*columns).annotate(
        found=Count("pk"), drafts=Count("pk", filter=drafts())
    )
    for *values, count, lacking in rows:
        group = dict(zip(columns, map(str, values), strict=True))
        for state, found in (("DRAFT", lacking), ("COMPLETE", count - lacking)):
            if found:
                yield {**group, record: state}, found


def tally(groups: Iterable[tuple[Mapping[str, str], int]], facets: Facets) -> Census:
    """Add up the groups that fit all facets, and for each facet those that fit the others."""
    found, counts = 0, defaultdict[str, Counter[str]](Counter)
    for group, count in groups:
        missed = [key for key in group if key in facets and group[key] not in facets[key]]
        found += 0 if missed else count
        for key in missed if len(missed) == 1 else () if missed else group:
            counts[key][group[key]] += count
    return Census(found=found, counts=counts)


def facets_of(form: InventoryFilter, counted: Census | None = None) -> list[Facet]:
    """Return the facets with what is chosen, and how many models each choice would leave."""
    return [_facet(form, key, counted) for key in MANY]


def _facet(form: InventoryFilter, key: str, counted: Census | None) -> Facet:
    chosen = form.facets.get(key, ())
    options = [
        Option(
            value=value,
            label=label,
            count=counted.of(key, value) if counted else None,
            is_chosen=value in chosen,
        )
        for value, label in form.choices_of(key)
    ]
    return Facet(key=key, label=str(form.fields[key].label), options=options)


def chips(form: InventoryFilter, asked: QueryDict) -> list[Chip]:
    """The values in force but the view, which has its own tabs."""
    return [
        Chip(label=_label(form, key, value), without=_without(asked, key, value))
        for key, values in form.facets.items()
        if key != "view"
        for value in values
    ]


def _label(form: InventoryFilter, key: str, value: str) -> str:
    if key == "q":
        return f"“{value}”"
    label = dict(form.choices_of(key))[value]
    return f"{label} record" if key == "record" else label


def _without(asked: QueryDict, key: str, value: str) -> str:
    rest = asked.copy()
    rest.pop("page", None)
    rest.setlist(key, [one for one in asked.getlist(key) if one != value and key in MANY])
    return rest.urlencode()


def nearest_hits(models: ModelQuerySet, facets: Facets) -> Sequence[Model]:
    """What the words alone would have found, to offer when the other filters leave nothing."""
    if "q" not in facets:
        return ()
    return list(models.filter(matching(facets["q"][0])).order_by("name")[:3])
