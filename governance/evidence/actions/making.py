"""Making a pack out of evidence: the pages, the PDF, and reading it back as a stranger would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from governance.core.canonical import canonical, sha256_hex
from governance.core.drawing import rosette
from governance.core.pdf import Asset, Attachment, Rendered, render_pdf
from governance.evidence import verify_pack
from governance.evidence.actions.collecting import as_of_now
from governance.evidence.queries.collecting import collect
from governance.evidence.queries.proving import Anchor
from governance.evidence.rules import pages
from governance.evidence.rules.contents import contents
from governance.evidence.rules.decisions import decisions
from governance.evidence.rules.overview import overview
from governance.evidence.rules.packs import (
    EVIDENCE_NAME,
    PackFiles,
    Report,
    begin,
    reference,
    require_verified,
)
from governance.evidence.rules.reading import Evidence, checkpoint_lines
from governance.evidence.rules.signatures import certificates
from governance.evidence.rules.trail import entry_rows
from governance.inventory.models import Model

STYLES = settings.BASE_DIR / "templates" / "pdf" / "evidence-pack.css"
PRINTED_ENTRIES = 1500
"""A page holds about 30 entries; the attached evidence always holds all of them."""


def make_pack(
    model: Model,
    *,
    by: str,
    at: datetime,
    report: Report,
    anchor: Anchor | None = None,
    since: Sequence[int] = (),
) -> PackFiles:
    """Return the files of a pack of this model as of the anchor, or as it stands. Files nothing.

    They are verified. Equal records and anchors give equal files. Without an anchor it appends
    checkpoint.made, unless the newest checkpoint still is the ledger as it stands. `since` are the
    sizes of earlier checkpoints that readers hold.

    Raises EvidenceBroken when the records do not verify; CheckpointBehind; core.pdf.PdfUnavailable.
    """
    begin(report, 1)

    def gathered(found: Anchor | None) -> dict[str, Any]:
        rests_on = replace(found, since=since) if found else None
        return collect([model], anchor=rests_on, scope={"kind": "MODEL"})

    document = gathered(anchor) if anchor else as_of_now(gathered, by=by, at=at)
    text = canonical(document)
    evidence = text.encode()
    require_verified(verify_pack.verify(evidence))
    begin(report, 2)
    drawn = draw(text)
    begin(report, 3)
    digest = sha256_hex(drawn.data)
    checks = verify_pack.verify(drawn.data, file_digest=digest)
    require_verified(checks)
    return PackFiles(
        pdf=drawn.data,
        evidence=evidence,
        content_digest=sha256_hex(evidence),
        file_digest=digest,
        pages=drawn.pages,
        entries=document["streams"][0]["entries"],
        head=document["streams"][0]["head"],
        checks=checks,
        replaced=drawn.replaced,
    )


def draw(text: str) -> Rendered:
    """Return the PDF of this evidence; equal evidence gives equal bytes on the same machine."""
    digest = sha256_hex(text.encode())
    evidence = Evidence(text)
    printed = context(evidence, digest)
    return render_pdf(
        render_to_string("pdf/evidence-pack.html", printed, using="jinja2"),
        assets={"evidence-pack.css": styles(), **ornaments(printed)},
        attachments=[
            Attachment(
                name=EVIDENCE_NAME,
                description="The machine-readable evidence that these pages print",
                data=text.encode(),
                at=evidence.as_of,
            )
        ],
        identifier=bytes.fromhex(digest)[:16],
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


def context(evidence: Evidence, digest: str) -> Mapping[str, Any]:
    """What the template prints."""
    versions = pages.versions(evidence)
    return {
        "about": evidence.about,
        "as_of": evidence.as_of,
        "checkpoint": checkpoint_lines(evidence),
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
