"""Whether what serves is still approved."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from governance.approvals.models import (
    ConditionFinding,
    DossierCopy,
    Override,
    PromotionRequest,
)
from governance.approvals.rules.judgement import RequestState
from governance.approvals.rules.standing import (
    Approval,
    ApprovalLapsed,
    LapseReason,
    OwedCondition,
    lapses,
)
from governance.core.grouping import by_key
from governance.core.wording import as_date
from governance.inventory.queries.model_changes import accepted_changes
from governance.inventory.rules import AiActClass
from governance.inventory.rules.model_changes import AcceptedChange, Materiality
from governance.registry.models import ModelVersion, Slot, SlotAssignment
from governance.registry.queries.serving import deployment_allowance, slot_called
from governance.registry.rules import Move, Stage
from governance.registry.rules.deployments import Allowance
from governance.registry.rules.slots import LIVE_ROLES


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The approval on which a version serves in a slot, and why it stands no longer."""

    request: PromotionRequest
    approval: Approval
    reasons: tuple[LapseReason, ...]

    @property
    def has_lapsed(self) -> bool:
        return bool(self.reasons)

    @property
    def sentence(self) -> str:
        return " ".join(reason.sentence for reason in self.reasons)


Place = tuple[UUID, UUID]
"""A version and a slot."""


def standings(places: Collection[Place], *, at: datetime) -> dict[Place, Standing]:
    """Return the standing of each version in its slot, in seven queries however many they are.

    Left out are those that nobody approved: nothing was gated when they went live.
    """
    newest = _newest_approvals(places)
    requests = list(newest.values())
    owed = by_key(_conditions(requests), lambda row: row.finding.version_id)
    overrides = by_key(_overrides(requests), lambda row: row.request_id)
    changes = accepted_changes({request.version.model for request in requests})
    return {
        place: _standing(
            request,
            owed[request.version_id],
            overrides[request.pk],
            changes[request.version.model_id],
            at=at,
        )
        for place, request in newest.items()
    }


def standing_of(version: ModelVersion, slot: Slot, *, at: datetime) -> Standing | None:
    """Return the standing of one version in one slot; None where nobody approved it."""
    return standings([(version.pk, slot.pk)], at=at).get((version.pk, slot.pk))


def lapsed_among(assignments: Iterable[SlotAssignment], *, at: datetime) -> list[Standing]:
    """Return the standings that have lapsed among those of what answers live traffic."""
    places = [
        (row.version_id, row.slot_id)
        for row in assignments
        if row.role in LIVE_ROLES and row.ended_at is None
    ]
    if not places:
        return []
    return [one for one in standings(places, at=at).values() if one.has_lapsed]


def require_standing(version: ModelVersion, slot: Slot, *, at: datetime) -> None:
    """Raise ApprovalLapsed, saying why, if what the version was approved on stands no longer."""
    standing = standing_of(version, slot, at=at)
    if standing is not None and standing.has_lapsed:
        raise ApprovalLapsed(
            f"The approval of {version} lapsed. {standing.sentence} Ask for a new one.",
            subject=version.ref,
            stream=version.model.stream,
            rules=[reason.rule for reason in standing.reasons],
            request=standing.request.ref,
        )


def _newest_approvals(places: Collection[Place]) -> dict[Place, PromotionRequest]:
    rows = (
        PromotionRequest.objects.filter(
            version__in={version for version, _ in places},
            slot__in={slot for _, slot in places},
            target=Stage.PRODUCTION,
            state=RequestState.DONE,
        )
        .with_version()
        .prefetch_related("lapses")
        .order_by("closed_at", "number")
    )
    found = {(row.version_id, row.slot_id): row for row in rows}
    return {place: found[place] for place in places if place in found}


def _conditions(requests: Iterable[PromotionRequest]) -> Iterable[ConditionFinding]:
    versions = {request.version_id for request in requests}
    return ConditionFinding.objects.filter(finding__version__in=versions).select_related("finding")


def _overrides(requests: Iterable[PromotionRequest]) -> Iterable[Override]:
    """Those that the decided dossiers name: others were never in force, or not for this."""
    decided = {request.decided_digest for request in requests}
    named = {
        override.ref
        for copy in DossierCopy.objects.filter(request__in=list(requests), digest__in=decided)
        for override in copy.dossier.overrides
    }
    keys = [ref.partition(":")[2] for ref in named]
    return Override.objects.filter(pk__in=keys) if keys else ()


def _standing(
    request: PromotionRequest,
    owed: Iterable[ConditionFinding],
    overrides: Iterable[Override],
    changes: Iterable[AcceptedChange],
    *,
    at: datetime,
) -> Standing:
    approval = Approval(
        reference=request.reference,
        approved_at=request.closed_at or request.opened_at,
        stands_until=request.stands_until,
        is_emergency=request.move == Move.EMERGENCY,
        overrides=tuple(row.expires_date for row in overrides),
        conditions=tuple(
            OwedCondition(
                label=f"“{row.finding.title}”",
                due_date=row.finding.due_date,
                is_met=row.finding.closed_at is not None,
            )
            for row in owed
        ),
        ai_act_class=request.version.model.ai_act_class,
        changes=tuple(changes),
    )
    return Standing(request=request, approval=approval, reasons=tuple(lapses(approval, at=at)))


def allowance_now(version: ModelVersion, *, slot: str, digest: str, at: datetime) -> Allowance:
    """Answer whether the version may answer live traffic in the slot now; "" is the default one.

    What serves on an approval that has lapsed may not: whoever deploys it anew is told why.
    """
    answer = deployment_allowance(version, slot=slot, digest=digest)
    row = slot_called(version.model, slot)
    standing = standing_of(version, row, at=at) if answer.allowed and row else None
    if standing is None or not standing.has_lapsed:
        return answer
    return Allowance(
        allowed=False,
        rule=ApprovalLapsed.code,
        reason=f"The approval of {version} lapsed. {standing.sentence}",
    )


def lapsed_unnoted(*, at: datetime) -> list[Place]:
    """Return what serves on an approval that lapsed for a reason that is not on record yet.

    Asked every minute: only what could have lapsed is read.
    """
    ended = Q(version__requests__stands_until__lt=at)
    owed = Q(
        version__findings__condition__isnull=False,
        version__findings__closed_at=None,
        version__findings__due_date__lt=as_date(at),
    )
    barred = Q(version__model__ai_act_class=AiActClass.PROHIBITED)
    changed = Q(
        version__model__changes__decision__materiality=Materiality.MATERIAL,
        version__model__changes__decision__decided_at__gt=F("assigned_at"),
    )
    serving = SlotAssignment.objects.current().answering().filter(ended | owed | barred | changed)
    found = standings(sorted(set(serving.values_list("version_id", "slot_id"))), at=at)
    return [place for place, standing in found.items() if _is_new(standing)]


def _is_new(standing: Standing) -> bool:
    known = {(row.rule, row.since) for row in standing.request.lapses.all()}
    return any((reason.rule, reason.since) not in known for reason in standing.reasons)
