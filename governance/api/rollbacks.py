"""The shapes of a rollback: what it would do, what is said to have it done, what it did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from governance.accounts.models import User
from governance.accounts.rules import MAX_EMAIL
from governance.api.links import decision_link
from governance.api.outstanding import MAX_REASON
from governance.approvals.actions.rollbacks import basis_of
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.cases import ROLLBACK_NEED, Case
from governance.approvals.queries.gaps import gaps_of, people_of
from governance.registry.models import ModelVersion
from governance.registry.queries import champion_of

MAX_DIGEST = 64

MAX_SECRET = 4096
MAX_CODE = 32


class RollbackSerializer(serializers.Serializer[Any]):
    """What a system passes on: what was seen and why, and the proof of the person who decides."""

    digest = serializers.CharField(max_length=MAX_DIGEST)
    reason = serializers.CharField(max_length=MAX_REASON)
    approver = serializers.CharField(max_length=MAX_EMAIL)
    # Never stripped: a password may begin or end with a space.
    password = serializers.CharField(max_length=MAX_SECRET, trim_whitespace=False)
    code = serializers.CharField(max_length=MAX_CODE, required=False, default="", allow_blank=True)


def outlook_body(case: Case, *, reader: User, at: datetime) -> dict[str, Any]:
    """What would return, what would go, whose signatures it rests on, and who could decide it."""
    approval, signatures = basis_of(case)
    leaving = champion_of(case.slot)
    return {
        "model": case.version.model.name,
        "slot": case.slot.name,
        "returning": _version(case.version),
        "leaving": _version(leaving) if leaving else None,
        "rests_on": {
            "request": approval.reference,
            "link": decision_link(approval),
            "signatures": [_signature(row) for row in signatures],
        },
        "meaning": ROLLBACK_NEED.meaning,
        "digest": case.digest,
        "who": people_of(gaps_of(case, reader=reader, at=at)),
    }


def done_body(request: PromotionRequest) -> dict[str, Any]:
    """What was done: the same however often it is asked for."""
    return {
        "model": request.model.name,
        "slot": request.slot.name,
        "version": str(request.version.number),
        "request": request.reference,
        "link": decision_link(request),
        "digest": request.decided_digest,
        "rolled_back_at": request.closed_at,
    }


def _version(version: ModelVersion) -> dict[str, Any]:
    return {
        "version": str(version.number),
        "label": version.label or None,
        "digest": version.digest,
    }


def _signature(row: SignOff) -> dict[str, Any]:
    return {
        "name": str(row.printed_name),
        "role": row.role,
        "meaning": row.meaning,
        "signed_at": row.signed_at,
        "digest": row.dossier_digest,
    }
