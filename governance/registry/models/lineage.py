"""Where versions come from: data, code, parents, as rows that can be walked both ways."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from governance.accounts.models import Unit
from governance.core.models import Record
from governance.registry.models.versions import ModelVersion
from governance.registry.rules import DataPurpose, LineageFactKind, LineageOrigin, ParentRelation


class DataSnapshot(Record):
    """One frozen state of a data set, known by name and digest wherever it was used.

    `revision` is the source system's own version, where the digest stands for that; an empty
    digest says that nobody knows which state of the data set was read.
    """

    REF = "data_snapshot"

    name = models.CharField(max_length=300)
    digest = models.CharField(max_length=100, blank=True)
    revision = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest", "name"], name="data_snapshot_once"),
        ]

    def __str__(self) -> str:
        return self.name or self.digest


class VersionInput(Record):
    """That a version was made or measured with a data snapshot, and what was said of the data.

    Rows and period stand here and not with the snapshot: each source answers for what it says.
    """

    REF = "version_input"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="inputs")
    snapshot = models.ForeignKey(DataSnapshot, on_delete=models.PROTECT, related_name="uses")
    purpose = models.CharField(max_length=12, choices=DataPurpose.choices)
    rows = models.BigIntegerField(null=True)
    period_start = models.DateField(null=True)
    period_end = models.DateField(null=True)
    origin = models.CharField(max_length=12, choices=LineageOrigin.choices)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "snapshot", "purpose", "rows"], name="version_input_once"
            ),
            # A NULL equals no other NULL in the constraint above.
            models.UniqueConstraint(
                fields=["version", "snapshot", "purpose"],
                condition=Q(rows=None),
                name="version_input_without_rows_once",
            ),
            models.CheckConstraint(
                condition=Q(period_start=None)
                | Q(period_end=None)
                | Q(period_start__lte=F("period_end")),
                name="data_period_runs_forward",
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
    """One OpenLineage event as it arrived, on behalf of a business unit.

    `text` is JSON with sorted keys, `digest` its SHA-256, `run_id` 32 hex digits or empty.
    """

    REF = "lineage_event"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    run_id = models.CharField(max_length=32, blank=True)
    event_type = models.CharField(max_length=12, blank=True)
    text = models.TextField()
    digest = models.CharField(max_length=64)
    event_time = models.DateTimeField()
    received_from = models.CharField(max_length=60)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "digest"], name="lineage_event_once"),
        ]


class LineageEventKey(Record):
    """What an event may be about: a run, or a version by its address."""

    REF = "lineage_event_key"

    event = models.ForeignKey(LineageEvent, on_delete=models.PROTECT, related_name="keys")
    key = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "event"], name="lineage_event_key_once"),
        ]


class LineageMatch(Record):
    """That an event was found to be about a version."""

    REF = "lineage_match"

    event = models.ForeignKey(LineageEvent, on_delete=models.PROTECT, related_name="matches")
    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="lineage_matches"
    )
    matched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "event"], name="lineage_match_once"),
        ]
