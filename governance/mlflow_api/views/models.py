"""Registered models."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from governance.approvals.actions import ask_to_remove_model
from governance.inventory import actions as inventory
from governance.inventory.models import Model
from governance.inventory.queries import model_named
from governance.mlflow_api import presentation
from governance.mlflow_api.endpoints import Call
from governance.mlflow_api.outstanding import first_outstanding
from governance.mlflow_api.parsing import stage_named
from governance.mlflow_api.prompts import require_free_name
from governance.registry import actions as registry
from governance.registry.queries import latest_versions


def named(call: Call) -> Model:
    """Return the model that the call names. Raises InvalidInput, ModelNotFound."""
    return model_named(call.said.required("name"), actor=call.actor, at=call.at, present=True)


@transaction.atomic
def create(call: Call) -> dict[str, Any]:
    """A model first seen here is a draft of the inventory, in the unit of the token."""
    name, tags = call.said.required("name"), call.said.tags()
    require_free_name(name, tags, actor=call.actor, at=call.at)
    model = inventory.create_model(
        name=name,
        unit=call.actor.service.unit,
        description=call.said.text("description"),
        actor=call.actor,
        at=call.at,
    )
    for key, value in tags.items():
        registry.set_model_tag(model=model, key=key, value=value, actor=call.actor, at=call.at)
    return {"registered_model": presentation.registered_model(model)}


def get(call: Call) -> dict[str, Any]:
    return {"registered_model": presentation.registered_model(named(call))}


def update(call: Call) -> dict[str, Any]:
    model = inventory.describe_model(
        model=named(call),
        description=call.said.text("description"),
        actor=call.actor,
        at=call.at,
    )
    return {"registered_model": presentation.registered_model(model)}


def rename(call: Call) -> dict[str, Any]:
    """The record stays what it is; its old name is free for another that inherits nothing."""
    model = registry.rename_model(
        model=named(call),
        name=call.said.required("new_name"),
        actor=call.actor,
        at=call.at,
    )
    return {"registered_model": presentation.registered_model(model)}


def delete(call: Call) -> dict[str, Any]:
    """Remove the model with its versions; 403 while people have to decide on any of them."""
    waiting = ask_to_remove_model(model=named(call), actor=call.actor, at=call.at)
    if refusal := first_outstanding(waiting, reader=call.actor.person, at=call.at):
        raise refusal
    return {}


def set_tag(call: Call) -> dict[str, Any]:
    key, value = call.said.tag()
    registry.set_model_tag(model=named(call), key=key, value=value, actor=call.actor, at=call.at)
    return {}


def delete_tag(call: Call) -> dict[str, Any]:
    registry.delete_model_tag(
        model=named(call), key=call.said.tag_key(), actor=call.actor, at=call.at
    )
    return {}


def get_latest_versions(call: Call) -> dict[str, Any]:
    stages = [stage_named(text) for text in call.said.texts("stages")]
    versions = latest_versions(named(call), stages)
    if not versions:
        return {}
    return {"model_versions": presentation.model_versions(versions)}
