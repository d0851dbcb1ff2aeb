"""From what is on record to the document that a kind of reader needs."""

from __future__ import annotations

from governance.core.wording import day, moment
from governance.evidence.rules.documents.blocks import (
    Block,
    Chapter,
    Document,
    Lines,
    Prose,
    Reader,
)
from governance.evidence.rules.documents.executive import executive_chapters
from governance.evidence.rules.documents.material import CardShown, Material
from governance.evidence.rules.documents.outlines import outline_for
from governance.evidence.rules.documents.points import (
    point_chapters,
    points_summary,
    points_table,
)
from governance.evidence.rules.documents.reviewing import at_a_glance, reviewer_chapters
from governance.evidence.rules.documents.sections import card_chapters

LEADS = {
    Reader.FULL: "Every section that is written, or that the tier and kind of the model ask for.",
    Reader.REVIEWER: "What changed since the card before, and where this one is weak.",
    Reader.EXECUTIVE: "What it is for, where it stands, how good it is, and who answers.",
}
TITLES = {
    Reader.FULL: "Model card",
    Reader.REVIEWER: "Reviewer’s reading of the model card",
    Reader.EXECUTIVE: "The model on one page",
}
LAWFUL = (
    Reader.INSTRUCTIONS,
    Reader.ANNEX_IV,
    Reader.ANNEX_V,
    Reader.ANNEX_VIII_A,
    Reader.ANNEX_VIII_B,
    Reader.FRIA,
)
"""The readers whose document follows a law point by point."""


def document_for(reader: Reader, of: Material) -> Document:
    """Make the document from what is on record. It states nothing that is not there."""
    status, standing, tone = card_standing(of.card)
    title, lead, law = _heading(reader)
    chapters = _chapters(reader, of)
    return Document(
        reader=reader,
        title=title,
        model=of.model,
        version=of.version,
        status=status,
        standing=standing,
        tone=tone,
        lead=lead,
        law=law,
        organization=of.organization,
        as_of=moment(of.as_of),
        front=tuple(_front(reader, of, chapters)),
        chapters=chapters,
    )


def card_standing(shown: CardShown) -> tuple[str, str, str]:
    """Say whether the card stands, which one it is, and in which tone to say so."""
    if shown.revision is None:
        return "Draft", "Nobody has published this card", "warn"
    who = f"published {day(shown.published_at)}" if shown.published_at else "published"
    said = f"Revision {shown.revision} of the card, {who} by {shown.published_by}"
    if shown.withdrawn:
        return "Withdrawn", f"{said}. Withdrawn {shown.withdrawn}".rstrip("."), "bad"
    if shown.replaced_by:
        return "Replaced", f"{said}. Revision {shown.replaced_by} replaced it", "warn"
    return "Published", said, "ok"


def _heading(reader: Reader) -> tuple[str, str, str]:
    if reader in LAWFUL:
        outline = outline_for(reader)
        return outline.title, outline.lead, outline.law
    return TITLES[reader], LEADS[reader], ""


def _chapters(reader: Reader, of: Material) -> tuple[Chapter, ...]:
    if reader in LAWFUL:
        return point_chapters(reader, of)
    if reader == Reader.FULL:
        return card_chapters(of.card.card, of.card.expected)
    return reviewer_chapters(of) if reader == Reader.REVIEWER else executive_chapters(of)


def _front(reader: Reader, of: Material, chapters: tuple[Chapter, ...]) -> list[Block]:
    if reader == Reader.EXECUTIVE:
        return []
    label = f" ({of.label})" if of.label else ""
    rows = (
        ("Model", of.model),
        ("Version", f"{of.version}{label}, sha256:{of.digest}"),
        ("Owner", f"{of.owner}, {of.unit}" if of.owner else "Nobody yet"),
        ("Risk tier", of.tier or "Not set"),
        ("Digest of the card", f"sha256:{of.card.digest}" if of.card.digest else ""),
    )
    lines = Lines(label="About", rows=tuple((k, v) for k, v in rows if v))
    if reader == Reader.REVIEWER:
        return [lines, at_a_glance(of, chapters)]
    if reader == Reader.FULL:
        return [lines]
    return [lines, Prose(text=points_summary(chapters)), points_table(chapters)]
