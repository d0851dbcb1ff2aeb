"""How requests stood at a past moment: open, overtaken or decided, and what had been signed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch

from governance.approvals.models import (
    DossierCopy,
    Lapse,
    Override,
    OverrideSignOff,
    PromotionRequest,
    SignOff,
    Tick,
)
from governance.approvals.rules.judgement import RequestState
from governance.core.grouping import by_key
from governance.registry.queries.past import stages_at


@dataclass(frozen=True, kw_only=True)
class RequestThen:
    """One request as it stood. `dossier` is what was signed or decided on last by then."""

    request: PromotionRequest
    standing: RequestState
    sign_offs: Sequence[SignOff]
    ticks: Sequence[Tick]
    overrides: Sequence[Override]
    lapses: Sequence[Lapse]
    dossier: DossierCopy | None

    @property
    def is_closed(self) -> bool:
        """Whether somebody had closed it: nobody closes what was overtaken."""
        return self.standing not in {RequestState.OPEN, RequestState.OVERTAKEN}


def requests_at(requests: Iterable[PromotionRequest], moment: datetime) -> list[RequestThen]:
    """Return those that had been opened by then, in the same order, in seven queries.

    Each has its version along, as `with_version` brings it.
    """
    opened = [request for request in requests if request.opened_at <= moment]
    stages = stages_at([request.version for request in opened], moment)
    signed, ticked = sign_offs_at(opened, moment), _ticks(opened, moment)
    overrides, lapses = _overrides(opened, moment), _lapses(opened, moment)
    dossiers = DossierCopy.objects.filter(request__in=opened, recorded_at__lte=moment)
    newest = {row.request_id: row for row in dossiers.order_by("recorded_at", "pk")}
    return [
        RequestThen(
            request=request,
            standing=standing_then(request, stage=stages[request.version_id], moment=moment),
            sign_offs=signed[request.pk],
            ticks=ticked[request.pk],
            overrides=overrides[request.pk],
            lapses=lapses[request.pk],
            dossier=newest.get(request.pk),
        )
        for request in opened
    ]


def standing_then(request: PromotionRequest, *, stage: str, moment: datetime) -> RequestState:
    """Tell how it stood, by the stage that its version had then."""
    if request.closed_at is not None and request.closed_at <= moment:
        return RequestState(request.state)
    removed = request.version.removed_at
    moved = stage != request.source or (removed is not None and removed <= moment)
    return RequestState.OVERTAKEN if moved else RequestState.OPEN


def sign_offs_at(
    requests: Collection[PromotionRequest], moment: datetime
) -> Mapping[UUID, Sequence[SignOff]]:
    rows = SignOff.objects.filter(request__in=requests, signed_at__lte=moment)
    people = ("signer", "on_behalf_of", "printed_name", "comment", "dossier")
    return by_key(
        rows.select_related(*people).order_by("signed_at", "pk"), lambda row: row.request_id
    )


def _ticks(
    requests: Collection[PromotionRequest], moment: datetime
) -> Mapping[UUID, Sequence[Tick]]:
    rows = Tick.objects.filter(request__in=requests, ticked_at__lte=moment)
    found = rows.select_related("ticked_by", "note").order_by("ticked_at", "pk")
    return by_key(found, lambda row: row.request_id)


def _overrides(
    requests: Collection[PromotionRequest], moment: datetime
) -> Mapping[UUID, Sequence[Override]]:
    signed = OverrideSignOff.objects.filter(signed_at__lte=moment).select_related("printed_name")
    rows = Override.objects.filter(request__in=requests, proposed_at__lte=moment)
    found = (
        rows.select_related("reason", "control")
        .prefetch_related(Prefetch("sign_offs", queryset=signed.order_by("signed_at", "pk")))
        .order_by("proposed_at", "pk")
    )
    return by_key(found, lambda row: row.request_id)


def _lapses(
    requests: Collection[PromotionRequest], moment: datetime
) -> Mapping[UUID, Sequence[Lapse]]:
    rows = Lapse.objects.filter(request__in=requests, noted_at__lte=moment)
    return by_key(rows.order_by("noted_at", "pk"), lambda row: row.request_id)
