"""Sections of a firm's own: the file that defines them, and their texts in a card."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test.utils import override_settings

from governance.cards.firm import SHIPPED, check_sections
from governance.cards.rules.changes import section_diffs
from governance.cards.rules.further import (
    FurtherEdit,
    changed_further,
    further_parts,
    further_sections,
    is_further,
    read_sections,
)
from governance.cards.rules.model_card import Extension, ModelCard
from governance.core.errors import InvalidInput
from governance.evidence.rules.documents.blocks import Reader
from governance.evidence.rules.documents.outlines import outline_for

ENTRY = "- {key: conduct, title: Conduct risk, ask: What goes wrong, look_for: Outcomes.}\n"
CONDUCT = read_sections(f"sections:\n{ENTRY}")[0]
CARD = ModelCard(
    extensions=(
        Extension(key="model-zoo", text="x", owner="file"),
        Extension(key="legal", text="y"),
    )
)


def test_a_file_defines_sections() -> None:
    assert (CONDUCT.key, CONDUCT.title, CONDUCT.needed_to_tier) == (
        "further-conduct",
        "Conduct risk",
        None,
    )
    assert is_further(CONDUCT.key)
    assert not is_further("further-Conduct!")


@pytest.mark.parametrize(
    ("text", "field", "rule"),
    [
        ("sections: {}", "sections", "type"),
        ("more: []\nsections: []", "sections", "type"),
        ("sections:\n- {key: a}", "sections[0]", "fields"),
        (f"sections:\n{ENTRY}{ENTRY}", "sections[1].key", "unique"),
        (f"sections:\n{ENTRY.replace('conduct', 'Conduct')}", "sections[0].key", "pattern"),
        (f"sections:\n{ENTRY.replace('What goes wrong', '1')}", "sections[0].ask", "length"),
    ],
)
def test_what_is_wrong_is_named(text: str, field: str, rule: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_sections(text)
    assert (field, rule) in [(one.field, one.rule) for one in refused.value.problems]


def test_every_own_section_that_a_law_asks_for_is_offered() -> None:
    offered = {section.key for section in read_sections(SHIPPED.read_text(encoding="utf-8"))}
    asked = {
        f"further-{source.removeprefix('own:')}"
        for reader in (Reader.INSTRUCTIONS, Reader.ANNEX_IV)
        for point in outline_for(reader).leaves()
        for source in (*point.sources, *point.also)
        if source.startswith("own:")
    }
    assert asked == offered


def test_a_text_comes_changes_and_goes() -> None:
    written = FurtherEdit(section=CONDUCT, text="Nobody.").on(CARD, by="")
    assert written.extensions[-1] == Extension(key="conduct", title="Conduct risk", text="Nobody.")
    assert changed_further(CARD, written) == {"further-conduct"}
    (diff,) = section_diffs(CARD, written)
    assert diff.section.title == "Conduct risk"
    assert FurtherEdit(section=CONDUCT, text="").on(written, by="") == CARD


def test_what_a_file_brought_is_written_in_where_its_key_allows() -> None:
    assert [s.key for s in further_sections(CARD, (CONDUCT,))] == [
        "further-conduct",
        "further-legal",
    ]
    parts = further_parts(CARD, (CONDUCT,), after=24)
    assert [(part.number, part.text, part.is_answered) for part in parts] == [
        (25, "", False),
        (26, "y", True),
    ]


def test_a_wrong_file_of_the_firm_is_told_before_it_is_used(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sections.yaml"
    with override_settings(CARD_SECTIONS_FILE=str(path)):
        assert "cannot be read" in check_sections()[0].msg
        path.write_text("sections: {}")
        assert "sections" in check_sections()[0].msg
        path.write_text(f"sections:\n{ENTRY}")
        assert check_sections() == []
