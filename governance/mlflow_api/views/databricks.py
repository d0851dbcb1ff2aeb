"""What Databricks adds to MLflow's calls on models and versions."""

from __future__ import annotations

from typing import Any

from governance.accounts.permissions import Permission, may
from governance.inventory.models import Model
from governance.mlflow_api import presentation
from governance.mlflow_api.activities import requested
from governance.mlflow_api.endpoints import Call
from governance.mlflow_api.outstanding import outstanding_of
from governance.mlflow_api.views.models import named
from governance.mlflow_api.views.requests import actions_for, ask_with_comment, open_requests_for
from governance.mlflow_api.views.transitions import archiving_others
from governance.registry.models import ModelVersion


def get_model(call: Call) -> dict[str, Any]:
    model = named(call)
    shown = presentation.registered_model(model)
    shown |= {"id": model.pk.hex, "permission_level": _level(call, model)}
    return {"registered_model_databricks": shown}


def transition_stage(call: Call) -> dict[str, Any]:
    """MLflow's change of stage, with a comment on the version."""
    asked = archiving_others(call, ask_with_comment)
    if refusal := outstanding_of(asked, reader=call.actor.person, at=call.at):
        raise refusal
    return {"model_version_databricks": _version(call, asked.version)}


def _version(call: Call, version: ModelVersion) -> dict[str, Any]:
    waiting = [requested(row, actions=actions_for(call, row)) for row in open_requests_for(version)]
    return presentation.model_version(version) | presentation.filled(
        permission_level=_level(call, version.model), open_requests=waiting
    )


def _level(call: Call, model: Model) -> str:
    """The nearest of Databricks' levels; none of those that move versions at will."""
    may_write = may(call.actor, Permission.VERSION_REGISTER, unit=model.unit, at=call.at)
    return "CAN_EDIT" if may_write else "CAN_READ"
