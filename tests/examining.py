"""Examinations for tests, through the actions that people use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.evidence.actions.examining import (
    answer_information_request,
    assign_information_request,
    raise_information_request,
)
from governance.evidence.models import InformationRequest, InformationRequestMessage
from governance.inventory.actions.examinations import open_examination
from governance.inventory.models import Examination, Model
from tests import factories as f
from tests.factories import NOON, Cast, later

DAYS = 10


def examiner(cast: Cast, name: str = "Exa Miner") -> User:
    """An account that holds no role, and examines nothing yet."""
    # The day before: what streams say of one account has no order but time.
    return f.make_person(name, unit=cast.root, at=f.later(days=-1))


def examination(
    cast: Cast,
    people: Sequence[User],
    models: Sequence[Model],
    *,
    at: datetime = NOON,
    **given: Any,
) -> Examination:
    """Open an examination over these models: from now, for ten days, unless `given` says more."""
    said = {
        "title": "Thematic review of credit models",
        "authority": "Prudential Supervision, section 12. Letter of 1 March.",
        "unit": cast.root,
        "starts_at": at,
        "ends_at": later(at, days=DAYS),
        "actor": cast.compliance,
    } | given
    return open_examination(examiners=people, models=models, at=at, **said)


def asked(
    person: User, model: Model | None = None, *, at: datetime = NOON, **given: Any
) -> InformationRequest:
    said = {
        "subject": "Challenger runs",
        "question": "Which challengers were run, and with what result?",
        "page": "",
        "wished_date": later(at, days=5).date(),
    } | given
    return raise_information_request(model=model, actor=person, at=at, **said)


def assigned(
    cast: Cast, request: InformationRequest, to: User, *, at: datetime = NOON
) -> InformationRequest:
    assign_information_request(request_id=request.pk, assignee=to, actor=cast.compliance, at=at)
    return request


def answered(
    request: InformationRequest, by: User, *, attached: Sequence[str] = (), at: datetime = NOON
) -> InformationRequestMessage:
    return answer_information_request(
        request_id=request.pk, text="Two, in March.", attached=attached, actor=by, at=at
    )
