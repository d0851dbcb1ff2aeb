"""Attestation: an owner states that the record of a model is accurate, as it stands that day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import TextChoices

from governance.core.errors import NotFound, Problem, WrongState
from governance.inventory.rules.intervals import LONGEST_MONTHS
from governance.inventory.rules.records import Tier
from governance.inventory.rules.reviews import words_problems

FORMAT = "countersign.attestation/1"
MAX_TITLE = 120


class AttestationOutcome(TextChoices):
    ACCURATE = "ACCURATE", "Accurate"
    WITH_REMARKS = "WITH_REMARKS", "Accurate, with remarks"
    NOT_ACCURATE = "NOT_ACCURATE", "Not accurate"


class CampaignState(TextChoices):
    """Derived from rows and the day, and kept nowhere."""

    OPEN = "OPEN", "Open"
    OVERDUE = "OVERDUE", "Overdue"
    COMPLETE = "COMPLETE", "Complete"
    ENDED = "ENDED", "Ended"


class ItemState(TextChoices):
    """The same of one model in a campaign."""

    ATTESTED = "ATTESTED", "Attested"
    TO_CORRECT = "TO_CORRECT", "Not accurate, to be corrected"
    WAITS = "WAITS", "Waits"
    OVERDUE = "OVERDUE", "Overdue"
    LEFT_OUT = "LEFT_OUT", "Not attested"
    REMOVED = "REMOVED", "Model removed"


class CampaignNotFound(NotFound):
    """It is not there, or has no item of the model."""

    code = "campaign_not_found"


class CampaignOver(WrongState):
    code = "campaign_over"


class CampaignNotDue(WrongState):
    """The next of a campaign that recurs is opened on its day, and once."""

    code = "campaign_not_due"


class AlreadyAttested(WrongState):
    code = "already_attested"


def campaign_problems(
    *,
    title: str,
    statement: str,
    tiers: Collection[int],
    due_date: date,
    repeat_months: int | None,
    today: date,
) -> Iterable[Problem]:
    if not title.strip():
        yield Problem(field="title", rule="required", message="Give the campaign a title.")
    elif len(title) > MAX_TITLE:
        message = f"Use at most {MAX_TITLE} characters for the title."
        yield Problem(field="title", rule="length", message=message)
    yield from words_problems(
        statement, field="statement", ask="Say what each owner attests to, word for word."
    )
    if not set(tiers) <= set(Tier.values):
        yield Problem(field="tiers", rule="choice", message="Choose among the tiers.")
    if due_date <= today:
        yield Problem(field="due_date", rule="range", message="Enter a day that is still to come.")
    if repeat_months is not None and not 1 <= repeat_months <= LONGEST_MONTHS:
        message = f"Enter 1 to {LONGEST_MONTHS} months, or nothing for once."
        yield Problem(field="repeat_months", rule="range", message=message)


def attestation_problems(*, outcome: str, remarks: str) -> Iterable[Problem]:
    if outcome not in AttestationOutcome.values:
        yield Problem(field="outcome", rule="choice", message="Say whether the record is accurate.")
    elif outcome != AttestationOutcome.ACCURATE:
        yield from words_problems(
            remarks, field="remarks", ask="Say what there is to remark, or what is not accurate."
        )


def item_state(
    *, newest: str | None, is_removed: bool, is_over: bool, due_date: date, today: date
) -> ItemState:
    """Say how one model in a campaign stands; `newest` is the outcome attested last."""
    if newest is not None and newest != AttestationOutcome.NOT_ACCURATE:
        return ItemState.ATTESTED
    if is_removed:
        return ItemState.REMOVED
    if is_over:
        return ItemState.LEFT_OUT
    if due_date < today:
        return ItemState.OVERDUE
    return ItemState.WAITS if newest is None else ItemState.TO_CORRECT


def campaign_state(*, is_over: bool, due_date: date, waiting: int, today: date) -> CampaignState:
    """Say how a campaign stands of which so many models wait to be attested."""
    if not waiting:
        return CampaignState.COMPLETE
    if is_over:
        return CampaignState.ENDED
    return CampaignState.OVERDUE if due_date < today else CampaignState.OPEN
