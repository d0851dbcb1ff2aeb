"""What another tier or class of a model would make due. Reads only; nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.approvals.queries.kept import KeptRows
from governance.approvals.queries.policies import policies_in_force, subject_of
from governance.approvals.queries.reading import ReadAhead
from governance.approvals.queries.rehearsals import (
    LiveVersion,
    approvals_behind,
    as_it_serves,
    decided_copies,
)
from governance.approvals.rules.emergencies import NoEmergency
from governance.approvals.rules.policies import NoPolicy, Policy
from governance.approvals.rules.rehearsal import (
    NO_EMERGENCY,
    NO_POLICY,
    Applied,
    applied_among,
    objections,
    rehearse_live,
)
from governance.core.wording import as_date
from governance.inventory.models import Model
from governance.inventory.rules.assessments import Matter
from governance.inventory.rules.controls import Control, changed_controls, due_after
from governance.registry.models import ModelVersion, SlotAssignment
from governance.registry.rules import Move, Stage
from governance.validation.models import Report

INTERVAL = "revalidation_months"
"""The control that says after how many months a validation is due again."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A model as it would be once the matter is assessed: another tier, or another class."""

    matter: Matter
    tier: int | None
    ai_act_class: str

    def of(self, model: Model) -> Model:
        """Set it on a model that was read for this and is never saved."""
        model.tier, model.tier_until, model.tier_after = self.tier, None, None
        model.ai_act_class = self.ai_act_class
        return model


class _OnceAssessed(ReadAhead):
    """Reads that the matter was assessed at this moment, as it would have been."""

    def __init__(
        self, requests: Sequence[PromotionRequest], *, matter: Matter, at: datetime
    ) -> None:
        super().__init__(requests, reader=None, at=at)
        self._matter, self._at = matter, at

    def tier_assessed_at(self, model: Model) -> datetime | None:
        return self._at if self._matter == Matter.TIER else super().tier_assessed_at(model)

    def class_assessed_at(self, model: Model) -> datetime | None:
        return self._at if self._matter == Matter.CLASS else super().class_assessed_at(model)


@dataclass(frozen=True, kw_only=True)
class Reopened:
    """An open request whose signatures count no more, and what it would wait for."""

    request: PromotionRequest
    policy: Policy | None
    signatures: int
    waits_for: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Revalidation:
    """A version whose validation is due again; `due_date` is None where it has none."""

    version: ModelVersion
    report: Report | None
    due_date: date | None

    def is_due(self, today: date) -> bool:
        return self.due_date is None or self.due_date <= today


@dataclass(frozen=True, kw_only=True)
class Consequences:
    """What becomes due. `live` are versions that the change would put out of policy."""

    requests: tuple[Reopened, ...]
    live: tuple[LiveVersion, ...]
    revalidations: tuple[Revalidation, ...]
    controls: tuple[Control, ...]

    @property
    def are_none(self) -> bool:
        return not (self.requests or self.live or self.revalidations or self.controls)


def consequences_of(
    model: Model, change: Change, *, controls: Mapping[int, Mapping[str, Any]], at: datetime
) -> Consequences:
    """Say what the change would make due now, by the records and the policies in force.

    `controls` are those of the questionnaire, by tier. It takes as many queries for
    many versions as for one.
    """
    before = model.tier_at(at)
    is_moved = (before, model.ai_act_class) != (change.tier, change.ai_act_class)
    serving = _serving(model)
    return Consequences(
        requests=tuple(_reopened(model, change, at=at)) if is_moved else (),
        live=tuple(_out_of_policy(serving, change, at=at)) if is_moved else (),
        revalidations=tuple(_revalidations(serving, change, controls, at=at)),
        controls=tuple(
            changed_controls(controls.get(before or 0, {}), controls.get(change.tier or 0, {}))
        ),
    )


def _serving(model: Model) -> list[SlotAssignment]:
    return list(
        SlotAssignment.objects.current()
        .answering()
        .filter(slot__model=model)
        .select_related("slot__model", "version__model")
        .order_by("slot__name", "role", "pk")
    )


def _reopened(model: Model, change: Change, *, at: datetime) -> Iterator[Reopened]:
    rows = (
        PromotionRequest.objects.open().filter(version__model=model).exclude(move=Move.ROLLED_BACK)
    )
    requests, policies = list(rows.with_version().order_by("number")), policies_in_force()
    reading = _OnceAssessed(requests, matter=change.matter, at=at)
    for request in requests:
        change.of(request.version.model)
        given = len(reading.sign_offs(request))
        try:
            case = case_of(request, at=at, policies=policies, reading=reading)
        except NoPolicy:
            waits: Sequence[str] = [NO_POLICY]
            yield Reopened(request=request, policy=None, signatures=given, waits_for=waits)
        except NoEmergency:
            waits = [NO_EMERGENCY]
            yield Reopened(request=request, policy=None, signatures=given, waits_for=waits)
        else:
            waits = objections(Applied(policy=case.policy), case.judgement)
            yield Reopened(request=request, policy=case.policy, signatures=given, waits_for=waits)


def _out_of_policy(
    serving: Sequence[SlotAssignment], change: Change, *, at: datetime
) -> Iterator[LiveVersion]:
    """What serves and would not be let go live as it is; what nobody approved is left out."""
    approvals = approvals_behind(serving)
    requests = list(approvals.values())
    copies, records = decided_copies(requests), KeptRows(requests)
    ahead = _OnceAssessed(requests, matter=change.matter, at=at)
    policies = policies_in_force()
    for assignment in serving:
        request = approvals.get((assignment.version_id, assignment.slot_id))
        if request is None:
            continue
        subject = subject_of(
            change.of(request.version.model),
            slot=request.slot.name,
            source=Stage(request.source),
            target=Stage.PRODUCTION,
            at=at,
        )
        applied = applied_among(policies, subject, move=Move(request.move))
        decided = as_it_serves(request, applied, copies[request], records, ahead, at=at)
        rehearsed = rehearse_live(decided, applied)
        if rehearsed.differs:
            yield LiveVersion(assignment=assignment, request=request, rehearsed=rehearsed)


def _revalidations(
    serving: Sequence[SlotAssignment],
    change: Change,
    controls: Mapping[int, Mapping[str, Any]],
    *,
    at: datetime,
) -> Iterator[Revalidation]:
    """The live versions whose newest report is older than the tier lets it be."""
    months = controls.get(change.tier or 0, {}).get(INTERVAL)
    if not isinstance(months, int):
        return
    versions = list(dict.fromkeys(assignment.version for assignment in serving))
    rows = Report.objects.filter(version__in=versions).order_by("number")
    newest = {row.version_id: row for row in rows}
    for version in versions:
        report = newest.get(version.pk)
        due = due_after(as_date(report.signed_at), months) if report else None
        found = Revalidation(version=version, report=report, due_date=due)
        if found.is_due(as_date(at)):
            yield found
