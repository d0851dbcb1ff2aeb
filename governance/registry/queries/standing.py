"""What serves and which version is the newest, for as many models at once as a page shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import F, OuterRef, Subquery

from governance.inventory.models import Model
from governance.registry.models import ModelVersion, SlotAssignment
from governance.registry.models.serving import SlotAssignmentQuerySet


def serving(
    assignments: SlotAssignmentQuerySet, models: Collection[Model]
) -> Iterable[SlotAssignment]:
    """Those of these models, each of which its slot and version have without a join.

    The default slot first, and in each slot its champion.
    """
    rows = (
        assignments.answering()
        .filter(slot__model__in=models)
        .select_related("slot", "version")
        .order_by("-slot__is_default", "slot__name", F("share").asc(nulls_first=True))
    )
    by_id = {model.pk: model for model in models}
    for row in rows:
        row.slot.model = row.version.model = by_id[row.slot.model_id]
    return rows


def newest_versions(
    models: Collection[Model], *, by: datetime | None = None
) -> dict[UUID, ModelVersion]:
    """The version with the highest number of each model that has one (by that moment)."""
    own = ModelVersion.objects.filter(model=OuterRef("pk"))
    if by is not None:
        own = own.filter(registered_at__lte=by)
    by_id = {model.pk: model for model in models}
    newest = Subquery(own.order_by("-number").values("pk")[:1])
    rows = ModelVersion.objects.filter(pk__in=Model.objects.filter(pk__in=by_id).values(top=newest))
    found = {row.model_id: row for row in rows}
    for key, version in found.items():
        version.model = by_id[key]
    return found
