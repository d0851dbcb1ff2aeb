"""Where versions come from: data, code, parents, as rows that can be walked both ways."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from governance.core.models import Record
from governance.registry.models.versions import ModelVersion
from governance.registry.rules import DataPurpose, LineageFactKind, LineageOrigin, ParentRelation


class DataSnapshot(Record):
    """One frozen state of a data set, known by name and digest wherever it was used."""

    REF = "data_snapshot"

    name = models.CharField(max_length=300)
    digest = models.CharField(max_length=100)
    rows = models.BigIntegerField(null=True)
    period_start = models.DateField(null=True)
    period_end = models.DateField(null=True)
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest", "name"], name="data_snapshot_once"),
            models.CheckConstraint(
                condition=Q(period_start=None)
                | Q(period_end=None)
                | Q(period_start__lte=F("period_end")),
                name="data_period_runs_forward",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.digest


class VersionInput(Record):
    """That a version was made or measured with a data snapshot."""

    REF = "version_input"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="inputs")
    snapshot = models.ForeignKey(DataSnapshot, on_delete=models.PROTECT, related_name="uses")
    purpose = models.CharField(max_length=12, choices=DataPurpose.choices)
    origin = models.CharField(max_length=12, choices=LineageOrigin.choices)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "snapshot", "purpose"], name="version_input_once"
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=DataPurpose.values), name="version_input_purpose_is_known"
            ),
            models.CheckConstraint(
                condition=Q(origin__in=LineageOrigin.values), name="version_input_origin_is_known"
            ),
        ]


class VersionParent(Record):
    """That a version was made from another one of this portal."""

    REF = "version_parent"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="parents")
    parent = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="children")
    relation = models.CharField(max_length=12, choices=ParentRelation.choices)
    origin = models.CharField(max_length=12, choices=LineageOrigin.choices)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "parent"], name="version_parent_once"),
            models.CheckConstraint(
                condition=~Q(version=F("parent")), name="version_is_not_its_own_parent"
            ),
            models.CheckConstraint(
                condition=Q(relation__in=ParentRelation.values),
                name="version_parent_relation_is_known",
            ),
        ]


class LineageFact(Record):
    """One fact of how a version was made: commit, feature code, container image, parameter."""

    REF = "lineage_fact"

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="lineage_facts"
    )
    kind = models.CharField(max_length=16, choices=LineageFactKind.choices)
    name = models.CharField(max_length=300, blank=True)
    value = models.CharField(max_length=500)
    origin = models.CharField(max_length=12, choices=LineageOrigin.choices)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "kind", "name", "value"], name="lineage_fact_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=LineageFactKind.values), name="lineage_fact_kind_is_known"
            ),
        ]
        indexes = [models.Index(fields=["kind", "value"], name="lineage_fact_by_value")]


class LineageEvent(Record):
    """One OpenLineage run event as it arrived; `text` is canonical JSON, `digest` its SHA-256."""

    REF = "lineage_event"

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="lineage_events", null=True
    )
    run_id = models.CharField(max_length=100)
    event_type = models.CharField(max_length=12, blank=True)
    text = models.TextField()
    digest = models.CharField(max_length=64)
    event_time = models.DateTimeField()
    received_from = models.CharField(max_length=60)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="lineage_event_once"),
        ]
        indexes = [models.Index(fields=["run_id"], name="lineage_event_by_run")]
