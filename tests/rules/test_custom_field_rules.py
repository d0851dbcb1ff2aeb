"""Fields of the firm's own: what each type takes, how it is kept, of whom it is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.inventory.rules.custom_fields import (
    FieldDefinition,
    WrongValue,
    applies,
    canonical_value,
    definition_problems,
    key_problems,
    shown,
)

LIST = ("Retail", "Corporate")


def kept(text: str, value_type: str) -> str:
    return canonical_value(text, value_type=value_type, choices=LIST)


@pytest.mark.parametrize(
    ("value_type", "typed", "canonical"),
    [
        ("TEXT", "  A line.\r\nAnother. ", "A line.\nAnother."),
        ("NUMBER", "0012.500", "12.5"),
        ("NUMBER", "-0", "0"),
        ("NUMBER", "+1200", "1200"),
        ("NUMBER", "999999999999999.0123456789", "999999999999999.0123456789"),
        ("DATE", "2026-03-02", "2026-03-02"),
        ("BOOLEAN", "Yes", "true"),
        ("BOOLEAN", "false", "false"),
        ("CHOICE", "Retail", "Retail"),
        *((kind, " ", "") for kind in ("TEXT", "NUMBER", "DATE", "BOOLEAN", "CHOICE")),
    ],
)
def test_one_text_stands_for_what_was_typed(value_type: str, typed: str, canonical: str) -> None:
    assert kept(typed, value_type) == canonical
    assert kept(canonical, value_type) == canonical


@pytest.mark.parametrize(
    ("value_type", "typed", "rule"),
    [
        ("TEXT", "t" * 2001, "length"),
        ("TEXT", "null\x00", "length"),
        ("NUMBER", "1,200", "number"),
        ("NUMBER", "1e9", "number"),
        ("NUMBER", "NaN", "number"),
        ("NUMBER", "9" * 16, "number"),
        ("DATE", "2026-02-30", "date"),
        ("DATE", "tomorrow", "date"),
        ("BOOLEAN", "perhaps", "boolean"),
        ("CHOICE", "retail", "choice"),
    ],
)
def test_what_a_type_does_not_take(value_type: str, typed: str, rule: str) -> None:
    with pytest.raises(WrongValue) as caught:
        kept(typed, value_type)
    assert caught.value.rule == rule
    assert caught.value.message.endswith(".")


@given(st.sampled_from(["TEXT", "NUMBER", "DATE", "BOOLEAN", "CHOICE"]), st.text(max_size=40))
def test_a_value_is_refused_or_kept_as_it_stays(value_type: str, typed: str) -> None:
    try:
        canonical = kept(typed, value_type)
    except WrongValue:
        return
    assert kept(canonical, value_type) == canonical
    shown(canonical, value_type=value_type)


@pytest.mark.parametrize(
    ("origins", "tiers", "asked"),
    [
        ((), (), True),
        (("VENDOR",), (), True),
        (("VENDOR", "SPREADSHEET"), (1, 2), True),
        (("SPREADSHEET",), (), False),
        ((), (3,), False),
        (("VENDOR",), (3,), False),
    ],
)
def test_of_which_models_it_is_asked(origins: Any, tiers: Any, asked: bool) -> None:
    assert applies(origins, tiers, origin="VENDOR", tier=1) is asked


@pytest.mark.parametrize("key", ["", "Line", "1st", "a__b", "a_", "line-two", "k" * 41, "é"])
def test_a_key_is_a_plain_name(key: str) -> None:
    assert [problem.rule for problem in key_problems(key)] == ["slug"]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"label": " "}, ("label", "length")),
        ({"label": "l" * 81}, ("label", "length")),
        ({"hint": "h" * 301}, ("hint", "length")),
        ({"value_type": "MAGIC"}, ("value_type", "choice")),
        ({"origins": ("MOON",)}, ("origins", "choice")),
        ({"tiers": (5,)}, ("tiers", "choice")),
        ({"choices": LIST}, ("choices", "type")),
        ({"value_type": "CHOICE"}, ("choices", "count")),
        ({"value_type": "CHOICE", "choices": ("A", "A")}, ("choices", "once")),
        ({"value_type": "CHOICE", "choices": ("A", "c" * 101)}, ("choices", "once")),
    ],
)
def test_a_wrong_definition_is_named(changed: dict[str, Any], problem: tuple[str, str]) -> None:
    said = replace(FieldDefinition(label="Model line", value_type="TEXT"), **changed)
    found = [(one.field, one.rule) for one in definition_problems(said)]
    assert found == [problem]
