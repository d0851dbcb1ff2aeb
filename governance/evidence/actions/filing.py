"""Filing evidence that lives elsewhere, withdrawing it, and stating what does not apply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, may, require
from governance.accounts.queries import root_unit
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.canonical import sha256_hex
from governance.core.errors import InvalidInput, invalid
from governance.core.holding import hold
from governance.core.models import Record
from governance.core.typed import is_plain, tidy
from governance.core.wording import as_date
from governance.evidence.models import (
    EvidenceFile,
    EvidenceWithdrawal,
    FiledEvidence,
    Inapplicability,
    InapplicabilityEnd,
)
from governance.evidence.queries.filings import requirements_asking
from governance.evidence.rules.filings import (
    MAX_REASON,
    EvidenceWithdrawn,
    NotYourEvidence,
    RequirementNotFound,
    StatementOver,
    chosen_problems,
    ending_of,
    filing_problems,
    statement_problems,
)
from governance.evidence.rules.packs import STREAM
from governance.evidence.rules.requirements import Level
from governance.inventory.actions.keeping import require_in_use
from governance.inventory.models import Model
from governance.inventory.queries import locked_model, locked_present_model


@transaction.atomic
def file_evidence(
    *,
    model: Model | None,
    title: str,
    kind: str,
    requirements: Sequence[str] = (),
    link: str = "",
    data: bytes | None = None,
    name: str = "",
    made_date: date,
    valid_until: date | None = None,
    actor: Actor,
    at: datetime,
) -> FiledEvidence:
    """Put on record that a document is evidence of a model; without one, of the firm.

    It counts for `requirements`, each `framework/id`, or without any for every one that asks for
    its kind. `name` is the file's, of which only the ending is kept; the bytes are never opened.
    Appends evidence.filed. Raises InvalidInput, ModelNotFound, ModelRetired, NotAPerson,
    PermissionMissing.
    """
    model, unit = _locked(model)
    require(actor, Permission.EVIDENCE_FILE, unit=unit, at=at)
    if model is not None:
        require_in_use(model)
    if actor.person is None:
        raise NotAPerson("Evidence is filed by a person, who answers for it.")
    problems = filing_problems(
        title=title,
        kind=kind,
        link=link,
        data=data,
        made=made_date,
        valid_until=valid_until,
        today=as_date(at),
    )
    asking = requirements_asking(kind, level=Level.MODEL if model else Level.FIRM)
    if found := [*problems, *chosen_problems(requirements, asking=asking)]:
        raise InvalidInput(*found)
    file, written = _kept(data)
    filed = FiledEvidence.objects.create(
        model=model,
        kind=kind,
        requirements=sorted(set(requirements)),
        title=audit.write_prose(tidy(title)),
        link=audit.write_prose(link) if link else None,
        file=file,
        ending=ending_of(name) if file else "",
        made_date=made_date,
        valid_until=valid_until,
        filed_by=actor.person,
        filed_at=at,
    )
    _append(Verb.EVIDENCE_FILED, filed, [filed, *written], actor=actor, at=at)
    return filed


@transaction.atomic
def withdraw_evidence(
    *, filed_id: UUID, reason: str, actor: User, at: datetime
) -> EvidenceWithdrawal:
    """Have it count no more, from now on; row and file stay on record.

    Who filed it does that, and whoever may file for the model. Appends evidence.withdrawn. Raises
    EvidenceWithdrawn, InvalidInput, NotYourEvidence.
    """
    filed = FiledEvidence.objects.with_all().get(pk=filed_id)
    _locked(filed.model)
    hold([filed.ref])
    if not may_withdraw(filed, actor, at=at):
        raise NotYourEvidence(
            "Evidence is withdrawn by who filed it, or by whoever may file for the model.",
            subject=filed.ref,
            stream=filed.stream,
        )
    if EvidenceWithdrawal.objects.filter(filed=filed).exists():
        raise EvidenceWithdrawn("Somebody has withdrawn this already.")
    _require_reason(reason, "Say why it counts no more.")
    row = EvidenceWithdrawal.objects.create(
        filed=filed, reason=audit.write_prose(tidy(reason)), withdrawn_by=actor, withdrawn_at=at
    )
    _append(Verb.EVIDENCE_WITHDRAWN, filed, [row], actor=actor, at=at)
    return row


def may_withdraw(filed: FiledEvidence, actor: Actor, *, at: datetime) -> bool:
    unit = filed.model.unit if filed.model else root_unit()
    return actor.ref == filed.filed_by.ref or may(actor, Permission.EVIDENCE_FILE, unit=unit, at=at)


@transaction.atomic
def state_inapplicable(
    *,
    model: Model,
    requirement: str,
    reason: str,
    until_date: date,
    actor: Actor,
    at: datetime,
) -> Inapplicability:
    """Put on record why a requirement, `framework/id`, does not apply to the model for a time.

    Appends requirement.excluded. Raises InvalidInput, ModelNotFound, ModelRetired, NotAPerson,
    PermissionMissing, RequirementNotFound.
    """
    model = locked_present_model(model)
    require(actor, Permission.EVIDENCE_FILE, unit=model.unit, at=at)
    require_in_use(model)
    if actor.person is None:
        raise NotAPerson("That something does not apply is stated by a person, who answers for it.")
    if requirement not in requirements_asking("", level=Level.MODEL):
        raise RequirementNotFound("There is no such requirement that is asked of a model.")
    if found := list(statement_problems(reason=reason, until=until_date, today=as_date(at))):
        raise InvalidInput(*found)
    stated = Inapplicability.objects.create(
        model=model,
        requirement=requirement,
        reason=audit.write_prose(tidy(reason)),
        until_date=until_date,
        stated_by=actor.person,
        stated_at=at,
    )
    _append_statement(Verb.REQUIREMENT_EXCLUDED, stated, stated, actor=actor, at=at)
    return stated


@transaction.atomic
def end_inapplicable(*, stated_id: UUID, actor: User, at: datetime) -> InapplicabilityEnd:
    """Have the requirement apply again. Appends requirement.included.

    Raises PermissionMissing, StatementOver.
    """
    stated = Inapplicability.objects.select_related("model__unit").get(pk=stated_id)
    model = locked_model(stated.model)
    require(actor, Permission.EVIDENCE_FILE, unit=model.unit, at=at)
    if not Inapplicability.objects.holding(as_date(at)).filter(pk=stated_id).exists():
        raise StatementOver("This statement was ended, or its last day is over.")
    end = InapplicabilityEnd.objects.create(stated=stated, ended_by=actor, ended_at=at)
    _append_statement(Verb.REQUIREMENT_INCLUDED, stated, end, actor=actor, at=at)
    return end


def _locked(model: Model | None) -> tuple[Model | None, Unit]:
    if model is None:
        return None, root_unit()
    locked = locked_present_model(model)
    return locked, locked.unit


def _kept(data: bytes | None) -> tuple[EvidenceFile | None, list[Record]]:
    """Return the row of the file, and what had to be written for it: a known one is not again."""
    if data is None:
        return None, []
    digest = sha256_hex(data)
    hold([f"{EvidenceFile.REF}:{digest}"])
    if known := EvidenceFile.objects.filter(digest=digest).defer("data").first():
        return known, []
    row = EvidenceFile.objects.create(digest=digest, size=len(data), data=data)
    return row, [row]


def _require_reason(reason: str, ask: str) -> None:
    if not reason.strip() or len(reason) > MAX_REASON or not is_plain(reason):
        raise invalid("reason", "required", ask)


def _append(
    verb: Verb, filed: FiledEvidence, records: Sequence[Record], *, actor: Actor, at: datetime
) -> None:
    audit.append(
        verb=verb,
        stream=filed.model.stream if filed.model else STREAM,
        subject=filed.ref,
        actor=actor.ref,
        at=at,
        facts={
            "kind": filed.kind,
            "made_date": filed.made_date,
            "valid_until": filed.valid_until,
            "file_sha256": filed.file.digest if filed.file else "",
            "requirements": filed.requirements,
        },
        records=records,
    )


def _append_statement(
    verb: Verb, stated: Inapplicability, record: Record, *, actor: Actor, at: datetime
) -> None:
    audit.append(
        verb=verb,
        stream=stated.model.stream,
        subject=stated.ref,
        actor=actor.ref,
        at=at,
        facts={"requirement": stated.requirement, "until_date": stated.until_date},
        records=[record],
    )
