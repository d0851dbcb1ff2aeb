"""What a pack would hold now. Gaps are said before it is built, not discovered after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from governance.accounts.models import User
from governance.approvals.models import SignOff
from governance.audit.queries import heads
from governance.evidence.queries.packs import packs_of_models
from governance.evidence.queries.scopes import models_in
from governance.evidence.rules.scopes import PackScope, ScopeKind
from governance.inventory.models import Model
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage

MOST_GAPS = 12
"""So many are named; the rest is counted."""


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
    )


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
