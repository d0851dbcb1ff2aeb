"""Taking the digests of a version's files, and comparing them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.queries import SystemActor
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.canonical import canonical
from governance.jobs.actions import enqueue
from governance.jobs.models import Job
from governance.registry.models import Artifact, ArtifactCheck, ModelVersion
from governance.registry.queries import artifact_facts, locked_version
from governance.registry.reading import is_readable
from governance.registry.rules import (
    ArtifactDifference,
    ArtifactFact,
    ArtifactOrigin,
    ArtifactsKnown,
    CheckOutcome,
    NotThePortal,
    SourceUnreadable,
    artifact_differences,
)

READER = SystemActor(name="reader", held=frozenset({Permission.ARTIFACT_CHECK}))
"""The portal itself, reading files at their source."""

HASH_JOB, CHECK_JOB = "hash_artifacts", "check_artifacts"
MOST_KEPT = 1000
"""Differences on record of one check; the outcome counts them all."""


@transaction.atomic
def record_artifacts(
    *, version: ModelVersion, found: Sequence[ArtifactFact], actor: Actor, at: datetime
) -> list[Artifact]:
    """Keep the digests that the portal took of a version without any. Appends artifacts.recorded.

    Raises ArtifactsKnown, NotThePortal, PermissionMissing.
    """
    version = _locked_for_reader(version, actor, at=at)
    if version.artifacts.exists():
        raise ArtifactsKnown(f"{version} has digests already; they never change.")
    artifacts = Artifact.objects.bulk_create(
        Artifact(version=version, origin=ArtifactOrigin.COMPUTED, **asdict(fact)) for fact in found
    )
    audit.append(
        verb=Verb.ARTIFACTS_RECORDED,
        stream=version.model.stream,
        subject=version.ref,
        actor=actor.ref,
        at=at,
        facts={"number": version.number, "artifacts": len(artifacts)},
        records=artifacts,
    )
    return artifacts


@transaction.atomic
def record_artifact_check(
    *, version: ModelVersion, found: Sequence[ArtifactFact] | None, actor: Actor, at: datetime
) -> ArtifactCheck:
    """Compare what the portal read with what was registered; None: it could not be read.

    A version whose newest check found a difference is promoted no more. Appends
    artifacts.checked. Raises NotThePortal, PermissionMissing.
    """
    version = _locked_for_reader(version, actor, at=at)
    differences = [] if found is None else artifact_differences(artifact_facts(version), found)
    check = ArtifactCheck.objects.create(
        version=version,
        outcome=_outcome(found, differences),
        differences_text=canonical([asdict(one) for one in differences[:MOST_KEPT]]),
        files=len(found or ()),
        checked_by=actor.ref,
        checked_at=at,
    )
    audit.append(
        verb=Verb.ARTIFACTS_CHECKED,
        stream=version.model.stream,
        subject=version.ref,
        actor=actor.ref,
        at=at,
        facts={
            "number": version.number,
            "outcome": check.outcome,
            "files": check.files,
            "differences": len(differences),
        },
        records=[check],
    )
    return check


def _outcome(
    found: Sequence[ArtifactFact] | None, differences: Sequence[ArtifactDifference]
) -> CheckOutcome:
    if found is None:
        return CheckOutcome.UNREADABLE
    return CheckOutcome.MISMATCH if differences else CheckOutcome.MATCH


def _locked_for_reader(version: ModelVersion, actor: Actor, *, at: datetime) -> ModelVersion:
    version = locked_version(version)
    require(actor, Permission.ARTIFACT_CHECK, unit=version.model.unit, at=at)
    if actor != READER:
        raise NotThePortal(
            "Only the portal says what it has read. Ask it to check the artifacts.",
            subject=version.ref,
            stream=version.model.stream,
        )
    return version


def check_artifacts(*, version: ModelVersion, actor: Actor, at: datetime) -> Job:
    """Ask the portal to read the version's files now: to compare, or to take their digests.

    Asking again while it is queued returns the same job. Raises SourceUnreadable,
    PermissionMissing.
    """
    require(actor, Permission.ARTIFACT_CHECK, unit=version.model.unit, at=at)
    if not is_readable(version):
        raise SourceUnreadable(
            f"The portal may not read the source of {version}. It reads folders, tracking servers "
            "and buckets that its operator lists.",
            subject=version.ref,
            stream=version.model.stream,
        )
    kind = CHECK_JOB if version.artifacts.exists() else HASH_JOB
    return _queue(kind, version, actor=actor, at=at)


def hash_if_possible(version: ModelVersion, *, actor: Actor, at: datetime) -> None:
    """Have the digests of a version taken that was just registered without any."""
    if is_readable(version) and not version.artifacts.exists():
        _queue(HASH_JOB, version, actor=actor, at=at)


def _queue(kind: str, version: ModelVersion, *, actor: Actor, at: datetime) -> Job:
    args = {"version": str(version.pk)}
    return enqueue(kind=kind, args=args, actor=actor, at=at, key=str(version.pk))
