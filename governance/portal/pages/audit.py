"""The audit log: what the reader may see of the ledger, narrowed by facets, day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.http import urlencode

from governance.accounts.models import ServiceAccount, User
from governance.audit import asked, queries
from governance.audit.models import LedgerEntry
from governance.audit.queries import Filter, LedgerState, ledger_state
from governance.audit.rules import CONSOLE
from governance.core.errors import InvalidInput, Problem
from governance.inventory.models import Model
from governance.inventory.queries.ledger import readable_streams
from governance.inventory.queries.views import views_for
from governance.inventory.rules.views import Listing
from governance.portal.forms.audit import NO_MODEL, AuditFilter, Choices
from governance.portal.pages.event_kinds import KINDS
from governance.portal.pages.events import Day, as_events, by_day
from governance.portal.pages.facets import Chip
from governance.portal.pages.inventory import Tab, kept_tabs

MOST_OFFERED = 200
"""Beyond so many models the page asks for a name instead of listing them all."""


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """`only` is the entry that the address names, to be shown whole."""

    form: AuditFilter
    query: str
    days: Sequence[Day]
    page: queries.Page
    only: LedgerEntry | None
    ledger: LedgerState
    tabs: Sequence[Tab]
    chips: Sequence[Chip]
    offers_models: bool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the reader asked for; without `wanted` it is no filter, and the form says why."""

    form: AuditFilter
    wanted: Filter | None

    @property
    def query(self) -> str:
        """The filter as an address says it and a saved view keeps it."""
        return urlencode(self.form.asks)

    def required(self) -> Filter:
        """Return the filter, or raise InvalidInput with what is wrong with it."""
        if self.wanted is None:
            raise InvalidInput(*_problems(self.form))
        return self.wanted


def asked_entries(said: QueryDict, *, reader: User, at: datetime) -> Asked:
    """Read the address of the log as far as this reader may see."""
    form = AuditFilter(_with_old_names(said))
    form.offer(models=model_choices(reader, at=at), actors=actor_choices())
    if not form.is_valid():
        return Asked(form=form, wanted=None)
    facets = form.cleaned_data
    streams = readable_streams(reader, at=at)
    if facets["model"]:
        model = Model.objects.visible_to(reader, at=at).named(facets["model"]).first()
        if model is None:
            form.add_error("model", NO_MODEL)
            return Asked(form=form, wanted=None)
        streams = [model.stream]
    kind = facets["kind"]
    wanted = asked.filter_of(facets, streams=streams, among=KINDS[kind][1] if kind else None)
    return Asked(form=form, wanted=wanted)


def _with_old_names(said: QueryDict) -> QueryDict:
    """Take what an address of before says: the facet of who acted was of people alone."""
    if "person" not in said or "actor" in said:
        return said
    renamed = said.copy()
    renamed["actor"] = str(said["person"])
    return renamed


def audit_page(said: QueryDict, *, reader: User, at: datetime) -> AuditPage:
    """Read one page of the log. A facet that is wrong narrows to nothing, and says so.

    Queries do not grow with entries, and nothing is counted. Raises InvalidInput for a cursor
    that is none.
    """
    found = asked_entries(said, reader=reader, at=at)
    page = _page(found.wanted, said) if found.wanted else queries.Page([], "")
    kept = kept_tabs(views_for(reader, at=at, listing=Listing.AUDIT), found.query, reader=reader)
    is_kept = any(tab.is_current for tab in kept)
    return AuditPage(
        form=found.form,
        query=found.query,
        days=by_day(as_events(page.entries, reader=reader, at=at)),
        page=page,
        only=page.entries[0] if "entry" in found.form.asks and page.entries else None,
        ledger=ledger_state(),
        tabs=[Tab(label="All entries", query="", is_current=not is_kept), *kept] if kept else (),
        chips=chips(found.form),
        offers_models=len(found.form.choices["model"]) <= MOST_OFFERED,
    )


def _page(wanted: Filter, said: QueryDict) -> queries.Page:
    return queries.page(wanted, after=said.get("after", ""), before=said.get("before", ""))


def model_choices(reader: User, *, at: datetime) -> Choices:
    """The models to choose from, or one more than are offered: then there are too many."""
    names = Model.objects.visible_to(reader, at=at).order_by("name").values_list("name", flat=True)
    return [(name, name) for name in names[: MOST_OFFERED + 1]]


def actor_choices() -> Choices:
    """Everybody who may have acted: people, then service accounts, then the server's shell."""
    people = User.objects.only("name").order_by("name", "pk")
    services = ServiceAccount.objects.only("name").order_by("name", "pk")
    rows = [(row.ref, row.name) for kind in (people, services) for row in kind]
    return [*rows, (CONSOLE, "The server’s shell")]


def chips(form: AuditFilter) -> list[Chip]:
    """The facets in force, and the address without each."""
    asks = form.asks
    return [
        Chip(
            label=_label(form, name, value),
            without=urlencode({key: other for key, other in asks.items() if key != name}),
        )
        for name, value in asks.items()
        if name not in form.errors
    ]


def _label(form: AuditFilter, name: str, value: str) -> str:
    if name in form.choices:
        return str(dict(form.choices[name]).get(value, value))
    label = form.fields[name].label
    shown = value if len(value) <= 48 else f"{value[:45]}…"
    return f"{label} {shown}"


def _problems(form: AuditFilter) -> list[Problem]:
    said: Mapping[str, Any] = form.errors.get_json_data()
    return [
        Problem(field=field, rule=str(error["code"] or "invalid"), message=str(error["message"]))
        for field, errors in said.items()
        for error in errors
    ]
