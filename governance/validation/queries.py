"""Reads of validations, reports and findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from governance.accounts.models import User
from governance.accounts.rules import Actor
from governance.core.canonical import sha256_hex
from governance.inventory.models import Builder, Model
from governance.inventory.rules import Capacity
from governance.registry.models import ModelVersion
from governance.validation.models import Finding, FindingQuerySet, Report, Validation
from governance.validation.rules import (
    FindingNotFound,
    IndependenceFact,
    State,
    independence,
    report_text,
)


@dataclass(frozen=True, kw_only=True)
class PendingReport:
    """What would be signed now: the text and its digest."""

    text: str
    digest: str


def latest_report(version: ModelVersion) -> Report | None:
    """Return the report signed last on this version."""
    return _reports(version).first()


def reports_of(version: ModelVersion) -> list[Report]:
    """Return every report on the version, newest first."""
    return list(_reports(version))


def _reports(version: ModelVersion) -> QuerySet[Report]:
    return (
        Report.objects.filter(version=version)
        .select_related("signed_by", "signed_name", "version__model")
        .order_by("-number")
    )


def open_findings(model: Model) -> list[Finding]:
    """Return the model's open findings, worst and soonest due first."""
    return list(Finding.objects.filter(model=model).open().with_people().worst_first())


def findings_of(version: ModelVersion) -> list[Finding]:
    """Return what was found in this version, open or closed, worst first."""
    return list(Finding.objects.filter(version=version).with_people().worst_first())


def findings_among(rows: FindingQuerySet, models: Collection[Model]) -> Iterable[Finding]:
    """Those of these models, worst first; each one's version has its model."""
    found = rows.filter(model__in=models).select_related("version").worst_first()
    by_id = {model.pk: model for model in models}
    for row in found:
        row.version.model = by_id[row.model_id]
    return found


def reports_at(versions: Collection[ModelVersion], moment: datetime) -> dict[UUID, Report]:
    """Return the report that had been signed last on each version by then."""
    rows = Report.objects.filter(version__in=versions, signed_at__lte=moment)
    return {
        row.version_id: row
        for row in rows.select_related("signed_by", "signed_name").order_by("number")
    }


def findings_at(version: ModelVersion, moment: datetime) -> list[Finding]:
    """Return what had been found in the version by then, worst first.

    One that was closed later was open then: see `Finding.was_open_at`.
    """
    rows = Finding.objects.filter(version=version, opened_at__lte=moment)
    return list(rows.with_people().worst_first())


def finding_numbered(version: ModelVersion, number: int) -> Finding:
    """Return the finding, or raise FindingNotFound. The caller has checked that it may be seen."""
    finding = Finding.objects.filter(version=version, number=number).with_people().first()
    if finding is None:
        raise FindingNotFound(f"There is no finding {number} in {version}.")
    finding.version = version
    return finding


def validators_of(version: ModelVersion) -> dict[str, tuple[str, ...]]:
    """Return who signed reports on the version: user → the reports, oldest first."""
    rows = Report.objects.filter(version=version).order_by("number")
    return validators_in(rows.values_list("signed_by_id", "pk"))


def validators_in(signed: Iterable[tuple[UUID, UUID]]) -> dict[str, tuple[str, ...]]:
    """The same of pairs of signer and report."""
    found: dict[str, tuple[str, ...]] = {}
    for signer, report in signed:
        person = f"{User.REF}:{signer}"
        found[person] = (*found.get(person, ()), f"{Report.REF}:{report}")
    return found


def draft_by(version: ModelVersion, actor: Actor) -> Validation | None:
    """Return what this person is writing about the version and has not signed."""
    return (
        Validation.objects.filter(version=version, validator=actor.person, state=State.DRAFT)
        .select_related("validator", "version__model__unit")
        .first()
    )


def open_drafts(version: ModelVersion) -> list[Validation]:
    """Return every validation of the version that is being written."""
    return list(
        Validation.objects.filter(version=version, state=State.DRAFT)
        .select_related("validator")
        .order_by("begun_at")
    )


def independence_of(user: User, version: ModelVersion) -> list[IndependenceFact]:
    """Return each rule of independence with whether the user meets it for this version."""
    held = Builder.objects.filter(model=version.model_id, user=user)
    capacities: dict[Capacity, datetime] = {Capacity(row.capacity): row.since for row in held}
    return independence(
        capacities=capacities,
        registered=version.registered_by_id == user.pk,
        committed=version.committed_by_id == user.pk,
    )


def pending_report(validation: Validation) -> PendingReport:
    """Return what signing the validation now would sign. The opinion must be chosen."""
    version = validation.version
    text = report_text(
        validation.record,
        version={"ref": version.ref, "number": version.number, "digest": version.digest},
        validator=f"{User.REF}:{validation.validator_id}",
    )
    return PendingReport(text=text, digest=sha256_hex(text.encode()))


def possible_owners(model: Model) -> list[User]:
    """Return who can be asked to deal with a finding: the owner and the developers, by name."""
    ids: set[UUID] = set(model.developers.values_list("pk", flat=True))
    if model.owner_id:
        ids.add(model.owner_id)
    return list(User.objects.filter(pk__in=ids, is_active=True).order_by("name"))
