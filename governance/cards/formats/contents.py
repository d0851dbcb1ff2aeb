"""A card as the content of a Markdown body: its prose, and its facts put into words."""

from __future__ import annotations

from collections.abc import Mapping

from governance.cards.formats.guards import BOM
from governance.cards.formats.headings import slug
from governance.cards.formats.markdown_text import Content
from governance.cards.formats.protocol import Document
from governance.cards.rules.model_card import ModelCard
from governance.cards.rules.sections import BY_KEY, SECTIONS


def content_of(
    card: ModelCard,
    facts: Mapping[str, str] | None = None,
    apart: Mapping[str, str] | None = None,
) -> Content:
    """Return the text of each section and extension in order; facts stand below the prose."""
    facts = facts or {}
    texts: dict[str, str] = {}
    titles: dict[str, str] = {}
    for section in SECTIONS:
        said = (card.sections.get(section.key, ""), facts.get(section.key, ""))
        if text := "\n\n".join(part for part in said if part):
            texts[section.key] = text
    for one in card.extensions:
        key = slug(one.key, {*texts, *BY_KEY}) if one.key in BY_KEY else one.key
        texts[key], titles[key] = one.text, one.title or one.key
    for title, text in (apart or {}).items():
        key = slug(title, {*texts, *BY_KEY})
        texts[key], titles[key] = text, title
    return Content(name=card.details.name, texts=texts, titles=titles)


def bytes_of(text: str, document: Document | None) -> bytes:
    """Return the text as the file that it was read from begins: with its byte order mark."""
    if document is None:
        return text.encode()
    had_mark = document.data.startswith(BOM.encode())
    return (BOM + text if had_mark else text).encode()
