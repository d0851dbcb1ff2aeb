"""Saying that a version is to be used no more from a day on, and taking that back."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput
from governance.core.models import Record
from governance.core.typed import tidy
from governance.registry.actions.tags import show_as_tag
from governance.registry.models import Deprecation, ModelVersion
from governance.registry.queries import deprecation_of, locked_version
from governance.registry.rules import (
    DEPRECATED_TAG,
    AlreadyDeprecated,
    NotDeprecated,
    NotTheModelsOwner,
    deprecation_problems,
)


@transaction.atomic
def deprecate_version(
    *, version: ModelVersion, from_date: date, reason: str, actor: Actor, at: datetime
) -> Deprecation:
    """Tell consumers to use the version no more from that day (UTC) on. It goes on serving.

    MLflow's clients see it as a tag, and in the headers of the answers about it. Appends
    version.deprecated. Raises InvalidInput, AlreadyDeprecated, NotAPerson, NotTheModelsOwner,
    PermissionMissing.
    """
    version = locked_version(version)
    person = _owner(version, actor, at=at)
    if deprecation_of(version) is not None:
        raise AlreadyDeprecated(
            f"{version} is deprecated already.", subject=version.ref, stream=version.model.stream
        )
    reason = tidy(reason)
    if problems := [*deprecation_problems(from_date=from_date, reason=reason, today=at.date())]:
        raise InvalidInput(*problems)
    deprecation = Deprecation.objects.create(
        version=version,
        from_date=from_date,
        reason=audit.write_prose(reason),
        deprecated_by=person,
        deprecated_at=at,
    )
    tags = show_as_tag(version, DEPRECATED_TAG, from_date.isoformat())
    _append(Verb.VERSION_DEPRECATED, deprecation, tags, actor, at)
    return deprecation


@transaction.atomic
def end_deprecation(*, version: ModelVersion, actor: Actor, at: datetime) -> Deprecation:
    """Take a deprecation back. Appends version.undeprecated.

    Raises NotDeprecated, NotAPerson, NotTheModelsOwner, PermissionMissing.
    """
    version = locked_version(version)
    _owner(version, actor, at=at)
    deprecation = deprecation_of(version)
    if deprecation is None:
        raise NotDeprecated(
            f"{version} is not deprecated.", subject=version.ref, stream=version.model.stream
        )
    deprecation.ended_at = at
    deprecation.save(update_fields=["ended_at"])
    # Read first: of a row that goes, the entry has the name and no state.
    gone = [tag.ref for tag in version.tags.filter(key=DEPRECATED_TAG)]
    show_as_tag(version, DEPRECATED_TAG, "")
    _append(Verb.VERSION_UNDEPRECATED, deprecation, [], actor, at, untagged=gone)
    return deprecation


def _owner(version: ModelVersion, actor: Actor, *, at: datetime) -> User:
    """Return who acts: the model's owner, or whoever may edit while it has none who could."""
    model = version.model
    require(actor, Permission.MODEL_EDIT, unit=model.unit, at=at)
    if not isinstance(actor, User):
        raise NotAPerson("A version is deprecated by a person. Sign in to do this.")
    if model.owner is not None and model.owner.is_active and model.owner_id != actor.pk:
        raise NotTheModelsOwner(
            f"{model.owner.name} owns {model.name}; only they deprecate its versions.",
            subject=version.ref,
            stream=model.stream,
        )
    return actor


def _append(
    verb: Verb,
    deprecation: Deprecation,
    tags: list[Record],
    actor: Actor,
    at: datetime,
    **facts: list[str],
) -> None:
    version = deprecation.version
    audit.append(
        verb=verb,
        stream=version.model.stream,
        subject=version.ref,
        actor=actor.ref,
        at=at,
        facts={"number": version.number, "from_date": deprecation.from_date} | facts,
        records=[deprecation, *tags],
    )
