"""Failing checks that people answer for, and their signatures."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.models.requests import PromotionRequest
from governance.audit.models import Prose
from governance.core.models import Record


class Override(Record):
    """That one failing check of a request shall not stand against it, why, and until when.

    `check_digest` is of what the check found: a worse value is another one, and not overridden.
    In force once as many people as the policy asks for have signed `digest`.
    """

    REF = "override"

    request = models.ForeignKey(
        PromotionRequest, on_delete=models.PROTECT, related_name="overrides"
    )
    check_id = models.CharField(max_length=250)
    check_digest = models.CharField(max_length=64)
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    control = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    expires_date = models.DateField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "digest"], name="override_once_per_request"),
        ]


class OverrideSignOff(Record):
    """That a person signed an override, in which role, meaning what, and when."""

    REF = "override_sign_off"

    override = models.ForeignKey(Override, on_delete=models.PROTECT, related_name="sign_offs")
    signer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    printed_name = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    meaning = models.CharField(max_length=300)
    override_digest = models.CharField(max_length=64)
    proof = models.CharField(max_length=20)
    signed_at = models.DateTimeField()
    binding = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["override", "signer"], name="override_signed_once_per_person"
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="override_signer_role_is_known"
            ),
        ]
