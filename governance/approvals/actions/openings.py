"""Noting what people open before they sign."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from governance.accounts.models import User
from governance.accounts.permissions import Permission, roles_with
from governance.accounts.rules import covers
from governance.approvals.models import EvidenceOpening, PromotionRequest
from governance.approvals.rules.challenge import EvidencePage
from governance.inventory.models import Model
from governance.registry.models import ModelVersion

Evidence = PromotionRequest | Model | Collection[ModelVersion] | Collection[Model]


def note_opening(*, page: EvidencePage, of: Evidence, actor: User, at: datetime) -> None:
    """Note that somebody who could sign an open request opened a page of its evidence.

    Only the first time is kept. It takes one query where no request waits or where all is noted
    already, and the write lock only where something is new. No act of anybody, so nothing is
    appended: the signature that follows takes it up. The caller has checked that the page may be
    seen.
    """
    waiting = _unnoted(page, of, actor)
    paths = _signing_paths(actor, at=at) if waiting else []
    rows = [
        EvidenceOpening(request=request, reader=actor, page=page, opened_at=at)
        for request in waiting
        if any(covers(path, request.version.model.unit.path) for path in paths)
    ]
    if rows:
        # Two tabs at once: the unique key keeps one row of both, and neither fails.
        EvidenceOpening.objects.bulk_create(rows, ignore_conflicts=True)


def _unnoted(page: EvidencePage, of: Evidence, actor: User) -> list[PromotionRequest]:
    """The open requests about this for which the reader has not opened such a page before."""
    match of:
        case PromotionRequest():
            about = Q(pk=of.pk)
        case Model():
            about = Q(model=of)
        case _:
            among = list(of)
            is_of_models = any(isinstance(one, Model) for one in among)
            about = Q(model__in=among) if is_of_models else Q(version__in=among)
    noted = EvidenceOpening.objects.filter(reader=actor, page=page)
    return list(
        PromotionRequest.objects.open()
        .filter(about)
        .exclude(pk__in=noted.values("request"))
        .select_related("version__model__unit")
    )


def _signing_paths(actor: User, *, at: datetime) -> list[str]:
    """The units in which this person may sign, in a role of their own or as a deputy."""
    if not actor.is_active:
        return []
    grants = actor.grants.at(at).filter(role__in=roles_with(Permission.PROMOTION_SIGN))
    return [one.unit.path for rows in (grants, actor.delegations_held.at(at)) for one in rows]
