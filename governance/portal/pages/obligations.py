"""What is due by when, and for which of the models that the reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from governance.accounts.models import User
from governance.core.wording import as_date, counted
from governance.evidence.queries.obligations import Due, due_for
from governance.evidence.rules.requirements import Level, Mode, Obligation, Period
from governance.inventory.firm import catalogue
from governance.inventory.models import Model

MOST = 5
MODES = {
    Mode.WITHIN: "Within {time} of {of}",
    Mode.EVERY: "Every {time}, from {of}",
    Mode.KEEP: "For {time} from {of}",
}


@dataclass(frozen=True, kw_only=True)
class ObligationRow:
    """One obligation with the first of its models, and how many more there are."""

    obligation: Obligation
    framework: str
    time: str
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
    rows = [_row(due) for due in due_for(models, today=today)]
    dated = [(row.obligation.day, row) for row in rows if row.obligation.day]
    return ObligationsPage(
        ahead=[row for day, row in dated if day > today],
        begun=_newest_first([(day, row) for day, row in dated if day <= today]),
        by_event=[row for row in rows if row.obligation.period],
    )


def _newest_first(rows: Sequence[tuple[date, ObligationRow]]) -> list[ObligationRow]:
    return [row for _, row in sorted(rows, key=lambda pair: pair[0], reverse=True)]


def _row(due: Due) -> ObligationRow:
    one = due.obligation
    framework = catalogue().named(one.framework)
    return ObligationRow(
        obligation=one,
        framework=framework.name if framework else one.framework,
        time=period_words(one.period) if one.period else "",
        models=due.applying[:MOST],
        more=max(0, len(due.applying) - MOST),
        unknown=len(due.unknown),
    )


def period_words(period: Period) -> str:
    """`Within 15 days of becoming aware of the incident`"""
    noun = period.unit.value.removesuffix("s")
    time = counted(period.number, noun)
    if period.mode == Mode.EVERY and period.number == 1:
        time = noun
    return MODES[period.mode].format(time=time, of=period.of)
