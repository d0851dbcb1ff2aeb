"""Drawing the certificate of a signature set. It files nothing, and leaves no entry."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string

from governance.approvals.models import PromotionRequest
from governance.core.canonical import sha256_hex
from governance.core.drawing import rosette
from governance.core.pdf import Asset, Attachment, Limits, Rendered, render_pdf
from governance.evidence.actions.making import as_asset, styles
from governance.evidence.queries.certificates import certificate_text
from governance.evidence.rules.certificate import DATA_NAME, SignatureSet, signature_set
from governance.evidence.rules.reading import Evidence

LIMITS = Limits(memory=2 * 1024**3, cpu_seconds=30, wall_seconds=40)
"""Somebody waits for it in a browser, so it takes less than the server gives an answer."""


def certificate_of(request: PromotionRequest, *, at: datetime) -> SignatureSet:
    """Return what the certificate's page shows, as things stand."""
    return signature_set(Evidence(certificate_text(request, at=at)))


def certificate_pdf(request: PromotionRequest, *, at: datetime) -> bytes:
    """Return the certificate as PDF, with its text attached.

    Raises core.pdf.PdfUnavailable, core.pdf.PdfTooLarge.
    """
    return draw_certificate(certificate_text(request, at=at)).data


def draw_certificate(text: str) -> Rendered:
    """Return the PDF of a certificate's text; equal texts give equal bytes on one machine."""
    printed, digest = signature_set(Evidence(text)), sha256_hex(text.encode())
    page = {"set": printed, "content_digest": digest, "organization": printed.about["organization"]}
    return render_pdf(
        render_to_string("pdf/certificate.html", page, using="jinja2"),
        assets={"evidence-pack.css": styles(), **_ornaments(printed)},
        attachments=[
            Attachment(
                name=DATA_NAME,
                description="The machine-readable certificate that these pages print",
                data=text.encode(),
                at=printed.printed_at,
            )
        ],
        identifier=bytes.fromhex(digest)[:16],
        limits=LIMITS,
    )


def _ornaments(printed: SignatureSet) -> dict[str, Asset]:
    """A drawing of each digest that was signed, by the name that the template gives it."""
    signed = {one.given.digest for one in printed.signatures}
    signed |= {printed.digest} if printed.digest else set()
    return {
        f"rosette-{digest}.svg": as_asset(rosette(digest, 3, 220, 0.6, "#5f78cc", 9))
        for digest in sorted(signed)
    }
