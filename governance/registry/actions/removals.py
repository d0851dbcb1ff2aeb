"""Taking a version out of the registry. Nothing is deleted: it stays in portal and ledger."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.registry.models import ModelVersion
from governance.registry.queries import locked_version
from governance.registry.rules import Stage, VersionNotFound
from governance.registry.rules.removals import NotArchived, StillServing


def require_idle(version: ModelVersion) -> None:
    """Raise StillServing, naming where, if the version has any role in any slot."""
    standing = version.assignments.current().select_related("slot").order_by("slot__name")
    places = [f"{row.get_role_display().lower()} in {row.slot}" for row in standing]
    if places:
        raise StillServing(
            f"{version} is {' and '.join(places)}, so it is not removed. Promote its successor, "
            "roll back, or ask for Archived; once it serves nowhere, ask for this again.",
            subject=version.ref,
            stream=version.model.stream,
            versions=[version.number],
        )


@transaction.atomic
def remove_version(*, version: ModelVersion, actor: Actor, at: datetime) -> ModelVersion:
    """Take an archived version out of the registry, with the aliases that were set for it.

    MLflow's clients do not find it any more, and its number is never used again; its record,
    dossiers and evidence stay. Appends version.removed. Raises NotArchived, PermissionMissing,
    StillServing, VersionNotFound if it was removed before.
    """
    version = locked_version(version)
    model = version.model
    require(actor, Permission.VERSION_REMOVE, unit=model.unit, at=at)
    if version.removed_at is not None:
        raise VersionNotFound(
            f"Model Version (name={model.name}, version={version.number}) not found"
        )
    require_idle(version)
    if version.stage != Stage.ARCHIVED:
        raise NotArchived(f"{version} is not archived yet.")
    aliases = list(version.aliases.order_by("name"))
    version.aliases.all().delete()
    version.removed_at = version.updated_at = model.updated_at = at
    version.save(update_fields=["removed_at", "updated_at"])
    model.save(update_fields=["updated_at"])
    audit.append(
        verb=Verb.VERSION_REMOVED,
        stream=model.stream,
        subject=version.ref,
        actor=actor.ref,
        at=at,
        facts={
            "number": version.number,
            "digest": version.digest,
            "aliases": [alias.ref for alias in aliases],
        },
        records=[model, version],
    )
    return version
