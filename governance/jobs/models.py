"""The queue and the outbox: one row per job, and one per message that goes out."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Case, Q, When

from governance.core.models import Record
from governance.jobs.kinds import patient_kinds
from governance.jobs.rules import OPEN_STATES, DeliveryState, JobState


class JobQuerySet(models.QuerySet["Job"]):
    def open(self) -> JobQuerySet:
        return self.filter(state__in=OPEN_STATES)

    def ready(self, *, at: datetime) -> JobQuerySet:
        """Jobs that nobody works on: never begun, or begun by a worker that went silent.

        The oldest first, and those of patient kinds after all others.
        """
        silent = Q(state=JobState.RUNNING, lease_until__lt=at)
        waits = Case(When(kind__in=patient_kinds(), then=1), default=0)
        ready = self.filter(Q(state=JobState.QUEUED) | silent)
        return ready.order_by(waits, "created_at", "id")

    def running(self, *, at: datetime) -> JobQuerySet:
        """Jobs that a worker is at, which gave a sign of life."""
        return self.filter(state=JobState.RUNNING, lease_until__gte=at)

    def requested_by(self, ref: str) -> JobQuerySet:
        return self.filter(requested_by=ref)


class Job(Record):
    """A piece of work that outlives the request that asked for it, and the worker that runs it.

    A job is machinery. What it does to the records is in the ledger; that it waited is not.
    """

    REF = "job"

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200, blank=True)
    args = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    requested_by = models.CharField(max_length=100)

    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    attempts = models.PositiveSmallIntegerField(default=0)
    attempt = models.UUIDField(null=True, blank=True, editable=False)
    worker = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    step = models.PositiveSmallIntegerField(default=0)
    steps = models.PositiveSmallIntegerField(default=0)
    words = models.CharField(max_length=200, blank=True)
    progress = models.JSONField(default=list)

    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    error_reference = models.CharField(max_length=20, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(state__in=OPEN_STATES) & ~Q(key=""),
                name="one_open_job_per_key",
            ),
            models.CheckConstraint(
                condition=Q(state__in=JobState.values), name="job_state_is_known"
            ),
        ]
        indexes = [models.Index(fields=["state", "created_at"], name="job_queue")]

    def __str__(self) -> str:
        return f"{self.kind} {self.state.lower()}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, *, at: datetime) -> DeliveryQuerySet:
        waiting = self.filter(state=DeliveryState.WAITING, next_attempt_at__lte=at)
        return waiting.order_by("next_attempt_at", "id")

    def newest_first(self) -> DeliveryQuerySet:
        return self.order_by("-created_at", "-id")


class Delivery(Record):
    """One message to one receiver, from the outbox to its arrival, and kept as its history.

    `recipient` is the reference of whoever gets it, `key` what it tells of: the same key never
    goes to the same recipient twice. Address and headers are made for each attempt, by the
    channel; the body stays as it was queued, and is forgotten a month after the last attempt.
    """

    REF = "delivery"

    channel = models.CharField(max_length=20)
    recipient = models.CharField(max_length=100)
    key = models.CharField(max_length=150)
    topic = models.CharField(max_length=60)
    body = models.TextField()
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    attempted_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    response_status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipient", "key"], name="delivery_queued_once"),
            models.CheckConstraint(
                condition=Q(state__in=DeliveryState.values), name="delivery_state_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "next_attempt_at"], name="delivery_queue"),
            models.Index(fields=["recipient", "-created_at"], name="delivery_history"),
            models.Index(fields=["finished_at"], condition=~Q(body=""), name="delivery_to_forget"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.state.lower()}"
