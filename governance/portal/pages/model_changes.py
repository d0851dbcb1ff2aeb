"""Changes of a live model: what each would change, what it costs, how far they have added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.approvals.queries.model_changes import (
    RevalidationDue,
    Staled,
    revalidation_of,
    staled_by,
)
from governance.core.diffs import diff_lines, diff_value
from governance.core.instants import Instant, limit_of
from governance.inventory.actions.model_changes import may_withdraw
from governance.inventory.models import Model, ModelChange
from governance.inventory.queries import field_label
from governance.inventory.queries.model_changes import changes_of
from governance.inventory.queries.past import Told, told_of
from governance.inventory.rules.model_changes import ChangeOutcome, Materiality
from governance.portal.pages.changes import Change
from governance.portal.pages.dependencies import keeper_wanted
from governance.portal.pages.may import why_not
from governance.portal.pages.record_lines import names_of, value_in_words
from governance.portal.pages.upkeep import too_close

STATES = {
    "": ("warn", "clock", "Waits for a review"),
    ChangeOutcome.ACCEPTED: ("ok", "check", "Accepted"),
    ChangeOutcome.DECLINED: ("bad", "cross", "Declined"),
    ChangeOutcome.WITHDRAWN: ("mute", "minus", "Withdrawn"),
}
PAST = "What waited then is not decided on now."
LONG = 120
"""A text of more characters is compared line by line."""


@dataclass(frozen=True, kw_only=True)
class ChangeRow:
    """One change, with how it stands as a shape and a word."""

    change: ModelChange
    tone: str
    icon: str
    said: str

    @property
    def is_open(self) -> bool:
        return not hasattr(self.change, "decision")

    @property
    def materiality(self) -> str:
        """As the reviewer sees it; until then, as the proposer does."""
        found = self.change.decision.materiality if not self.is_open else ""
        return str(Materiality(found or self.change.materiality).label)


@dataclass(frozen=True, kw_only=True)
class ChangesPage:
    """`no_proposing` says why the reader proposes nothing here; it is empty where they may."""

    instant: Instant | None
    told: Told
    rows: Sequence[ChangeRow]
    revalidation: RevalidationDue | None
    open: ModelChange | None
    no_proposing: str


@dataclass(frozen=True, kw_only=True)
class ChangePage:
    """`told` is what is to be said of the model. `staled` has what the change costs if it is
    accepted as material, and as minor.
    """

    instant: Instant | None
    told: Told
    row: ChangeRow
    changes: Sequence[Change] | None
    staled: Mapping[Materiality, Staled]
    no_deciding: str
    can_withdraw: bool


def changes_page(
    model: Model, *, reader: User, at: datetime, instant: Instant | None = None
) -> ChangesPage:
    """Read the page; of the past it does not say how far the minor ones had added up."""
    by, is_now = limit_of(instant), instant is None
    rows = [change_row(change) for change in changes_of(model, by=by)]
    waiting = next((row.change for row in rows if row.is_open), None)
    return ChangesPage(
        instant=instant,
        told=told_of([model], by=by)[model.pk],
        rows=rows,
        revalidation=revalidation_of(model, at=at) if is_now else None,
        open=waiting,
        no_proposing=no_proposing(model, waiting, reader=reader, at=at) if is_now else PAST,
    )


def no_proposing(model: Model, waiting: ModelChange | None, *, reader: User, at: datetime) -> str:
    if model.retired_at is not None:
        return "The model is retired, and its record is frozen."
    if model.live_since is None:
        return "No version of the model is live, so its record is simply saved."
    if waiting is not None:
        return f"Change {waiting.number} waits for its review. One at a time."
    return keeper_wanted(model, reader, what="Proposing a change", at=at)


def change_row(change: ModelChange) -> ChangeRow:
    decision = getattr(change, "decision", None)
    tone, icon, said = STATES[ChangeOutcome(decision.outcome) if decision else ""]
    return ChangeRow(change=change, tone=tone, icon=icon, said=said)


def change_page(
    change: ModelChange, *, reader: User, at: datetime, instant: Instant | None = None
) -> ChangePage:
    """Read the page; of a past moment the change was read as it stood then."""
    row, is_now = change_row(change), instant is None
    is_open = is_now and row.is_open
    return ChangePage(
        instant=instant,
        told=told_of([change.model], by=limit_of(instant))[change.model_id],
        row=row,
        changes=field_changes(change),
        staled=staled_by(change, at=at) if is_open and change.fields is not None else {},
        no_deciding=no_deciding(change, row, reader=reader, at=at) if is_now else PAST,
        can_withdraw=is_open and may_withdraw(change, reader),
    )


def field_changes(change: ModelChange) -> list[Change] | None:
    """Return what each field says before and after; None once the text was erased."""
    fields = change.fields
    if fields is None:
        return None
    names = names_of(_keys(fields))
    found = []
    for field, pair in fields.items():
        before, after = (value_in_words(field, value, names) for value in pair)
        is_long = max(len(before), len(after)) > LONG
        lines = diff_lines(before, after) if is_long else diff_value("", before, after)
        found.append(Change(title=field_label(field), lines=lines))
    return found


def _keys(fields: Mapping[str, Sequence[Any]]) -> list[UUID]:
    found = [key for name, pair in fields.items() if name.endswith("_id") for key in pair if key]
    found += [key for keys in fields.get("developers", ()) for key in keys]
    return [UUID(key) for key in found]


def no_deciding(change: ModelChange, row: ChangeRow, *, reader: User, at: datetime) -> str:
    """Say why the reader does not decide on it, or nothing."""
    if not row.is_open:
        return "There is nothing to decide any more."
    if reason := why_not(
        reader, Permission.CHANGE_DECIDE, "Deciding on a change", unit=change.model.unit, at=at
    ):
        return reason
    if change.proposed_by_id == reader.pk:
        return "You proposed it, so somebody else decides."
    return too_close(reader, change.model, "decide on its changes")
