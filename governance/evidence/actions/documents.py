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


def document_pdf(document: Document, *, at: datetime) -> Rendered:
    """Return the document as PDF, with its data attached; equal documents give equal bytes.

    Raises core.pdf.PdfUnavailable, core.pdf.PdfTooLarge.
    """
    text = canonical(document.body())
    digest = sha256_hex(text.encode())
    pictures = _pictures(document)
    page = {"document": document, "content_digest": digest, "at": at, "drawn": set(pictures)}
    return render_pdf(
        render_to_string("pdf/document.html", page, using="jinja2"),
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


def _pictures(document: Document) -> dict[str, Asset]:
    """Return the bytes of what can be printed, as far as one document may hold; the rest is named
    by digest alone.
    """
    wanted = [one.digest for one in document.pictures if one.media_type in PRINTED]
    rows = CardAttachment.objects.filter(digest__in=wanted, media_type__in=PRINTED)
    found: dict[str, Asset] = {}
    total = 0
    for row in rows.order_by("digest"):
        total += len(row.data)
        if total <= MOST_PICTURES:
            found[row.digest] = Asset(data=bytes(row.data), media_type=row.media_type)
    return found
