"""What a pack says of a version: parts, files, deprecation, lineage; and that it verifies."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.template.loader import render_to_string

from governance.approvals.actions import tick_check
from governance.core.canonical import canonical, sha256_hex
from governance.evidence import verify_pack
from governance.evidence.actions.making import context
from governance.evidence.queries.collecting import collect
from governance.evidence.rules.reading import Evidence
from governance.registry.actions import (
    comment_on_version,
    deprecate_version,
    label_version,
    record_artifact_check,
    register_version,
)
from governance.registry.actions.artifacts import READER
from governance.registry.actions.reported_lineage import report_lineage
from governance.registry.rules import ArtifactFact, PartFact, Registration
from governance.registry.rules.openlineage import read_event
from tests import factories as f
from tests.deciding_rules import make_bench
from tests.factories import NOON, Cast
from tests.lineage_events import RUN, run_event


@pytest.mark.django_db
def test_parts_readings_and_deprecations_are_printed_and_verify(cast: Cast) -> None:
    model = f.make_model(cast)
    f.make_policies(cast)
    fact = ArtifactFact(path="model.bin", sha256="a" * 64, size=3)
    registration = Registration(
        source="models:/m-1",
        artifacts=(fact,),
        parts=(
            PartFact(kind="BASE_MODEL", name="mistral/small", revision="2409"),
            PartFact(kind="TOOL", name="search", sha256="c" * 64),
        ),
    )
    version = register_version(
        model=model,
        registration=registration,
        tags={"metric.accuracy": "0.95"},
        actor=cast.developer,
        at=NOON,
    )
    label_version(version=version, label="2.1.0", actor=cast.developer, at=NOON)
    f.make_champion(cast, version)
    for found in ([fact], []):
        record_artifact_check(version=version, found=found, actor=READER, at=NOON)
    deprecate_version(
        version=version,
        from_date=NOON.date() + timedelta(days=30),
        reason="Use <3.0.0>.",
        actor=cast.owner,
        at=NOON,
    )
    text = canonical(collect([model]))
    checks = verify_pack.verify(text.encode())
    assert [check for check in checks if check.outcome == verify_pack.FAIL] == []

    page = render_to_string(
        "pdf/evidence-pack.html", dict(context(Evidence(text), sha256_hex(b"")))
    )
    for words in (
        "1 (2.1.0)", "mistral/small", "version 2409", "its provider keeps it", "c" * 64,
        "Differs from what was registered", "1 Apr 2026", "Use &lt;3.0.0&gt;.",
    ):  # fmt: skip
        assert words in page, words
    assert "Same as registered" not in page

    changed = text.replace('"revision":"2409"', '"revision":"2410"')
    assert changed != text
    assert any(c.outcome == verify_pack.FAIL for c in verify_pack.verify(changed.encode()))


@pytest.mark.django_db
def test_lineage_is_in_the_evidence_with_its_origin_and_verifies(cast: Cast) -> None:
    model = f.make_model(cast)
    lineage = {"datasets": [{"name": "train", "digest": "d" * 64, "rows": 7}]}
    registration = Registration(source="models:/m-1", run_id=RUN, lineage=lineage)
    register_version(model=model, registration=registration, actor=cast.developer, at=NOON)
    event, later = read_event(run_event()), NOON + timedelta(days=1)
    report_lineage(event=event, unit=cast.unit, actor=cast.developer, at=later)

    text = canonical(collect([model]))
    checks = verify_pack.verify(text.encode())
    assert [check for check in checks if check.outcome == verify_pack.FAIL] == []
    records = json.loads(text)["records"]
    assert {row["fields"]["origin"] for row in records["version_input"]} == {
        "REGISTERED",
        "OPENLINEAGE",
    }
    assert len(records["data_snapshot"]) == 2
    assert records["lineage_event"][0]["fields"]["digest"] == event.digest

    changed = text.replace('"rows":48211', '"rows":48212')
    assert changed != text
    assert any(c.outcome == verify_pack.FAIL for c in verify_pack.verify(changed.encode()))


@pytest.mark.django_db
def test_what_was_said_and_found_around_a_decision_is_printed(cast: Cast) -> None:
    bench = make_bench(cast)
    request = bench.request()
    comment_on_version(
        version=bench.version, text="Is the youngest slice thin?", actor=cast.validator, at=NOON
    )
    tick_check(
        request_id=request.pk, check_id="manual.legal-basis", holds=False,
        note="The contract ended in May.", actor=cast.compliance, at=NOON,
    )  # fmt: skip
    text = canonical(collect([bench.model]))
    page = render_to_string(
        "pdf/evidence-pack.html", dict(context(Evidence(text), sha256_hex(b"")))
    )
    assert "Is the youngest slice thin?" in page
    assert "The contract ended in May." in page
    assert "found that it does not hold" in page
    changed = text.replace("ended in May", "ends in May")
    assert any(c.outcome == verify_pack.FAIL for c in verify_pack.verify(changed.encode()))
