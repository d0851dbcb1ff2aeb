"""What tests of reviews, attestations and waivers do through the actions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.inventory.actions.attestations import attest, open_campaign
from governance.inventory.actions.reviews import record_review
from governance.inventory.actions.waivers import approve_waiver, request_waiver
from governance.inventory.models import (
    Attestation,
    Campaign,
    Model,
    Review,
    Waiver,
    WaiverDecision,
)
from governance.inventory.queries import record_digest
from tests import factories as f
from tests.factories import NOON, Cast

DUE = date(2026, 4, 1)
STARTS, EXPIRES = NOON.date(), date(2026, 6, 30)


def head_of(cast: Cast) -> User:
    """The head of model risk, whom the cast does not have."""
    return f.make_person("Hedda Head", Role.HEAD_OF_MODEL_RISK, unit=cast.root)


def review(model: Model, who: User, *, at: datetime = NOON, **changed: Any) -> Review:
    said = {
        "outcome": "NO_CHANGE",
        "words": "Read the record and the last two reports.",
        "digest_seen": record_digest(model),
    }
    return record_review(model=model, actor=who, at=at, **said | changed)


def campaign(cast: Cast, *, at: datetime = NOON, **changed: Any) -> Campaign:
    said: dict[str, Any] = {
        "title": "Spring 2026",
        "statement": "The record is complete and accurate.",
        "unit": cast.root,
        "due_date": DUE,
        "actor": cast.compliance,
    }
    return open_campaign(at=at, **said | changed)


def attested(
    row: Campaign, model: Model, who: User, *, at: datetime = NOON, **changed: Any
) -> Attestation:
    said = {
        "outcome": "ACCURATE",
        "remarks": "",
        "digest_seen": record_digest(model),
        "proof": f.make_proof(who, at=at),
    }
    return attest(campaign_id=row.pk, model=model, actor=who, at=at, **said | changed)


def waiver(model: Model, who: User, *, at: datetime = NOON, **changed: Any) -> Waiver:
    said = {
        "kind": "BEFORE_VALIDATION",
        "waived": "Version 2 is used before its validation.",
        "reason": "The old one fails since Monday.",
        "control": "Each offer is looked at by hand.",
        "starts_date": STARTS,
        "expires_date": EXPIRES,
    }
    return request_waiver(model=model, actor=who, at=at, **said | changed)


def approved(
    row: Waiver, who: User, *, at: datetime = NOON, comment: str = "Agreed."
) -> WaiverDecision:
    return approve_waiver(
        waiver_id=row.pk, comment=comment, proof=f.make_proof(who, at=at), actor=who, at=at
    )
