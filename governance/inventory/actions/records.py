"""Changes of a record. Each appends one entry to the model's own stream."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from governance.accounts.models import Unit
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.inventory.actions.judging import require_creatable, require_right
from governance.inventory.actions.keeping import require_base, require_in_use, require_keeper
from governance.inventory.actions.model_record import ModelRecord, differences
from governance.inventory.actions.working_out import creation, description_change, edit
from governance.inventory.actions.writing import write_all
from governance.inventory.models import Model
from governance.inventory.queries import field_label, locked_model
from governance.inventory.queries.around import around_of
from governance.inventory.rules import name_taken
from governance.inventory.rules.model_changes import ChangeAwaitsReview, governed_among


@transaction.atomic
def create_model(
    *,
    name: str,
    unit: Unit,
    actor: Actor,
    at: datetime,
    description: str = "",
    record: ModelRecord | None = None,
) -> Model:
    """Add a model to the inventory, as a draft unless `record` is given. Appends model.created.

    Raises InvalidInput (rule `unique` when the name is taken, also by a model the actor cannot
    see), NotAPerson for a tier that nobody answers for, PermissionMissing.
    """
    require_creatable(name, unit, actor=actor, at=at)
    if Model.objects.filter(name=name).exists():
        raise name_taken(name)
    if record is not None:
        require_right(Model(name=name, unit=unit), record, at=at)
    change = creation(
        name=name, unit=unit, description=description, record=record, actor=actor, at=at
    )
    write_all([change])
    return change.model


@transaction.atomic
def edit_model(
    *, model: Model, record: ModelRecord, actor: Actor, at: datetime, base: str | None = None
) -> Model:
    """Set the record of a model to `record`; nothing is appended when nothing differs.

    `base` is the digest of the record that was on the editor's screen (queries.record_digest).
    Appends model.updated. Raises ChangeAwaitsReview for a governed field of a live model, which
    `model_changes.propose_change` asks for, InvalidInput, ModelRetired, NotAPerson, NotTheOwner,
    PermissionMissing, RecordChanged.
    """
    model = locked_model(model)
    require_keeper(model, actor, at)
    require_base(model, base)
    _require_no_review(model, record)
    require_right(model, record, at=at)
    change = edit(model, record, around_of(model), actor=actor, at=at)
    if change is None:
        return model
    write_all([change])
    return change.model


@transaction.atomic
def describe_model(*, model: Model, description: str, actor: Actor, at: datetime) -> Model:
    """Set MLflow's free description. Appends model.described; nothing when it is the same.

    Raises ModelRetired, PermissionMissing.
    """
    model = locked_model(model)
    require(actor, Permission.VERSION_REGISTER, unit=model.unit, at=at)
    require_in_use(model)
    if model.description == description:
        return model
    change = description_change(model, description, actor=actor, at=at)
    write_all([change])
    return change.model


def _require_no_review(model: Model, record: ModelRecord) -> None:
    if model.live_since is None:
        return
    if governed := governed_among(differences(model, record)):
        words = ", ".join(field_label(field).lower() for field in governed)
        raise ChangeAwaitsReview(
            f"{model.name} is live, so a change of {words} waits for a review. Propose it.",
            subject=model.ref,
            stream=model.stream,
            fields=governed,
        )
