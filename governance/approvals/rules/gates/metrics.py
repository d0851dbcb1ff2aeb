"""Measured values against fixed limits: metrics, and the budgets that are metrics by another name.

ML Test Score: Breck et al., "The ML Test Score: A Rubric for ML Production Readiness and Technical
Debt Reduction", IEEE Big Data 2017. A system is as ready as the weakest of its four sections.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from governance.approvals.rules.dossier import Dossier, ResultFact
from governance.approvals.rules.gates.results import Found, Gate, Outcome
from governance.core.wording import MINUS, MISSING
from governance.registry.rules import Source, counting_result


def origin(result: ResultFact) -> str:
    """Where a value comes from: `posted to the portal, data set 0f3a…`."""
    words = Source(result.source).label.lower()
    return f"{words}, data set {result.dataset_digest[:12]}" if result.dataset_digest else words


def taken_from(source: str) -> str:
    return f", as {Source(source).label.lower()}" if source else ""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a budget judges where the policy names no metric."""

    metric: str
    words: str
    unit: str = ""


METRIC = "metric"
BUDGETS = {
    "calibration": Budget(metric="ece", words="Calibration"),
    "fairness": Budget(metric="fairness_gap", words="Fairness"),
    "robustness": Budget(metric="robustness_drop", words="Robustness"),
    "latency": Budget(metric="p99_latency_ms", words="Latency", unit="ms"),
    "cost": Budget(metric="cost_per_1000", words="Cost"),
}


@dataclass(frozen=True, kw_only=True)
class MetricGate(Gate):
    """A measured value stays on the right side of its limit."""

    metric: str
    limit: str
    at_least: bool
    slice: str = ""
    unit: str = ""
    source: str = ""
    name: str = METRIC

    @property
    def id(self) -> str:
        return f"{self.name}.{self.measures}"

    @property
    def metrics(self) -> tuple[str, ...]:
        return (self.metric,)

    @property
    def measures(self) -> str:
        return f"{self.metric}.{self.slice}" if self.slice else self.metric

    @property
    def bound(self) -> str:
        """`at most 200 ms`."""
        return f"{('at most', 'at least')[self.at_least]} {self.limit}{self._unit}"

    @property
    def asks(self) -> str:
        where = f" for {self.slice}" if self.slice else ""
        return f"{self.metric}{where} is {self.bound}{taken_from(self.source)}."

    @property
    def _unit(self) -> str:
        return f" {self.unit}" if self.unit else ""

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        sign = ("≤", "≥")[self.at_least]
        common: dict[str, Any] = {
            "required": f"{sign} {self.limit}{self._unit}",
            "limit": self.limit,
            "passes": "above" if self.at_least else "below",
        }
        result = counting_result(
            dossier.version.results, metric=self.metric, slice_name=self.slice, source=self.source
        )
        if result is None:
            wanted = f" {Source(self.source).label.lower()}" if self.source else ""
            return Found(
                **common,
                outcome=Outcome.NOT_SHOWN,
                measured=MISSING,
                sentence=f"No value of {self.metric}{wanted} is on record for this version.",
            )
        value, limit = Decimal(result.value), Decimal(self.limit)
        holds = value >= limit if self.at_least else value <= limit
        return Found(
            **common,
            outcome=Outcome.PASS if holds else Outcome.FAIL,
            measured=f"{result.value.replace('-', MINUS)}{self._unit}",
            value=result.value,
            source=origin(result),
            sentence=(
                f"{self.metric} is {result.value}{self._unit}; the policy asks for {sign} "
                f"{self.limit}{self._unit}."
            ),
        )


def metric_gate(entry: Mapping[str, Any]) -> MetricGate:
    """Return the gate of a `metric`, of a budget, or of a guardrail, which names no check."""
    name = entry.get("check", METRIC)
    budget = BUDGETS.get(name)
    metric = entry.get("metric") or (budget.metric if budget else "")
    by_default = budget is not None and metric == budget.metric
    at_least = "at_least" in entry
    return MetricGate(
        name=name,
        metric=metric,
        limit=str(entry["at_least" if at_least else "at_most"]),
        at_least=at_least,
        slice=entry.get("slice", ""),
        unit=entry.get("unit", budget.unit if budget and by_default else ""),
        source=entry.get("source", ""),
        label=entry.get("label") or _label(metric, entry, budget, by_default=by_default),
    )


def _label(
    metric: str, entry: Mapping[str, Any], budget: Budget | None, *, by_default: bool
) -> str:
    if budget is None:
        return metric
    named = budget.words if by_default else f"{budget.words}, {metric}"
    return f"{named} for {entry['slice']}" if "slice" in entry else named


ML_TEST_SCORE = "ml_test_score"
SECTIONS = ("data", "model", "infrastructure", "monitoring")


@dataclass(frozen=True, kw_only=True)
class MlTestScoreGate(Gate):
    """The ML Test Score, the least of its four sections, is high enough."""

    at_least: str
    source: str = ""

    NAME: ClassVar[str] = ML_TEST_SCORE

    @property
    def metrics(self) -> tuple[str, ...]:
        return tuple(f"{ML_TEST_SCORE}.{section}" for section in SECTIONS)

    @property
    def asks(self) -> str:
        return (
            f"The ML Test Score is at least {self.at_least}{taken_from(self.source)}: the least of "
            "its sections data, model, infrastructure and monitoring."
        )

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        results = {
            section: counting_result(dossier.version.results, metric=metric, source=self.source)
            for section, metric in zip(SECTIONS, self.metrics, strict=True)
        }
        required = f"≥ {self.at_least}"
        if missing := [section for section, result in results.items() if result is None]:
            return Found(
                outcome=Outcome.NOT_SHOWN,
                measured=MISSING,
                required=required,
                sentence=f"No score of the section {' or '.join(missing)} is on record.",
            )
        scores = {section: result.value for section, result in results.items() if result}
        score = min(scores.values(), key=Decimal)
        said = ", ".join(f"{section} {value}" for section, value in scores.items())
        return Found(
            outcome=Outcome.PASS if Decimal(score) >= Decimal(self.at_least) else Outcome.FAIL,
            measured=score.replace("-", MINUS),
            required=required,
            value=score,
            limit=self.at_least,
            passes="above",
            source=said,
            sentence=f"The ML Test Score is {score}, the least of {said}.",
        )
