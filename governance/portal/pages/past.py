"""Where models stood at the end of a past day, read off rows that say since when they hold.

Who may see a model is judged as of now; what they see of it, as of then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from governance.accounts.models import User
from governance.core.grouping import by_key
from governance.inventory.models import Model, RecordRevision
from governance.inventory.queries.revisions import (
    classes_at,
    names_at,
    revisions_at,
    tiers_at,
)
from governance.inventory.rules import AiActClass
from governance.portal.pages.standing import findings_of, newest_versions, serving
from governance.registry.models import ModelVersion, SlotAssignment, StageChange
from governance.registry.rules import Stage
from governance.validation.models import Finding
from governance.validation.rules import Severity


@dataclass(frozen=True, kw_only=True)
class PastStanding:
    """One model at a glance, as it was. Without `revision` nobody kept what its record said."""

    model: Model
    name: str
    revision: RecordRevision | None
    tier: int | None
    ai_act_class: str
    live: Sequence[SlotAssignment]
    newest: ModelVersion | None
    newest_stage: str
    findings: Sequence[Finding]

    @property
    def owner(self) -> User | None:
        return self.revision.owner if self.revision else None

    @property
    def purpose(self) -> str:
        values = self.revision.values if self.revision else None
        return str(values["purpose"]) if values else ""

    @property
    def ai_act_label(self) -> str:
        return str(AiActClass(self.ai_act_class).label) if self.ai_act_class else ""

    @property
    def stage(self) -> str:
        """Production while anything served, else the stage of its newest version."""
        return Stage.PRODUCTION if self.live else self.newest_stage

    @property
    def severities(self) -> Mapping[str, int]:
        found = [finding.severity for finding in self.findings]
        return {severity.lower(): found.count(severity) for severity in Severity.values}

    @property
    def next_due(self) -> Finding | None:
        return min(self.findings, key=lambda finding: finding.due_date, default=None)

    def is_late(self, day: date) -> bool:
        return self.next_due is not None and self.next_due.due_date < day


def past_standings(models: Sequence[Model], moment: datetime) -> list[PastStanding]:
    """Return the standing of each model at that moment, in the same order, in nine queries."""
    names, revisions = names_at(models, moment), revisions_at(models, moment)
    tiers, classes = tiers_at(models, moment), classes_at(models, moment)
    assignments = SlotAssignment.objects.standing_at(moment)
    live = by_key(serving(assignments, models), lambda row: row.slot.model_id)
    newest = newest_versions(models, by=moment)
    stages = stages_at(newest.values(), moment)
    rows = findings_of(Finding.objects.open_at(moment), models)
    findings = by_key(rows, lambda row: row.model_id)
    return [
        PastStanding(
            model=model,
            name=names[model.pk],
            revision=revisions.get(model.pk),
            tier=tiers[model.pk].tier if model.pk in tiers else None,
            ai_act_class=classes[model.pk].ai_act_class if model.pk in classes else "",
            live=live[model.pk],
            newest=newest.get(model.pk),
            newest_stage=stages[newest[model.pk].pk] if model.pk in newest else Stage.DRAFT,
            findings=findings[model.pk],
        )
        for model in models
    ]


def stages_at(versions: Collection[ModelVersion], moment: datetime) -> dict[UUID, str]:
    """The stage of each version then: what its last change by that moment led to."""
    changes = StageChange.objects.filter(version__in=versions, changed_at__lte=moment)
    rows = changes.order_by("changed_at").values_list("version", "target")
    return dict.fromkeys((version.pk for version in versions), str(Stage.DRAFT)) | dict(rows)
