"""What a change of a live model costs: the approvals it makes stale, the validation it asks for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
from governance.inventory.actions.model_record import record_with
from governance.inventory.models import Model, ModelChange
from governance.inventory.queries.model_changes import accepted_changes, unvalidated_changes
from governance.inventory.rules.model_changes import AcceptedChange, Materiality, Unvalidated
from governance.registry.models import SlotAssignment
from governance.registry.rules import Move
from governance.validation.models import Report


class _Supposing(ReadAhead):
    """Reads that a change was accepted which is not, once it is told of one."""

    accepted: AcceptedChange | None = None

    def changes(self, model: Model) -> Sequence[AcceptedChange]:
        supposed = [self.accepted] if self.accepted else []
        return [*super().changes(model), *supposed]


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


def staled_by(change: ModelChange, *, at: datetime) -> dict[Materiality, Staled]:
    """Say which approvals the change makes stale if it is accepted now, by how material it is
    found. Reads only, and once for both.
    """
    rows = PromotionRequest.objects.open().filter(version__model=change.model)
    requests = list(rows.exclude(move=Move.ROLLED_BACK).with_version().order_by("number"))
    policies, reading = policies_in_force(), _Supposing(requests, reader=None, at=at)

    def digests() -> list[str]:
        return [_digest_of(request, policies, reading, at=at) for request in requests]

    before, live = digests(), _serving_approvals(change.model)
    record, found = record_with(change.model, change.fields or {}), {}
    for request in requests:
        record.put_on(request.version.model)
    for kind in Materiality:
        reading.accepted = AcceptedChange(
            ref=change.ref, number=change.number, materiality=kind, accepted_at=at
        )
        found[kind] = Staled(
            requests=[
                (request, len(reading.sign_offs(request)))
                for request, old, new in zip(requests, before, digests(), strict=True)
                if old != new
            ],
            live=live if kind == Materiality.MATERIAL else (),
        )
    return found


def _digest_of(
    request: PromotionRequest, policies: Sequence[Policy], reading: ReadAhead, *, at: datetime
) -> str:
    """The digest of what is signed now; empty where no policy lets it be signed."""
    try:
        return case_of(request, at=at, policies=policies, reading=reading).dossier.digest
    except (NoPolicy, NoEmergency):
        return ""


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
