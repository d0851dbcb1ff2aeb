"""Measured values: what one may say, and which one counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol, TypeVar

from django.db.models import TextChoices

from governance.core.errors import InvalidInput, Problem, invalid


class Source(TextChoices):
    """Where a measurement came from, most trusted first."""

    PULLED = "PULLED", "Pulled from the tracking server"
    POSTED = "POSTED", "Posted to the portal"
    TAG = "TAG", "Set as a tag"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One measured value, as exact decimal text. `slice` is empty for the whole population."""

    metric: str
    value: str
    slice: str = ""
    dataset_digest: str = ""
    run_id: str = ""
    measured_at: datetime | None = None


METRIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./ -]{0,99}")
DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
MAX_DECIMAL = 80
"""What the column of a value holds: 1e999 is short only until it is written out."""
MAX_DATASET = 100
METRIC_TAG = re.compile(r"(?:countersign\.)?metrics?\.(?P<metric>[^@]+)(?:@(?P<dataset>\w+))?")


def exact_decimal(text: str) -> str | None:
    """Return plain decimal text without exponent, or None when it is no finite number.

    What it returns it takes again: a value is checked where it arrives and where it is kept.
    """
    if len(text) > MAX_DECIMAL or not DECIMAL.fullmatch(text.strip()):
        return None
    try:
        plain = format(Decimal(text.strip()), "f")
    except InvalidOperation:
        return None
    return plain if len(plain) <= MAX_DECIMAL else None


def measurement_from_tag(
    key: str, value: str, *, judged: Iterable[str], dataset_digest: str, run_id: str
) -> Measurement | None:
    """Return what a tag measures, or None when it measures nothing.

    `metric.<name>` always does; a bare `<name>` does when some policy judges a metric so named.
    """
    match = METRIC_TAG.fullmatch(key)
    metric = match["metric"] if match else key if key in set(judged) else None
    number = exact_decimal(value)
    if metric is None or not METRIC.fullmatch(metric):
        return None
    if match and len(match["dataset"] or "") > MAX_DATASET:
        message = f"The data set in the tag {key[:60]}… has at most {MAX_DATASET} characters."
        raise invalid(f"tags.{key}", "length", message)
    if number is None:
        if match:
            raise invalid(f"tags.{key}", "decimal", f"The tag {key} holds a decimal number.")
        return None
    return Measurement(
        metric=metric,
        value=number,
        dataset_digest=(match and match["dataset"]) or dataset_digest,
        run_id=run_id,
    )


class Measured(Protocol):
    """What the choice among results reads of one; `received_at` need only sort by time."""

    @property
    def metric(self) -> str: ...

    @property
    def slice(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def dataset_digest(self) -> str: ...

    @property
    def received_at(self) -> Any: ...


T = TypeVar("T", bound=Measured)


def counting_result(
    results: Iterable[T],
    *,
    metric: str,
    slice_name: str = "",
    source: str = "",
    dataset_digest: str | None = None,
) -> T | None:
    """Return the result that counts for a metric, or None.

    The named source alone if one is named; else pulled before posted before tag; newest first.
    """
    fitting = [
        result
        for result in results
        if result.metric == metric
        and result.slice == slice_name
        and (not source or result.source == source)
        and (dataset_digest is None or result.dataset_digest == dataset_digest)
    ]
    fitting.sort(key=lambda result: result.received_at, reverse=True)
    return min(fitting, key=lambda result: Source.values.index(result.source), default=None)


def check_measurements(measurements: Sequence[Measurement]) -> None:
    """Raise InvalidInput naming each wrong item by its place, such as `results.2.value`."""
    problems = []
    for index, item in enumerate(measurements):
        if not METRIC.fullmatch(item.metric):
            message = "A metric's name has letters, digits and _ . / - only, at most 100."
            problems.append(Problem(field=f"results.{index}.metric", rule="name", message=message))
        if exact_decimal(item.value) is None:
            message = f"{item.value[:40]!r} is not a decimal number such as 0.8225."
            problems.append(
                Problem(field=f"results.{index}.value", rule="decimal", message=message)
            )
        if len(item.dataset_digest) > MAX_DATASET:
            message = f"The digest of a data set has at most {MAX_DATASET} characters."
            place = f"results.{index}.dataset_digest"
            problems.append(Problem(field=place, rule="length", message=message))
    if not measurements:
        problems.append(Problem(field="results", rule="required", message="Give a result."))
    if problems:
        raise InvalidInput(*problems)


def once_each(measurements: Iterable[Measurement]) -> list[Measurement]:
    """Return one measurement of each metric, slice and data set. Raises InvalidInput.

    They arrive at one moment, so of two different values neither would be the newer: which one
    counts would be chance, and could differ between what is shown and what is judged.
    """
    found: dict[tuple[str, str, str], Measurement] = {}
    for item in measurements:
        first = found.setdefault((item.metric, item.slice, item.dataset_digest), item)
        if Decimal(first.value) != Decimal(item.value):
            raise invalid(
                "results",
                "once",
                f"{item.metric} has two values here, {first.value} and {item.value}. Give one "
                "value for each metric, slice and data set.",
            )
    return list(found.values())
