"""Model versions."""

from __future__ import annotations

from typing import Any

from governance.approvals.actions import ask_to_remove_version
from governance.approvals.queries.downloads import require_downloadable
from governance.approvals.queries.policies import judged_metrics
from governance.mlflow_api import presentation
from governance.mlflow_api.endpoints import Call
from governance.mlflow_api.outstanding import outstanding_of
from governance.mlflow_api.registering import register_once
from governance.mlflow_api.views.models import named
from governance.registry import actions as registry
from governance.registry.models import ModelVersion
from governance.registry.queries import consumer_notice, version_numbered
from governance.registry.queries.copies import original_of


def numbered(call: Call) -> ModelVersion:
    """Return the version that the call names. Raises InvalidInput, VersionNotFound."""
    return version_numbered(
        call.said.required("name"),
        call.said.version(),
        actor=call.actor,
        at=call.at,
        present=True,
    )


def create(call: Call) -> dict[str, Any]:
    version = register_once(
        model=named(call),
        said=call.said,
        actor=call.actor,
        at=call.at,
    )
    return {"model_version": presentation.model_version(version)}


def get(call: Call) -> dict[str, Any]:
    return {"model_version": presentation.model_version(_with_notice(call))}


def get_download_uri(call: Call) -> dict[str, Any]:
    """A copy is loaded from where its original lies. By policy, only what was approved is."""
    version = _with_notice(call)
    require_downloadable(version, actor=call.actor, at=call.at)
    return {"artifact_uri": original_of(version).source}


def _with_notice(call: Call) -> ModelVersion:
    """Return the version for somebody who is to use it, and tell them if it is deprecated."""
    version = numbered(call)
    call.headers.update(consumer_notice(version))
    return version


def update(call: Call) -> dict[str, Any]:
    version = registry.describe_version(
        version=numbered(call),
        description=call.said.text("description"),
        actor=call.actor,
        at=call.at,
    )
    return {"model_version": presentation.model_version(version)}


def delete(call: Call) -> dict[str, Any]:
    """Remove a version once it is archived; until then the call asks for that."""
    asked = ask_to_remove_version(version=numbered(call), actor=call.actor, at=call.at)
    if refusal := outstanding_of(asked, reader=call.actor.person, at=call.at):
        raise refusal
    return {}


def set_tag(call: Call) -> dict[str, Any]:
    """A tag that measures something arrives as an evaluation result too."""
    key, value = call.said.tag()
    registry.set_version_tag(
        version=numbered(call),
        key=key,
        value=value,
        judged=judged_metrics(),
        actor=call.actor,
        at=call.at,
    )
    return {}


def delete_tag(call: Call) -> dict[str, Any]:
    registry.delete_version_tag(
        version=numbered(call), key=call.said.tag_key(), actor=call.actor, at=call.at
    )
    return {}
