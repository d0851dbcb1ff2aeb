"""Measured values arriving. Results are added, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb, admissible
from governance.registry.models import EvaluationResult, ModelVersion
from governance.registry.queries import locked_version
from governance.registry.rules import (
    Measurement,
    Source,
    check_measurements,
    exact_decimal,
    once_each,
)


@transaction.atomic
def record_evaluations(
    *,
    version: ModelVersion,
    measurements: Sequence[Measurement],
    source: Source,
    actor: Actor,
    at: datetime,
) -> list[EvaluationResult]:
    """Keep measured values of a version. Appends evaluation.recorded.

    Raises InvalidInput naming each wrong item, PermissionMissing.
    """
    version = locked_version(version)
    require(actor, Permission.EVALUATION_RECORD, unit=version.model.unit, at=at)
    check_measurements(measurements)
    results = insert_results(version, measurements, source=source, actor=actor, at=at)
    audit.append(
        verb=Verb.EVALUATION_RECORDED,
        stream=version.model.stream,
        subject=version.ref,
        actor=actor.ref,
        at=at,
        facts={
            "source": source,
            "results": [
                admissible({"metric": r.metric, "value": r.value, "dataset": r.dataset_digest})
                for r in results
            ],
        },
        records=results,
    )
    return results


def insert_results(
    version: ModelVersion,
    measurements: Sequence[Measurement],
    *,
    source: Source,
    actor: Actor,
    at: datetime,
) -> list[EvaluationResult]:
    """Insert the rows; the caller's action holds the lock and appends the entry.

    Raises InvalidInput for two values of one thing.
    """
    return EvaluationResult.objects.bulk_create(
        EvaluationResult(
            version=version,
            metric=item.metric,
            value=exact_decimal(item.value) or item.value,
            slice=item.slice,
            source=source,
            dataset_digest=item.dataset_digest,
            run_id=item.run_id,
            measured_at=item.measured_at,
            received_at=at,
            received_from=actor.ref,
        )
        for item in once_each(measurements)
    )
