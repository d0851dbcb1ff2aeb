"""Fields of a record that the firm itself defines, and what stands in them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from governance.core.models import Record
from governance.inventory.models.records import Model
from governance.inventory.rules.custom_fields import FieldType, applies, form_name


class CustomFieldQuerySet(models.QuerySet["CustomField"]):
    def in_use(self) -> CustomFieldQuerySet:
        """Keep what is asked for today, in the order of the form."""
        return self.filter(retired_at=None).order_by("position", "label")


class CustomField(Record):
    """A question of the firm's own about its models. Key and type never change.

    `origins` and `tiers` say of which models it is asked; empty means of all.
    """

    REF = "custom_field"

    key = models.CharField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    value_type = models.CharField("type", max_length=10, choices=FieldType.choices)
    choices: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    hint = models.CharField("help", max_length=300, blank=True)
    origins: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    tiers: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    required = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    created_by = models.CharField(max_length=60, editable=False)
    created_at = models.DateTimeField(editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(value_type__in=FieldType.values), name="custom_field_type_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def form_name(self) -> str:
        return form_name(self.key)

    def applies_to(self, model: Model) -> bool:
        return applies(self.origins, self.tiers, origin=model.origin, tier=model.tier)


class CustomValue(Record):
    """What a record says in a field of the firm's, in canonical text; empty for nothing."""

    REF = "custom_value"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="custom_values")
    field = models.ForeignKey(CustomField, on_delete=models.PROTECT, related_name="values")
    value = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "field"], name="custom_value_once_per_model"),
        ]
