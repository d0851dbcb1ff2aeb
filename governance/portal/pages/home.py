"""Home: what waits for the reader, what waits for others, what changed, what is due and live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.audit.queries import Filter, entries
from governance.audit.rules import Verb
from governance.core.wording import as_date
from governance.inventory.models import Model
from governance.portal.pages.audit import readable_streams
from governance.portal.pages.cases import OpenCase, open_cases
from governance.portal.pages.deadlines import Deadlines, deadlines
from governance.portal.pages.events import Event, as_events
from governance.portal.pages.inbox import Item, inbox, remember, summary
from governance.registry.models import SlotAssignment
from governance.registry.queries.serving import live_assignments
from governance.registry.rules.slots import LIVE_ROLES
from governance.validation.models import Finding

EVENTS_SHOWN = 6
LIVE_SHOWN = 8
TELLING = (
    Verb.CALL_REFUSED,
    Verb.CARD_PUBLISHED,
    Verb.FINDING_CLOSED,
    Verb.FINDING_OPENED,
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
    models = list(Model.objects.visible_to(reader, at=at).only("name"))
    cases = open_cases(reader, at=at)
    items = inbox(reader, cases, at=at)
    remember(reader, len(items))
    live = [one for one in live_assignments(reader, at=at) if one.role in LIVE_ROLES]
    findings = Finding.objects.open().filter(model__in=models).select_related("model")
    return HomePage(
        items=items,
        summary=summary(items, at=at),
        elsewhere=waiting_for_others(cases, items),
        events=telling_events(models, reader=reader, at=at),
        deadlines=deadlines(findings.select_related("model", "version__model"), today=as_date(at)),
        live=live[:LIVE_SHOWN],
        live_count=len({one.slot_id for one in live}),
    )


def waiting_for_others(cases: Sequence[OpenCase], items: Sequence[Item]) -> list[OpenCase]:
    """Open requests in which the next step is not the reader's."""
    mine = {item.request.pk for item in items if item.request}
    return [one for one in cases if one.request.pk not in mine]


def telling_events(models: Sequence[Model], *, reader: User, at: datetime) -> list[Event]:
    """The newest acts of others that are news to this reader."""
    log = entries(Filter(streams=readable_streams(models, reader=reader, at=at)))
    news = log.filter(verb__in=TELLING).exclude(actor=reader.ref).newest_first()
    return as_events(list(news[:EVENTS_SHOWN]), reader=reader, at=at)
