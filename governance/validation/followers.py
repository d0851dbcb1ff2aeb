"""What follows when the registry learns that something is wrong with a version."""

from __future__ import annotations

from governance.accounts.permissions import Permission
from governance.accounts.queries import SystemActor
from governance.audit.followers import follows
from governance.audit.models import LedgerEntry
from governance.registry.models import ArtifactCheck, DeploymentReport
from governance.registry.rules import CheckOutcome, Verdict
from governance.validation.actions.alarms import raise_on_artifacts, raise_on_deployment

PORTAL = SystemActor(name="portal", held=frozenset({Permission.VALIDATION_WRITE}))
"""The portal itself, telling what it came to know."""


@follows("deployment.reported")
def find_unapproved_deployments(entry: LedgerEntry) -> None:
    """Raise a finding over what nobody approved. Told twice, it is one finding."""
    if entry.facts["verdict"] != Verdict.UNAPPROVED:
        return
    report = DeploymentReport.objects.select_related("model__unit", "version").get(
        pk=entry.subject.partition(":")[2]
    )
    raise_on_deployment(report=report, actor=PORTAL, at=entry.at)


@follows("artifacts.checked")
def find_altered_artifacts(entry: LedgerEntry) -> None:
    """Raise a finding over files that are not those registered. Told twice, it is one finding."""
    if entry.facts["outcome"] != CheckOutcome.MISMATCH:
        return
    wrote = next(ref for ref in entry.states if ref.startswith(f"{ArtifactCheck.REF}:"))
    check = ArtifactCheck.objects.select_related("version__model").get(pk=wrote.partition(":")[2])
    raise_on_artifacts(check=check, actor=PORTAL, at=entry.at)
