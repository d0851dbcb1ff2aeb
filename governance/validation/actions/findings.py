"""Raising and closing findings. Each appends one entry to the model's stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import cast

from django.db import transaction
from django.db.models import Max

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.typed import tidy
from governance.registry.models import ModelVersion
from governance.registry.queries import locked_version
from governance.validation.models import Finding, Report
from governance.validation.queries import independence_of, possible_owners
from governance.validation.rules import (
    ClosesOwnFinding,
    FindingClosed,
    FindingDraft,
    Severity,
    finding_problems,
    require_independence,
)


@transaction.atomic
def open_finding(
    *, version: ModelVersion, finding: FindingDraft, actor: Actor, at: datetime
) -> Finding:
    """Raise a finding outside a report. Appends finding.opened.

    Raises NotIndependent, InvalidInput, NotAPerson, PermissionMissing.
    """
    version = locked_version(version)
    require(actor, Permission.VALIDATION_WRITE, unit=version.model.unit, at=at)
    person = independent_person(actor, version, "raise a finding")
    finding = tidied_finding(finding)
    problems = [*finding_problems(finding, today=at.date()), *owner_problems(version, [finding])]
    if problems:
        raise InvalidInput(*problems)
    opened = insert_finding(version, finding, person, at=at)
    audit.append(
        verb=Verb.FINDING_OPENED,
        stream=version.model.stream,
        subject=opened.ref,
        actor=actor.ref,
        at=at,
        facts={
            "version": version.ref,
            "severity": opened.severity,
            "due_date": opened.due_date,
            "owner": opened.owner.ref if opened.owner else None,
        },
        records=[opened],
    )
    return opened


@transaction.atomic
def close_finding(*, finding: Finding, reason: str, actor: Actor, at: datetime) -> Finding:
    """Close a finding for a reason. Appends finding.closed.

    Neither its owner nor whoever built or owned the model can. Raises NotIndependent,
    ClosesOwnFinding, FindingClosed, InvalidInput without a reason, NotAPerson, PermissionMissing.
    """
    version = locked_version(finding.version)
    require(actor, Permission.FINDING_CLOSE, unit=version.model.unit, at=at)
    person = independent_person(actor, version, "close a finding")
    finding = Finding.objects.select_for_update(of=("self",)).get(pk=finding.pk)
    _check_closable(finding, version, person)
    if not reason.strip():
        raise invalid("reason", "required", "Say what was done, and where the evidence is.")
    prose = audit.write_prose(reason.strip())
    finding.closed_at, finding.closed_by, finding.closing_reason = at, person, prose
    finding.save(update_fields=["closed_at", "closed_by", "closing_reason"])
    audit.append(
        verb=Verb.FINDING_CLOSED,
        stream=version.model.stream,
        subject=finding.ref,
        actor=actor.ref,
        at=at,
        facts={"version": version.ref, "severity": finding.severity},
        records=[finding, prose],
    )
    return finding


def insert_finding(
    version: ModelVersion,
    draft: FindingDraft,
    person: User | None,
    *,
    at: datetime,
    report: Report | None = None,
) -> Finding:
    """Insert the row; the caller's action holds the model's lock and appends the entry."""
    # Numbers are per model; the model's lock, which every caller holds, keeps them without gaps.
    model = version.model
    last = Finding.objects.filter(model=model).aggregate(last=Max("number"))["last"] or 0
    owner = next((user for user in possible_owners(model) if user.ref == draft.owner), None)
    return Finding.objects.create(
        model=model,
        version=version,
        report=report,
        number=last + 1,
        severity=draft.severity,
        title=draft.title,
        description=draft.description,
        remediation=draft.remediation,
        owner=owner,
        due_date=cast(date, draft.due_date),  # finding_problems refuses a missing one
        opened_by=person,
        opened_at=at,
    )


def insert_own_finding(
    version: ModelVersion,
    *,
    title: str,
    description: str,
    remediation: str,
    due_date: date,
    at: datetime,
) -> Finding:
    """Insert a high finding of the portal itself, for the model's owner, as `insert_finding`."""
    owner = version.model.owner
    draft = FindingDraft(
        severity=Severity.HIGH,
        title=title,
        description=description,
        remediation=remediation,
        owner=owner.ref if owner else "",
        due_date=due_date,
    )
    return insert_finding(version, draft, None, at=at)


def _check_closable(finding: Finding, version: ModelVersion, person: User) -> None:
    subject, stream = finding.ref, version.model.stream
    if finding.owner_id == person.pk:
        raise ClosesOwnFinding(
            f"{finding.label} is yours to deal with, so somebody else closes it.",
            subject=subject,
            stream=stream,
        )
    if finding.closed_at is not None:
        raise FindingClosed(f"{finding.label} is closed already.", subject=subject, stream=stream)


def independent_person(actor: Actor, version: ModelVersion, what: str) -> User:
    """Return the person behind the act. Raises NotAPerson, NotIndependent."""
    if not isinstance(actor, User):
        raise NotAPerson("A validation is the work of a person. Sign in to do this.")
    require_independence(
        independence_of(actor, version),
        who=actor.name,
        what=what,
        subject=version.ref,
        stream=version.model.stream,
    )
    return actor


def owner_problems(
    version: ModelVersion, findings: Sequence[FindingDraft], prefix: str = ""
) -> Iterable[Problem]:
    known = {"", *(user.ref for user in possible_owners(version.model))}
    for index, finding in enumerate(findings):
        if finding.owner not in known:
            message = "Choose the model’s owner or one of its developers."
            yield Problem(field=f"{prefix.format(index)}owner", rule="choice", message=message)


def tidied_finding(finding: FindingDraft) -> FindingDraft:
    return FindingDraft(
        severity=finding.severity,
        title=finding.title.strip(),
        description=tidy(finding.description),
        remediation=tidy(finding.remediation),
        owner=finding.owner,
        due_date=finding.due_date,
    )
