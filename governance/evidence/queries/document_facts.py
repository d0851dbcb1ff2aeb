"""Reads of what documents print beside the card: each kind of record in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.rules.judgement import RequestState
from governance.audit.models import Prose
from governance.cards.models import CardRevision
from governance.cards.queries.comments import comments_on
from governance.core.wording import as_date, counted, day, shortened
from governance.evidence.rules.documents.material import (
    Approval,
    Change,
    Coming,
    CommentFacts,
    DataFacts,
    FindingFacts,
    ReportFacts,
    Row,
    Signed,
    Watching,
)
from governance.inventory.models import (
    ClassAssessment,
    Model,
    ModelChange,
    TierAssessment,
    Waiver,
)
from governance.inventory.queries.reviews import review_standings, reviews_of
from governance.inventory.rules.reviews import ReviewOutcome
from governance.registry.models import DeploymentReport, LineageFact, ModelVersion, StageChange
from governance.registry.queries.lineage import inputs_of
from governance.registry.rules import CheckOutcome, Move, Stage, Verdict
from governance.validation.models import Finding, Report
from governance.validation.queries import findings_of, reports_of
from governance.validation.rules import Opinion

MOST_WATCHED = 12
MOST_CHANGES = 40
"""The newest so many are shown; the evidence pack has all of them."""
VERDICT_TONES = {Verdict.AGREES: "ok", Verdict.SUPERSEDED: "warn", Verdict.UNAPPROVED: "bad"}
STATES = {RequestState.DONE: "ok", RequestState.OPEN: "warn"}


def said(prose: Prose | None) -> str:
    """Return what the text says, or that it was erased."""
    return "" if prose is None else str(prose)


def reports(version: ModelVersion) -> tuple[ReportFacts, ...]:
    """Newest first."""
    return tuple(_report(row) for row in reports_of(version))


def _report(row: Report) -> ReportFacts:
    return ReportFacts(
        number=row.number,
        opinion=Opinion(row.opinion).label,
        is_fit=row.opinion != Opinion.NOT_FIT,
        scope=row.body.get("scope", ""),
        summary=row.body.get("summary", ""),
        digest=row.digest,
        signed=Signed(
            name=said(row.signed_name),
            role=Role(row.signed_role).label,
            meaning=row.meaning,
            at=row.signed_at,
        ),
    )


def findings(version: ModelVersion) -> tuple[FindingFacts, ...]:
    """Worst first."""
    return tuple(_finding(row) for row in findings_of(version))


def _finding(row: Finding) -> FindingFacts:
    return FindingFacts(
        label=row.label,
        severity=row.get_severity_display(),
        title=row.title,
        description=row.description,
        remediation=row.remediation,
        owner=row.owner.name if row.owner else "",
        due_date=row.due_date,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )


def comments(model: Model) -> tuple[CommentFacts, ...]:
    """Those that nobody settled yet, by section."""
    return tuple(
        CommentFacts(
            section=section,
            author=row.author.name,
            written_at=row.written_at,
            text=said(row.body),
        )
        for section, rows in comments_on(model).items()
        for row in rows
    )


def approvals(version: ModelVersion) -> tuple[Approval, ...]:
    """Every request about the version, newest first, with what counted when it was decided."""
    rows = list(PromotionRequest.objects.filter(version=version).with_version().order_by("-number"))
    signed: dict[object, list[SignOff]] = {}
    for one in (
        SignOff.objects.filter(request__in=rows)
        .select_related("printed_name", "request")
        .order_by("signed_at", "pk")
    ):
        if not one.request.decided_digest or one.dossier_digest == one.request.decided_digest:
            signed.setdefault(one.request_id, []).append(one)
    return tuple(
        Approval(
            reference=row.reference,
            goal=row.goal,
            state=row.standing.label,
            tone=STATES.get(row.standing, "na"),
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            stands_until=row.stands_until,
            signatures=tuple(_signed(one) for one in signed.get(row.pk, ())),
        )
        for row in rows
    )


def _signed(row: SignOff) -> Signed:
    return Signed(
        name=said(row.printed_name),
        role=Role(row.role).label,
        meaning=row.meaning,
        at=row.signed_at,
    )


def data(version: ModelVersion) -> tuple[DataFacts, ...]:
    return tuple(
        DataFacts(
            name=row.snapshot.name,
            purpose=row.get_purpose_display(),
            rows=row.rows,
            period=_period(row.period_start, row.period_end),
            digest=shortened(row.snapshot.digest) if row.snapshot.digest else "",
            revision=row.snapshot.revision,
            origin=row.get_origin_display(),
        )
        for row in inputs_of(version)
    )


def _period(start: date | None, end: date | None) -> str:
    ends = [day(one) for one in (start, end) if one]
    return " to ".join(ends)


def parents(version: ModelVersion) -> tuple[Row, ...]:
    rows = version.parents.select_related("parent__model").order_by("recorded_at", "pk")
    return tuple((str(row.get_relation_display()), str(row.parent)) for row in rows)


def parts(version: ModelVersion) -> tuple[Row, ...]:
    return tuple(
        (
            str(row.get_kind_display()),
            ", ".join(one for one in (row.name, row.revision, _sha(row.sha256)) if one),
        )
        for row in version.parts.order_by("kind", "name")
    )


def files(version: ModelVersion) -> tuple[Row, ...]:
    return tuple((row.path, _sha(row.sha256)) for row in version.artifacts.order_by("path"))


def _sha(digest: str) -> str:
    return f"sha256:{digest}" if digest else ""


def environment(version: ModelVersion) -> tuple[Row, ...]:
    """What the version runs in, and the settings that it was made with."""
    rows = LineageFact.objects.filter(version=version).order_by("kind", "name", "value")
    return tuple(
        (
            f"{row.get_kind_display()} {row.name}".strip(),
            f"{row.value} ({row.get_origin_display()})",
        )
        for row in rows
    )


def watching(model: Model, version: ModelVersion) -> tuple[Watching, ...]:
    """What was looked at again since it was registered, newest first: there is no monitor yet."""
    rows = [*_reviews(model), *_readings(version), *_serving(version)]
    return tuple(sorted(rows, key=lambda one: one.at, reverse=True)[:MOST_WATCHED])


def _reviews(model: Model) -> Iterator[Watching]:
    for row in reviews_of(model):
        kept = row.outcome == ReviewOutcome.NO_CHANGE
        yield Watching(
            at=row.reviewed_at,
            what=f"{row.get_kind_display()} review by {row.reviewer.name}: {said(row.words)}",
            outcome=ReviewOutcome(row.outcome).label,
            tone="ok" if kept else "warn",
        )


def _readings(version: ModelVersion) -> Iterator[Watching]:
    for row in version.artifact_checks.order_by("-checked_at")[:MOST_WATCHED]:
        yield Watching(
            at=row.checked_at,
            what=f"Files of the version read at their source, {counted(row.files, 'file')}",
            outcome=CheckOutcome(row.outcome).label,
            tone="ok" if row.outcome == CheckOutcome.MATCH else "bad",
        )


def _serving(version: ModelVersion) -> Iterator[Watching]:
    rows = DeploymentReport.objects.filter(version=version).order_by("-last_seen_at")
    for row in rows[:MOST_WATCHED]:
        yield Watching(
            at=row.last_seen_at,
            what=f"{row.instance} says that it runs the version in {row.slot_name}",
            outcome=Verdict(row.verdict).label,
            tone=VERDICT_TONES[Verdict(row.verdict)],
        )


def changes(model: Model, version: ModelVersion, names: Mapping[str, str]) -> tuple[Change, ...]:
    """What was done to the model and this version, newest first."""
    rows = [*_registrations(model), *_moves(version, names), *_accepted(model), *_cards(version)]
    return tuple(sorted(rows, key=lambda one: one.at, reverse=True)[:MOST_CHANGES])


def _registrations(model: Model) -> Iterator[Change]:
    rows = model.versions.select_related("registered_by").order_by("-number")
    for row in rows[:MOST_CHANGES]:
        yield Change(
            at=row.registered_at,
            what=f"Version {row.number} registered",
            detail=row.description or row.label,
            who=row.registered_by.name,
        )


def moves_of(version: ModelVersion) -> list[StageChange]:
    return list(version.stage_changes.order_by("-changed_at")[:MOST_CHANGES])


def _moves(version: ModelVersion, names: Mapping[str, str]) -> Iterator[Change]:
    for row in moves_of(version):
        yield Change(
            at=row.changed_at,
            what=f"This version: {Move(row.move).label.lower()}",
            detail=f"{Stage(row.source).label} to {Stage(row.target).label}",
            who=names.get(row.changed_by, ""),
        )


def _accepted(model: Model) -> Iterator[Change]:
    rows = ModelChange.objects.filter(model=model).accepted().with_all()
    for row in rows.order_by("-number")[:MOST_CHANGES]:
        yield Change(
            at=row.decision.decided_at,
            what=f"Change {row.number} accepted: {', '.join(row.kind_labels)}",
            detail=said(row.reason),
            who=row.decision.decided_by.name,
        )


def _cards(version: ModelVersion) -> Iterator[Change]:
    rows = CardRevision.objects.filter(version=version).select_related("published_by")
    for row in rows.order_by("-number"):
        yield Change(
            at=row.published_at,
            what=f"Revision {row.number} of the card published",
            detail="",
            who=row.published_by.name,
        )


def assessments(model: Model) -> tuple[Change, ...]:
    """Every rating of the model: risk tier and EU AI Act class, newest first."""
    tiers = TierAssessment.objects.filter(model=model).select_related("reason", "assessed_by")
    classes = ClassAssessment.objects.filter(model=model).select_related("reason", "assessed_by")
    rows = [
        *(_rating(row, f"Risk tier: {row.get_tier_display()}") for row in tiers),
        *(_rating(row, f"EU AI Act: {row.get_ai_act_class_display()}") for row in classes),
    ]
    return tuple(sorted(rows, key=lambda one: one.at, reverse=True))


def _rating(row: TierAssessment | ClassAssessment, what: str) -> Change:
    return Change(at=row.assessed_at, what=what, detail=said(row.reason), who=row.assessed_by.name)


def waivers(model: Model) -> tuple[Change, ...]:
    rows = Waiver.objects.filter(model=model).with_all().order_by("-requested_at")
    return tuple(
        Change(
            at=row.requested_at,
            what=f"{row.get_kind_display()}, until {day(row.expires_date)}",
            detail=f"{said(row.waived)} Instead: {said(row.control)}",
            who=row.requested_by.name,
        )
        for row in rows
    )


def coming(
    model: Model,
    found: tuple[FindingFacts, ...],
    approved: tuple[Approval, ...],
    *,
    at: datetime,
) -> tuple[Coming, ...]:
    """What is due, soonest first; what is late stands first of all."""
    today = as_date(at)
    (standing,) = review_standings([model], today=today)
    rows = [Coming(day=standing.due_date, what="Next review of the model")]
    rows += [
        Coming(day=one.due_date, what=f"Finding {one.label} to be closed: {one.title}")
        for one in found
        if one.closed_at is None
    ]
    rows += [
        Coming(day=as_date(one.stands_until), what=f"Approval {one.reference} ends")
        for one in approved
        if one.stands_until and one.stands_until > at
    ]
    if model.tier_until:
        rows.append(Coming(day=model.tier_until, what="Override of the risk tier ends"))
    return tuple(sorted(rows, key=lambda one: one.day))


def contact_of(person: User | None) -> str:
    return person.email if person else ""
