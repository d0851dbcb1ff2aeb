"""Findings that no person raised: what the portal itself came to know."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.wording import as_date, counted
from governance.registry.models import ArtifactCheck, DeploymentReport, ModelVersion
from governance.registry.queries import locked_version
from governance.validation.actions.findings import insert_own_finding
from governance.validation.models import Finding

DUE = timedelta(days=7)
"""By when somebody has dealt with what is going on now."""

NAMED = 5


@transaction.atomic
def raise_alarm(
    *,
    version: ModelVersion,
    title: str,
    description: str,
    remediation: str,
    actor: Actor,
    at: datetime,
) -> Finding | None:
    """Raise a high finding for the model's owner to deal with. Appends finding.opened.

    Nothing, and None, while a finding of that title is open on the model: the title says what it
    is about, so that an alarm told twice is one finding. Raises PermissionMissing.
    """
    version = locked_version(version)
    model = version.model
    require(actor, Permission.VALIDATION_WRITE, unit=model.unit, at=at)
    if Finding.objects.open().filter(model=model, title=title).exists():
        return None
    opened = insert_own_finding(
        version,
        title=title,
        description=description,
        remediation=remediation,
        due_date=as_date(at + DUE),
        at=at,
    )
    audit.append(
        verb=Verb.FINDING_OPENED,
        stream=model.stream,
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


def raise_on_deployment(*, report: DeploymentReport, actor: Actor, at: datetime) -> Finding | None:
    """Raise an alarm over an instance that runs what nobody approved: one per instance and version.

    Of a version that is none, the finding is of the newest one: what runs ought to be one of ours.
    Without any version there is nothing that a finding could be of. See `raise_alarm`.
    """
    version = report.version or report.model.versions.order_by("-number").first()
    if version is None:
        return None
    digest = f" It gave the digest {report.digest}." if report.digest else ""
    return raise_alarm(
        version=version,
        title=f"{report.instance} runs version {report.reported_version}, which nobody approved",
        description=(
            f"The instance {report.instance} reported that it runs version "
            f"{report.reported_version} in the slot {report.slot_name}.{digest} Neither now nor "
            "before was that approved for live traffic there."
        ),
        remediation="Deploy what the slot's champion is, or ask for what runs to be approved.",
        actor=actor,
        at=at,
    )


def raise_on_artifacts(*, check: ArtifactCheck, actor: Actor, at: datetime) -> Finding | None:
    """Raise an alarm over files that are not those registered, as `raise_alarm` does."""
    paths = [one["path"] for one in check.differences]
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return raise_alarm(
        version=check.version,
        title=f"The files of version {check.version.number} are not those that were registered",
        description=(
            f"{counted(len(paths), 'file')} at the version's source differ from what was "
            f"registered, are missing or were added: {', '.join(paths[:NAMED])}{more}."
        ),
        remediation=(
            "Find out who changed them. Restore what was registered and have the files checked "
            "again, or register what is there as a new version."
        ),
        actor=actor,
        at=at,
    )
