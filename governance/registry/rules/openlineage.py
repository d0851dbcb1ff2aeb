"""OpenLineage events: what the published schema says of their form, and what they tell us."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry, Resource

from governance.core.canonical import canonical, sha256_hex
from governance.core.errors import InvalidInput, Problem, invalid
from governance.registry.rules.lineage import (
    MAX_LABEL,
    MAX_VALUE,
    DataPurpose,
    LineageFactKind,
    ParentRelation,
    StatedFact,
    StatedInput,
    StatedLineage,
    StatedParent,
    addressed_version,
    once_each_input,
    run_key,
    snapshot_digest,
    version_address,
)

MAX_EVENT = 1024 * 1024
MAX_DATASETS = 500
MAX_PROBLEMS = 20
MAX_ROWS = 2**63 - 1
ENDED_BADLY = {"ABORT", "FAIL"}
RUN_KEY = "run:"

_FOLDER = Path(__file__).parent.parent / "data" / "openlineage"
_SCHEMAS: dict[str, Any] = {
    path.stem: json.loads(path.read_text()) for path in sorted(_FOLDER.glob("*.json"))
}
_CORE = _SCHEMAS["OpenLineage"]["$id"]
# Every schema that another refers to is in here: nothing is ever fetched.
_REGISTRY: Registry[Any] = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in _SCHEMAS.values()
)
_DAY = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S*")
_CONTENT_DIGEST = re.compile(r"([a-z0-9]{2,12}:)?[0-9a-fA-F]{32,128}")
_FORMATS = jsonschema.FormatChecker(formats=["uuid"])


@_FORMATS.checks("date-time", raises=(ValueError, OverflowError))
def _is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(re.fullmatch(_DAY, value)) and bool(_moment(value))


@_FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(_URI.fullmatch(value))


_FACETS = {
    "run": ("ParentRunFacet", "ExecutionParametersRunFacet"),
    "job": ("SourceCodeLocationJobFacet",),
    "facets": ("DatasetVersionDatasetFacet", "TagsDatasetFacet"),
    "inputFacets": ("DataQualityMetricsInputDatasetFacet", "InputStatisticsInputDatasetFacet"),
}
"""What is read, by where it stands."""

_VALIDATORS = {
    schema: jsonschema.Draft202012Validator(
        _SCHEMAS[schema], registry=_REGISTRY, format_checker=_FORMATS
    )
    for schemas in _FACETS.values()
    for schema in schemas
} | {
    event: jsonschema.Draft202012Validator(
        {"$ref": f"{_CORE}#/$defs/{event}"}, registry=_REGISTRY, format_checker=_FORMATS
    )
    for event in ("RunEvent", "JobEvent")
}


@dataclass(frozen=True, kw_only=True)
class ReportedEvent:
    """One event. `keys` are what versions are found by: `run:` and 32 hex digits, `models:/N/1`.

    `text` is JSON in ASCII with sorted keys, and `digest` its SHA-256: an event that is sent again
    has the same.
    """

    text: str
    digest: str
    event_type: str
    event_time: datetime
    run_id: str
    keys: tuple[str, ...]
    stated: StatedLineage


def read_event(body: Any) -> ReportedEvent:
    """Check an event against the published schema and read what it says.

    Raises InvalidInput, with each field that breaks the schema.
    """
    try:
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
        _check(body, text)
        stated = _stated(body)
    except RecursionError:
        raise invalid("event", "depth", "No event is nested as deeply as this.") from None
    run = body.get("run", {})
    return ReportedEvent(
        text=text,
        digest=sha256_hex(text.encode()),
        event_type=body.get("eventType", ""),
        event_time=_moment(body["eventTime"]),
        run_id=run_key(run.get("runId", "")),
        keys=tuple(dict.fromkeys([*_run_keys(run), *_named_versions(body)])),
        stated=stated,
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def _check(body: Any, text: str) -> None:
    if not isinstance(body, dict):
        raise invalid("event", "object", "Send one OpenLineage event: a JSON object.")
    if len(text) > MAX_EVENT:
        raise invalid("event", "length", f"An event has at most {MAX_EVENT} characters.")
    for name in ("inputs", "outputs"):
        if isinstance(body.get(name), list) and len(body[name]) > MAX_DATASETS:
            raise invalid(name, "length", f"{name}: at most {MAX_DATASETS} data sets.")
    kind = _kind(body)
    problems = list(islice(_problems(kind, body, ""), MAX_PROBLEMS))
    # Facets are looked for only where the event itself has the right form.
    problems = problems or list(islice(_facet_problems(body), MAX_PROBLEMS))
    if problems:
        raise InvalidInput(*problems)


def _kind(body: Mapping[str, Any]) -> str:
    if "run" in body:
        return "RunEvent"
    if "job" in body:
        return "JobEvent"
    what = "A DatasetEvent" if "dataset" in body else "This"
    message = f"{what} does not say how a version was made. Send a RunEvent or a JobEvent."
    raise invalid("event", "kind", message)


def _facet_problems(body: Mapping[str, Any]) -> Iterator[Problem]:
    for kind, place, facets in _facets(body):
        for schema in _FACETS[kind]:
            names = _SCHEMAS[schema]["properties"]
            said = {name: facets[name] for name in names if _facet(facets, name)}
            yield from _problems(schema, said, place)


def _facets(body: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for part in ("run", "job"):
        yield part, f"{part}.facets.", body.get(part, {}).get("facets", {})
    for index, dataset in enumerate(body.get("inputs", ())):
        for key in ("facets", "inputFacets"):
            yield key, f"inputs.{index}.{key}.", dataset.get(key, {})


def _problems(schema: str, value: Any, place: str) -> Iterator[Problem]:
    for error in _VALIDATORS[schema].iter_errors(value):
        # `anyOf` has one branch in these schemas: what it says is what is wrong.
        while error.context:
            error = error.context[0]
        path = ".".join(ascii(part).strip("'") for part in error.absolute_path)
        field = (place + path)[:MAX_LABEL].rstrip(".") or "event"
        message = f"{field}: {error.message[:200]}"
        yield Problem(field=field, rule=str(error.validator), message=message)


def _run_keys(run: Mapping[str, Any]) -> Iterator[str]:
    """Yield the run itself, the one it is a part of, and MLflow's where a facet names it."""
    facets = run.get("facets", {})
    parent, mlflow = _facet(facets, "parent"), _facet(facets, "mlflow")
    said = (
        run.get("runId"),
        mlflow.get("runId") or mlflow.get("run_id"),
        parent.get("run", {}).get("runId"),
        parent.get("root", {}).get("run", {}).get("runId"),
    )
    keys = (run_key(text) for text in said if isinstance(text, str))
    return (f"{RUN_KEY}{key}" for key in keys if key)


def _named_versions(body: Mapping[str, Any]) -> Iterator[str]:
    for dataset in body.get("outputs", ()):
        if found := addressed_version(dataset["name"]):
            yield version_address(*found)[:MAX_LABEL]


def _facet(facets: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    facet: Mapping[str, Any] = facets.get(name, {})
    return {} if facet.get("_deleted") else facet


def _stated(body: Mapping[str, Any]) -> StatedLineage:
    """Read the facts; a run that failed made nothing."""
    if body.get("eventType") in ENDED_BADLY:
        return StatedLineage()
    inputs, parents = [], []
    for index, dataset in enumerate(body.get("inputs", ())):
        if found := addressed_version(dataset["name"]):
            relation = ParentRelation.DERIVED
            parents.append(StatedParent(model=found[0], number=found[1], relation=relation))
        else:
            inputs.append(_input(dataset, f"inputs.{index}"))
    return StatedLineage(
        inputs=once_each_input(inputs),
        parents=tuple(dict.fromkeys(parents)),
        facts=tuple(dict.fromkeys([*_commits(body), *_parameters(body)])),
    )


def _input(dataset: Mapping[str, Any], field: str) -> StatedInput:
    name = f"{dataset['namespace'].rstrip('/')}/{dataset['name'].lstrip('/')}"
    version = _facet(dataset.get("facets", {}), "version").get("datasetVersion", "")
    for text in (name, version):
        if text and not text.isprintable():
            raise invalid(field, "text", f"{field}: names and versions are lines of text.")
    digest, revision = _state(dataset, version)
    return StatedInput(
        name=name[:MAX_LABEL],
        digest=digest,
        revision=revision,
        purpose=_purpose(dataset),
        rows=_rows(dataset.get("inputFacets", {})),
    )


def _state(dataset: Mapping[str, Any], version: str) -> tuple[str, str]:
    """Return the digest, and the source system's own version where that is no digest.

    Such a version says something within its own data set only, so the digest is of both.
    """
    if _CONTENT_DIGEST.fullmatch(version) and len(version) <= 100:
        return snapshot_digest(version), ""
    if not version:
        return "", ""
    named = canonical([dataset["namespace"], dataset["name"], version])
    return f"revision:{sha256_hex(named.encode())}", version[:MAX_LABEL]


def _purpose(dataset: Mapping[str, Any]) -> DataPurpose:
    """Training, unless a tag of the data set named `purpose` says otherwise."""
    for tag in _facet(dataset.get("facets", {}), "tags").get("tags", ()):
        if tag["key"] == "purpose" and "field" not in tag:
            said = tag["value"].upper()
            return DataPurpose(said) if said in DataPurpose.values else DataPurpose.OTHER
    return DataPurpose.TRAINING


def _rows(facets: Mapping[str, Any]) -> int | None:
    """Return how many rows were checked, else how many were read."""
    for name in ("dataQualityMetrics", "inputStatistics"):
        rows = _facet(facets, name).get("rowCount")
        if rows is not None and 0 <= rows <= MAX_ROWS:
            return int(rows)
    return None


def _commits(body: Mapping[str, Any]) -> Iterator[StatedFact]:
    place = _facet(body.get("job", {}).get("facets", {}), "sourceCodeLocation")
    commit, name = place.get("version", ""), place.get("repoUrl") or place.get("url", "")
    if commit and commit.isprintable() and name.isprintable():
        yield StatedFact(
            kind=LineageFactKind.GIT_COMMIT, value=commit[:MAX_VALUE], name=name[:MAX_LABEL]
        )


def _parameters(body: Mapping[str, Any]) -> Iterator[StatedFact]:
    facets = body.get("run", {}).get("facets", {})
    for said in _facet(facets, "executionParameters").get("parameters", ())[:MAX_DATASETS]:
        key, value = said["key"], said.get("value", "")
        if value and (key + value).isprintable():
            yield StatedFact(
                kind=LineageFactKind.PARAMETER, name=key[:MAX_LABEL], value=value[:MAX_VALUE]
            )
