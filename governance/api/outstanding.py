"""The shapes of asking for a change of stage: what is said, and what is still missing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from governance.accounts.models import User
from governance.api.links import decision_link
from governance.approvals.actions import Asked, Outcome
from governance.approvals.queries.gaps import Gap, gaps_of, people_of
from governance.registry.rules.slots import MAX_SLOT

MAX_REASON = 4000


class EmergencySerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=MAX_REASON)
    slot = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_SLOT)


def asked_body(asked: Asked, *, reader: User, at: datetime) -> dict[str, Any]:
    """What became of the question; `missing` and `who` are empty once the version is there."""
    request, case = asked.request, asked.case
    gaps: list[Gap] = []
    if case is not None and asked.outcome != Outcome.MOVED:
        gaps = gaps_of(case, reader=reader, at=at)
    return {
        "model": asked.version.model.name,
        "version": str(asked.version.number),
        "outcome": asked.outcome.value,
        "request": request.reference if request else None,
        "link": decision_link(request) if request else None,
        "missing": [gap.shown for gap in gaps],
        "who": people_of(gaps),
    }
