"""Making a pack out of evidence: the pages, the PDF, and reading it back as a stranger would."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from governance.core.canonical import canonical, sha256_hex
from governance.core.drawing import rosette
from governance.core.pdf import Asset, Attachment, Rendered, render_pdf
from governance.evidence import verify_pack
from governance.evidence.pades.keys import seal_key
from governance.evidence.pades.sealing import FIELD, facts_of, seal
from governance.evidence.queries.collecting import collect
from governance.evidence.rules import pages
from governance.evidence.rules.contents import contents
from governance.evidence.rules.decisions import decisions
from governance.evidence.rules.overview import overview
from governance.evidence.rules.packs import (
    EVIDENCE_NAME,
    PackFiles,
    Report,
    SealFacts,
    begin,
    reference,
    require_verified,
)
from governance.evidence.rules.reading import Evidence
from governance.evidence.rules.signatures import certificates
from governance.evidence.rules.trail import entry_rows
from governance.inventory.models import Model

STYLES = settings.BASE_DIR / "templates" / "pdf" / "evidence-pack.css"
PRINTED_ENTRIES = 1500
"""A page holds about 30 entries; the attached evidence always holds all of them."""


def make_pack(model: Model, *, by: str, at: datetime, report: Report) -> PackFiles:
    """Return the files of a pack of this model as it stands, verified. Files nothing.

    Raises EvidenceBroken when the records do not verify; core.pdf.PdfUnavailable; SealUnusable,
    before anything is read.
    """
    key = seal_key(at=at)
    begin(report, 1)
    document = collect(model, by=by, at=at)
    text = canonical(document)
    evidence = text.encode()
    require_verified(verify_pack.verify(evidence))
    begin(report, 2)
    drawn = draw(text, sealed_by=facts_of(key))
    begin(report, 3)
    pdf, sealed = seal(drawn.data, key=key, at=at)
    begin(report, 4)
    digest = sha256_hex(pdf)
    checks = verify_pack.verify(pdf, file_digest=digest)
    require_verified(checks)
    return PackFiles(
        pdf=pdf,
        evidence=evidence,
        content_digest=sha256_hex(evidence),
        file_digest=digest,
        pages=drawn.pages,
        entries=document["about"]["entries"],
        head=document["about"]["head"],
        checks=checks,
        seal=sealed,
        replaced=drawn.replaced,
    )


def draw(text: str, *, sealed_by: SealFacts) -> Rendered:
    """Return the PDF of this evidence, still to be sealed by that certificate.

    Equal arguments give equal bytes on the same machine.
    """
    digest = sha256_hex(text.encode())
    evidence = Evidence(text)
    printed = context(evidence, digest, sealed_by=sealed_by)
    return render_pdf(
        render_to_string("pdf/evidence-pack.html", printed, using="jinja2"),
        assets={"evidence-pack.css": styles(), **ornaments(printed)},
        attachments=[
            Attachment(
                name=EVIDENCE_NAME,
                description="The machine-readable evidence that these pages print",
                data=text.encode(),
                at=built_at(evidence),
            )
        ],
        identifier=bytes.fromhex(digest)[:16],
        signature=FIELD,
    )


def styles() -> Asset:
    return Asset(data=STYLES.read_bytes(), media_type="text/css")


def ornaments(printed: Mapping[str, Any]) -> dict[str, Asset]:
    """Return the drawings that the pages lay behind digests, by the name the template gives them.

    As backgrounds they are no part of what a screen reader reads out.
    """
    signed = {given.digest for given in printed["certificates"]}
    signed |= {report.certificate.digest for report in printed["reports"]}
    small = {digest: rosette(digest, 3, 220, 0.6, "#5f78cc", 9) for digest in sorted(signed)}
    cover = printed["content_digest"]
    drawn = {**small, cover: rosette(cover, 5, 400, 0.28, "#7d92d8", 10)}
    return {f"rosette-{digest}.svg": as_asset(markup) for digest, markup in drawn.items()}


def as_asset(markup: str) -> Asset:
    alone = str(markup).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return Asset(data=alone.encode(), media_type="image/svg+xml")


def built_at(evidence: Evidence) -> datetime:
    return datetime.fromisoformat(evidence.about["built_at"])


def context(
    evidence: Evidence, digest: str, *, sealed_by: SealFacts | None = None
) -> Mapping[str, Any]:
    """What the template prints; without `sealed_by` it names no seal."""
    versions = pages.versions(evidence)
    return {
        "about": evidence.about,
        "seal": sealed_by,
        "built_at": built_at(evidence),
        "built_by": evidence.name(evidence.about["built_by"]),
        "reference": reference(digest),
        "content_digest": digest,
        "overview": overview(evidence),
        "versions": versions,
        "contents": contents(evidence),
        "stage_changes": pages.stage_changes(evidence),
        "card": pages.card_page(evidence, versions),
        "decisions": decisions(evidence),
        "reports": pages.reports(evidence),
        "findings": pages.findings(evidence),
        "certificates": certificates(evidence),
        "entries": entry_rows(evidence)[-PRINTED_ENTRIES:],
        "organization": evidence.about["organization"],
    }
