"""Another name for a model. The record, its versions and its history stay one."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb, admissible
from governance.core.errors import InvalidInput
from governance.inventory.models import FormerName, Model
from governance.inventory.queries import locked_model
from governance.inventory.rules import ModelNotFound, name_problems, name_taken
from governance.registry.models import ModelVersion


@transaction.atomic
def rename_model(*, model: Model, name: str, actor: Actor, at: datetime) -> Model:
    """Give the model another name; the old one is kept as a former name, and free.

    A dossier states the name, so what was signed before must be signed anew. As in MLflow every
    version counts as updated. Appends model.renamed; nothing when it has that name. Raises
    InvalidInput (rule `unique` when the name is taken), ModelNotFound, PermissionMissing.
    """
    model = locked_model(model)
    require(actor, Permission.MODEL_RENAME, unit=model.unit, at=at)
    if model.removed_at is not None:
        raise ModelNotFound(f"{model.name} was removed.")
    if model.name == name:
        return model
    if problems := list(name_problems(name)):
        raise InvalidInput(*problems)
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
