"""A JSON file that is edited keeps the spelling of all that did not change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.cards.formats.guards import json_tree
from governance.cards.formats.json_text import edited_json
from governance.cards.formats.trees import dumped, merged, pruned
from tests.rules.cards.test_trees import TREES

TEXT = """\
\ufeff{ "a" : [ { "b": 1.50 }, {"c":"\\u00e9"} ],
\t"d": {},
\t"e": {
\t\t"f": [1,2 , 3]}
}

"""[1:]


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ({}, "", ""),
        ({"d": {"x": 1}}, '"d": {}', '"d": {\n\t\t"x": 1\n\t}'),
        ({"a": [{"b": 2}, {"c": "é"}]}, "1.50", "2"),
        ({"a": [{"c": "é"}]}, '[ { "b": 1.50 }, {"c":"\\u00e9"} ]', '[ {"c":"\\u00e9"} ]'),
        ({"e": {"f": [1, 2]}}, "[1,2 , 3]", "[1,2]"),
        ({"e": {"f": [1, 2, 3, 4]}}, "3]}", "3, 4]}"),
        ({"e": {"f": [1, 2, 3], "g": None}}, "3]}", '3],\n\t\t"g": null}'),
        ({"z": 1}, "3]}\n", '3]},\n\t"z": 1\n'),
    ],
)
def test_only_what_differs_is_written_anew(change: dict[str, Any], old: str, new: str) -> None:
    tree = {**json_tree(TEXT), **json_tree(json.dumps(change))}
    assert edited_json(TEXT, tree) == TEXT.replace(old, new)
    assert json_tree(edited_json(TEXT, tree)) == tree


@given(TREES, TREES, st.sampled_from([None, "", "  ", "\t"]))
def test_any_text_becomes_any_tree(one: Any, two: Any, indent: str | None) -> None:
    text = f" {dumped(one, indent=indent)}\n"
    assert edited_json(text, one) == text
    assert json.loads(edited_json(text, two)) == json.loads(dumped(two))


def test_a_text_in_ascii_stays_so() -> None:
    text = '{"a": "\\u00e9", "b": 1}'
    tree = {"a": "é", "b": "ü", "ö": []}
    assert edited_json(text, tree) == '{"a": "\\u00e9", "b": "\\u00fc", "\\u00f6": []}'


def test_items_that_the_card_has_no_field_for_keep_their_places() -> None:
    source = [{"x": 1}, {"a": 1, "y": 1}, {"x": 2}, {"a": 2}, {"x": 3}]
    apart = {("l", 0), ("l", 2), ("l", 4)}
    base = [{"a": 1}, {"a": 2}]

    def result(*ours: Any) -> Any:
        return merged({"l": base}, {"l": list(ours)}, {"l": source}, apart)["l"]

    assert result({"a": 3}, {"a": 2}) == [
        {"x": 1}, {"a": 3, "y": 1}, {"x": 2}, {"a": 2}, {"x": 3}
    ]  # fmt: skip
    assert result({"a": 2}) == [{"x": 1}, {"x": 2}, {"a": 2}, {"x": 3}]
    assert result({"a": 1}, {"a": 2}, {"a": 3}) == [*source, {"a": 3}]
    assert result() == [{"x": 1}, {"x": 2}, {"x": 3}]


def test_what_became_empty_goes_and_what_was_empty_stays() -> None:
    source = {"a": {}, "b": {"c": [1]}, "d": [{"e": []}]}
    tree = {"a": {}, "b": {"c": []}, "d": [{"e": []}, {"f": {}}], "g": {"h": []}}
    assert pruned(tree, source) == {"a": {}, "d": [{"e": []}, {}]}
