"""Units: the tree in which people hold their roles."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from governance.accounts.models import Unit
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import MAX_PATH, MAX_UNIT, Actor, name_problems
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, invalid
from governance.core.models import insert_unique

STREAM = "accounts"


@transaction.atomic
def create_unit(*, path: str, name: str, actor: Actor, at: datetime) -> Unit:
    """Add a unit to the tree. Appends unit.created. Raises InvalidInput, PermissionMissing."""
    unit = Unit(path=path, name=name.strip())
    require(actor, Permission.ACCOUNT_MANAGE, unit=unit, at=at)
    _check_path(path)
    _check_name(name)
    if Unit.objects.filter(path=path).exists():
        raise _is_taken(path)
    insert_unique(unit, taken=_is_taken(path))
    audit.append(
        verb=Verb.UNIT_CREATED,
        stream=STREAM,
        subject=unit.ref,
        actor=actor.ref,
        at=at,
        facts={"path": path},
        records=[unit],
    )
    return unit


@transaction.atomic
def rename_unit(*, unit: Unit, name: str, actor: Actor, at: datetime) -> Unit:
    """Give a unit another name; its place stays. Appends unit.updated, or nothing if it is so.

    Raises InvalidInput, PermissionMissing.
    """
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    require(actor, Permission.ACCOUNT_MANAGE, unit=unit, at=at)
    _check_name(name)
    if unit.name == name.strip():
        return unit
    unit.name = name.strip()
    unit.save(update_fields=["name"])
    audit.append(
        verb=Verb.UNIT_UPDATED,
        stream=STREAM,
        subject=unit.ref,
        actor=actor.ref,
        at=at,
        facts={"changed": ["name"]},
        records=[unit],
    )
    return unit


def _check_path(path: str) -> None:
    # Small letters: SQLite finds what begins with a path without regard to case, and a grant on
    # bank/a must not reach bank/A.
    if path != path.lower() or not all(is_slug(part) for part in path.split("/")):
        message = "A unit's path is made of names in small letters, such as bank/retail-credit."
        raise invalid("path", "path", message)
    if len(path) > MAX_PATH:
        raise invalid("path", "length", f"Use at most {MAX_PATH} characters for the path.")


def _check_name(name: str) -> None:
    if problems := list(name_problems(name, longest=MAX_UNIT, ask="Enter a name.")):
        raise InvalidInput(*problems)


def _is_taken(path: str) -> InvalidInput:
    return invalid("path", "unique", f"There is a unit at {path} already.")


def is_slug(text: str) -> bool:
    try:
        validate_slug(text)
    except ValidationError:
        return False
    return True
