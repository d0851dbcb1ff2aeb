"""The change of stage: asked for here, decided by people in the portal."""

from __future__ import annotations

from typing import Any

from governance.approvals.actions import ask_for_stage
from governance.core.errors import Refused, invalid
from governance.mlflow_api import presentation
from governance.mlflow_api.endpoints import Call
from governance.mlflow_api.outstanding import outstanding_of
from governance.mlflow_api.parsing import STAGE_NAMES, stage_named
from governance.mlflow_api.views.versions import numbered
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage


class WouldArchiveOthers(Refused):
    """The flag would move versions that nobody decided on."""

    code = "would_archive_others"


def transition_stage(call: Call) -> dict[str, Any]:
    """Open or find the promotion request; 200 only when the version is where it was asked to be.

    The open request is committed before the refusal is raised: that it stands is the result.
    """
    target = stage_named(call.said.required("stage"))
    version = numbered(call)
    if call.said.flag("archive_existing_versions"):
        _require_none_archived(version, target)
    asked = ask_for_stage(version=version, target=target, actor=call.actor, at=call.at)
    if refusal := outstanding_of(asked, reader=call.actor.person, at=call.at):
        raise refusal
    return {"model_version": presentation.model_version(asked.version)}


def _require_none_archived(version: ModelVersion, target: Stage) -> None:
    """Refuse archive_existing_versions where it would do more than the promotion itself does.

    In Production there is nothing to refuse: the champion that is replaced retires by the same
    decision. Elsewhere each version's change is a decision of its own.
    """
    if target not in {Stage.STAGING, Stage.PRODUCTION}:
        message = (
            "Model version transition cannot archive existing model versions because "
            f"'{STAGE_NAMES[target]}' is not an Active stage. Valid stages are Staging, Production."
        )
        raise invalid("archive_existing_versions", "stage", message)
    others = version.model.versions.filter(stage=target).exclude(pk=version.pk)
    numbers = list(others.order_by("number").values_list("number", flat=True))
    if target == Stage.STAGING and numbers:
        listed = ", ".join(map(str, numbers))
        raise WouldArchiveOthers(
            f"archive_existing_versions would also archive version {listed} of "
            f"{version.model.name}, which nobody decided on. Ask with "
            "archive_existing_versions=False, and ask for Archived for those by themselves.",
            subject=version.ref,
            stream=version.model.stream,
            versions=numbers,
        )
