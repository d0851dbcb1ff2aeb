"""Reads of accounts: who is who, at which moment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.accounts.models import ApiToken, Delegation, RoleGrant, ServiceAccount, Unit, User
from governance.accounts.permissions import (
    ROLE_PERMISSIONS,
    SCOPE_PERMISSIONS,
    Permission,
    roles_with,
)
from governance.accounts.rules import (
    Actor,
    DelegationNotFound,
    ExaminersAccount,
    Role,
    Scope,
    covers,
)
from governance.core.compiled import CompiledObject
from governance.core.errors import invalid
from governance.core.wording import listed


@dataclass(frozen=True, kw_only=True)
class TokenHolder:
    """A service account, acting with one of its tokens within the scopes of that token."""

    service: ServiceAccount
    scopes: frozenset[Scope]

    @property
    def ref(self) -> str:
        return self.service.ref

    @property
    def label(self) -> str:
        return self.service.name

    @property
    def person(self) -> User:
        return self.service.responsible

    def sees(self, unit: Unit) -> bool:
        """Tell whether the models of this unit are among those it may know of."""
        return covers(self.service.unit.path, unit.path)

    def permissions(self, *, unit: Unit, at: datetime) -> frozenset[Permission]:
        if not self.sees(unit):
            return frozenset()
        return frozenset().union(*(SCOPE_PERMISSIONS[scope] for scope in self.scopes))


@dataclass(frozen=True, kw_only=True)
class SystemActor:
    """The shell of the server, or a process of ours. Holds exactly the permissions named here."""

    name: str
    held: frozenset[Permission]

    @property
    def ref(self) -> str:
        return f"system:{self.name}"

    @property
    def label(self) -> str:
        return f"the {self.name}"

    @property
    def person(self) -> None:
        return None

    def permissions(self, *, unit: Unit, at: datetime) -> frozenset[Permission]:
        return self.held


CONSOLE = SystemActor(
    name="console",
    held=frozenset(
        {
            Permission.ACCOUNT_MANAGE,
            Permission.ROLE_GRANT,
            Permission.TOKEN_ISSUE,
            Permission.POLICY_PROPOSE,
            Permission.QUESTIONNAIRE_PUBLISH,
            Permission.MODEL_READ,
            Permission.PACK_BUILD,
        }
    ),
)
"""Whoever has the shell of the server. It can let people in; it can sign nothing."""


def _with_digest(sha256: str) -> QuerySet[ApiToken]:
    tokens = ApiToken.objects.select_related("service__unit", "service__responsible")
    return tokens.filter(sha256=sha256)


_TOKENS = CompiledObject(_with_digest, sha256="\ue000sha256")


def valid_token(secret: str, *, at: datetime) -> ApiToken | None:
    """Return the token with this secret, or None if unknown, revoked, expired or switched off.

    One indexed lookup by SHA-256: the secret has 256 random bits, so a slow hash adds nothing.
    """
    token = _TOKENS.first(sha256=hashlib.sha256(secret.encode()).hexdigest())
    if token is None or not token.holds_at(at):
        return None
    service = token.service
    return token if service.is_active and service.responsible.is_active else None


def token_holder(secret: str, *, at: datetime) -> TokenHolder | None:
    """Return who acts with this secret, or None if it does not hold."""
    token = valid_token(secret, at=at)
    return holder_of(token) if token else None


def holder_of(token: ApiToken) -> TokenHolder:
    return TokenHolder(service=token.service, scopes=frozenset(map(Scope, token.scopes)))


def labels_of(refs: Iterable[str]) -> dict[str, str]:
    """Return the names of the people and service accounts among the references: two queries."""
    keys: dict[str, set[str]] = {User.REF: set(), ServiceAccount.REF: set()}
    for ref in refs:
        kind, _, key = ref.partition(":")
        keys.get(kind, set()).add(key)
    people = User.objects.filter(pk__in=keys[User.REF]).only("name")
    services = ServiceAccount.objects.filter(pk__in=keys[ServiceAccount.REF]).only("name")
    return {row.ref: row.name for rows in (people, services) for row in rows}


def unit_reach(paths: Iterable[str], *, prefix: str = "") -> Q:
    """Return the condition that one of the granted paths reaches the unit.

    `prefix` is the lookup that leads from the filtered table to the unit, such as `unit__`.
    """
    reach = Q(pk__in=[])
    for path in paths:
        reach |= Q(**{f"{prefix}path": path}) | Q(**{f"{prefix}path__startswith": path + "/"})
    return reach


def readable_paths(actor: Actor, *, at: datetime) -> list[str]:
    """Return the unit paths within which the actor may read every model."""
    match actor:
        case User():
            if not actor.is_active or actor.is_examiner:
                return []
            grants = actor.grants.at(at).filter(role__in=roles_with(Permission.MODEL_READ))
            lent = actor.delegations_held.at(at)
            return [one.unit.path for one in (*grants, *lent)]
        case TokenHolder():
            return [actor.service.unit.path]
        case _:
            return []


def locked_person(user: User) -> User:
    """Lock the person, for what two acts at once must not both find free."""
    return User.objects.select_for_update().get(pk=user.pk)


def require_no_examiner(user: User) -> None:
    """Raise ExaminersAccount for the account of an examiner, which the caller has locked."""
    if user.is_examiner:
        raise ExaminersAccount(
            f"{user.name} has the account of an examiner, which takes no part in the firm: it "
            "holds no role, signs for nobody and answers for no pipeline. Make another account.",
            subject=user.ref,
            stream="accounts",
        )


def units_with(user: User, permission: Permission, *, at: datetime) -> QuerySet[Unit]:
    """Return the units in which the user holds the permission."""
    if not user.is_active:
        return Unit.objects.none()
    grants = user.grants.at(at).filter(role__in=roles_with(permission))
    return Unit.objects.filter(unit_reach([grant.unit.path for grant in grants]))


def grants_reaching(role: Role, *, unit: Unit, at: datetime) -> list[RoleGrant]:
    """Return what gives active people the role in the unit at that moment."""
    grants = RoleGrant.objects.at(at).filter(role=role, user__is_active=True).select_related("user")
    return [grant for grant in grants if covers(grant.unit.path, unit.path)]


def holders_of(role: Role, *, unit: Unit, at: datetime) -> list[User]:
    """Return the active people who hold the role in the unit at that moment, by name."""
    people = {grant.user_id: grant.user for grant in grants_reaching(role, unit=unit, at=at)}
    return sorted(people.values(), key=lambda user: user.name)


def who_can(facts: Mapping[str, Any], *, at: datetime) -> str:
    """Name those who hold what the facts of a refusal say was missing, in its unit.

    The facts are those of a PermissionMissing; of others it says nothing.
    """
    unit = Unit.objects.filter(path=facts.get("unit", "")).first()
    wanted, role = facts.get("permission", ""), facts.get("role", "")
    if unit is None or not (wanted in list(Permission) or role in Role.values):
        return ""
    roles = [Role(role)] if role else roles_with(Permission(wanted))
    return named_holders(roles, unit=unit, at=at) or f"Nobody in {unit.name} yet."


def named_holders(roles: Iterable[Role], *, unit: Unit, at: datetime) -> str:
    """Return `In Retail credit: A, B, C and 2 more.`, or nothing where nobody holds any of them."""
    people = {user.name for role in roles for user in holders_of(role, unit=unit, at=at)}
    return f"In {unit.name}: {listed(sorted(people))}." if people else ""


def roles_of(user: User, *, unit: Unit, at: datetime) -> set[Role]:
    """Return the roles that the user holds in the unit at that moment."""
    return {Role(g.role) for g in user.grants.at(at) if covers(g.unit.path, unit.path)}


@dataclass(frozen=True)
class RolesAhead:
    """Everybody's roles at one moment, read in one query, to judge thousands of rows by.

    Says the same as `roles_of` and `User.permissions`; `at` is then the moment it was read for.
    """

    held: Mapping[UUID, Sequence[tuple[Role, str]]] = field(repr=False)

    @classmethod
    def at(cls, at: datetime) -> RolesAhead:
        held: dict[UUID, list[tuple[Role, str]]] = {}
        grants = RoleGrant.objects.at(at).values_list("user_id", "role", "unit__path")
        for user, role, path in grants:
            held.setdefault(user, []).append((Role(role), path))
        return cls(held)

    def roles_of(self, user: User, *, unit: Unit, at: datetime) -> set[Role]:
        return {role for role, path in self.held.get(user.pk, ()) if covers(path, unit.path)}

    def acting(self, actor: Actor) -> Actor:
        """Return the same actor, who asks the database for nothing."""
        return PersonAhead(actor, self) if isinstance(actor, User) else actor


@dataclass(frozen=True)
class PersonAhead:
    """A person whose roles were read ahead."""

    person: User
    roles: RolesAhead

    @property
    def ref(self) -> str:
        return self.person.ref

    @property
    def label(self) -> str:
        return self.person.label

    def permissions(self, *, unit: Unit, at: datetime) -> frozenset[Permission]:
        if not self.person.is_active:
            return frozenset()
        held = self.roles.roles_of(self.person, unit=unit, at=at)
        return frozenset().union(*(ROLE_PERMISSIONS[role] for role in held))


def delegations_in(unit: Unit, *, at: datetime) -> list[Delegation]:
    """Return the delegations that reach the unit at that moment, by when they were given.

    One ends with the delegator's own role: what somebody does not hold, nobody holds for them.
    """
    return [
        one
        for one in Delegation.objects.at(at).filter(deputy__is_active=True).order_by("given_at")
        if covers(one.unit.path, unit.path) and holds_through(one, unit=unit, at=at)
    ]


def delegation_by_id(delegation_id: UUID, *, person: User) -> Delegation:
    """Return what this person lent or was lent, or raise DelegationNotFound."""
    mine = Q(delegator=person) | Q(deputy=person)
    row = Delegation.objects.filter(mine, pk=delegation_id).first()
    if row is None:
        raise DelegationNotFound("There is no such delegation.")
    return row


def holds_through(delegation: Delegation, *, unit: Unit, at: datetime) -> bool:
    """Tell whether the delegator still holds in the unit what they lent."""
    delegator = delegation.delegator
    held = roles_of(delegator, unit=unit, at=at) if delegator.is_active else set()
    return delegation.role in held


def person_with_email(email: str) -> User | None:
    """Return the person with this address, in whatever case, also one who may not sign in now."""
    return User.objects.filter(email__iexact=email).first()


def active_person(email: str) -> User:
    """Return the person with this address who may sign in now. Raises InvalidInput."""
    person = person_with_email(email)
    if person is None or not person.is_active:
        raise invalid("as", "known", f"Nobody who may sign in has the address {email!r}.")
    return person


def root_unit() -> Unit:
    """Return the unit at the top of the tree: where rights over the whole firm are held."""
    unit = Unit.objects.exclude(path__contains="/").order_by("path").first()
    return unit or Unit(path="firm", name="the firm")
