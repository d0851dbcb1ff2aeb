"""Reads of examinations: which there are, and which is open to whom."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from governance.accounts.models import RoleGrant, ServiceAccount, User
from governance.accounts.rules import Actor
from governance.core.holding import hold
from governance.core.wording import moment
from governance.inventory.models import Builder, Examination, ExaminedModel, Model
from governance.inventory.rules.examinations import (
    ExaminationNotFound,
    ExaminationNotOpen,
    ExaminationOver,
    ExaminationState,
    overlap,
)


def examination_by_id(examination_id: UUID, *, actor: Actor, at: datetime) -> Examination:
    """Return an examination that the actor keeps, or raise ExaminationNotFound."""
    seen = Examination.objects.kept_by(actor, at=at).with_all()
    examination = seen.filter(pk=examination_id).first()
    if examination is None:
        raise ExaminationNotFound("There is no such examination.")
    return examination


def open_examination_of(examiner: User, *, at: datetime) -> Examination | None:
    """Return what is open to this examiner at that moment, which is one examination at most."""
    if not examiner.is_active:
        return None
    return Examination.objects.open_at(at).of_examiner(examiner).with_all().first()


def examinations_of(examiner: User) -> list[Examination]:
    """Return every examination of this examiner, the newest first."""
    return list(Examination.objects.of_examiner(examiner).with_all().order_by("-starts_at"))


def locked_examination(examination_id: UUID) -> Examination:
    """Hold the examination, which ends, grows and is asked in behind this one lock."""
    # Held by its name: a row of history, which nobody may update, cannot be locked itself.
    hold([f"{Examination.REF}:{examination_id}"])
    return Examination.objects.with_all().get(pk=examination_id)


def require_not_over(examination: Examination, *, at: datetime) -> None:
    """Raise ExaminationOver for one whose time has run out, or that somebody ended.

    Whoever holds it finds it ended also where that was a moment after `at`, and before the lock.
    """
    if examination.ended_at is not None or examination.closes_at <= at:
        until = examination.ended_at or examination.closes_at
        raise ExaminationOver(
            f"This examination was over on {moment(until)}, and nothing more happens in it.",
            subject=examination.ref,
            stream=examination.stream,
        )


def require_open(examination: Examination, *, at: datetime) -> None:
    """Raise ExaminationOver, or ExaminationNotOpen before its start."""
    require_not_over(examination, at=at)
    if examination.state_at(at) != ExaminationState.OPEN:
        raise ExaminationNotOpen(
            f"This examination begins on {moment(examination.starts_at)}.",
            subject=examination.ref,
            stream=examination.stream,
        )


def examined_models(examination: Examination) -> QuerySet[Model]:
    """Return the set of the examination, by name."""
    keys = ExaminedModel.objects.filter(examination=examination).values("model")
    return Model.objects.filter(pk__in=keys).order_by("name")


def unfit_because(person: User, *, starts_at: datetime, ends_at: datetime) -> str:
    """Say why somebody, whom the caller has locked, does not examine then; or nothing."""
    if not person.is_active:
        return "cannot sign in"
    if RoleGrant.objects.filter(user=person).exists() or person.delegations_held.exists():
        return "holds or held a role in the firm"
    if ServiceAccount.objects.filter(responsible=person).exists():
        return "answers for a service account"
    if Builder.objects.filter(user=person).exists():
        return "owns or builds models, or did"
    asked = (starts_at, ends_at)
    for other in examinations_of(person):
        if overlap(asked, (other.starts_at, other.ended_at or other.closes_at)):
            return "examines something else in that time"
    return ""
