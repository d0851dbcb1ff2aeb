"""Which requirement has which evidence: the heat map over models, and its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.paginator import Page, Paginator

from governance.accounts.models import User
from governance.core.wording import as_date, counted, full_day
from governance.evidence.firm import requirement_sets
from governance.evidence.queries.coverage import coverage_of, firm_coverage
from governance.evidence.queries.snapshots import seen_counts, standing_tallies, trend_of
from governance.evidence.rules.coverage import CoverageState, Covered, together
from governance.evidence.rules.requirements import Level
from governance.evidence.rules.snapshots import DayTally, Tally
from governance.inventory.firm import catalogue
from governance.inventory.models import Model, ModelQuerySet
from governance.inventory.queries.scopes import scope_counts
from governance.inventory.rules.frameworks import Framework
from governance.portal import evidence_links
from governance.portal.pages.obligations import Exceptions, Obligations, exceptions, obligations

MODELS_SHOWN = 16
TREND_DAYS = 90
LOOKS: Mapping[CoverageState, tuple[str, str]] = {
    CoverageState.COMPLETE: ("ok", "check"),
    CoverageState.PARTIAL: ("warn", "half"),
    CoverageState.NONE: ("bad", "ring"),
    CoverageState.UNKNOWN: ("ink", "info"),
    CoverageState.NOT_APPLICABLE: ("mute", "minus"),
}
"""How each state looks; in the order of the legend."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What a group of requirements comes to for one model or the firm; `said` is a sentence."""

    state: CoverageState
    href: str
    said: str

    @property
    def look(self) -> tuple[str, str]:
        return LOOKS[self.state]


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """One group of requirements; without a cell nothing of it is asked at that level."""

    title: str
    firm: Cell | None
    cells: Sequence[Cell | None]

    @property
    def every(self) -> list[Cell | None]:
        return [self.firm, *self.cells]

    @property
    def sum(self) -> str:
        """Of the models shown to which the group applies, how many have all its evidence."""
        asked = [one.state for one in self.cells if one and one.state in ASKED]
        return f"{asked.count(CoverageState.COMPLETE)}/{len(asked)}" if asked else ""


ASKED = frozenset({CoverageState.COMPLETE, CoverageState.PARTIAL, CoverageState.NONE})


@dataclass(frozen=True, kw_only=True)
class FrameworkBlock:
    framework: Framework
    note: str
    rows: Sequence[GroupRow]


@dataclass(frozen=True, kw_only=True)
class Choice:
    framework: Framework
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Strip:
    """What was counted last over all models; `counted_at` is None where nobody has counted yet."""

    tally: Tally
    whole: int
    models: int
    trend: Sequence[DayTally]

    @property
    def gained(self) -> int:
        """How many more requirements have all their evidence than at the start of the trend."""
        return self.trend[-1].tally.complete - self.trend[0].tally.complete if self.trend else 0


@dataclass(frozen=True, kw_only=True)
class CoveragePage:
    choices: Sequence[Choice]
    chosen: str
    models: Sequence[Model]
    page: Page[Model]
    blocks: Sequence[FrameworkBlock]
    strip: Strip | None
    exceptions: Exceptions
    obligations: Obligations

    @property
    def options(self) -> list[tuple[str, str]]:
        every = [(one.framework.id, one.framework.name) for one in self.choices]
        return [("", "All that apply"), *every]

    @property
    def legend(self) -> list[tuple[CoverageState, tuple[str, str]]]:
        return list(LOOKS.items())


def coverage_page(
    reader: User, *, framework: str, number: str | None, at: datetime
) -> CoveragePage:
    """Read one page of models; how many there are changes no number of queries."""
    seen = Model.objects.visible_to(reader, at=at).in_use()
    choices = _choices(seen, framework)
    chosen = _chosen(choices, today=as_date(at))
    page = Paginator(seen.select_related("unit", "owner").order_by("name"), MODELS_SHOWN).get_page(
        number
    )
    models = list(page.object_list)
    keys = [one.id for one in chosen]
    return CoveragePage(
        choices=choices,
        chosen=next((one.framework.id for one in choices if one.is_chosen), ""),
        models=models,
        page=page,
        blocks=_blocks(chosen, models, at=at),
        strip=_strip(reader, keys, at=at),
        exceptions=exceptions(reader, at=at),
        obligations=obligations(seen, reader=reader, at=at),
    )


def _chosen(choices: Sequence[Choice], *, today: date) -> list[Framework]:
    """The one that was asked for, else all that have not ended."""
    every = [one.framework for one in choices]
    named = [one.framework for one in choices if one.is_chosen]
    return named or [one for one in every if not one.versions[-1].has_ended(today)] or every


def _choices(seen: ModelQuerySet, framework: str) -> list[Choice]:
    """Those with requirements that apply to a model, or may; where none does, every one."""
    counts = scope_counts(seen)
    asking = {one.framework for one in requirement_sets().sets}
    every = [one for one in catalogue().frameworks if one.id in asking]
    found = [one for one in every if any(counts.get(one.id, (0, 0)))] or every
    if framework and framework not in {one.id for one in found}:
        found += [one for one in every if one.id == framework]
    return [Choice(framework=one, is_chosen=one.id == framework) for one in found]


def _blocks(
    frameworks: Sequence[Framework], models: Sequence[Model], *, at: datetime
) -> list[FrameworkBlock]:
    keys = [one.id for one in frameworks]
    found = coverage_of(models, at=at, frameworks=keys)
    firm = firm_coverage(at=at, frameworks=keys)
    return [_block(one, models, found, firm, today=as_date(at)) for one in frameworks]


def _block(
    framework: Framework,
    models: Sequence[Model],
    found: Mapping[UUID, Sequence[Covered]],
    firm: Sequence[Covered],
    *,
    today: date,
) -> FrameworkBlock:
    of_firm = _grouped(firm, framework.id, Level.FIRM)
    of_models = [_grouped(found[one.pk], framework.id, Level.MODEL) for one in models]
    titles = dict.fromkeys(title for each in (of_firm, *of_models) for title in each)
    places = _places(framework)
    rows = [
        GroupRow(
            title=title,
            firm=_cell("The firm", framework.id, "", title, of_firm.get(title)),
            cells=[
                _cell(one.name, framework.id, one.name, title, each.get(title))
                for one, each in zip(models, of_models, strict=True)
            ],
        )
        for title in sorted(titles, key=places.__getitem__)
    ]
    return FrameworkBlock(framework=framework, note=_note(framework, today), rows=rows)


def _grouped(
    rows: Iterable[Covered], framework: str, level: Level
) -> dict[str, list[CoverageState]]:
    found: dict[str, list[CoverageState]] = {}
    for one in rows:
        if one.requirement.framework == framework and one.requirement.level == level:
            found.setdefault(one.requirement.group, []).append(one.state)
    return found


def _places(framework: Framework) -> dict[str, int]:
    """Where each group stands in the text of the framework."""
    sets = (one for one in requirement_sets().sets if one.framework == framework.id)
    titles = dict.fromkeys(title for one in sets for title in one.groups)
    return {title: place for place, title in enumerate(titles)}


def anchor(title: str) -> str:
    """The name of a group within the page of its framework."""
    return "group-" + re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _cell(
    who: str,
    framework: str,
    model: str,
    title: str,
    states: Sequence[CoverageState] | None,
) -> Cell | None:
    if not states:
        return None
    state = together(states)
    asked = [one for one in states if one in ASKED]
    complete = asked.count(CoverageState.COMPLETE)
    detail = f", {complete} of {counted(len(asked), 'requirement')} complete" if asked else ""
    return Cell(
        state=state,
        href=f"{evidence_links.coverage_of(framework, model)}#{anchor(title)}",
        said=f"{who}, {title}: {state.label.lower()}{detail}",
    )


def _note(framework: Framework, today: date) -> str:
    """Say where the day lies if not in a version that is in force."""
    if framework.versions[-1].has_ended(today):
        until = framework.versions[-1].until
        return f"ended on {full_day(until)}" if until else ""
    first = framework.versions[0].from_date
    return f"counts from {full_day(first)}" if first > today else ""


def _strip(reader: User, keys: Sequence[str], *, at: datetime) -> Strip | None:
    rows = seen_counts(reader, keys, at=at)
    standing = standing_tallies(rows, at=at)
    if not standing:
        return None
    by_subject: dict[str, Tally] = {}
    for (subject, _), one in standing.items():
        by_subject[subject] = by_subject.get(subject, Tally()) + one
    by_model = [one for subject, one in by_subject.items() if subject != "firm"]
    return Strip(
        tally=sum(standing.values(), Tally()),
        whole=sum(1 for one in by_model if not one.gaps),
        models=len(by_model),
        trend=trend_of(rows, since=as_date(at) - timedelta(days=TREND_DAYS), at=at),
    )
