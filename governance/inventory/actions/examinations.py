"""Opening examinations, extending, widening and ending them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import covers
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, Problem
from governance.core.models import Record
from governance.core.typed import tidy
from governance.inventory.models import (
    Examination,
    ExaminationEnd,
    ExaminationExtension,
    ExaminedModel,
    Examiner,
    Model,
)
from governance.inventory.queries.examinations import (
    examined_models,
    locked_examination,
    require_not_over,
    unfit_because,
)
from governance.inventory.rules.examinations import (
    UnfitExaminer,
    end_problems,
    examination_problems,
)
from governance.inventory.rules.reviews import words_problems


@transaction.atomic
def open_examination(
    *,
    title: str,
    authority: str,
    unit: Unit,
    examiners: Sequence[User],
    models: Sequence[Model],
    starts_at: datetime,
    ends_at: datetime,
    actor: User,
    at: datetime,
) -> Examination:
    """Let examiners read these models of the unit, from a start, or from now, to an end.

    Their accounts are examiners' from now on, for good. Appends examination.opened. Raises
    InvalidInput (rule `scope` for a model of another unit), PermissionMissing, UnfitExaminer for
    whoever holds or held a role, builds, answers for a pipeline or examines something else then.
    """
    people = _locked(examiners)
    require(actor, Permission.EXAMINATION_OPEN, unit=unit, at=at)
    starts_at = max(starts_at, at)
    problems = examination_problems(
        title=title,
        authority=authority,
        starts_at=starts_at,
        ends_at=ends_at,
        examiners=len(people),
        models=len(models),
        at=at,
    )
    if found := [*problems, *_scope_problems(models, unit)]:
        raise InvalidInput(*found)
    _require_fit(people, starts_at=starts_at, ends_at=ends_at)
    examination = Examination.objects.create(
        title=title.strip(),
        authority=audit.write_prose(tidy(authority)),
        unit=unit,
        starts_at=starts_at,
        ends_at=ends_at,
        opened_by=actor,
        opened_at=at,
    )
    let_in = _let_in(examination, people)
    examined = _put_in(examination, models, actor=actor, at=at)
    facts = {
        "unit": unit.ref,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "examiners": sorted(person.ref for person in people),
        "models": sorted(model.ref for model in models),
    }
    records = [examination, *let_in, *examined]
    _append(Verb.EXAMINATION_OPENED, examination, facts, records, actor=actor, at=at)
    return examination


def _locked(people: Iterable[User]) -> list[User]:
    """Lock the people, so that of a role and an examination at once one finds the other."""
    rows = User.objects.select_for_update().filter(pk__in=[person.pk for person in people])
    return list(rows.order_by("pk"))


def _scope_problems(models: Iterable[Model], unit: Unit) -> Iterable[Problem]:
    outside = [model.name for model in models if not covers(unit.path, model.unit.path)]
    if outside:
        message = f"{', '.join(sorted(outside))}: not in {unit.name}, of which the examination is."
        yield Problem(field="models", rule="scope", message=message)


def _require_fit(people: Iterable[User], *, starts_at: datetime, ends_at: datetime) -> None:
    for person in people:
        if because := unfit_because(person, starts_at=starts_at, ends_at=ends_at):
            raise UnfitExaminer(
                f"{person.name} {because}. Whoever examines has an account of their own for it, "
                "which holds no role and examines one thing at a time.",
                subject=person.ref,
                stream="accounts",
            )


def _let_in(examination: Examination, people: Iterable[User]) -> list[Record]:
    written: list[Record] = []
    for person in people:
        if not person.is_examiner:
            person.is_examiner = True
            person.save(update_fields=["is_examiner"])
            written.append(person)
        written.append(Examiner.objects.create(examination=examination, user=person))
    return written


def _put_in(
    examination: Examination, models: Iterable[Model], *, actor: User, at: datetime, why: str = ""
) -> list[ExaminedModel]:
    return [
        ExaminedModel.objects.create(
            examination=examination,
            model=model,
            reason=audit.write_prose(tidy(why)) if why else None,
            added_by=actor,
            added_at=at,
        )
        for model in models
    ]


@transaction.atomic
def widen_examination(
    *, examination_id: UUID, models: Sequence[Model], reason: str, actor: User, at: datetime
) -> list[ExaminedModel]:
    """Put further models into the set, for a reason that is kept. Appends examination.widened.

    What is in the set stays there. Raises ExaminationOver, InvalidInput, PermissionMissing.
    """
    examination = _kept(examination_id, actor=actor, at=at)
    there = set(examined_models(examination).values_list("pk", flat=True))
    new = [model for model in models if model.pk not in there]
    problems = list(_scope_problems(new, examination.unit))
    if not new:
        message = "Choose a model that is not in the set yet."
        problems.append(Problem(field="models", rule="required", message=message))
    problems += words_problems(reason, field="reason", ask="Say why the set grows.")
    if problems:
        raise InvalidInput(*problems)
    rows = _put_in(examination, new, actor=actor, at=at, why=reason)
    facts = {"models": sorted(model.ref for model in new)}
    _append(Verb.EXAMINATION_WIDENED, examination, facts, rows, actor=actor, at=at)
    return rows


@transaction.atomic
def extend_examination(
    *, examination_id: UUID, ends_at: datetime, reason: str, actor: User, at: datetime
) -> ExaminationExtension:
    """Have an examination run longer, while it is not over. Appends examination.extended.

    Raises ExaminationOver, InvalidInput, PermissionMissing, and UnfitExaminer where one of its
    examiners examines something else in the time that is added.
    """
    examination = _kept(examination_id, actor=actor, at=at)
    closes = examination.closes_at
    problems = [
        *end_problems(starts_at=examination.starts_at, after=closes, ends_at=ends_at, at=at),
        *words_problems(reason, field="reason", ask="Say why it runs longer."),
    ]
    if problems:
        raise InvalidInput(*problems)
    people = _locked(examiner.user for examiner in examination.examiners.all())
    _require_fit(people, starts_at=closes, ends_at=ends_at)
    extension = ExaminationExtension.objects.create(
        examination=examination,
        ends_at=ends_at,
        reason=audit.write_prose(tidy(reason)),
        extended_by=actor,
        extended_at=at,
    )
    facts = {"ends_at": ends_at, "before": closes}
    _append(Verb.EXAMINATION_EXTENDED, examination, facts, [extension], actor=actor, at=at)
    return extension


@transaction.atomic
def end_examination(
    *, examination_id: UUID, reason: str, actor: User, at: datetime
) -> ExaminationEnd:
    """End an examination now, also one that has not begun. Appends examination.ended.

    From then on its examiners see nothing; a page that was being made is not shown. Raises
    ExaminationOver, InvalidInput, PermissionMissing.
    """
    examination = _kept(examination_id, actor=actor, at=at)
    if problems := list(words_problems(reason, field="reason", ask="Say why it ends.")):
        raise InvalidInput(*problems)
    end = ExaminationEnd.objects.create(
        examination=examination,
        reason=audit.write_prose(tidy(reason)),
        ended_by=actor,
        ended_at=at,
    )
    _append(Verb.EXAMINATION_ENDED, examination, {}, [end], actor=actor, at=at)
    return end


def _kept(examination_id: UUID, *, actor: User, at: datetime) -> Examination:
    """Hold an examination that the actor may keep, and that is not over."""
    examination = locked_examination(examination_id)
    require(actor, Permission.EXAMINATION_OPEN, unit=examination.unit, at=at)
    require_not_over(examination, at=at)
    return examination


def _append(
    verb: Verb,
    examination: Examination,
    facts: Mapping[str, object],
    records: Sequence[Record],
    *,
    actor: User,
    at: datetime,
) -> None:
    audit.append(
        verb=verb,
        stream=examination.stream,
        subject=examination.ref,
        actor=actor.ref,
        at=at,
        facts=facts,
        records=records,
    )
