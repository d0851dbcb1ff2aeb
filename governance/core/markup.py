"""Markdown that people typed, as HTML that is safe to print beside our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import nh3
from django.core.cache import cache
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType
from markupsafe import Markup

from governance.core.canonical import sha256_hex

TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "div"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "table": {"class"},
    "th": {"class"},
    "td": {"class"},
    "div": {"class", "role", "tabindex", "aria-label"},
}
SCHEMES = {"http", "https", "mailto"}
LONG = 2_000
"""Of shorter texts the way to the cache takes as long as the rendering."""
CACHE_PREFIX = "rich:1"
"""Another number when the rendering changes."""
CACHED_SECONDS = 7 * 24 * 3600
HEADINGS = ("h3", "h4", "h5", "h6")


def _table_open(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    # A table scrolls in a region of its own, so that no page is wider than its screen.
    region = '<div class="table-wrap" role="region" tabindex="0" aria-label="Table">'
    return f'{region}<table class="table">'


def _table_close(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    return "</table></div>"


def _reader() -> MarkdownIt:
    # Raw HTML stays text, and no picture is fetched from anywhere.
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.disable("image")
    reader.add_render_rule("table_open", _table_open)
    reader.add_render_rule("table_close", _table_close)
    return reader


_READER = _reader()


def rich_text(text: str) -> Markup:
    """Return the Markdown as clean HTML: no raw HTML, no script, no image, no style.

    Headings begin at the third level, whatever the text says, because it stands under one of the
    second. Rendered and then sanitized: either alone would do, and neither is relied upon alone.
    A long text is rendered once, and found by its digest after that.
    """
    if len(text) < LONG:
        return _rendered(text)
    key = f"{CACHE_PREFIX}:{sha256_hex(text.encode())}"
    found = cache.get(key)
    if found is None:
        found = str(_rendered(text))
        cache.set(key, found, timeout=CACHED_SECONDS)
    return Markup(found)  # noqa: S704  cleaned before it was put there


def _rendered(text: str) -> Markup:
    env: EnvType = {}
    tokens = _READER.parse(text, env)
    _lower_headings(tokens)
    _align_cells(tokens)
    html = _READER.renderer.render(tokens, _READER.options, env)
    clean = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES)
    return Markup(clean)  # noqa: S704  cleaned in the line above


def _lower_headings(tokens: Sequence[Token]) -> None:
    """Give the levels that occur the numbers from 3 on, so that none is skipped."""
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    levels = sorted({token.tag for token in headings})
    for token in headings:
        token.tag = HEADINGS[min(levels.index(token.tag), len(HEADINGS) - 1)]


def _align_cells(tokens: Sequence[Token]) -> None:
    """Turn the inline style of a right-aligned cell into the class that numbers have."""
    for token in tokens:
        if token.type in {"th_open", "td_open"}:
            style = token.attrs.pop("style", "")
            if style == "text-align:right":
                token.attrSet("class", "num")
