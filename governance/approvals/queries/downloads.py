"""Whether a version's artifacts are given out to whoever asks."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q

from governance.accounts.permissions import Permission, may
from governance.accounts.rules import Actor
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.policies import policies_in_force, subject_of
from governance.approvals.rules.downloads import (
    DownloadNotApproved,
    download_policy,
    gives_out_approved_alone,
)
from governance.approvals.rules.judgement import Decision, RequestState
from governance.approvals.rules.policies import Policy
from governance.inventory.models import Model
from governance.registry.models import ModelVersion
from governance.registry.queries.copies import original_of
from governance.registry.rules import Stage


def was_approved(version: ModelVersion) -> bool:
    """Tell whether people ever approved the version for live traffic, in whatever slot.

    What went there while nothing was gated was approved by nobody.
    """
    requests = PromotionRequest.objects.filter(version=version, target=Stage.PRODUCTION)
    signed = Q(sign_offs__decision=Decision.APPROVE, sign_offs__dossier_digest=F("decided_digest"))
    return requests.filter(signed, state=RequestState.DONE).exists()


def require_downloadable(version: ModelVersion, *, actor: Actor, at: datetime) -> None:
    """Raise DownloadNotApproved where the policy gives out approved versions and this is none.

    Who validates has a token of its own, which loads every version. A copy that nobody approved is
    given out no sooner than its original.
    """
    for one in dict.fromkeys((version, original_of(version))):
        _require_downloadable(one, actor=actor, at=at)
        if was_approved(version):
            return


def _require_downloadable(version: ModelVersion, *, actor: Actor, at: datetime) -> None:
    model, judged = version.model, _judged_as(version.model)
    subject = subject_of(judged, slot="", source=Stage.DRAFT, target=Stage.PRODUCTION, at=at)
    policy = download_policy(policies_in_force(), subject)
    if policy is None or not gives_out_approved_alone(policy) or was_approved(version):
        return
    if may(actor, Permission.UNAPPROVED_LOAD, unit=model.unit, at=at):
        return
    raise _refusal(version, policy)


def _judged_as(model: Model) -> Model:
    """Return the record whose tier and kind count: of a draft that took a name, who had it before.

    A program that loads by the name means that one, and a draft has no tier to be judged by.
    """
    if model.tier is not None:
        return model
    former = Model.objects.filter(former_names__name=model.name).exclude(pk=model.pk)
    return former.order_by("-former_names__ended_at").first() or model


def _refusal(version: ModelVersion, policy: Policy) -> DownloadNotApproved:
    request = (
        PromotionRequest.objects.open().filter(version=version, target=Stage.PRODUCTION).first()
    )
    way = (
        f"The promotion request {request.reference} is open."
        if request
        else "Ask for Production to open a promotion request."
    )
    return DownloadNotApproved(
        f"{version} was never approved for Production, and the policy “{policy.title}”, version "
        f"{policy.number}, gives out the artifacts of approved versions alone. {way} To validate "
        "a version, use a token that may load unapproved ones.",
        subject=version.ref,
        stream=version.model.stream,
        policy=policy.ref,
        missing=[{"kind": "approval", "target": Stage.PRODUCTION.value}],
        **({"request": str(request.pk)} if request else {}),
    )
