"""The shapes of what is kept beside a model, and of policies: now, or at a past moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from governance.approvals.models import PolicySignOff, PolicyVersion
from governance.inventory.models import Attestation, Dependency, ModelChange, Review, Waiver
from governance.inventory.queries.attestations import ItemRow, Progress
from governance.inventory.queries.reviews import ReviewStanding
from governance.inventory.queries.waivers import state_of
from governance.inventory.rules.model_changes import ChangeOutcome

OPEN = "OPEN"


def waiver_body(row: Waiver, *, today: date) -> dict[str, Any]:
    """A waiver that was read with all; what nobody had decided or ended is null."""
    decision, end = getattr(row, "decision", None), getattr(row, "end", None)
    return {
        "waiver": row.ref,
        "kind": row.kind,
        "state": str(state_of(row, today=today)),
        "waived": str(row.waived),
        "reason": str(row.reason),
        "control": str(row.control),
        "starts_date": row.starts_date,
        "expires_date": row.expires_date,
        "requested_by": row.requested_by.ref,
        "requested_at": row.requested_at,
        "approved": decision.approved if decision else None,
        "decided_by": decision.decided_by.ref if decision else None,
        "decided_at": decision.decided_at if decision else None,
        "ended_at": end.ended_at if end else None,
    }


def review_body(row: Review) -> dict[str, Any]:
    return {
        "review": row.ref,
        "kind": row.kind,
        "outcome": row.outcome,
        "words": str(row.words),
        "reviewer": row.reviewer.ref,
        "reviewed_at": row.reviewed_at,
        "record_digest": row.record_digest,
        "next_review_date": row.next_review_date,
    }


def due_body(standing: ReviewStanding, *, today: date) -> dict[str, Any]:
    return {
        "due_date": standing.due_date,
        "is_overdue": standing.is_overdue(today),
        "waived_until": standing.waived_until,
    }


def change_body(row: ModelChange) -> dict[str, Any]:
    decision = getattr(row, "decision", None)
    return {
        "change": row.ref,
        "number": row.number,
        "kinds": row.kinds,
        "materiality": row.materiality,
        "reason": str(row.reason),
        "digest": row.digest,
        "proposed_by": row.proposed_by.ref,
        "proposed_at": row.proposed_at,
        "outcome": ChangeOutcome(decision.outcome) if decision else OPEN,
        "decided_as": (decision.materiality or None) if decision else None,
        "decided_by": decision.decided_by.ref if decision else None,
        "decided_at": decision.decided_at if decision else None,
    }


def attestation_body(progress: Progress, row: ItemRow) -> dict[str, Any]:
    campaign = progress.campaign
    return {
        "campaign": campaign.ref,
        "title": campaign.title,
        "campaign_state": str(progress.state),
        "due_date": campaign.due_date,
        "state": str(row.state),
        "owner": row.told.owner.ref if row.told.owner else None,
        "last": _attested(row.newest) if row.newest else None,
    }


def _attested(row: Attestation) -> dict[str, Any]:
    return {
        "attestation": row.ref,
        "outcome": row.outcome,
        "owner": row.owner.ref,
        "attested_at": row.attested_at,
        "record_digest": row.record_digest,
    }


def dependency_body(row: Dependency) -> dict[str, Any]:
    return {
        "dependency": row.ref,
        "feeder": row.feeder.ref,
        "consumer": row.consumer.ref,
        "flows": str(row.flows),
        "since_date": row.since_date,
        "added_at": row.added_at,
    }


def policy_body(
    row: PolicyVersion, sign_offs: Sequence[PolicySignOff], *, by: datetime | None
) -> dict[str, Any]:
    """A version of a policy as it stood, and who had signed it."""
    state = row.state_at(by)
    was_in_force = row.in_force_at is not None and (by is None or row.in_force_at <= by)
    had_ended = row.ended_at is not None and (by is None or row.ended_at <= by)
    return {
        "policy": row.ref,
        "key": row.key,
        "number": row.number,
        "title": row.title,
        "state": str(state),
        "digest": row.digest,
        "text": row.text,
        "proposed_by": row.proposed_by,
        "proposed_at": row.proposed_at,
        "in_force_at": row.in_force_at if was_in_force else None,
        "ended_at": row.ended_at if had_ended else None,
        "sign_offs": [
            {
                "signer": f"user:{one.signer_id}",
                "name": str(one.printed_name),
                "role": one.role,
                "decision": one.decision,
                "signed_at": one.signed_at,
            }
            for one in sign_offs
        ],
    }
