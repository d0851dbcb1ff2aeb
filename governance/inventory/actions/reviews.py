"""Recording that somebody independent reviewed a model."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput
from governance.core.typed import tidy
from governance.core.wording import as_date
from governance.inventory.models import Model, Review
from governance.inventory.queries import locked_present_model, record_digest
from governance.inventory.queries.reviews import longest_until, require_distance
from governance.inventory.rules import RecordChanged
from governance.inventory.rules.reviews import ReviewKind, review_problems


@transaction.atomic
def record_review(
    *,
    model: Model,
    outcome: str,
    words: str,
    digest_seen: str,
    actor: Actor,
    at: datetime,
    next_date: date | None = None,
) -> Review:
    """Keep what a periodic review of the model's record came to. Appends review.recorded.

    `digest_seen` is the digest of the record on the reviewer's screen (`queries.record_digest`).
    The next review is due after the interval of the tier, or on `next_date` before that. Raises
    InvalidInput, ModelNotFound, NotAPerson, PermissionMissing, RecordChanged, TooClose.
    """
    model = locked_present_model(model)
    require(actor, Permission.REVIEW_RECORD, unit=model.unit, at=at)
    if actor.person is None:
        raise NotAPerson("A review is recorded by a person, who answers for it.")
    require_distance(model, actor.person, "review it")
    require_unchanged(model, digest_seen, "Nothing was recorded.")
    today = as_date(at)
    latest = longest_until(model, today=today)
    next_date = next_date or latest
    if problems := list(
        review_problems(
            outcome=outcome, words=words, next_date=next_date, today=today, latest=latest
        )
    ):
        raise InvalidInput(*problems)
    review = Review.objects.create(
        model=model,
        kind=ReviewKind.PERIODIC,
        outcome=outcome,
        words=audit.write_prose(tidy(words)),
        reviewer=actor.person,
        reviewed_at=at,
        record_digest=digest_seen,
        tier=model.tier,
        next_review_date=next_date,
    )
    audit.append(
        verb=Verb.REVIEW_RECORDED,
        stream=model.stream,
        subject=review.ref,
        actor=actor.ref,
        at=at,
        facts={
            "kind": review.kind,
            "outcome": review.outcome,
            "record": review.record_digest,
            "tier": review.tier,
            "next_review_date": review.next_review_date,
        },
        records=[review],
    )
    return review


def require_unchanged(model: Model, digest_seen: str, nothing: str) -> None:
    """Raise RecordChanged unless the record is the one that was on the screen."""
    if record_digest(model) != digest_seen:
        raise RecordChanged(
            f"{nothing} The record of {model.name} was changed after you opened the page. Read it "
            "again as it stands now.",
            subject=model.ref,
            stream=model.stream,
        )
