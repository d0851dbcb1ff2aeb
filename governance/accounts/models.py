"""People, units, the roles they hold there, and the service accounts of pipelines."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Prefetch, Q

from governance.accounts.permissions import ROLE_PERMISSIONS, Permission
from governance.accounts.rules import (
    MAX_CASE,
    MAX_EMAIL,
    MAX_PATH,
    MAX_PERSON,
    MAX_SERVICE,
    MAX_UNIT,
    SIGNING_ROLES,
    Authority,
    Role,
    covers,
)
from governance.audit.models import Prose
from governance.core.models import Record


class Unit(Record):
    """A business unit. `path` places it in the tree: a grant on `bank` reaches `bank/retail`."""

    REF = "unit"

    name = models.CharField(max_length=MAX_UNIT)
    path = models.CharField(max_length=MAX_PATH, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(path=""), name="unit_has_path"),
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(Record, AbstractBaseUser, PermissionsMixin):
    """A person. Signs in with an e-mail address; what they may do comes from role grants alone.

    The account of an examiner stays one for good: it holds no role, and sees what an examination
    holds while that is open, and nothing else.
    """

    REF = "user"

    email = models.EmailField(unique=True, max_length=MAX_EMAIL)
    name = models.CharField("full name", max_length=MAX_PERSON)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False, editable=False)
    is_examiner = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(editable=False)
    password_chosen_at = models.DateTimeField(null=True, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return self.name

    @property
    def person(self) -> User:
        return self

    @property
    def pseudonym(self) -> str:
        """What stands for the name once that is erased: the same wherever and whenever one asks."""
        return f"Erased person {self.pk.hex[:8]}"

    @property
    def pseudonymous_email(self) -> str:
        return f"{self.pk.hex}@erased.invalid"

    @property
    def is_erased(self) -> bool:
        return self.email == self.pseudonymous_email

    @property
    def is_staff(self) -> bool:
        """Django's admin asks for this; who may enter is decided by the admin site itself."""
        return self.is_active

    def permissions(self, *, unit: Unit, at: datetime) -> frozenset[Permission]:
        if not self.is_active:
            return frozenset()
        held = (grant.role for grant in self.grants.at(at) if covers(grant.unit.path, unit.path))
        return frozenset().union(*(ROLE_PERMISSIONS[Role(role)] for role in held))


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def at(self, at: datetime) -> RoleGrantQuerySet:
        """Keep the grants that hold at that moment: begun, not run out, not ended by a row."""
        return (
            self.filter(Q(ends_at=None) | Q(ends_at__gt=at), starts_at__lte=at)
            .exclude(end__ended_at__lte=at)
            .select_related("unit")
        )


class RoleGrant(Record):
    """That a person holds a role in a unit for a time. Never edited: see RoleGrantEnd."""

    REF = "role_grant"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="grants")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.CharField(max_length=60, editable=False)
    granted_at = models.DateTimeField(editable=False)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_is_known"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="role_grant_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display()} in {self.unit}"


class RoleGrantEnd(Record):
    """That a grant was ended before its time."""

    REF = "role_grant_end"

    grant = models.OneToOneField(RoleGrant, on_delete=models.PROTECT, related_name="end")
    ended_at = models.DateTimeField()
    ended_by = models.CharField(max_length=60)


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def at(self, at: datetime) -> DelegationQuerySet:
        """Keep those that hold at that moment: begun, not run out, not ended by a row."""
        return (
            self.filter(starts_at__lte=at, ends_at__gt=at)
            .exclude(end__ended_at__lte=at)
            .select_related("unit", "delegator", "deputy")
        )

    def known_by(self, moment: datetime) -> DelegationQuerySet:
        """Keep what had been given by then, each with its end only if that had come by then."""
        ended = DelegationEnd.objects.filter(ended_at__lte=moment)
        return self.filter(given_at__lte=moment).prefetch_related(Prefetch("end", queryset=ended))


class Delegation(Record):
    """That a person has another sign in a role of theirs, in a unit, for a time.

    It holds no longer than the delegator's own role does. Never edited: see DelegationEnd.
    """

    REF = "delegation"

    delegator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_given")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_held")
    role = models.CharField(max_length=20, choices=Role.choices)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="delegations")
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    given_at = models.DateTimeField()

    objects = DelegationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=SIGNING_ROLES), name="delegated_role_is_one_that_signs"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="delegation_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=~Q(deputy=F("delegator")), name="nobody_is_their_own_deputy"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deputy} signs for {self.delegator} as {self.get_role_display().lower()}"


class DelegationEnd(Record):
    """That a delegation was ended before its time, by the delegator or the deputy."""

    REF = "delegation_end"

    delegation = models.OneToOneField(Delegation, on_delete=models.PROTECT, related_name="end")
    ended_at = models.DateTimeField()
    ended_by = models.CharField(max_length=60)


class ServiceAccount(Record):
    """A pipeline. Whatever it asks for, the responsible person counts as the requester."""

    REF = "service"

    name = models.SlugField(max_length=MAX_SERVICE, unique=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="service_accounts")
    responsible = models.ForeignKey(User, on_delete=models.PROTECT, related_name="service_accounts")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(editable=False)

    def __str__(self) -> str:
        return self.name


class ApiToken(Record):
    """A bearer secret, kept as its SHA-256 only and shown once when it is issued."""

    REF = "token"

    service = models.ForeignKey(ServiceAccount, on_delete=models.PROTECT, related_name="tokens")
    prefix = models.CharField(max_length=12)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes: models.JSONField[Any, Any] = models.JSONField(default=list)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("issued_at")), name="token_expires_after_issue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    def holds_at(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at


class HoldQuerySet(models.QuerySet["Hold"]):
    def standing(self) -> HoldQuerySet:
        """Keep those that nobody lifted."""
        return self.filter(end=None)


class Hold(Record):
    """That nothing of a person or a model may be erased, as in a lawsuit. See HoldEnd.

    `subject` is the reference of the person or the model.
    """

    REF = "hold"

    subject = models.CharField(max_length=60, db_index=True)
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()

    objects = HoldQuerySet.as_manager()


class HoldEnd(Record):
    """That a hold was lifted, and why."""

    REF = "hold_end"

    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="end")
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField()


class Erasure(Record):
    """That personal data was erased: of whom or which text, by what law, on whose order.

    `erased_text` and `kept_text` are canonical JSON: how many of what went, by table, and how many
    stayed, by the rule that protects them.
    """

    REF = "erasure"

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="erasures", null=True)
    prose = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+", null=True)
    authority = models.CharField(max_length=20, choices=Authority.choices)
    case = models.CharField(max_length=MAX_CASE)
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    erased_text = models.TextField()
    kept_text = models.TextField()
    proof = models.CharField(max_length=20)
    erased_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None, prose__isnull=False) | Q(person__isnull=False, prose=None),
                name="erasure_is_of_a_person_or_a_text",
            ),
            models.CheckConstraint(
                condition=Q(authority__in=Authority.values), name="erasure_authority_is_known"
            ),
        ]

    @property
    def erased(self) -> dict[str, int]:
        return dict(json.loads(self.erased_text))

    @property
    def kept(self) -> dict[str, int]:
        return dict(json.loads(self.kept_text))
