"""What serving systems say that they run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb, admissible
from governance.inventory.models import Model
from governance.inventory.queries import locked_model
from governance.registry.models import DeploymentReport, ModelVersion, Slot
from governance.registry.queries.serving import known_of, newest_report, slot_called
from governance.registry.rules import Verdict
from governance.registry.rules.deployments import Running, check_running, verdict_on

NOTED_EVERY = timedelta(minutes=1)
"""An instance may report every second; when it was last heard is noted this often."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A report held against the registry, before it is known whether it says anything new."""

    slot: Slot | None
    slot_name: str
    version: ModelVersion | None
    verdict: Verdict

    def repeats(self, row: DeploymentReport | None, said: Running) -> bool:
        return row is not None and (
            (row.reported_version, row.digest, row.verdict, row.version_id)
            == (said.version, said.hex, self.verdict, self.version and self.version.pk)
        )


def report_deployment(
    *, model: Model, said: Running, actor: Actor, at: datetime
) -> DeploymentReport:
    """Keep what an instance says that it runs, with the verdict on it.

    A report that says what the instance said before adds no row and no entry: the standing row
    notes that it was heard again. Anything else, the verdict too, is a new row and appends
    deployment.reported. Raises InvalidInput, PermissionMissing.
    """
    require(actor, Permission.DEPLOYMENT_REPORT, unit=model.unit, at=at)
    check_running(said)
    judged = _judge(model, said)
    standing = newest_report(model, slot_name=judged.slot_name, instance=said.instance)
    if standing is not None and judged.repeats(standing, said):
        return _heard_again(standing, at=at)
    return _record_report(model=model, said=said, actor=actor, at=at)


@transaction.atomic
def _record_report(*, model: Model, said: Running, actor: Actor, at: datetime) -> DeploymentReport:
    """Judge again behind the model's lock: of two equal reports at once, one is new."""
    model = locked_model(model)
    judged = _judge(model, said)
    standing = newest_report(model, slot_name=judged.slot_name, instance=said.instance)
    if standing is not None and judged.repeats(standing, said):
        return _heard_again(standing, at=at)
    row = DeploymentReport.objects.create(
        model=model,
        version=judged.version,
        slot=judged.slot,
        slot_name=judged.slot_name,
        reported_version=said.version,
        digest=said.hex,
        instance=said.instance,
        verdict=judged.verdict,
        reported_by=actor.ref,
        reported_at=at,
        last_seen_at=at,
    )
    audit.append(
        verb=Verb.DEPLOYMENT_REPORTED,
        stream=model.stream,
        subject=row.ref,
        actor=actor.ref,
        at=at,
        facts=admissible(
            {
                "verdict": row.verdict,
                "number": row.reported_version,
                "version": judged.version.ref if judged.version else None,
                "slot": row.slot_name,
                "instance": row.instance,
            }
        ),
        records=[row],
    )
    return row


def _judge(model: Model, said: Running) -> Judged:
    slot = slot_called(model, said.slot)
    version = _version(model, said.version)
    known = known_of(version, slot) if version and slot else None
    return Judged(
        slot=slot,
        slot_name=slot.name if slot else said.slot,
        version=version,
        verdict=verdict_on(known, digest=said.hex),
    )


def _version(model: Model, number: str) -> ModelVersion | None:
    # Nine digits are as many as every database can hold.
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        return None
    return model.versions.filter(number=int(number)).first()


def _heard_again(row: DeploymentReport, *, at: datetime) -> DeploymentReport:
    if at - row.last_seen_at >= NOTED_EVERY:
        row.last_seen_at = at
        row.save(update_fields=["last_seen_at"])
    return row
