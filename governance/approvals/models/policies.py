"""Policies, version by version, and who signed them."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.rules.judgement import Decision
from governance.approvals.rules.policies import PolicyState
from governance.audit.models import Prose
from governance.core.models import Record


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    def in_force(self, *, by: datetime | None = None) -> PolicyVersionQuerySet:
        """Keep what holds now, or held at a past moment."""
        if by is None:
            return self.filter(state=PolicyState.IN_FORCE)
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=by), in_force_at__lte=by)


class PolicyVersion(Record):
    """One immutable version of a policy. Two people sign it before it takes effect."""

    REF = "policy"

    key = models.CharField(max_length=62)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    text = models.TextField()
    content_text = models.TextField()
    digest = models.CharField(max_length=64)
    state = models.CharField(
        max_length=12, choices=PolicyState.choices, default=PolicyState.PROPOSED
    )
    proposed_by = models.CharField(max_length=60)
    proposed_at = models.DateTimeField()
    in_force_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "number"], name="policy_number_once_per_key"),
            models.UniqueConstraint(
                fields=["key"], condition=Q(state="IN_FORCE"), name="one_policy_version_in_force"
            ),
            models.CheckConstraint(
                condition=Q(state="PROPOSED", in_force_at=None, ended_at=None)
                | Q(state="REJECTED", in_force_at=None, ended_at__isnull=False)
                | Q(state="IN_FORCE", in_force_at__isnull=False, ended_at=None)
                | Q(state="SUPERSEDED", in_force_at__isnull=False, ended_at__isnull=False),
                name="policy_version_says_since_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"

    def state_at(self, moment: datetime | None) -> PolicyState:
        """How it stood at a past moment; without one, how it stands."""
        if moment is None or (self.ended_at is not None and self.ended_at <= moment):
            return PolicyState(self.state)
        was_in_force = self.in_force_at is not None and self.in_force_at <= moment
        return PolicyState.IN_FORCE if was_in_force else PolicyState.PROPOSED


class PolicySignOff(Record):
    """That a person signed a policy version."""

    REF = "policy_sign_off"

    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="sign_offs")
    signer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    printed_name = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    comment = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+", null=True)
    role = models.CharField(max_length=20, choices=Role.choices)
    decision = models.CharField(max_length=10, choices=Decision.choices)
    meaning = models.CharField(max_length=300)
    policy_digest = models.CharField(max_length=64)
    proof = models.CharField(max_length=20)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "signer"], name="policy_signed_once_per_person"
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="policy_signer_role_is_known"
            ),
            models.CheckConstraint(
                condition=Q(decision="APPROVE") | Q(decision="REJECT", comment__isnull=False),
                name="rejected_policy_says_why",
            ),
        ]
