"""Recording and signing validations. Each appends one entry to the model's stream."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require, roles_with
from governance.accounts.proof import Proof, require_proof
from governance.accounts.queries import roles_of
from governance.accounts.rules import Actor, Role
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.canonical import digest
from governance.core.errors import InvalidInput
from governance.core.typed import tidy
from governance.registry.models import ModelVersion
from governance.registry.queries import locked_version
from governance.validation.actions.findings import (
    independent_person,
    insert_finding,
    owner_problems,
    tidied_finding,
)
from governance.validation.models import Report, Validation
from governance.validation.queries import PendingReport, draft_by, pending_report
from governance.validation.rules import (
    NotTheValidator,
    State,
    ValidationChanged,
    ValidationRecord,
    ValidationSigned,
    record_problems,
    signing_problems,
    statement,
)


@transaction.atomic
def save_validation(
    *,
    version: ModelVersion,
    record: ValidationRecord,
    base: int | None,
    actor: Actor,
    at: datetime,
) -> Validation:
    """Keep what this validator writes about the version; it counts for nothing until signed.

    Everybody has at most one unsigned validation of a version. `base` is the `edit_count` that
    the form was filled from, 0 for a new one; None overwrites. Appends validation.drafted;
    nothing when nothing differs.

    Raises NotIndependent, ValidationChanged, InvalidInput naming each wrong field (such as
    `findings.0.due_date`), NotAPerson, PermissionMissing. Then nothing is saved.
    """
    version = locked_version(version)
    require(actor, Permission.VALIDATION_WRITE, unit=version.model.unit, at=at)
    person = independent_person(actor, version, "validate this version")
    validation = draft_by(version, actor)
    _check_base(version, validation, base)
    record = _tidied(record)
    _check_record(version, record, at=at)
    if validation is not None and validation.record == record:
        return validation
    validation = validation or Validation(version=version, validator=person, begun_at=at)
    _write_record(validation, record, at=at)
    audit.append(
        verb=Verb.VALIDATION_DRAFTED,
        stream=version.model.stream,
        subject=validation.ref,
        actor=actor.ref,
        at=at,
        facts={
            "version": version.ref,
            "edit": validation.edit_count,
            "findings": len(record.findings),
            "digest": digest(asdict(record)),
        },
        records=[validation],
    )
    return validation


@transaction.atomic
def sign_validation(
    *, validation: Validation, digest_seen: str, proof: Proof, actor: Actor, at: datetime
) -> Report:
    """Sign what was written: it becomes a report, its findings open. Appends validation.signed.

    `digest_seen` is the digest of the text on the signer's screen (`queries.pending_report`);
    if the text has changed since, nothing is signed.

    Raises ValidationChanged, ValidationSigned, NotTheValidator, NotIndependent, ProofMissing,
    InvalidInput for what a report must still say, NotAPerson, PermissionMissing.
    """
    version = locked_version(validation.version)
    require(actor, Permission.VALIDATION_WRITE, unit=version.model.unit, at=at)
    person = independent_person(actor, version, "sign this validation")
    validation = Validation.objects.select_for_update(of=("self",)).get(pk=validation.pk)
    validation.version = version
    _check_signable(validation, person)
    record = validation.record
    if problems := list(signing_problems(record)):
        raise InvalidInput(*problems)
    _check_record(version, record, at=at)
    pending = pending_report(validation)
    if pending.digest != digest_seen:
        raise ValidationChanged(
            "Nothing was signed: the text changed after you opened the page. Read it again.",
            subject=validation.ref,
            stream=version.model.stream,
        )
    require_proof(proof, actor=person, at=at)
    report = _insert_report(validation, pending, proof, person, at=at)
    findings = [
        insert_finding(version, draft, person, at=at, report=report) for draft in record.findings
    ]
    validation.state = State.SIGNED
    validation.save(update_fields=["state"])
    audit.append(
        verb=Verb.VALIDATION_SIGNED,
        stream=version.model.stream,
        subject=report.ref,
        actor=actor.ref,
        at=at,
        facts={
            "version": version.ref,
            "opinion": report.opinion,
            "digest": report.digest,
            "findings": [{"finding": f.ref, "severity": f.severity} for f in findings],
            "role": report.signed_role,
            "method": proof.method,
        },
        records=[validation, report, report.signed_name, *findings],
    )
    return report


def _check_base(version: ModelVersion, validation: Validation | None, base: int | None) -> None:
    stands = validation.edit_count if validation else 0
    if base is not None and base != stands:
        raise ValidationChanged(
            "You saved this validation in another window. Compare the two texts, then save again.",
            subject=version.ref,
            stream=version.model.stream,
            seen=base,
            stands=stands,
        )


def _check_record(version: ModelVersion, record: ValidationRecord, *, at: datetime) -> None:
    problems = [
        *record_problems(record, today=at.date()),
        *owner_problems(version, record.findings, prefix="findings.{}."),
    ]
    if problems:
        raise InvalidInput(*problems)


def _tidied(record: ValidationRecord) -> ValidationRecord:
    return ValidationRecord(
        scope=tidy(record.scope),
        opinion=record.opinion,
        summary=tidy(record.summary),
        findings=tuple(tidied_finding(finding) for finding in record.findings),
    )


def _write_record(validation: Validation, record: ValidationRecord, *, at: datetime) -> None:
    validation.scope, validation.opinion = record.scope, record.opinion
    validation.summary = record.summary
    validation.findings_drafted = [
        asdict(f) | {"due_date": f.due_date.isoformat() if f.due_date else None}
        for f in record.findings
    ]
    validation.edit_count += 1
    validation.edited_at = at
    validation.save()


def _check_signable(validation: Validation, person: User) -> None:
    subject, stream = validation.ref, validation.version.model.stream
    if validation.validator_id != person.pk:
        raise NotTheValidator(
            "A validation is signed by the person who wrote it.", subject=subject, stream=stream
        )
    if validation.state != State.DRAFT:
        raise ValidationSigned("This validation is signed already.", subject=subject, stream=stream)


def _insert_report(
    validation: Validation, pending: PendingReport, proof: Proof, person: User, *, at: datetime
) -> Report:
    version = validation.version
    last = Report.objects.filter(version=version).aggregate(last=Max("number"))["last"] or 0
    return Report.objects.create(
        validation=validation,
        version=version,
        number=last + 1,
        text=pending.text,
        digest=pending.digest,
        opinion=validation.opinion,
        meaning=statement(validation.opinion, len(validation.record.findings)),
        signed_by=person,
        signed_name=audit.write_prose(person.name),
        signed_role=_role_held(person, version, at=at),
        signed_with=proof.method,
        signed_at=at,
    )


def _role_held(person: User, version: ModelVersion, *, at: datetime) -> Role:
    """The role that let them sign, as it is printed beside the name."""
    held = roles_of(person, unit=version.model.unit, at=at)
    return next(role for role in roles_with(Permission.VALIDATION_WRITE) if role in held)
