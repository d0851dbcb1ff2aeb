"""One model: where it stands, its versions, its people, and what happened lately."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import holders_of, roles_of
from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.model_changes import RevalidationDue, revalidation_of
from governance.approvals.queries.policies import policies_in_force
from governance.approvals.queries.standing import Standing as ApprovalStanding
from governance.approvals.queries.standing import lapsed_among
from governance.approvals.rules.judgement import RequestState
from governance.audit.queries import Filter, LedgerState, entries, ledger_state
from governance.inventory.models import Model, ModelChange, TierAssessment
from governance.inventory.queries import RecordGaps, record_gaps
from governance.inventory.queries.assessments import newest_rating
from governance.inventory.queries.model_changes import open_change
from governance.portal.pages.assessments import why_stale
from governance.portal.pages.events import Event, as_events
from governance.portal.pages.lineage import Lineage
from governance.portal.pages.standing import Standing, standings
from governance.portal.pages.upkeep import Upkeep, upkeep_of
from governance.portal.pages.uses import draw_lineage
from governance.registry.models import EvaluationResult, ModelVersion, Slot
from governance.registry.queries import counting_results
from governance.registry.queries.serving import Instance, Place, places_of
from governance.registry.rules import Stage
from governance.registry.rules.deployments import Hearing

VERSIONS_SHOWN = 10
METRICS_SHOWN = 3
EVENTS_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    version: ModelVersion
    values: Sequence[str]
    request: PromotionRequest | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One stage of the track: who is there, and whether the focus has passed it."""

    stage: Stage
    versions: str
    is_done: bool
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class ModelPage:
    model: Model
    standing: Standing
    requests: Sequence[PromotionRequest]
    assessment: TierAssessment | None
    slots: Sequence[Place]
    track: Sequence[Step]
    versions: Sequence[VersionRow]
    version_count: int
    metrics: Sequence[str]
    lineage: Lineage | None
    people: Sequence[tuple[str, Sequence[User]]]
    events: Sequence[Event]
    event_count: int
    ledger: LedgerState
    can_edit: bool
    can_roll_back: bool
    can_keep_slots: bool
    lapsed: Sequence[ApprovalStanding]
    gaps: RecordGaps
    stale: str
    upkeep: Upkeep
    change: ModelChange | None
    revalidation: RevalidationDue

    @property
    def unapproved(self) -> list[Instance]:
        """The instances that run what nobody approved."""
        instances = (one for place in self.slots for one in place.instances)
        return [one for one in instances if one.hearing == Hearing.UNAPPROVED]

    @property
    def request(self) -> PromotionRequest | None:
        """The decision that waits, if one does."""
        return self.requests[0] if self.requests else None


def model_page(model: Model, *, reader: User, at: datetime, all_versions: bool) -> ModelPage:
    """Read the page. The number of queries depends on neither versions nor events."""
    held = reader.permissions(unit=model.unit, at=at)
    standing, requests = standings([model])[0], open_requests_of(model)
    versions = list(model.versions.select_related("registered_by").order_by("-number"))
    shown = versions if all_versions else versions[:VERSIONS_SHOWN]
    metrics = judged_metrics_of(model)[:METRICS_SHOWN]
    log = entries(Filter(streams=[model.stream]))
    request = requests[0] if requests else None
    focus = request.version if request else standing.newest
    slots = places_of(model, slots_of(model), at=at)
    rating = newest_rating(model)
    return ModelPage(
        model=model,
        standing=standing,
        requests=requests,
        assessment=rating,
        slots=slots,
        track=track_of(versions, focus, request),
        versions=version_rows(shown, metrics),
        version_count=len(versions),
        metrics=metrics,
        lineage=draw_lineage(focus, reader=reader, at=at) if focus else None,
        people=people_of(model, at=at),
        events=as_events(list(log.newest_first()[:EVENTS_SHOWN]), reader=reader, at=at),
        event_count=log.count(),
        ledger=ledger_state(),
        can_edit=Permission.MODEL_EDIT in held and model.retired_at is None,
        can_keep_slots=Permission.SLOT_MANAGE in held,
        can_roll_back=bool(standing.live)
        and Role.APPROVER in roles_of(reader, unit=model.unit, at=at),
        gaps=record_gaps([model], at=at)[model.pk],
        stale=why_stale(model, rating, at=at),
        lapsed=lapsed_among((role for place in slots for role in place.roles), at=at),
        upkeep=upkeep_of(model, reader=reader, held=held, at=at),
        change=open_change(model),
        revalidation=revalidation_of(model, at=at),
    )


def open_requests_of(model: Model) -> list[PromotionRequest]:
    rows = PromotionRequest.objects.open().filter(model=model)
    return list(rows.with_version().order_by("opened_at"))


def judged_metrics_of(model: Model) -> list[str]:
    """What policies in force judge for a model of this tier and kind, in their order."""
    found: dict[str, None] = {}
    for policy in policies_in_force():
        scope = policy.scope
        if (scope.tiers and model.tier not in scope.tiers) or (
            scope.kinds and model.kind not in scope.kinds
        ):
            continue
        for gate in policy.gates:
            for metric in gate.metrics:
                found.setdefault(metric)
    return list(found)


def slots_of(model: Model) -> list[Slot]:
    """The model's slots, the default one first."""
    slots = Slot.objects.filter(model=model).order_by("-is_default", "name")
    return list(slots.select_related("model"))


def track_of(
    versions: Sequence[ModelVersion], focus: ModelVersion | None, request: PromotionRequest | None
) -> list[Step]:
    """Say which versions are in each stage, and how far the focused one has come."""
    stages = list(Stage)
    reached = stages.index(Stage(focus.stage)) if focus else -1
    target = request.target if request else focus and focus.stage
    return [
        Step(
            stage=stage,
            versions=ranges([v.number for v in versions if v.stage == stage]),
            is_done=index <= reached and stage != target,
            is_current=stage == target,
        )
        for index, stage in enumerate(stages)
    ]


def ranges(numbers: Sequence[int]) -> str:
    """Shorten version numbers: `v1 to v11, v13`."""
    runs = groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0])
    found = []
    for _, run in runs:
        members = [number for _, number in run]
        single = len(members) == 1
        found.append(f"v{members[0]}" if single else f"v{members[0]} to v{members[-1]}")
    return ", ".join(found)


def version_rows(versions: Sequence[ModelVersion], metrics: Sequence[str]) -> list[VersionRow]:
    values = metric_values(versions, metrics)
    # The newest, but one that waits before any that is decided.
    asked = sorted(
        PromotionRequest.objects.filter(version__in=versions),
        key=lambda row: (row.state == RequestState.OPEN, row.opened_at),
    )
    requests: dict[UUID, PromotionRequest] = {row.version_id: row for row in asked}
    return [
        VersionRow(
            version=version,
            values=[values.get(version.pk, {}).get(metric, "") for metric in metrics],
            request=requests.get(version.pk),
        )
        for version in versions
    ]


def metric_values(
    versions: Sequence[ModelVersion], metrics: Sequence[str]
) -> dict[UUID, Mapping[str, str]]:
    """The value that counts of each metric, without slices, by version."""
    rows: defaultdict[UUID, list[EvaluationResult]] = defaultdict(list)
    for row in EvaluationResult.objects.filter(version__in=versions, metric__in=metrics, slice=""):
        rows[row.version_id].append(row)
    return {
        version: {result.metric: result.value for result in counting_results(results)}
        for version, results in rows.items()
    }


def people_of(model: Model, *, at: datetime) -> list[tuple[str, Sequence[User]]]:
    """Who stands around the model: its builders, and who holds the reviewing roles in its unit."""
    reviewers: list[tuple[str, Sequence[User]]] = [
        (str(role.label), holders_of(role, unit=model.unit, at=at))
        for role in (Role.VALIDATOR, Role.APPROVER, Role.COMPLIANCE)
    ]
    return [
        ("Owner", [model.owner] if model.owner else []),
        ("Developers", list(model.developers.all())),
        *reviewers,
    ]
