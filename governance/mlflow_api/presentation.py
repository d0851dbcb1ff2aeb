"""Rows as MLflow's JSON: what is unset or empty is left out, times are milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from governance.accounts.models import User
from governance.inventory.models import Model
from governance.mlflow_api.parsing import STAGE_NAMES
from governance.registry.models import ModelTag, ModelVersion, VersionTag, Webhook
from governance.registry.queries import latest_versions_of
from governance.registry.queries.aliases import Aliases, Named, aliases_of
from governance.registry.rules import Stage
from governance.registry.rules.webhooks import EVENTS


def registered_model(model: Model) -> dict[str, Any]:
    return registered_models([model])[0]


def registered_models(models: Sequence[Model]) -> list[dict[str, Any]]:
    """Show models, with as many queries for a thousand as for one."""
    versions = latest_versions_of(models)
    people = _authors(model.created_by for model in models)
    aliases = aliases_of([model.pk for model in models])
    return [_registered_model(model, versions[model], people, aliases) for model in models]


def _registered_model(
    model: Model,
    versions: Iterable[ModelVersion],
    people: Mapping[str, str],
    aliases: Aliases,
) -> dict[str, Any]:
    named = aliases.get(model.pk, ())
    return filled(
        name=model.name,
        creation_timestamp=milliseconds(model.created_at),
        last_updated_timestamp=milliseconds(model.updated_at),
        user_id=people.get(model.created_by, model.created_by),
        description=model.description,
        latest_versions=[_model_version(version, named) for version in versions],
        tags=_tags(model.tags.all()),
        aliases=[{"alias": one.alias, "version": str(one.number)} for one in named],
    )


def model_version(version: ModelVersion) -> dict[str, Any]:
    return model_versions([version])[0]


def model_versions(versions: Sequence[ModelVersion]) -> list[dict[str, Any]]:
    """Show versions; they come from `with_model`. One query for the aliases of thousands."""
    aliases = aliases_of([version.model_id for version in versions])
    return [_model_version(row, aliases.get(row.model_id, ())) for row in versions]


def _model_version(version: ModelVersion, named: Iterable[Named]) -> dict[str, Any]:
    """`named` are the aliases of its model; `user_id` is who answers for the registration."""
    shown = filled(
        name=version.model.name,
        version=str(version.number),
        creation_timestamp=milliseconds(version.registered_at),
        last_updated_timestamp=milliseconds(version.updated_at),
        user_id=version.registered_by.email,
        current_stage=STAGE_NAMES[Stage(version.stage)],
        description=version.description,
        source=version.source,
        run_id=version.run_id,
        run_link=version.run_link,
        model_id=version.logged_model_id,
        status="READY",
        tags=_tags(version.tags.all()),
        aliases=[one.alias for one in named if one.version_id == version.pk],
    )
    # Even an empty one: without it the client shows None, where MLflow's server has a text.
    return {"description": ""} | shown


def webhook(row: Webhook) -> dict[str, Any]:
    """Its secret is not among what is shown, nor whether it has one."""
    events = (event.upper().partition(".") for event in row.events if event in EVENTS)
    return filled(
        webhook_id=str(row.pk),
        name=row.name,
        description=row.description,
        url=row.url,
        events=[{"entity": entity, "action": action} for entity, _, action in events],
        governance_events=[event for event in row.events if event not in EVENTS],
        status=row.status,
        creation_timestamp=milliseconds(row.created_at),
        last_updated_timestamp=milliseconds(row.updated_at),
    )


def filled(**values: Any) -> dict[str, Any]:
    """Return what is neither unset nor empty: the rest MLflow leaves out."""
    return {key: value for key, value in values.items() if value not in (None, "", [])}


def _tags(tags: Iterable[ModelTag | VersionTag]) -> list[dict[str, str]]:
    return [{"key": tag.key, "value": tag.value} for tag in sorted(tags, key=lambda tag: tag.key)]


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _authors(refs: Iterable[str]) -> dict[str, str]:
    """Return the address of who answers for each actor that has a person; a system has none."""
    pairs = [ref.partition(":")[::2] for ref in set(refs)]
    users = [key for kind, key in pairs if kind == "user"]
    services = [key for kind, key in pairs if kind == "service"]
    found = User.objects.filter(Q(pk__in=users) | Q(service_accounts__in=services))
    rows = found.values_list("pk", "service_accounts", "email")
    return {
        ref: email
        for user, service, email in rows
        for ref in (f"user:{user}", f"service:{service}")
    }
