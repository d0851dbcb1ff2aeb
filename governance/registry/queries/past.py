"""Where versions stood at a past moment, from rows that say since when and until when they hold.

A label is a column that changes; since when it was what, the ledger's entries say.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from governance.audit.models import LedgerEntry
from governance.audit.rules import Verb
from governance.inventory.models import Model
from governance.registry.models import (
    ArtifactCheck,
    Deprecation,
    ModelVersion,
    Slot,
    SlotAssignment,
    StageChange,
)
from governance.registry.rules import SlotRole, Stage

ROLE_ORDER = list(SlotRole)


def stages_at(versions: Collection[ModelVersion], moment: datetime) -> dict[UUID, str]:
    """The stage of each version then: what its last change by that moment led to."""
    changes = StageChange.objects.filter(version__in=versions, changed_at__lte=moment)
    rows = changes.order_by("changed_at").values_list("version", "target")
    return dict.fromkeys((version.pk for version in versions), str(Stage.DRAFT)) | dict(rows)


def labels_at(versions: Collection[ModelVersion], moment: datetime) -> dict[UUID, str]:
    """The label of each version then, empty for none."""
    keys = {version.ref: version.pk for version in versions}
    entries = LedgerEntry.objects.filter(
        subject__in=keys, verb=Verb.VERSION_LABELED, at__lte=moment
    )
    found = {keys[e.subject]: str(e.facts.get("label", "")) for e in entries.oldest_first()}
    return dict.fromkeys(keys.values(), "") | found


def alias_at(slot: Slot, moment: datetime) -> str:
    """The alias that followed the slot's champion then, empty for none."""
    entries = LedgerEntry.objects.filter(subject=slot.ref, verb=Verb.SLOT_ALIAS_BOUND)
    later = entries.filter(at__gt=moment).oldest_first().first()
    return str(later.facts.get("before", "")) if later else slot.alias


def deprecations_at(
    versions: Collection[ModelVersion], moment: datetime
) -> dict[UUID, Deprecation]:
    """What said then of a version that it was to be used no more, or would be."""
    stood = Q(ended_at=None) | Q(ended_at__gt=moment)
    rows = Deprecation.objects.filter(stood, version__in=versions, deprecated_at__lte=moment)
    return {row.version_id: row for row in rows.select_related("reason")}


def artifact_checks_at(
    versions: Collection[ModelVersion], moment: datetime
) -> dict[UUID, ArtifactCheck]:
    """The newest reading of each version's files by that moment."""
    rows = ArtifactCheck.objects.filter(version__in=versions, checked_at__lte=moment)
    return {row.version_id: row for row in rows.order_by("checked_at", "pk")}


def roles_at(models: Collection[Model], moment: datetime) -> list[SlotAssignment]:
    """Every role in every slot of these models then, by slot, champion first."""
    rows = SlotAssignment.objects.standing_at(moment).filter(slot__model__in=models)
    return sorted(rows.select_related("slot", "version"), key=_by_place)


def _by_place(row: SlotAssignment) -> tuple[str, int, int]:
    return row.slot.name, ROLE_ORDER.index(SlotRole(row.role)), -row.version.number
