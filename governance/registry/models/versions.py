"""Model versions, what they are made of, and what was measured."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from governance.accounts.models import User
from governance.accounts.rules import Actor
from governance.audit.models import Prose
from governance.core.models import Record
from governance.inventory.models import Model
from governance.registry.rules import (
    ArtifactOrigin,
    CheckOutcome,
    PartKind,
    SlotRole,
    Source,
    Stage,
)


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def visible_to(self, actor: Actor, *, at: datetime) -> ModelVersionQuerySet:
        return self.filter(model__in=Model.objects.visible_to(actor, at=at))

    def present(self) -> ModelVersionQuerySet:
        """Keep what MLflow's clients may still find: nothing is deleted, but some is removed."""
        return self.filter(removed_at=None)

    def in_default_stage(self) -> ModelVersionQuerySet:
        """Leave out what is in Production for other slots than the model's default one."""
        default = Q(
            assignments__slot__is_default=True,
            assignments__role=SlotRole.CHAMPION,
            assignments__ended_at=None,
        )
        serving = ModelVersion.objects.filter(default, pk=OuterRef("pk"))
        return self.filter(~Q(stage=Stage.PRODUCTION) | Exists(serving))

    def unchecked_since(self, moment: datetime) -> ModelVersionQuerySet:
        """Keep those whose files nobody has read again since then."""
        return self.exclude(artifact_checks__checked_at__gt=moment)

    def with_model(self) -> ModelVersionQuerySet:
        return self.select_related("model__unit", "model__owner", "registered_by")


class ModelVersion(Record):
    """One immutable artifact of a model. Stage, description, label and `removed_at` may change.

    A removed version is gone for MLflow's clients and stays on record. `digest` is the SHA-256 of
    the canonical registration: source, run, artifacts and lineage.
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
    committed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    registered_via = models.CharField(max_length=60)
    registered_at = models.DateTimeField()
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.DRAFT)
    description = models.TextField(blank=True)
    label = models.CharField(max_length=64, blank=True)
    updated_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "number"], name="version_number_once_per_model"
            ),
            models.UniqueConstraint(
                fields=["model", "label"],
                condition=~Q(label=""),
                name="version_label_once_per_model",
            ),
            models.CheckConstraint(condition=Q(number__gt=0), name="version_number_is_positive"),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="stage_is_known"),
        ]
        indexes = [
            models.Index(fields=["model", "stage", "-number"], name="version_by_stage"),
            models.Index(fields=["run_id"], condition=~Q(run_id=""), name="version_by_run"),
            models.Index(fields=["stage", "model"], name="version_model_by_stage"),
            models.Index(fields=["label"], condition=~Q(label=""), name="version_by_label"),
            # For the beginning of a digest; SQLite takes no heed of the operator class.
            models.Index(
                fields=["digest"], opclasses=["varchar_pattern_ops"], name="version_by_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model.name} version {self.number}"

    @property
    def committer_ref(self) -> str:
        """Who committed its code, by reference; empty where nobody said so."""
        return f"{User.REF}:{self.committed_by_id}" if self.committed_by_id else ""

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
    origin = models.CharField(
        max_length=8, choices=ArtifactOrigin.choices, default=ArtifactOrigin.GIVEN
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "path"], name="artifact_path_once"),
            models.CheckConstraint(
                condition=Q(origin__in=ArtifactOrigin.values), name="artifact_origin_is_known"
            ),
        ]


class ArtifactCheck(Record):
    """That somebody read the artifacts at their source again, and what came of it.

    `differences_text` is canonical JSON: a list of {"path", "expected", "found"}, SHA-256 in hex,
    empty where a file is missing or was never expected.
    """

    REF = "artifact_check"

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="artifact_checks"
    )
    outcome = models.CharField(max_length=10, choices=CheckOutcome.choices)
    differences_text = models.TextField(default="[]")
    files = models.PositiveIntegerField()
    checked_by = models.CharField(max_length=60)
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=CheckOutcome.values), name="artifact_check_outcome_is_known"
            ),
        ]
        indexes = [models.Index(fields=["version", "-checked_at"], name="artifact_check_newest")]

    @property
    def differences(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.differences_text)
        return found


class BundlePart(Record):
    """One part of a version that is more than one file: prompt, base model, tool, index, guardrail.

    `revision` is the provider's or the author's own version of it.
    """

    REF = "bundle_part"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="parts")
    kind = models.CharField(max_length=16, choices=PartKind.choices)
    name = models.CharField(max_length=200)
    revision = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "kind", "name"], name="bundle_part_once"),
            models.CheckConstraint(
                condition=Q(kind__in=PartKind.values), name="bundle_part_kind_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(sha256="") | ~Q(revision=""), name="bundle_part_is_pinned"
            ),
        ]


class Deprecation(Record):
    """That a version is to be used no more from a day on, until somebody takes that back."""

    REF = "deprecation"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="deprecations")
    from_date = models.DateField()
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    deprecated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    deprecated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(ended_at=None), name="one_deprecation_at_a_time"
            ),
        ]


class VersionComment(Record):
    """What somebody said about a version. An edit is a new text; the old one stays on record."""

    REF = "version_comment"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="comments")
    body = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_via = models.CharField(max_length=60)
    written_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["version", "written_at"], name="comment_by_version")]


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
