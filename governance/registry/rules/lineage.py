"""Words of lineage, and what a registration states of where a version comes from, as rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import TextChoices

MAX_SNAPSHOT = 100
MAX_VALUE = 500
MAX_LABEL = 300
VERSION_ADDRESS = re.compile(r"models:/(?P<name>[^/]+)/(?P<number>[1-9][0-9]{0,8})")
_RUN = re.compile(r"[0-9a-f]{32}")
_PREFIXED = re.compile(r"sha256:([0-9a-f]{64})", re.IGNORECASE)


class DataPurpose(TextChoices):
    TRAINING = "TRAINING", "Training"
    EVALUATION = "EVALUATION", "Evaluation"
    OTHER = "OTHER", "Other"


class ParentRelation(TextChoices):
    COPIED = "COPIED", "Copied from"
    FINE_TUNED = "FINE_TUNED", "Fine-tuned from"
    DISTILLED = "DISTILLED", "Distilled from"
    DERIVED = "DERIVED", "Derived from"


class LineageOrigin(TextChoices):
    REGISTERED = "REGISTERED", "Stated at registration"
    OPENLINEAGE = "OPENLINEAGE", "Reported by OpenLineage"


class LineageFactKind(TextChoices):
    GIT_COMMIT = "GIT_COMMIT", "Commit"
    FEATURE_CODE = "FEATURE_CODE", "Feature code"
    CONTAINER_IMAGE = "CONTAINER_IMAGE", "Container image"
    PARAMETER = "PARAMETER", "Parameter"


@dataclass(frozen=True, kw_only=True)
class StatedInput:
    """A state of a data set that a version was made or measured with.

    `digest` is of the content, or stands for the source system's own `revision` of it; it is
    empty where nobody said which state of the data was read.
    """

    name: str
    digest: str
    purpose: DataPurpose
    revision: str = ""
    rows: int | None = None
    period_start: date | None = None
    period_end: date | None = None


@dataclass(frozen=True, kw_only=True)
class StatedParent:
    """A version of this portal, by model and number. `field` is where it was said."""

    model: str
    number: int
    relation: ParentRelation
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class StatedFact:
    kind: LineageFactKind
    value: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class StatedLineage:
    """What somebody says of where a version comes from, before it becomes rows."""

    inputs: tuple[StatedInput, ...] = ()
    parents: tuple[StatedParent, ...] = ()
    facts: tuple[StatedFact, ...] = ()


def snapshot_digest(text: str) -> str:
    """Return the digest as snapshots are known by: SHA-256 without its prefix, in small letters."""
    match = _PREFIXED.fullmatch(text)
    return match[1].lower() if match else text


def run_key(run_id: str) -> str:
    """Return the 32 hex digits of a run: MLflow's run id and OpenLineage's UUID say the same.

    Empty for a run id of any other form, which OpenLineage cannot name.
    """
    digits = run_id.replace("-", "").lower()
    return digits if _RUN.fullmatch(digits) else ""


def version_address(name: str, number: int) -> str:
    return f"models:/{name}/{number}"


def addressed_version(text: str) -> tuple[str, int] | None:
    """Read `models:/NAME/NUMBER`; None for anything else."""
    match = VERSION_ADDRESS.fullmatch(text)
    return (match["name"], int(match["number"])) if match else None


def stated_lineage(lineage: Mapping[str, Any], *, source: str) -> StatedLineage:
    """Return the rows that a registration's lineage and source amount to."""
    return StatedLineage(
        inputs=once_each_input(_stated_inputs(lineage)),
        parents=tuple({(p.model, p.number): p for p in _stated_parents(lineage, source)}.values()),
        facts=tuple(dict.fromkeys(_stated_facts(lineage))),
    )


def once_each_input(inputs: Iterable[StatedInput]) -> tuple[StatedInput, ...]:
    """Keep the first of those that say the same but for the period."""
    found: dict[tuple[object, ...], StatedInput] = {}
    for said in inputs:
        found.setdefault((said.name, said.digest, said.purpose, said.rows), said)
    return tuple(found.values())


def _stated_inputs(lineage: Mapping[str, Any]) -> Iterator[StatedInput]:
    """The one `dataset` of a registration is what its metrics were measured on."""
    measured = lineage.get("dataset")
    said = lineage.get("datasets", ())
    if isinstance(measured, Mapping) and not _says_again(measured, said):
        yield _stated_input(measured, default=DataPurpose.EVALUATION)
    for entry in said:
        yield _stated_input(entry, default=DataPurpose.TRAINING)


def _says_again(measured: Mapping[str, Any], said: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether the longer list says for what the data set of the metrics was used."""
    digest = snapshot_digest(str(measured.get("digest", "")))
    return any(
        snapshot_digest(entry["digest"]) == digest
        and entry.get("purpose") == DataPurpose.EVALUATION
        for entry in said
    )


def _stated_input(entry: Mapping[str, Any], *, default: DataPurpose) -> StatedInput:
    rows, period = entry.get("rows"), entry.get("period", {})
    return StatedInput(
        name=str(entry.get("name") or "")[:MAX_LABEL],
        digest=snapshot_digest(str(entry.get("digest") or ""))[:MAX_SNAPSHOT],
        purpose=DataPurpose(entry.get("purpose", default)),
        rows=rows if isinstance(rows, int) and rows >= 0 else None,
        period_start=_day(period.get("from")),
        period_end=_day(period.get("to")),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _stated_parents(lineage: Mapping[str, Any], source: str) -> Iterator[StatedParent]:
    for index, entry in enumerate(lineage.get("parents", ())):
        yield StatedParent(
            model=entry["model"],
            number=entry["version"],
            relation=ParentRelation(entry.get("relation", ParentRelation.DERIVED)),
            field=f"parents.{index}",
        )
    # Last, so that nothing said beside it makes a copy anything else.
    if copied := addressed_version(source):
        yield StatedParent(model=copied[0], number=copied[1], relation=ParentRelation.COPIED)


def _stated_facts(lineage: Mapping[str, Any]) -> Iterator[StatedFact]:
    kind = LineageFactKind
    if commit := lineage.get("git_commit"):
        yield StatedFact(kind=kind.GIT_COMMIT, value=str(commit)[:MAX_VALUE])
    for code in lineage.get("feature_code", ()):
        yield StatedFact(kind=kind.FEATURE_CODE, name=code["name"], value=code["digest"])
    if image := lineage.get("container_image"):
        yield StatedFact(kind=kind.CONTAINER_IMAGE, value=image)
    for name, value in lineage.get("parameters", {}).items():
        yield StatedFact(kind=kind.PARAMETER, name=name, value=value)
