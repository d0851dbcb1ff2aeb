"""OpenLineage events against the published schema, and what they tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from governance.core.errors import InvalidInput
from governance.registry.rules import DataPurpose, LineageFactKind
from governance.registry.rules.openlineage import MAX_EVENT, ReportedEvent, read_event
from tests.lineage_events import CORE, PRODUCER, RUN, child_of, dataset, facet, output, run_event

CLIENTS_EVENTS = Path(__file__).parents[1] / "openlineage" / "python-client-1.54.0.json"
# spec/tests/example_full_event.json of OpenLineage, which its own schema tests hold valid.
PUBLISHED = {
    "eventTime": "2023-07-17T10:54:22.355067Z",
    "eventType": "COMPLETE",
    "inputs": [],
    "job": {
        "facets": {
            "sql": {"query": "SELECT 1", "_producer": "http://123", "_schemaURL": "http://123"}
        },
        "name": "dbt",
        "namespace": "food_delivery",
    },
    "outputs": [],
    "producer": "https://github.com/OpenLineage/OpenLineage/tree/0.30.0/integration/airflow",
    "run": {"facets": {}, "runId": "f69a6e9b-9bac-3c9a-9cf6-eacb70ecc9a9"},
    "dataset": {"namespace": "123", "name": "1"},
    "schemaURL": "https://openlineage.io/spec/1-0-5/OpenLineage.json#/definitions/RunEvent",
}
JOB_EVENT = {
    "eventTime": "2026-03-02T09:14:07+01:00",
    "producer": PRODUCER,
    "schemaURL": f"{CORE}/JobEvent",
    "job": {"namespace": "risk", "name": "churn.train"},
    "inputs": [dataset()],
    "outputs": [output("models:/churn-model/1")],
}


def test_a_run_event_tells_data_code_and_run() -> None:
    event = read_event(run_event())
    assert (event.run_id, event.event_type) == (RUN, "COMPLETE")
    assert event.event_time.isoformat() == "2026-03-02T09:14:07.512000+00:00"
    assert event.keys == (f"run:{RUN}",)
    (read,) = event.stated.inputs
    assert (read.name, read.digest, read.rows) == (
        "s3://lake/warehouse/churn/train",
        "b" * 64,
        48211,
    )
    assert read.purpose == DataPurpose.TRAINING
    (commit,) = event.stated.facts
    assert (commit.kind, commit.value[:4]) == (LineageFactKind.GIT_COMMIT, "4f1c")
    assert commit.name == "https://git.bank.example/risk/churn"


def test_an_event_sent_again_has_the_same_digest() -> None:
    body = run_event()
    again = dict(reversed(body.items()))
    assert read_event(body).digest == read_event(again).digest
    assert read_event(run_event(kind="START")).digest != read_event(body).digest


def test_published_and_job_events_pass() -> None:
    assert read_event(PUBLISHED).run_id == UUID(PUBLISHED["run"]["runId"]).hex  # type: ignore[index]
    event = read_event(JOB_EVENT)
    assert (event.run_id, event.event_type, event.keys) == ("", "", ("models:/churn-model/1",))


def test_events_of_the_python_client_pass() -> None:
    """`tests/openlineage` holds what openlineage-python 1.54.0 sent, as it went over the wire."""
    start, complete = map(read_event, json.loads(CLIENTS_EVENTS.read_text()))
    assert start.keys[0] == f"run:{RUN}"
    assert "models:/churn-model/1" in complete.keys
    assert [(said.name, said.purpose, said.rows) for said in complete.stated.inputs] == [
        ("s3://lake/warehouse/churn/train", DataPurpose.TRAINING, 48211),
        ("postgres://crm:5432/crm.public.customers", DataPurpose.EVALUATION, None),
    ]


def keys(body: dict[str, Any]) -> set[str]:
    return set(read_event(body).keys)


def test_a_version_is_found_by_its_run_the_run_above_or_mlflows() -> None:
    assert f"run:{RUN}" in keys(child_of(RUN))
    mlflow = facet("mlflow.json", runId=RUN, experimentId="7")
    other = "1" * 32
    assert keys(
        run_event(other, run={"runId": str(UUID(other)), "facets": {"mlflow": mlflow}})
    ) == {
        f"run:{other}",
        f"run:{RUN}",
    }
    assert "models:/churn-model/4" in keys(run_event(outputs=[output("models:/churn-model/4")]))


def inputs(*datasets: dict[str, Any], **changed: Any) -> ReportedEvent:
    return read_event(run_event(inputs=list(datasets), **changed))


def test_a_version_of_the_source_system_counts_within_its_data_set() -> None:
    (first, second) = inputs(dataset("a", version="17"), dataset("b", version="17")).stated.inputs
    assert first.revision == second.revision == "17"
    assert first.digest != second.digest
    assert first.digest.startswith("revision:")
    (unknown,) = inputs(dataset("a")).stated.inputs
    assert (unknown.digest, unknown.revision) == ("", "")


@pytest.mark.parametrize(
    ("said", "purpose"),
    [("evaluation", "EVALUATION"), ("Training", "TRAINING"), ("audit", "OTHER")],
)
def test_a_tag_says_what_the_data_was_for(said: str, purpose: str) -> None:
    assert inputs(dataset(purpose=said)).stated.inputs[0].purpose == purpose


def test_an_input_that_is_a_version_is_a_parent() -> None:
    stated = inputs(dataset("models:/base/2")).stated
    assert stated.inputs == ()
    assert [(p.model, p.number) for p in stated.parents] == [("base", 2)]


def test_parameters_are_facts() -> None:
    said = facet(
        "1-0-0/ExecutionParametersRunFacet.json",
        parameters=[{"key": "depth", "value": "6"}, {"key": "seed"}, {"key": "x", "value": "a\nb"}],
    )
    run = {"runId": str(UUID(RUN)), "facets": {"executionParameters": said}}
    facts = read_event(run_event(run=run)).stated.facts
    assert [(f.name, f.value) for f in facts if f.kind == LineageFactKind.PARAMETER] == [
        ("depth", "6")
    ]


@pytest.mark.parametrize("kind", ["FAIL", "ABORT"])
def test_a_run_that_failed_made_nothing(kind: str) -> None:
    event = read_event(run_event(kind=kind))
    assert event.keys
    assert event.stated.inputs == event.stated.facts == ()


def test_a_deleted_facet_says_nothing() -> None:
    read = dataset(version="b" * 64)
    read["facets"]["version"] = facet("1-0-1/DatasetVersionDatasetFacet.json", _deleted=True)
    assert inputs(read).stated.inputs[0].digest == ""


def bad_facet(**said: Any) -> list[dict[str, Any]]:
    return [dataset() | {"facets": {"version": said}}]


@pytest.mark.parametrize(
    ("changed", "field", "rule"),
    [
        ({"eventTime": "yesterday"}, "eventTime", "format"),
        ({"eventTime": "2026-03-02"}, "eventTime", "format"),
        ({"eventTime": "2026-03-02T09:14:07"}, "eventTime", "format"),
        ({"eventTime": "9999-12-31T23:59:59-12:00"}, "eventTime", "format"),
        ({"eventTime": 5}, "eventTime", "type"),
        ({"eventType": "DONE"}, "eventType", "enum"),
        ({"producer": "somebody"}, "producer", "format"),
        ({"run": None}, "run", "type"),
        ({"run": {}}, "run", "required"),
        ({"run": {"runId": RUN}}, "run.runId", "format"),
        ({"job": {"name": "x"}}, "job", "required"),
        ({"inputs": {}}, "inputs", "type"),
        ({"inputs": [5]}, "inputs.0", "type"),
        ({"inputs": [{"name": "x"}]}, "inputs.0", "required"),
        ({"inputs": [{"name": "x", "namespace": "y"}] * 501}, "inputs", "length"),
        ({"inputs": [{"name": "x\u0000", "namespace": "y"}]}, "inputs.0", "text"),
        ({"inputs": bad_facet(datasetVersion="1")}, "inputs.0.facets.version", "required"),
        (
            {"inputs": bad_facet(**facet("v", datasetVersion=1))},
            "inputs.0.facets.version.datasetVersion",
            "type",
        ),
        ({"extra": "x" * MAX_EVENT}, "event", "length"),
    ],
)
def test_what_breaks_the_schema_is_named(changed: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_event(run_event(**changed))
    assert (field, rule) in {(p.field, p.rule) for p in caught.value.problems}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ([], "object"),
        (None, "object"),
        ("event", "object"),
        ({}, "kind"),
        ({"dataset": {"namespace": "a", "name": "b"}}, "kind"),
    ],
)
def test_what_is_no_event_of_a_run_or_job_is_refused(body: Any, rule: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_event(body)
    assert caught.value.problems[0].rule == rule


def test_depth_is_refused_and_not_a_fault() -> None:
    deep: Any = {}
    for _ in range(5000):
        deep = {"x": deep}
    with pytest.raises(InvalidInput):
        read_event(run_event(extra=deep))
