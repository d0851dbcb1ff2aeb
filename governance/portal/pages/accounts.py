"""Who holds which role where, and which pipelines are let in, as an administrator sees it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from governance.accounts.models import ApiToken, RoleGrant, ServiceAccount, Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import root_unit, units_with
from governance.accounts.queries.past import active_at, grants_at
from governance.accounts.rules import Scope
from governance.core.grouping import by_key
from governance.core.instants import Instant


@dataclass(frozen=True, kw_only=True)
class UnitRoles:
    """One unit and the roles that were held in it; `active` are who could sign in."""

    unit: Unit
    grants: Sequence[RoleGrant]
    active: Collection[UUID]


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """One token: its first letters, what it may do, and whether it still opens anything."""

    token: ApiToken
    at: datetime

    @property
    def state(self) -> str:
        if self.token.revoked_at is not None:
            return "Revoked"
        return "Valid" if self.token.holds_at(self.at) else "Expired"

    @property
    def scopes(self) -> list[str]:
        return [str(Scope(scope).label) for scope in self.token.scopes]


def reachable_units(reader: User, permission: Permission, *, at: datetime) -> QuerySet[Unit]:
    """Return the units in which the reader holds it. Raises PermissionMissing if in none."""
    units = units_with(reader, permission, at=at).order_by("path")
    if not units.exists():
        require(reader, permission, unit=root_unit(), at=at)
    return units


def unit_roles(reader: User, *, at: datetime, instant: Instant | None = None) -> list[UnitRoles]:
    """Return every unit in which the reader gives roles, with those held now, in three queries.

    Or with those held at a past moment, in one more; which units the reader sees is of now.
    """
    units = list(reachable_units(reader, Permission.ROLE_GRANT, at=at))
    grants = grants_at(instant.moment if instant else at)
    people = {grant.user for grant in grants}
    active = (
        active_at(people, instant.moment)
        if instant
        else {person.pk for person in people if person.is_active}
    )
    held = by_key(grants, lambda grant: grant.unit_id)
    return [UnitRoles(unit=unit, grants=held[unit.pk], active=active) for unit in units]


def services(reader: User, *, at: datetime) -> QuerySet[ServiceAccount]:
    """Return the service accounts of the units in which the reader issues tokens."""
    units = reachable_units(reader, Permission.TOKEN_ISSUE, at=at)
    found = ServiceAccount.objects.filter(unit__in=units).select_related("unit", "responsible")
    return found.prefetch_related("tokens").order_by("name")


def token_rows(service: ServiceAccount, *, at: datetime) -> list[TokenRow]:
    """Return the tokens of a service account, newest first."""
    tokens = sorted(service.tokens.all(), key=lambda token: token.issued_at, reverse=True)
    return [TokenRow(token=token, at=at) for token in tokens]
