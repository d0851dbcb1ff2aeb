"""Letting people in, and letting them go."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from governance.accounts.actions.roles import grant_role
from governance.accounts.actions.units import STREAM, create_unit
from governance.accounts.models import RoleGrant, Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import root_unit
from governance.accounts.rules import (
    MAX_EMAIL,
    MAX_PERSON,
    AccountErased,
    Actor,
    AdministratorExists,
    OwnAccount,
    Role,
    name_problems,
)
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, Problem
from governance.core.models import insert_unique

ASK_NAME = "Enter the full name."
TAKEN = Problem(field="email", rule="unique", message="Somebody has this e-mail address already.")


@transaction.atomic
def create_user(
    *,
    email: str,
    name: str,
    password: str,
    unit: Unit,
    actor: Actor,
    at: datetime,
    is_demo: bool = False,
    is_own_password: bool = False,
) -> User:
    """Let a person sign in; they may do nothing until a role is granted.

    `unit` is the unit whose administrator lets them in. Unless the password is the person's own,
    nobody signs with it: whoever made the account knows it too. Appends user.created.
    Raises InvalidInput, PermissionMissing.
    """
    require(actor, Permission.ACCOUNT_MANAGE, unit=unit, at=at)
    user = User(
        email=email.strip().lower(),
        name=name.strip(),
        is_demo=is_demo,
        created_at=at,
        password_chosen_at=at if is_own_password else None,
    )
    _check_person(user, password)
    user.set_password(password)
    insert_unique(user, taken=InvalidInput(TAKEN))
    audit.append(
        verb=Verb.USER_CREATED,
        stream=STREAM,
        subject=user.ref,
        actor=actor.ref,
        at=at,
        facts={"demo": is_demo},
        records=[user],
    )
    return user


@transaction.atomic
def edit_user(*, user: User, name: str, is_active: bool, actor: Actor, at: datetime) -> User:
    """Correct a person's name, or let them sign in no more, or again.

    It takes the right over the whole firm, because a person may hold roles in any unit. What they
    did and signed stays. Appends user.deactivated or user.updated, or nothing if it is so already.
    Raises AccountErased, InvalidInput, OwnAccount, PermissionMissing.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    require(actor, Permission.ACCOUNT_MANAGE, unit=root_unit(), at=at)
    if problems := list(name_problems(name, longest=MAX_PERSON, ask=ASK_NAME)):
        raise InvalidInput(*problems)
    if user.ref == actor.ref and not is_active:
        raise OwnAccount("Another administrator has to switch your account off.")
    if user.is_erased:
        raise AccountErased(f"{user.name} is a name in place of one that was erased: it stays.")
    before = {"name": user.name, "is_active": user.is_active}
    user.name, user.is_active = name.strip(), is_active
    changed = sorted(key for key, value in before.items() if getattr(user, key) != value)
    if not changed:
        return user
    user.save(update_fields=["name", "is_active"])
    is_off = "is_active" in changed and not is_active
    audit.append(
        verb=Verb.USER_DEACTIVATED if is_off else Verb.USER_UPDATED,
        stream=STREAM,
        subject=user.ref,
        actor=actor.ref,
        at=at,
        facts={"changed": changed},
        records=[user],
    )
    return user


@transaction.atomic
def create_first_administrator(
    *,
    email: str,
    name: str,
    password: str,
    unit_path: str,
    unit_name: str,
    actor: Actor,
    at: datetime,
) -> User:
    """Make the first administrator of an empty portal, with the root unit if there is none.

    Appends unit.created (when needed), user.created and role.granted: three acts.
    Raises AdministratorExists once there is one: from then on they are made in the portal.
    """
    if RoleGrant.objects.at(at).filter(role=Role.ADMINISTRATOR).exists():
        raise AdministratorExists("There is an administrator already. Ask them for an account.")
    unit = Unit.objects.filter(path=unit_path).first() or create_unit(
        path=unit_path, name=unit_name, actor=actor, at=at
    )
    user = create_user(
        email=email,
        name=name,
        password=password,
        unit=unit,
        actor=actor,
        at=at,
        is_own_password=True,
    )
    grant_role(user=user, role=Role.ADMINISTRATOR, unit=unit, starts_at=at, actor=actor, at=at)
    return user


def _check_person(user: User, password: str) -> None:
    problems = list(name_problems(user.name, longest=MAX_PERSON, ask=ASK_NAME))
    if not _is_email(user.email):
        message = "Enter an e-mail address like ada@bank.eu."
        problems.append(Problem(field="email", rule="email", message=message))
    if User.objects.filter(email=user.email).exists():
        problems.append(TAKEN)
    try:
        validate_password(password, user)
    except ValidationError as error:
        problems += [Problem(field="password", rule="strength", message=m) for m in error.messages]
    if problems:
        raise InvalidInput(*problems)


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= MAX_EMAIL
