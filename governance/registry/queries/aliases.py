"""Which aliases mean which versions: those set by hand, and those that follow a slot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from django.db.models import QuerySet

from governance.core.compiled import KEY, Compiled, CompiledObject
from governance.inventory.models import Model
from governance.registry.models import (
    Alias,
    ModelVersion,
    Slot,
    SlotAssignment,
    SlotAssignmentQuerySet,
)
from governance.registry.rules import SlotRole, VersionNotFound
from governance.registry.rules.aliases import LATEST, AliasNotFound, check_alias

MODELS_AT_ONCE = 10_000
"""SQLite takes no more than 32,766 values in one statement, and this one takes them twice."""


@dataclass(frozen=True, kw_only=True, order=True)
class Named:
    """That a name means a version of a model."""

    alias: str
    number: int
    version_id: UUID


Aliases: TypeAlias = Mapping[UUID, Sequence[Named]]
"""Of each model, by its key, the aliases in the order of their names."""


def aliases_of(models: Collection[UUID]) -> Aliases:
    """Return the aliases of these models, given by key, in one query for thousands of them.

    An alias that a slot holds is there while the slot has a champion.
    """
    found: defaultdict[UUID, list[Named]] = defaultdict(list)
    keys = sorted(set(models))
    for start in range(0, len(keys), MODELS_AT_ONCE):
        some = keys[start : start + MODELS_AT_ONCE]
        rows = _named(some) if len(some) > 1 else _NAMED_OF_ONE.rows(key=some[0])
        for model, alias, version, number in rows:
            found[model].append(Named(alias=alias, number=number, version_id=version))
    return {model: sorted(named) for model, named in found.items()}


class _Row(NamedTuple):
    model: UUID
    alias: str
    version: UUID
    number: int


def _named(keys: Sequence[UUID]) -> QuerySet[Alias, Any]:
    free = Alias.objects.filter(model__in=keys)
    held = _champions().filter(slot__model__in=keys)
    return free.values_list("model_id", "name", "version_id", "version__number").union(
        held.values_list("slot__model_id", "slot__alias", "version_id", "version__number"),
        all=True,
    )


_NAMED_OF_ONE = Compiled(lambda key: _named([key]), _Row, key=KEY)


def _with_alias(key: UUID) -> QuerySet[Slot]:
    return Slot.objects.filter(model=key).exclude(alias="")


_WITH_ALIAS = CompiledObject(_with_alias, key=KEY)


def version_with_alias(model: Model, alias: str) -> ModelVersion:
    """Return the version that the alias means now; `latest` means the highest number.

    Raises InvalidInput, AliasNotFound, and VersionNotFound for the latest of none.
    """
    check_alias(alias)
    versions = ModelVersion.objects.present().with_model().filter(model=model)
    if alias.lower() == LATEST:
        newest = versions.order_by("-number").first()
        if newest is None:
            raise VersionNotFound(f"Latest version not found for model {model.name}.")
        return newest
    held = _champions().filter(slot__model=model, slot__alias=alias)
    version = (
        versions.filter(pk__in=held.values("version")).first()
        or versions.filter(aliases__model=model, aliases__name=alias).first()
    )
    if version is None:
        raise AliasNotFound(f"Registered model alias {alias} not found.")
    return version


def slot_with_alias(model: Model, alias: str) -> Slot | None:
    """Return the slot whose champion the alias follows, if it is the alias of one."""
    return slot_aliases(model).get(alias)


def slot_aliases(model: Model) -> dict[str, Slot]:
    """Return the aliases that slots of this model hold."""
    return {slot.alias: slot for slot in _WITH_ALIAS.all(key=model.pk)}


def _champions() -> SlotAssignmentQuerySet:
    return SlotAssignment.objects.current().filter(role=SlotRole.CHAMPION).exclude(slot__alias="")
