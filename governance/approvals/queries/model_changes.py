"""What a change of a live model costs: the approvals it makes stale, the validation it asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.approvals.queries.policies import policies_in_force
from governance.approvals.queries.reading import ReadAhead
from governance.approvals.queries.rehearsals import approvals_behind
from governance.approvals.rules.emergencies import NoEmergency
from governance.approvals.rules.policies import NoPolicy, Policy
from governance.inventory.actions.model_record import ModelRecord, record_with
from governance.inventory.models import Model, ModelChange
from governance.inventory.queries.model_changes import accepted_changes, unvalidated_changes
from governance.inventory.rules.model_changes import AcceptedChange, Materiality, Unvalidated
from governance.registry.models import SlotAssignment
from governance.registry.rules import Move
from governance.validation.models import Report


class _OnceAccepted(ReadAhead):
    """Reads that the change was accepted at this moment, as it would have been."""

    def __init__(
        self, requests: Sequence[PromotionRequest], *, accepted: AcceptedChange, at: datetime
    ) -> None:
        super().__init__(requests, reader=None, at=at)
        self._accepted = accepted

    def changes(self, model: Model) -> Sequence[AcceptedChange]:
        return [*super().changes(model), self._accepted]


@dataclass(frozen=True, kw_only=True)
class Staled:
    """The approvals that a change makes stale.

    `requests` are open ones with how many signatures would have to be given again, `live` the
    approvals on which versions serve: a material change ends them.
    """

    requests: Sequence[tuple[PromotionRequest, int]]
    live: Sequence[PromotionRequest]

    @property
    def are_none(self) -> bool:
        return not (self.requests or self.live)


def staled_by(change: ModelChange, *, materiality: str, at: datetime) -> Staled:
    """Say which approvals the change makes stale if it is accepted now as that. Reads only."""
    accepted = AcceptedChange(
        ref=change.ref, number=change.number, materiality=materiality, accepted_at=at
    )
    ends = materiality == Materiality.MATERIAL
    return Staled(
        requests=list(_reopened(change, accepted, at=at)),
        live=_serving_approvals(change.model) if ends else (),
    )


def _reopened(
    change: ModelChange, accepted: AcceptedChange, *, at: datetime
) -> Iterator[tuple[PromotionRequest, int]]:
    rows = PromotionRequest.objects.open().filter(version__model=change.model)
    requests = list(rows.exclude(move=Move.ROLLED_BACK).with_version().order_by("number"))
    policies = policies_in_force()
    now = ReadAhead(requests, reader=None, at=at)
    digests = [_digest_of(request, policies, now, at=at) for request in requests]
    then = _OnceAccepted(requests, accepted=accepted, at=at)
    record = record_with(change.model, change.fields or {})
    for request, digest in zip(requests, digests, strict=True):
        _set(request.version.model, record)
        if _digest_of(request, policies, then, at=at) != digest:
            yield request, len(now.sign_offs(request))


def _digest_of(
    request: PromotionRequest, policies: Sequence[Policy], reading: ReadAhead, *, at: datetime
) -> str:
    """The digest of what is signed now; empty where no policy lets it be signed."""
    try:
        return case_of(request, at=at, policies=policies, reading=reading).dossier.digest
    except (NoPolicy, NoEmergency):
        return ""


def _set(model: Model, record: ModelRecord) -> None:
    """Say on a model that was read for this, and is never saved, what a dossier reads of it."""
    model.purpose, model.intended_use = record.purpose, record.intended_use
    model.kind, model.owner = record.kind, record.owner
    model.jurisdictions = ",".join(record.jurisdictions)


def _serving_approvals(model: Model) -> list[PromotionRequest]:
    serving = SlotAssignment.objects.current().answering().filter(slot__model=model)
    return list(approvals_behind(list(serving)).values())


@dataclass(frozen=True, kw_only=True)
class RevalidationDue:
    """How far the changes of a model have added up since its newest report."""

    model: Model
    report: Report | None
    found: Unvalidated


def revalidation_of(model: Model, *, at: datetime) -> RevalidationDue:
    (one,) = revalidations([model], at=at)
    return one


def revalidations(models: Collection[Model], *, at: datetime) -> list[RevalidationDue]:
    """Judge the changes of each model since its newest report, in two queries, in their order."""
    changes, reports = accepted_changes(models), _newest_reports(models)
    return [
        RevalidationDue(
            model=model,
            report=(report := reports.get(model.pk)),
            found=unvalidated_changes(
                model,
                changes[model.pk],
                validated_at=report.signed_at if report else None,
                at=at,
            ),
        )
        for model in models
    ]


def _newest_reports(models: Collection[Model]) -> dict[UUID, Report]:
    rows = Report.objects.filter(version__model__in=models).select_related("version")
    return {row.version.model_id: row for row in rows.order_by("signed_at", "number")}
