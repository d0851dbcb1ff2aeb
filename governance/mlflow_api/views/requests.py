"""Transition requests, as the databricks-sdk opens, lists, rejects and withdraws them.

They are promotion requests. The sdk knows one by version, stage and who asked, and by no key.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from governance.accounts.permissions import Permission, may
from governance.approvals.actions import Asked, Outcome, ask_for_stage, reject_request, withdraw
from governance.approvals.models import PromotionRequest, PromotionRequestQuerySet
from governance.approvals.queries.cases import RequestNotFound
from governance.core.errors import Refused, invalid
from governance.mlflow_api.activities import Activity, closed, requested, shown_request
from governance.mlflow_api.endpoints import Call
from governance.mlflow_api.links import decision_link
from governance.mlflow_api.parsing import STAGE_NAMES, stage_named
from governance.mlflow_api.views.versions import numbered
from governance.registry.actions import comment_on_version
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage, StageUnchanged

WITHDRAWN = "Withdrawn through the API, without a reason given."


class SignatureNeeded(Refused):
    """Approving is signing, and nobody signs through an API."""

    code = "signature_needed"


def create(call: Call) -> dict[str, Any]:
    """Open the request, or find the open one: that it stands is the answer, not a refusal."""
    version, target = numbered(call), stage_named(call.said.required("stage"))
    asked = ask_with_comment(call, version, target)
    if asked.request is None:
        raise StageUnchanged(f"{version} is in {STAGE_NAMES[target]} already.")
    return {"request": shown_request(asked.request, actions=actions_for(call, asked.request))}


@transaction.atomic
def ask_with_comment(call: Call, version: ModelVersion, target: Stage) -> Asked:
    """Ask, and keep what was said along with it; a question asked again says nothing new."""
    asked = ask_for_stage(version=version, target=target, actor=call.actor, at=call.at)
    text = call.said.text("comment")
    if text.strip() and asked.outcome in {Outcome.OPENED, Outcome.MOVED}:
        comment_on_version(version=asked.version, text=text, actor=call.actor, at=call.at)
    return asked


def list_open(call: Call) -> dict[str, Any]:
    rows = open_requests_for(numbered(call)).order_by("opened_at", "pk")
    found = [requested(row, actions=actions_for(call, row)) for row in rows]
    return {"requests": found} if found else {}


def approve(call: Call) -> dict[str, Any]:
    """Never: the request's page is where a person reads and signs."""
    request = _asked_about(call)
    raise SignatureNeeded(
        f"Nobody approves {request.reference} through an API: a signature needs the dossier on a "
        "screen and a fresh proof of who signs. Read and decide at "
        f"{decision_link(request.pk)}",
        subject=request.version.ref,
        stream=request.version.model.stream,
        request=str(request.pk),
    )


def reject(call: Call) -> dict[str, Any]:
    request = reject_request(
        request_id=_asked_about(call).pk,
        reason=call.said.text("comment"),
        actor=call.actor,
        at=call.at,
    )
    return {"activity": closed(request, Activity.REJECTED, by=call.actor.person)}


def delete(call: Call) -> dict[str, Any]:
    """Withdraw; only who asked may, or the model's owner."""
    request = _asked_about(call, creator=call.said.required("creator"))
    request = withdraw(
        request_id=request.pk,
        reason=call.said.text("comment") or WITHDRAWN,
        actor=call.actor,
        at=call.at,
    )
    return {"activity": closed(request, Activity.CANCELLED, by=call.actor.person)}


def open_requests_for(version: ModelVersion) -> PromotionRequestQuerySet:
    return PromotionRequest.objects.open().with_version().filter(version=version)


def actions_for(call: Call, request: PromotionRequest) -> list[str]:
    """What the caller may do about an open request; approving is never among it."""
    if not PromotionRequest.objects.open().filter(pk=request.pk).exists():
        return []
    unit, found = request.version.model.unit, []
    if may(call.actor, Permission.PROMOTION_REJECT, unit=unit, at=call.at):
        found.append("REJECT_TRANSITION_REQUEST")
    if request.requested_by == call.actor.person:
        found.append("CANCEL_TRANSITION_REQUEST")
    return found


def _asked_about(call: Call, *, creator: str = "") -> PromotionRequest:
    """Return the open request for the version and stage; that for the default slot goes first.

    Raises RequestNotFound, and InvalidInput where several other slots are asked for.
    """
    version, target = numbered(call), stage_named(call.said.required("stage"))
    rows = open_requests_for(version).filter(target=target)
    if creator:
        rows = rows.filter(requested_by__email__iexact=creator)
    found = sorted(rows, key=lambda row: (not row.slot.is_default, bool(row.share)))
    if not found:
        raise RequestNotFound(
            f"There is no open request that version {version.number} of {version.model.name} go "
            f"to {STAGE_NAMES[target]}."
        )
    if len(found) > 1 and not found[0].slot.is_default:
        links = " ".join(decision_link(row.pk) for row in found)
        raise invalid("stage", "ambiguous", f"Several slots are asked for. Decide at {links}")
    return found[0]
