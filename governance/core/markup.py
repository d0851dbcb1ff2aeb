"""Markdown that people typed, as HTML that is safe to print beside our own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import unquote

import nh3
from django.core.cache import cache
from django.core.signing import BadSignature, Signer
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
    "th": {"class", "scope"},
    "td": {"class"},
    "div": {"class", "role", "tabindex", "aria-label"},
}
SCHEMES = {"http", "https", "mailto"}
LONG = 2_000
"""Of shorter texts the way to the cache takes as long as the rendering."""
CACHE_PREFIX = "rich:2"
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


def _plain_reader() -> MarkdownIt:
    # Raw HTML stays text, and no picture is fetched from anywhere.
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return reader.disable("image")


def _reader() -> MarkdownIt:
    reader = _plain_reader()
    reader.add_render_rule("table_open", _table_open)
    reader.add_render_rule("table_close", _table_close)
    return reader


_READER, _PRINTER = _reader(), _plain_reader()


def rich_text(text: str, level: int = 3) -> Markup:
    """Return the Markdown as clean HTML: no raw HTML, no script, no image, no style.

    Headings begin at `level`, whatever the text says, because it stands under one of the level
    above. Rendered and then sanitized: either alone would do, and neither is relied upon alone.
    A long text is rendered once, and found by its digest after that; only what this portal signed
    is taken from the cache.
    """
    if len(text) < LONG:
        return _rendered(text, level)
    key = f"{CACHE_PREFIX}:{level}:{sha256_hex(text.encode())}"
    signer = Signer(salt=key)
    try:
        return Markup(signer.unsign(str(cache.get(key, ""))))  # noqa: S704  cleaned, then signed
    except BadSignature:
        found = _rendered(text, level)
        cache.set(key, signer.sign(found), timeout=CACHED_SECONDS)
        return found


def printed_text(text: str, level: int = 3) -> Markup:
    """Return the same for paper: a link is its words and its address, and a table only a table."""
    env: EnvType = {}
    tokens = _READER.parse(text, env)
    _lower_headings(tokens, level)
    _align_cells(tokens)
    for token in tokens:
        if token.type == "inline" and token.children:
            token.children = list(_unlinked(token.children))
        elif token.type == "th_open":
            token.attrSet("scope", "col")
    html = _PRINTER.renderer.render(tokens, _PRINTER.options, env)
    return Markup(nh3.clean(html, tags=TAGS - {"a"}, attributes=ATTRIBUTES))  # noqa: S704  cleaned


def _unlinked(children: Iterable[Token]) -> Iterator[Token]:
    address, words = "", ""
    for token in children:
        if token.type == "link_open":
            address, words = str(token.attrs.get("href", "")), ""
        elif token.type == "link_close":
            if unquote(address.removeprefix("mailto:")) not in {words, unquote(words)}:
                yield Token(type="text", tag="", nesting=0, content=f" ({address})")
        else:
            words += token.content
            yield token


def _rendered(text: str, level: int) -> Markup:
    env: EnvType = {}
    tokens = _READER.parse(text, env)
    _lower_headings(tokens, level)
    _align_cells(tokens)
    html = _READER.renderer.render(tokens, _READER.options, env)
    clean = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES)
    return Markup(clean)  # noqa: S704  cleaned in the line above


def _lower_headings(tokens: Sequence[Token], level: int) -> None:
    """Give the levels that occur the numbers from `level` on, so that none is skipped."""
    names = HEADINGS[level - 3 :]
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    levels = sorted({token.tag for token in headings})
    for token in headings:
        token.tag = names[min(levels.index(token.tag), len(names) - 1)]


def _align_cells(tokens: Sequence[Token]) -> None:
    """Turn the inline style of a right-aligned cell into the class that numbers have."""
    for token in tokens:
        if token.type in {"th_open", "td_open"}:
            style = token.attrs.pop("style", "")
            if style == "text-align:right":
                token.attrSet("class", "num")
