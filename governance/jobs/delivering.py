"""Making the deliveries that are due: the same for the local worker and for Celery."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from django.utils import timezone

from governance.audit.followers import catch_up_all
from governance.core.errors import DomainError
from governance.jobs import outbox
from governance.jobs.channels import Letter, Message, message_for
from governance.jobs.mailing import send_letter
from governance.jobs.models import Delivery
from governance.jobs.outbox import Outcome
from governance.jobs.rules import NoReceiver
from governance.jobs.sending import Answer, send


def keep_up() -> None:
    """Let followers catch up with the ledger, then make what they and others put in the outbox."""
    catch_up_all()
    deliver_due(at=timezone.now())


def deliver_due(*, at: datetime) -> int:
    """Make an attempt at the deliveries that are due; return at how many.

    Messages are written and outcomes filed here; the threads touch the network alone, and no
    transaction is open while they do.
    """
    claimed = outbox.claim(at=at)
    if not claimed:
        return 0
    attempts = [_attempt(delivery, at=at) for delivery in claimed]
    # All side by side, so that a silent receiver holds up no other.
    with ThreadPoolExecutor(len(claimed), thread_name_prefix="delivery") as threads:
        outcomes = list(threads.map(lambda attempt: attempt(), attempts))
    for delivery, outcome in zip(claimed, outcomes, strict=True):
        outbox.settle(delivery, outcome, at=timezone.now())
    return len(claimed)


def _attempt(delivery: Delivery, *, at: datetime) -> Callable[[], Outcome]:
    """Return what makes the attempt, or only says why none can be made."""
    try:
        message = message_for(delivery, at=at)
    except NoReceiver as refusal:
        gone = Outcome(is_over=True, error=refusal.message)
        return lambda: gone
    except DomainError as refusal:
        unfit = Outcome(error=refusal.message)
        return lambda: unfit
    return partial(_deliver, message)


def _deliver(message: Message | Letter) -> Outcome:
    return _posted(message) if isinstance(message, Letter) else attempted(message)[0]


def _posted(letter: Letter) -> Outcome:
    try:
        send_letter(letter)
    except DomainError as refusal:
        return Outcome(error=refusal.message)
    return Outcome(delivered=True)


def attempted(message: Message) -> tuple[Outcome, Answer | None]:
    """Send the message; return what came of it, and the answer if there was one."""
    try:
        answer = send(message)
    except DomainError as refusal:
        return Outcome(error=refusal.message), None
    if answer.accepts:
        return Outcome(delivered=True, response_status=answer.status), answer
    error = f"The receiver answered {answer.status}."
    return Outcome(response_status=answer.status, error=error), answer
