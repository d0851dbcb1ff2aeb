"""What is let off for a time, who decided it, and its end before its day: rows are only added."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import F, Prefetch, Q

from governance.accounts.models import User
from governance.accounts.rules import Actor
from governance.audit.models import Prose
from governance.core.models import Record
from governance.inventory.models.records import Model
from governance.inventory.rules.waivers import SOON_DAYS, WaiverKind


class WaiverQuerySet(models.QuerySet["Waiver"]):
    """`by` is a past moment: what was asked, decided or ended later does not count yet."""

    def visible_to(self, actor: Actor, *, at: datetime) -> WaiverQuerySet:
        return self.filter(model__in=Model.objects.visible_to(actor, at=at))

    def requested(self, today: date, *, by: datetime | None = None) -> WaiverQuerySet:
        """Keep what waits for a decision and could still take effect."""
        undecided = Q(decision=None) | Q(decision__decided_at__gt=by) if by else Q(decision=None)
        return self.unended(by=by).filter(undecided, expires_date__gte=today)

    def unended(self, *, by: datetime | None = None) -> WaiverQuerySet:
        return self.filter(Q(end=None) | Q(end__ended_at__gt=by) if by else Q(end=None))

    def approved(self, *, by: datetime | None = None) -> WaiverQuerySet:
        """Keep what was approved and nobody has ended early."""
        known = self.filter(decision__decided_at__lte=by) if by else self
        return known.unended(by=by).filter(decision__approved=True)

    def in_force(self, today: date, *, by: datetime | None = None) -> WaiverQuerySet:
        """Keep what holds on that day; a waiver holds through its last day."""
        return self.approved(by=by).filter(starts_date__lte=today, expires_date__gte=today)

    def expiring(self, today: date, *, by: datetime | None = None) -> WaiverQuerySet:
        soon = today + timedelta(days=SOON_DAYS)
        return self.in_force(today, by=by).filter(expires_date__lte=soon)

    def expired(self, today: date, *, by: datetime | None = None) -> WaiverQuerySet:
        return self.approved(by=by).filter(expires_date__lt=today)

    def with_all(self, *, by: datetime | None = None) -> WaiverQuerySet:
        rows = self.select_related(
            "model__unit", "model__owner", "requested_by", "waived", "reason", "control"
        )
        if by is None:
            people = ("decision__comment", "decision__decided_by", "end__reason", "end__ended_by")
            return rows.select_related(*people)
        decided = WaiverDecision.objects.filter(decided_at__lte=by)
        ended = WaiverEnd.objects.filter(ended_at__lte=by)
        # A row that was prefetched and not found is none, as if it had never been.
        return rows.filter(requested_at__lte=by).prefetch_related(
            Prefetch("decision", queryset=decided.select_related("comment", "decided_by")),
            Prefetch("end", queryset=ended.select_related("reason", "ended_by")),
        )


class Waiver(Record):
    """That somebody asked to let something off. How it stands is told from the rows and the day."""

    REF = "waiver"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="waivers")
    kind = models.CharField(max_length=20, choices=WaiverKind.choices)
    waived = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    control = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    starts_date = models.DateField()
    expires_date = models.DateField()
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()

    objects = WaiverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=WaiverKind.values), name="waiver_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(expires_date__gte=F("starts_date")), name="waiver_ends_after_it_starts"
            ),
        ]


class WaiverDecision(Record):
    """That somebody approved or refused a waiver. One decides, and once."""

    REF = "waiver_decision"

    waiver = models.OneToOneField(Waiver, on_delete=models.PROTECT, related_name="decision")
    approved = models.BooleanField()
    comment = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+", null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    printed_name = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    proof = models.CharField(max_length=20)
    decided_at = models.DateTimeField()


class WaiverEnd(Record):
    """That a waiver was ended before its day, or its request withdrawn."""

    REF = "waiver_end"

    waiver = models.OneToOneField(Waiver, on_delete=models.PROTECT, related_name="end")
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField()
