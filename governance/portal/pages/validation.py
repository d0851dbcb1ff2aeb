"""The validation of one version as its readers, its validators and the signer see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.portal.pages.certificates import PROOFS
from governance.portal.pages.may import why_not
from governance.registry.models import ModelVersion
from governance.validation.models import Finding, Report, Validation
from governance.validation.queries import (
    PendingReport,
    draft_by,
    findings_of,
    independence_of,
    open_drafts,
    pending_report,
    possible_owners,
    reports_of,
)
from governance.validation.rules import (
    IndependenceFact,
    Opinion,
    Severity,
    ValidationRecord,
    signing_problems,
    statement,
)

OPINIONS = {
    Opinion.FIT: ("ok", "check"),
    Opinion.FIT_WITH_CONDITIONS: ("warn", "half"),
    Opinion.NOT_FIT: ("bad", "cross"),
}
SEVERITIES = {Severity.HIGH: "bad", Severity.MEDIUM: "warn", Severity.LOW: "mute"}


@dataclass(frozen=True, kw_only=True)
class FindingCard:
    """A finding, its tone, and why the reader may not close it (empty where they may)."""

    finding: Finding
    tone: str
    no_closing: str


@dataclass(frozen=True, kw_only=True)
class ValidationPage:
    """Opinion first. `independence` is of the signer, or of the reader where nothing is signed."""

    version: ModelVersion
    report: Report | None
    reports: Sequence[Report]
    findings: Sequence[FindingCard]
    independence: Sequence[IndependenceFact]
    draft: Validation | None
    others_at_work: Sequence[Validation]
    no_validating: str

    @property
    def opinion(self) -> tuple[str, str]:
        return OPINIONS[Opinion(self.report.opinion)] if self.report else ("mute", "ring")

    @property
    def proof(self) -> str:
        """With what the signer proved themself."""
        return PROOFS.get(self.report.signed_with, self.report.signed_with) if self.report else ""

    @property
    def open(self) -> list[FindingCard]:
        return [card for card in self.findings if card.finding.closed_at is None]

    @property
    def closed(self) -> list[FindingCard]:
        return [card for card in self.findings if card.finding.closed_at is not None]

    @property
    def open_by_severity(self) -> str:
        counts = [(s, sum(card.finding.severity == s for card in self.open)) for s in Severity]
        return ", ".join(f"{count} {severity.label.lower()}" for severity, count in counts)


@dataclass(frozen=True, kw_only=True)
class RecordPage:
    """The form in which a validator writes."""

    version: ModelVersion
    draft: Validation | None
    owners: Sequence[tuple[str, str]]
    independence: Sequence[IndependenceFact]

    @property
    def base(self) -> int:
        return self.draft.edit_count if self.draft else 0


@dataclass(frozen=True, kw_only=True)
class SignPage:
    """What is signed, what it means, and what still stands in the way."""

    version: ModelVersion
    validation: Validation
    record: ValidationRecord
    independence: Sequence[IndependenceFact]
    missing: Sequence[str]
    pending: PendingReport | None
    meaning: str

    @property
    def opinion(self) -> tuple[str, str]:
        return OPINIONS[Opinion(self.record.opinion)] if self.record.opinion else ("mute", "ring")


def validation_page(
    version: ModelVersion, *, reader: User, at: datetime, number: str = ""
) -> ValidationPage:
    """Read the page; `number` asks for an older report, and an unknown one shows the newest."""
    reports = reports_of(version)
    report = next((r for r in reports if str(r.number) == number), reports[0] if reports else None)
    no_closing = _no_closing(reader, version, at=at)
    return ValidationPage(
        version=version,
        report=report,
        reports=reports,
        findings=[_card(finding, reader, no_closing) for finding in findings_of(version)],
        independence=independence_of(report.signed_by if report else reader, version),
        draft=draft_by(version, reader),
        others_at_work=[d for d in open_drafts(version) if d.validator_id != reader.pk],
        no_validating=_no_validating(reader, version, at=at),
    )


def record_page(version: ModelVersion, *, reader: User) -> RecordPage:
    owners = [(user.ref, user.name) for user in possible_owners(version.model)]
    return RecordPage(
        version=version,
        draft=draft_by(version, reader),
        owners=owners,
        independence=independence_of(reader, version),
    )


def sign_page(version: ModelVersion, validation: Validation, *, reader: User) -> SignPage:
    """Read the step. There is nothing to sign yet while something is `missing`."""
    record = validation.record
    missing = [problem.message for problem in signing_problems(record)]
    return SignPage(
        version=version,
        validation=validation,
        record=record,
        independence=independence_of(reader, version),
        missing=missing,
        pending=None if missing else pending_report(validation),
        meaning="" if missing else statement(record.opinion, len(record.findings)),
    )


def _card(finding: Finding, reader: User, no_closing: str) -> FindingCard:
    if finding.owner_id == reader.pk and not no_closing:
        no_closing = "It is yours to deal with, so somebody else closes it."
    tone = SEVERITIES[Severity(finding.severity)]
    return FindingCard(finding=finding, tone=tone, no_closing=no_closing)


def _no_validating(reader: User, version: ModelVersion, *, at: datetime) -> str:
    unit, permission = version.model.unit, Permission.VALIDATION_WRITE
    reason = why_not(reader, permission, "Recording a validation", unit=unit, at=at)
    return reason or _not_independent(reader, version, "validate this version")


def _no_closing(reader: User, version: ModelVersion, *, at: datetime) -> str:
    unit, permission = version.model.unit, Permission.FINDING_CLOSE
    reason = why_not(reader, permission, "Closing a finding", unit=unit, at=at)
    return reason or _not_independent(reader, version, "close its findings")


def _not_independent(reader: User, version: ModelVersion, what: str) -> str:
    broken = [fact.text for fact in independence_of(reader, version) if not fact.met]
    if not broken:
        return ""
    said = " and ".join(text[:1].lower() + text[1:] for text in broken)
    return f"You {said}. Only somebody independent can {what}."
