"""Where versions serve: slots, what holds them, aliases, changes of stage, and what is reported."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from governance.core.models import Record
from governance.inventory.models import Model
from governance.registry.models.versions import ModelVersion
from governance.registry.rules import Move, SlotRole, Stage, Verdict
from governance.registry.rules.slots import LIVE_ROLES


class Slot(Record):
    """A place of use, such as `eu-retail/primary`.

    MLflow's stage Production means the model's default slot. `alias` is the alias of MLflow that
    follows the champion and that nobody sets by hand; empty for none.
    """

    REF = "slot"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="slots")
    name = models.CharField(max_length=80, default="primary")
    is_default = models.BooleanField(default=True)
    alias = models.CharField(max_length=255, blank=True)
    created_by = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "name"], name="slot_name_once_per_model"),
            models.UniqueConstraint(
                fields=["model"], condition=Q(is_default=True), name="one_default_slot_per_model"
            ),
            models.UniqueConstraint(
                fields=["model", "alias"], condition=~Q(alias=""), name="slot_alias_once_per_model"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SlotAssignmentQuerySet(models.QuerySet["SlotAssignment"]):
    def current(self) -> SlotAssignmentQuerySet:
        return self.filter(ended_at=None)

    def answering(self) -> SlotAssignmentQuerySet:
        """Keep what answers live traffic."""
        return self.filter(role__in=LIVE_ROLES)

    def standing_at(self, moment: datetime) -> SlotAssignmentQuerySet:
        """Keep what stood at that moment, now or in the past."""
        return self.filter(assigned_at__lte=moment).filter(
            Q(ended_at=None) | Q(ended_at__gt=moment)
        )


class SlotAssignment(Record):
    """That a version serves in a slot, in a role, from one moment to another.

    `share` is the percentage of live traffic of a canary; a change of it is a new assignment.
    `authorized_by` is the promotion request behind it, empty for roles that need none.
    """

    REF = "slot_assignment"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="assignments")
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=12, choices=SlotRole.choices, default=SlotRole.CHAMPION)
    share = models.PositiveSmallIntegerField(null=True)
    assigned_by = models.CharField(max_length=60, blank=True)
    authorized_by = models.CharField(max_length=60, blank=True)
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
            models.UniqueConstraint(
                fields=["slot", "version"],
                condition=Q(ended_at=None),
                name="one_role_per_version_and_slot",
            ),
            models.CheckConstraint(
                condition=Q(role="CANARY", share__gte=1, share__lte=99)
                | (~Q(role="CANARY") & Q(share=None)),
                name="canary_alone_has_a_share",
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


class Alias(Record):
    """A name of MLflow for one version of a model, set by hand. Those of slots are not here."""

    REF = "alias"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="aliases")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="aliases")
    name = models.CharField(max_length=255)
    set_by = models.CharField(max_length=60)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "name"], name="alias_once_per_model"),
        ]


class DeploymentReport(Record):
    """What a serving instance said that it runs, and how that compared with what was approved.

    One row stands from `reported_at` until the instance says something else; `last_seen_at` is
    when it said this last. `version` is empty when the reported number is of no version that we
    know, and `slot` when the reported name is of no slot.
    """

    REF = "deployment_report"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="deployment_reports")
    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="deployment_reports", null=True
    )
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="reports", null=True)
    slot_name = models.CharField(max_length=80)
    reported_version = models.CharField(max_length=20)
    digest = models.CharField(max_length=64, blank=True)
    instance = models.CharField(max_length=200)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    reported_by = models.CharField(max_length=60)
    reported_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values), name="deployment_verdict_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["model", "slot_name", "instance", "-reported_at"],
                name="deployment_newest",
            ),
        ]
