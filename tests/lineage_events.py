"""OpenLineage events as producers send them, for tests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

RUN = "5f0c3b1e9a7d4c2f8b6e1d0a9c8b7f6e"
PRODUCER = "https://github.com/OpenLineage/OpenLineage/tree/1.52.0/integration/spark"
FACETS = "https://openlineage.io/spec/facets"
CORE = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs"


def facet(schema: str, **said: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{FACETS}/{schema}"} | said


def dataset(
    name: str = "warehouse/churn/train", *, version: str = "", rows: int | None = None, **tags: str
) -> dict[str, Any]:
    """Return an input as Spark's integration reports it."""
    facets: dict[str, Any] = {}
    if version:
        facets["version"] = facet("1-0-1/DatasetVersionDatasetFacet.json", datasetVersion=version)
    if tags:
        listed = [{"key": key, "value": value} for key, value in tags.items()]
        facets["tags"] = facet("1-0-0/TagsDatasetFacet.json", tags=listed)
    said: dict[str, Any] = {"namespace": "s3://lake", "name": name, "facets": facets}
    if rows is not None:
        counted = facet("1-0-0/InputStatisticsInputDatasetFacet.json", rowCount=rows, size=1 << 20)
        said["inputFacets"] = {"inputStatistics": counted}
    return said


def output(name: str) -> dict[str, Any]:
    return {"namespace": "mlflow", "name": name, "facets": {}}


def run_event(identifier: str = RUN, *, kind: str = "COMPLETE", **changed: Any) -> dict[str, Any]:
    """Return a run event that passes the published schema."""
    place = facet(
        "1-1-0/SourceCodeLocationJobFacet.json",
        type="git",
        url="https://git.bank.example/risk/churn/blob/4f1c/train.py",
        repoUrl="https://git.bank.example/risk/churn",
        version="4f1c9e0d2b7a6c5e8f3d1a0b9c8d7e6f5a4b3c2d",
    )
    return {
        "eventType": kind,
        "eventTime": "2026-03-02T09:14:07.512Z",
        "producer": PRODUCER,
        "schemaURL": f"{CORE}/RunEvent",
        "run": {"runId": str(UUID(hex=identifier)), "facets": {}},
        "job": {
            "namespace": "risk",
            "name": "churn.train",
            "facets": {"sourceCodeLocation": place},
        },
        "inputs": [dataset(version="b" * 64, rows=48211)],
        "outputs": [],
    } | changed


def child_of(run: str, **changed: Any) -> dict[str, Any]:
    """Return the event of a step of another run, such as one task of a workflow."""
    parent = facet(
        "1-2-0/ParentRunFacet.json",
        run={"runId": str(UUID(hex=run))},
        job={"namespace": "risk", "name": "churn"},
    )
    step = {"runId": "0193a1b2-3c4d-7e5f-8a6b-9c0d1e2f3a4b", "facets": {"parent": parent}}
    return run_event(**({"run": step} | changed))
