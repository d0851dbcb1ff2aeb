"""What a pipeline says of a new version: its parts, its label, and the digest of it all."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from governance.core.errors import InvalidInput
from governance.registry.rules import (
    ArtifactFact,
    PartFact,
    Registration,
    check_label,
    notice_headers,
    parse_bundle,
)

HEX = "ab" * 32
BASE = {"provider": "mistral", "name": "small", "version": "2409"}
BUNDLE: dict[str, Any] = {
    "base_model": BASE,
    "adapter": {"name": "tone", "sha256": HEX},
    "system_prompt": {"name": "agent", "version": "12", "sha256": f"sha256:{HEX}"},
    "tools": [{"name": "search", "sha256": HEX}, {"name": "refund", "sha256": HEX}],
    "retrieval_index": {"name": "policies", "sha256": HEX},
    "guardrails": {"name": "pii", "version": "3", "sha256": HEX},
}


def test_a_bundle_is_read_part_by_part() -> None:
    assert parse_bundle(json.dumps(BUNDLE)) == (
        PartFact(kind="BASE_MODEL", name="mistral/small", revision="2409"),
        PartFact(kind="ADAPTER", name="tone", sha256=HEX),
        PartFact(kind="SYSTEM_PROMPT", name="agent", revision="12", sha256=HEX),
        PartFact(kind="TOOL", name="search", sha256=HEX),
        PartFact(kind="TOOL", name="refund", sha256=HEX),
        PartFact(kind="RETRIEVAL_INDEX", name="policies", sha256=HEX),
        PartFact(kind="GUARDRAIL", name="pii", revision="3", sha256=HEX),
    )


@pytest.mark.parametrize(
    ("said", "field", "rule"),
    [
        ("no json", "", "json"),
        ("[" * 100_000, "", "json"),
        ('{"adapter": 1, "adapter": 2}', "", "json"),
        ([], "", "object"),
        ({}, "", "object"),
        ({"model": BASE}, "model", "unknown"),
        ({"base_model": "small"}, "base_model", "object"),
        ({"base_model": {**BASE, "size": "7b"}}, "base_model.size", "unknown"),
        ({"base_model": {**BASE, "version": ""}}, "base_model.version", "required"),
        ({"base_model": {**BASE, "version": 2409}}, "base_model.version", "required"),
        ({"base_model": {**BASE, "name": "n" * 100}}, "base_model.name", "line"),
        ({"base_model": {**BASE, "name": "two\nlines"}}, "base_model.name", "line"),
        ({"base_model": {**BASE, "name": "nul\x00"}}, "base_model.name", "line"),
        ({"base_model": {**BASE, "name": " small"}}, "base_model.name", "line"),
        ({"adapter": {"name": "tone", "sha256": HEX[:-1]}}, "adapter.sha256", "sha256"),
        ({"adapter": {"name": "tone", "sha256": HEX.upper()}}, "adapter.sha256", "sha256"),
        ({"tools": {"name": "search", "sha256": HEX}}, "tools", "list"),
        ({"tools": []}, "tools", "list"),
        ({"tools": [{"name": "t", "sha256": HEX}] * 201}, "tools", "list"),
        ({"tools": [*BUNDLE["tools"], BUNDLE["tools"][0]]}, "tools", "once"),
        ({"tools": [{"name": "search"}]}, "tools.0.sha256", "required"),
    ],
)  # fmt: skip
def test_a_wrong_bundle_names_field_and_rule(said: Any, field: str, rule: str) -> None:
    text = said if isinstance(said, str) else json.dumps(said)
    with pytest.raises(InvalidInput) as caught:
        parse_bundle(text)
    wanted = ".".join(filter(None, ("tags.countersign.bundle", field)))
    assert [(p.field, p.rule) for p in caught.value.problems] == [(wanted, rule)]


def test_every_wrong_field_is_named_at_once() -> None:
    said = {"adapter": {}, "guardrails": {"name": "pii", "version": "3", "sha256": "?"}}
    with pytest.raises(InvalidInput) as caught:
        parse_bundle(json.dumps(said))
    assert [p.field.removeprefix("tags.countersign.bundle.") for p in caught.value.problems] == [
        "adapter.name", "adapter.sha256", "guardrails.sha256",
    ]  # fmt: skip


PLAIN = Registration(
    source="models:/m-1",
    run_id="run-1",
    artifacts=(ArtifactFact(path="model.pkl", sha256="a" * 64, size=1024),),
    lineage={"dataset": {"name": "holdout", "digest": "d" * 64, "rows": 2000}},
)


def test_the_digest_of_a_registration_without_parts_is_what_it_always_was() -> None:
    # Taken before a registration could have parts.
    assert PLAIN.digest(model="model:1", number=3) == (
        "b7dc9177c95ae0e4ae1ca83f6b3338b1333664e9edfd5a33f29651944262e9cf"
    )


def test_a_part_changes_the_digest() -> None:
    parts = parse_bundle(json.dumps(BUNDLE))
    bundle = Registration(source="models:/m-1", parts=parts)
    other = Registration(source="models:/m-1", parts=parts[:-1])
    digests = {one.digest(model="model:1", number=1) for one in (bundle, other)}
    digests.add(Registration(source="models:/m-1").digest(model="model:1", number=1))
    assert len(digests) == 3


GOOD = ["0.0.4", "1.2.3", "10.20.30", "1.1.2-prerelease+meta", "1.0.0-alpha.1", "1.0.0-0A.is.legal"]
BAD = ["", "1", "1.2", "1.2.3-", "01.1.1", "1.1.1-01", "v1.2.3", "1.2.3 ", "1.2.3\n", "1.2.3+é"]


@pytest.mark.parametrize("label", GOOD)
def test_a_label_is_a_semantic_version(label: str) -> None:
    check_label(label)


@pytest.mark.parametrize("label", [*BAD, f"1.2.3-{'a' * 60}"])
def test_what_is_no_label(label: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_label(label)
    assert caught.value.problems[0].rule == "semver"


def test_a_notice_is_never_to_end_before_it_begins() -> None:
    said = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert notice_headers(deprecated_at=said, from_date=date(2026, 4, 1)) == {
        "Deprecation": "@1772452800", "Sunset": "Wed, 01 Apr 2026 00:00:00 GMT",
    }  # fmt: skip
    assert notice_headers(deprecated_at=said, from_date=date(2026, 3, 2)) == {
        "Deprecation": "@1772409600", "Sunset": "Mon, 02 Mar 2026 00:00:00 GMT",
    }  # fmt: skip
