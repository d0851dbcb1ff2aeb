"""Giving a version the label that people call it by."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.inventory.actions.keeping import require_in_use
from governance.inventory.models import Model
from governance.registry.actions.tags import show_as_tag
from governance.registry.models import ModelVersion
from governance.registry.queries import has_served, locked_version
from governance.registry.rules import LABEL_TAG, LabelFixed, check_label, label_taken


@transaction.atomic
def label_version(*, version: ModelVersion, label: str, actor: Actor, at: datetime) -> ModelVersion:
    """Give a version its label, or another one while it has never served; empty takes it away.

    MLflow's clients see it as a tag. Appends version.labeled; nothing when it is the same.
    Raises InvalidInput (rules `semver`, `taken`), LabelFixed, PermissionMissing.
    """
    version = locked_version(version)
    require(actor, Permission.VERSION_REGISTER, unit=version.model.unit, at=at)
    require_in_use(version.model)
    if version.label == label:
        return version
    if version.label and has_served(version):
        raise LabelFixed(
            f"{version} has served as {version.label}, so it keeps that label.",
            subject=version.ref,
            stream=version.model.stream,
        )
    if label:
        check_label(label)
        require_free_label(version.model, label)
    facts = {"number": version.number, "before": version.label, "label": label}
    version.label, version.updated_at = label, at
    version.save(update_fields=["label", "updated_at"])
    audit.append(
        verb=Verb.VERSION_LABELED,
        stream=version.model.stream,
        subject=version.ref,
        actor=actor.ref,
        at=at,
        facts={key: value for key, value in facts.items() if value},
        records=[version, *show_as_tag(version, LABEL_TAG, label)],
    )
    return version


def require_free_label(model: Model, label: str, *, field: str = "label") -> None:
    """Raise InvalidInput if another version of the locked model has the label."""
    other = model.versions.filter(label=label).first()
    if other is not None:
        raise label_taken(label, number=other.number, field=field)
