"""The pieces of a long document: chunks, each a PDF of its own, and the frame that they go into.

A chunk knows neither which pages it will be nor how many there are, so its page numbers are left to
`join.py`. The frame is drawn when all chunks are, twice: only then is it known which pages it has.
"""

from __future__ import annotations

import gc
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pikepdf
from weasyprint import Document

from governance.core.pdf_child.drawing import laid_out, visible, written
from governance.core.pdf_child.limits import answer
from governance.core.pdf_child.numbering import SAMPLE

NUMBER = "--page-number"
"""The property that the style sheet prints as the number of a page."""
MOST_PASSES = 4


class Unsettled(Exception):
    """Each drawing of the frame moved its pages: numbers in its contents change its layout."""


def draw_chunks(request: dict[str, Any]) -> None:
    """Draw each file of HTML into a file beside it, one after the other."""
    pages: list[int] = []
    replaced: set[str] = set()
    for source, target in request["files"]:
        html, unseen = visible(Path(source).read_text())
        document = laid_out(request, styled(html, f':root:root{{{NUMBER}:""}}'))
        data = written(document, request)
        Path(target).write_bytes(own_identifiers(data, Path(target).stem))
        pages.append(len(document.pages))
        replaced |= set(unseen)
        del document, data
        # Collected between the chunks, for within one it costs more than it gives.
        gc.collect()
    answer({"pages": pages, "replaced": sorted(replaced)})


def own_identifiers(data: bytes, prefix: str) -> bytes:
    """Set the name of the chunk before the identifiers of its table headers, which else would be
    those of every other chunk too.
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        named = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and is_named(o)]
        if not named:
            return data
        for element in named:
            if "/ID" in element:
                element.ID = pikepdf.String(f"{prefix}-{element.ID}")
            attributes = element.get("/A")
            if isinstance(attributes, pikepdf.Dictionary) and "/Headers" in attributes:
                kept = [pikepdf.String(f"{prefix}-{one}") for one in list(attributes.Headers)]
                attributes.Headers = pikepdf.Array(kept)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
        return out.getvalue()


def is_named(element: pikepdf.Dictionary) -> bool:
    return element.get("/Type") == pikepdf.Name.StructElem and ("/ID" in element or "/A" in element)


def draw_frame(request: dict[str, Any]) -> None:
    """Draw what stands around the chunks, with the page numbers that the whole will have."""
    html, replaced = visible(request["html"])
    document = laid_out(request, html)
    anchors = anchors_of(document)
    for _ in range(MOST_PASSES):
        numbered = styled(html, numbers(document, anchors, request["runs"]))
        document = laid_out(request, numbered)
        if anchors_of(document) == anchors:
            break
        anchors = anchors_of(document)
    else:
        raise Unsettled
    Path(request["frame"]).write_bytes(written(document, request))
    Path(request["sample"]).write_bytes(sample(request, html))
    places = {name: anchors[name] for name in request["runs"]}
    answer({"pages": len(document.pages), "replaced": replaced, "places": places})


def anchors_of(document: Document) -> dict[str, int]:
    """Return the page, from 0, of everything that is linked to or that a run goes behind."""
    return {name: at for at, page in enumerate(document.pages) for name in page.anchors}


def numbers(document: Document, anchors: Mapping[str, int], runs: Mapping[str, int]) -> str:
    """Return the style that numbers the pages of the frame, and its contents, as in the whole."""
    shifts = [
        at + 1 + sum(pages for name, pages in runs.items() if anchors[name] < at)
        for at in range(len(document.pages))
    ]
    whole = len(document.pages) + sum(runs.values())
    of_pages = (
        f'@page:nth({at}){{{NUMBER}:"Page {number} of {whole}"}}'
        for at, number in enumerate(shifts, start=1)
    )
    of_links = (
        f'a.page[href="#{name}"]::after{{content:"{shifts[at]}"}}' for name, at in anchors.items()
    )
    return "".join([*of_pages, *of_links])


def sample(request: dict[str, Any], html: str) -> bytes:
    """Draw two pages that differ in their number alone: none on the first, all digits on the next.

    From these `join.py` learns where a number stands, how it looks, and with which glyphs.
    """
    style = f'@page:nth(1){{{NUMBER}:""}}@page:nth(2){{{NUMBER}:"{SAMPLE}"}}'
    head = styled(html.partition("<body")[0], style)
    blank = '<body><p>.</p><p style="break-before:page">.</p></body></html>'
    return written(laid_out(request, head + blank), request)


def styled(html: str, style: str) -> str:
    """Add a style at the end of the head, which is ours up to there."""
    return html.replace("</head>", f"<style>{style}</style></head>", 1)
