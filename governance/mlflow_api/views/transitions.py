"""The change of stage: asked for here, decided by people in the portal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from django.db import transaction

from governance.approvals.actions import Asked, ask_for_stage
from governance.approvals.queries.policies import nothing_is_gated
from governance.core.errors import Refused, invalid
from governance.mlflow_api import presentation
from governance.mlflow_api.endpoints import Call
from governance.mlflow_api.outstanding import outstanding_of
from governance.mlflow_api.parsing import STAGE_NAMES, stage_named
from governance.mlflow_api.views.versions import numbered
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage

Ask: TypeAlias = Callable[[Call, ModelVersion, Stage], Asked]


class WouldArchiveOthers(Refused):
    """The flag would move versions that nobody decided on."""

    code = "would_archive_others"


def transition_stage(call: Call) -> dict[str, Any]:
    """Open or find the promotion request; 200 only when the version is where it was asked to be.

    The open request is committed before the refusal is raised: that it stands is the result.
    """
    asked = archiving_others(call, _ask)
    if refusal := outstanding_of(asked, reader=call.actor.person, at=call.at):
        raise refusal
    return {"model_version": presentation.model_version(asked.version)}


def _ask(call: Call, version: ModelVersion, target: Stage) -> Asked:
    return ask_for_stage(version=version, target=target, actor=call.actor, at=call.at)


@transaction.atomic
def archiving_others(call: Call, ask: Ask) -> Asked:
    """Ask as the call says, with what archive_existing_versions means here.

    In Production the champion that is replaced retires by the same decision. Elsewhere each
    version's change is a decision of its own: where nothing is gated each is archived by its own
    move, all together; otherwise the flag is refused while there is anybody to archive.
    """
    target = stage_named(call.said.required("stage"))
    version = numbered(call)
    others = _others(version, target) if call.said.flag("archive_existing_versions") else []
    if others and not nothing_is_gated():
        _refuse(version, target, others)
    asked = ask(call, version, target)
    for other in others:
        ask_for_stage(version=other, target=Stage.ARCHIVED, actor=call.actor, at=call.at)
    return asked


def _others(version: ModelVersion, target: Stage) -> list[ModelVersion]:
    """Return the other versions in that stage. Raises InvalidInput for an inactive stage."""
    if target not in {Stage.STAGING, Stage.PRODUCTION}:
        message = (
            "Model version transition cannot archive existing model versions because "
            f"'{STAGE_NAMES[target]}' is not an Active stage. Valid stages are Staging, Production."
        )
        raise invalid("archive_existing_versions", "stage", message)
    others = ModelVersion.objects.present().with_model().filter(model=version.model, stage=target)
    return list(others.exclude(pk=version.pk).order_by("number"))


def _refuse(version: ModelVersion, target: Stage, others: list[ModelVersion]) -> None:
    if target != Stage.STAGING:
        return
    numbers = [other.number for other in others]
    listed = ", ".join(map(str, numbers))
    raise WouldArchiveOthers(
        f"archive_existing_versions would also archive version {listed} of "
        f"{version.model.name}, which nobody decided on. Ask with "
        "archive_existing_versions=False, and ask for Archived for those by themselves.",
        subject=version.ref,
        stream=version.model.stream,
        versions=numbers,
    )
