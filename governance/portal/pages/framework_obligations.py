"""What is due by when, and for which of the models that the reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from governance.accounts.models import User
from governance.core.wording import as_date, counted
from governance.evidence.firm import requirement_sets
from governance.evidence.queries.obligations import Due, due_for
from governance.evidence.rules.requirements import Level, Mode, Obligation, Period
from governance.inventory.firm import catalogue
from governance.inventory.models import Model

MOST = 5
MODES = {Mode.WITHIN: "Within", Mode.EVERY: "Every", Mode.KEEP: "For"}


@dataclass(frozen=True, kw_only=True)
class DueRow:
    """One obligation; `time` is empty where it has a day."""

    obligation: Obligation
    time: str


@dataclass(frozen=True, kw_only=True)
class ObligationRow(DueRow):
    """The same with the first of its models, and how many more there are.

    `begins` is there where its framework applies to none of them yet.
    """

    framework: str
    begins: date | None
    models: Sequence[Model]
    more: int
    unknown: int

    @property
    def is_of_firm(self) -> bool:
        return self.obligation.level == Level.FIRM


@dataclass(frozen=True, kw_only=True)
class ObligationsPage:
    """Those with a day that is ahead, those whose day has come, and those by an event."""

    ahead: Sequence[ObligationRow]
    begun: Sequence[ObligationRow]
    by_event: Sequence[ObligationRow]


def obligations_page(*, reader: User, at: datetime) -> ObligationsPage:
    """Every obligation in order of date, with the models that the reader may see in its scope."""
    today = as_date(at)
    models = list(Model.objects.visible_to(reader, at=at).present().order_by("name"))
    rows = [_row(due, today) for due in due_for(models, today=today)]
    dated = [(row.obligation.day, row) for row in rows if row.obligation.day]
    return ObligationsPage(
        ahead=[row for day, row in dated if day > today],
        begun=_newest_first([(day, row) for day, row in dated if day <= today]),
        by_event=[row for row in rows if row.obligation.period],
    )


def _newest_first(rows: Sequence[tuple[date, ObligationRow]]) -> list[ObligationRow]:
    return [row for _, row in sorted(rows, key=lambda pair: pair[0], reverse=True)]


def _row(due: Due, today: date) -> ObligationRow:
    one = due.obligation
    framework = catalogue().named(one.framework)
    return ObligationRow(
        obligation=one,
        framework=framework.name if framework else one.framework,
        time=_time(one),
        begins=due.begins if due.begins and due.begins > today else None,
        models=due.applying[:MOST],
        more=max(0, len(due.applying) - MOST),
        unknown=len(due.unknown),
    )


def due_by(framework: str) -> list[DueRow]:
    """What is due by one framework: those with a day first and in order of it."""
    due = sorted(requirement_sets().due_by(framework), key=lambda one: one.day or date.max)
    return [DueRow(obligation=one, time=_time(one)) for one in due]


def _time(one: Obligation) -> str:
    return period_words(one.period) if one.period else ""


def period_words(period: Period) -> str:
    """`Within 15 days`, `Every year`, `For 6 months`"""
    noun = period.unit.value.removesuffix("s")
    is_each = period.mode == Mode.EVERY and period.number == 1
    return f"{MODES[period.mode]} {noun if is_each else counted(period.number, noun)}"
