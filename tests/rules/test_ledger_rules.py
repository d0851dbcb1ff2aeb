"""What may stand in an entry, and that our code makes what the format's vectors say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from governance.audit import merkle
from governance.audit.rules import (
    Entry,
    NotAdmissible,
    Verb,
    admissible,
    check_facts,
    entry_hash,
    front_of,
    prose_digest,
    stream_id,
)
from governance.core.canonical import NotCanonical
from tests.rules.test_ledger_format import VECTORS

AT = datetime(2026, 11, 19, 10, 12, 40, tzinfo=UTC)


def entry(**changes: Any) -> Entry:
    values: dict[str, Any] = {
        "stream": "firm",
        "seq": 1,
        "at": AT,
        "verb": "unit.created",
        "subject": "firm",
        "actor": "system:console",
        "source": "COMMAND",
        "request": "",
        "facts": {},
        "states": {},
    }
    return Entry(**(values | changes))


@pytest.mark.parametrize("vector", VECTORS["entries"])
def test_entry_text_and_hash_are_those_of_the_format(vector: dict[str, str]) -> None:
    body = json.loads(vector["text"])
    del body["format"]
    body["at"] = datetime.fromisoformat(body["at"])
    body["states"] = dict(reversed(body["states"]))
    text = Entry(**body).text()
    assert text == vector["text"]
    assert entry_hash(previous=vector["previous"], text=text) == vector["hash"]
    assert front_of(vector["hash"]) == UUID(vector["id"])


def test_streams_and_prose_are_those_of_the_format() -> None:
    for stream in VECTORS["streams"]:
        assert stream_id(stream["name"]) == UUID(stream["id"])
    prose = VECTORS["prose"]
    assert prose_digest(salt=prose["salt"], text=prose["text"]) == prose["digest"]


@pytest.mark.parametrize("tree", VECTORS["trees"])
def test_tree_root_is_that_of_the_format(tree: dict[str, Any]) -> None:
    assert merkle.root([bytes.fromhex(leaf) for leaf in tree["leaves"]]).hex() == tree["root"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stream", "Firm"),
        ("stream", "model:churn"),
        ("stream", "firm "),
        ("subject", "Ada Lovelace"),
        ("subject", ""),
        ("actor", "ada@meridian.example"),
        ("actor", ""),
        ("request", "a b"),
        ("request", "x" * 65),
    ],
)
def test_what_is_no_reference_is_refused(field: str, value: str) -> None:
    with pytest.raises(NotAdmissible, match=field):
        entry(**{field: value}).text()


@pytest.mark.parametrize(
    "facts",
    [
        {"reason": "x" * 201},
        {"reason": "two\nlines"},
        {"reason": "tab\there"},
        {"reason": "bell\x07"},
        {"who": "ada.lovelace@meridian.example"},
        {"list": [{"who": "write to ada@meridian.example"}]},
        {"a key with spaces": 1},
        {"": 1},
        {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}},
    ],
)
def test_facts_that_could_be_free_text_or_a_person_are_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(NotAdmissible, match=r"^facts"):
        entry(facts=facts).text()


@pytest.mark.parametrize("value", [0.5, float("nan"), 2**53, -(2**53), b"x", {1, 2}, object()])
def test_facts_that_machines_print_differently_are_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        entry(facts={"value": value}).text()


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NotCanonical, match="zone"):
        entry(at=AT.replace(tzinfo=None)).text()


def test_ordinary_facts_are_admitted() -> None:
    check_facts(
        {
            "metric": "f1@0.5",
            "value": Decimal("0.8225"),
            "name": "Retail – Zürich (Tier 1)",
            "digests": ["sha256:" + "ab" * 32],
            "metric.accuracy@train": True,
            "none": None,
            "verb": Verb.MODEL_CREATED,
        }
    )


def test_a_refusal_keeps_only_what_may_stand() -> None:
    facts = {"to": "Production", "reason": "one\ntwo", "score": 0.1, "missing": (Decimal("1.0"),)}
    assert admissible(facts) == {"to": "Production", "missing": ["1.0"]}


def test_verbs_are_noun_and_past_tense() -> None:
    for verb in Verb:
        assert verb.name == verb.value.replace(".", "_").upper()
        assert verb.value.count(".") == 1
