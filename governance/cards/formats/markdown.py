"""Plain Markdown without metadata: headings are sections, and everything else stays in order."""

from __future__ import annotations

from governance.cards.formats.contents import bytes_of, content_of
from governance.cards.formats.facts import facts_apart, facts_by_section
from governance.cards.formats.front_matter import front_matter_of
from governance.cards.formats.markdown_text import Body, body_of, edited_body, fresh_body
from governance.cards.formats.protocol import Document, Draft, Parsed, Reason, Rule
from governance.cards.rules.model_card import Details, ModelCard

TEXT = "Markdown has prose alone"


class Markdown:
    name = "markdown"
    title = "Markdown"
    suffix = ".md"
    carries = False
    keeps_source = True
    starts_from = ("markdown", "huggingface")
    reasons = tuple(
        Reason(path=path, why=TEXT, rule=Rule.TEXT)
        for path in (
            "details",
            "parties",
            "licenses",
            "references",
            "datasets",
            "metrics",
            "quantities",
            "considerations",
            "figures",
            "lineage",
            "kept",
        )
    )

    def certainty(self, document: Document) -> int:
        start = document.text.lstrip()[:1]
        if start in {"{", "["} or document.text.lstrip().startswith("<?xml"):
            return 0
        return 40 if document.filename.lower().endswith((".md", ".markdown", ".txt")) else 10

    def parse(self, document: Document) -> Parsed:
        return Parsed(card=card_of_markdown(body_of(document.text)), media_type="text/markdown")

    def render(self, draft: Draft) -> bytes:
        ours = content_of(draft.card, facts_by_section(draft.card), facts_apart(draft.card))
        if draft.origin is None:
            return fresh_body(ours).encode()
        document = draft.origin.document
        text = document.text
        if draft.origin.format != self.name:
            text = front_matter_of(text).body
        base = content_of(card_of_markdown(body_of(text)))
        return bytes_of(edited_body(text, base, ours), document)


def card_of_markdown(body: Body) -> ModelCard:
    return ModelCard(
        details=Details(name=body.name),
        sections=body.sections(),
        extensions=body.extensions(),
    )


MARKDOWN = Markdown()
