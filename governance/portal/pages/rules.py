"""Which frameworks apply to one model: what counts now, what is unknown, and what was before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from governance.core.instants import Instant, limit_of, today_of
from governance.core.wording import as_date, capitalized, few
from governance.inventory.firm import catalogue
from governance.inventory.models import Model, RuleScope
from governance.inventory.queries.revisions import names_at
from governance.inventory.queries.scopes import changes_between, computed_scope, newest_scopes
from governance.inventory.rules.frameworks import (
    Answer,
    Applicability,
    Catalogue,
    Fact,
    Framework,
    Status,
    Timing,
    said,
    seen_on,
    sentence,
)
from governance.portal.pages.rule_words import (
    FactRow,
    fact_changes,
    fact_rows,
    facts_named,
    would_words,
)

SCOPES_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """What one framework says; `framework` is None where no file of it is there any more."""

    answer: Answer
    timing: Timing
    framework: Framework | None

    @property
    def sources(self) -> Sequence[str]:
        versions = self.framework.versions if self.framework else ()
        return next((one.sources for one in versions if one.version == self.answer.version), ())

    @property
    def unknown(self) -> list[Fact]:
        """The facts that would settle the answer, or the day."""
        return facts_named(self.answer.unknown)

    @property
    def open_parts(self) -> list[Fact]:
        """The facts that tell which of the parts apply."""
        return facts_named(dict.fromkeys(key for one in self.answer.parts for key in one.unknown))

    @property
    def would(self) -> list[str]:
        return [would_words(one, unknown=self.answer.unknown) for one in self.answer.would]

    @property
    def said(self) -> str:
        return said(self.answer)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One scope that was kept: why, and what it said that the one before did not."""

    row: RuleScope
    facts: Sequence[str]
    said: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class RulesPage:
    """The newest scope by what it says, and how it came about.

    `ended` are versions that ended while the model was in the inventory, `bygone` counts those
    that ended before. `is_stale` tells that files or settings say something else by now than what
    is on record.
    """

    instant: Instant | None
    model_name: str
    scope: RuleScope | None
    applying: Sequence[RuleRow]
    unknown: Sequence[RuleRow]
    others: Sequence[RuleRow]
    ended: Sequence[RuleRow]
    bygone: int
    facts: Sequence[FactRow]
    missing: Sequence[Fact]
    history: Sequence[Change]
    is_stale: bool

    @property
    def verdict(self) -> str:
        """`Two frameworks apply now, one from a later day, five are unknown.`"""
        ahead = sum(row.timing == Timing.AHEAD for row in self.applying)
        now, unknown = len(self.applying) - ahead, len(self.unknown)
        noun = "framework applies" if now == 1 else "frameworks apply"
        later = f", {few(ahead)} from a later day" if ahead else ""
        is_open = f", {few(unknown)} {'is' if unknown == 1 else 'are'} unknown" if unknown else ""
        when = f" {self.instant.on}" if self.instant else " now"
        if self.instant:
            noun = "framework applied" if now == 1 else "frameworks applied"
            is_open = f", {few(unknown)} {'was' if unknown == 1 else 'were'} unknown" * bool(
                unknown
            )
        return capitalized(f"{few(now)} {noun}{when}{later}{is_open}.")


def rules_page(model: Model, *, at: datetime, instant: Instant | None = None) -> RulesPage:
    """Read the page; before anything is on record it shows what would be.

    Of a past moment it shows what was on record then, and nothing that was not.
    """
    by, today = limit_of(instant), today_of(instant, at=at)
    kept = newest_scopes(model, SCOPES_SHOWN + 1, by=by)
    scope = kept[0] if kept else None
    computed = computed_scope(model) if instant is None else None
    answers = scope.answers if scope else computed.answers if computed else ()
    rows = list(_rows(seen_on(answers, today), catalogue()))
    current = [row for row in rows if row.timing != Timing.ENDED]
    unknown = _having(current, Status.UNKNOWN)
    ended = [row for row in rows if row.timing == Timing.ENDED]
    since = as_date(model.created_at)
    lived = [row for row in ended if row.answer.until and row.answer.until > since]
    return RulesPage(
        instant=instant,
        model_name=names_at([model], by)[model.pk] if by else model.name,
        scope=scope,
        applying=sorted(_having(current, Status.APPLIES), key=_starts),
        unknown=unknown,
        others=_having(current, Status.DOES_NOT_APPLY),
        ended=lived,
        bygone=len(ended) - len(lived),
        facts=fact_rows(scope.facts if scope else {}),
        missing=_missing(unknown),
        history=list(_history(kept)),
        is_stale=computed is not None and computed.differs_from(scope),
    )


def _rows(found: Sequence[Applicability], frameworks: Catalogue) -> Iterator[RuleRow]:
    """One row for what counts of each framework, and one for each version that ended."""
    for one in found:
        framework = frameworks.named(one.answer.framework)
        yield RuleRow(answer=one.answer, timing=one.timing, framework=framework)
        for earlier in one.earlier:
            yield RuleRow(answer=earlier, timing=Timing.ENDED, framework=framework)


def _having(rows: Sequence[RuleRow], status: Status) -> list[RuleRow]:
    return [row for row in rows if row.answer.status == status]


def _starts(row: RuleRow) -> date:
    return row.answer.from_date or row.answer.valid_from


def _missing(rows: Sequence[RuleRow]) -> list[Fact]:
    return facts_named(dict.fromkeys(key for row in rows for key in row.answer.unknown))


def _history(kept: Sequence[RuleScope]) -> Iterator[Change]:
    """Compare each scope with the one before it; the one before the last shown is read for that."""
    for row, before in zip(kept, [*kept[1:], None], strict=False):
        if before is None and row.number > 1:
            return
        changes = changes_between(row, row.computed_at, before)
        yield Change(
            row=row,
            facts=list(fact_changes(row.facts, before.facts)) if before else (),
            said=[sentence(one) for one in changes],
        )
