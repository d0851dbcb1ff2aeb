"""Copies: versions whose source is another version of this registry."""

from __future__ import annotations

import re
from datetime import datetime

from governance.accounts.models import User
from governance.accounts.rules import Actor
from governance.core.errors import invalid
from governance.inventory.models import Model
from governance.registry.models import ModelVersion
from governance.registry.rules.lineage import LineageOrigin, ParentRelation, addressed_version

OF_A_REGISTRY = re.compile(r"models:/.*[/@]", re.DOTALL | re.IGNORECASE)
"""Unlike `models:/ID`, a logged model of some tracking store."""


def require_copied_version(source: str, *, actor: Actor, at: datetime) -> None:
    """Raise InvalidInput for a source that names no version of this registry that the actor sees.

    What it means would be settled after the version was judged: by who registers the number, or
    whoever moves the alias.
    """
    if not OF_A_REGISTRY.match(source):
        return
    name, number = addressed_version(source) or ("", 0)
    versions = ModelVersion.objects.visible_to(actor, at=at).present()
    if not versions.filter(model__in=Model.objects.named(name), number=number).exists():
        message = (
            f"Unable to fetch model from model URI source artifact location '{source}': it names "
            "no version here. Give models:/NAME/NUMBER."
        )
        raise invalid("source", "exists", message)


def committer_of_copied(source: str, *, actor: Actor, at: datetime) -> User | None:
    """Return who committed the code of the version that a source names, where both are known."""
    name, number = addressed_version(source) or ("", 0)
    if not number:
        return None
    versions = ModelVersion.objects.visible_to(actor, at=at).select_related("committed_by")
    found = versions.filter(model__in=Model.objects.named(name), number=number).first()
    return found.committed_by if found else None


def original_of(version: ModelVersion) -> ModelVersion:
    """Return the version that this one was copied from, however often removed, else itself.

    What was found at registration holds: a name that another model bears since leads nowhere else.
    """
    passed = {version.pk}
    while (parent := _copied_from(version)) is not None and parent.pk not in passed:
        passed.add(parent.pk)
        version = parent
    return version


def _copied_from(version: ModelVersion) -> ModelVersion | None:
    address = addressed_version(version.source)
    if address is None:
        return None
    rows = version.parents.filter(
        relation=ParentRelation.COPIED,
        origin=LineageOrigin.REGISTERED,
        parent__number=address[1],
        parent__registered_at__lte=version.registered_at,
    )
    found = [row.parent for row in rows.select_related("parent")]
    # A pipeline may call other versions its originals too; then none of them is.
    return found[0] if len(found) == 1 else None
