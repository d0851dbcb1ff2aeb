"""GET /api/v1/ledger/entries, /ledger/streams and /ledger/feed: for whoever collects the ledger."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.accounts.rules import ORDINARY_SCOPES, Role, Scope
from governance.audit.actions import Act, append_all
from governance.audit.models import LedgerEntry, LedgerStream
from governance.audit.origin import origin
from governance.audit.rules import CONSOLE, GENESIS, Source, Verb
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from tests import factories as f
from tests.factories import NOON, Cast
from tests.ledger_entries import act
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db

ENTRIES = "/api/v1/ledger/entries"
STREAMS = "/api/v1/ledger/streams"
FEED = "/api/v1/ledger/feed"
REQUEST = "act-of-the-pipeline"
VERSION = "version:5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716"

Call = Callable[..., Any]


@pytest.fixture
def model(cast: Cast) -> Model:
    """Two models, of which the token's unit has one."""
    far = f.make_person("Fay Far", Role.MODEL_OWNER, unit=cast.root)
    create_model(name="hidden-model", unit=cast.root, actor=far, at=NOON)
    model = f.make_model(cast)
    with origin(Source.MLFLOW, REQUEST):
        for minute in range(4):
            act(model.stream, verb=Verb.VERSION_TAGGED, minute=minute, subject=VERSION)
    act("firm", minute=9)
    return model


@pytest.fixture
def secret(cast: Cast) -> str:
    return f.make_token(cast, scopes=[Scope.READ_LEDGER], at=timezone.now())[1]


@pytest.fixture
def call(client: Client, secret: str) -> Call:
    def call(address: str, *, token: str = secret, **headers: str) -> Any:
        return client.get(address, headers={"Authorization": f"Bearer {token}"} | headers)

    return call


def found(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.content
    return list(response.json()["entries"])


def lines(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200
    assert response["Content-Type"] == "application/jsonl"
    data = b"".join(response.streaming_content)
    return [json.loads(line) for line in data.splitlines()]


def test_an_entry_comes_with_its_proof(call: Call, model: Model) -> None:
    entry = LedgerEntry.objects.of_stream(model.stream).latest("seq")
    first = found(call(f"{ENTRIES}?model=churn-model"))[0]
    assert first == {
        "id": str(entry.pk), "stream": model.stream, "seq": entry.seq,
        "at": "2026-11-19T12:03:00.000000Z", "verb": "version.tagged", "subject": VERSION,
        "actor": entry.actor, "source": "MLFLOW", "request": REQUEST, "facts": {},
        "hash": entry.hash, "previous": entry.previous, "text": entry.text,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("verb=version.tagged", 4),
        ("verb=version.*&source=MLFLOW", 4),
        (f"request={REQUEST}&since=2026-11-19T12:02:00Z", 2),
        (f"subject={VERSION}&until=2026-11-19T12:01:00Z", 1),
        ("verb=version.tagged&source=PAGE", 0),
        ("stream=firm&verb=unit.created&since=2026-11-19", 1),
        ("model=churn-model&verb=model.created", 1),
        ("verb=version.tagged&limit=3", 3),
    ],
)
def test_conditions_combine(call: Call, model: Model, query: str, count: int) -> None:
    assert len(found(call(f"{ENTRIES}?{query}"))) == count


@pytest.mark.backend
@pytest.mark.parametrize(
    ("query", "field", "rule"),
    [
        ("verb=thing.*", "verb", "verb"),
        ("actor=Vera%20Valid", "actor", "reference"),
        ("source=PAPER", "source", "choice"),
        ("subject=a%20b", "subject", "reference"),
        ("request=%00", "request", "request"),
        ("stream=Firm", "stream", "stream"),
        ("entry=seven", "entry", "entry"),
        ("since=yesterday", "since", "moment"),
        ("until=2026-11-19T10:00:00", "until", "moment"),
        ("after=x", "after", "cursor"),
        ("before=2026~1~x", "before", "cursor"),
        ("beyond=3", "beyond", "stream"),
        ("beyond=-1&stream=firm", "beyond", "min_value"),
        ("beyond=" + "9" * 30 + "&stream=firm", "beyond", "max_value"),
        ("limit=0", "limit", "min_value"),
        ("limit=1001", "limit", "max_value"),
        ("format=xml", "format", "invalid_choice"),
        ("model=churn-model&stream=firm", "stream", "alone"),
    ],
)
def test_what_is_wrong_is_named_by_field_and_rule(
    call: Call, model: Model, query: str, field: str, rule: str
) -> None:
    answer = call(f"{ENTRIES}?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    (problem,) = answer.json()["problems"]
    assert (problem["field"], problem["rule"]) == (field, rule)


@pytest.mark.backend
def test_pages_show_each_entry_once_while_new_ones_arrive(call: Call, model: Model) -> None:
    wanted = {entry["id"] for entry in found(call(f"{ENTRIES}?limit=1000"))}
    seen: list[str] = []
    query = ""
    while True:
        page = call(f"{ENTRIES}?limit=5{query}").json()
        seen += [entry["id"] for entry in page["entries"]]
        act("firm", minute=60)
        if page["older"] is None:
            break
        query = f"&after={quote(page['older'])}"
    assert len(seen) == len(wanted)
    assert set(seen) == wanted
    newer = call(f"{ENTRIES}?limit=5&before={quote(page['newer'])}").json()["entries"]
    last = len(page["entries"])
    assert [entry["id"] for entry in newer] == seen[-5 - last : -last]


@pytest.mark.backend
def test_a_collector_that_walks_streams_misses_nothing(call: Call, model: Model) -> None:
    """Also entries whose clock was behind: the number is what is followed, not the time."""
    had: dict[str, int] = defaultdict(int)
    collected: set[str] = set()

    def collect() -> None:
        for stream in call(STREAMS).json()["streams"]:
            name = stream["name"]
            while had[name] < stream["seq"]:
                page = call(f"{ENTRIES}?stream={name}&beyond={had[name]}&limit=3").json()
                seqs = [entry["seq"] for entry in page["entries"]]
                assert seqs == list(range(had[name] + 1, had[name] + 1 + len(seqs)))
                collected.update(entry["hash"] for entry in page["entries"])
                had[name] = page["beyond"]

    collect()
    act("firm", minute=-1_000_000)
    act(model.stream, verb=Verb.VERSION_TAGGED, minute=-5, subject=VERSION)
    collect()
    readable = LedgerEntry.objects.exclude(stream__name=hidden_stream())
    assert collected == set(readable.values_list("hash", flat=True))
    assert call(f"{ENTRIES}?stream=firm&beyond={had['firm']}").json() == {
        "entries": [], "beyond": had["firm"],
    }  # fmt: skip


def hidden_stream() -> str:
    return Model.objects.get(name="hidden-model").stream


def test_the_heads_of_streams_are_those_of_the_ledger(call: Call, model: Model) -> None:
    said = call(STREAMS).json()["streams"]
    rows = LedgerStream.objects.exclude(name=hidden_stream()).order_by("name")
    assert said == [{"name": row.name, "seq": row.seq, "head": row.head} for row in rows]


class TestWhoMayRead:
    @pytest.mark.parametrize("address", [ENTRIES, STREAMS, FEED, f"{ENTRIES}?format=jsonl"])
    def test_it_takes_the_scope_and_a_token(
        self, client: Client, call: Call, cast: Cast, model: Model, address: str
    ) -> None:
        every = [scope for scope in Scope if scope != Scope.READ_LEDGER]
        other = f.make_token(cast, name="pipeline", scopes=every, at=timezone.now())[1]
        with nothing_moves():
            answer = call(address, token=other)
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
            assert "audit:ledger:read" in answer.json()["detail"]
            assert client.get(address).status_code == 401
            assert call(address, token="cs_nothing").status_code == 401

    def test_what_is_of_another_unit_is_in_none_of_them(self, call: Call, model: Model) -> None:
        stream = hidden_stream()
        hidden = LedgerEntry.objects.of_stream(stream)[0]
        assert all(entry["stream"] != stream for entry in found(call(f"{ENTRIES}?limit=1000")))
        assert found(call(f"{ENTRIES}?entry={hidden.hash}")) == []
        for address in (f"{ENTRIES}?format=jsonl", f"{ENTRIES}?format=ocsf"):
            data = b"".join(call(address).streaming_content).decode()
            assert stream not in data
            assert hidden.hash not in data
        assert stream not in call(STREAMS).content.decode()
        assert stream not in call(FEED).content.decode()

    @pytest.mark.parametrize(
        ("seen", "absent"),
        [
            ("model=hidden-model", "model=no-such-model"),
            ("stream={hidden}", "stream=model:00000000-0000-4000-8000-000000000000"),
        ],
    )
    def test_what_is_hidden_answers_like_what_is_not(
        self, call: Call, model: Model, seen: str, absent: str
    ) -> None:
        answers = [
            call(f"{ENTRIES}?{query}") for query in (seen.format(hidden=hidden_stream()), absent)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        first, second = (answer.json() for answer in answers)
        assert (first["code"], first.keys()) == (second["code"], second.keys())

    def test_it_is_given_only_by_name(self) -> None:

        assert Scope.READ_LEDGER not in ORDINARY_SCOPES

    def test_no_name_of_a_person_leaves(self, call: Call, cast: Cast, model: Model) -> None:
        names = [name for name in vars(cast).values() if hasattr(name, "email")]
        for address in (ENTRIES, FEED, f"{ENTRIES}?format=ocsf", f"{ENTRIES}?format=jsonl"):
            answer = call(f"{address}{'&' if '?' in address else '?'}limit=1000")
            data = answer.getvalue().decode()
            assert len(data) > 1_000
            for person in names:
                assert person.name not in data
                assert person.email not in data


@pytest.mark.backend
class TestLines:
    @pytest.mark.parametrize(
        ("query", "accept"),
        [
            ("?format=jsonl", ""),
            ("", "application/jsonl"),
            ("", "text/html, application/x-ndjson; q=0.9"),
        ],
    )
    def test_lines_join_into_chains(
        self, call: Call, model: Model, query: str, accept: str
    ) -> None:
        heads: dict[str, str] = defaultdict(lambda: GENESIS)
        for line in lines(call(f"{ENTRIES}{query}", Accept=accept)):
            before, text = bytes.fromhex(line["previous"]), line["text"].encode()
            data = b"countersign.ledger.entry/1\0" + before + text
            assert hashlib.sha256(data).hexdigest() == line["hash"]
            stream = json.loads(line["text"])["stream"]
            assert line["previous"] == heads[stream]
            heads[stream] = line["hash"]
        assert heads == {row["name"]: row["head"] for row in call(STREAMS).json()["streams"]}

    def test_events_of_ocsf_stand_one_a_line(self, call: Call, model: Model) -> None:
        events = lines(call(f"{ENTRIES}?format=ocsf&model=churn-model&verb=version.*"))
        assert [event["metadata"]["sequence"] for event in events] == [2, 3, 4, 5]
        assert {event["class_uid"] for event in events} == {3004}
        entry = LedgerEntry.objects.get(hash=events[0]["metadata"]["uid"])
        assert events[0]["raw_data"] == entry.text

    def test_queries_do_not_grow_with_entries(self, call: Call, model: Model) -> None:
        def asked(address: str) -> int:
            with CaptureQueriesContext(connection) as queries:
                call(address).getvalue()
            return len(queries)

        addresses = [f"{ENTRIES}?format=jsonl", f"{ENTRIES}?format=ocsf", ENTRIES, FEED, STREAMS]
        call(ENTRIES)
        few = [asked(address) for address in addresses]
        acts = [
            Act(
                verb=Verb.VERSION_TAGGED, stream=model.stream, subject=VERSION, actor=CONSOLE,
                at=NOON + timedelta(seconds=number), facts={}, records=(),
            )
            for number in range(1_500)
        ]  # fmt: skip
        with transaction.atomic():
            append_all(acts)
        assert [asked(address) for address in addresses] == few
        assert max(few) <= 8


class TestFeed:
    def test_it_is_a_json_feed(self, call: Call, model: Model) -> None:
        answer = call(f"{FEED}?verb=version.*")
        assert answer["Content-Type"] == "application/feed+json"
        feed = answer.json()
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["feed_url"].endswith("/api/v1/ledger/feed?verb=version.%2A")
        assert "next_url" not in feed
        first = feed["items"][0]
        entry = LedgerEntry.objects.of_stream(model.stream).latest("seq")
        assert first["id"] == f"urn:sha256:{entry.hash}"
        assert first["url"].endswith(f"/audit/?entry={entry.pk}")
        assert first["date_published"] == "2026-11-19T12:03:00.000000Z"
        assert first["content_text"] == entry.text
        assert "author" not in first
        assert "authors" not in first

    def test_what_is_not_new_is_not_sent_again(self, call: Call, model: Model) -> None:
        first = call(FEED)
        tag = first["ETag"]
        again = call(FEED, **{"If-None-Match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
        act("firm", minute=99)
        fresh = call(FEED, **{"If-None-Match": tag})
        assert fresh.status_code == 200
        assert fresh["ETag"] != tag
        assert len(fresh.json()["items"]) == len(first.json()["items"]) + 1

    def test_older_entries_are_on_the_next_page(self, call: Call, model: Model) -> None:
        for minute in range(150):
            act("firm", minute=minute)
        feed = call(f"{FEED}?stream=firm").json()
        assert len(feed["items"]) == 100
        parts = urlsplit(feed["next_url"])
        following = call(f"{parts.path}?{parts.query}")
        seqs = [item["_countersign"]["seq"] for item in feed["items"] + following.json()["items"]]
        assert seqs == list(range(seqs[0], 0, -1))
