"""The data that a version was measured on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from governance.approvals.rules.dossier import Dossier, ResultFact, VersionFacts
from governance.approvals.rules.gates.dates import Term, at_most_old, limit_of_age
from governance.approvals.rules.gates.metrics import taken_from
from governance.approvals.rules.gates.results import Found, Gate, Outcome, worst
from governance.core.wording import MINUS, day, number
from governance.registry.rules import DataPurpose, StatedInput, counting_result, stated_lineage

FAILED = "failed_data_checks"


@dataclass(frozen=True, kw_only=True)
class DataGate(Gate):
    """The evaluation data are on record, large and recent enough, and passed their own checks.

    Of several data sets each has to be so. `at_most` is how many of their checks may have failed,
    by the value of `metric`. Age is counted from the end of the period that is stated of the data.
    """

    metric: str = FAILED
    at_most: int = 0
    min_rows: int | None = None
    max_age_days: int | None = None
    source: str = ""

    NAME: ClassVar[str] = "data_checks"

    @property
    def metrics(self) -> tuple[str, ...]:
        return (self.metric,)

    @property
    def is_timed(self) -> bool:
        return self.max_age_days is not None

    @property
    def asks(self) -> str:
        rows = f", with at least {number(self.min_rows)} rows" if self.min_rows else ""
        old = at_most_old(self.max_age_days)
        return (
            f"The evaluation data are on record by their digest{rows}{old}. {self.metric} is at "
            f"most {self.at_most}{taken_from(self.source)}."
        )

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        data = evaluation_data(dossier.version)
        failed = counting_result(dossier.version.results, metric=self.metric, source=self.source)
        problems = [*self._of_data(data, at=at), *self._of_checks(failed)]
        return Found(
            outcome=worst(outcome for outcome, _ in problems),
            measured=self._measured(data, failed),
            required=self._required(),
            sentence=(
                " ".join(sentence for _, sentence in problems)
                or f"{', '.join(one.name or one.digest[:12] for one in data)}: {self._held()}."
            ),
        )

    def _of_data(
        self, data: Sequence[StatedInput], *, at: datetime
    ) -> Iterator[tuple[Outcome, str]]:
        if not data:
            yield Outcome.NOT_SHOWN, "No evaluation data set is on record for this version."
        for one in data:
            name = one.name or one.digest[:12] or "An evaluation data set"
            if not one.digest:
                yield Outcome.NOT_SHOWN, f"{name} has no digest on record."
            if self.min_rows is not None and one.rows is None:
                yield Outcome.NOT_SHOWN, f"How many rows {name} has is not on record."
            elif self.min_rows is not None and one.rows is not None and one.rows < self.min_rows:
                yield Outcome.FAIL, f"{name} has {number(one.rows)} rows."
            if self.max_age_days is not None:
                yield from self._of_age(name, one.period_end, at=at)

    def _of_age(
        self, name: str, end: date | None, *, at: datetime
    ) -> Iterator[tuple[Outcome, str]]:
        if end is None:
            yield Outcome.NOT_SHOWN, f"How far {name} reaches is not on record."
            return
        counts = Term(since=end, max_age_days=self.max_age_days)
        if counts.is_over(at):
            yield Outcome.FAIL, f"{name} reaches to {day(end)}.{counts.ended(at)}"

    def _of_checks(self, failed: ResultFact | None) -> Iterator[tuple[Outcome, str]]:
        if failed is None:
            yield Outcome.NOT_SHOWN, f"No value of {self.metric} is on record for this version."
        elif Decimal(failed.value) > self.at_most:
            yield Outcome.FAIL, f"{self.metric} is {failed.value}, at most {self.at_most}."

    def _measured(self, data: Sequence[StatedInput], failed: ResultFact | None) -> str:
        rows = min((one.rows for one in data if one.rows is not None), default=None)
        ends = [one.period_end for one in data if one.period_end is not None]
        found = [f"{failed.value.replace('-', MINUS)} failed" if failed else "not checked"]
        if self.min_rows is not None:
            found.append(f"{number(rows)} rows")
        if self.max_age_days is not None:
            found.append(f"to {day(min(ends))}" if ends else "to n/a")
        return ", ".join(found) if data else "none"

    def _required(self) -> str:
        rows = f", ≥ {number(self.min_rows)} rows" if self.min_rows is not None else ""
        return f"≤ {self.at_most} failed{rows}{limit_of_age(self.max_age_days)}"

    def _held(self) -> str:
        return f"on record by digest, {self.metric} at most {self.at_most}"


def evaluation_data(version: VersionFacts) -> list[StatedInput]:
    """The data sets that the registration states for evaluation: what its metrics rest on."""
    inputs = stated_lineage(version.lineage, source=version.source).inputs
    return [one for one in inputs if one.purpose == DataPurpose.EVALUATION]
