"""What of reviews, attestations and waivers waits for the reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import units_with
from governance.approvals.queries.model_changes import revalidations
from governance.core.wording import as_date, day
from governance.inventory.models import AttestationItem, Builder, Model, ModelChange, Waiver
from governance.inventory.queries.reviews import ReviewStanding
from governance.portal import links
from governance.portal.pages.inbox import Item
from governance.portal.pages.reviews import reviewable

SOON = timedelta(days=30)


def upkeep_items(
    reader: User, standings: Sequence[ReviewStanding], *, at: datetime
) -> Iterator[Item]:
    """Everything of the sort; `standings` are of the models that the reader sees."""
    yield from reviews_to_record(reader, standings, at=at)
    yield from records_to_attest(reader)
    yield from waivers_to_decide(reader, at=at)
    yield from waivers_that_end(reader, today=as_date(at))
    yield from changes_to_decide(reader, at=at)
    yield from validations_due(reader, [one.model for one in standings], at=at)


def reviews_to_record(
    reader: User, standings: Sequence[ReviewStanding], *, at: datetime
) -> Iterator[Item]:
    """For who may review a model: what is due soon. For its owner: what is overdue."""
    today = as_date(at)
    due = [one for one in standings if one.due_date <= today + SOON and not one.waived_until]
    mine = reviewable(reader, [one.model for one in due], at=at) if due else frozenset()
    for one in due:
        late = one.is_overdue(today)
        if one.model.pk in mine:
            yield _review(one, "Review", "You may review it and had no hand in it.")
        elif late and one.model.owner_id == reader.pk:
            why = "Somebody independent records it, or it is waived for a time."
            yield _review(one, "Have somebody review", why)


def _review(one: ReviewStanding, verb: str, why: str) -> Item:
    since = one.last.reviewed_at if one.last else one.model.created_at
    seen = f"It was reviewed on {day(since)}" if one.last else "It was never reviewed"
    return Item(
        tone="ink",
        icon="book",
        label="Review",
        title=f"{verb} {one.model.name}",
        href=links.review(one.model),
        why=f"{seen}. {why}",
        tier=one.model.tier,
        since=since,
        due=one.due_date,
    )


def records_to_attest(reader: User) -> Iterator[Item]:
    """Models of the reader's whose record an open campaign asks about."""
    for item in AttestationItem.objects.due_from(reader).select_related("campaign", "model"):
        yield Item(
            tone="ink",
            icon="sign",
            label="Attestation",
            title=f"Attest to the record of {item.model.name}",
            href=links.attest(item.campaign, item.model),
            why=f"The campaign “{item.campaign.title}” asks its owner, which is you.",
            tier=item.model.tier,
            since=item.campaign.opened_at,
            due=item.campaign.due_date,
        )


def waivers_to_decide(reader: User, *, at: datetime) -> Iterator[Item]:
    """Requests in units where the reader decides, but for those too close to decide."""
    units = units_with(reader, Permission.WAIVER_DECIDE, at=at)
    rows = (
        Waiver.objects.requested(as_date(at))
        .filter(model__unit__in=units)
        .exclude(requested_by=reader)
        .exclude(model__in=Builder.objects.filter(user=reader).values("model"))
    )
    for row in rows.select_related("model", "requested_by"):
        yield Item(
            tone="warn",
            icon="override",
            label="Waiver",
            title=f"Approve or refuse a waiver for {row.model.name}",
            href=links.waiver(row),
            why=f"{row.requested_by.name} asked for it: {row.get_kind_display().lower()}.",
            tier=row.model.tier,
            since=row.requested_at,
        )


def changes_to_decide(reader: User, *, at: datetime) -> Iterator[Item]:
    """Changes of live models in units where the reader decides, but for those too close to."""
    rows = (
        ModelChange.objects.open()
        .filter(model__unit__in=units_with(reader, Permission.CHANGE_DECIDE, at=at))
        .exclude(proposed_by=reader)
        .exclude(model__in=Builder.objects.filter(user=reader).values("model"))
    )
    for row in rows.select_related("model", "proposed_by"):
        yield Item(
            tone="ink",
            icon="edit",
            label="Change",
            title=f"Accept or decline a change of {row.model.name}",
            href=links.change(row),
            why=f"{row.proposed_by.name} proposed it: {', '.join(row.kind_labels).lower()}. The "
            "model is live, so it waits for somebody independent.",
            tier=row.model.tier,
            since=row.proposed_at,
        )


def validations_due(reader: User, models: Sequence[Model], *, at: datetime) -> Iterator[Item]:
    """Live models of which no report covers what was changed, for validators and their owners."""
    live = [model for model in models if model.live_since]
    due = [one for one in revalidations(live, at=at) if one.found.is_due] if live else []
    units = set(units_with(reader, Permission.VALIDATION_WRITE, at=at)) if due else set()
    for one in due:
        since, model = one.found.since, one.model
        if since is None or (model.unit not in units and model.owner_id != reader.pk):
            continue
        mine = model.unit in units
        yield Item(
            tone="bad",
            icon="alert",
            label="Validation due",
            title=f"{'Validate' if mine else 'Have somebody validate'} {model.name} anew",
            href=links.changes(model),
            why=one.found.sentence,
            tier=model.tier,
            since=since,
            due=as_date(since),
        )


def waivers_that_end(reader: User, *, today: date) -> Iterator[Item]:
    """What is let off for the reader's own models and holds no longer soon."""
    rows = Waiver.objects.expiring(today).filter(model__owner=reader).select_related("model")
    for row in rows:
        yield Item(
            tone="warn",
            icon="clock",
            label="Waiver ends",
            title=f"Settle what the waiver for {row.model.name} lets off",
            href=links.waiver(row),
            why=f"{row.get_kind_display()}. It holds through {day(row.expires_date)}, and what it "
            "lets off counts again after that.",
            tier=row.model.tier,
            since=row.requested_at,
            due=row.expires_date,
        )
