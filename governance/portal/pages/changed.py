"""Which requirements are in another state than they were on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.paginator import Page, Paginator

from governance.accounts.models import User
from governance.core.wording import as_date
from governance.evidence.firm import requirement_sets
from governance.evidence.queries.snapshots import Changed, changed_since, seen_counts
from governance.evidence.rules.coverage import CoverageState
from governance.inventory.firm import catalogue
from governance.inventory.rules.frameworks import Framework
from governance.portal import evidence_links
from governance.portal.pages.coverage import LOOKS

PAGE_SIZE = 50
Look = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class ChangedRow:
    """One requirement, what it was and what it is; `title` is empty where it is asked no more."""

    changed: Changed
    framework: str
    title: str
    href: str
    before: Look
    now: Look


@dataclass(frozen=True, kw_only=True)
class ChangesPage:
    """`better` and `worse` count over all rows, not only those of the page."""

    since: date
    framework: str
    frameworks: Sequence[Framework]
    rows: Sequence[ChangedRow]
    page: Page[Changed]
    better: int
    worse: int

    @property
    def options(self) -> list[tuple[str, str]]:
        return [("", "All"), *((one.id, one.name) for one in self.frameworks)]


def changes_page(
    reader: User,
    *,
    since: str,
    framework: str,
    number: str | None,
    default: date,
    at: datetime,
) -> ChangesPage:
    """Read what changed since a day, of all that the reader may see."""
    asking = {one.framework for one in requirement_sets().sets}
    every = [one for one in catalogue().frameworks if one.id in asking]
    chosen = [one for one in every if one.id == framework] or every
    day = day_asked(since, default=default, today=as_date(at))
    rows = seen_counts(reader, [one.id for one in chosen], at=at)
    found = changed_since(rows, since=day, at=at)
    page = Paginator(found, PAGE_SIZE).get_page(number)
    better = sum(1 for one in found if one.change.is_better)
    return ChangesPage(
        since=day,
        framework=framework if len(chosen) == 1 else "",
        frameworks=every,
        rows=[_row(one) for one in page.object_list],
        page=page,
        better=better,
        worse=len(found) - better,
    )


def day_asked(text: str, *, default: date, today: date) -> date:
    """Return the day that was asked for; of anything else, and of a day to come, the default."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return default
    return day if day <= today else default


def _row(one: Changed) -> ChangedRow:
    framework = catalogue().named(one.framework)
    asked = requirement_sets().of(one.framework, one.version)
    requirement = asked.named(one.change.requirement) if asked else None
    return ChangedRow(
        changed=one,
        framework=framework.name if framework else one.framework,
        title=requirement.title if requirement else "",
        href=evidence_links.coverage_of(one.framework, one.model.name if one.model else ""),
        before=_look(one.change.before),
        now=_look(one.change.after),
    )


def _look(state: CoverageState | None) -> Look:
    return (*LOOKS[state], state.label) if state else ("mute", "minus", "Not asked")
