"""Tags, as MLflow knows them. Deleting a tag deletes no evaluation result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb, admissible
from governance.core.compiled import KEY, NAME, CompiledObject, Insert, Update
from governance.core.errors import invalid
from governance.core.models import Record
from governance.inventory.actions.keeping import require_in_use
from governance.inventory.models import Model
from governance.inventory.queries import locked_model
from governance.registry.actions.evaluations import insert_results
from governance.registry.models import ModelTag, ModelVersion, VersionTag
from governance.registry.queries import locked_version
from governance.registry.rules import (
    DEPRECATED_TAG,
    FACT_TAGS,
    LABEL_TAG,
    Source,
    measurement_from_tag,
)

DERIVED_TAGS = {
    LABEL_TAG: "the version's label, which is given on its page or with the registration",
    DEPRECATED_TAG: "from which day on the version is not to be used, which its owner says",
}


def show_as_tag(version: ModelVersion, key: str, value: str) -> list[Record]:
    """Keep a derived tag as it should be; the caller's action appends the entry."""
    if not value:
        version.tags.filter(key=key).delete()
        return []
    tag, _ = VersionTag.objects.update_or_create(
        version=version, key=key, defaults={"value": value}
    )
    return [tag]


def _version_tag(owner: UUID, name: str) -> QuerySet[VersionTag]:
    return VersionTag.objects.filter(version=owner, key=name)


_VERSION_TAG = CompiledObject(_version_tag, owner=KEY, name=NAME)
_insert, _update = Insert(VersionTag), Update(VersionTag, "value")


def _valued(tag: VersionTag, value: str) -> VersionTag:
    tag.value = value
    return _insert(tag) if tag._state.adding else _update(tag)


@transaction.atomic
def set_version_tag(
    *,
    version: ModelVersion,
    key: str,
    value: str,
    actor: Actor,
    at: datetime,
    judged: Iterable[str] = (),
) -> VersionTag:
    """Set a tag; one that measures something is kept as an evaluation result too.

    Appends version.tagged; nothing when the tag has that value. Raises InvalidInput (rule
    `fixed` for tags that state a fact of the registration, `derived` for the label's),
    PermissionMissing.
    """
    version = locked_version(version)
    require(actor, Permission.VERSION_REGISTER, unit=version.model.unit, at=at)
    require_in_use(version.model)
    tag = _VERSION_TAG.first(owner=version.pk, name=key)
    if tag is not None and tag.value == value:
        return tag
    _refuse_fact_tag(key)
    measured = measurement_from_tag(
        key,
        value,
        judged=judged,
        dataset_digest=version.dataset_digest,
        run_id=version.run_id,
    )
    tag = _valued(tag or VersionTag(version=version, key=key), value)
    results = insert_results(
        version, [measured] if measured else [], source=Source.TAG, actor=actor, at=at
    )
    facts = {"key": key} | (
        {"metric": measured.metric, "value": measured.value} if measured else {}
    )
    _append(Verb.VERSION_TAGGED, version.model, version, facts, [tag, *results], actor, at)
    return tag


@transaction.atomic
def delete_version_tag(*, version: ModelVersion, key: str, actor: Actor, at: datetime) -> None:
    """Delete a tag; absent is fine. Appends version.untagged."""
    version = locked_version(version)
    require(actor, Permission.VERSION_REGISTER, unit=version.model.unit, at=at)
    require_in_use(version.model)
    tag = version.tags.filter(key=key).first()
    if tag is None:
        return
    _refuse_fact_tag(key)
    facts = {"key": key, "tag": tag.ref}
    tag.delete()
    _append(Verb.VERSION_UNTAGGED, version.model, version, facts, [], actor, at)


@transaction.atomic
def set_model_tag(*, model: Model, key: str, value: str, actor: Actor, at: datetime) -> ModelTag:
    """Set a tag of the model. Appends model.tagged; nothing when the tag has that value."""
    model = locked_model(model)
    require(actor, Permission.VERSION_REGISTER, unit=model.unit, at=at)
    require_in_use(model)
    tag = model.tags.filter(key=key).first() or ModelTag(model=model, key=key)
    if not tag._state.adding and tag.value == value:
        return tag
    tag.value = value
    tag.save()
    _append(Verb.MODEL_TAGGED, model, model, {"key": key}, [tag], actor, at)
    return tag


@transaction.atomic
def delete_model_tag(*, model: Model, key: str, actor: Actor, at: datetime) -> None:
    """Delete a tag of the model; absent is fine. Appends model.untagged."""
    model = locked_model(model)
    require(actor, Permission.VERSION_REGISTER, unit=model.unit, at=at)
    require_in_use(model)
    tag = model.tags.filter(key=key).first()
    if tag is None:
        return
    facts = {"key": key, "tag": tag.ref}
    tag.delete()
    _append(Verb.MODEL_UNTAGGED, model, model, facts, [], actor, at)


def _refuse_fact_tag(key: str) -> None:
    if key in DERIVED_TAGS:
        raise invalid(
            f"tags.{key}",
            "derived",
            f"The tag {key} shows {DERIVED_TAGS[key]}, and is not set by hand.",
        )
    if key in FACT_TAGS:
        raise invalid(
            f"tags.{key}",
            "fixed",
            f"The tag {key} states a fact of the registration and is fixed with it. "
            "Register a new version instead.",
        )


def _append(
    verb: Verb,
    model: Model,
    subject: Record,
    facts: Mapping[str, object],
    records: list[Record],
    actor: Actor,
    at: datetime,
) -> None:
    audit.append(
        verb=verb,
        stream=model.stream,
        subject=subject.ref,
        actor=actor.ref,
        at=at,
        facts=admissible(facts),
        records=records,
    )
