"""Model versions, what they are made of, what was measured, and where they stand."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q

from governance.accounts.models import User
from governance.accounts.rules import Actor
from governance.core.models import Record
from governance.inventory.models import Model
from governance.registry.rules import Move, SlotRole, Source, Stage


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def visible_to(self, actor: Actor, *, at: datetime) -> ModelVersionQuerySet:
        return self.filter(model__in=Model.objects.visible_to(actor, at=at))

    def with_model(self) -> ModelVersionQuerySet:
        return self.select_related("model__unit", "model__owner", "registered_by")


class ModelVersion(Record):
    """One immutable artifact of a model. Only stage, description and `updated_at` ever change.

    `digest` is the SHA-256 of the canonical registration: source, run, artifacts and lineage.
    """

    REF = "version"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    source = models.CharField(max_length=1000)
    run_id = models.CharField(max_length=100, blank=True)
    run_link = models.CharField(max_length=1000, blank=True)
    logged_model_id = models.CharField(max_length=100, blank=True)
    lineage_text = models.TextField(default="{}")
    digest = models.CharField(max_length=64)
    registered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    registered_via = models.CharField(max_length=60)
    registered_at = models.DateTimeField()
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.DRAFT)
    description = models.TextField(blank=True)
    updated_at = models.DateTimeField()

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "number"], name="version_number_once_per_model"
            ),
            models.CheckConstraint(condition=Q(number__gt=0), name="version_number_is_positive"),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="stage_is_known"),
        ]
        indexes = [models.Index(fields=["model", "stage", "-number"], name="version_by_stage")]

    def __str__(self) -> str:
        return f"{self.model.name} version {self.number}"

    @property
    def lineage(self) -> dict[str, Any]:
        lineage: dict[str, Any] = json.loads(self.lineage_text)
        return lineage

    @property
    def dataset_digest(self) -> str:
        return str(self.lineage.get("dataset", {}).get("digest", ""))


class Artifact(Record):
    """One file of a version, by content."""

    REF = "artifact"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="artifacts")
    path = models.CharField(max_length=500)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "path"], name="artifact_path_once"),
        ]


class ModelTag(Record):
    """A tag of the registered model, as MLflow knows it."""

    REF = "model_tag"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="tags")
    key = models.CharField(max_length=250)
    value = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "key"], name="model_tag_once"),
        ]


class VersionTag(Record):
    """A tag of a version, as MLflow knows it."""

    REF = "version_tag"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="tags")
    key = models.CharField(max_length=250)
    value = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="version_tag_once"),
        ]


class EvaluationResult(Record):
    """One measured value, as it arrived. Never changed; a newer one may count instead."""

    REF = "evaluation"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="evaluations")
    metric = models.CharField(max_length=100)
    value = models.CharField(max_length=80)
    slice = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    dataset_digest = models.CharField(max_length=100, blank=True)
    run_id = models.CharField(max_length=100, blank=True)
    measured_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    received_from = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(source__in=Source.values), name="evaluation_source_is_known"
            ),
        ]
        indexes = [models.Index(fields=["version", "metric"], name="evaluation_by_metric")]


class Slot(Record):
    """A place of use. MLflow's stage Production means the model's default slot."""

    REF = "slot"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="slots")
    name = models.CharField(max_length=80, default="primary")
    is_default = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "name"], name="slot_name_once_per_model"),
            models.UniqueConstraint(
                fields=["model"], condition=Q(is_default=True), name="one_default_slot_per_model"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SlotAssignmentQuerySet(models.QuerySet["SlotAssignment"]):
    def current(self) -> SlotAssignmentQuerySet:
        return self.filter(ended_at=None)


class SlotAssignment(Record):
    """That a version serves in a slot, in a role, from one moment to another."""

    REF = "slot_assignment"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="assignments")
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=12, choices=SlotRole.choices, default=SlotRole.CHAMPION)
    assigned_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = SlotAssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slot"],
                condition=Q(role="CHAMPION", ended_at=None),
                name="one_champion_per_slot",
            ),
            models.CheckConstraint(
                condition=Q(role__in=SlotRole.values), name="slot_role_is_known"
            ),
        ]


class StageChange(Record):
    """That a version went from one stage to another, and on whose authority."""

    REF = "stage_change"

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="stage_changes"
    )
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="+", null=True)
    source = models.CharField(max_length=12, choices=Stage.choices)
    target = models.CharField(max_length=12, choices=Stage.choices)
    move = models.CharField(max_length=12, choices=Move.choices)
    authorized_by = models.CharField(max_length=60)
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(authorized_by=""), name="stage_change_has_authorization"
            ),
            models.CheckConstraint(condition=Q(move__in=Move.values), name="move_is_known"),
            models.CheckConstraint(
                condition=Q(source__in=Stage.values, target__in=Stage.values)
                & ~Q(source=F("target")),
                name="stage_change_goes_from_stage_to_stage",
            ),
        ]
        indexes = [models.Index(fields=["version", "changed_at"], name="stage_change_by_version")]
