"""One version: what it is made of, what was measured, and what the policy makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from governance.accounts.models import User
from governance.accounts.permissions import Permission, may
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import Case, build_case, case_of
from governance.approvals.queries.policies import policies_in_force, policy_of_move, subject_of
from governance.approvals.queries.standing import Standing, lapsed_among
from governance.approvals.rules.gates import CheckResult, Outcome, judging
from governance.approvals.rules.judgement import MOVES
from governance.approvals.rules.policies import NoPolicy
from governance.cards.models import CardRevision
from governance.cards.queries import published_card
from governance.core.wording import MISSING, number, signed
from governance.portal.pages.contents import Contents, Notice, contents_of, notice_of
from governance.portal.pages.lineage import Lineage
from governance.portal.pages.uses import draw_lineage
from governance.registry.models import (
    EvaluationResult,
    ModelVersion,
    StageChange,
    VersionTag,
)
from governance.registry.queries import (
    champion_of,
    counting_results,
    default_slot,
    results_of,
)
from governance.registry.rules import Stage
from governance.validation.models import Report
from governance.validation.queries import latest_report

NEXT_STAGE = {Stage.DRAFT: Stage.STAGING, Stage.STAGING: Stage.PRODUCTION}
MARKS = {
    Outcome.PASS: ("ok", "check"),
    Outcome.FAIL: ("bad", "cross"),
    Outcome.NOT_SHOWN: ("warn", "ring"),
}


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One value beside the champion's. `tone` is set only where a check says what is better."""

    metric: str
    slice: str
    champion: str
    value: str
    change: str
    tone: str
    source: str
    exact: Decimal
    check: CheckResult | None = None


@dataclass(frozen=True, kw_only=True)
class Gates:
    """What the checks of one policy find in the version, and for which move."""

    title: str
    target: Stage
    checks: Sequence[CheckResult]

    @property
    def passed(self) -> int:
        return sum(1 for check in self.checks if check.passed)


@dataclass(frozen=True, kw_only=True)
class VersionPage:
    version: ModelVersion
    champion: ModelVersion | None
    metrics: Sequence[Measured]
    slices: Sequence[Measured]
    gates: Gates | None
    request: PromotionRequest | None
    card: CardRevision | None
    report: Report | None
    contents: Contents
    notice: Notice
    lineage: Lineage
    tags: Sequence[VersionTag]
    history: Sequence[StageChange]
    askable: Sequence[Stage]
    can_hurry: bool
    lapsed: Sequence[Standing]


def version_page(version: ModelVersion, *, reader: User, at: datetime) -> VersionPage:
    """Read the page; the caller has checked that the version may be seen."""
    slot = default_slot(version.model)
    champion = champion_of(slot) if slot else None
    champion = None if champion == version else champion
    request = open_request(version)
    gates = gates_of(version, request, at=at)
    checks = gates.checks if gates else ()
    rows = measured(version, champion, checks)
    return VersionPage(
        version=version,
        champion=champion,
        metrics=[row for row in rows if not row.slice],
        slices=worst_first([row for row in rows if row.slice], checks),
        gates=gates,
        request=request,
        card=published_card(version),
        report=latest_report(version),
        contents=contents_of(version, reader=reader, at=at),
        notice=notice_of(version, reader=reader, at=at),
        lineage=draw_lineage(version, reader=reader, at=at),
        tags=list(version.tags.order_by("key")),
        history=list(version.stage_changes.select_related("slot").order_by("-changed_at")),
        askable=askable_stages(version, reader=reader, at=at),
        can_hurry=can_hurry(version, reader=reader, at=at),
        lapsed=lapsed_among(version.assignments.current(), at=at),
    )


def can_hurry(version: ModelVersion, *, reader: User, at: datetime) -> bool:
    """Tell whether this reader may ask that the version go live in an emergency."""
    slot, unit = default_slot(version.model), version.model.unit
    if slot is None or version.stage == Stage.PRODUCTION:
        return False
    if not may(reader, Permission.PROMOTION_REQUEST, unit=unit, at=at):
        return False
    try:
        policy = policy_of_move(version, slot=slot, target=Stage.PRODUCTION, at=at)
    except NoPolicy:
        return False
    return policy.emergency is not None


def askable_stages(version: ModelVersion, *, reader: User, at: datetime) -> list[Stage]:
    """The stages that this reader may ask for: some policy in force leads there from here."""
    model, slot = version.model, default_slot(version.model)
    if slot is None or not may(reader, Permission.PROMOTION_REQUEST, unit=model.unit, at=at):
        return []
    scopes, source = [policy.scope for policy in policies_in_force()], Stage(version.stage)
    subjects = {
        stage: subject_of(model, slot=slot.name, source=source, target=stage, at=at)
        for stage in Stage
        if stage != source
    }
    return [
        stage
        for stage, subject in subjects.items()
        if any(scope.reaches(subject) for scope in scopes)
    ]


def open_request(version: ModelVersion) -> PromotionRequest | None:
    return (
        PromotionRequest.objects.open()
        .filter(version=version)
        .with_version()
        .order_by("opened_at")
        .first()
    )


def gates_of(
    version: ModelVersion, request: PromotionRequest | None, *, at: datetime
) -> Gates | None:
    """The checks of the open request, else those of the next stage; None where no policy leads."""
    try:
        case = case_of(request, at=at) if request else next_case(version, at=at)
    except NoPolicy:
        return None
    if case is None:
        return None
    return Gates(
        title=f"{case.policy.title}, version {case.policy.number}",
        target=Stage(case.dossier.target),
        checks=case.judgement.checks,
    )


def next_case(version: ModelVersion, *, at: datetime) -> Case | None:
    """What would be judged if somebody asked for the next stage now."""
    stage, slot = Stage(version.stage), default_slot(version.model)
    if stage not in NEXT_STAGE or slot is None:
        return None
    target = NEXT_STAGE[stage]
    policy = policy_of_move(version, slot=slot, target=target, at=at)
    return build_case(
        version,
        slot=slot,
        move=MOVES[stage, target],
        target=target,
        policy=policy,
        request=None,
        requested_by="",
        at=at,
    )


def measured(
    version: ModelVersion, champion: ModelVersion | None, checks: Sequence[CheckResult]
) -> list[Measured]:
    """The values that count, beside the champion's on the same data set."""
    mine = counting_results(results_of(version))
    theirs = results_of(champion) if champion else []
    return [row_of(result, on_same_data(theirs, result), checks) for result in mine]


def worst_first(rows: Sequence[Measured], checks: Sequence[CheckResult]) -> list[Measured]:
    """Order the slices of each metric from the worst, where a check says what is better."""

    def key(row: Measured) -> tuple[str, Decimal, str]:
        check = judging(checks, row.metric)
        sign = {"above": 1, "below": -1}.get(check.passes, 0) if check else 0
        return row.metric, sign * row.exact, row.slice

    return sorted(rows, key=key)


def on_same_data(
    results: Sequence[EvaluationResult], other: EvaluationResult
) -> EvaluationResult | None:
    """The champion's value of the same metric and slice, if it was measured on the same data."""
    same = [
        result
        for result in results
        if (result.metric, result.slice) == (other.metric, other.slice)
        and result.dataset_digest == other.dataset_digest
    ]
    return next(iter(counting_results(same)), None)


def row_of(
    mine: EvaluationResult, theirs: EvaluationResult | None, checks: Sequence[CheckResult]
) -> Measured:
    check = judging(checks, mine.metric, mine.slice)
    change = Decimal(mine.value) - Decimal(theirs.value) if theirs else None
    return Measured(
        metric=mine.metric,
        slice=mine.slice,
        champion=number(Decimal(theirs.value)) if theirs else MISSING,
        value=number(Decimal(mine.value)),
        change=signed(change),
        tone=tone_of(change, check),
        source=mine.get_source_display(),
        exact=Decimal(mine.value),
        check=check,
    )


def tone_of(change: Decimal | None, check: CheckResult | None) -> str:
    """Green or red only where a check says which way is better."""
    if not change or check is None or check.passes not in {"above", "below"}:
        return "mute"
    return "ok" if (change > 0) == (check.passes == "above") else "bad"
