"""The shapes of models, requests and findings, now or at a past moment: they are the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from governance.accounts.rules import Actor
from governance.api.links import decision_link
from governance.approvals.models import SignOff
from governance.approvals.queries.past import RequestThen
from governance.cards.queries.past import cards_at
from governance.core.errors import NotFound
from governance.core.instants import AS_OF, Instant, instant_asked
from governance.evidence.queries.past import PastStanding, VersionThen
from governance.inventory.models import Model, ModelQuerySet
from governance.registry.models import ModelVersion, SlotAssignment
from governance.validation.models import Finding, Report

MOST = 500


class NotThen(NotFound):
    """It exists, and did not yet at the moment that was asked for."""

    code = "not_then"


class ListQuery(serializers.Serializer[Any]):
    """`after` is where the page before ended: its `next`."""

    after = serializers.CharField(required=False, default="", allow_blank=True, max_length=255)
    limit = serializers.IntegerField(min_value=1, max_value=MOST, required=False, default=100)


def instant_in(request: Request, *, at: datetime) -> Instant | None:
    """The past moment that the query asks for. Raises InvalidInput."""
    return instant_asked(request.query_params.get(AS_OF, ""), at=at)


def listed(actor: Actor, moment: datetime, *, at: datetime) -> ModelQuerySet:
    """What stood in the inventory then, of what the actor may see now, by name."""
    return Model.objects.visible_to(actor, at=at).standing_at(moment).order_by("name", "pk")


def require_then(row: Model | ModelVersion, moment: datetime) -> None:
    """Raise NotThen for what was not there yet."""
    since = row.created_at if isinstance(row, Model) else row.registered_at
    if since > moment:
        raise NotThen(f"{row} was not on record yet.")


def revision_then(version: ModelVersion, instant: Instant) -> int:
    """The number of the revision that counted then. Raises NotThen."""
    card = cards_at([version], instant.moment).get(version.pk)
    if card is None:
        raise NotThen(f"No card of {version} counted {instant.when}.")
    return card.number


def model_body(then: PastStanding) -> dict[str, Any]:
    """What the inventory said; what nobody had said yet, or what was erased, is null."""
    values = then.revision.values if then.revision else None
    return {
        "model": then.name,
        "ref": then.model.ref,
        "unit": then.model.unit.path,
        "stage": then.stage,
        "tier": then.tier,
        "ai_act_class": then.ai_act_class or None,
        "kind": (then.revision.kind if then.revision else "") or None,
        "owner": then.owner.ref if then.owner else None,
        "owner_name": then.owner.name if then.owner else None,
        "purpose": then.purpose or None,
        "record_revision": then.revision.number if then.revision else None,
        "record_is_complete": then.revision.is_complete if then.revision else False,
        "record": values,
        "is_removed": then.was_removed,
        "retired_at": then.retirement.retired_at if then.retirement else None,
        "newest_version": str(then.newest.number) if then.newest else None,
        "live": [role_body(row) for row in then.live],
        "open_findings": dict(then.severities),
    }


def role_body(row: SlotAssignment) -> dict[str, Any]:
    return {
        "slot": row.slot.name,
        "role": row.role,
        "version": str(row.version.number),
        "share": row.share,
        "since": row.assigned_at,
        "request": row.authorized_by or None,
    }


def then_body(then: VersionThen) -> dict[str, Any]:
    """What stood beside a version."""
    return {
        "slots": [role_body(row) for row in then.roles],
        "card": {
            "revision": then.card.number,
            "digest": then.card.digest,
            "published_at": then.card.published_at,
        }
        if then.card
        else None,
        "report": report_body(then.report) if then.report else None,
        "findings": [finding_body(row, then.moment) for row in then.findings],
        "requests": [request_body(one) for one in then.requests],
    }


def report_body(report: Report) -> dict[str, Any]:
    return {
        "number": report.number,
        "opinion": report.opinion,
        "digest": report.digest,
        "signed_by": f"user:{report.signed_by_id}",
        "signed_at": report.signed_at,
    }


def finding_body(finding: Finding, moment: datetime) -> dict[str, Any]:
    is_open = finding.was_open_at(moment)
    return {
        "finding": finding.label,
        "version": str(finding.version.number),
        "severity": finding.severity,
        "title": finding.title,
        "due_date": finding.due_date,
        "opened_at": finding.opened_at,
        "is_open": is_open,
        "closed_at": None if is_open else finding.closed_at,
    }


def request_body(then: RequestThen) -> dict[str, Any]:
    """A request, its standing, and what had been signed."""
    row = then.request
    return {
        "request": row.reference,
        "ref": row.ref,
        "version": str(row.version.number),
        "move": row.move,
        "target": row.target,
        "slot": row.slot.name,
        "share": row.share,
        "standing": str(then.standing),
        "requested_by": f"user:{row.requested_by_id}",
        "opened_at": row.opened_at,
        "closed_at": row.closed_at if then.is_closed else None,
        "dossier_digest": then.dossier.digest if then.dossier else None,
        "sign_offs": sign_off_bodies(then.sign_offs),
        "overrides": [
            {"check": one.check_id, "sign_offs": len(one.sign_offs.all())} for one in then.overrides
        ],
        "lapsed": [{"rule": one.rule, "since": one.since} for one in then.lapses],
        "link": decision_link(row),
    }


def sign_off_bodies(rows: Sequence[SignOff]) -> list[dict[str, Any]]:
    return [
        {
            "signer": f"user:{row.signer_id}",
            "name": str(row.printed_name),
            "on_behalf_of": f"user:{row.on_behalf_of_id}" if row.on_behalf_of_id else None,
            "role": row.role,
            "decision": row.decision,
            "dossier_digest": row.dossier_digest,
            "signed_at": row.signed_at,
        }
        for row in rows
    ]
