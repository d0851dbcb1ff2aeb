"""Aliases that people and pipelines set by hand. Those of slots follow the champion."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb, admissible
from governance.core.compiled import KEY, NAME, CompiledObject, Insert, Update
from governance.inventory.actions.keeping import require_in_use
from governance.inventory.models import Model
from governance.inventory.queries import locked_model
from governance.registry.models import Alias, ModelVersion, Slot
from governance.registry.queries import locked_version
from governance.registry.queries.aliases import slot_aliases
from governance.registry.rules import VersionNotFound
from governance.registry.rules.aliases import (
    AliasProtected,
    check_alias,
    check_settable_alias,
    is_among,
)


def _alias(owner: UUID, name: str) -> QuerySet[Alias]:
    return Alias.objects.filter(model=owner, name=name)


_ALIAS = CompiledObject(_alias, owner=KEY, name=NAME)
_insert, _update = Insert(Alias), Update(Alias, "version", "set_by", "set_at")


@transaction.atomic
def set_alias(*, version: ModelVersion, name: str, actor: Actor, at: datetime) -> Alias:
    """Let the alias mean this version, and no other of its model from now on.

    Behind the model's lock, so that of many who set it at once each finds the one row. Appends
    alias.set; nothing when it means this version already. Raises InvalidInput, AliasProtected,
    PermissionMissing, VersionNotFound.
    """
    check_settable_alias(name)
    version = locked_version(version)
    model = version.model
    require(actor, Permission.VERSION_REGISTER, unit=model.unit, at=at)
    require_in_use(model)
    if version.removed_at is not None:
        raise VersionNotFound(f"{version} was removed.")
    _require_free(model, name)
    alias = _ALIAS.first(owner=model.pk, name=name) or Alias(model=model, name=name)
    before = None if alias._state.adding else alias.version_id
    if before == version.pk:
        return alias
    alias.version, alias.set_by, alias.set_at = version, actor.ref, at
    alias = _insert(alias) if alias._state.adding else _update(alias)
    audit.append(
        verb=Verb.ALIAS_SET,
        stream=model.stream,
        subject=version.ref,
        actor=actor.ref,
        at=at,
        facts=admissible(
            {
                "alias": name,
                "number": version.number,
                "before": f"{ModelVersion.REF}:{before}" if before else None,
            }
        ),
        records=[alias],
    )
    return alias


@transaction.atomic
def delete_alias(*, model: Model, name: str, actor: Actor, at: datetime) -> None:
    """Take an alias away; absent is fine. Appends alias.deleted.

    Raises InvalidInput, AliasProtected, PermissionMissing.
    """
    check_alias(name)
    model = locked_model(model)
    require(actor, Permission.VERSION_REGISTER, unit=model.unit, at=at)
    if slot := slot_aliases(model).get(name):
        raise _protected(
            model,
            name,
            f"The alias {name} of {model.name} follows what serves in the slot {slot.name}; nobody "
            "deletes it by hand. Ask for the champion to be archived, or roll back.",
            slot=slot,
        )
    alias = Alias.objects.filter(model=model, name=name).select_related("version").first()
    if alias is None:
        return
    facts, version = {"alias": name, "deleted": alias.ref}, alias.version
    alias.delete()
    audit.append(
        verb=Verb.ALIAS_DELETED,
        stream=model.stream,
        subject=version.ref,
        actor=actor.ref,
        at=at,
        facts=admissible(facts | {"number": version.number}),
        records=[],
    )


def _require_free(model: Model, name: str) -> None:
    """Raise AliasProtected for the alias of a slot or a protected one, in whatever case."""
    held = slot_aliases(model)
    holder = next((slot for alias, slot in held.items() if is_among(name, [alias])), None)
    if holder is not None:
        raise _protected(
            model,
            name,
            f"The alias {holder.alias} of {model.name} follows what serves in the slot "
            f"{holder.name}; nobody sets it by hand, in whatever case. Set the alias "
            f"{holder.alias} itself, or ask for Production, to open a promotion request.",
            slot=holder,
        )
    if is_among(name, settings.PROTECTED_ALIASES):
        raise _protected(
            model,
            name,
            f"The alias {name} is protected here, in whatever case, and no slot of {model.name} "
            "holds it. Give it to a slot, whose champion it then follows, or choose another one.",
        )


def _protected(
    model: Model, name: str, message: str, *, slot: Slot | None = None
) -> AliasProtected:
    return AliasProtected(
        message,
        subject=model.ref,
        stream=model.stream,
        alias=name,
        slot=slot.name if slot else None,
    )
