"""Entries as OCSF events, held against the schema as its makers publish it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from governance.audit import ocsf
from governance.audit.ocsf import ENTITY_MANAGEMENT, activity_of, event_of
from governance.audit.rules import Verb
from tests.ledger_entries import SOMEBODY, unsaved

HOME = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((HOME / "tests/ocsf/ocsf-1.4.0.json").read_text())
SERVICE = "service:2b3c4d5e-6f70-4182-93a4-b5c6d7e8f901"
OTHER_PERSON = "user:11111111-2222-4333-8444-555555555555"
FACTS: dict[str, dict[str, Any]] = {
    Verb.ROLE_GRANTED: {"user": OTHER_PERSON, "role": "VALIDATOR"},
    Verb.ROLE_ENDED: {"user": OTHER_PERSON, "role": "VALIDATOR"},
    Verb.DELEGATION_GIVEN: {"deputy": OTHER_PERSON, "role": "APPROVER"},
    Verb.DELEGATION_ENDED: {"deputy": OTHER_PERSON, "role": "APPROVER"},
    Verb.CALL_REFUSED: {"call": "portal:sign", "rule": "duties_not_separated"},
}
SCALARS = {
    "string_t": str, "username_t": str, "resource_uid_t": str, "integer_t": int, "long_t": int,
    "timestamp_t": int, "boolean_t": bool,
}  # fmt: skip


def wrong(event: dict[str, Any], shape: dict[str, Any], place: str = "event") -> list[str]:
    """Say where the event is not as the schema has it."""
    attributes = shape["attributes"]
    required = {key for key, one in attributes.items() if one.get("requirement") == "required"}
    found = [f"{place}.{key} is missing" for key in sorted(required - event.keys())]
    either = shape["constraints"].get("at_least_one", [])
    if either and not event.keys() & set(either):
        found.append(f"{place} has none of {either}")
    for key, value in event.items():
        if key not in attributes:
            found.append(f"{place}.{key} is not of the schema")
            continue
        one = attributes[key]
        for item in value if one.get("is_array") else [value]:
            found += _wrong_value(item, one, f"{place}.{key}")
    return found


def _wrong_value(value: Any, one: dict[str, Any], place: str) -> list[str]:
    kind = one["type"]
    if kind in SCHEMA["objects"]:
        return wrong(value, SCHEMA["objects"][kind], place)
    if not isinstance(value, SCALARS.get(kind, object)):
        return [f"{place} is no {kind}"]
    if one.get("enum") and str(value) not in one["enum"]:
        return [f"{place}: {value} is none of its values"]
    return []


def shape_of(event: dict[str, Any]) -> dict[str, Any]:
    return next(c for c in SCHEMA["classes"].values() if c["uid"] == event["class_uid"])


@pytest.mark.parametrize("verb", Verb.values)
def test_every_verb_becomes_an_event_of_the_schema(verb: str) -> None:
    event = event_of(unsaved(verb, **FACTS.get(verb, {})))
    shape = shape_of(event)
    assert wrong(event, shape) == []
    assert event["class_name"] == shape["caption"]
    captions = shape["attributes"]["activity_id"]["enum"]
    assert event["type_name"] == f"{shape['caption']}: {captions[str(event['activity_id'])]}"
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert (
        event["severity"] == shape["attributes"]["severity_id"]["enum"][str(event["severity_id"])]
    )


def test_the_check_finds_what_is_wrong() -> None:
    event = event_of(unsaved())
    shape = shape_of(event)
    assert wrong(event | {"nonsense": 1}, shape) == ["event.nonsense is not of the schema"]
    assert wrong(event | {"entity": {}}, shape) != []
    assert wrong(event | {"severity_id": 77}, shape) == [
        "event.severity_id: 77 is none of its values"
    ]
    del event["metadata"]
    assert wrong(event, shape) == ["event.metadata is missing"]


def test_an_event_holds_the_entry_whole_and_nothing_of_a_person() -> None:
    at = datetime(2026, 11, 19, 10, 12, 40, 125_000, tzinfo=UTC)
    entry = unsaved("version.promoted", subject="version:1", at=at, seq=7, final=True)
    event = event_of(entry)
    assert event["raw_data"] == entry.text
    assert event["time"] == 1_795_083_160_125
    assert event["metadata"] == {
        "version": "1.4.0", "product": {"name": "Countersign", "vendor_name": "Countersign"},
        "uid": entry.hash, "correlation_uid": "request-1", "event_code": "version.promoted",
        "log_name": "firm", "sequence": 7, "original_time": "2026-11-19T10:12:40.125000Z",
    }  # fmt: skip
    assert event["actor"] == {"user": {"uid": SOMEBODY, "type_id": 1, "type": "User"}}
    assert event["entity"] == {"uid": "version:1", "type": "version"}
    assert (event["activity_name"], event["status"]) == ("Enable", "Success")
    assert event["unmapped"]["facts"] == {"final": True}


def test_an_act_of_no_request_has_no_correlation() -> None:
    assert "correlation_uid" not in event_of(unsaved(request=""))["metadata"]


def test_a_role_is_of_whom_it_was_given_to() -> None:
    event = event_of(unsaved("role.granted", **FACTS["role.granted"]))
    assert (event["class_uid"], event["activity_name"]) == (3005, "Assign Privileges")
    assert (event["user"]["uid"], event["privileges"]) == (OTHER_PERSON, ["VALIDATOR"])
    lent = event_of(unsaved("delegation.ended", **FACTS["delegation.ended"]))
    assert (lent["user"]["uid"], lent["activity_name"]) == (OTHER_PERSON, "Revoke Privileges")


def test_a_refused_call_is_a_failure_that_stands_out() -> None:
    event = event_of(
        unsaved("call.refused", actor=SERVICE, source="MLFLOW", **FACTS["call.refused"])
    )
    assert (event["class_uid"], event["status"], event["severity"]) == (6003, "Failure", "Medium")
    assert (event["api"]["operation"], event["status_code"]) == (
        "portal:sign",
        "duties_not_separated",
    )
    assert event["actor"]["user"]["type"] == "Service"
    assert event["src_endpoint"] == {"svc_name": "MLFLOW"}


def test_a_broken_ledger_is_critical() -> None:
    assert event_of(unsaved("ledger.verified", intact=True))["severity"] == "Informational"
    assert event_of(unsaved("ledger.verified", intact=False))["severity"] == "Critical"


def test_a_verb_that_is_new_is_an_update_of_an_entity() -> None:
    assert activity_of("thing.polished") == (ENTITY_MANAGEMENT, ocsf.UPDATE)


def test_the_words_of_the_mapping_are_used() -> None:
    said = {verb.partition(".")[2] for verb in Verb.values}
    assert frozenset().union(*ocsf.WORDS.values()) - said == set()
    assert sum(map(len, ocsf.WORDS.values())) == len(frozenset().union(*ocsf.WORDS.values()))


def test_the_documentation_has_the_mapping_as_it_is() -> None:
    text = (HOME / "docs/ledger-reading.md").read_text()
    for verb, (kind, activity) in ocsf.ACTIVITIES.items():
        assert (
            f"| `{verb}` | {kind.uid} {kind.name} | {activity} {kind.activity(activity)} |" in text
        )
    for number, words in ocsf.WORDS.items():
        said = ", ".join(f"`{word}`" for word in sorted(words))
        assert f"| {number} {ENTITY_MANAGEMENT.activity(number)} | {said} |" in text
