"""The outbox: queueing a delivery, claiming it for an attempt, filing what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Window
from django.db.models.functions import RowNumber

from governance.jobs.models import Delivery
from governance.jobs.rules import (
    BODIES_KEPT,
    DELIVERY_LEASE,
    DELIVERY_PAUSES,
    DeliveryState,
    pause_after,
)

BATCH = 20
GAVE_UP = "The worker stopped without a word each time it made this delivery."


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one attempt. `is_over`: nobody waits for it any more."""

    delivered: bool = False
    is_over: bool = False
    response_status: int | None = None
    error: str = ""


def queue(deliveries: Iterable[Delivery]) -> None:
    """Put deliveries in the outbox, in the caller's transaction; one that stands there stays."""
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)


def claim(*, at: datetime) -> list[Delivery]:
    """Return deliveries that are due and count an attempt at each; nobody else gets them meanwhile.

    A crash before `settle` leaves them waiting, and due again when the lease is over: a receiver
    may get a delivery twice, under the same identifier, but none is lost.
    """
    if not Delivery.objects.due(at=at).exists():
        return []
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        due = list(Delivery.objects.due(at=at).select_for_update(skip_locked=skip)[:BATCH])
        for delivery in due:
            _begin(delivery, at=at)
        Delivery.objects.bulk_update(
            due, ["attempts", "attempted_at", "next_attempt_at", "state", "error", "finished_at"]
        )
    return [delivery for delivery in due if delivery.state == DeliveryState.WAITING]


def _begin(delivery: Delivery, *, at: datetime) -> None:
    if delivery.attempts > len(DELIVERY_PAUSES):
        delivery.state, delivery.finished_at, delivery.next_attempt_at = (
            DeliveryState.FAILED,
            at,
            None,
        )
        delivery.error = GAVE_UP
        return
    delivery.attempts += 1
    delivery.attempted_at, delivery.next_attempt_at = at, at + DELIVERY_LEASE


def settle(delivery: Delivery, outcome: Outcome, *, at: datetime) -> None:
    """File the outcome of the claimed attempt; a later attempt's outcome is not overwritten."""
    mine = Delivery.objects.filter(
        pk=delivery.pk, attempts=delivery.attempts, state=DeliveryState.WAITING
    )
    state, pause = _state(outcome), pause_after(delivery.attempts)
    if state == DeliveryState.FAILED and pause is not None:
        mine.update(next_attempt_at=at + pause, **_said(outcome))
    else:
        mine.update(state=state, finished_at=at, next_attempt_at=None, **_said(outcome))


def _said(outcome: Outcome) -> dict[str, object]:
    return {"response_status": outcome.response_status, "error": outcome.error[:300]}


def _state(outcome: Outcome) -> DeliveryState:
    if outcome.delivered:
        return DeliveryState.DELIVERED
    return DeliveryState.CANCELED if outcome.is_over else DeliveryState.FAILED


def record_once(delivery: Delivery, outcome: Outcome, *, at: datetime) -> None:
    """File a delivery that somebody made at once and that is not tried again."""
    delivery.attempts, delivery.attempted_at, delivery.finished_at = 1, delivery.created_at, at
    delivery.state, delivery.next_attempt_at = _state(outcome), None
    delivery.response_status, delivery.error = outcome.response_status, outcome.error[:300]
    delivery.save(force_insert=True)


def forget(*, at: datetime) -> int:
    """Empty the bodies of what was delivered or given up a month ago; return how many."""
    old = Delivery.objects.filter(finished_at__lt=at - BODIES_KEPT).exclude(body="")
    return old.update(body="")


def history(recipients: Iterable[str], *, each: int) -> dict[str, list[Delivery]]:
    """Return the newest deliveries of each of these recipients."""
    nth = Window(RowNumber(), partition_by="recipient", order_by=("-created_at", "-id"))
    found: dict[str, list[Delivery]] = {}
    rows = Delivery.objects.filter(recipient__in=list(recipients)).annotate(nth=nth)
    for delivery in rows.filter(nth__lte=each).newest_first():
        found.setdefault(delivery.recipient, []).append(delivery)
    return found
