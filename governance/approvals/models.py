"""Policies, promotion requests, the dossiers that were signed, and the signatures."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from governance.accounts.models import User
from governance.accounts.rules import Actor, Role
from governance.approvals.rules.judgement import Decision, RequestState
from governance.approvals.rules.policies import PolicyState
from governance.audit.models import Prose
from governance.core.models import Record
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, Slot
from governance.registry.rules import Move, Stage, goal_words


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    def in_force(self) -> PolicyVersionQuerySet:
        return self.filter(state=PolicyState.IN_FORCE)


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


_STANDS = Q(state=RequestState.OPEN, version__stage=F("source"), version__removed_at=None)
_STORED = [state.value for state in RequestState if state != RequestState.OVERTAKEN]


class PromotionRequestQuerySet(models.QuerySet["PromotionRequest"]):
    def visible_to(self, actor: Actor, *, at: datetime) -> PromotionRequestQuerySet:
        return self.filter(version__model__in=Model.objects.visible_to(actor, at=at))

    def open(self) -> PromotionRequestQuerySet:
        """Keep what can still be decided: open, and its version where it stood when asked.

        A request whose version moved by another way is overtaken. That is read off the facts, so
        no move has to find and close the requests that it overtakes.
        """
        return self.filter(_STANDS)

    def closed(self) -> PromotionRequestQuerySet:
        return self.exclude(_STANDS)

    def with_version(self) -> PromotionRequestQuerySet:
        return self.select_related(
            "version__model__unit",
            "version__model__owner",
            "version__registered_by",
            "slot",
            "requested_by",
        )


class PromotionRequest(Record):
    """That somebody asked for a version's change of stage, or for live traffic in a slot.

    `number` counts per model. `share` is the percentage that a canary asks for.
    """

    REF = "request"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="requests")
    number = models.PositiveIntegerField()
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="requests")
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="requests")
    move = models.CharField(max_length=12, choices=Move.choices)
    source = models.CharField(max_length=12, choices=Stage.choices)
    target = models.CharField(max_length=12, choices=Stage.choices)
    share = models.PositiveSmallIntegerField(null=True)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="requests")
    requested_via = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=60, blank=True)
    closed_reason = models.ForeignKey(
        Prose, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_digest = models.CharField(max_length=64, blank=True)

    objects = PromotionRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="request_number_per_model"),
            models.UniqueConstraint(
                fields=["version", "source", "target", "slot", "move"],
                condition=Q(state="OPEN"),
                name="one_open_request_per_version_and_move",
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", closed_at=None)
                | (~Q(state="OPEN") & Q(closed_at__isnull=False)),
                name="closed_request_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_STORED),
                name="request_state_is_known",
            ),
            models.CheckConstraint(condition=Q(move__in=Move.values), name="request_move_is_known"),
            models.CheckConstraint(
                # Into a second slot, or for a share of its traffic, it stays in Production.
                condition=Q(source__in=Stage.values, target__in=Stage.values)
                & (~Q(source=F("target")) | Q(source=Stage.PRODUCTION)),
                name="request_goes_from_stage_to_stage",
            ),
            models.CheckConstraint(
                condition=Q(move=Move.SHARED, share__gte=1, share__lte=99)
                | (~Q(move=Move.SHARED) & Q(share=None)),
                name="request_for_a_canary_alone_has_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"D-{self.number} of {self.version.model.name}"

    @property
    def reference(self) -> str:
        return f"D-{self.number}"

    @property
    def goal(self) -> str:
        """Where the version is to go, in words; reads the slot, which `with_version` brings."""
        return goal_words(
            Stage(self.target),
            slot=self.slot.name,
            is_default=self.slot.is_default,
            share=self.share,
        )

    @property
    def standing(self) -> RequestState:
        """The state as it is now; reads the version, which `with_version` brings along."""
        state = RequestState(self.state)
        moved = self.version.stage != self.source or self.version.removed_at is not None
        if state == RequestState.OPEN and moved:
            return RequestState.OVERTAKEN
        return state


class DossierCopy(Record):
    """The canonical text of a dossier that somebody signed or decided on."""

    REF = "dossier"

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="dossiers")
    digest = models.CharField(max_length=64)
    text = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "digest"], name="dossier_once_per_request"),
        ]


class SignOff(Record):
    """A signature: who, in which role held at that moment, meaning what, over which digest, when.

    21 CFR 11.50 asks for printed name, date and time, and meaning; the name stands in Prose.
    """

    REF = "sign_off"

    request = models.ForeignKey(
        PromotionRequest, on_delete=models.PROTECT, related_name="sign_offs"
    )
    dossier = models.ForeignKey(DossierCopy, on_delete=models.PROTECT, related_name="sign_offs")
    signer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sign_offs")
    printed_name = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    comment = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+", null=True)
    role = models.CharField(max_length=20, choices=Role.choices)
    decision = models.CharField(max_length=10, choices=Decision.choices)
    meaning = models.CharField(max_length=300)
    dossier_digest = models.CharField(max_length=64)
    proof = models.CharField(max_length=20)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "signer", "dossier_digest"], name="one_signature_per_person"
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
