"""Registering versions. Each action appends one entry to the model's stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import person_with_email
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.canonical import canonical
from governance.core.compiled import Insert, Update
from governance.core.errors import InvalidInput, invalid
from governance.core.models import Record
from governance.inventory.actions.keeping import require_in_use
from governance.inventory.models import Model
from governance.inventory.queries import locked_model
from governance.registry.actions.artifacts import hash_if_possible
from governance.registry.actions.evaluations import insert_results
from governance.registry.actions.labels import require_free_label
from governance.registry.actions.pulls import pull_if_possible
from governance.registry.actions.reported_lineage import register_lineage
from governance.registry.models import Artifact, BundlePart, ModelVersion, Slot, VersionTag
from governance.registry.queries import champion_alias, default_slot, last_number, locked_version
from governance.registry.queries.copies import committer_of_copied, require_copied_version
from governance.registry.rules import (
    DEPRECATED_TAG,
    LABEL_TAG,
    LINEAGE_TAG,
    Measurement,
    Registration,
    Source,
    addressed_version,
    label_from_tags,
    measurement_from_tag,
    registration_problems,
    without_committer,
)

# A pipeline's registration is mostly these.
_insert = Insert(ModelVersion)
_insert_artifacts, _insert_parts = Insert(Artifact), Insert(BundlePart)
_insert_tags = Insert(VersionTag)
_touch = Update(Model, "updated_at")


@transaction.atomic
def register_version(
    *,
    model: Model,
    registration: Registration,
    actor: Actor,
    at: datetime,
    description: str = "",
    tags: Mapping[str, str] | None = None,
    judged: Iterable[str] = (),
) -> ModelVersion:
    """Add the next version of a model, in Draft, with its artifacts, parts, tags, measurements.

    Numbers are 1, 2, 3 … per model and never used twice. Tags that measure something are kept
    as evaluation results too (`judged`: the metrics that policies name), and one may give the
    label. Where the model names a tracking server, a job reads the run's metrics; where no
    digests are given and the portal may read the source, another takes them. Appends
    version.registered.
    Who committed the code, as stated by address, is kept by reference alone.
    Raises InvalidInput, ModelRetired, NotAPerson, PermissionMissing.
    """
    model = locked_model(model)
    require(actor, Permission.VERSION_REGISTER, unit=model.unit, at=at)
    require_in_use(model)
    if actor.person is None:
        raise NotAPerson("A version is registered by a person or on a person's responsibility.")
    if problems := list(registration_problems(registration)):
        raise InvalidInput(*problems)
    require_copied_version(registration.source, actor=actor, at=at)
    tags = _own_tags(model, registration, tags or {})
    label = label_from_tags(tags)
    new_slot = None if default_slot(model) else _insert_slot(model, by=actor.ref, at=at)
    version = _insert_version(
        model,
        registration,
        description=description,
        label=label,
        person=actor.person,
        committer=_committer(registration, actor=actor, at=at),
        via=actor.ref,
        at=at,
    )
    contents = _insert_contents(version, registration, tags)
    measured = _measurements(version, tags, judged=judged)
    results = insert_results(version, measured, source=Source.TAG, actor=actor, at=at)
    lineage = register_lineage(version, actor=actor, at=at)
    model.updated_at = at
    _touch(model)
    audit.append(
        verb=Verb.VERSION_REGISTERED,
        stream=model.stream,
        subject=version.ref,
        actor=actor.ref,
        at=at,
        facts=_facts(version, registration, evaluations=len(results)),
        records=[model, version, *contents, *results, *lineage, *([new_slot] if new_slot else [])],
    )
    pull_if_possible(version, actor=actor, at=at)
    hash_if_possible(version, actor=actor, at=at)
    return version


def _committer(registration: Registration, *, actor: Actor, at: datetime) -> User | None:
    """Return who committed the code; a copy has that of the version that it was copied from.

    Raises InvalidInput for an address of nobody: a slip would free somebody to sign.
    """
    stated = person_with_email(registration.committer) if registration.committer else None
    if registration.committer and stated is None:
        message = (
            "The committer has no account here. Leave out who has none: they can sign nothing."
        )
        raise invalid(f"tags.{LINEAGE_TAG}.committer", "exists", message)
    return committer_of_copied(registration.source, actor=actor, at=at) or stated


def _own_tags(
    model: Model, registration: Registration, tags: Mapping[str, str]
) -> Mapping[str, str]:
    """Leave out an address, and what a copied version's tags say of the one it was copied from.

    MLflow's client copies a version with all its tags: a deprecation is never the copy's, and a
    label is only where it is still free. Raises InvalidInput for a label that is none or taken.
    """
    kept = without_committer(tags)
    kept.pop(DEPRECATED_TAG, None)
    label = label_from_tags(kept)
    if not label:
        return kept
    if addressed_version(registration.source) and model.versions.filter(label=label).exists():
        return {key: value for key, value in kept.items() if key != LABEL_TAG}
    require_free_label(model, label, field=f"tags.{LABEL_TAG}")
    return kept


def _facts(
    version: ModelVersion, registration: Registration, *, evaluations: int
) -> dict[str, str | int]:
    facts: dict[str, str | int] = {
        "number": version.number,
        "digest": version.digest,
        "artifacts": len(registration.artifacts),
        "evaluations": evaluations,
        "responsible": version.registered_by.ref,
    }
    seldom: dict[str, str | int] = {
        "parts": len(registration.parts),
        "label": version.label,
        "committed_by": version.committed_by.ref if version.committed_by else "",
    }
    return facts | {name: value for name, value in seldom.items() if value}


def _insert_version(
    model: Model,
    registration: Registration,
    *,
    description: str,
    label: str,
    person: User,
    committer: User | None,
    via: str,
    at: datetime,
) -> ModelVersion:
    number = last_number(model) + 1
    version = ModelVersion(
        model=model,
        number=number,
        source=registration.source,
        run_id=registration.run_id,
        run_link=registration.run_link,
        logged_model_id=registration.logged_model_id,
        lineage_text=canonical(registration.lineage),
        digest=registration.digest(model=model.ref, number=number),
        registered_by=person,
        committed_by=committer,
        registered_via=via,
        registered_at=at,
        description=description,
        label=label,
        updated_at=at,
    )
    return _insert(version)


def _insert_slot(model: Model, *, by: str, at: datetime) -> Slot:
    return Slot.objects.create(
        model=model, is_default=True, created_at=at, created_by=by, alias=champion_alias()
    )


def _insert_contents(
    version: ModelVersion, registration: Registration, tags: Mapping[str, str]
) -> list[Record]:
    """Insert what the version is made of and the tags that came with it."""
    return [
        *_insert_artifacts.all(
            Artifact(version=version, path=fact.path, sha256=fact.sha256, size=fact.size)
            for fact in registration.artifacts
        ),
        *_insert_parts.all(
            BundlePart(version=version, **asdict(part)) for part in registration.parts
        ),
        *_insert_tags.all(
            VersionTag(version=version, key=key, value=value) for key, value in tags.items()
        ),
    ]


def _measurements(
    version: ModelVersion, tags: Mapping[str, str], *, judged: Iterable[str]
) -> list[Measurement]:
    found = (
        measurement_from_tag(
            key,
            value,
            judged=judged,
            dataset_digest=version.dataset_digest,
            run_id=version.run_id,
        )
        for key, value in tags.items()
    )
    return [measurement for measurement in found if measurement is not None]


@transaction.atomic
def describe_version(
    *, version: ModelVersion, description: str, actor: Actor, at: datetime
) -> ModelVersion:
    """Set a version's description. Appends version.described; nothing when it is the same."""
    version = locked_version(version)
    require(actor, Permission.VERSION_REGISTER, unit=version.model.unit, at=at)
    require_in_use(version.model)
    if version.description == description:
        return version
    version.description, version.updated_at = description, at
    version.save(update_fields=["description", "updated_at"])
    audit.append(
        verb=Verb.VERSION_DESCRIBED,
        stream=version.model.stream,
        subject=version.ref,
        actor=actor.ref,
        at=at,
        facts={},
        records=[version],
    )
    return version
