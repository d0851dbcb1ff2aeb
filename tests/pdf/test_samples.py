"""The pack of a sample: what was listed, what was drawn, and the evidence of each row, verified."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from governance.accounts.models import User
from governance.core.canonical import canonical, digest
from governance.evidence import verify_pack
from governance.evidence.actions.making import draw
from governance.evidence.actions.populations import draw_sample, extract_population
from governance.evidence.actions.scoped import evidence_of
from governance.evidence.models import Sample
from governance.evidence.pades.keys import seal_key
from governance.evidence.pades.sealing import facts_of
from governance.evidence.queries.sample_packs import scope_of_sample
from governance.evidence.rules.populations.lists import Asked, PopulationKind
from governance.evidence.rules.populations.sampling import Draw, Method
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.pdf.support import text_of
from tests.story import live_through

pytestmark = pytest.mark.django_db
AFTER = later(days=30)


def sample_of(cast: Cast, kind: PopulationKind, size: int) -> Sample:
    population = extract_population(
        asked=Asked(kind=kind, since_date=NOON.date(), until_date=AFTER.date()),
        unit=cast.root,
        actor=cast.auditor,
        at=AFTER,
    )
    drawing = Draw(method=Method.RANDOM, seed="2026-Q1/417", size=size)
    return draw_sample(population=population, draw=drawing, actor=cast.auditor, at=AFTER)


def evidence(sample: Sample, reader: User) -> dict[str, Any]:
    scope = scope_of_sample(sample)
    return evidence_of(scope, by=reader.ref, at=AFTER, each=lambda place, of: None)


def outcomes(document: dict[str, Any]) -> dict[str, str]:
    return {one.subject: one.outcome for one in verify_pack.verify(canonical(document).encode())}


def resealed(document: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in document.items() if name != "seal"}
    return rest | {"seal": digest(rest)}


@pytest.fixture
def document(cast: Cast) -> dict[str, Any]:
    live_through(cast)
    return evidence(sample_of(cast, PopulationKind.FINDING, 1), cast.auditor)


SAMPLED = ("Population", "Control total", "Sample", "Sample, entries")


def test_the_evidence_of_a_sample_verifies(document: dict[str, Any]) -> None:
    found = outcomes(document)
    assert {name: found[name] for name in SAMPLED} == dict.fromkeys(SAMPLED, "PASS")
    assert "FAIL" not in found.values(), found
    assert document["sample"]["seed"] == "2026-Q1/417"
    assert len(document["streams"]) == 1


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        (lambda d: d["population"]["rows"][0].update(severity="HIGH"), "Population"),
        (lambda d: d["population"]["control"].update(told=2), "Control total"),
        (lambda d: d["sample"].update(seed="418"), "Sample"),
        (lambda d: d["sample"]["chosen"].clear(), "Sample"),
        (lambda d: d["population"]["rows"][0].update(entry="0" * 64), "Sample, entries"),
    ],
)
def test_a_forged_sample_fails_though_it_is_sealed_anew(
    document: dict[str, Any], change: Callable[[dict[str, Any]], object], subject: str
) -> None:
    forged = json.loads(canonical(document))
    change(forged)
    assert outcomes(resealed(forged))[subject] == "FAIL"


def test_the_pages_print_what_was_drawn_and_how(document: dict[str, Any]) -> None:
    drawn = draw(canonical(document), sealed_by=facts_of(seal_key(at=AFTER)))
    text = text_of(drawn.data)
    for words in ("Population and sample", "2026-Q1/417", "churn-model", "no difference"):
        assert words in text
    verified = verify_pack.verify(drawn.data)
    assert [check for check in verified if check.outcome == "FAIL"] == []


def test_a_sample_of_access_changes_rests_on_the_stream_of_accounts(cast: Cast) -> None:
    live_through(cast)
    document = evidence(sample_of(cast, PopulationKind.ACCESS, 3), cast.auditor)
    found = outcomes(document)
    assert {name: found[name] for name in SAMPLED} == dict.fromkeys(SAMPLED, "PASS")
    assert [stream["stream"] for stream in document["streams"]] == ["accounts"]
    assert cast.validator.name in document["names"].values()
    assert "2026-Q1/417" in text_of(
        draw(canonical(document), sealed_by=facts_of(seal_key(at=AFTER))).data
    )


def test_a_pack_of_a_sample_is_asked_for_on_its_page(cast: Cast, client: Any) -> None:
    live_through(cast)
    sample = sample_of(cast, PopulationKind.FINDING, 1)
    client.force_login(cast.auditor)
    answer = client.post(f"/evidence/samples/{sample.pk}/pack/")
    assert (answer.status_code, answer["Location"].startswith("/jobs/")) == (302, True)
    client.force_login(f.make_person("Nobody Here", unit=cast.unit))
    assert client.post(f"/evidence/samples/{sample.pk}/pack/").status_code == 404
