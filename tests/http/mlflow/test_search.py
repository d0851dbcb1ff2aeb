"""Searching models and versions: through the unmodified client, and whatever else is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.accounts.actions import create_unit
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from governance.registry.actions import register_version, set_model_tag
from governance.registry.models import ModelVersion
from governance.registry.rules import Registration
from tests.factories import NOON, Cast, make_person, make_token
from tests.mlflow_client import MlflowClient, MlflowError, both_releases

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.backend]

PROMPT = "mlflow.prompt.is_prompt"


def a_model(
    cast: Cast, name: str, *, tags: Mapping[str, str] | None = None, at: datetime = NOON
) -> Model:
    model = create_model(name=name, unit=cast.unit, actor=cast.owner, at=at)
    for key, value in (tags or {}).items():
        set_model_tag(model=model, key=key, value=value, actor=cast.developer, at=at)
    return model


def a_version(
    cast: Cast,
    model: Model,
    *,
    source: str = "s3://bucket/model",
    run_id: str = "",
    tags: Mapping[str, str] | None = None,
    at: datetime = NOON,
) -> ModelVersion:
    return register_version(
        model=model,
        registration=Registration(source=source, run_id=run_id),
        tags=dict(tags or {}),
        actor=cast.developer,
        at=at,
    )


def names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def numbers(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return [f"{row['name']}/{row['version']}" for row in rows]


@pytest.fixture
def fleet(cast: Cast) -> Cast:
    """Six models whose names tell cases, alphabets and wildcards apart, with tags."""
    a_model(cast, "Churn", tags={"team": "growth", "tier": "A"})
    a_model(cast, "churn", tags={"team": "Growth"})
    a_model(cast, "churn_2", tags={"team": "risk", "tier": "a"})
    a_model(cast, "churn-2", tags={"tier": ""})
    a_model(cast, "ŻÓŁW 🐢")
    a_model(cast, "żółw [x]*?")
    return cast


ALL = ["Churn", "churn", "churn-2", "churn_2", "ŻÓŁW 🐢", "żółw [x]*?"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ALL),
        ("name = 'churn'", ["churn"]),
        ("name != 'churn'", [n for n in ALL if n != "churn"]),
        ("name = 'chur'", []),
        ("name LIKE 'churn%'", ["churn", "churn-2", "churn_2"]),
        ("name LIKE 'Churn%'", ["Churn"]),
        ("name ILIKE 'CHURN%'", ["Churn", "churn", "churn-2", "churn_2"]),
        ("name LIKE 'churn_2'", ["churn-2", "churn_2"]),
        ("name LIKE 'chur'", []),
        ("name LIKE '%'", ALL),
        ("name ILIKE '%%'", ALL),
        ("name LIKE '%[x]*?'", ["żółw [x]*?"]),
        ("name LIKE '%[a-z]%'", []),
        ("name LIKE '*'", []),
        ("name ILIKE '.*'", []),
        ("name LIKE '____ _'", ["ŻÓŁW 🐢"]),
        ("name LIKE 'żółw%'", ["żółw [x]*?"]),
        ("name ILIKE 'żÓłw%'", ["ŻÓŁW 🐢", "żółw [x]*?"]),
        ("name LIKE '%churn\\_2'", []),
        ("name IN ('churn', 'Churn', 'gone')", ["Churn", "churn"]),
        ("name NOT IN ('churn', 'Churn')", ALL[2:]),
        ("tag.team = 'growth'", ["Churn"]),
        ("tag.team != 'growth'", ["churn", "churn_2"]),
        ("tag.team ILIKE 'g%'", ["Churn", "churn"]),
        ("tag.team LIKE 'g%'", ["Churn"]),
        ("tag.Team = 'growth'", []),
        ("tag.tier = ''", ["churn-2"]),
        ("tag.team ILIKE '%' AND tag.tier ILIKE 'a'", ["Churn", "churn_2"]),
        ("tag.tier != 'A' AND tag.tier LIKE '_'", ["churn_2"]),
        ("name LIKE 'c%' and tag.team != 'x'", ["churn", "churn_2"]),
    ],
)
def test_models_are_found_by_name_and_tags(
    pipeline: MlflowClient, fleet: Cast, text: str | None, expected: list[str]
) -> None:
    found = pipeline.search_registered_models(filter_string=text, order_by=["name"])
    assert sorted(names(found)) == sorted(expected)
    assert names(found) == sorted(expected)


@both_releases
def test_a_found_model_is_the_model_that_get_returns(pipeline: MlflowClient, cast: Cast) -> None:
    model = a_model(cast, "churn", tags={"team": "growth"})
    a_version(cast, model, tags={"a": "1"})
    a_version(cast, model)
    pipeline.create_registered_model(name="drift", description="Made by a pipeline.")
    found = pipeline.search_registered_models()
    assert found == [pipeline.get_registered_model(name=name) for name in ("churn", "drift")]
    assert found[0]["latest_versions"][0]["version"] == "2"


QUOTED = ["it's", 'say "hi"', "C\\model\\", "a`b", "50%", "a_b", "x;y--z", "🐢" * 60, "''"]


@pytest.mark.parametrize("name", QUOTED)
def test_a_name_of_any_characters_is_found(pipeline: MlflowClient, cast: Cast, name: str) -> None:
    a_model(cast, name)
    a_model(cast, "another")
    quote = '"' if "'" in name else "'"
    for comparator in ("=", "LIKE", "ILIKE"):
        text = f"name {comparator} {quote}{name}{quote}"
        assert names(pipeline.search_registered_models(filter_string=text)) == [name]


@pytest.fixture
def versions(cast: Cast) -> Cast:
    churn = a_model(cast, "churn")
    drift = a_model(cast, "drift")
    a_version(cast, churn, source="s3://A/B", run_id="run1", tags={"t1": "abc", "t2": "xyz"})
    for minute, model, run in ((1, churn, "run2"), (2, drift, "RUN2"), (3, churn, "")):
        a_version(
            cast,
            model,
            source=f"s3://a/{minute}",
            run_id=run,
            tags={"t1": "abc", "t2": f"x{minute}"},
            at=NOON + timedelta(minutes=minute),
        )
    return cast


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ["churn/3", "drift/1", "churn/2", "churn/1"]),
        ("", ["churn/3", "drift/1", "churn/2", "churn/1"]),
        ("name = 'churn'", ["churn/3", "churn/2", "churn/1"]),
        ("name LIKE 'C%'", []),
        ("name ILIKE 'C%'", ["churn/3", "churn/2", "churn/1"]),
        ("version_number = 1", ["drift/1", "churn/1"]),
        ("version_number != '1'", ["churn/3", "churn/2"]),
        ("version_number > 1 AND version_number <= 2", ["churn/2"]),
        ("version_number >= 3", ["churn/3"]),
        ("version_number < 2", ["drift/1", "churn/1"]),
        ("version_number < 99999999999", ["churn/3", "drift/1", "churn/2", "churn/1"]),
        ("version_number != 99999999999", ["churn/3", "drift/1", "churn/2", "churn/1"]),
        ("version_number = 99999999999", []),
        ("version_number >= -99999999999", ["churn/3", "drift/1", "churn/2", "churn/1"]),
        ("run_id = 'run2'", ["churn/2"]),
        ("run_id ILIKE 'RUN%'", ["drift/1", "churn/2", "churn/1"]),
        ("run_id LIKE 'run%'", ["churn/2", "churn/1"]),
        ("run_id IN ('run1','RUN2')", ["drift/1", "churn/1"]),
        ("run_id NOT IN ('run1', 'RUN2', '')", ["churn/2"]),
        ("source_path = 's3://A/B'", ["churn/1"]),
        ("source_path LIKE 's3://a/%'", ["churn/3", "drift/1", "churn/2"]),
        ("source_path ILIKE 's3://A/%'", ["churn/3", "drift/1", "churn/2", "churn/1"]),
        ("tag.t2 = 'xyz'", ["churn/1"]),
        ("tag.t2 != 'xyz'", ["churn/3", "drift/1", "churn/2"]),
        ("tag.t2 LIKE 'X%'", []),
        ("tag.t3 != 'x'", []),
        ("tag.t1 = 'abc' AND tag.t2 LIKE 'x_'", ["churn/3", "drift/1", "churn/2"]),
        ("name = 'churn' AND tag.`t2` = 'x1' AND run_id != 'x'", ["churn/2"]),
    ],
)
def test_versions_are_found_newest_first(
    pipeline: MlflowClient, versions: Cast, text: str | None, expected: list[str]
) -> None:
    assert numbers(pipeline.search_model_versions(filter_string=text)) == expected


@both_releases
def test_a_found_version_is_the_version_that_get_returns(
    pipeline: MlflowClient, versions: Cast
) -> None:
    found = pipeline.search_model_versions(filter_string="run_id = 'run1'")
    assert found == [pipeline.get_model_version(name="churn", version="1")]
    assert found[0]["tags"] == {"t1": "abc", "t2": "xyz"}
    assert found[0]["user_id"] == "dev.singh@bank.example"


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (["name"], ["churn/3", "churn/2", "churn/1", "drift/1"]),
        (["name DESC"], ["drift/1", "churn/3", "churn/2", "churn/1"]),
        (["version_number ASC"], ["churn/1", "drift/1", "churn/2", "churn/3"]),
        (["version_number desc"], ["churn/3", "churn/2", "churn/1", "drift/1"]),
        (["version_number", "name DESC"], ["drift/1", "churn/1", "churn/2", "churn/3"]),
        (["creation_timestamp"], ["churn/1", "churn/2", "drift/1", "churn/3"]),
        (["last_updated_timestamp ASC"], ["churn/1", "churn/2", "drift/1", "churn/3"]),
    ],
)
def test_versions_come_in_the_order_asked_for_page_by_page(
    pipeline: MlflowClient, versions: Cast, order_by: list[str], expected: list[str]
) -> None:
    assert numbers(pipeline.search_model_versions(order_by=order_by)) == expected
    assert numbers(all_pages(pipeline, "search_model_versions", order_by=order_by)) == expected


def all_pages(pipeline: MlflowClient, search: str, **args: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    token = None
    while True:
        page = pipeline.page(search=search, max_results=1, page_token=token, **args)
        assert len(page["rows"]) == 1
        rows += page["rows"]
        token = page["token"]
        if not token:
            return rows


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        ([], ["a", "b", "c", "d"]),
        (["name DESC"], ["d", "c", "b", "a"]),
        (["timestamp"], ["b", "d", "a", "c"]),
        (["last_updated_timestamp DESC"], ["a", "c", "b", "d"]),
        (["timestamp DESC", "name DESC"], ["c", "a", "d", "b"]),
    ],
)
def test_models_come_in_the_order_asked_for_page_by_page(
    pipeline: MlflowClient, cast: Cast, order_by: list[str], expected: list[str]
) -> None:
    for minute, name in ((1, "c"), (0, "d"), (1, "a"), (0, "b")):
        a_model(cast, name, at=NOON + timedelta(minutes=minute))
    assert names(pipeline.search_registered_models(order_by=order_by)) == expected
    assert names(all_pages(pipeline, "search_registered_models", order_by=order_by)) == expected


@both_releases
def test_pages_may_differ_in_size_and_the_last_has_no_token(
    pipeline: MlflowClient, cast: Cast
) -> None:
    for number in range(10):
        a_model(cast, f"m{number}")
    sizes, token, seen = [], None, []
    for size in (1, 2, 3, 4):
        page = pipeline.page(search="search_registered_models", max_results=size, page_token=token)
        token = page["token"]
        sizes.append(len(page["rows"]))
        seen += names(page["rows"])
    assert (sizes, seen) == ([1, 2, 3, 4], [f"m{number}" for number in range(10)])
    assert not token


def test_a_row_that_comes_between_two_pages_shifts_none(pipeline: MlflowClient, cast: Cast) -> None:
    for name in ("b", "d", "f"):
        a_model(cast, name)
    page = pipeline.page(search="search_registered_models", max_results=2)
    a_model(cast, "a")
    a_model(cast, "e")
    rest = pipeline.page(search="search_registered_models", page_token=page["token"])
    assert names(page["rows"]) + names(rest["rows"]) == ["b", "d", "e", "f"]


def test_another_units_models_and_versions_are_not_found(
    pipeline: MlflowClient, cast: Cast
) -> None:
    a_version(cast, a_model(cast, "churn"))
    treasury = create_unit(path="bank/treasury", name="Treasury", actor=CONSOLE, at=NOON)
    stranger = make_person("Tess Treasury", Role.DEVELOPER, unit=treasury)
    rates = create_model(name="rates", unit=treasury, actor=stranger, at=NOON)
    registration = Registration(source="s3://rates", run_id="secret")
    register_version(
        model=rates, registration=registration, tags={"k": "v"}, actor=stranger, at=NOON
    )
    set_model_tag(model=rates, key="k", value="v", actor=stranger, at=NOON)
    assert names(pipeline.search_registered_models()) == ["churn"]
    assert names(pipeline.search_model_versions()) == ["churn"]
    for text in ("name = 'rates'", "tag.k = 'v'", "name LIKE 'r%'"):
        assert pipeline.search_registered_models(filter_string=text) == []
        assert pipeline.search_model_versions(filter_string=text) == []
    assert pipeline.search_model_versions(filter_string="run_id = 'secret'") == []


@both_releases
def test_prompts_stay_out_unless_they_are_asked_for(pipeline: MlflowClient, cast: Cast) -> None:
    a_version(cast, a_model(cast, "model", tags={"fruit": "apple"}), tags={"fruit": "apple"})
    greeting = a_model(cast, "greeting", tags={PROMPT: "true", "fruit": "apple"})
    a_version(cast, greeting, tags={PROMPT: "true", "fruit": "apple"})
    a_version(cast, greeting, tags={PROMPT: "true"})
    a_version(cast, greeting)

    def found(text: str) -> tuple[list[str], list[str]]:
        models = pipeline.search_registered_models(filter_string=text)
        return names(models), numbers(pipeline.search_model_versions(filter_string=text))

    prompts = ["greeting/2", "greeting/1"]
    for text in (
        "",
        "tag.fruit = 'apple'",
        f"tags.`{PROMPT}` = 'false'",
        f"tag.{PROMPT} != 'true'",
    ):
        assert found(text) == (["model"], ["model/1"])
    assert found(f"tags.`{PROMPT}` = 'true'") == (["greeting"], prompts)
    assert found(f"tags.`{PROMPT}` != 'false'") == (["greeting"], prompts)
    both = f"tags.`{PROMPT}` = 'true' AND tags.fruit = 'apple'"
    assert found(both) == (["greeting"], ["greeting/1"])


@pytest.mark.parametrize("search", ["search_registered_models", "search_model_versions"])
@pytest.mark.parametrize(
    "args",
    [
        {"filter_string": "nothing"},
        {"filter_string": "run_id IN ("},
        {"filter_string": "version_number = 1.5"},
        {"order_by": ["description"]},
        {"order_by": ["name", "name"]},
        {"max_results": 0},
        {"max_results": -1},
        {"max_results": 200_001},
        {"page_token": "evilhax"},
    ],
    ids=str,
)
def test_what_is_wrong_is_an_invalid_parameter_value(
    pipeline: MlflowClient, cast: Cast, search: str, args: dict[str, Any]
) -> None:
    with pytest.raises(MlflowError) as refused:
        getattr(pipeline, search)(**args)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


# --- on the wire ---------------------------------------------------------------------------------


class Wire:
    def __init__(self, client: Client, secret: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, prefix: str = "/api/2.0/mlflow/", **query: Any) -> tuple[int, Any]:
        answered = self.client.get(f"{prefix}{path}/search", query, headers=self.headers)
        return answered.status_code, json.loads(answered.content)


@pytest.fixture
def wire(client: Client, cast: Cast, now: datetime) -> Wire:
    return Wire(client, make_token(cast, at=now)[1])


@pytest.mark.parametrize("prefix", ["/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"])
@pytest.mark.parametrize(
    ("path", "rows"),
    [("registered-models", "registered_models"), ("model-versions", "model_versions")],
)
def test_both_prefixes_answer_and_what_is_empty_is_left_out(
    wire: Wire, cast: Cast, prefix: str, path: str, rows: str
) -> None:
    assert wire.get(path, prefix) == (200, {})
    a_version(cast, a_model(cast, "churn"))
    status, body = wire.get(path, prefix)
    assert status == 200
    assert body.keys() == {rows}
    assert "aliases" not in body[rows][0]


def test_a_token_serves_only_the_search_it_was_given_for(wire: Wire, cast: Cast) -> None:
    for name in ("a", "b", "c"):
        a_version(cast, a_model(cast, name))
    asked = {"filter": "name != 'x'", "order_by": "name DESC"}
    token = wire.get("registered-models", max_results=1, **asked)[1]["next_page_token"]
    again = wire.get("registered-models", page_token=token, **asked)[1]
    assert names(again["registered_models"]) == ["b", "a"]
    for path, other in (
        ("registered-models", asked | {"filter": "name != 'y'"}),
        ("registered-models", asked | {"order_by": "name"}),
        ("registered-models", {}),
        ("model-versions", asked),
    ):
        status, body = wire.get(path, page_token=token, **other)
        assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert "Invalid page token, could not base64-decode" in body["message"]


@pytest.mark.parametrize("token", ["x", "eyJvZmZzZXQiOjF9", ":::", "é", "🐢", "a" * 3_000])
def test_a_token_that_is_none_is_refused(wire: Wire, token: str) -> None:
    for path in ("registered-models", "model-versions"):
        status, body = wire.get(path, page_token=token)
        assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    "size", ["", "ten", "1.5", "1e3", "0", "-5", "9" * 5_000, "1001", ["1", "2"]]
)
def test_a_size_that_is_none_is_refused(wire: Wire, size: Any) -> None:
    status, body = wire.get("registered-models", max_results=size)
    assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "max_results" in body["message"]


def test_a_thousand_models_and_200000_versions_may_be_asked_for(wire: Wire, cast: Cast) -> None:
    a_version(cast, a_model(cast, "churn"))
    assert wire.get("registered-models", max_results=1_000)[0] == 200
    assert wire.get("model-versions", max_results=200_000)[0] == 200


def test_a_filter_given_twice_is_refused(wire: Wire) -> None:
    status, body = wire.get("model-versions", filter=["name = 'a'", "name = 'b'"])
    assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_the_longest_filters_are_answered(wire: Wire, cast: Cast) -> None:
    a_version(cast, a_model(cast, "churn"), tags={"k": "v"})
    many = ",".join(f"'{number:036}'" for number in range(1_000))
    for text in (
        f"run_id NOT IN ({many})",
        " AND ".join(["tag.k = 'v'"] * 100),
        " AND ".join(["name LIKE '%'", *["version_number > 0"] * 99]),
        f"name ILIKE '{'%' * 500}u{'%' * 499}'",
    ):
        status, body = wire.get("model-versions", filter=text)
        assert (status, names(body["model_versions"])) == (200, ["churn"])


PIECES = st.sampled_from(
    ["name", "tag.t1", "tags.`a b`", "version_number", "run_id", "source_path", " ", "'", '"', "`"]
    + ["=", "!=", "<", ">=", "LIKE", "ILIKE", "IN", "NOT IN", "AND", "OR", "(", ")", ",", ";", "--"]
    + ["'a'", '"b%"', "''", "'[_*'", "'\\'", "1", "-3", "'2'", "9" * 30, "\x00", "🐢", "'ß'", "."]
)
CLAUSES = st.builds(
    "{} {} {}".format,
    st.sampled_from(["name", "run_id", "source_path", "version_number", "tag.t1", f"tag.{PROMPT}"]),
    st.sampled_from(["=", "!=", "<", "LIKE", "ILIKE", "IN", "NOT IN"]),
    st.sampled_from(["'a'", "'%\\'", "'[%_]'", "('a','b')", "7", f"'{'9' * 20}'", "'ŻÓ%'"]),
)
FILTERS = st.lists(st.one_of(CLAUSES, PIECES), max_size=8).map(" AND ".join) | st.lists(
    PIECES, max_size=12
).map(" ".join)


@given(
    text=FILTERS | st.text(), order=st.lists(PIECES | st.sampled_from(["name DESC"]), max_size=3)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_is_answered_or_invalid(
    wire: Wire, cast: Cast, text: str, order: list[str]
) -> None:
    for path in ("registered-models", "model-versions"):
        status, body = wire.get(path, filter=text, order_by=order)
        assert status == 200 or (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_a_page_costs_the_same_queries_however_many_rows(wire: Wire, cast: Cast) -> None:
    def cost(path: str, **query: Any) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert wire.get(path, **query)[0] == 200
        return len(asked)

    for number in range(2):
        a_version(cast, a_model(cast, f"m{number}", tags={"k": "v"}), tags={"k": "v"})
    wire.get("registered-models")
    few = cost("registered-models"), cost("model-versions", filter="tag.k = 'v'")
    for number in range(2, 8):
        model = a_model(cast, f"m{number}", tags={"k": "v"})
        for _ in range(3):
            a_version(cast, model, tags={"k": "v", "l": "w"})
    many = cost("registered-models"), cost("model-versions", filter="tag.k = 'v'")
    assert few == many
    # One of them finds who calls, and one the aliases of the whole page. What is prepared in
    # PostgreSQL goes past Django's count.
    assert few <= (7, 4)
