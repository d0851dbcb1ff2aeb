"""The audit log: facets that combine, pages by cursor, views, and what is taken away of it."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
import tracemalloc
from collections import defaultdict
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.audit.actions import Act, append_all
from governance.audit.models import LedgerEntry
from governance.audit.origin import origin
from governance.audit.rules import CONSOLE, GENESIS, Source, Verb
from governance.core.sheets import unguarded
from governance.inventory.actions import create_model
from governance.inventory.models import Model, SavedView
from governance.portal.pages import audit
from tests import factories as f
from tests.factories import NOON, Cast
from tests.http.portal.test_reading import page_of
from tests.ledger_entries import act
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db

REQUEST = "act-of-the-pipeline"
VERSION = "version:5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716"
NAMES = ("hidden-model", "churn-model")
ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
NUMBER = re.compile(r">#([\d,]+)</a>")


def get(user: User, path: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(path)


def numbers(user: User, query: str = "") -> list[int]:
    """The numbers of the entries on the page, in its order."""
    page = page_of(user, f"/audit/{query}")
    return [int(found.replace(",", "")) for found in NUMBER.findall(page)]


def main_of(page: str) -> str:
    """What the page itself says, without the tokens of the forms around it."""
    return page.partition("<main")[2].partition("</main>")[0]


def read(user: User, path: str) -> bytes:
    response = get(user, path)
    assert response.status_code == HTTPStatus.OK
    return b"".join(response.streaming_content)


def lines(user: User, query: str = "") -> list[dict[str, Any]]:
    data = read(user, f"/audit/entries.jsonl{query}").decode()
    return [json.loads(line) for line in data.splitlines()]


def table(user: User, query: str = "") -> list[dict[str, str]]:
    data = read(user, f"/audit/entries.csv{query}")
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def streams_of(name: str) -> set[str]:
    return {Model.objects.get(name=name).stream}


def texts(user: User, query: str = "") -> list[dict[str, Any]]:
    return [json.loads(line["text"]) for line in lines(user, query)]


@pytest.fixture
def model(cast: Cast) -> Model:
    """Two models, of which the developer sees one, each with a version and some entries."""
    far = f.make_person("Fay Far", Role.MODEL_OWNER, unit=cast.root)
    create_model(name="hidden-model", unit=cast.root, actor=far, at=NOON)
    model = f.make_model(cast)
    f.make_version(cast, model)
    with origin(Source.MLFLOW, REQUEST):
        for minute, verb in ((1, Verb.VERSION_TAGGED), (2, Verb.VERSION_DESCRIBED)):
            act(model.stream, verb=verb, minute=minute, actor=cast.owner.ref, subject=VERSION)
    act("firm", minute=3, actor=CONSOLE)
    return model


@pytest.mark.backend
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("verb=version.tagged", {"version.tagged"}),
        (f"verb=version.*&subject={VERSION}", {"version.tagged", "version.described"}),
        (f"request={REQUEST}", {"version.tagged", "version.described"}),
        ("source=MLFLOW", {"version.tagged", "version.described"}),
        (f"source=MLFLOW&verb=version.tagged&request={REQUEST}", {"version.tagged"}),
        ("source=MLFLOW&verb=unit.created", set()),
        ("actor=system:console&stream=firm", {"unit.created"}),
        ("since=2026-11-19&stream=firm", {"unit.created"}),
        ("since=2026-11-19T12:02:00Z&model=churn-model", {"version.described"}),
        ("since=2026-11-19&until=2026-11-18", set()),
        ("model=churn-model&kind=registry&verb=version.tagged", {"version.tagged"}),
        ("model=churn-model&kind=cards&verb=version.tagged", set()),
        ("model=churn-model&stream=firm", set()),
    ],
)
def test_facets_combine_freely(cast: Cast, model: Model, query: str, expected: set[str]) -> None:
    assert {text["verb"] for text in texts(cast.auditor, f"?{query}")} == expected
    shown = numbers(cast.auditor, f"?{query}")
    assert len(shown) == len(lines(cast.auditor, f"?{query}"))


def test_who_acted_may_be_a_person_a_service_or_the_shell(cast: Cast, model: Model) -> None:
    pipeline, _ = f.make_token(cast)
    act(model.stream, verb=Verb.VERSION_TAGGED, minute=5, actor=pipeline.ref)
    page = page_of(cast.auditor, "/audit/")
    for ref, name in (
        (cast.owner.ref, "Olga Owner"),
        (pipeline.ref, "churn-pipeline"),
        (CONSOLE, "The server’s shell"),
    ):
        assert f'<option value="{ref}">{name}</option>' in page
        found = texts(cast.auditor, f"?actor={ref}")
        assert found
        assert {text["actor"] for text in found} == {ref}
    assert texts(cast.auditor, f"?person={cast.owner.ref}") == texts(
        cast.auditor, f"?actor={cast.owner.ref}"
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("verb", "thing.*", "Verb: Name a verb"),
        ("actor", "Vera Valid", "Person or service: Give the reference"),
        ("source", "PAPER", "Came in through: Choose one of"),
        ("subject", "a b", "Subject: Give a reference"),
        ("request", "a b", "Request: Give the identifier"),
        ("stream", "Firm", "Stream: Name a stream"),
        ("entry", "seven", "Entry: There is no such entry."),
        ("since", "yesterday", "From: Enter a date such as 2026-11-19."),
        ("until", "tomorrow", "State as of: Enter a date such as 2026-11-19."),
        ("model", "no-such-model", "Model: There is no model of this name that you may see."),
        ("kind", "no-such-kind", "Kind: There is no such kind."),
    ],
)
def test_a_wrong_value_is_named_and_nothing_typed_is_lost(
    cast: Cast, model: Model, field: str, value: str, words: str
) -> None:
    others = {"subject": VERSION, "since": "2026-11-19"} | {field: value}
    query = "&".join(f"{name}={quote(text)}" for name, text in others.items())
    page = page_of(cast.auditor, f"/audit/?{query}")
    assert words in page
    assert NUMBER.findall(page) == []
    for text in others.values():
        assert f'value="{escape(text)}"' in page
    refused = get(cast.auditor, f"/audit/entries.csv?{query}")
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.backend
class TestPages:
    def test_new_entries_shift_nothing(
        self, cast: Cast, model: Model, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for minute in range(120):
            act("firm", minute=minute)
        wanted = [str(pk) for pk in LedgerEntry.objects.newest_first().values_list("pk", flat=True)]
        seen: list[str] = []
        query, pages = "", []
        while True:
            page = page_of(cast.auditor, f"/audit/{query}")
            seen += re.findall(r'href="/audit/\?entry=([0-9a-f-]{36})">#', page)
            act("firm", minute=500)
            pages.append(page)
            if not (found := re.search(r'rel="next" href="(\?[^"]+)"', page)):
                break
            query = found[1].replace("&amp;", "&")
        assert seen == wanted
        assert len(pages) >= 3
        back = re.search(r'rel="prev" href="(\?[^"]+)"', pages[2])
        assert back is not None
        again = page_of(cast.auditor, "/audit/" + back[1].replace("&amp;", "&"))
        assert NUMBER.findall(again) == NUMBER.findall(pages[1])

    def test_a_stream_pages_by_its_numbers(self, cast: Cast, model: Model) -> None:
        for minute in range(120):
            # Numbers rise while the clock runs backward: the number is the order.
            act("firm", minute=-minute)
        newest = numbers(cast.auditor, "?stream=firm")
        top = newest[0]
        assert newest == list(range(top, top - 50, -1))
        page = page_of(cast.auditor, "/audit/?stream=firm")
        assert f"?stream=firm&amp;after={top - 49}" in page
        assert numbers(cast.auditor, f"?stream=firm&after={top - 49}")[0] == top - 50
        assert numbers(cast.auditor, f"?stream=firm&before={top - 60}")[-1] == top - 59

    @pytest.mark.parametrize(
        "cursor",
        ["x", "1~2", "2026~1~x", "9" * 30, "%00", "-1", "0001-01-01T00:00:00+14:00~1~" + "0" * 32],
    )
    def test_a_page_that_does_not_exist(self, cast: Cast, model: Model, cursor: str) -> None:
        for way in ("after", "before"):
            response = get(cast.auditor, f"/audit/?{way}={cursor.replace('+', '%2B')}")
            assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert numbers(cast.auditor, "?stream=firm&after=1") == []

    def test_no_page_counts_the_ledger(self, cast: Cast, model: Model) -> None:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page_of(cast.auditor, "/audit/?verb=version.*")
        counting = [
            one["sql"] for one in asked if "COUNT(" in one["sql"] and "ledgerentry" in one["sql"]
        ]
        assert counting == []


class TestOneEntry:
    def test_it_is_shown_whole_by_identifier_or_hash(self, cast: Cast, model: Model) -> None:
        entry = LedgerEntry.objects.get(verb="version.tagged", subject=VERSION)
        for name in (str(entry.pk), entry.hash):
            page = page_of(cast.auditor, f"/audit/?entry={name}")
            assert f"Entry #{entry.seq} of {model.stream}" in page
            assert entry.text in html.unescape(page)
            assert f"?request={REQUEST}" in page

    def test_what_one_may_not_see_is_not_there(self, cast: Cast, model: Model) -> None:
        hidden = LedgerEntry.objects.filter(
            stream__name=Model.objects.get(name="hidden-model").stream
        )
        entry = hidden[0]
        page = page_of(cast.developer, f"/audit/?entry={entry.pk}")
        nothing = page_of(cast.developer, "/audit/?entry=00000000-0000-4000-8000-000000000000")
        assert "No entry matches" in page
        assert entry.hash not in page
        assert main_of(page).replace(str(entry.pk), "") == main_of(nothing).replace(
            "00000000-0000-4000-8000-000000000000", ""
        )
        assert str(entry.seq) in page_of(cast.auditor, f"/audit/?entry={entry.pk}")


class TestWhoSeesWhat:
    def test_a_reader_gets_what_they_may_see_and_nothing_else(
        self, cast: Cast, model: Model
    ) -> None:
        hidden = Model.objects.get(name="hidden-model").stream
        streams = set(LedgerEntry.objects.values_list("stream__name", flat=True))
        for person, expected in (
            (cast.auditor, streams),
            (cast.developer, streams - {hidden}),
            (cast.outsider, set()),
        ):
            assert {text["stream"] for text in texts(person)} == expected
            rows = list(
                csv.DictReader(io.StringIO(read(person, "/audit/entries.csv").decode("utf-8-sig")))
            )
            assert {row["Stream"] for row in rows} == expected
            assert {row["Model"] for row in rows} <= (
                {""} | {"churn-model"} if person != cast.auditor else {"", *NAMES}
            )

    def test_a_model_that_is_hidden_is_like_one_that_is_not(self, cast: Cast, model: Model) -> None:
        hidden = main_of(page_of(cast.developer, "/audit/?model=hidden-model"))
        absent = main_of(page_of(cast.developer, "/audit/?model=no-such-one"))
        assert hidden.replace("hidden-model", "X") == absent.replace("no-such-one", "X")
        stream = Model.objects.get(name="hidden-model").stream
        assert "No entry matches" in page_of(cast.developer, f"/audit/?stream={stream}")
        assert lines(cast.developer, f"?stream={stream}") == []

    @pytest.mark.parametrize("path", ["", "entries.csv", "entries.jsonl", "views/new/"])
    def test_nobody_reads_without_signing_in(self, db: None, path: str) -> None:
        response = Client().get(f"/audit/{path}")
        assert urlsplit(response["Location"]).path == "/sign-in/"


@pytest.mark.backend
class TestFiles:
    def test_json_lines_prove_the_chain_to_a_stranger(self, cast: Cast, model: Model) -> None:
        found = lines(cast.auditor)
        assert len(found) == LedgerEntry.objects.count()
        heads: dict[str, str] = defaultdict(lambda: GENESIS)
        for line in found:
            assert line.keys() == {"hash", "previous", "text"}
            data = (
                b"countersign.ledger.entry/1\0"
                + bytes.fromhex(line["previous"])
                + line["text"].encode()
            )
            assert hashlib.sha256(data).hexdigest() == line["hash"]
            stream = json.loads(line["text"])["stream"]
            assert line["previous"] == heads[stream]
            heads[stream] = line["hash"]

    def test_csv_names_what_the_entry_only_refers_to(self, cast: Cast, model: Model) -> None:
        first, second = table(cast.auditor, f"?request={REQUEST}")
        assert (first["Verb"], second["Verb"]) == ("version.described", "version.tagged")
        assert (first["Who"], first["Model"]) == ("Olga Owner", "churn-model")
        assert (first["Actor"], first["Came in through"]) == (cast.owner.ref, "MLflow")
        assert first["Time (UTC)"] == "2026-11-19T12:02:00.000000Z"
        entry = LedgerEntry.objects.get(verb="version.described")
        assert (first["Hash"], first["Previous hash"]) == (entry.hash, entry.previous)

    def test_nothing_in_csv_runs_as_a_formula(self, cast: Cast) -> None:
        evil = "=HYPERLINK(1)"
        model = f.make_model(cast, name=evil)
        rows = list(
            csv.reader(io.StringIO(read(cast.auditor, "/audit/entries.csv").decode("utf-8-sig")))
        )
        cells = {cell for row in rows for cell in row}
        assert not {cell for cell in cells if cell.startswith(("=", "+", "-", "@"))}
        assert model.name in {unguarded(cell) for cell in cells}

    @pytest.mark.parametrize("path", ["/audit/entries.csv", "/audit/entries.jsonl"])
    def test_ten_thousand_entries_come_in_flat_memory_and_as_many_queries(
        self, cast: Cast, model: Model, path: str
    ) -> None:
        def taken() -> tuple[int, int, int]:
            """How many lines, how many queries, and the most memory at any time."""
            client = Client()
            client.force_login(cast.auditor)
            with CaptureQueriesContext(connection) as asked:
                response = client.get(path)
                tracemalloc.start()
                count = sum(part.count(b"\n") for part in response.streaming_content)
                peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
            return count, len(asked), peak

        many(model, 1_000)
        few, queries, small = taken()
        many(model, 10_000)
        count, again, large = taken()
        assert count - few == 10_000
        assert again == queries
        assert large < small * 1.5


def many(model: Model, count: int) -> None:
    acts = [
        Act(
            verb=Verb.VERSION_TAGGED, stream=model.stream, subject=VERSION, actor=CONSOLE,
            at=NOON + timedelta(seconds=number), facts={"key": f"k{number}"}, records=(),
        )
        for number in range(count)
    ]  # fmt: skip
    with transaction.atomic():
        append_all(acts)


class TestViews:
    QUERY = "verb=card.*&source=MLFLOW&since=2026-03-01"

    def test_a_view_keeps_the_filter(self, cast: Cast, model: Model) -> None:
        page = page_of(cast.auditor, "/audit/?after=&source=MLFLOW&since=2026-03-01&verb=card.*")
        (link,) = re.findall(r'href="(/audit/views/new/\?[^"]+)"', page)
        address = link.replace("&amp;", "&")
        assert "Verb card.*" in page_of(cast.auditor, address)
        client = Client()
        client.force_login(cast.auditor)
        done = client.post(address, {"name": "Cards by pipelines", "unit": ""})
        view = SavedView.objects.get()
        assert (view.listing, view.name) == ("AUDIT", "Cards by pipelines")
        assert done["Location"] == f"/audit/?{view.query}"
        page = page_of(cast.auditor, done["Location"])
        assert re.search(r'aria-current="page">Cards by pipelines', page)
        assert "Cards by pipelines" not in page_of(cast.auditor, "/models/")
        assert '<a href="/audit/" aria-current="page">All entries</a>' in page_of(
            cast.auditor, "/audit/"
        )

    def test_one_name_may_stand_for_a_view_of_each_list(self, cast: Cast, model: Model) -> None:
        client = Client()
        client.force_login(cast.owner)
        for path in ("/views/new/?tier=3", "/audit/views/new/?kind=cards"):
            client.post(path, {"name": "Mine", "unit": str(cast.unit.pk)})
        assert SavedView.objects.count() == 2
        response = client.post("/audit/views/new/?kind=access", {"name": "Mine", "unit": ""})
        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "by Olga Owner" in page_of(cast.developer, "/audit/")

    @pytest.mark.parametrize("query", ["", "verb=nonsense"])
    def test_what_is_no_filter_is_not_kept(self, cast: Cast, model: Model, query: str) -> None:
        client = Client()
        client.force_login(cast.auditor)
        with nothing_moves():
            response = client.post(f"/audit/views/new/?{query}", {"name": "Mine", "unit": ""})
        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_many_models_are_asked_for_by_name(
    cast: Cast, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert '<option value="churn-model">churn-model</option>' in page_of(cast.auditor, "/audit/")
    monkeypatch.setattr(audit, "MOST_OFFERED", 1)
    page = page_of(cast.auditor, "/audit/?model=churn-model")
    assert '<input id="id_model" name="model" value="churn-model"' in page
    assert numbers(cast.auditor, "?model=churn-model&verb=version.tagged")
