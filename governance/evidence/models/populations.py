"""Lists as they were extracted, and what was drawn from them."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import models

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission
from governance.accounts.queries import units_with
from governance.accounts.rules import Actor
from governance.core.models import Record
from governance.evidence.rules.populations.lists import PopulationKind
from governance.evidence.rules.populations.sampling import MAX_SEED, Method


class PopulationQuerySet(models.QuerySet["Population"]):
    def visible_to(self, actor: Actor, *, at: datetime) -> PopulationQuerySet:
        """Keep those of units in which the person may list everything themself."""
        if not isinstance(actor, User):
            return self.none()
        return self.filter(unit__in=units_with(actor, Permission.POPULATION_EXTRACT, at=at))

    def newest_first(self) -> PopulationQuerySet:
        return self.select_related("unit").order_by("-extracted_at", "-id")


class Population(Record):
    """Everything of a kind in a period and a unit, as it was found. Never edited.

    `text` is canonical, and `digest` its SHA-256: definition, control and list, in references.
    Of `count` rows all stand in it; `rows` were in the tables before the filter, and `told` are
    those that the ledger tells of. `size` is that of the newest checkpoint then, if there was one.
    """

    REF = "population"

    # Without `choices`: a new kind is no migration.
    kind = models.CharField(max_length=20)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    since_date = models.DateField()
    until_date = models.DateField()
    text = models.TextField()
    digest = models.CharField(max_length=64)
    list_digest = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    told = models.PositiveIntegerField()
    differences = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField(null=True)
    extracted_by = models.CharField(max_length=60)
    extracted_at = models.DateTimeField()

    objects = PopulationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["unit", "-extracted_at"], name="population_by_unit")]

    def __str__(self) -> str:
        return f"{self.reference}, {self.title}"

    @property
    def title(self) -> str:
        return PopulationKind(self.kind).label

    @property
    def reference(self) -> str:
        """How people call it: by the first digits of its digest."""
        return f"POP-{self.digest[:8].upper()}"

    @cached_property
    def body(self) -> dict[str, Any]:
        """The parsed text."""
        body: dict[str, Any] = json.loads(self.text)
        return body


class SampleQuerySet(models.QuerySet["Sample"]):
    def visible_to(self, actor: Actor, *, at: datetime) -> SampleQuerySet:
        return self.filter(population__in=Population.objects.visible_to(actor, at=at))


class Sample(Record):
    """Rows of a population, drawn by a seed that the auditor named. Never edited.

    `text` is canonical, and `digest` its SHA-256: method, seed, allotments and what was drawn.
    """

    REF = "sample"

    population = models.ForeignKey(Population, on_delete=models.PROTECT, related_name="samples")
    method = models.CharField(max_length=20, choices=Method.choices)
    stratum = models.CharField(max_length=30, blank=True)
    seed = models.CharField(max_length=MAX_SEED)
    size = models.PositiveIntegerField()
    drawn = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64)
    drawn_by = models.CharField(max_length=60)
    drawn_at = models.DateTimeField()

    objects = SampleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(method__in=Method.values), name="sample_method_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} of {self.population.reference}"

    @property
    def reference(self) -> str:
        return f"SMP-{self.digest[:8].upper()}"

    @cached_property
    def body(self) -> dict[str, Any]:
        """The parsed text."""
        body: dict[str, Any] = json.loads(self.text)
        return body
