"""Reads of what examiners opened and asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from governance.accounts.models import User
from governance.accounts.rules import Actor
from governance.approvals.models import PromotionRequest
from governance.evidence.models import (
    ExaminationView,
    InformationRequest,
    InformationRequestAttachment,
    Pack,
)
from governance.evidence.rules.examining import (
    WAITING,
    InformationRequestNotFound,
    RequestState,
    request_state,
)
from governance.inventory.models import Examination, Model
from governance.inventory.queries.examinations import examined_models
from governance.registry.models import ModelVersion

Target = Model | ModelVersion | PromotionRequest | Pack


@dataclass(frozen=True, kw_only=True)
class Attachable:
    """A record of the set that an answer can name."""

    ref: str
    label: str
    target: Target


def views_of(examination: Examination) -> QuerySet[ExaminationView]:
    """Return what was opened in the examination, the newest first."""
    rows = ExaminationView.objects.filter(examination=examination)
    return rows.select_related("examiner", "model").order_by("-viewed_at", "-pk")


def last_view(examination: Examination, path: str) -> ExaminationView | None:
    """Return when the examiners of it were last shown the page at this address."""
    rows = ExaminationView.objects.filter(examination=examination, path=path)
    return rows.order_by("-viewed_at").first()


def information_request_by_id(
    request_id: UUID, *, actor: Actor, at: datetime
) -> InformationRequest:
    """Return the request, or raise InformationRequestNotFound: absent and invisible look alike."""
    seen = InformationRequest.objects.visible_to(actor, at=at).with_all()
    found = seen.filter(pk=request_id).first()
    if found is None:
        raise InformationRequestNotFound("There is no such request for information.")
    return found


def state_of(request: InformationRequest) -> RequestState:
    """Say how a request stands; read it with `with_all`."""
    end, said = getattr(request, "end", None), request.messages_in_order
    return request_state(
        end=end.kind if end else None,
        last_message=said[-1].kind if said else None,
        is_assigned=request.assignee is not None,
    )


def is_late(request: InformationRequest, *, today: date) -> bool:
    """Tell whether an answer is wished for by a day that is past, and there is none."""
    return state_of(request) in WAITING and request.wished_date < today


def requests_of(examination: Examination) -> list[InformationRequest]:
    """Return every request of the examination, by number."""
    rows = InformationRequest.objects.filter(examination=examination).with_all()
    return list(rows.order_by("number"))


def requests_to_answer(person: User, *, at: datetime) -> list[InformationRequest]:
    """Return what waits for this person's answer, in examinations that are not over."""
    rows = InformationRequest.objects.waiting().assigned_to(person).with_all()
    return _running(rows.order_by("wished_date", "raised_at"), at=at)


def requests_to_assign(person: User, *, at: datetime) -> list[InformationRequest]:
    """Return what nobody was given to answer yet, in examinations that this person keeps."""
    kept = Examination.objects.kept_by(person, at=at)
    rows = InformationRequest.objects.waiting().filter(examination__in=kept, assignments=None)
    return _running(rows.with_all().order_by("wished_date", "raised_at"), at=at)


def _running(rows: QuerySet[InformationRequest], *, at: datetime) -> list[InformationRequest]:
    open_ones = Examination.objects.open_at(at)
    return list(rows.filter(examination__in=open_ones))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of record that an answer can name, and how it leads to its model."""

    rows: QuerySet[Any]
    to_model: str
    order: str

    def named(self) -> QuerySet[Any]:
        """The rows with what their names are made of, in order."""
        path = self.to_model
        rows = self.rows.select_related(path) if path else self.rows
        return rows.order_by(f"{path}__name" if path else "name", self.order)

    def within(self, models: Sequence[Model]) -> QuerySet[Any]:
        keys = [model.pk for model in models]
        return self.named().filter(**{f"{self.to_model or 'pk'}__in": keys})


KINDS: Mapping[str, Kind] = {
    Model.REF: Kind(rows=Model.objects.all(), to_model="", order="pk"),
    ModelVersion.REF: Kind(rows=ModelVersion.objects.all(), to_model="model", order="number"),
    PromotionRequest.REF: Kind(
        rows=PromotionRequest.objects.all(), to_model="version__model", order="number"
    ),
    Pack.REF: Kind(rows=Pack.objects.all(), to_model="model", order="built_at"),
}


def attachable(examination: Examination) -> list[Attachable]:
    """Return the records that an answer can name: of models in the set, and of no other."""
    models = list(examined_models(examination))
    return [_attachable(row) for kind in KINDS.values() for row in kind.within(models)]


def attached_to(rows: Iterable[InformationRequestAttachment]) -> dict[str, Attachable]:
    """Return what the attachments name, by reference: a query for each kind."""
    keys: dict[str, list[UUID]] = {}
    for row in rows:
        keys.setdefault(row.target.partition(":")[0], []).append(row.key)
    found = (
        _attachable(row)
        for kind, wanted in keys.items()
        for row in KINDS[kind].named().filter(pk__in=wanted)
    )
    return {one.ref: one for one in found}


def _attachable(row: Target) -> Attachable:
    return Attachable(ref=row.ref, label=str(row), target=row)
