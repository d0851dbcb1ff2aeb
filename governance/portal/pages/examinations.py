"""Examinations: those that somebody keeps, and the home of who examines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils import timezone

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission
from governance.accounts.queries import units_with
from governance.core.wording import moment
from governance.evidence.models import ExaminationView, Pack
from governance.evidence.queries.examining import requests_of, views_of
from governance.inventory.models import Examination, ExaminedModel, Model
from governance.inventory.queries.examinations import (
    examinations_of,
    examined_models,
    open_examination_of,
)
from governance.inventory.rules.examinations import ExaminationNotFound, ExaminationState
from governance.portal.pages.information_requests import RequestRow, request_row
from governance.portal.pages.may import why_not

PAGE_SIZE = 20
VIEWS_SHOWN = 50
MARKS = {
    ExaminationState.OPEN: ("ok", "eye"),
    ExaminationState.TO_COME: ("ink", "clock"),
    ExaminationState.OVER: ("mute", "check"),
    ExaminationState.ENDED: ("mute", "minus"),
}
CSV_HEAD = ("opened at", "examiner", "page", "model", "address", "record")


@dataclass(frozen=True, kw_only=True)
class ExaminationRow:
    examination: Examination
    state: ExaminationState
    models: int
    waiting: int
    late: int
    views: int

    @property
    def mark(self) -> tuple[str, str]:
        return MARKS[self.state]


@dataclass(frozen=True, kw_only=True)
class ExaminationsPage:
    rows: Sequence[ExaminationRow]
    page: Page[Any]
    no_opening: str


@dataclass(frozen=True, kw_only=True)
class ExaminationPage:
    """One examination. `views` are the newest; the file has them all."""

    row: ExaminationRow
    examined: Sequence[ExaminedModel]
    requests: Sequence[RequestRow]
    views: Sequence[ExaminationView]

    @property
    def is_over(self) -> bool:
        return self.row.state in {ExaminationState.OVER, ExaminationState.ENDED}


@dataclass(frozen=True, kw_only=True)
class ExaminerPage:
    """What an examiner comes to: the set, what they asked, and the packs of it."""

    examination: Examination
    models: Sequence[Model]
    requests: Sequence[RequestRow]
    packs: Sequence[Pack]


@dataclass(frozen=True, kw_only=True)
class ClosedPage:
    """What an examiner comes to while nothing is open to them."""

    next: Examination | None
    last: Examination | None


@dataclass(frozen=True, kw_only=True)
class Banner:
    """What stands over each page that an examiner opens."""

    title: str
    closes_at: datetime
    page: str


def examinations_page(reader: User, *, number: str | None, at: datetime) -> ExaminationsPage:
    rows = Examination.objects.kept_by(reader, at=at).with_all().order_by("-opened_at")
    page = Paginator(rows, PAGE_SIZE).get_page(number)
    return ExaminationsPage(
        rows=[examination_row(one, at=at) for one in page.object_list],
        page=page,
        no_opening=no_opening(reader, at=at),
    )


def examination_row(examination: Examination, *, at: datetime) -> ExaminationRow:
    requests = [request_row(one, at=at) for one in requests_of(examination)]
    return ExaminationRow(
        examination=examination,
        state=examination.state_at(at),
        models=examined_models(examination).count(),
        waiting=sum(one.is_waiting for one in requests),
        late=sum(one.is_late for one in requests),
        views=views_of(examination).count(),
    )


def examination_page(examination: Examination, *, at: datetime) -> ExaminationPage:
    examined = ExaminedModel.objects.filter(examination=examination)
    return ExaminationPage(
        row=examination_row(examination, at=at),
        examined=list(
            examined.select_related("model__unit", "added_by", "reason").order_by("model__name")
        ),
        requests=[request_row(one, at=at) for one in requests_of(examination)],
        views=list(views_of(examination)[:VIEWS_SHOWN]),
    )


def keeping_units(reader: User, *, at: datetime) -> list[Unit]:
    """The units in which the reader may open an examination."""
    return list(units_with(reader, Permission.EXAMINATION_OPEN, at=at).order_by("path"))


def no_opening(reader: User, *, at: datetime) -> str:
    if keeping_units(reader, at=at):
        return ""
    unit = Unit.objects.order_by("path").first()
    if unit is None:
        return "There is no unit yet."
    permission = Permission.EXAMINATION_OPEN
    return why_not(reader, permission, "Opening an examination", unit=unit, at=at)


def examiner_page(examiner: User, *, at: datetime) -> ExaminerPage:
    """Read what is open to the examiner. Raises ExaminationNotFound."""
    examination = open_examination_of(examiner, at=at)
    if examination is None:
        raise ExaminationNotFound("No examination is open to you.")
    packs = Pack.objects.visible_to(examiner, at=at).newest_first()
    return ExaminerPage(
        examination=examination,
        models=list(Model.objects.visible_to(examiner, at=at).with_people().order_by("name")),
        requests=[request_row(one, at=at) for one in requests_of(examination)],
        packs=list(packs),
    )


def closed_page(examiner: User, *, at: datetime) -> ClosedPage:
    """Say when the examiner's next examination begins, and when the last was over."""
    rows = examinations_of(examiner)
    to_come = [one for one in rows if one.state_at(at) == ExaminationState.TO_COME]
    done = [one for one in rows if one.state_at(at) != ExaminationState.TO_COME]
    return ClosedPage(next=to_come[-1] if to_come else None, last=done[0] if done else None)


def banner(request: HttpRequest, examiner: User) -> Banner | None:
    """What the shell says over each page of an open examination; nothing to everybody else."""
    examination = open_examination_of(examiner, at=timezone.now()) if examiner.is_examiner else None
    if examination is None:
        return None
    return Banner(
        title=examination.title, closes_at=examination.closes_at, page=request.get_full_path()
    )


def view_rows(examination: Examination) -> Iterator[Sequence[str]]:
    """What was opened, oldest first, as rows of text, a head first."""
    yield CSV_HEAD
    for row in views_of(examination).reverse().iterator(chunk_size=1_000):
        model = row.model.name if row.model else ""
        yield moment(row.viewed_at), row.examiner.name, row.page, model, row.path, row.ref
