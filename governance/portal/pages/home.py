"""Home: what waits for the reader, what waits for others, what changed, what is due and live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.audit.queries import Filter, entries
from governance.audit.rules import Verb
from governance.core.wording import as_date
from governance.inventory.models import AttestationItem, Model, Waiver
from governance.inventory.queries.ledger import readable_streams
from governance.inventory.queries.reviews import ReviewStanding, review_standings
from governance.portal.pages.cases import OpenCase, open_cases
from governance.portal.pages.deadlines import (
    Deadlines,
    Due,
    deadlines,
    due_attestation,
    due_finding,
    due_review,
    due_waiver,
)
from governance.portal.pages.events import Event, as_events
from governance.portal.pages.inbox import Item, inbox, remember, summary
from governance.portal.pages.inbox_examinations import examination_items
from governance.portal.pages.inbox_upkeep import upkeep_items
from governance.registry.models import SlotAssignment
from governance.registry.queries.serving import live_assignments
from governance.registry.rules.slots import LIVE_ROLES
from governance.validation.models import Finding

EVENTS_SHOWN = 6
LIVE_SHOWN = 8
TELLING = (
    Verb.CALL_REFUSED,
    Verb.CARD_PUBLISHED,
    Verb.CARD_WITHDRAWN,
    Verb.FINDING_CLOSED,
    Verb.FINDING_OPENED,
    Verb.MODEL_CHANGE_ACCEPTED,
    Verb.MODEL_CHANGE_DECLINED,
    Verb.MODEL_CHANGE_PROPOSED,
    Verb.MODEL_CREATED,
    Verb.POLICY_ENACTED,
    Verb.POLICY_PROPOSED,
    Verb.REQUEST_OPENED,
    Verb.REQUEST_REJECTED,
    Verb.REQUEST_RETURNED,
    Verb.REQUEST_SIGNED,
    Verb.REQUEST_WITHDRAWN,
    Verb.REVIEW_RECORDED,
    Verb.SLOT_SHARED,
    Verb.VALIDATION_SIGNED,
    Verb.VERSION_ARCHIVED,
    Verb.VERSION_DEMOTED,
    Verb.VERSION_PROMOTED,
    Verb.VERSION_REGISTERED,
    Verb.VERSION_PROMOTED_IN_EMERGENCY,
    Verb.VERSION_ROLLED_BACK,
    Verb.WAIVER_APPROVED,
)
"""What a reader wants to hear of; tags, drafts and jobs are in the audit log."""


@dataclass(frozen=True, kw_only=True)
class HomePage:
    items: Sequence[Item]
    summary: str
    elsewhere: Sequence[OpenCase]
    events: Sequence[Event]
    deadlines: Deadlines
    live: Sequence[SlotAssignment]
    live_count: int


def home_page(reader: User, *, at: datetime) -> HomePage:
    """Read the page, and remember the count of the inbox for the sidebar."""
    models = list(Model.objects.visible_to(reader, at=at))
    cases = open_cases(reader, at=at)
    present = [model for model in models if model.removed_at is None]
    standings = review_standings(present, today=as_date(at))
    also = [*upkeep_items(reader, standings, at=at), *examination_items(reader, at=at)]
    items = inbox(reader, cases, at=at, also=also)
    remember(reader, len(items))
    live = [one for one in live_assignments(reader, at=at) if one.role in LIVE_ROLES]
    return HomePage(
        items=items,
        summary=summary(items, at=at),
        elsewhere=waiting_for_others(cases, items),
        events=telling_events(reader=reader, at=at),
        deadlines=deadlines(dues(reader, models, standings, at=at), today=as_date(at)),
        live=live[:LIVE_SHOWN],
        live_count=len({one.slot_id for one in live}),
    )


def dues(
    reader: User, models: Sequence[Model], standings: Sequence[ReviewStanding], *, at: datetime
) -> Iterator[Due]:
    """Every date that the reader may want to know of."""
    findings = Finding.objects.open().filter(model__in=models)
    for finding in findings.select_related("model", "version__model"):
        yield due_finding(finding)
    for one in standings:
        if not one.waived_until:
            yield due_review(one)
    for item in AttestationItem.objects.due_from(reader).select_related("campaign", "model"):
        yield due_attestation(item)
    for waiver in Waiver.objects.in_force(as_date(at)).filter(model__in=models).with_all():
        yield due_waiver(waiver)


def waiting_for_others(cases: Sequence[OpenCase], items: Sequence[Item]) -> list[OpenCase]:
    """Open requests in which the next step is not the reader's."""
    mine = {item.request.pk for item in items if item.request}
    return [one for one in cases if one.request.pk not in mine]


def telling_events(*, reader: User, at: datetime) -> list[Event]:
    """The newest acts of others that are news to this reader."""
    log = entries(Filter(streams=readable_streams(reader, at=at)))
    news = log.filter(verb__in=TELLING).exclude(actor=reader.ref).newest_first()
    return as_events(list(news[:EVENTS_SHOWN]), reader=reader, at=at)
