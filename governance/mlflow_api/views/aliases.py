"""Aliases: free ones are set by hand, those of slots are asked for like Production."""

from __future__ import annotations

from typing import Any

from governance.approvals.actions import ask_for_stage
from governance.mlflow_api import presentation
from governance.mlflow_api.endpoints import Call
from governance.mlflow_api.outstanding import outstanding_of
from governance.mlflow_api.views.models import named
from governance.mlflow_api.views.versions import numbered
from governance.registry import actions as registry
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries.aliases import slot_with_alias, version_with_alias
from governance.registry.rules import Stage


def get(call: Call) -> dict[str, Any]:
    version = version_with_alias(named(call), call.said.required("alias"))
    return {"model_version": presentation.model_version(version)}


def set_alias(call: Call) -> dict[str, Any]:
    """Set a free alias; that of a slot is set by bringing the version into the slot."""
    alias = call.said.required("alias")
    model = named(call)
    version = numbered(call)
    slot = slot_with_alias(model, alias)
    if slot is None:
        registry.set_alias(version=version, name=alias, actor=call.actor, at=call.at)
    else:
        _ask_for_the_slot(call, version, slot)
    return {}


def delete(call: Call) -> dict[str, Any]:
    registry.delete_alias(
        model=named(call), name=call.said.required("alias"), actor=call.actor, at=call.at
    )
    return {}


def _ask_for_the_slot(call: Call, version: ModelVersion, slot: Slot) -> None:
    """Raise what is outstanding until the version is the slot's champion."""
    asked = ask_for_stage(
        version=version, target=Stage.PRODUCTION, slot=slot, actor=call.actor, at=call.at
    )
    if refusal := outstanding_of(asked, reader=call.actor.person, at=call.at):
        refusal.shown["alias"] = slot.alias
        raise refusal
