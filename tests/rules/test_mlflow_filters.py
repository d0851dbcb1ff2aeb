"""MLflow's language of filters and orders: what it says, and what is refused and why."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.errors import InvalidInput
from governance.core.patterns import insensitive_regex
from governance.mlflow_api.filters import (
    MODELS,
    VERSIONS,
    Vocabulary,
    parse_order,
    parse_search,
)
from governance.registry.queries.searches import (
    Clause,
    Field,
    FieldClause,
    Operator,
    Order,
    Search,
    TagClause,
)


def clauses(text: str, words: Vocabulary = VERSIONS) -> tuple[Clause, ...]:
    return parse_search(text, [], words).clauses


def on(field: Field, operator: str, value: str | int | tuple[str, ...]) -> FieldClause:
    return FieldClause(field=field, operator=Operator(operator), value=value)


def tag(key: str, operator: str, value: str) -> TagClause:
    return TagClause(key=key, operator=Operator(operator), value=value)


NAME, NUMBER = Field.NAME, Field.NUMBER

SAID: list[tuple[str, list[Clause]]] = [
    ("", []),
    ("name = 'churn'", [on(NAME, "=", "churn")]),
    ('name="churn"', [on(NAME, "=", "churn")]),
    ("attribute.name != 'churn'", [on(NAME, "!=", "churn")]),
    ("  name\t=\n'churn'  ", [on(NAME, "=", "churn")]),
    ("name LIKE'ch%'", [on(NAME, "LIKE", "ch%")]),
    ("name like 'ch%'", [on(NAME, "LIKE", "ch%")]),
    ("name iLike '%URN'", [on(NAME, "ILIKE", "%URN")]),
    ("name IN ('a', \"b\")", [on(NAME, "IN", ("a", "b"))]),
    ("name IN ('a',)", [on(NAME, "IN", ("a",))]),
    ("run_id not   in ('a')", [on(Field.RUN_ID, "NOT IN", ("a",))]),
    ("run_id = ''", [on(Field.RUN_ID, "=", "")]),
    ("source_path ILIKE 's3://%'", [on(Field.SOURCE, "ILIKE", "s3://%")]),
    ("version_number = 2", [on(NUMBER, "=", 2)]),
    ("version_number>='02'", [on(NUMBER, ">=", 2)]),
    (f"version_number = {'0' * 5_000}7", [on(NUMBER, "=", 7)]),
    ("version_number = -00", [on(NUMBER, "=", 0)]),
    ("version_number < -1", [on(NUMBER, "<", -1)]),
    ("version_number != 99999999999999999999999", [on(NUMBER, "!=", 2**31)]),
    (f"version_number > -{'9' * 5_000}", [on(NUMBER, ">", -(2**31))]),
    ("name = 'a' AND run_id = 'b'", [on(NAME, "=", "a"), on(Field.RUN_ID, "=", "b")]),
    ("name='a'and name='b'", [on(NAME, "=", "a"), on(NAME, "=", "b")]),
    ("tag.team = 'x'", [tag("team", "=", "x")]),
    ("tags.a.b.c != 'x'", [tag("a.b.c", "!=", "x")]),
    ("tags.`a b/c@d` LIKE 'x%'", [tag("a b/c@d", "LIKE", "x%")]),
    ('tag."a b" = "x"', [tag("a b", "=", "x")]),
    ("tag.'a b' = 'x'", [tag("a b", "=", "x")]),
    ("tag.`it's` = 'x'", [tag("it's", "=", "x")]),
    ("tag.and = 'x' AND tag.2nd = 'y'", [tag("and", "=", "x"), tag("2nd", "=", "y")]),
    ("tags.ключ = 'żółw 🐢'", [tag("ключ", "=", "żółw 🐢")]),
    ('name = "it\'s"', [on(NAME, "=", "it's")]),
    ("name = 'say \"hi\"'", [on(NAME, "=", 'say "hi"')]),
    # MLflow does not take the second quote away either.
    ("name = 'it''s'", [on(NAME, "=", "it''s")]),
    ("name = 'C:\\' AND run_id = 'b'", [on(NAME, "=", "C:\\"), on(Field.RUN_ID, "=", "b")]),
    ("name = 'AND OR ; -- ('", [on(NAME, "=", "AND OR ; -- (")]),
]


@pytest.mark.parametrize(("text", "expected"), SAID, ids=[text[:40] for text, _ in SAID])
def test_a_filter_says(text: str, expected: list[Clause]) -> None:
    assert list(clauses(text)) == expected


CLAUSE = r"Invalid clause\(s\) in filter string: "
QUOTES = CLAUSE + ".*Parameter value is either not quoted or unidentified quote types used"
WRONG = [
    ("   ", r"Invalid filter '   '\. Could not be parsed"),
    ("name", CLAUSE + "the end"),
    ("name =", CLAUSE + "name =.*value"),
    ("name 'a'", CLAUSE + "'a'.*comparator"),
    ("name LIKE", CLAUSE),
    ("run_id IN", CLAUSE),
    ("run_id IN (", CLAUSE + r"\(\. The list is not closed"),
    ("run_id IN ('a'", CLAUSE + r"\(\. The list is not closed"),
    ("run_id IN ()", "non-empty list of string values, but got empty list"),
    ("run_id IN (,)", "but got ill-formed list"),
    ("run_id IN ('a',,'b')", "but got ill-formed list"),
    ("run_id IN ('a' 'b')", "but got ill-formed list"),
    ("run_id IN (('a'))", "but got ill-formed list"),
    ("run_id IN (1,2)", "expected string value, punctuation, or whitespace, but got different"),
    ("run_id IN ('a', b)", "but got different type in list: b"),
    ("run_id IN 'a'", "After IN stands a list"),
    ("run_id = ('a')", QUOTES),
    ("source_path IN ('a')", "Invalid comparator for attribute source_path: IN"),
    ("tag.x IN ('a')", "Invalid comparator for tag: IN. Valid ones are !=, =, ILIKE, LIKE"),
    ("tag.x > 'a'", "Invalid comparator for tag: >"),
    ("tag.x IS NULL", CLAUSE + "IS"),
    ("tag.x = 1", CLAUSE + ".*1"),
    ("tag. = 'a'", CLAUSE),
    ("tag.x-y = 'a'", CLAUSE + "-y"),
    ("name=something", QUOTES + " for string value something"),
    ("evilhax = true", QUOTES),
    ("name = 5", QUOTES),
    ("name = `a`", CLAUSE + "`a`"),
    ("name = 'a", CLAUSE + "'a"),
    ("name > 'a'", "Invalid comparator for attribute name: >"),
    ("name == 'a'", "Invalid comparator for attribute name: =="),
    ("name <> 'a'", "Invalid comparator for attribute name: <>"),
    ("name NOT LIKE 'a'", "Invalid comparator for attribute name: NOT LIKE"),
    ("name NOT 'a'", CLAUSE),
    ("NAME = 'a'", "Invalid attribute key 'NAME' specified. Valid keys are name"),
    ("`name` = 'a'", CLAUSE),
    ("current_stage = 'Production'", "Invalid attribute key 'current_stage'"),
    ("attributes.name = 'a'", "Invalid entity type 'attributes'"),
    ("Tag.x = 'a'", "Invalid entity type 'Tag'"),
    ("name = 'a' OR name = 'b'", CLAUSE + "OR"),
    ("name = 'a' name = 'b'", CLAUSE + "name"),
    ("name = 'a' AND", CLAUSE + "the end"),
    ("AND name = 'a'", CLAUSE + "AND"),
    ("name = 'a' AND AND name = 'a'", CLAUSE + "AND"),
    ("(name = 'a')", CLAUSE + r"\("),
    ("name = 'a';", CLAUSE + ";"),
    ("name = 'a' -- b", CLAUSE + "-- b"),
    ("'a' = name", CLAUSE + "'a'"),
    ("version_number = 2.0", "Invalid value for numeric attribute 'version_number': '2.0'"),
    ("version_number = 1e3", "Invalid value for numeric attribute"),
    ("version_number = 'two'", "Invalid value for numeric attribute 'version_number': 'two'"),
    ("version_number = '٣'", "Invalid value for numeric attribute"),
    ("version_number = 0x10", QUOTES),
    ("version_number LIKE '1'", "Invalid comparator for attribute version_number: LIKE"),
    ("version_number IN ('1')", "Invalid comparator for attribute version_number: IN"),
    (f"name LIKE '{'a' * 1_001}'", "A pattern holds at most 1000 characters"),
    (f"name = '{'a' * 50_000}'", "A filter holds at most 50000 characters"),
    (" AND ".join(["name != 'a'"] * 101), "There can be 100"),
]


@pytest.mark.parametrize(("text", "why"), WRONG, ids=[text[:40] for text, _ in WRONG])
def test_a_filter_that_is_none_says_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as refused:
        clauses(text)
    assert len(refused.value.message) < 600


@pytest.mark.parametrize("key", ["run_id", "source_path", "version_number", "description"])
def test_a_model_is_filtered_by_name_and_tags_only(key: str) -> None:
    with pytest.raises(InvalidInput, match=f"Invalid attribute key '{key}' specified"):
        clauses(f"{key} = '1'", MODELS)


PROMPT = "tags.`mlflow.prompt.is_prompt`"


@pytest.mark.parametrize(
    ("text", "prompts", "kept"),
    [
        ("", False, 0),
        ("name = 'a'", False, 1),
        (f"{PROMPT} != 'true'", False, 0),
        (f"name = 'a' AND {PROMPT} != 'true'", False, 1),
        (f"{PROMPT} = 'False'", False, 0),
        (f"{PROMPT} LIKE 'true'", False, 0),
        (f"{PROMPT} = 'true'", True, 1),
        ("tag.mlflow.prompt.is_prompt = 'TRUE' AND tag.x = 'y'", True, 2),
        (f"{PROMPT} != 'false'", True, 1),
        (f"{PROMPT} = 'false' AND {PROMPT} = 'true'", False, 0),
    ],
)
def test_prompts_are_found_only_if_asked_for(text: str, prompts: bool, kept: int) -> None:
    search = parse_search(text, [], MODELS)
    assert (search.prompts, len(search.clauses)) == (prompts, kept)


def order(*items: str, words: Vocabulary = VERSIONS) -> list[str]:
    parsed = parse_order(items, words)
    return [f"{o.field}{' DESC' if o.descending else ''}" for o in parsed]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], ["name"]),
        (["name DESC"], ["name DESC"]),
        (["timestamp"], ["updated", "name"]),
        (["last_updated_timestamp\t\rdEsC", "name  desc"], ["updated DESC", "name DESC"]),
        (["`name` asc"], ["name"]),
        ([' "timestamp" ASC '], ["updated", "name"]),
    ],
)
def test_an_order_of_models(items: list[str], expected: list[str]) -> None:
    assert order(*items, words=MODELS) == expected


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], ["updated DESC", "name", "number DESC"]),
        (["version_number"], ["number", "name"]),
        (["name DESC"], ["name DESC", "number DESC"]),
        (["attribute.creation_timestamp DESC"], ["created DESC", "name", "number DESC"]),
    ],
)
def test_an_order_of_versions(items: list[str], expected: list[str]) -> None:
    assert order(*items) == expected


@pytest.mark.parametrize(
    ("items", "words", "why"),
    [
        (["name", "creation_timestamp"], MODELS, "Invalid order by key 'creation_timestamp'"),
        (["name", "run_id DESC"], VERSIONS, "Invalid attribute key 'run_id' specified"),
        (["tag.x"], VERSIONS, "Invalid attribute key 'tag.x' specified"),
        (["name DESC blah"], MODELS, "Invalid order_by clause 'name DESC blah'"),
        (["name blah"], VERSIONS, "Invalid order_by clause 'name blah'"),
        ([""], MODELS, "Invalid order_by clause ''"),
        (["name; DROP TABLE x"], MODELS, "Invalid order_by clause"),
        (["name", "name DESC"], MODELS, "`order_by` contains duplicate fields"),
        (["timestamp", "last_updated_timestamp"], MODELS, "`order_by` contains duplicate"),
    ],
)
def test_an_order_that_is_none_says_what_is_wrong(
    items: list[str], words: Vocabulary, why: str
) -> None:
    with pytest.raises(InvalidInput, match=re.escape(why)):
        parse_order(items, words)


# --- whatever anybody sends ----------------------------------------------------------------------

PIECES = st.sampled_from(
    ["name", "tag.", "tags.`a b`", "attribute.", "version_number", "run_id", " ", "'", '"', "`"]
    + ["=", "!=", "<", ">=", "LIKE", "ilike", "IN", "NOT", "AND", "OR", "(", ")", ",", ";", "--"]
    + [
        "'a'",
        '"b"',
        "''",
        "%",
        "_",
        "\\",
        "1",
        "2.5",
        "-3",
        "1e9",
        "\x00",
        "\ud800",
        "🐢",
        "ß",
        ".",
    ]
)
FILTERS = st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map(" ".join))


@given(text=FILTERS, words=st.sampled_from([MODELS, VERSIONS]))
def test_any_text_is_a_filter_or_invalid_input(text: str, words: Vocabulary) -> None:
    try:
        found: Search | InvalidInput = parse_search(text, [], words)
    except InvalidInput as error:
        found = error
    assert isinstance(found, Search) or found.message


@given(items=st.lists(st.one_of(st.text(), PIECES), max_size=5))
def test_any_texts_are_an_order_or_invalid_input(items: list[str]) -> None:
    try:
        found: tuple[Order, ...] | InvalidInput = parse_order(items, VERSIONS)
    except InvalidInput as error:
        found = error
    assert isinstance(found, tuple) or found.message


@given(value=st.text(alphabet=st.characters(exclude_characters="'")))
def test_any_value_without_the_quote_arrives_as_it_is(value: str) -> None:
    assert clauses(f"name = '{value}'") == (on(NAME, "=", value),)


def like(text: str, pattern: str) -> bool:
    """The definition: of two empty texts, of `%`, of `_`, and of anything else."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return like(text, pattern[1:]) or (bool(text) and like(text[1:], pattern))
    return bool(text) and pattern[0] in {"_", text[0]} and like(text[1:], pattern[1:])


@given(
    text=st.text(alphabet="ab.\n\\", max_size=8), pattern=st.text(alphabet="ab.\n\\%_", max_size=8)
)
def test_the_regular_expression_matches_what_the_pattern_does(text: str, pattern: str) -> None:
    assert bool(re.search(insensitive_regex(pattern), text)) is like(text, pattern)
    assert bool(re.search(insensitive_regex(pattern), text.upper())) is like(text, pattern)


def test_no_pattern_makes_the_search_go_back_and_forth() -> None:
    assert not re.search(insensitive_regex("%a" * 500 + "b"), "a" * 100_000)
