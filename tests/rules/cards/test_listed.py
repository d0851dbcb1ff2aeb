"""Lists of other formats as prose, and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from governance.cards.formats.listed import items_of, listed

PARTS = st.lists(st.sampled_from(["- ", "  ", "\n", "x", "é", "* "]), min_size=1, max_size=6)
TEXTS = st.lists(PARTS.map("".join), min_size=1, max_size=4)


@given(TEXTS)
def test_a_list_comes_back(texts: list[str]) -> None:
    assert items_of(listed(texts)) == texts


@given(PARTS.map("".join))
def test_prose_comes_back(text: str) -> None:
    assert listed(items_of(text)) == text


def test_one_text_is_prose_and_more_are_a_list() -> None:
    assert listed(["one"]) == "one"
    assert listed(["one", "two\nlines"]) == "- one\n- two\n  lines"
    assert items_of("* other marks\n* stay") == ["* other marks\n* stay"]
