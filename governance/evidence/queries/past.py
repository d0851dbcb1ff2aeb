"""Where models and versions stood at a past moment, from rows that say since when they hold.

Each app reads its own rows (`queries/past.py`, `queries/revisions.py`); here they come together,
for pages and for the REST interface. Who may see a model is judged as of now; what they see of it,
as of then. Asked for this moment, the answers are those of the present.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from governance.accounts.models import User
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.past import RequestThen, requests_at
from governance.cards.models import CardRevision
from governance.cards.queries.past import cards_at
from governance.core.grouping import by_key
from governance.inventory.models import Model, RecordRevision, Retirement
from governance.inventory.queries.revisions import (
    classes_at,
    names_at,
    retirements_at,
    revisions_at,
    tier_then,
    tiers_at,
)
from governance.inventory.rules import AiActClass
from governance.registry.models import ArtifactCheck, Deprecation, ModelVersion, SlotAssignment
from governance.registry.queries.past import (
    artifact_checks_at,
    deprecations_at,
    labels_at,
    roles_at,
    stages_at,
)
from governance.registry.queries.standing import newest_versions, serving
from governance.registry.rules import Stage
from governance.validation.models import Finding, Report
from governance.validation.queries import findings_among, findings_at, reports_at
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
    retirement: Retirement | None
    was_removed: bool

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
    """Return the standing of each model at that moment, in the same order, in ten queries."""
    names, revisions = names_at(models, moment), revisions_at(models, moment)
    tiers, classes = tiers_at(models, moment), classes_at(models, moment)
    retirements = retirements_at(models, moment)
    assignments = SlotAssignment.objects.standing_at(moment)
    live = by_key(serving(assignments, models), lambda row: row.slot.model_id)
    newest = newest_versions(models, by=moment)
    stages = stages_at(newest.values(), moment)
    rows = findings_among(Finding.objects.open_at(moment), models)
    findings = by_key(rows, lambda row: row.model_id)
    return [
        PastStanding(
            model=model,
            name=names[model.pk],
            revision=revisions.get(model.pk),
            tier=tier_then(tiers[model.pk], moment) if model.pk in tiers else None,
            ai_act_class=classes[model.pk].ai_act_class if model.pk in classes else "",
            live=live[model.pk],
            newest=newest.get(model.pk),
            newest_stage=stages[newest[model.pk].pk] if model.pk in newest else Stage.DRAFT,
            findings=findings[model.pk],
            retirement=retirements.get(model.pk),
            was_removed=model.removed_at is not None and model.removed_at <= moment,
        )
        for model in models
    ]


@dataclass(frozen=True, kw_only=True)
class VersionThen:
    """One version as it was. What it was registered with never changes; the rest is of then."""

    version: ModelVersion
    model_name: str
    stage: str
    label: str
    roles: Sequence[SlotAssignment]
    deprecation: Deprecation | None
    artifact_check: ArtifactCheck | None
    card: CardRevision | None
    report: Report | None
    findings: Sequence[Finding]
    requests: Sequence[RequestThen]
    was_removed: bool
    moment: datetime

    @property
    def open_findings(self) -> list[Finding]:
        return [one for one in self.findings if one.was_open_at(self.moment)]


def version_then(version: ModelVersion, moment: datetime) -> VersionThen:
    """Return how one version stood, in a fixed number of queries; the caller asks if it existed."""
    model, one, key = version.model, [version], version.pk
    asked = PromotionRequest.objects.filter(version=version).with_version()
    removed = version.removed_at
    return VersionThen(
        version=version,
        model_name=names_at([model], moment)[model.pk],
        stage=stages_at(one, moment)[key],
        label=labels_at(one, moment)[key],
        roles=[row for row in roles_at([model], moment) if row.version_id == key],
        deprecation=deprecations_at(one, moment).get(key),
        artifact_check=artifact_checks_at(one, moment).get(key),
        card=cards_at(one, moment).get(key),
        report=reports_at(one, moment).get(key),
        findings=findings_at(version, moment),
        requests=requests_at(asked.order_by("-number"), moment),
        was_removed=removed is not None and removed <= moment,
        moment=moment,
    )
