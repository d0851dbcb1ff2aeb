"""What a pack would hold now. Gaps are said before it is built, not discovered after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from governance.accounts.models import User
from governance.approvals.models import SignOff
from governance.audit.queries import heads
from governance.evidence.queries.coverage import coverage_of
from governance.evidence.queries.packs import packs_of_models
from governance.evidence.queries.scopes import models_in
from governance.evidence.rules.coverage import CoverageState
from governance.evidence.rules.scopes import PackScope, ScopeKind
from governance.inventory.models import Model
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage

MOST_GAPS = 6
"""So many are named; the rest is counted."""


MARKS: Mapping[CoverageState, tuple[str, str]] = {
    CoverageState.COMPLETE: ("ok", "check"),
    CoverageState.PARTIAL: ("warn", "half"),
    CoverageState.NONE: ("bad", "ring"),
    CoverageState.UNKNOWN: ("warn", "info"),
    CoverageState.NOT_APPLICABLE: ("mute", "minus"),
}
NAMED = 4
"""So many requirements are named with a count."""


@dataclass(frozen=True, kw_only=True)
class CoverageLine:
    """How many requirements are in one state, of all that were chosen, and the first of them."""

    label: str
    tone: str
    icon: str
    count: int
    total: int
    examples: Sequence[str]

    @property
    def words(self) -> str:
        """Of what is complete how many there are in all; of the others the first few."""
        if not self.examples or self.count > NAMED:
            return ""
        return ", ".join(self.examples)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What would be collected, counted. `only` is the model, where it is of one."""

    scope: PackScope
    only: Model | None
    entries: int
    versions: int
    live: int
    sign_offs: int
    earlier: int
    gaps: Sequence[str]
    coverage: Sequence[CoverageLine]

    @property
    def more_gaps(self) -> int:
        return max(len(self.gaps) - MOST_GAPS, 0)

    @property
    def first_gaps(self) -> Sequence[str]:
        return self.gaps[:MOST_GAPS]


def preview_of(scope: PackScope, *, reader: User, at: datetime) -> Preview:
    """Count what there is, in a number of queries that does not grow with the models."""
    models = models_in(scope, actor=reader, at=at)
    streams = [*(model.stream for model in models), *scope.streams]
    versions = ModelVersion.objects.filter(model__in=models)
    live = list(versions.filter(stage=Stage.PRODUCTION).order_by("-number"))
    return Preview(
        scope=scope,
        only=models[0] if len(models) == 1 else None,
        entries=heads(streams).aggregate(sum=Sum("seq"))["sum"] or 0,
        versions=versions.count(),
        live=len(live),
        sign_offs=SignOff.objects.filter(request__model__in=models).count(),
        earlier=packs_of_models(models, reader, at=at),
        gaps=[] if scope.kind == ScopeKind.TRAIL else _gaps(models, live),
        coverage=_coverage(scope, models, at=at) if scope.frameworks else (),
    )


def _coverage(scope: PackScope, models: Sequence[Model], *, at: datetime) -> Sequence[CoverageLine]:
    """Count the requirements of the chosen frameworks by the evidence that there is of them."""
    found = coverage_of(models, at=at, frameworks=scope.frameworks)
    rows = [one for model in models for one in found[model.pk]]
    return [
        CoverageLine(
            label=state.label,
            tone=tone,
            icon=icon,
            count=len(inside),
            total=len(rows),
            examples=list(dict.fromkeys(one.requirement.id for one in inside))[: NAMED + 1],
        )
        for state, (tone, icon) in MARKS.items()
        for inside in [[one for one in rows if one.state == state]]
    ]


def _gaps(models: Sequence[Model], live: Sequence[ModelVersion]) -> list[str]:
    several = len(models) > 1
    found = []
    cards = _with(live, "card_revisions")
    reports = _with(live, "reports")
    for model in models:
        of = f"{model.name}: " if several else ""
        found += [f"{of}The inventory record lacks {gap}." for gap in model.gaps]
        serving = [version for version in live if version.model_id == model.pk]
        if not serving:
            found.append(f"{of}No version serves in Production.")
        for version in serving:
            if version.pk not in cards:
                found.append(f"{of}Version {version.number} has no published card.")
            if version.pk not in reports:
                found.append(f"{of}Version {version.number} has no signed validation report.")
    return found


def _with(versions: Sequence[ModelVersion], relation: str) -> set[object]:
    """The keys of those of which there is such a row."""
    held = ModelVersion.objects.filter(pk__in=[version.pk for version in versions])
    return set(held.exclude(**{relation: None}).values_list("pk", flat=True))
