"""HTML to a PDF, with nothing else to be fetched than what came with it."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

try:
    # WeasyPrint opens Pango when it is imported, and complains of its absence on standard output.
    with redirect_stdout(sys.stderr):
        from weasyprint import HTML, Attachment, Document
        from weasyprint.urls import URLFetcher, URLFetcherResponse
except OSError as missing:
    first = str(missing).splitlines()[0].partition(".  Additionally")[0]
    print(json.dumps({"error": "unavailable", "message": first}))
    sys.exit(1)

VARIANT = "pdf/a-3a"
FONT_DIRS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
FONT_FILES = (
    "Inter-Regular.otf",
    "Inter.ttc",
    "InterVariable.ttf",
    "CharisSIL-Regular.ttf",
    "JetBrainsMono-Regular.ttf",
    "DejaVuSans.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSerif.ttf",
    "wqy-microhei.ttc",
    "Symbola_hint.ttf",
)
SAFE = frozenset(map(chr, range(0x20, 0x7F))) | {"\n", "\t"}
# Controls, and the marks that reorder or hide what stands around them (Unicode TR 36).
HIDING = frozenset(
    [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\xad", "\u061c", "\ufeff"]
    + [*map(chr, range(0x200B, 0x2010)), *map(chr, range(0x2028, 0x202F))]
    + [*map(chr, range(0x2060, 0x2070)), *map(chr, range(0xFFF9, 0xFFFC))]
) - {"\n", "\t"}


class NothingElse(URLFetcher):  # type: ignore[misc]
    """Fetches the assets of the request and `data:`; anything else does not exist."""

    def __init__(self, assets: dict[str, tuple[bytes, str]]) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)
        self._assets = assets

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url in self._assets:
            data, media_type = self._assets[url]
            return URLFetcherResponse(url, data, {"Content-Type": media_type})
        return super().fetch(url, headers)


@cache
def covered() -> frozenset[int]:
    """Return the code points that some font of ours has, as fontconfig may take any of them."""
    found = (path for root in FONT_DIRS if root.is_dir() for path in sorted(root.rglob("*")))
    return frozenset(
        point for path in found if path.name in FONT_FILES for point in code_points(path)
    )


def code_points(path: Path) -> Iterator[int]:
    with TTFont(path, fontNumber=0, lazy=True) as font:
        yield from font.getBestCmap()


def visible(html: str) -> tuple[str, list[str]]:
    """Return the HTML with every character that would not show replaced by its code point."""
    unsure = set(html) - SAFE
    if not unsure:
        return html, []
    points = covered()
    bad = {char for char in unsure if char in HIDING or ord(char) not in points}
    names = {ord(char): f"[U+{ord(char):04X}]" for char in bad}
    return html.translate(names), sorted(f"U+{ord(char):04X}" for char in bad)


def draw(request: dict[str, Any], html: str) -> bytes:
    attachments = [
        Attachment(
            string=base64.b64decode(a["data"]),
            name=a["name"],
            description=a["description"],
            relationship="Data",
            created=datetime.fromisoformat(a["at"]),
            modified=datetime.fromisoformat(a["at"]),
        )
        for a in request["attachments"]
    ]
    return written(laid_out(request, html), request, attachments=attachments)


def laid_out(request: dict[str, Any], html: str) -> Document:
    """Return the pages of a text in which every character shows."""
    assets = {
        f"asset:{name}": (base64.b64decode(data), media_type)
        for name, (data, media_type) in request["assets"].items()
    }
    return HTML(string=html, url_fetcher=NothingElse(assets)).render(pdf_variant=VARIANT)


def written(document: Document, request: dict[str, Any], **options: Any) -> bytes:
    identifier = bytes.fromhex(request["identifier"])
    pdf: bytes = document.write_pdf(pdf_variant=VARIANT, pdf_identifier=identifier, **options)
    return pdf
