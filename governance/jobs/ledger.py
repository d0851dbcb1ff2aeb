"""The ledger's work by the clock: checkpoints, copies of them elsewhere, the nightly verification,
and telling of alarms."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from governance.audit import alarms, copying, sequencing
from governance.audit.actions import record_verification
from governance.audit.anchors import gather, outside_checkpoints
from governance.audit.checkpointing import make_checkpoint
from governance.audit.keys import KeyUnusable
from governance.audit.models import LedgerEntry
from governance.audit.rules import CLOCK, Verb
from governance.audit.signer import SignerRefuses
from governance.audit.targets.shipping import Reply, TargetFails
from governance.audit.verification import Examination, verify, verify_new
from governance.core.errors import DomainError
from governance.jobs import outbox
from governance.jobs.actions import enqueue
from governance.jobs.channels import Letter, Message
from governance.jobs.models import Delivery, Job
from governance.jobs.rules import OPEN_STATES, NoReceiver, NotDelivered, Requester
from governance.jobs.running import JobRun
from governance.jobs.sending import send

logger = logging.getLogger(__name__)

MAKE, COPY, VERIFY = "make_checkpoint", "copy_checkpoint", "verify_ledger"
JOBS_KEPT = timedelta(days=7)
"""Some hundred of these jobs come each day, and the ledger and the copies tell what they did."""
SUNDAY = 6
LONGEST_ANSWER = 100_000
"""A timestamp comes with the certificates of its authority."""
ALARM_MAIL, ALARM_URL = "alarm_mail", "alarm_url"
JSON = {"Content-Type": "application/json"}


class _Clock:
    ref = CLOCK


ACTOR: Requester = _Clock()


def look(at: datetime) -> None:
    """Queue what has fallen due: a checkpoint, copies of the newest one, the verification."""
    queue_checkpoint(at=at)
    queue_copies(at=at)
    queue_verification(at=at)


# Checkpoints


def queue_checkpoint(*, at: datetime) -> None:
    """Ask for one when entries are without, and the last attempt is long enough ago."""
    pause = timedelta(minutes=settings.LEDGER_CHECKPOINT_MINUTES)
    if pause and not _asked(MAKE, since=at - pause) and sequencing.is_behind():
        enqueue(kind=MAKE, args={}, actor=ACTOR, at=at, key=MAKE)


def _asked(kind: str, *, since: datetime) -> bool:
    return Job.objects.filter(kind=kind, created_at__gt=since).exists()


def make(run: JobRun) -> dict[str, Any]:
    """Sign a checkpoint; a second attempt finds the first one's. A refusal raises the alarm."""
    at = timezone.now()
    try:
        point = make_checkpoint(actor=CLOCK, at=at)
    except SignerRefuses as refusal:
        _alarm(refusal.facts["rule"], refusal.facts, at=at)
        raise
    except sequencing.GapFound:
        _alarm("gap", {}, at=at)
        raise
    queue_copies(at=at)
    return {"origin": point.origin, "size": point.size}


def _alarm(rule: str, facts: Mapping[str, Any], *, at: datetime) -> None:
    alarms.raise_alarm(rule=rule, facts=facts, actor=CLOCK, at=at)


# Copies


def queue_copies(*, at: datetime) -> None:
    """Ask for a copy at each target that is due: a job each, so that none waits for another."""
    try:
        due = copying.due_targets(at=at)
    except DomainError as error:
        # The signer's memory is unreadable: a fault of this machine, which must not end its worker.
        logger.error("no copies of checkpoints are asked for: %s", error)
        return
    for target in due:
        enqueue(kind=COPY, args={"target": target.name}, actor=ACTOR, at=at, key=target.name)


def copy(run: JobRun) -> dict[str, Any]:
    """Copy the newest checkpoint to one target. A target that has it is given nothing."""
    at = timezone.now()
    named = {target.name: target for target in copying.targets()}
    target = named.get(run.args["target"])
    if target is None:
        return {"copied": False, "why": "It is no target any more."}
    try:
        taken = copying.copy_newest(target, post=post, actor=CLOCK, at=at)
    finally:
        # What waited for this one is due now, whether it went well or not.
        queue_copies(at=at)
    return {"copied": taken is not None}


def post(url: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """Send to an address of LEDGER_TARGETS. Raises TargetFails, in words without the address."""
    message = Message(url=url, headers=headers, body=body, is_named=True, longest=LONGEST_ANSWER)
    try:
        answer = send(message)
    except NotDelivered as error:
        raise TargetFails(error.message) from error
    return Reply(answer.status, answer.body)


# Verification


def queue_verification(*, at: datetime) -> None:
    """Ask for the night's verification, once; a worker that was down then makes up for it."""
    if settings.LEDGER_VERIFY_HOUR is None:
        return
    due = datetime.combine(at.date(), time(settings.LEDGER_VERIFY_HOUR), tzinfo=at.tzinfo)
    night = due if due <= at else due - timedelta(days=1)
    if _asked(VERIFY, since=night - timedelta(microseconds=1)):
        return
    is_full = night.weekday() == SUNDAY
    enqueue(kind=VERIFY, args={"full": is_full}, actor=ACTOR, at=at, key=VERIFY)


def verify_ledger(run: JobRun) -> dict[str, Any]:
    """Verify what is new, or everything with the rows, and keep the result."""
    examination = _examine(full=bool(run.args["full"]))
    record_verification(examination=examination, actor=CLOCK, at=timezone.now())
    if broken := examination.broken:
        facts = {"kind": broken.kind, "stream": broken.stream, "seq": broken.seq}
        _alarm("broken", facts, at=timezone.now())
    _forget_jobs(at=timezone.now())
    return {"intact": examination.intact, "said": str(examination)}


def _examine(*, full: bool) -> Examination:
    try:
        anchors = replace(gather(), outside=outside_checkpoints())
    except KeyUnusable:
        anchors = gather()
    return verify(anchors=anchors, states=True) if full else verify_new(anchors=anchors)


def _forget_jobs(*, at: datetime) -> None:
    old = Job.objects.filter(kind__in=(MAKE, COPY, VERIFY), created_at__lt=at - JOBS_KEPT)
    old.exclude(state__in=OPEN_STATES).delete()


# Alarms


def telling_since() -> datetime | None:
    """Return since when alarms are told of: an address that is new gets those that still stand."""
    if not (settings.LEDGER_ALARM_MAIL or settings.LEDGER_ALARM_URL):
        return None
    first = alarms.standing_alarms().first()
    return first.at if first else None


def tell_of_alarm(entry: LedgerEntry) -> None:
    """Put an alarm into the outbox, to the address and the receiver that the settings name."""
    named = {ALARM_MAIL: settings.LEDGER_ALARM_MAIL, ALARM_URL: settings.LEDGER_ALARM_URL}
    outbox.queue(
        Delivery(
            channel=channel,
            recipient=f"ledger:{channel}",
            key=str(entry.pk),
            topic=Verb.ALARM_RAISED,
            body=json.dumps(_told(entry)),
            created_at=entry.at,
            next_attempt_at=timezone.now(),
        )
        for channel, address in named.items()
        if address
    )


def _told(entry: LedgerEntry) -> dict[str, Any]:
    rule = entry.facts["rule"]
    return {
        "event": Verb.ALARM_RAISED.value,
        "at": entry.at.isoformat(),
        "rule": rule,
        "meaning": alarms.SAID.get(rule, ""),
        "facts": entry.facts,
        "entry": entry.hash,
        "page": f"{settings.BASE_URL}/audit/?kind=alarms",
    }


def alarm_letter(delivery: Delivery, at: datetime) -> Letter:
    if not settings.LEDGER_ALARM_MAIL:
        raise NoReceiver("LEDGER_ALARM_MAIL is empty.")
    told = json.loads(delivery.body)
    facts = "".join(f"  {name}: {value}\n" for name, value in sorted(told["facts"].items()))
    return Letter(
        to=settings.LEDGER_ALARM_MAIL,
        subject=f"Ledger alarm: {told['rule']}",
        text=f"{told['meaning']}\n\n{facts}\nRaised at {told['at']}.\n{told['page']}\n",
    )


def alarm_message(delivery: Delivery, at: datetime) -> Message:
    if not settings.LEDGER_ALARM_URL:
        raise NoReceiver("LEDGER_ALARM_URL is empty.")
    body = delivery.body.encode()
    return Message(url=settings.LEDGER_ALARM_URL, headers=JSON, body=body, is_named=True)
