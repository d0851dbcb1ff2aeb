"""The shapes of what is live, of reports, and of the answer to a deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from rest_framework import serializers

from governance.accounts.queries import labels_of
from governance.approvals.models import PromotionRequest
from governance.core.errors import InvalidInput
from governance.core.typed import moment_of
from governance.registry.models import DeploymentReport, ModelVersion, SlotAssignment
from governance.registry.queries.serving import Instance, Place
from governance.registry.rules.deployments import (
    MAX_INSTANCE,
    MAX_NUMBER,
    Allowance,
    Running,
    digest_problems,
    hex_of,
)
from governance.registry.rules.slots import MAX_SLOT

NO_REPORT = "none"


class LiveQuery(serializers.Serializer[Any]):
    """`on` is a date, which means its end in UTC, or a moment with its zone; nothing means now."""

    on = serializers.CharField(required=False, default="", allow_blank=True)
    model = serializers.CharField(required=False, default="", allow_blank=True, max_length=255)
    slot = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_SLOT)

    def validate_on(self, text: str) -> datetime | None:
        """Take any moment of today; what comes after is not known yet."""
        if not text:
            return None
        at: datetime = self.context["at"]
        moment = moment_of(text)
        if moment is None:
            raise serializers.ValidationError(
                "give a date such as 2026-11-19, or a time with its zone."
            )
        if moment.date() > at.date():
            raise serializers.ValidationError("give a date that is not in the future.")
        return min(moment, at)


class ReportSerializer(serializers.Serializer[Any]):
    """What an instance says; `version` may come as a number or as text."""

    model = serializers.CharField(max_length=255)
    version = serializers.CharField(max_length=MAX_NUMBER)
    instance = serializers.CharField(max_length=MAX_INSTANCE)
    slot = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_SLOT)
    digest = serializers.CharField(required=False, default="", allow_blank=True, max_length=71)

    def running(self) -> Running:
        said = self.validated_data
        return Running(
            version=said["version"],
            instance=said["instance"],
            slot=said["slot"],
            digest=said["digest"],
        )


class AllowQuery(serializers.Serializer[Any]):
    slot = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_SLOT)
    digest = serializers.CharField(required=False, default="", allow_blank=True, max_length=71)

    @property
    def hex(self) -> str:
        """The digest without its algorithm. Raises InvalidInput for what is no digest."""
        digest: str = self.validated_data["digest"]
        if problems := digest_problems(digest):
            raise InvalidInput(*problems)
        return hex_of(digest)


def places_body(places: Sequence[Place], *, on: datetime) -> dict[str, Any]:
    """What is live, one object per slot. Names stand beside the references of who set it."""
    names = labels_of(role.assigned_by for place in places for role in place.roles)
    return {"on": on, "slots": [_place(place, names) for place in places]}


def _place(place: Place, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "model": place.model.name,
        "slot": place.name,
        "alias": place.slot.alias if place.slot else "",
        "is_default": bool(place.slot and place.slot.is_default),
        "roles": [_role(role, names) for role in place.roles],
        "reports": {
            "status": place.hearing.value if place.hearing else NO_REPORT,
            "silent_since": place.silent_since,
            "instances": [_instance(one) for one in place.instances],
        },
    }


def _role(role: SlotAssignment, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "role": role.role,
        "version": str(role.version.number),
        "share": role.share,
        "digest": role.version.digest,
        "since": role.assigned_at,
        "set_by": role.assigned_by,
        "set_by_name": names.get(role.assigned_by, ""),
        "request": role.authorized_by,
    }


def _instance(one: Instance) -> dict[str, Any]:
    return report_body(one.report) | {"status": one.hearing.value, "last_seen_at": one.seen_at}


def report_body(row: DeploymentReport) -> dict[str, Any]:
    return {
        "instance": row.instance,
        "slot": row.slot_name,
        "version": row.reported_version,
        "digest": row.digest,
        "verdict": row.verdict,
        "reported_at": row.reported_at,
        "last_seen_at": row.last_seen_at,
    }


def allowance_body(answer: Allowance, *, version: ModelVersion, slot: str) -> dict[str, Any]:
    """Yes or no, why, and where to go on: the request that stands, else the version's page."""
    request = _open_request(version, slot)
    name = quote(version.model.name, safe="")
    page = f"/decisions/{request.pk}/" if request else f"/models/{name}/versions/{version.number}/"
    return {
        "allowed": answer.allowed,
        "rule": answer.rule,
        "reason": answer.reason,
        "request": request.reference if request else None,
        "link": f"{settings.BASE_URL}{page}",
    }


def _open_request(version: ModelVersion, slot: str) -> PromotionRequest | None:
    named = {"slot__name": slot} if slot else {"slot__is_default": True}
    requests = PromotionRequest.objects.open().filter(version=version, **named)
    return requests.order_by("-opened_at").first()
