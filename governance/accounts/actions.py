"""Letting people and pipelines in, giving and ending roles: one entry in `accounts` each."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import transaction

from governance.accounts.models import ApiToken, RoleGrant, RoleGrantEnd, ServiceAccount, Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import root_unit
from governance.accounts.rules import (
    Actor,
    AdministratorExists,
    GrantEnded,
    OwnAccount,
    Role,
    Scope,
)
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, Problem, invalid

STREAM = "accounts"
DEFAULT_TOKEN_DAYS = 90


@transaction.atomic
def create_unit(*, path: str, name: str, actor: Actor, at: datetime) -> Unit:
    """Add a unit to the tree. Appends unit.created. Raises InvalidInput, PermissionMissing."""
    unit = Unit(path=path, name=name)
    require(actor, Permission.ACCOUNT_MANAGE, unit=unit, at=at)
    _check_unit_path(path)
    unit.save(force_insert=True)
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
    if not name.strip():
        raise invalid("name", "required", "Enter a name.")
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


def _check_unit_path(path: str) -> None:
    if not all(_is_slug(part) for part in path.split("/")):
        raise invalid("path", "path", "A unit's path is made of names such as bank/retail-credit.")
    if Unit.objects.filter(path=path).exists():
        raise invalid("path", "unique", f"There is a unit at {path} already.")


def _is_slug(text: str) -> bool:
    try:
        validate_slug(text)
    except ValidationError:
        return False
    return True


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
) -> User:
    """Let a person sign in; they may do nothing until a role is granted.

    `unit` is the unit whose administrator lets them in. Appends user.created.
    Raises InvalidInput, PermissionMissing.
    """
    require(actor, Permission.ACCOUNT_MANAGE, unit=unit, at=at)
    return _insert_user(
        email=email, name=name, password=password, actor=actor, at=at, is_demo=is_demo
    )


def _insert_user(
    *, email: str, name: str, password: str, actor: Actor, at: datetime, is_demo: bool
) -> User:
    user = User(email=email.strip().lower(), name=name.strip(), is_demo=is_demo, created_at=at)
    _check_person(user, password)
    user.set_password(password)
    user.save(force_insert=True)
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
    Raises InvalidInput, OwnAccount, PermissionMissing.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    require(actor, Permission.ACCOUNT_MANAGE, unit=root_unit(), at=at)
    if not name.strip():
        raise invalid("name", "required", "Enter the full name.")
    if user.ref == actor.ref and not is_active:
        raise OwnAccount("Another administrator has to switch your account off.")
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


def _check_person(user: User, password: str) -> None:
    problems = []
    if not user.name:
        problems.append(Problem(field="name", rule="required", message="Enter the full name."))
    try:
        validate_email(user.email)
    except ValidationError:
        problems.append(
            Problem(
                field="email", rule="email", message="Enter an e-mail address like ada@bank.eu."
            )
        )
    if User.objects.filter(email=user.email).exists():
        problems.append(
            Problem(
                field="email", rule="unique", message="Somebody has this e-mail address already."
            )
        )
    try:
        validate_password(password, user)
    except ValidationError as error:
        problems += [Problem(field="password", rule="strength", message=m) for m in error.messages]
    if problems:
        raise InvalidInput(*problems)


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
    user = create_user(email=email, name=name, password=password, unit=unit, actor=actor, at=at)
    grant_role(user=user, role=Role.ADMINISTRATOR, unit=unit, starts_at=at, actor=actor, at=at)
    return user


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: Role,
    unit: Unit,
    starts_at: datetime,
    actor: Actor,
    at: datetime,
    ends_at: datetime | None = None,
) -> RoleGrant:
    """Give a person a role in a unit, from a start to an end. Appends role.granted.

    Raises InvalidInput when the end is not after the start, PermissionMissing.
    """
    require(actor, Permission.ROLE_GRANT, unit=unit, at=at)
    if ends_at is not None and ends_at <= starts_at:
        raise invalid("ends_at", "after_start", "Enter an end that is after the start.")
    grant = RoleGrant.objects.create(
        user=user,
        role=role,
        unit=unit,
        starts_at=starts_at,
        ends_at=ends_at,
        granted_by=actor.ref,
        granted_at=at,
    )
    audit.append(
        verb=Verb.ROLE_GRANTED,
        stream=STREAM,
        subject=grant.ref,
        actor=actor.ref,
        at=at,
        facts={
            "user": user.ref,
            "role": role,
            "unit": unit.ref,
            "starts_at": starts_at,
            "ends_at": ends_at,
        },
        records=[grant],
    )
    return grant


@transaction.atomic
def end_role(*, grant: RoleGrant, actor: Actor, at: datetime) -> RoleGrantEnd:
    """End a grant now, also one that has not begun. Appends role.ended.

    Raises GrantEnded, PermissionMissing.
    """
    require(actor, Permission.ROLE_GRANT, unit=grant.unit, at=at)
    # Lock the person: two administrators ending one grant at once must not both succeed.
    User.objects.select_for_update().get(pk=grant.user_id)
    has_run_out = grant.ends_at is not None and grant.ends_at <= at
    if has_run_out or RoleGrantEnd.objects.filter(grant=grant).exists():
        raise GrantEnded("This role has ended already.")
    end = RoleGrantEnd.objects.create(grant=grant, ended_at=at, ended_by=actor.ref)
    audit.append(
        verb=Verb.ROLE_ENDED,
        stream=STREAM,
        subject=grant.ref,
        actor=actor.ref,
        at=at,
        facts={"user": f"user:{grant.user_id}", "role": grant.role},
        records=[end],
    )
    return end


@transaction.atomic
def create_service_account(
    *, name: str, unit: Unit, responsible: User, actor: Actor, at: datetime
) -> ServiceAccount:
    """Let a pipeline in, on the responsibility of a person. Appends service.created.

    Raises InvalidInput, PermissionMissing.
    """
    require(actor, Permission.TOKEN_ISSUE, unit=unit, at=at)
    if not _is_slug(name):
        raise invalid("name", "slug", "A service's name has letters, digits, - and _ only.")
    if ServiceAccount.objects.filter(name=name).exists():
        raise invalid("name", "unique", f"There is a service account {name} already.")
    if not responsible.is_active:
        raise invalid("responsible", "active", "Name a responsible person who can sign in.")
    service = ServiceAccount.objects.create(
        name=name, unit=unit, responsible=responsible, created_at=at
    )
    audit.append(
        verb=Verb.SERVICE_CREATED,
        stream=STREAM,
        subject=service.ref,
        actor=actor.ref,
        at=at,
        facts={"unit": unit.ref, "responsible": responsible.ref},
        records=[service],
    )
    return service


@transaction.atomic
def issue_token(
    *,
    service: ServiceAccount,
    scopes: Sequence[Scope],
    actor: Actor,
    at: datetime,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Issue a token; the secret is returned this once and kept as a digest only.

    Lasts 90 days unless `expires_at` says otherwise. Appends token.issued.
    Raises InvalidInput, PermissionMissing.
    """
    require(actor, Permission.TOKEN_ISSUE, unit=service.unit, at=at)
    expires_at = expires_at or at + timedelta(days=DEFAULT_TOKEN_DAYS)
    if expires_at <= at:
        raise invalid("expires_at", "future", "Enter an expiry in the future.")
    if not scopes:
        raise invalid("scopes", "required", "Choose at least one thing the token may do.")
    secret = f"cs_{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        service=service,
        prefix=secret[:10],
        sha256=hashlib.sha256(secret.encode()).hexdigest(),
        scopes=sorted(scopes),
        issued_at=at,
        expires_at=expires_at,
    )
    audit.append(
        verb=Verb.TOKEN_ISSUED,
        stream=STREAM,
        subject=token.ref,
        actor=actor.ref,
        at=at,
        facts={"service": service.ref, "scopes": sorted(scopes), "expires_at": expires_at},
        records=[token],
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: Actor, at: datetime) -> ApiToken:
    """End a token at once; revoking it again changes nothing. Appends token.revoked."""
    token = ApiToken.objects.select_for_update().select_related("service__unit").get(pk=token.pk)
    require(actor, Permission.TOKEN_ISSUE, unit=token.service.unit, at=at)
    if token.revoked_at is not None:
        return token
    token.revoked_at = at
    token.save(update_fields=["revoked_at"])
    audit.append(
        verb=Verb.TOKEN_REVOKED,
        stream=STREAM,
        subject=token.ref,
        actor=actor.ref,
        at=at,
        facts={"service": token.service.ref},
        records=[token],
    )
    return token
