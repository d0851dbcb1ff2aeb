"""Writing what acts on records worked out: of one model, or of thousands, table by table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError, transaction

from governance.audit import actions as audit
from governance.audit.actions import Act
from governance.core.compiled import Update
from governance.core.models import Record
from governance.inventory.models import CustomValue, Model
from governance.inventory.rules import name_taken

_SAVED = [
    one.name for one in Model._meta.local_concrete_fields if not (one.primary_key or one.generated)
]
_update = Update(Model, *_SAVED)
_answer = Update(CustomValue, "value")
_Working = Model.developers.through


@dataclass(frozen=True, kw_only=True)
class WorkedOut:
    """One act on one model: judged, worked out, and not written yet.

    `model` is as it is to be, and nobody's else: a later act on it has a copy of its own.
    `rows` are to be inserted, `changed` are rows that are there already.
    """

    model: Model
    act: Act
    is_new: bool = False
    rows: Sequence[Record] = ()
    changed: Sequence[CustomValue] = ()
    joining: Collection[UUID] = field(default=frozenset())
    leaving: Collection[UUID] = field(default=frozenset())


def write_all(changes: Iterable[WorkedOut], *acts: Act) -> None:
    """Write every change with its entry, and the entries of `acts`, in the caller's transaction.

    Raises InvalidInput (rule `unique`) for a new model whose name somebody took meanwhile.
    """
    changes = list(changes)
    _insert_models([change.model for change in changes if change.is_new])
    _update.all(change.model for change in changes if not change.is_new)
    _write_developers(changes)
    audit.insert_all(row for change in changes for row in change.rows)
    _answer.all(row for change in changes for row in change.changed)
    audit.append_all([*acts, *(change.act for change in changes)])


def _insert_models(models: Sequence[Model]) -> None:
    try:
        with transaction.atomic():
            Model.objects.bulk_create(models)
    except IntegrityError as error:
        for model in models:
            if Model.objects.filter(name=model.name).exists():
                raise name_taken(model.name) from error
        raise


def _write_developers(changes: Sequence[WorkedOut]) -> None:
    for change in changes:
        if change.leaving:
            _Working._default_manager.filter(model=change.model, user__in=change.leaving).delete()
    _Working._default_manager.bulk_create(
        _Working(model_id=change.model.pk, user_id=user)
        for change in changes
        for user in change.joining
    )
