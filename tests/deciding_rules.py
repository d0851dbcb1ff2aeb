"""A policy that uses what policies can say, and a request under it, for the tests of decisions."""

from __future__ import annotations

from dataclasses import dataclass

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import Case, case_of
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, Slot
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import NOON, Cast

FULL = """\
policy: to-production
title: To Production
applies_to: {target: PRODUCTION, from: [STAGING, PRODUCTION]}
gates:
  - {check: metric, metric: accuracy, at_least: 0.90, label: Accuracy}
  - {check: card_published}
  - {check: report_approved}
  - {check: no_open_finding, severity: HIGH}
  - {check: artifacts_complete}
manual_checks:
  - {id: legal-basis, label: Legal basis, ask: The legal basis of the data is on file., role: COMPLIANCE}
sign_offs:
  - {role: VALIDATOR, step: 1, meaning: "I find this version fit for the stated use."}
  - {role: APPROVER, step: 2, meaning: "I approve this version for the stated use."}
deadline_days: 10
escalation: {after_days: 5, role: HEAD_OF_MODEL_RISK}
approval: {usable_days: 14, stands_days: 365}
overrides:
  - {checks: ["metric.*", artifacts_complete], role: HEAD_OF_MODEL_RISK, people: 2, longest_days: 30}
emergency: {role: APPROVER, people: 2, stands_days: 7}
"""  # noqa: E501


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Who has to do with it beside the cast, and what it is about."""

    cast: Cast
    head: User
    second_head: User
    model: Model
    version: ModelVersion
    slot: Slot

    def request(self) -> PromotionRequest:
        """Bring the version to Staging with card and report, and ask for Production."""
        return f.make_ready(self.cast, self.version)

    def case(self, request: PromotionRequest, *, days: int = 0) -> Case:
        fresh = PromotionRequest.objects.with_version().get(pk=request.pk)
        return case_of(fresh, at=f.later(NOON, days=days))


def make_bench(cast: Cast, *, accuracy: str = "0.93", policy: str = FULL) -> Bench:
    for text in (f.TO_STAGING.replace("0.90", "0.50"), policy, f.TO_ARCHIVED):
        f.make_policy(cast, text)
    model = f.make_model(cast)
    version = f.make_version(cast, model, metrics={"accuracy": accuracy})
    return Bench(
        cast=cast,
        head=f.make_person("Hedda Head", Role.HEAD_OF_MODEL_RISK, unit=cast.root),
        second_head=f.make_person("Hal Head", Role.HEAD_OF_MODEL_RISK, unit=cast.root),
        model=model,
        version=version,
        slot=model.slots.get(),
    )


def stage_of(version: ModelVersion) -> str:
    return Stage(ModelVersion.objects.get(pk=version.pk).stage)
