"""Stages, what a registration may say, and which measurement counts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol, TypeVar

from django.db.models import TextChoices

from governance.core.errors import InvalidInput, NotFound, Problem, Refused, WrongState, invalid


class Stage(TextChoices):
    DRAFT = "DRAFT", "Draft"
    STAGING = "STAGING", "Staging"
    PRODUCTION = "PRODUCTION", "Production"
    ARCHIVED = "ARCHIVED", "Archived"


class SlotRole(TextChoices):
    CHAMPION = "CHAMPION", "Champion"


class Source(TextChoices):
    """Where a measurement came from, most trusted first."""

    PULLED = "PULLED", "Pulled from the tracking server"
    POSTED = "POSTED", "Posted to the portal"
    TAG = "TAG", "Set as a tag"


class Move(TextChoices):
    """Why a version changed stage."""

    PROMOTED = "PROMOTED", "Promoted"
    RETIRED = "RETIRED", "Retired by its successor"
    ROLLED_BACK = "ROLLED_BACK", "Rolled back"
    REMOVED = "REMOVED", "Removed by a rollback"
    DEMOTED = "DEMOTED", "Moved back"
    ARCHIVED = "ARCHIVED", "Archived"


class VersionNotFound(NotFound):
    code = "version_not_found"


class StageUnchanged(WrongState):
    code = "stage_unchanged"


class AuthorizationMismatch(Refused):
    """An authorization was used for something else than what it authorizes."""

    code = "authorization_mismatch"


@dataclass(frozen=True, kw_only=True)
class Authorization:
    """Proof that a change of stage was decided. Only `approvals.rules` makes one."""

    move: Move
    request_ref: str
    version_ref: str
    target: Stage
    slot_ref: str
    incumbent_ref: str | None
    policy_ref: str
    dossier_digest: str
    sign_offs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ArtifactFact:
    """One file of a version: its path within the artifact, SHA-256 and size in bytes."""

    path: str
    sha256: str
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One measured value, as exact decimal text. `slice` is empty for the whole population."""

    metric: str
    value: str
    slice: str = ""
    dataset_digest: str = ""
    run_id: str = ""
    measured_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What a pipeline says of a new version. Nothing of it can be changed afterwards."""

    source: str
    run_id: str = ""
    run_link: str = ""
    logged_model_id: str = ""
    artifacts: Sequence[ArtifactFact] = field(default_factory=tuple)
    lineage: Mapping[str, Any] = field(default_factory=dict)


METRIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./ -]{0,99}")
DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
SHA256 = re.compile(r"(sha256:)?([0-9a-f]{64})")
MAX_DECIMAL = 80
"""What the column of a value holds: 1e999 is short only until it is written out."""
MAX_LENGTHS = {"source": 1000, "run_id": 100, "run_link": 1000, "logged_model_id": 100}
MAX_PATH = 500
MAX_DATASET = 100
MAX_NAME = 300

ARTIFACTS_TAG = "countersign.artifacts"
DATASET_TAG = "countersign.dataset"
COMMIT_TAGS = ("countersign.git_commit", "mlflow.source.git.commit")
METRIC_TAG = re.compile(r"(?:countersign\.)?metrics?\.(?P<metric>[^@]+)(?:@(?P<dataset>\w+))?")
FACT_TAGS = {ARTIFACTS_TAG, DATASET_TAG, *COMMIT_TAGS}
"""Tags that state a fact of the registration; they are fixed with it."""


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


def _tag_json(key: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise invalid(f"tags.{key}", "json", f"The tag {key} is not JSON.") from None


def parse_artifacts(text: str) -> tuple[ArtifactFact, ...]:
    """Read the manifest tag: a JSON object of path → {"sha256": …, "size": bytes}."""
    manifest = _tag_json(ARTIFACTS_TAG, text)
    problem = invalid(
        f"tags.{ARTIFACTS_TAG}",
        "manifest",
        f"The tag {ARTIFACTS_TAG} is an object of path to "
        '{"sha256": 64 hex digits, "size": bytes}; each path is relative to the artifact, has '
        f"no '..' part and no control character, and at most {MAX_PATH} characters.",
    )
    if not isinstance(manifest, dict) or not manifest:
        raise problem
    facts = []
    for path, entry in sorted(manifest.items()):
        entry = {"sha256": entry} if isinstance(entry, str) else entry
        match = SHA256.fullmatch(str(entry.get("sha256", ""))) if isinstance(entry, dict) else None
        size = entry.get("size") if match else None
        if not match or not (size is None or (type(size) is int and 0 <= size < 2**53)):
            raise problem
        if not _is_relative(path):
            raise problem
        facts.append(ArtifactFact(path=path, sha256=match[2], size=size))
    return tuple(facts)


def _is_relative(path: str) -> bool:
    """A path that stays within the artifact, and that prints as what it is."""
    parts = re.split(r"[/\\]", path)
    return _is_line(path, MAX_PATH) and parts[0] != "" and ".." not in parts


def _is_line(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isprintable()


def parse_dataset(text: str) -> dict[str, Any]:
    """Read the data-set tag: a JSON object with name and digest, and rows where known."""
    data = _tag_json(DATASET_TAG, text)
    problem = invalid(
        f"tags.{DATASET_TAG}",
        "dataset",
        f"The tag {DATASET_TAG} is an object such as "
        '{"name": "test", "digest": "…", "rows": 5}; the digest has at most '
        f"{MAX_DATASET} characters.",
    )
    if not isinstance(data, dict) or not isinstance(data.get("digest"), str):
        raise problem
    known = {key: data[key] for key in ("name", "digest", "rows") if key in data}
    facts = {key: value if type(value) is int else str(value) for key, value in known.items()}
    if not _is_line(data["digest"], MAX_DATASET) or not all(map(_is_fact, facts.values())):
        raise problem
    return facts


def _is_fact(value: int | str) -> bool:
    if isinstance(value, int):
        return abs(value) < 2**53
    return value == "" or _is_line(value, MAX_NAME)


def lineage_from_tags(tags: Mapping[str, str]) -> dict[str, Any]:
    """Return the lineage that a registration's tags state: data set and commit."""
    lineage: dict[str, Any] = {}
    if DATASET_TAG in tags:
        lineage["dataset"] = parse_dataset(tags[DATASET_TAG])
    commit = next((tags[key] for key in COMMIT_TAGS if tags.get(key)), None)
    if commit:
        lineage["git_commit"] = commit[:100]
    return lineage


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


def registration_problems(registration: Registration) -> Iterable[Problem]:
    source = registration.source
    if not source.strip():
        yield Problem(field="source", rule="required", message="Say where the artifact lies.")
    for name, longest in MAX_LENGTHS.items():
        if len(getattr(registration, name)) > longest:
            message = f"The {name} has at most {longest} characters."
            yield Problem(field=name, rule="length", message=message)
    if "\x00" in source or ".." in re.split(r"[/\\]", source):
        yield Problem(
            field="source",
            rule="path",
            message="A source is a whole path: it has no '..' part and no control character.",
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
