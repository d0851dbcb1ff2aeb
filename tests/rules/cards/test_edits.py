"""An export to the format that a card came from changes what the card changed, and nothing else."""

from __future__ import annotations

import difflib
from dataclasses import replace

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from governance.cards.formats import read_card, write_card
from governance.cards.formats.accounting import account_of, lost
from governance.cards.formats.front_matter import front_matter_of
from governance.cards.formats.headings import plain_title, section_of
from governance.cards.rules.model_card import Extension, License, ModelCard
from governance.cards.rules.numbers import Provenance, number
from governance.core.places import place_of
from tests.rules.cards.documents import DOCUMENTS, HUB_CARD, PLAIN

HUB = read_card(HUB_CARD.encode()).card
ZEPHYR = read_card(PLAIN.encode(), name="markdown").card


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    gone = [line[2:] for line in lines if line.startswith("- ") and line[2:].strip()]
    new = [line[2:] for line in lines if line.startswith("+ ") and line[2:].strip()]
    return gone, new


def with_section(card: ModelCard, key: str, text: str) -> ModelCard:
    sections = {name: said for name, said in {**card.sections, key: text}.items() if said}
    return replace(card, sections=sections)


def rewritten(card: ModelCard, name: str) -> str:
    """Return the file; reading it gives the card as it is now."""
    written = write_card(card, name)
    assert written.losses == ()
    again = read_card(written.data, name=name).card
    assert list(lost(account_of(card), account_of(again))) == []
    return written.data.decode()


def test_one_section_of_a_hub_card() -> None:
    after = rewritten(with_section(HUB, "known_failures", "* thin files\n* `new`"), "huggingface")
    assert changed_lines(HUB_CARD, after) == (["* `code`"], ["* `new`"])


def test_one_key_of_the_front_matter() -> None:
    details = replace(HUB.details, library="lightgbm")
    after = rewritten(replace(HUB, details=details), "huggingface")
    assert changed_lines(HUB_CARD, after) == (
        ["library_name: sklearn"],
        ["library_name: lightgbm"],
    )


def test_a_value_that_was_overtyped_loses_the_proof_of_the_one_before() -> None:
    typed = replace(HUB.metrics[0], value=number("0.91", Provenance(typed_by="Ada")))
    card = replace(HUB, metrics=(typed, *HUB.metrics[1:]))
    written = write_card(card, "huggingface", carry=False)
    head = yaml.safe_load(front_matter_of(written.data.decode()).yaml)
    assert "abc.def" not in str(head["model-index"])
    values = [m["value"] for r in head["model-index"][0]["results"] for m in r["metrics"]]
    assert sorted(map(str, values)) == ["0.91", "1e-5", "20.0 ± 1.2"]
    assert "kept.huggingface/model-index/0/results/0/metrics/0/verifyToken" in {
        one.path for one in written.losses
    }
    assert "typed by Ada" in written.data.decode()


def test_a_license_more() -> None:
    after = rewritten(replace(HUB, licenses=(*HUB.licenses, License(id="mit"))), "huggingface")
    gone, new = changed_lines(HUB_CARD, after)
    assert gone == ["license: other   # see below"]
    assert new == ["license:", "- other", "- mit"]


def test_a_value_in_a_file_of_results() -> None:
    data = DOCUMENTS["huggingface"]["results"]
    card = read_card(data).card
    metric = replace(card.metrics[1], value=replace(card.metrics[1].value, value="0.5"))
    after = yaml.safe_load(
        rewritten(replace(card, metrics=(card.metrics[0], metric)), "huggingface")
    )
    before = yaml.safe_load(data)
    before[1]["value"] = 0.5
    assert after == before


@pytest.mark.parametrize(
    ("key", "text", "gone", "new"),
    [
        ("training_data", "Ships.", ["Buoys."], ["Ships."]),
        ("training_data", "", ["### Training Data", "Buoys."], []),
        ("monitoring", "Weekly.", [], ["## Monitoring", "Weekly."]),
        (
            "intended_use",
            "Weather.\n\n## Evaluation\n\nnot a section",
            ["Intended Use", "------------"],
            [
                *("<!-- section: intended_use -->", "## Intended use", "## Evaluation"),
                *("not a section", "<!-- end of section -->"),
            ],
        ),
    ],
)
def test_one_section_of_plain_markdown(
    key: str, text: str, gone: list[str], new: list[str]
) -> None:
    after = rewritten(with_section(ZEPHYR, key, text), "markdown")
    assert changed_lines(PLAIN, after) == (gone, new)


def test_the_name_and_a_section_of_the_firm() -> None:
    assert [one.title for one in ZEPHYR.extensions] == ["制限事項", "حدود النموذج"]
    first, second = ZEPHYR.extensions
    card = replace(
        ZEPHYR,
        details=replace(ZEPHYR.details, name="Boreas"),
        extensions=(
            replace(first, text="新しい。"),
            second,
            Extension(key="x", title="X", text="y"),
        ),
    )
    gone, new = changed_lines(PLAIN, rewritten(card, "markdown"))
    assert gone == ["Model card: Zephyr", "=" * 18, "これは日本語のカードです。🚧"]
    assert new == ["# Boreas", "新しい。", "## X", "y"]


@pytest.mark.parametrize("key", ["crlf", "bom"])
def test_line_ends_and_byte_order_mark_stay(key: str) -> None:
    data = DOCUMENTS["huggingface"][key]
    card = with_section(read_card(data).card, "monitoring", "Weekly.\n\nBy Ada.")
    after = write_card(card, "huggingface").data
    assert after.startswith(data.rstrip())
    assert after.count(b"\r\n") in {0, after.count(b"\n")}


def test_a_new_key_has_the_line_ends_of_its_file() -> None:
    card = read_card(DOCUMENTS["huggingface"]["crlf"]).card
    details = replace(card.details, library="lightgbm", base_models=("a", "b"))
    after = write_card(replace(card, details=details), "huggingface").data
    assert b"base_model:\r\n- a\r\n- b\r\n" in after
    assert after.count(b"\r\n") == after.count(b"\n")


# --- any text ------------------------------------------------------------------------------------

PARTS = st.sampled_from(
    [
        *("# ", "## ", "### ", "\n", "\n\n", "\n\n", "---\n", "===\n", "```\n", "~~~\n", "    "),
        *(
            "Uses",
            "Training Data",
            "Evaluation",
            "Zephyr",
            "x",
            "<!--",
            "-->",
            "<details>",
            "| a |",
        ),
        *("<!-- section: intended_use -->\n", "<!-- end of section -->\n", "- ", "> ", "\r\n", "é"),
        *("<!-- section: own -->\n\n## Own\n", "\x0c", "\u2028", "[^1]", "\t", "&amp;", "`"),
    ]
)
TEXTS = st.lists(PARTS, max_size=25).map("".join)


@given(TEXTS, TEXTS)
@example("# x\n\n## Uses\n\n```\n", "text")
@example("<!-- section: own -->\n\n## Own\n\n<!-- end of section -->\n", "## Uses")
def test_any_markdown_is_kept_and_any_edit_is_accounted_for(text: str, new: str) -> None:
    data = f"# Zephyr\n\n{text}".encode()
    for name in ("markdown", "huggingface"):
        card = read_card(data, name=name).card
        assert write_card(card, name).data == data
        edited = with_section(card, "intended_use", new.strip())
        written = write_card(edited, name, carry=False)
        again = read_card(written.data, name=name).card
        missing = {place_of(one.place) for one in lost(account_of(edited), account_of(again))}
        assert missing == {one.path for one in written.losses}


@given(TEXTS)
@example("<!-- section: intended_use -->\nZephyr\n---\n")
def test_every_line_of_any_markdown_is_in_the_card(text: str) -> None:
    data = f"First.\n\n{text}".encode()
    card = read_card(data, name="markdown").card
    said = " ".join([card.details.name, *card.sections.values()])
    said += " ".join(f"{one.title} {one.text}" for one in card.extensions)
    for line in text.replace("\r", "\n").split("\n"):
        # What underlines a heading may be a single hyphen.
        marks = not line.strip(" \t-=") or line.strip().startswith(
            ("#", "<!-- section", "<!-- end")
        )
        if not marks and not section_of(line):
            assert line.strip() in said or plain_title(line) in said
