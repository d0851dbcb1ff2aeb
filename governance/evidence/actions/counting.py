"""Counting what has evidence, and keeping it where it differs from the last count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.queries import root_unit
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.canonical import canonical
from governance.core.holding import hold
from governance.evidence.models import CoverageSnapshot
from governance.evidence.queries.coverage import coverage_of, firm_coverage
from governance.evidence.queries.snapshots import newest_counts
from governance.evidence.rules.packs import STREAM
from governance.evidence.rules.requirements import Level
from governance.evidence.rules.snapshots import FIRM, MOST_AT_ONCE, Count, counts_of, tally
from governance.inventory.models import Model


def count_all(*, actor: Actor, at: datetime) -> dict[str, int]:
    """Count every model in use, some in one act, and the firm with the last of them."""
    models = list(Model.objects.in_use().select_related("unit").order_by("pk"))
    changed, most = 0, MOST_AT_ONCE
    for start in range(0, max(len(models), 1), most):
        some = models[start : start + most]
        is_last = start + most >= len(models)
        changed += len(count_coverage(models=some, with_firm=is_last, actor=actor, at=at))
    return {"models": len(models), "changed": changed}


@transaction.atomic
def count_coverage(
    *, models: Sequence[Model], with_firm: bool, actor: Actor, at: datetime
) -> list[CoverageSnapshot]:
    """Keep how much has evidence for each model and framework, where that differs from before.

    Nothing is kept of a framework that applies to a model in nothing and never did. Returns the
    rows; without any nothing is appended. Appends coverage.counted. Raises PermissionMissing.
    """
    hold([f"{STREAM}:{CoverageSnapshot.REF}"])
    require(actor, Permission.EVIDENCE_FILE, unit=root_unit(), at=at)
    before = newest_counts([*(model.ref for model in models), FIRM], at=at)
    rows = [
        row
        for model, count in _counts(models, with_firm=with_firm, at=at)
        if (row := _row(model, count, at=at)).states_text
        != _said(before.get((row.subject, row.framework)), count)
    ]
    if not rows:
        return []
    audit.insert_all(rows)
    audit.append(
        verb=Verb.COVERAGE_COUNTED,
        stream=STREAM,
        subject=STREAM,
        actor=actor.ref,
        at=at,
        facts={"counted": len(models) + int(with_firm), "changed": len(rows)},
        records=rows,
    )
    return rows


def _counts(
    models: Sequence[Model], *, with_firm: bool, at: datetime
) -> Iterator[tuple[Model | None, Count]]:
    found = coverage_of(models, at=at)
    for model in models:
        yield from ((model, one) for one in counts_of(found[model.pk], Level.MODEL))
    if with_firm:
        yield from ((None, one) for one in counts_of(firm_coverage(at=at), Level.FIRM))


def _row(model: Model | None, count: Count, *, at: datetime) -> CoverageSnapshot:
    return CoverageSnapshot(
        subject=model.ref if model else FIRM,
        model=model,
        framework=count.framework,
        version=count.version,
        states_text=canonical({key: state.value for key, state in count.states.items()}),
        taken_at=at,
        **vars(tally(count.states.values())),
    )


def _said(before: CoverageSnapshot | None, count: Count) -> str | None:
    """What was kept last; of what was never kept and is not asked, what would be kept now."""
    if before is not None:
        return before.states_text
    if count.is_asked:
        return None
    return canonical({key: state.value for key, state in count.states.items()})
