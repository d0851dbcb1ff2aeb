"""Another name for a model. The record, its versions and its history stay one."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb, admissible
from governance.core.errors import InvalidInput, invalid
from governance.inventory.actions.keeping import require_in_use
from governance.inventory.models import FormerName, Model
from governance.inventory.queries import locked_model
from governance.inventory.rules import ModelNotFound, name_problems, name_taken
from governance.registry.models import ModelVersion, SlotAssignment
from governance.registry.rules.removals import StillServing


@transaction.atomic
def rename_model(*, model: Model, name: str, actor: Actor, at: datetime) -> Model:
    """Give the model another name; the old one is kept as a former name, and free.

    A dossier states the name, so what was signed before must be signed anew. As in MLflow every
    version counts as updated. Appends model.renamed; nothing when it has that name. Raises
    InvalidInput (rule `unique` when the name is taken, or was another model's), ModelNotFound,
    ModelRetired, PermissionMissing, StillServing.
    """
    model = locked_model(model)
    require(actor, Permission.MODEL_RENAME, unit=model.unit, at=at)
    if model.removed_at is not None:
        raise ModelNotFound(f"{model.name} was removed.")
    require_in_use(model)
    if model.name == name:
        return model
    if problems := list(name_problems(name)):
        raise InvalidInput(*problems)
    _require_idle(model)
    if FormerName.objects.filter(name=name).exclude(model=model).exists():
        message = f"Another model was called {name}, and programs may still load it by that name."
        raise invalid("new_name", "unique", message)
    former = give_name(model, name, actor=actor, at=at)
    versions = ModelVersion.objects.present().filter(model=model)
    versions.update(updated_at=at)
    audit.append(
        verb=Verb.MODEL_RENAMED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts=admissible({"from": former.name, "to": model.name}),
        records=[model, former, *versions.order_by("number")],
    )
    return model


def _require_idle(model: Model) -> None:
    """Raise StillServing while a version answers live traffic: programs load it by the name.

    Else two names that change hands would put another model's champion where this one's was.
    """
    live = SlotAssignment.objects.current().answering().filter(slot__model=model)
    numbers = sorted(live.values_list("version__number", flat=True).distinct())
    if numbers:
        raise StillServing(
            f"{model.name} is not renamed while a version of it answers live traffic: "
            f"{', '.join(map(str, numbers))}. Register it under the new name and have it promoted "
            "there.",
            subject=model.ref,
            stream=model.stream,
            versions=numbers,
        )


def give_name(model: Model, name: str, *, actor: Actor, at: datetime) -> FormerName:
    """Write the new name and keep the old one; the caller holds the model's lock.

    Raises InvalidInput when another model has the name, also one that the actor cannot see.
    """
    former = FormerName(model=model, name=model.name, ended_by=actor.ref, ended_at=at)
    model.name, model.updated_at = name, at
    try:
        with transaction.atomic():
            model.save()
    except IntegrityError as error:
        raise name_taken(name) from error
    former.save(force_insert=True)
    return former
