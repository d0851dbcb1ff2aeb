"""Populations and samples in the portal: count, extract, draw, take away."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponseBase

from governance.accounts.models import User
from governance.core.canonical import sha256_hex
from governance.core.sheets import unguarded
from governance.evidence import verify_sample
from governance.evidence.actions.populations import extract_population
from governance.evidence.models import Population, Sample
from governance.evidence.rules.populations.lists import Asked, PopulationKind
from governance.validation.actions import open_finding
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.http.portal.deciding import everybody_signs_in, read, signed_in
from tests.story import Story, live_through
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
LIST = "/evidence/populations/"
NEW = f"{LIST}new/?kind=FINDING"
WANTED = {"unit": "bank", "since_date": "2026-03-01", "until_date": "2026-03-31"}


@pytest.fixture
def story(cast: Cast) -> Story:
    everybody_signs_in(cast)
    story = live_through(cast)
    for severity in ("HIGH", "HIGH", "MEDIUM"):
        open_finding(
            version=story.version, finding=f.due_finding(severity), actor=cast.validator, at=NOON
        )
    return story


def extracted(cast: Cast, **changed: Any) -> Population:
    at = later(days=30)
    asked = Asked(
        **{
            "kind": PopulationKind.FINDING,
            "since_date": NOON.date(),
            "until_date": at.date(),
            **changed,
        }
    )
    return extract_population(asked=asked, unit=cast.root, actor=cast.auditor, at=at)


def posted(user: User, path: str, **data: Any) -> HttpResponseBase:
    return signed_in(user).post(path, data)


def fetched(user: User, path: str) -> bytes:
    response = signed_in(user).get(path)
    assert response.status_code == 200
    return b"".join(response) if response.streaming else response.content


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_counting_writes_nothing_and_extracting_keeps_what_was_counted(
    cast: Cast, story: Story
) -> None:
    query = "&".join(f"{name}={value}" for name, value in WANTED.items())
    with nothing_moves():
        page = read(cast.auditor, f"{NEW}&{query}&severity=HIGH")
    words = text_of(page)
    assert "In the tables 4 rows" in words
    assert "In the ledger 4 rows, by 4 entries" in words
    assert "After the filter 2 rows" in words
    form = page[page.index('id="counted"') :]
    said = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    said.pop("csrfmiddlewaretoken", None)
    answer = posted(cast.auditor, NEW, **said)
    population = Population.objects.get()
    assert answer["Location"] == f"{LIST}{population.pk}/"
    assert (population.count, population.rows) == (2, 4)
    page = text_of(read(cast.auditor, f"{LIST}{population.pk}/"))
    assert "Ledger agrees" in page
    assert population.digest[:12] in page
    assert "Vera Valid" in page
    assert "Findings opened" in text_of(read(cast.auditor, LIST))


@pytest.mark.parametrize("kind", PopulationKind)
def test_every_kind_can_be_asked_for(cast: Cast, story: Story, kind: str) -> None:
    page = read(cast.auditor, f"{LIST}new/?kind={kind}")
    assert f'name="kind" value="{kind}"' in page
    answer = posted(cast.auditor, f"{LIST}new/?kind={kind}", **WANTED)
    assert answer.status_code == 302
    population = Population.objects.get()
    assert population.kind == kind
    read(cast.auditor, f"{LIST}{population.pk}/")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"since_date": ""}, "Enter a date."),
        ({"since_date": "yesterday"}, "Enter a date."),
        ({"until_date": "2026-02-01"}, "Enter a last day that is not before the first."),
        ({"until_date": "2999-01-01"}, "What has not happened cannot be listed."),
        ({"unit": "elsewhere"}, "Choose a unit from the list."),
        ({"severity": "WORST"}, "Select a valid choice."),
        ({"model": "no-such-model"}, "There is no model of this name"),
    ],
)
def test_what_cannot_be_listed_comes_back_as_it_was_typed(
    cast: Cast, story: Story, changed: dict[str, str], words: str
) -> None:
    with nothing_moves():
        answer = posted(cast.auditor, NEW, **{**WANTED, **changed})
    assert answer.status_code == 422
    page = answer.content.decode()  # type: ignore[attr-defined]
    assert words in text_of(page)
    # A list of choices shows what there is to choose; everything typed is still there.
    for name, value in changed.items():
        assert name == "unit" or not value or value in page


def test_a_difference_is_said_on_the_page(cast: Cast, story: Story) -> None:
    gone = story.version.findings.get(severity="MEDIUM")
    gone.delete()
    population = extracted(cast)
    page = text_of(read(cast.auditor, f"{LIST}{population.pk}/"))
    assert "Ledger differs" in page
    assert f"finding:{gone.pk}" in page or "The ledger tells of it" in page
    assert "1 difference" in text_of(read(cast.auditor, LIST))


def test_the_original_is_taken_away_byte_for_byte(cast: Cast, story: Story) -> None:
    population = extracted(cast)
    data = fetched(cast.auditor, f"{LIST}{population.pk}/population.json")
    assert sha256_hex(data) == population.digest
    assert json.loads(data)["count"] == 4


def test_the_sheet_has_the_list_and_the_same_bytes_each_time(cast: Cast, story: Story) -> None:
    population = extracted(cast)
    address = f"{LIST}{population.pk}/population.csv"
    data = fetched(cast.auditor, address)
    assert data == fetched(cast.auditor, address)
    assert sha256_hex(data)[:12] in read(cast.auditor, f"{LIST}{population.pk}/")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows == population.body["rows"]


def test_nothing_in_the_sheet_runs_as_a_formula(cast: Cast, story: Story) -> None:
    model = story.version.model
    name = "=HYPERLINK(1)"
    type(model).objects.filter(pk=model.pk).update(name=name)
    population = extracted(cast)
    data = fetched(cast.auditor, f"{LIST}{population.pk}/population.csv").decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(data, newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert name in {unguarded(cell) for cell in cells}
    assert population.body["rows"][0]["model"] == name


DRAW = {"method": "PER_STRATUM", "size": "1", "stratum": "severity", "seed": "2026-Q1/417"}


def test_a_sample_is_drawn_shown_and_taken_away(cast: Cast, story: Story) -> None:
    population = extracted(cast)
    answer = posted(cast.auditor, f"{LIST}{population.pk}/draw/", **DRAW)
    sample = Sample.objects.get()
    address = f"/evidence/samples/{sample.pk}/"
    assert answer["Location"] == address
    page = text_of(read(cast.auditor, address))
    assert "Sample of 3 from 4" in page
    assert "HIGH 2 1" in page
    assert "2026-Q1/417" in page
    taken = fetched(cast.auditor, f"{address}sample.json")
    assert sha256_hex(taken) == sample.digest
    whole = fetched(cast.auditor, f"{LIST}{population.pk}/population.json")
    checks = verify_sample.verify(
        whole, taken, sha256_given=population.digest, sample_sha256_given=sample.digest
    )
    assert [check for check in checks if check.outcome == "FAIL"] == []
    sheet = fetched(cast.auditor, f"{address}sample.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(sheet, newline="")))
    assert [row["ref"] for row in rows] == [one["ref"] for one in sample.body["chosen"]]
    assert sample.reference in read(cast.auditor, f"{LIST}{population.pk}/")
    file = fetched(cast.auditor, f"{LIST}verify_sample.py")
    assert file == Path(verify_sample.__file__).read_bytes()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"seed": ""}, "Enter a seed."),
        ({"seed": "a b"}, "letters, digits and"),
        ({"size": "99"}, "from 1, at most 4"),
        ({"size": "many"}, "Enter a whole number."),
        ({"stratum": ""}, "Choose what makes the strata"),
        ({"method": "RANDOM"}, "A random sample has no strata."),
    ],
)
def test_what_cannot_be_drawn_comes_back_as_it_was_typed(
    cast: Cast, story: Story, changed: dict[str, str], words: str
) -> None:
    population = extracted(cast)
    with nothing_moves():
        answer = posted(cast.auditor, f"{LIST}{population.pk}/draw/", **{**DRAW, **changed})
    assert answer.status_code == 422
    assert words in text_of(answer.content.decode())  # type: ignore[attr-defined]


@pytest.mark.parametrize("who", ["owner", "validator", "administrator", "outsider"])
def test_others_find_nothing_and_are_told_who_can(cast: Cast, story: Story, who: str) -> None:
    person = getattr(cast, who)
    population = extracted(cast)
    posted(cast.auditor, f"{LIST}{population.pk}/draw/", **DRAW)
    sample = Sample.objects.get()
    assert "takes the role compliance" in text_of(read(person, LIST))
    assert "takes the role compliance" in text_of(read(person, NEW))
    with nothing_moves():
        assert posted(person, NEW, **WANTED).status_code == 422
        assert posted(person, f"{LIST}{population.pk}/draw/", **DRAW).status_code == 404
    for path in (
        f"{LIST}{population.pk}/",
        f"{LIST}{population.pk}/population.json",
        f"{LIST}{population.pk}/population.csv",
        f"/evidence/samples/{sample.pk}/",
        f"/evidence/samples/{sample.pk}/sample.json",
        f"/evidence/samples/{sample.pk}/sample.csv",
    ):
        read(person, path, status=404)


def test_a_long_list_has_pages(cast: Cast, story: Story) -> None:
    for _ in range(50):
        open_finding(
            version=story.version, finding=f.due_finding("LOW"), actor=cast.validator, at=NOON
        )
    population = extracted(cast)
    assert "Rows 1 to 50 of 54" in text_of(read(cast.auditor, f"{LIST}{population.pk}/"))
    assert "Rows 51 to 54 of 54" in text_of(read(cast.auditor, f"{LIST}{population.pk}/?page=2"))
