"""Rehearsing a policy over what was decided and over what serves. Reads only; nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import F, QuerySet

from governance.approvals.models import DossierCopy, PolicyVersion, PromotionRequest
from governance.approvals.queries.dossiers import gather
from governance.approvals.queries.kept import KeptRows
from governance.approvals.queries.policies import policy_of, subject_of
from governance.approvals.queries.reading import ReadAhead
from governance.approvals.queries.standing import Place
from governance.approvals.rules.judgement import RequestState
from governance.approvals.rules.policies import Policy
from governance.approvals.rules.rehearsal import (
    Applied,
    Decided,
    Effect,
    Rehearsed,
    Trial,
    as_signed,
    rehearse,
    rehearse_live,
    trial_of,
)
from governance.core.errors import invalid
from governance.core.wording import as_date, counted, day
from governance.inventory.models import Model
from governance.registry.models import SlotAssignment
from governance.registry.rules import Move, Stage

MOST = 500
"""How many decisions, and how many live versions, are read at most: the newest, the first by name.

A kept dossier is some ten kilobytes and is judged in milliseconds, so a page stays within seconds.
"""
NOT_KNOWN = (
    "Signatures are weighed as they were given. Nobody was asked for what only this policy asks "
    "for, so what is missing may have been there for the asking. In which order people signed, and "
    "for how long they overrode a check, is not weighed.",
    "Some dossiers are of the first format. What it has no place for was read off the rows: slot "
    "name, unit, jurisdictions and EU AI Act class are those of now.",
)
"""What whoever reads a rehearsal must know: always, and where older dossiers were read."""
DECIDED = (RequestState.DONE, RequestState.RETURNED, RequestState.REJECTED)


@dataclass(frozen=True, kw_only=True)
class PastDecision:
    """A decision that the candidate reaches, and what would have become of it.

    `is_supplemented` says that its dossier is of the first format, so that some facts are of now.
    """

    request: PromotionRequest
    rehearsed: Rehearsed
    is_supplemented: bool

    def __str__(self) -> str:
        return f"{self.request.version} to {self.request.goal}"


@dataclass(frozen=True, kw_only=True)
class LiveVersion:
    """A version that serves where the candidate reaches, and the request on which it does."""

    assignment: SlotAssignment
    request: PromotionRequest
    rehearsed: Rehearsed

    def __str__(self) -> str:
        role = self.assignment.get_role_display().lower()
        return f"{self.request.version}, {role} of {self.assignment.slot.name}"


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What a candidate would change. `most` is how many decisions and live versions were read."""

    trial: Trial
    since: date
    decisions: tuple[PastDecision, ...]
    live: tuple[LiveVersion, ...]
    most: int
    is_cut: bool

    @property
    def differing(self) -> list[PastDecision]:
        return [one for one in self.decisions if one.rehearsed.differs]

    @property
    def refused_by_people(self) -> list[PastDecision]:
        refused = Effect.PEOPLE_REFUSED
        return [one for one in self.decisions if one.rehearsed.effect == refused]

    @property
    def out_of_policy(self) -> list[LiveVersion]:
        return [one for one in self.live if one.rehearsed.differs]

    @property
    def would_differ(self) -> bool:
        return bool(self.differing or self.out_of_policy)

    @property
    def summary(self) -> str:
        """`3 of 41 decisions since … would come out differently; 2 of 7 live versions would …`."""
        decisions = counted(len(self.decisions), "decision")
        live = counted(len(self.live), "live version")
        return (
            f"{len(self.differing)} of {decisions} since {day(self.since)} would come out "
            f"differently; {len(self.out_of_policy)} of {live} would be out of policy."
        )

    @property
    def is_supplemented(self) -> bool:
        return any(one.is_supplemented for one in self.decisions)

    @property
    def cautions(self) -> Sequence[str]:
        """What whoever reads it must know."""
        return NOT_KNOWN if self.is_supplemented else NOT_KNOWN[:1]


def a_year_before(at: datetime) -> date:
    """Since when decisions are rehearsed where nobody says."""
    return as_date(at - timedelta(days=365))


def rehearsal_of(
    candidate: Policy,
    *,
    models: QuerySet[Model],
    since: date,
    at: datetime,
    most: int = MOST,
) -> Rehearsal:
    """Rehearse a policy over the decisions on these models since that day, and what serves now.

    As many queries for a thousand decisions as for one. Those that no one who signs decides, the
    rollbacks, have a fixed rule of their own and are left out. Raises InvalidInput if the candidate
    and a policy in force would apply to some move alike, or `most` is less than one.
    """
    if most < 1:
        raise invalid("most", "range", "Read at least one row.")
    trial = trial_of(candidate, signed_policies())
    decisions, more_decisions = _decisions(trial, models, since=since, most=most)
    live, more_live = _live(trial, models, at=at, most=most)
    return Rehearsal(
        trial=trial,
        since=since,
        decisions=decisions,
        live=live,
        most=most,
        is_cut=more_decisions or more_live,
    )


def signed_policies() -> list[Policy]:
    """Those in force that people signed: the set open asks for nothing, so nothing would differ."""
    return [policy_of(row) for row in PolicyVersion.objects.in_force().order_by("key")]


def _targets(trial: Trial) -> set[Stage]:
    replaced = trial.replaced
    return {trial.candidate.scope.target, *([replaced.scope.target] if replaced else [])}


def _decisions(
    trial: Trial, models: QuerySet[Model], *, since: date, most: int
) -> tuple[tuple[PastDecision, ...], bool]:
    """Return those that the trial concerns, newest first, and whether older ones were not read."""
    begin = datetime.combine(since, time.min, tzinfo=UTC)
    rows = list(
        PromotionRequest.objects.filter(
            version__model__in=models,
            state__in=DECIDED,
            closed_at__gte=begin,
            target__in=_targets(trial),
        )
        .exclude(move=Move.ROLLED_BACK)
        .with_version()
        .order_by("-closed_at", "-number")[: most + 1]
    )
    requests = rows[:most]
    return tuple(_rehearsed(trial, requests)), len(rows) > most


def _rehearsed(trial: Trial, requests: Sequence[PromotionRequest]) -> Iterator[PastDecision]:
    copies, records = decided_copies(requests), KeptRows(requests)
    for request in requests:
        kept, at = copies[request].dossier, request.closed_at or request.opened_at
        facts = records.facts(request, kept, at=at)
        decided = Decided(
            reference=request.reference,
            dossier=kept,
            facts=facts,
            state=RequestState(request.state),
            decided_at=at,
            judged_at=at,
            duties=records.duties(request, at=at),
            signatures=records.signatures(request),
            overriders=records.overriders(request),
        )
        rehearsed = rehearse(decided, trial)
        if rehearsed is not None:
            yield PastDecision(
                request=request, rehearsed=rehearsed, is_supplemented=facts is not kept
            )


def decided_copies(
    requests: Sequence[PromotionRequest],
) -> dict[PromotionRequest, DossierCopy]:
    """The dossier under which each was decided; others that it keeps went stale before."""
    rows = DossierCopy.objects.filter(request__in=requests, digest=F("request__decided_digest"))
    found = {row.request_id: row for row in rows}
    return {request: found[request.pk] for request in requests}


def _live(
    trial: Trial, models: QuerySet[Model], *, at: datetime, most: int
) -> tuple[tuple[LiveVersion, ...], bool]:
    """Return what serves where the trial concerns it, and whether there is more than was read.

    Left out is what nobody approved: nothing was gated when it went live.
    """
    if Stage.PRODUCTION not in _targets(trial):
        return (), False
    rows = list(
        SlotAssignment.objects.current()
        .answering()
        .filter(slot__model__in=models)
        .select_related("slot__model", "version")
        .order_by("slot__model__name", "slot__name", "role", "pk")[: most + 1]
    )
    return tuple(_live_rehearsed(trial, rows[:most], at=at)), len(rows) > most


def _live_rehearsed(
    trial: Trial, assignments: Sequence[SlotAssignment], *, at: datetime
) -> Iterator[LiveVersion]:
    approvals = approvals_behind(assignments)
    requests = list(approvals.values())
    copies, records = decided_copies(requests), KeptRows(requests)
    ahead = ReadAhead(requests, reader=None, at=at)
    for assignment in assignments:
        request = approvals.get((assignment.version_id, assignment.slot_id))
        if request is None:
            continue
        subject = subject_of(
            request.version.model,
            slot=request.slot.name,
            source=Stage(request.source),
            target=Stage.PRODUCTION,
            at=at,
        )
        if trial.concerns(subject):
            applied = trial.applied(subject, move=Move(request.move))
            decided = as_it_serves(request, applied, copies[request], records, ahead, at=at)
            yield LiveVersion(
                assignment=assignment,
                request=request,
                rehearsed=rehearse_live(decided, applied),
            )


def as_it_serves(
    request: PromotionRequest,
    applied: Applied,
    copy: DossierCopy,
    records: KeptRows,
    ahead: ReadAhead,
    *,
    at: datetime,
) -> Decided:
    """Gather the facts of now, and the signatures that the approval had.

    The champion that it was to beat is the one of then: it serves no more, or it is this version.
    """
    approved_at = request.closed_at or request.opened_at
    duties = records.duties(request, at=approved_at)
    dossier = copy.dossier
    if applied.policy is not None:
        now, _ = gather(
            request.version,
            slot=request.slot,
            move=Move(request.move),
            target=Stage.PRODUCTION,
            policy=applied.policy,
            request=request,
            duties=duties,
            at=at,
            share=request.share,
            reading=ahead,
        )
        dossier = replace(now, incumbent=copy.dossier.incumbent)
    return Decided(
        reference=request.reference,
        dossier=dossier,
        facts=dossier,
        state=RequestState.DONE,
        decided_at=approved_at,
        judged_at=at,
        duties=duties,
        signatures=as_signed(
            records.signatures(request), decided=request.decided_digest, now=dossier.digest
        ),
        overriders=records.overriders(request),
        approved=records.facts(request, copy.dossier, at=approved_at),
    )


def approvals_behind(
    assignments: Sequence[SlotAssignment],
) -> dict[Place, PromotionRequest]:
    """The newest approval of each version in its slot; a rollback rests on an earlier one."""
    rows = (
        PromotionRequest.objects.filter(
            version__in=[one.version_id for one in assignments],
            slot__in=[one.slot_id for one in assignments],
            target=Stage.PRODUCTION,
            state=RequestState.DONE,
        )
        .exclude(move=Move.ROLLED_BACK)
        .with_version()
        .order_by("closed_at", "number")
    )
    newest = {(row.version_id, row.slot_id): row for row in rows}
    wanted = {(one.version_id, one.slot_id) for one in assignments}
    return {place: row for place, row in newest.items() if place in wanted}
