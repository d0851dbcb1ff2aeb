"""Promotion requests, the dossiers kept with them, and what people noted on them."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from django.db import models
from django.db.models import F, Q

from governance.accounts.models import User
from governance.accounts.rules import Actor, Role
from governance.approvals.rules.dossier import Dossier, read_dossier
from governance.approvals.rules.judgement import RequestState
from governance.audit.models import Prose
from governance.core.models import Record
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, Slot
from governance.registry.rules import Move, Stage, goal_words

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

    `number` counts per model. `share` is the percentage that a canary asks for. `reason` says why
    it is an emergency. `stands_until` is when an approval ends by itself, if it does.
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
    reason = models.ForeignKey(
        Prose, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    stands_until = models.DateTimeField(null=True)

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
            models.CheckConstraint(
                condition=~Q(move=Move.EMERGENCY) | Q(reason__isnull=False),
                name="emergency_says_why",
            ),
            models.CheckConstraint(
                condition=Q(stands_until=None) | Q(state=RequestState.DONE),
                name="what_was_approved_alone_ends",
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

    @cached_property
    def dossier(self) -> Dossier:
        """What the text states."""
        return read_dossier(self.text)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "digest"], name="dossier_once_per_request"),
        ]


class Tick(Record):
    """What a person found in a manual check of a policy; the newest of a check counts."""

    REF = "tick"

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="ticks")
    check_id = models.CharField(max_length=80)
    holds = models.BooleanField()
    note = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    ticked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ticked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="tick_role_is_known"),
        ]


class EvidenceOpening(Record):
    """When a person first opened a page of evidence of a request.

    A note that a signature takes up (`SignOff.evidence_opened`), and no act of anybody.
    """

    REF = "evidence_opening"

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="openings")
    reader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    page = models.CharField(max_length=20)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "reader", "page"], name="evidence_opened_first_once"
            ),
        ]


class Lapse(Record):
    """That the portal noticed that an approval no longer stands, by which rule and since when."""

    REF = "lapse"

    request = models.ForeignKey(PromotionRequest, on_delete=models.PROTECT, related_name="lapses")
    rule = models.CharField(max_length=40)
    since = models.DateTimeField()
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "rule", "since"], name="lapse_noted_once_per_rule"
            ),
        ]
