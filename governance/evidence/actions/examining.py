"""What an examiner was shown, and asking for information: raised, assigned, answered, closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.models import Record
from governance.core.typed import tidy
from governance.core.wording import as_date
from governance.evidence.models import (
    ExaminationView,
    InformationRequest,
    InformationRequestAssignment,
    InformationRequestAttachment,
    InformationRequestEnd,
    InformationRequestMessage,
)
from governance.evidence.queries.examining import attachable, last_view, state_of
from governance.evidence.rules.examining import (
    MAX_PATH,
    WAITING,
    EndKind,
    InformationRequestOver,
    MessageKind,
    NothingAnswered,
    NothingToAnswer,
    NotYoursToAnswer,
    NotYoursToAsk,
    RequestState,
    answer_problems,
    asking_problems,
)
from governance.inventory.models import Examination, Model
from governance.inventory.queries.examinations import (
    examined_models,
    locked_examination,
    open_examination_of,
    require_not_over,
    require_open,
)
from governance.inventory.rules.examinations import ExaminationNotFound
from governance.inventory.rules.reviews import words_problems


@transaction.atomic
def record_view(
    *, page: str, path: str, model: Model | None, actor: User, at: datetime
) -> ExaminationView:
    """Put on record that an examiner is shown a page. Appends examination.viewed.

    Call it when the page is made and before it is sent: what cannot be recorded is not shown.
    Raises ExaminationNotFound, ExaminationOver for an examination that was ended meanwhile.
    """
    examination = _locked_open(actor, at=at)
    view = ExaminationView.objects.create(
        examination=examination,
        examiner=actor,
        page=page,
        path=path[:MAX_PATH],
        model=model,
        viewed_at=at,
    )
    # The address may hold words that somebody searched for, so it stands in the row alone.
    facts = {"page": page, "model": model.ref if model else None}
    _append(Verb.EXAMINATION_VIEWED, examination, view, facts, [view], actor=actor, at=at)
    return view


@transaction.atomic
def raise_information_request(
    *,
    subject: str,
    question: str,
    model: Model | None,
    page: str,
    wished_date: date,
    actor: Actor,
    at: datetime,
) -> InformationRequest:
    """Ask for information by a day, in the examination that is open to the examiner.

    `page` is the address of a page that they were shown and ask about, or empty. Appends
    information_request.raised. Raises ExaminationNotFound, ExaminationOver, InvalidInput (rules
    `in_set` and `viewed`), NotYoursToAsk.
    """
    if not (isinstance(actor, User) and actor.is_examiner):
        raise NotYoursToAsk("Only an examiner asks for information in an examination.")
    examination = _locked_open(actor, at=at)
    about = last_view(examination, page) if page else None
    problems = list(
        asking_problems(
            subject=subject, question=question, wished_date=wished_date, today=as_date(at)
        )
    )
    if model is not None and not examined_models(examination).filter(pk=model.pk).exists():
        message = "Choose a model of the examination."
        problems.append(Problem(field="model", rule="in_set", message=message))
    if page and about is None:
        message = "Name a page that you opened in this examination."
        problems.append(Problem(field="page", rule="viewed", message=message))
    if problems:
        raise InvalidInput(*problems)
    request = InformationRequest.objects.create(
        examination=examination,
        number=InformationRequest.objects.filter(examination=examination).count() + 1,
        subject=audit.write_prose(subject.strip()),
        question=audit.write_prose(tidy(question)),
        model=model or (about.model if about else None),
        about=about,
        wished_date=wished_date,
        raised_by=actor,
        raised_at=at,
    )
    facts = {
        "number": request.number,
        "model": request.model.ref if request.model else None,
        "about": about.ref if about else None,
        "wished_date": wished_date,
    }
    _append(
        Verb.INFORMATION_REQUEST_RAISED, examination, request, facts, [request], actor=actor, at=at
    )
    return request


@transaction.atomic
def assign_information_request(
    *, request_id: UUID, assignee: User, actor: User, at: datetime
) -> InformationRequestAssignment:
    """Give a request to somebody to answer, also another than had it before.

    Appends information_request.assigned. Raises ExaminationOver, InformationRequestOver,
    InvalidInput for somebody who cannot sign in, examines, or may not see the model that is asked
    about; PermissionMissing.
    """
    request = _locked(request_id)
    require(actor, Permission.EXAMINATION_OPEN, unit=request.examination.unit, at=at)
    require_not_over(request.examination, at=at)
    _require_running(request)
    if because := _no_answerer(assignee, request.model, at=at):
        raise invalid("assignee", "fit", f"{assignee.name} {because}. Choose somebody else.")
    assignment = InformationRequestAssignment.objects.create(
        request=request,
        number=request.assignments.count() + 1,
        assignee=assignee,
        assigned_by=actor,
        assigned_at=at,
    )
    facts = {"number": request.number, "assignee": assignee.ref}
    _append(
        Verb.INFORMATION_REQUEST_ASSIGNED,
        request.examination, request, facts, [assignment], actor=actor, at=at,
    )  # fmt: skip
    return assignment


def _no_answerer(person: User, model: Model | None, *, at: datetime) -> str:
    if not person.is_active:
        return "cannot sign in"
    if person.is_examiner:
        return "examines"
    seen = model is None or Model.objects.visible_to(person, at=at).filter(pk=model.pk).exists()
    return "" if seen else "may not see the model that is asked about"


@transaction.atomic
def answer_information_request(
    *, request_id: UUID, text: str, attached: Sequence[str], actor: User, at: datetime
) -> InformationRequestMessage:
    """Answer what waits for an answer, as the person it was given to.

    `attached` are references of records of models in the set; what is outside has to be put into
    the set first. Appends information_request.answered. Raises ExaminationOver,
    InformationRequestOver, InvalidInput (rule `in_set`), NothingToAnswer, NotYoursToAnswer.
    """
    request = _locked(request_id)
    if request.assignee != actor:
        who = request.assignee.name if request.assignee else "Nobody yet"
        raise NotYoursToAnswer(
            f"{who} was given request {request.number} to answer. Compliance gives it to another.",
            subject=request.ref,
            stream=request.examination.stream,
        )
    require_not_over(request.examination, at=at)
    _require_running(request)
    if state_of(request) not in WAITING:
        raise NothingToAnswer("It is answered, and the examiner has not asked on.")
    problems = list(answer_problems(text=text, attached=attached))
    if attached and set(attached) - {one.ref for one in attachable(request.examination)}:
        message = "Attach records of models in the set. Compliance puts others into it first."
        problems.append(Problem(field="attached", rule="in_set", message=message))
    if problems:
        raise InvalidInput(*problems)
    message_row = _say(request, MessageKind.ANSWER, text, actor=actor, at=at)
    rows = [
        InformationRequestAttachment.objects.create(message=message_row, target=target)
        for target in sorted(set(attached))
    ]
    facts = {"number": request.number, "attached": sorted(set(attached))}
    _append(
        Verb.INFORMATION_REQUEST_ANSWERED,
        request.examination, request, facts, [message_row, *rows], actor=actor, at=at,
    )  # fmt: skip
    return message_row


@transaction.atomic
def follow_up_information_request(
    *, request_id: UUID, text: str, actor: User, at: datetime
) -> InformationRequestMessage:
    """Ask on, as an examiner of the examination: the request waits for an answer again.

    Appends information_request.followed_up. Raises ExaminationNotOpen, ExaminationOver,
    InformationRequestOver, InvalidInput, NotYoursToAsk.
    """
    request = _locked(request_id)
    _require_asker(request, actor, at=at)
    if problems := list(words_problems(text, field="text", ask="Say what you would still know.")):
        raise InvalidInput(*problems)
    row = _say(request, MessageKind.FOLLOW_UP, text, actor=actor, at=at)
    facts = {"number": request.number}
    _append(
        Verb.INFORMATION_REQUEST_FOLLOWED_UP,
        request.examination, request, facts, [row], actor=actor, at=at,
    )  # fmt: skip
    return row


@transaction.atomic
def accept_information_request(
    *, request_id: UUID, actor: User, at: datetime
) -> InformationRequestEnd:
    """Take the answer for enough, as an examiner. Appends information_request.accepted.

    Raises ExaminationNotOpen, ExaminationOver, InformationRequestOver, NothingAnswered,
    NotYoursToAsk.
    """
    request = _locked(request_id)
    _require_asker(request, actor, at=at)
    if state_of(request) != RequestState.ANSWERED:
        raise NothingAnswered("There is no answer yet to accept. It can be withdrawn.")
    end = _end(request, EndKind.ACCEPTED, actor=actor, at=at)
    facts = {"number": request.number}
    _append(
        Verb.INFORMATION_REQUEST_ACCEPTED,
        request.examination, request, facts, [end], actor=actor, at=at,
    )  # fmt: skip
    return end


@transaction.atomic
def withdraw_information_request(
    *, request_id: UUID, actor: User, at: datetime
) -> InformationRequestEnd:
    """Take a request back, as an examiner. Appends information_request.withdrawn.

    Raises ExaminationNotOpen, ExaminationOver, InformationRequestOver, NotYoursToAsk.
    """
    request = _locked(request_id)
    _require_asker(request, actor, at=at)
    end = _end(request, EndKind.WITHDRAWN, actor=actor, at=at)
    facts = {"number": request.number}
    _append(
        Verb.INFORMATION_REQUEST_WITHDRAWN,
        request.examination, request, facts, [end], actor=actor, at=at,
    )  # fmt: skip
    return end


def _locked_open(examiner: User, *, at: datetime) -> Examination:
    """Hold what is open to the examiner, and judge it again: it may have been ended meanwhile."""
    found = open_examination_of(examiner, at=at)
    if found is None:
        raise ExaminationNotFound("No examination is open to you.")
    examination = locked_examination(found.pk)
    require_open(examination, at=at)
    return examination


def _locked(request_id: UUID) -> InformationRequest:
    """Hold the examination of a request, and read the request as it stands behind that lock."""
    examination = InformationRequest.objects.only("examination").get(pk=request_id).examination_id
    locked_examination(examination)
    request = InformationRequest.objects.with_all().get(pk=request_id)
    # With what it was extended by, which `with_all` of the request leaves to be read one by one.
    request.examination = Examination.objects.with_all().get(pk=examination)
    return request


def _require_asker(request: InformationRequest, actor: User, *, at: datetime) -> None:
    if all(one.user.ref != actor.ref for one in request.examination.examiners.all()):
        raise NotYoursToAsk(
            "Only an examiner of this examination asks in it.",
            subject=request.ref,
            stream=request.examination.stream,
        )
    require_open(request.examination, at=at)
    _require_running(request)


def _require_running(request: InformationRequest) -> None:
    if (state := state_of(request)) in EndKind.values:
        raise InformationRequestOver(
            f"Request {request.number} was {state.label.lower()}, and nothing is said to it any "
            "more. The examiner raises another.",
            subject=request.ref,
            stream=request.examination.stream,
        )


def _say(
    request: InformationRequest, kind: MessageKind, text: str, *, actor: User, at: datetime
) -> InformationRequestMessage:
    return InformationRequestMessage.objects.create(
        request=request,
        number=request.messages.count() + 1,
        kind=kind,
        text=audit.write_prose(tidy(text)),
        author=actor,
        written_at=at,
    )


def _end(
    request: InformationRequest, kind: EndKind, *, actor: User, at: datetime
) -> InformationRequestEnd:
    return InformationRequestEnd.objects.create(
        request=request, kind=kind, ended_by=actor, ended_at=at
    )


def _append(
    verb: Verb,
    examination: Examination,
    subject: Record,
    facts: Mapping[str, Any],
    records: Sequence[Record],
    *,
    actor: User,
    at: datetime,
) -> None:
    audit.append(
        verb=verb,
        stream=examination.stream,
        subject=subject.ref,
        actor=actor.ref,
        at=at,
        facts=facts,
        records=records,
    )
