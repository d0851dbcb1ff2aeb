"""Drawing a document as PDF. It files nothing, and leaves no entry."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string

from governance.cards.models import CardAttachment
from governance.core.canonical import canonical, sha256_hex
from governance.core.pdf import Asset, Attachment, Limits, Rendered, render_pdf
from governance.evidence.actions.making import styles
from governance.evidence.rules.documents.blocks import Document

LIMITS = Limits(memory=2 * 1024**3, cpu_seconds=45, wall_seconds=50)
"""Somebody waits for it in a browser, so it takes less than the server gives an answer."""
DATA_NAME = "document.json"
PRINTED = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MOST_PICTURES = 16 * 1024**2
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The markers of a JPEG behind which its size and the number of its inks stand."""


def document_pdf(document: Document, *, at: datetime) -> Rendered:
    """Return the document as PDF, with its data attached; equal documents give equal bytes.

    Raises core.pdf.PdfUnavailable, core.pdf.PdfTooLarge.
    """
    text = canonical(document.body())
    digest = sha256_hex(text.encode())
    pictures = _pictures(document)
    return render_pdf(
        printed_html(document, at=at, digest=digest, drawn=frozenset(pictures)),
        assets={"evidence-pack.css": styles(), **pictures},
        attachments=[
            Attachment(
                name=DATA_NAME,
                description="The machine-readable document that these pages print",
                data=text.encode(),
                at=at,
            )
        ],
        identifier=bytes.fromhex(digest)[:16],
        limits=LIMITS,
    )


def printed_html(
    document: Document, *, at: datetime, digest: str, drawn: frozenset[str] = frozenset()
) -> str:
    """Return what is printed; `drawn` are the digests of the figures whose bytes are there."""
    page = {"document": document, "content_digest": digest, "at": at, "drawn": drawn}
    return render_to_string("pdf/document.html", page, using="jinja2")


def _pictures(document: Document) -> dict[str, Asset]:
    """Return the bytes of what can be printed, as far as one document may hold; the rest is named
    by digest alone.
    """
    wanted = [one.digest for one in document.pictures if one.media_type in PRINTED]
    rows = CardAttachment.objects.filter(digest__in=wanted, media_type__in=PRINTED)
    found: dict[str, Asset] = {}
    total = 0
    for row in rows.order_by("digest"):
        data = bytes(row.data)
        total += len(data)
        if total <= MOST_PICTURES and not is_for_presses(data):
            found[row.digest] = Asset(data=data, media_type=row.media_type)
    return found


def is_for_presses(data: bytes) -> bool:
    """Tell whether it is a JPEG in four inks (ITU-T T.81 B.2.2), which an RGB PDF/A cannot hold."""
    place = 2 if data[:2] == b"\xff\xd8" else len(data)
    while place + 9 < len(data) and data[place] == 0xFF:
        if data[place + 1] in FRAMES:
            return data[place + 9] == 4
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return False
