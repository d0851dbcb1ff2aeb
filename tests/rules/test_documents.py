"""Documents for readers: the points of the law, what is weak, and Markdown that keeps its form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from markdown_it import MarkdownIt

from governance.cards.rules.completeness import Expected
from governance.cards.rules.model_card import (
    Dataset,
    Extension,
    Metric,
    ModelCard,
    Party,
    Quantity,
)
from governance.cards.rules.numbers import Provenance, number
from governance.cards.rules.sections import SECTIONS
from governance.evidence.rules.documents.blocks import (
    Cell,
    Chapter,
    Document,
    Gap,
    Held,
    Lines,
    Prose,
    Reader,
    Table,
)
from governance.evidence.rules.documents.executive import LONGEST, short
from governance.evidence.rules.documents.making import LAWFUL, card_standing, document_for
from governance.evidence.rules.documents.markdown import lowered, markdown_of, plain
from governance.evidence.rules.documents.material import (
    CardBefore,
    CardShown,
    CommentFacts,
    Material,
)
from governance.evidence.rules.documents.outlines import outline_for
from governance.evidence.rules.documents.reviewing import is_lower_better
from governance.evidence.rules.documents.sources import SOURCES, source

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
MEASURED = Provenance(run="run-1", dataset="d" * 64, evaluation="evaluation:1")
TYPED = Provenance(typed_by="Dev Singh")
IMPORTED = Provenance(file="f" * 64, place="/metrics/0")
ARTICLE_13_3 = [
    "(a)", "(b)(i)", "(b)(ii)", "(b)(iii)", "(b)(iv)", "(b)(v)", "(b)(vi)", "(b)(vii)", "(c)",
    "(d)", "(e)", "(f)",
]  # fmt: skip
ANNEX_IV = [
    *(f"1({letter})" for letter in "abcdefgh"),
    *(f"2({letter})" for letter in "abcdefgh"),
    *"3456789",
]


def material(card: ModelCard | None = None, **facts: object) -> Material:
    shown = CardShown(card=card or ModelCard(), expected=Expected(tier=1))
    known: dict[str, object] = {
        "model": "churn-model",
        "version": 3,
        "label": "",
        "stage": "Staging",
        "source": "models:/m-1",
        "digest": "a" * 64,
        "run": "run-1",
        "registered_by": "Dev Singh",
        "registered_at": AT,
        "organization": "A bank",
        "unit": "Retail",
        "owner": "Olga Owner",
        "owner_contact": "olga@bank.example",
        "tier": "Tier 1",
        "ai_act_class": "",
        "kind": "Classification",
        "record": {},
        "card": shown,
        "as_of": AT,
    }
    return Material(**(known | facts))  # type: ignore[arg-type]


def whole_card() -> ModelCard:
    return ModelCard(
        sections={section.key: f"About {section.title}." for section in SECTIONS},
        parties=(Party(name="The bank", role="owner", contact="models@bank.example"),),
        metrics=(
            metric("auc", "0.857"),
            metric("auc", "0.769", "Thin file"),
            metric("auc", "0.9", "Salaried"),
            metric("ece", "0.021"),
            metric("ece", "0.09", "Thin file"),
            metric("recall", "0.5", provenance=TYPED),
        ),
    )


def metric(name: str, value: str, slice_: str = "", provenance: Provenance = MEASURED) -> Metric:
    return Metric(type=name, slice=slice_, value=number(value, provenance))


def chapter_of(document: Document, key: str) -> Chapter:
    return next(one for top in document.chapters for one in top.walk() if one.key == key)


def words_of(chapter: Chapter) -> str:
    return str(chapter)


# --- the law -------------------------------------------------------------------------------------


def test_the_instructions_follow_article_13_3_point_by_point() -> None:
    leaves = [point.citation for point in outline_for(Reader.INSTRUCTIONS).leaves()]
    assert leaves == [f"Art. 13(3){point}" for point in ARTICLE_13_3]


def test_the_documentation_follows_annex_iv_point_by_point() -> None:
    leaves = list(outline_for(Reader.ANNEX_IV).leaves())
    assert [point.number for point in leaves] == ANNEX_IV
    assert [point.citation for point in leaves] == [f"Annex IV, point {n}" for n in ANNEX_IV]


@pytest.mark.parametrize(
    ("reader", "citation", "numbers"),
    [
        (Reader.ANNEX_V, "Annex V, point {}", range(1, 9)),
        (Reader.ANNEX_VIII_A, "Annex VIII, Section A, point {}", range(1, 14)),
        (Reader.ANNEX_VIII_B, "Annex VIII, Section B, point {}", (1, 2, 3, 4, 5, 6, 8)),
    ],
)
def test_forms_follow_their_annex_point_by_point(
    reader: Reader, citation: str, numbers: Iterable[int]
) -> None:
    leaves = [point.citation for point in outline_for(reader).leaves()]
    assert leaves == [citation.format(number) for number in numbers]


def test_the_form_on_fundamental_rights_has_every_element() -> None:
    leaves = [point.citation for point in outline_for(Reader.FRIA).leaves()]
    assert leaves == [f"Art. 27(1)({letter})" for letter in "abcdef"] + [
        f"Art. 27({number})" for number in (2, 3, 4)
    ]


def test_a_declaration_is_a_draft_whatever_is_on_record() -> None:
    document = document_for(Reader.ANNEX_V, material(whole_card()))
    assert document.title.startswith("Draft")
    assert document.lead.startswith("A draft, and no declaration.")
    assert chapter_of(document, "annex-v-point-3").held == Held.NONE


@pytest.mark.parametrize("reader", LAWFUL)
def test_every_source_that_an_outline_names_is_one(reader: Reader) -> None:
    for point in outline_for(reader).leaves():
        assert point.sources, point.citation
        assert point.asks, point.citation
        for name in (*point.sources, *point.also):
            assert source(name).fill, name


def test_every_source_is_named_by_an_outline() -> None:
    points = [point for reader in LAWFUL for point in outline_for(reader).leaves()]
    assert {name for p in points for name in (*p.sources, *p.also)} >= SOURCES.keys()


@pytest.mark.parametrize("reader", LAWFUL)
def test_an_empty_point_says_what_would_fill_it(reader: Reader) -> None:
    document = document_for(reader, material(owner="", organization=""))
    for point in document.points:
        gaps = [block for block in point.blocks if isinstance(block, Gap)]
        assert (point.held == Held.ALL) == (not gaps), point.citation
        assert all(gap.filled_by for gap in gaps), point.citation
    empty = [point for point in document.points if point.held == Held.NONE]
    assert len(empty) >= len(document.points) - 6


def test_a_point_with_some_of_what_it_asks_for_has_evidence_in_part() -> None:
    card = ModelCard(sections={"human_oversight": "The head of lending can stop it."})
    document = document_for(Reader.ANNEX_IV, material(card))
    assert chapter_of(document, "annex-iv-point-2-e").held == Held.ALL
    assert chapter_of(document, "annex-iv-point-3").held == Held.PART
    assert chapter_of(document, "annex-iv-point-8").held == Held.NONE


def test_no_answer_is_no_evidence() -> None:
    card = ModelCard(sections={"human_oversight": "n/a"})
    document = document_for(Reader.INSTRUCTIONS, material(card))
    assert chapter_of(document, "art-13-3-d").held == Held.NONE


@pytest.mark.parametrize("title", ["EU declaration", "eu_declaration", "EU-Declaration"])
def test_a_section_of_the_firm_fills_the_point_that_is_named_like_it(title: str) -> None:
    own = Extension(key="x-1", title=title, text="Signed 1 March 2026.")
    document = document_for(Reader.ANNEX_IV, material(ModelCard(extensions=(own,))))
    point = chapter_of(document, "annex-iv-point-8")
    assert point.held == Held.ALL
    assert "Signed 1 March 2026." in words_of(point)


def test_no_document_says_that_anything_complies() -> None:
    for reader in Reader:
        text = markdown_of(document_for(reader, material(whole_card()))).lower()
        assert "complian" not in text.replace("conformity", "")
        assert "complies" not in text


# --- reviewers -----------------------------------------------------------------------------------


def review(card: ModelCard, **facts: object) -> Document:
    return document_for(Reader.REVIEWER, material(card, **facts))


def test_the_weakest_groups_come_first_and_better_ones_not_at_all() -> None:
    (table,) = chapter_of(review(whole_card()), "slices").blocks
    assert isinstance(table, Table)
    assert [(row[0].text, row[1].text) for row in table.rows] == [
        ("ece", "Thin file"),
        ("auc", "Thin file"),
    ]


@pytest.mark.parametrize(
    ("measure", "lower"),
    [("auc", False), ("rmse", True), ("log_loss", True), ("p99_latency_ms", True), ("f1", False),
     ("false_positive_rate", True), ("fairness_gap", True), ("accuracy", False)],
)  # fmt: skip
def test_which_way_a_measure_is_better_is_told_by_its_name(measure: str, lower: bool) -> None:
    assert is_lower_better(measure) is lower


def test_numbers_that_nobody_measured_are_listed_with_their_origin() -> None:
    card = replace(
        whole_card(),
        quantities=(
            Quantity(section="latency_cost", name="p99", value=number("90", IMPORTED), unit="ms"),
        ),
        datasets=(Dataset(role="training", name="Apps", rows=number("2000", TYPED)),),
    )
    (table,) = chapter_of(review(card), "claims").blocks
    assert isinstance(table, Table)
    assert [(row[0].text, row[3].text) for row in table.rows] == [
        ("recall", "Typed by Dev Singh"),
        ("p99", "From a file"),
        ("Rows", "Typed by Dev Singh"),
    ]


def test_a_claim_that_was_measured_since_stands_beside_the_measurement() -> None:
    card = ModelCard(metrics=(metric("auc", "0.8"), metric("auc", "0.95", provenance=TYPED)))
    (table,) = chapter_of(review(card), "contradicted").blocks
    assert isinstance(table, Table)
    assert [cell.text for cell in table.rows[0]] == ["auc", "All", "0.95", "0.8"]


def test_a_reviewer_sees_what_changed_since_the_card_before() -> None:
    before = CardBefore(label="revision 1", card=ModelCard(sections={"task": "Says who leaves."}))
    document = review(ModelCard(sections={"task": "Says who stays."}), before=before)
    changed = chapter_of(document, "changed")
    assert changed.title == "Changed since revision 1"
    assert "-Says who [-leaves-]" not in words_of(changed)
    text = markdown_of(document)
    assert "- Says who leaves." in text
    assert "+ Says who stays." in text


def test_gaps_thin_groups_and_comments_are_named() -> None:
    card = ModelCard(datasets=(Dataset(role="training", name="Apps", thin_groups="Ages 18 to 20"),))
    comment = CommentFacts(section="fairness", author="Vera", written_at=AT, text="By which limit?")
    document = review(card, comments=(comment,))
    assert len(chapter_of(document, "gaps").blocks) == len(Expected(tier=1).needed())
    assert "Ages 18 to 20" in words_of(chapter_of(document, "thin"))
    assert "By which limit?" in words_of(chapter_of(document, "comments"))
    glance = document.front[-1]
    assert isinstance(glance, Lines)
    assert dict(glance.rows)["Open comments"] == "1"


# --- executives ----------------------------------------------------------------------------------


def test_a_text_too_long_for_one_page_is_cut_at_a_word_and_says_so() -> None:
    text = "word " * 200
    assert short(text).endswith("word … (cut; the whole card says more)")
    assert len(short(text)) < LONGEST + 60
    assert short("# Title\n\n- one\n- two") == "Title one two"


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({}, ("Draft", "warn")),
        ({"revision": 1}, ("Published", "ok")),
        ({"revision": 1, "replaced_by": 2}, ("Replaced", "warn")),
        ({"revision": 1, "withdrawn": "2 Mar 2026 by Olga: wrong."}, ("Withdrawn", "bad")),
    ],
)
def test_a_document_says_which_card_it_shows(
    shown: dict[str, object], said: tuple[str, str]
) -> None:
    card = CardShown(card=ModelCard(), expected=Expected(), **shown)  # type: ignore[arg-type]
    status, _, tone = card_standing(card)
    assert (status, tone) == said


# --- every number --------------------------------------------------------------------------------


FORMS = {Reader.ANNEX_V, Reader.ANNEX_VIII_A, Reader.ANNEX_VIII_B}
"""What asks for no measured value."""


@pytest.mark.parametrize("reader", sorted(set(Reader) - FORMS))
def test_every_value_stands_beside_where_it_comes_from(reader: Reader) -> None:
    document = document_for(reader, material(whole_card()))
    tables = [
        block
        for top in document.chapters
        for one in top.walk()
        for block in one.blocks
        if isinstance(block, Table) and "Value" in block.columns
    ]
    assert tables
    for table in tables:
        assert table.columns[-1] == "Where it comes from"
        assert all(row[-1].text for row in table.rows)


# --- Markdown ------------------------------------------------------------------------------------

TYPED_TEXT = """Big title
=========

# First ##

Text with `code` and <b>raw</b> and ![a picture](file:///etc/passwd).

### Third

| a | b |
|---|---|
| 1 | 2 |

- one
  - two

```
# not a heading <b>
```
"""


def test_headings_that_people_wrote_stand_below_ours() -> None:
    text = lowered(TYPED_TEXT, under=2)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h3", "h3", "h4"]
    assert "# not a heading <b>" in text
    assert "\\<b>raw" in text
    assert "![" not in text
    assert any(token.type == "table_open" for token in tokens)


@pytest.mark.parametrize("text", ["```", "~~~\ncode", "````md\n```\nx", "Text\n\n```py\n\n"])
def test_code_that_is_left_open_ends_with_its_section(text: str) -> None:
    after = MarkdownIt("commonmark").parse(f"{lowered(text, under=2)}\n\n## Ours")
    assert after[-3].type == "heading_open"
    closed = "```\ncode\n```"
    assert lowered(closed, under=2) == closed


@pytest.mark.parametrize(
    "text",
    ["# no heading", "1. no list", "- no list", "a | b", "<script>", "*no* _emphasis_", "[x](y)",
     "+ no list", "12) no list", "`code`", "two\nlines", "住宅ローン 🙂", "---",
     "== =", "-5", "## two"],
)  # fmt: skip
def test_words_mean_themselves(text: str) -> None:
    html = MarkdownIt("commonmark").enable("table").render(plain(text))
    shown = html.replace("&lt;", "<").replace("&gt;", ">")
    assert shown == f"<p>{' '.join(text.split())}</p>\n"


def test_a_document_in_markdown_has_our_structure_and_no_other() -> None:
    document = Document(
        reader=Reader.FULL,
        title="Model card",
        model="a_b|c",
        version=1,
        status="Published",
        standing="Revision 1",
        tone="ok",
        lead="All of it.",
        law="",
        organization="A bank",
        as_of="2 Mar 2026",
        chapters=(
            Chapter(
                key="x",
                title="Task",
                blocks=(
                    Prose(text="# Sub\n\nText."),
                    Table(
                        caption="Values",
                        columns=("Measure", "Value"),
                        numbers=(1,),
                        rows=((Cell(text="a|b"), Cell(text="1", note="typed")),),
                    ),
                    Gap(missing="Nothing.", filled_by="A section."),
                ),
            ),
        ),
    )
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown_of(document))
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h1", "h2", "h3"]
    assert sum(t.type == "td_open" for t in tokens) == 2
    assert "a\\|b" in markdown_of(document)
