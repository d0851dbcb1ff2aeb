"""What a validation says, who is independent enough to say it, and what signing it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import TextChoices

from governance.core.canonical import canonical
from governance.core.errors import NotFound, Problem, Refused, WrongState
from governance.core.typed import is_plain
from governance.core.wording import counted, day
from governance.inventory.rules import Capacity

FORMAT = "countersign.report/1"
MAX_TEXT = 50_000
MAX_TITLE = 200


class Opinion(TextChoices):
    FIT = "FIT", "Fit for the stated use"
    FIT_WITH_CONDITIONS = "FIT_WITH_CONDITIONS", "Fit for the stated use, with conditions"
    NOT_FIT = "NOT_FIT", "Not fit for the stated use"


class Severity(TextChoices):
    """How much a finding matters, worst first."""

    HIGH = "HIGH", "High"
    MEDIUM = "MEDIUM", "Medium"
    LOW = "LOW", "Low"


class State(TextChoices):
    DRAFT = "DRAFT", "Draft"
    SIGNED = "SIGNED", "Signed"


class NotIndependent(Refused):
    """Whoever built, owned or registered it cannot judge it, whatever their role."""

    code = "not_independent"


class NotTheValidator(Refused):
    """A report is signed by the person who wrote it."""

    code = "not_the_validator"


class ClosesOwnFinding(Refused):
    """Whoever has to deal with a finding does not judge whether it is dealt with."""

    code = "closes_own_finding"


class ValidationChanged(WrongState):
    """What would be signed, or overwritten, is not what was on the screen."""

    code = "validation_changed"


class ValidationSigned(WrongState):
    code = "validation_signed"


class FindingClosed(WrongState):
    code = "finding_closed"


class FindingNotFound(NotFound):
    code = "finding_not_found"


@dataclass(frozen=True, kw_only=True)
class FindingDraft:
    """A finding before it has a number. `owner` is a user's reference, or empty."""

    severity: str
    title: str
    description: str = ""
    remediation: str = ""
    owner: str = ""
    due_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class ValidationRecord:
    """What a validator writes: a draft may leave any of it empty, a signed report may not."""

    scope: str = ""
    opinion: str = ""
    summary: str = ""
    findings: Sequence[FindingDraft] = field(default_factory=tuple)


@dataclass(frozen=True, kw_only=True)
class IndependenceFact:
    """One rule of independence, and whether this person meets it for this version."""

    rule: str
    met: bool
    text: str


def independence(
    *, capacities: Mapping[Capacity, datetime], registered: bool, committed: bool = False
) -> list[IndependenceFact]:
    """Judge a person by what they have ever been to the model: capacity → since when.

    Of committing it speaks only against somebody: of most versions nobody said who did.
    """

    def never(capacity: Capacity, rule: str, verb: str) -> IndependenceFact:
        since = capacities.get(capacity)
        if since is None:
            return IndependenceFact(rule=rule, met=True, text=f"Never {verb} this model")
        became = f"Became {capacity.label.lower()} of this model on {day(since)}"
        return IndependenceFact(rule=rule, met=False, text=became)

    said = "Registered" if registered else "Did not register"
    found = [
        never(Capacity.OWNER, "not_owner", "owned"),
        never(Capacity.DEVELOPER, "not_developer", "developed"),
        IndependenceFact(rule="not_registrant", met=not registered, text=f"{said} this version"),
    ]
    if committed:
        text = "Committed the code of this version"
        found.append(IndependenceFact(rule="not_committer", met=False, text=text))
    return found


def require_independence(
    facts: Iterable[IndependenceFact], *, who: str, what: str, subject: str, stream: str
) -> None:
    """Raise NotIndependent, naming each rule that is not met and its facts."""
    broken = [fact for fact in facts if not fact.met]
    if not broken:
        return
    said = " and ".join(fact.text[:1].lower() + fact.text[1:] for fact in broken)
    raise NotIndependent(
        f"Only somebody independent of the model can {what}: {who} {said}. "
        "Ask a validator who had no part in it.",
        subject=subject,
        stream=stream,
        rules=[fact.rule for fact in broken],
    )


def statement(opinion: str, findings: int) -> str:
    """Return the meaning of the signature, in the words that are signed with it."""
    said = {
        Opinion.FIT: "find it fit for the stated use",
        Opinion.FIT_WITH_CONDITIONS: "find it fit for the stated use, with conditions",
        Opinion.NOT_FIT: "find it not fit for the stated use",
    }[Opinion(opinion)]
    closing = f", with {counted(findings, 'finding')} to close" if findings else ""
    return f"I validated this version independently and {said}{closing}."


def report_text(record: ValidationRecord, *, version: Mapping[str, Any], validator: str) -> str:
    """Return the canonical text whose digest is signed. It holds the statement of meaning."""
    return canonical(
        {
            "format": FORMAT,
            "version": version,
            "validator": validator,
            "scope": record.scope,
            "opinion": record.opinion,
            "summary": record.summary,
            "findings": [asdict(finding) for finding in record.findings],
            "meaning": statement(record.opinion, len(record.findings)),
        }
    )


def record_problems(record: ValidationRecord, *, today: date) -> Iterable[Problem]:
    """Check what was typed, not whether it is enough to sign."""
    for name in ("scope", "summary"):
        yield from _text_problems(name, getattr(record, name), name.capitalize())
    if record.opinion and record.opinion not in Opinion.values:
        yield Problem(field="opinion", rule="choice", message="Choose one of the three opinions.")
    for index, finding in enumerate(record.findings):
        yield from finding_problems(finding, prefix=f"findings.{index}.", today=today)


def signing_problems(record: ValidationRecord) -> Iterable[Problem]:
    """Check what a report must say beyond a draft."""
    asked = {
        "opinion": "Choose an opinion.",
        "scope": "Say what was examined, with which methods, and what was not.",
        "summary": "Say what the opinion rests on.",
    }
    for name, message in asked.items():
        if not getattr(record, name).strip():
            yield Problem(field=name, rule="required", message=message)
    if record.opinion == Opinion.FIT_WITH_CONDITIONS and not record.findings:
        message = "Conditions are findings: record at least one, or choose another opinion."
        yield Problem(field="opinion", rule="conditions", message=message)


def finding_problems(finding: FindingDraft, *, today: date, prefix: str = "") -> Iterable[Problem]:
    if finding.severity not in Severity.values:
        message = "Choose how severe the finding is: high, medium or low."
        yield Problem(field=f"{prefix}severity", rule="choice", message=message)
    if not finding.title.strip():
        message = "Name the finding in one line."
        yield Problem(field=f"{prefix}title", rule="required", message=message)
    if len(finding.title) > MAX_TITLE:
        message = f"Use at most {MAX_TITLE} characters for the title."
        yield Problem(field=f"{prefix}title", rule="length", message=message)
    if finding.due_date is None:
        message = "Say by when it must be dealt with."
        yield Problem(field=f"{prefix}due_date", rule="required", message=message)
    elif finding.due_date <= today:
        message = f"Enter a date after {day(today)}."
        yield Problem(field=f"{prefix}due_date", rule="future", message=message)
    for name in ("title", "description", "remediation"):
        yield from _text_problems(f"{prefix}{name}", getattr(finding, name), name.capitalize())


def _text_problems(name: str, text: str, label: str) -> Iterable[Problem]:
    if len(text) > MAX_TEXT:
        message = f"{label} has {len(text):,} characters; use at most {MAX_TEXT:,}."
        yield Problem(field=name, rule="length", message=message)
    if not is_plain(text):
        message = f"{label} holds a control character. Remove it, then save again."
        yield Problem(field=name, rule="characters", message=message)
