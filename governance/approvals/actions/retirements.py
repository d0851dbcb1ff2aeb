"""Retiring a model, on the rung that sees all that may stand against it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.approvals.models import PromotionRequest
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import WrongState
from governance.core.wording import as_date
from governance.inventory.actions.keeping import require_in_use, require_ownership
from governance.inventory.actions.retirements import (
    check_retirement,
    put_out_of_use,
    require_no_consumers,
)
from governance.inventory.models import Model
from governance.inventory.queries import locked_models
from governance.registry.models import ModelVersion, SlotAssignment
from governance.registry.rules import Stage
from governance.registry.rules.removals import StillServing


class AwaitsDecision(WrongState):
    """Somebody has asked to promote a version of the model, and nobody has decided yet."""

    code = "awaits_decision"


@transaction.atomic
def retire_model(
    *,
    model: Model,
    reason: str,
    replacement: Model | None,
    retention_end_date: date,
    actor: Actor,
    at: datetime,
) -> Model:
    """Take a model out of use. Its record is frozen, and stays readable. Appends model.retired.

    Under its lock nothing new is asked for and nothing begins to serve. Raises AwaitsDecision,
    InvalidInput, ModelRetired, NotTheOwner, PermissionMissing, StillConsumed, StillServing.
    """
    model, second = locked_models(model, replacement or model)
    replacement = second if replacement else None
    require(actor, Permission.MODEL_RETIRE, unit=model.unit, at=at)
    require_ownership(model, actor)
    require_in_use(model)
    check_retirement(
        model,
        reason=reason,
        replacement=replacement,
        retention_end_date=retention_end_date,
        today=as_date(at),
    )
    _require_idle(model)
    _require_decided(model)
    require_no_consumers(model, actor=actor, at=at)
    written = put_out_of_use(
        model,
        reason=reason,
        replacement=replacement,
        retention_end_date=retention_end_date,
        actor=actor,
        at=at,
    )
    audit.append(
        verb=Verb.MODEL_RETIRED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts={
            "replacement": replacement.ref if replacement else None,
            "retention_end": retention_end_date,
        },
        records=written,
    )
    return model


def _require_idle(model: Model) -> None:
    """Raise StillServing, naming the versions, if one is in Production or serves anywhere."""
    serving = SlotAssignment.objects.current().filter(slot__model=model)
    numbers = set(serving.values_list("version__number", flat=True))
    live = ModelVersion.objects.filter(model=model, stage=Stage.PRODUCTION)
    numbers |= set(live.values_list("number", flat=True))
    if numbers:
        raise StillServing(
            f"{model.name} is not retired while a version of it serves: "
            f"{', '.join(map(str, sorted(numbers)))}. Ask for Archived for it first.",
            subject=model.ref,
            stream=model.stream,
            versions=sorted(numbers),
        )


def _require_decided(model: Model) -> None:
    waiting = PromotionRequest.objects.open().filter(model=model).order_by("number")
    if names := [request.reference for request in waiting]:
        raise AwaitsDecision(
            f"{model.name} is not retired while a request waits for its decision: "
            f"{', '.join(names)}. Have it decided or withdrawn first.",
            subject=model.ref,
            stream=model.stream,
            requests=names,
        )
