"""Texts that are made to keep a page busy: comparing and rendering stay quick."""

from __future__ import annotations

import time

import pytest

from governance.core.diffs import diff_lines, diff_value, diff_words
from governance.core.errors import InvalidInput
from governance.core.markup import rich_text
from governance.mlflow_api.filters import MODELS, parse_search

SIZE = 50_000
SLOW_PAIRS = {
    "alike": ("a " * (SIZE // 2), "a " * (SIZE // 2 - 500) + "b"),
    "alternating": ("a b " * (SIZE // 4), "a c " * (SIZE // 4)),
    "marks": (
        "".join(f".x{i}" for i in range(SIZE // 7)),
        "".join(f".y{i}" for i in range(SIZE // 7)),
    ),
    "lines": ("a\nb\n" * (SIZE // 4), "a\nc\n" * (SIZE // 4)),
}


@pytest.mark.parametrize("pair", SLOW_PAIRS)
@pytest.mark.parametrize("compare", [diff_lines, diff_words, lambda a, b: diff_value("x", a, b)])
def test_comparing_takes_seconds_at_most(pair: str, compare: object) -> None:
    began = time.perf_counter()
    assert compare(*SLOW_PAIRS[pair])  # type: ignore[operator]
    assert time.perf_counter() - began < 10


def test_a_long_text_with_a_small_change_still_shows_its_words() -> None:
    words = [f"word{i % 300}" for i in range(6000)]
    old, new = " ".join(words), " ".join([*words[:3000], "changed", *words[3001:]])
    gone, come = diff_words(old, new)
    assert [piece.text for piece in gone if piece.kind] == ["word0"]
    assert [piece.text for piece in come if piece.kind] == ["changed"]


@pytest.mark.parametrize(
    "text",
    ["1" * SIZE + "x", "'" + "''" * (SIZE // 2 - 1), "a" + ".a" * (SIZE // 2 - 1), "(" * SIZE]
    + ["name = 'x' AND " * (SIZE // 15), "-" * SIZE, "1e" + "1" * (SIZE - 3) + "x", "a.`" * 16_000],
    ids=lambda text: text[:8],
)
def test_reading_a_filter_takes_seconds_at_most(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(InvalidInput):
        parse_search(text, [], MODELS)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "unit", ["[", "![", "*a ", "**a", ">", "<", "[](", "_a_ ", "- ", "&", "~~a", "[a](<b", "a**b"]
)
def test_rendering_takes_seconds_at_most(unit: str) -> None:
    began = time.perf_counter()
    rich_text(unit * (SIZE // len(unit)))
    assert time.perf_counter() - began < 20
