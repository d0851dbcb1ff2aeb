"""Model cards over the REST interface: files in, files out, and the check of a pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from governance.accounts.rules import Scope
from governance.cards.actions import publish_card, save_draft, withdraw_card
from governance.cards.formats import FORMATS
from governance.cards.formats.form import SCHEMA
from governance.cards.models import CardDraft, CardRevision
from governance.cards.queries import draft_of
from governance.core.canonical import sha256_hex
from governance.registry.actions import record_evaluations
from governance.registry.models import ModelVersion
from governance.registry.rules import Measurement, Source
from tests.factories import NOON, Cast, make_card, make_cast, make_model, make_token, make_version
from tests.rules.cards.documents import HUB_CARD
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db

AT = "/api/v1/models/churn-model/versions/1"
README = HUB_CARD.encode()

Call = Callable[..., HttpResponse]


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return make_version(cast, make_model(cast), metrics={"auc": "0.857"})


@pytest.fixture
def secret(cast: Cast, version: ModelVersion) -> str:
    return make_token(cast, at=timezone.now())[1]


@pytest.fixture
def post(client: Client, secret: str) -> Call:
    def post(
        data: bytes, query: str = "", *, kind: str = "text/markdown", token: str = secret
    ) -> HttpResponse:
        headers = {"Authorization": f"Bearer {token}"}
        return client.generic("POST", f"{AT}/cards{query}", data, kind, headers=headers)

    return post


@pytest.fixture
def get(client: Client, secret: str) -> Call:
    def get(address: str, *, token: str = secret, accept: str = "*/*") -> HttpResponse:
        headers = {"Authorization": f"Bearer {token}", "Accept": accept}
        return client.get(address, headers=headers)

    return get


def answer(response: HttpResponse, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.content.decode()
    body: dict[str, Any] = response.json()
    return body


def problem(response: HttpResponse, status: int) -> dict[str, Any]:
    body = answer(response, status)
    assert response["Content-Type"] == "application/problem+json"
    return body


def test_a_readme_becomes_the_draft(post: Call, version: ModelVersion, cast: Cast) -> None:
    body = answer(post(README, "?filename=README.md"), 201)
    assert (body["base"], body["changed"], body["format"]) == (1, True, "huggingface")
    assert body["sha256"] == sha256_hex(README)
    assert {"details", "metrics", "licenses"} <= set(body["taken"])
    assert {"section", "title", "question"} == set(body["gaps"][0])
    assert body["links"]["draft"].endswith("/models/churn-model/versions/1/card/?show=draft")
    assert CardDraft.objects.get().edited_by == cast.developer
    assert draft_of(version).card.metrics[0].value.value == "0.857"


@pytest.mark.parametrize(
    "kind", ["", "application/x-www-form-urlencoded", "application/json", "text/markdown"]
)
def test_whatever_the_body_is_called_it_is_the_file(post: Call, kind: str) -> None:
    assert answer(post(README, "?filename=README.md", kind=kind), 201)["format"] == "huggingface"


def test_the_same_again_is_fine_and_changes_nothing(post: Call) -> None:
    post(README)
    with nothing_moves():
        body = answer(post(README), 200)
    assert (body["base"], body["changed"]) == (1, False)


def test_a_draft_saved_since_is_refused_and_says_the_base(
    post: Call, version: ModelVersion, cast: Cast
) -> None:
    save_draft(version=version, sections={"task": "Mine"}, base=0, actor=cast.owner, at=NOON)
    with nothing_moves(entries=["call.refused"]):
        body = problem(post(README), 409)
    assert (body["code"], body["seen"], body["stands"]) == ("draft_changed", 0, 1)
    assert answer(post(README, "?base=1"), 201)["base"] == 2


def test_what_is_measured_is_not_taken_and_told(post: Call, version: ModelVersion) -> None:
    file = {
        "format": "countersign.card/2",
        "metrics": [{"type": "auc", "value": {"value": "0.99"}}],
        "x": 1,
    }
    body = answer(post(json.dumps(file).encode()), 201)
    assert body["not_taken"] == [
        {
            "field": "metrics[0]",
            "place": "",
            "name": "auc",
            "says": "0.99",
            "stands": "0.857",
            "because": "measured",
        }
    ]
    assert [one["field"] for one in body["warnings"]] == ["x"]
    assert body["kept"] == [{"format": "countersign", "place": "/x"}]


@pytest.mark.parametrize(
    ("data", "query", "field", "rule"),
    [
        (b"", "", "file", "empty"),
        (b"{}", "", "file", "format"),
        (b"# x", "?format=word", "format", "invalid_choice"),
        (b"# x", "?base=-1", "base", "min_value"),
        (b"# x", "?base=" + "9" * 30, "base", "max_value"),
        (b"x" * (16 * 1024 * 1024 + 1), "", "file", "length"),
        (b"# a\n\n\x00", "", "file", "characters"),
        (b"<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]>"
         b"<bom xmlns='http://cyclonedx.org/schema/bom/1.6'>&b;</bom>", "", "file", "doctype"),
        (b'{"$id": "https://modelcards.withgoogle.com/other", "a": NaN}', "?format=mct",
         "file", "number"),
        (b'{"format": "countersign.card/9"}', "?format=countersign", "format", "format"),
        (b"---\na: !!python/object:os.system [ls]\n---\n# x", "?format=huggingface",
         "front matter", "tag"),
        (b"# x\n\n## Uses\n\n" + b"x" * 50_001, "", "intended_use", "length"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_taken_is_refused_with_the_reason(
    data: bytes, query: str, field: str, rule: str, post: Call
) -> None:
    with nothing_moves():
        body = problem(post(data, query), 422)
    assert (body["problems"][0]["field"], body["problems"][0]["rule"]) == (field, rule)


def test_a_form_is_refused_with_what_to_do(client: Client, secret: str) -> None:
    headers = {"Authorization": f"Bearer {secret}"}
    with nothing_moves():
        body = problem(client.post(f"{AT}/cards", {"a": "b"}, headers=headers), 422)
    assert "--data-binary" in body["detail"]


@pytest.mark.parametrize(
    ("data", "line", "field"),
    [
        (b"---\n- a\n- b\n---\n# Named\n\nText.\n", 2, "front matter"),
        (b"---\nlicense: [mit\n---\n# Named\n\nText.\n", 3, "front matter"),
        (b"\xef\xbb\xbf---\nlicense: mit\n---\n# Named\n\nText.\n", 1, "file"),
        ("---\nlicense: mit\n---\n# Named\n\n\u202enorw \U0001f600 \u65e5\u672c\u8a9e\n".encode(),
         6, "file"),
    ],
    ids=["list", "no-yaml", "bom", "direction"],
)  # fmt: skip
def test_what_is_odd_is_taken_with_a_warning(
    data: bytes, line: int, field: str, post: Call, get: Call
) -> None:
    body = answer(post(data, "?format=huggingface&filename=README.md"), 201)
    assert (line, field) in {(one["line"], one["field"]) for one in body["warnings"]}
    back = get(f"{AT}/card?of=draft&format=huggingface&plain=true")
    assert data.decode().split("\n---\n")[0] in back.content.decode()


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "![p](file:///etc/passwd)",
        "![p](http://127.0.0.1:9/x.png)",
        "The score is 20.0 ± 1.2",
        "שלום עולם",
        "モデルカード 😀",
    ],
)
def test_any_text_is_only_text(text: str, post: Call, get: Call, version: ModelVersion) -> None:
    answer(post(f"# Named\r\n\r\n## Uses\r\n\r\n{text}\r\n".encode()), 201)
    assert draft_of(version).card.sections["intended_use"] == text
    out = get(f"{AT}/card?of=draft&format=markdown").content.decode()
    assert text in out


def test_who_may_not_write_cards_is_refused(post: Call, cast: Cast) -> None:
    others = [scope for scope in Scope if scope != Scope.WRITE_CARDS]
    _, reader = make_token(cast, name="reader", scopes=others, at=timezone.now())
    with nothing_moves(entries=["call.refused"]):
        body = problem(post(README, token=reader), 403)
    assert body["permission"] == "cards:card:write"
    _, writer = make_token(cast, name="writer", scopes=[Scope.WRITE_CARDS], at=timezone.now())
    assert post(README, token=writer).status_code == 201
    assert not CardRevision.objects.exists()


def test_what_the_token_may_not_see_is_not_there(post: Call, get: Call, client: Client) -> None:
    with nothing_moves():
        assert get("/api/v1/models/other/versions/1/cards").status_code == 404
        assert get("/api/v1/models/churn-model/versions/9/card/check").status_code == 404
        assert client.get(f"{AT}/cards").status_code == 401


def test_revisions_and_draft_are_listed(
    get: Call, post: Call, version: ModelVersion, cast: Cast
) -> None:
    assert answer(get(f"{AT}/cards"))["draft"] is None
    first = make_card(cast, version)
    save_draft(version=version, sections={"task": "New"}, base=None, actor=cast.owner, at=NOON)
    publish_card(version=version, actor=cast.owner, at=NOON)
    withdraw_card(revision=first, reason="Wrong.", actor=cast.owner, at=NOON)
    body = answer(get(f"{AT}/cards"))
    assert body["published"] == 2
    assert [one["revision"] for one in body["revisions"]] == [2, 1]
    assert body["revisions"][0]["withdrawn_at"] is None
    assert body["revisions"][1]["withdrawn_at"]
    assert body["draft"]["base"] == 2


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_card_goes_out_in_every_format(
    name: str, get: Call, version: ModelVersion, cast: Cast
) -> None:
    revision = make_card(cast, version)
    response = get(f"{AT}/card?format={name}", accept="text/markdown")
    assert response.status_code == 200
    assert response["Card-Digest"] == f"sha256:{revision.digest}"
    assert response["Content-Disposition"].startswith('attachment; filename="churn-model-v1-r1.')
    report = answer(get(f"{AT}/card?format={name}&report=true"))
    assert report["format"] == "countersign.conversion/1"
    assert response["Card-Fields-Kept"] == str(report["kept"])
    assert response["Card-Fields-Reported"] == str(len(report["losses"]))


def test_which_card_goes_out(get: Call, version: ModelVersion, cast: Cast) -> None:
    assert problem(get(f"{AT}/card"), 404)["code"] == "card_not_found"
    make_card(cast, version)
    save_draft(version=version, sections={"task": "New"}, base=None, actor=cast.owner, at=NOON)
    assert b"What there is to say on Task" in get(f"{AT}/card").content
    assert b'"task": "New"' in get(f"{AT}/card?of=draft").content
    assert get(f"{AT}/card?revision=1").content == get(f"{AT}/card").content
    assert problem(get(f"{AT}/card?revision=2"), 404)
    assert problem(get(f"{AT}/card?format=word"), 422)


def test_the_check_says_what_is_missing(
    get: Call, post: Call, version: ModelVersion, cast: Cast
) -> None:
    body = problem(get(f"{AT}/card/check"), 422)
    assert (body["code"], body["complete"], body["revision"]) == ("card_incomplete", False, None)
    assert "No card is published for churn-model version 1." in body["detail"]
    draft = problem(get(f"{AT}/card/check?of=draft"), 422)
    assert {"section", "title", "question"} == set(draft["gaps"][0])
    assert "task" not in {gap["section"] for gap in draft["gaps"]}
    make_card(cast, version)
    body = answer(get(f"{AT}/card/check"))
    assert (body["complete"], body["revision"], body["tier"], body["gaps"]) == (True, 1, 3, [])


def test_the_check_finds_what_was_measured_since(
    get: Call, post: Call, version: ModelVersion, cast: Cast
) -> None:
    file = {
        "format": "countersign.card/2",
        "metrics": [{"type": "f1", "value": {"value": "0.99"}}],
    }
    answer(post(json.dumps(file).encode()), 201)
    make_card(cast, version)
    assert answer(get(f"{AT}/card/check"))["complete"]
    record_evaluations(
        version=version,
        measurements=[Measurement(metric="f1", value="0.7")],
        source=Source.POSTED,
        actor=make_token(cast, name="later", at=timezone.now())[0],
        at=timezone.now(),
    )
    body = problem(get(f"{AT}/card/check"), 422)
    assert body["contradicted"] == [
        {"metric": "f1", "slice": "", "key": "f1|", "claimed": "0.99", "measured": "0.7"}
    ]


def test_the_schema_is_served(get: Call) -> None:
    response = get("/api/v1/cards/schema")
    assert response["Content-Type"] == "application/schema+json"
    assert answer(response) == SCHEMA
