"""What examiners read and ask for: which pages count, how a request for information stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import TextChoices

from governance.core.errors import NotAllowed, NotFound, Problem, WrongState
from governance.core.wording import day
from governance.inventory.rules.attestations import MAX_TITLE
from governance.inventory.rules.reviews import words_problems

MAX_PATH = 2_000
"""How much of an address is kept. A browser sends no longer one that a page of ours links to."""
MAX_ATTACHED = 50


class MessageKind(TextChoices):
    ANSWER = "ANSWER", "Answer"
    FOLLOW_UP = "FOLLOW_UP", "Follow-up"


class EndKind(TextChoices):
    ACCEPTED = "ACCEPTED", "Accepted"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


class RequestState(TextChoices):
    """Derived from rows, and kept nowhere."""

    UNASSIGNED = "UNASSIGNED", "Not assigned"
    ASKED = "ASKED", "Waits for an answer"
    ANSWERED = "ANSWERED", "Answered"
    ACCEPTED = "ACCEPTED", "Accepted"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


WAITING = frozenset({RequestState.UNASSIGNED, RequestState.ASKED})
"""What somebody of the firm has to deal with, and is late after its day."""


class InformationRequestNotFound(NotFound):
    code = "information_request_not_found"


class InformationRequestOver(WrongState):
    """It was accepted or withdrawn."""

    code = "information_request_over"


class NothingToAnswer(WrongState):
    """What was asked is answered already, and nobody has asked on."""

    code = "nothing_to_answer"


class NothingAnswered(WrongState):
    """Nobody has answered, so there is nothing to accept or to ask on about."""

    code = "nothing_answered"


class NotYoursToAnswer(NotAllowed):
    code = "not_yours_to_answer"


class NotYoursToAsk(NotAllowed):
    """Only an examiner of the examination asks in it."""

    code = "not_yours_to_ask"


class ExaminersRead(NotAllowed):
    """An examiner tried to write something else than a request for information."""

    code = "examiners_read"


def request_state(*, end: str | None, last_message: str | None, is_assigned: bool) -> RequestState:
    """Say how a request stands: by its end, or by who has to say something next."""
    if end is not None:
        return RequestState(end)
    if last_message == MessageKind.ANSWER:
        return RequestState.ANSWERED
    return RequestState.ASKED if is_assigned else RequestState.UNASSIGNED


def asking_problems(
    *, subject: str, question: str, wished_date: date, today: date
) -> Iterable[Problem]:
    if not subject.strip():
        yield Problem(field="subject", rule="required", message="Say in a few words what about.")
    elif len(subject.strip()) > MAX_TITLE:
        message = f"Use at most {MAX_TITLE} characters for the subject."
        yield Problem(field="subject", rule="length", message=message)
    yield from words_problems(question, field="question", ask="Say what you would like to know.")
    if wished_date < today:
        message = f"Enter {day(today)} or a later day."
        yield Problem(field="wished_date", rule="range", message=message)


def answer_problems(*, text: str, attached: Sequence[str]) -> Iterable[Problem]:
    yield from words_problems(text, field="text", ask="Say what there is to say.")
    if len(attached) > MAX_ATTACHED:
        message = f"Attach at most {MAX_ATTACHED} records."
        yield Problem(field="attached", rule="length", message=message)
