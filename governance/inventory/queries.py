"""Reads of the inventory."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.rules import Actor
from governance.inventory.models import Builder, Model, TierAssessment
from governance.inventory.rules import Capacity, ModelNotFound


def model_named(name: str, *, actor: Actor, at: datetime) -> Model:
    """Return the model, or raise ModelNotFound: absent and invisible look alike."""
    model = Model.objects.visible_to(actor, at=at).with_people().filter(name=name).first()
    if model is None:
        raise ModelNotFound(f"Registered Model with name={name} not found", name=name)
    return model


def builders_of(model: Model) -> dict[str, set[Capacity]]:
    """Return who has ever owned or built the model: user reference → capacities."""
    found: dict[str, set[Capacity]] = {}
    for row in Builder.objects.filter(model=model).select_related("user"):
        found.setdefault(row.user.ref, set()).add(Capacity(row.capacity))
    return found


def latest_tier_assessment(model: Model) -> TierAssessment | None:
    return (
        TierAssessment.objects.filter(model=model)
        .select_related("reason", "assessed_by")
        .order_by("-assessed_at")
        .first()
    )
