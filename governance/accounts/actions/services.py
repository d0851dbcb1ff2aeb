"""Pipelines and their tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from governance.accounts.actions.units import STREAM, is_slug
from governance.accounts.models import ApiToken, ServiceAccount, Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import locked_person, require_no_examiner
from governance.accounts.rules import MAX_SERVICE, Actor, Scope
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, invalid
from governance.core.models import insert_unique

DEFAULT_TOKEN_DAYS = 90


@transaction.atomic
def create_service_account(
    *, name: str, unit: Unit, responsible: User, actor: Actor, at: datetime
) -> ServiceAccount:
    """Let a pipeline in, on the responsibility of a person. Appends service.created.

    Raises ExaminersAccount, InvalidInput, PermissionMissing.
    """
    require(actor, Permission.TOKEN_ISSUE, unit=unit, at=at)
    _check_service_name(name)
    _check_responsible(responsible)
    service = ServiceAccount(name=name, unit=unit, responsible=responsible, created_at=at)
    insert_unique(service, taken=_is_taken(name))
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
def edit_service_account(
    *, service: ServiceAccount, responsible: User, is_active: bool, actor: Actor, at: datetime
) -> ServiceAccount:
    """Name who answers for a pipeline from now on, or switch it off, or on again.

    What it asked for before stays asked for by whoever answered then. One whose responsible person
    has left can be switched off, and works again once another is named. Appends service.updated,
    or nothing if it is so already. Raises ExaminersAccount, InvalidInput, PermissionMissing.
    """
    service = ServiceAccount.objects.select_for_update().get(pk=service.pk)
    require(actor, Permission.TOKEN_ISSUE, unit=service.unit, at=at)
    if is_active:
        _check_responsible(responsible)
    before = (service.responsible_id, service.is_active)
    if before == (responsible.pk, is_active):
        return service
    service.responsible, service.is_active = responsible, is_active
    service.save(update_fields=["responsible", "is_active"])
    audit.append(
        verb=Verb.SERVICE_UPDATED,
        stream=STREAM,
        subject=service.ref,
        actor=actor.ref,
        at=at,
        facts={"responsible": responsible.ref, "active": is_active},
        records=[service],
    )
    return service


def _check_service_name(name: str) -> None:
    if not is_slug(name):
        raise invalid("name", "slug", "A service's name has letters, digits, - and _ only.")
    if len(name) > MAX_SERVICE:
        raise invalid("name", "length", f"Use at most {MAX_SERVICE} characters for the name.")
    if ServiceAccount.objects.filter(name=name).exists():
        raise _is_taken(name)


def _is_taken(name: str) -> InvalidInput:
    return invalid("name", "unique", f"There is a service account {name} already.")


def _check_responsible(person: User) -> None:
    require_no_examiner(locked_person(person))
    if not person.is_active:
        raise invalid("responsible", "active", "Name a responsible person who can sign in.")


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
    """End a token at once; revoking it again changes nothing. Appends token.revoked.

    Raises PermissionMissing.
    """
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
