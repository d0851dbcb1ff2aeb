"""Reads of changes: what waits, what was accepted, and what no validation covers yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.conf import settings

from governance.inventory.models import Model, ModelChange
from governance.inventory.rules.intervals import for_tier
from governance.inventory.rules.model_changes import (
    AcceptedChange,
    ChangeNotFound,
    Unvalidated,
    unvalidated,
)


def open_change(model: Model) -> ModelChange | None:
    """Return the change of the model that waits for its review, if there is one."""
    return ModelChange.objects.open().filter(model=model).with_all().first()


def changes_of(model: Model, *, by: datetime | None = None) -> list[ModelChange]:
    """Return every change of the model, newest first; with `by`, as they stood at that moment."""
    return list(ModelChange.objects.filter(model=model).with_all(by=by).order_by("-number"))


def change_numbered(model: Model, number: int, *, by: datetime | None = None) -> ModelChange:
    """Return one of the model's changes, or raise ChangeNotFound.

    With `by`, a past moment, as it stood then; one that was proposed later is absent.
    """
    change = ModelChange.objects.filter(model=model, number=number).with_all(by=by).first()
    if change is None:
        raise ChangeNotFound("The model has no such change.")
    return change


def accepted_changes(models: Collection[Model]) -> defaultdict[UUID, list[AcceptedChange]]:
    """Return the accepted changes of each model, in the order of their acceptance, in one query."""
    rows = ModelChange.objects.accepted().filter(model__in=models).select_related("decision")
    found: defaultdict[UUID, list[AcceptedChange]] = defaultdict(list)
    for row in rows.order_by("decision__decided_at"):
        found[row.model_id].append(
            AcceptedChange(
                ref=row.ref,
                number=row.number,
                materiality=row.decision.materiality,
                accepted_at=row.decision.decided_at,
            )
        )
    return found


def unvalidated_changes(
    model: Model,
    changes: Collection[AcceptedChange],
    *,
    validated_at: datetime | None,
    at: datetime,
) -> Unvalidated:
    """Judge the model's changes by the firm's limit for its tier (MINOR_CHANGES)."""
    limit = for_tier(model.tier_at(at), settings.MINOR_CHANGES)
    return unvalidated(changes, validated_at=validated_at, limit=limit)
