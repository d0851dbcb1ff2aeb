"""Edits in place: what differs between two writings of a card is changed in its document alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.cards.formats.guards import json_tree
from governance.cards.formats.json_files import is_unchanged, sealed
from governance.cards.formats.trees import (
    Claims,
    NumberText,
    Place,
    at_pointer,
    dumped,
    merged,
    opcodes,
    place_at,
    pointer,
    put,
)


@pytest.mark.parametrize(
    ("base", "ours", "source", "result"),
    [
        ({"a": 1}, {"a": 1}, {"a": 1, "x": 2}, {"a": 1, "x": 2}),
        ({"a": 1}, {"a": 2}, {"x": 2, "a": 1}, {"x": 2, "a": 2}),
        ({"a": 1}, {}, {"a": 1, "x": 2}, {"x": 2}),
        ({}, {"a": 1}, {"x": 2}, {"x": 2, "a": 1}),
        ({}, {"x": 3}, {"x": 2}, {"x": 3}),
        ({"a": {"b": 1}}, {}, {"a": {"b": 1, "x": 9}}, {}),
        ({"a": {"b": 1}, "c": 1}, {"c": 1}, {"a": {"b": 1}, "c": 1}, {"c": 1}),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, {"a": {"b": 1, "x": 9}}, {"a": {"b": 2, "x": 9}}),
        ([{"a": 1}, {"a": 2}], [{"a": 2}], [{"a": 1, "x": 1}, {"a": 2, "x": 2}],
         [{"a": 2, "x": 2}]),
        ([{"a": 1}], [{"a": 3}], [{"a": 1, "x": 1}], [{"a": 3, "x": 1}]),
        ([{"a": 1}], [{"a": 0}, {"a": 1}], [{"a": 1, "x": 1}], [{"a": 0}, {"a": 1, "x": 1}]),
        (["en"], ["en", "fr"], "en", ["en", "fr"]),
        ([1], [2], [1, 1], [2]),
    ],
)  # fmt: skip
def test_only_the_differences_are_changed(base: Any, ours: Any, source: Any, result: Any) -> None:
    assert merged(base, ours, source) == result
    assert merged(base, base, source) == source


@pytest.mark.parametrize(
    ("base", "ours", "source", "apart", "result"),
    [
        ([1, 2], [1, 3], ["x", 1, 2], {(0,)}, ["x", 1, 3]),
        ([1, 2], [2], [1, "x", 2], {(1,)}, ["x", 2]),
        ([1, 2], [1, 2, 3], [1, "x", 2, "y"], {(1,), (3,)}, [1, "x", 2, "y", 3]),
        ([1, 2], [3, 4], [1, "x", 2], {(1,)}, [3, "x", 4]),
        ([1, 2], [3], [1, "x", 2, "y"], {(1,), (3,)}, [3, "x", "y"]),
        ([1], [], [1, "x"], {(1,)}, ["x"]),
        ({"a": [1]}, {}, {"a": [1, "x"]}, {("a", 1)}, {"a": ["x"]}),
        ({"a": {"b": 1}}, {}, {"a": {"b": 1, "x": None}}, {("a", "x")}, {"a": {"x": None}}),
        ({"a": {"b": 1}}, {}, {"a": {"b": 1, "x": [2, 3]}}, {("a", "x", 1)}, {"a": {"x": [3]}}),
        ({"a": {"b": {"c": 1}}}, {}, {"a": {"y": 1, "b": {"x": 9}}}, {("a", "b", "x")},
         {"a": {"b": {"x": 9}}}),
        ([[1], [2]], [[1], [3]], [["x", 1], ["x", 2]], {(0, 0), (1, 0)}, [["x", 1], ["x", 3]]),
    ],
)  # fmt: skip
def test_what_the_card_has_no_field_for_stays_where_it_stands(
    base: Any, ours: Any, source: Any, apart: set[Place], result: Any
) -> None:
    assert merged(base, ours, source, apart) == result


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
TREES = st.recursive(
    st.none() | st.booleans() | WORDS | st.integers().map(lambda n: NumberText(str(n))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@given(TREES, TREES)
def test_a_document_that_holds_no_more_than_the_card_becomes_the_card(one: Any, two: Any) -> None:
    assert dumped(merged(one, two, one)).count(":") == dumped(two).count(":")
    assert json.loads(dumped(merged(one, two, one))) == json.loads(dumped(two))


@given(st.lists(st.sampled_from("ab"), max_size=6), st.lists(st.sampled_from("ab"), max_size=6))
def test_the_steps_lead_from_one_list_to_the_other(one: list[str], two: list[str]) -> None:
    steps = opcodes(one, two)
    assert [item for _, _, _, first, last in steps for item in two[first:last]] == two
    assert [item for _, start, end, _, _ in steps for item in one[start:end]] == one
    equal = [step for step in steps if step[0] == "equal"]
    assert all(one[start:end] == two[first:last] for _, start, end, first, last in equal)


def test_long_lists_of_what_is_alike_are_compared_one_by_one() -> None:
    long = ["a"] * 5000
    assert opcodes(["x", *long, "y"], ["z", *long, "u"]) == [("replace", 0, 5002, 0, 5002)]
    assert opcodes([*long, "y"], [*long, "u"])[-1] == ("replace", 5000, 5001, 5000, 5001)


@given(TREES)
def test_json_is_read_as_it_is_written(tree: Any) -> None:
    assert dumped(json_tree(dumped(tree))) == dumped(tree)
    assert dumped(json_tree(dumped(tree, indent=" "))) == dumped(tree)


@given(st.dictionaries(WORDS, TREES, max_size=4), st.data())
def test_what_is_not_claimed_is_kept_and_can_be_put_back(tree: Any, data: Any) -> None:
    claims = Claims(tree)
    keys = data.draw(st.lists(st.sampled_from(sorted(tree)), unique=True) if tree else st.just([]))
    for key in keys:
        claims.take(key)
    rest = dict(claims.rest())
    assert {place[0] for place in rest} | set(keys) >= {k for k in tree if tree[k] is not None}
    again: Any = {key: tree[key] for key in keys}
    for place, value in rest.items():
        assert place_at(tree, pointer(place)) == place
        again = put(again, at_pointer(pointer(place)), value)
    assert dumped(dict(sorted(again.items()))) == dumped(dict(sorted(tree.items())))


def test_an_item_is_named_by_number_and_a_key_never_is() -> None:
    assert place_at({"a": [{"0": 1, "b/c": 2}]}, "/a/0/0") == ("a", 0, "0")
    assert place_at({"a": [{"0": 1, "b/c": 2}]}, "/a/0/b~1c") == ("a", 0, "b/c")


def test_an_item_of_which_nothing_is_claimed_is_kept_whole() -> None:
    claims = Claims({"a": [{"b": [1], "c": 2}, {"b": [3]}], "d": {"e": [4]}})
    claims.items("a")
    claims.items("a", 0, "b")
    claims.items("d", "e")
    claims.take("a", 1, "b", 0)
    assert dict(claims.rest()) == {("a", 0): {"b": [1], "c": 2}, ("d", "e", 0): 4}
    assert {("a", 0), ("d", "e", 0)} <= claims.apart()


def test_a_place_that_is_gone_is_not_made_up() -> None:
    assert put({"a": [1]}, ("a", "1"), 2) == {"a": [1]}
    assert put({"a": [1]}, ("b", "c"), 2) == {"a": [1]}
    assert put({"a": [1]}, ("a", "x"), 2) == {"a": [1]}
    assert put({"a": [{}]}, ("a", "0", "x"), 2) == {"a": [{"x": 2}]}


def test_a_seal_breaks_with_the_rest() -> None:
    payload = sealed({"card": {}}, {"a": NumberText("0.9")})
    assert is_unchanged(payload, {"a": NumberText("0.9")})
    assert not is_unchanged(payload, {"a": NumberText("0.90")})
