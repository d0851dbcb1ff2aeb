"""Noticing that an approval stands no longer, and saying so on record."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.approvals.models import Lapse
from governance.approvals.queries.standing import Standing, standing_of
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.models import Record
from governance.core.wording import as_date
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries import locked_version
from governance.validation.actions.alarms import DUE
from governance.validation.actions.findings import insert_own_finding
from governance.validation.models import Finding


@transaction.atomic
def note_lapse(*, version_id: UUID, slot_id: UUID, actor: Actor, at: datetime) -> list[Lapse]:
    """Put on record why what a version serves on in a slot stands no longer, each reason once.

    The version stays where it is: what serves is stopped by people, not by a clock. Nothing rests
    on this having run; whoever asks is told by the facts themselves. Appends approval.lapsed, or
    nothing where nothing is new. Raises PermissionMissing.
    """
    version = locked_version(ModelVersion.objects.select_related("model").get(pk=version_id))
    require(actor, Permission.VALIDATION_WRITE, unit=version.model.unit, at=at)
    slot = Slot.objects.get(pk=slot_id)
    standing = standing_of(version, slot, at=at)
    fresh = _insert(standing, at=at) if standing else []
    if standing is None or not fresh:
        return []
    written: list[Record] = [*fresh, *_raise(standing, version, slot, at=at)]
    audit.append(
        verb=Verb.APPROVAL_LAPSED,
        stream=version.model.stream,
        subject=version.ref,
        actor=actor.ref,
        at=at,
        facts={
            "number": version.number,
            "slot": slot.ref,
            "request": standing.request.ref,
            "rules": [lapse.rule for lapse in fresh],
        },
        records=written,
    )
    return fresh


def _insert(standing: Standing, *, at: datetime) -> list[Lapse]:
    known = set(standing.request.lapses.values_list("rule", "since"))
    return [
        Lapse.objects.create(
            request=standing.request, rule=reason.rule, since=reason.since, noted_at=at
        )
        for reason in standing.reasons
        if (reason.rule, reason.since) not in known
    ]


def _raise(standing: Standing, version: ModelVersion, slot: Slot, *, at: datetime) -> list[Finding]:
    """Raise the portal's own finding for the owner, unless one of that title is open."""
    title = f"The approval of version {version.number} in {slot} has lapsed"
    if Finding.objects.open().filter(model=version.model, title=title).exists():
        return []
    found = insert_own_finding(
        version,
        title=title,
        description=standing.sentence,
        remediation="Have it confirmed in service, have another version promoted, or retire it.",
        due_date=as_date(at + DUE),
        at=at,
    )
    return [found]
