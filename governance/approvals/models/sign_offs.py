"""Signatures over a dossier, and the conditions that they set."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.models.requests import DossierCopy, PromotionRequest
from governance.approvals.rules.judgement import Decision
from governance.audit.models import Prose
from governance.core.models import Record
from governance.validation.models import Finding
from governance.validation.rules import Severity


class SignOff(Record):
    """A signature: who, in which role held at that moment, meaning what, over which digest, when.

    21 CFR 11.50 asks for printed name, date and time, and meaning; the name stands in Prose. A
    deputy signs `on_behalf_of` the person whose role it is. `binding` is the portal's own signature
    over all of it (11.70), empty on what was signed before there was one. `first_opened_at` and
    `evidence_opened` say when the signer first opened the request, and which pages of evidence.
    """

    REF = "sign_off"

    request = models.ForeignKey(
        PromotionRequest, on_delete=models.PROTECT, related_name="sign_offs"
    )
    dossier = models.ForeignKey(DossierCopy, on_delete=models.PROTECT, related_name="sign_offs")
    signer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sign_offs")
    on_behalf_of = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    printed_name = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    comment = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+", null=True)
    role = models.CharField(max_length=20, choices=Role.choices)
    decision = models.CharField(max_length=10, choices=Decision.choices)
    meaning = models.CharField(max_length=300)
    dossier_digest = models.CharField(max_length=64)
    proof = models.CharField(max_length=20)
    signed_at = models.DateTimeField()
    binding = models.CharField(max_length=100, blank=True)
    first_opened_at = models.DateTimeField(null=True)
    evidence_opened = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "signer", "dossier_digest"], name="one_signature_per_person"
            ),
            models.UniqueConstraint(
                fields=["request", "on_behalf_of", "dossier_digest"],
                name="one_signature_in_whose_name",
            ),
            models.CheckConstraint(
                condition=Q(on_behalf_of=None) | ~Q(on_behalf_of=F("signer")),
                name="nobody_signs_on_behalf_of_themselves",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="signer_role_is_known"),
            models.CheckConstraint(
                condition=Q(decision__in=Decision.values), name="decision_is_known"
            ),
            models.CheckConstraint(
                condition=Q(decision="APPROVE") | Q(comment__isnull=False),
                name="refusing_signature_says_why",
            ),
        ]


class Condition(Record):
    """Something that an approval asks for, by a date. It becomes a finding when the stage changes.

    Until then it is no fact of the dossier, so that it voids nobody's signature.
    """

    REF = "condition"

    sign_off = models.ForeignKey(SignOff, on_delete=models.PROTECT, related_name="conditions")
    number = models.PositiveSmallIntegerField()
    severity = models.CharField(max_length=8, choices=Severity.choices)
    text = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    due_date = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sign_off", "number"], name="condition_number_once_per_sign_off"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=Severity.values), name="condition_severity_is_known"
            ),
        ]


class ConditionFinding(Record):
    """The finding that a condition became in the transaction that changed the stage."""

    REF = "condition_finding"

    condition = models.OneToOneField(Condition, on_delete=models.PROTECT, related_name="became")
    finding = models.OneToOneField(Finding, on_delete=models.PROTECT, related_name="condition")
