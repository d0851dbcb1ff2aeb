"""Making a pack out of evidence: the pages, the PDF, and reading it back as a stranger would."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from governance.core.canonical import canonical, sha256_hex
from governance.core.drawing import rosette
from governance.core.long_pdf import render_long
from governance.core.pdf import Asset, Attachment, Rendered, render_pdf, unasked
from governance.evidence import verify_pack
from governance.evidence.actions.listing import entry_lists
from governance.evidence.actions.scoped import evidence_of
from governance.evidence.pades.keys import seal_key
from governance.evidence.pades.sealing import FIELD, facts_of, seal
from governance.evidence.queries.proving import Anchor
from governance.evidence.rules.covers import (
    compared,
    cover,
    scope_of,
    table_of_contents,
    trails,
)
from governance.evidence.rules.packs import (
    EVIDENCE_NAME,
    PackFiles,
    Report,
    SealFacts,
    begin,
    begin_with,
    reference,
    require_verified,
)
from governance.evidence.rules.parts import parts_of
from governance.evidence.rules.populations.packs import sampled
from governance.evidence.rules.reading import Evidence, checkpoint_lines
from governance.evidence.rules.scopes import PackScope

STYLES = settings.BASE_DIR / "templates" / "pdf" / "evidence-pack.css"


def make_pack(
    scope: PackScope,
    *,
    by: str,
    at: datetime,
    report: Report,
    go_on: Callable[[], None] = unasked,
    anchor: Anchor | None = None,
    since: Sequence[int] = (),
) -> PackFiles:
    """Return the files of a pack of this scope as of the anchor, or as it stands. Files nothing.

    They are verified and sealed. Equal records, scopes and anchors give equal files, but for the
    seal at the end of the PDF. Without an anchor it
    appends checkpoint.made, unless the newest checkpoint still is the ledger as it stands. `since`
    are the sizes of earlier checkpoints that readers hold. What `report` and `go_on` raise stops
    the work.

    Raises EvidenceBroken when the records do not verify; CheckpointBehind; core.pdf.PdfUnavailable;
    SealUnusable, before anything is read.
    """
    key = seal_key(at=at)
    begin(report, 1)
    each = partial(begin_with, report)
    document = evidence_of(scope, by=by, at=at, each=each, anchor=anchor, since=since)
    text = canonical(document)
    evidence = text.encode()
    require_verified(verify_pack.verify(evidence))
    begin(report, 2)
    drawn = draw(text, sealed_by=facts_of(key), go_on=go_on)
    begin(report, 3)
    pdf, sealed = seal(drawn.data, key=key, at=at)
    begin(report, 4)
    digest = sha256_hex(pdf)
    checks = verify_pack.verify(pdf, file_digest=digest)
    require_verified(checks)
    streams = document["streams"]
    return PackFiles(
        pdf=pdf,
        evidence=evidence,
        content_digest=sha256_hex(evidence),
        file_digest=digest,
        pages=drawn.pages,
        entries=sum(stream["entries"] for stream in streams),
        head=streams[0]["head"] if len(streams) == 1 else "",
        checks=checks,
        seal=sealed,
        replaced=drawn.replaced,
    )


def draw(text: str, *, sealed_by: SealFacts, go_on: Callable[[], None] = unasked) -> Rendered:
    """Return the PDF of this evidence, still to be sealed by that certificate.

    Equal arguments give equal bytes on the same machine.
    """
    digest = sha256_hex(text.encode())
    evidence = Evidence(text)
    printed = context(evidence, digest, sealed_by=sealed_by)
    html = render_to_string("pdf/evidence-pack.html", printed, using="jinja2")
    lists = entry_lists(printed)
    render = partial(render_long, html, runs=lists) if lists else partial(render_pdf, html)
    return render(
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
        signature=FIELD,
        go_on=go_on,
    )


def styles() -> Asset:
    return Asset(data=STYLES.read_bytes(), media_type="text/css")


def ornaments(printed: Mapping[str, Any]) -> dict[str, Asset]:
    """Return the drawings that the pages lay behind digests, by the name the template gives them.

    As backgrounds they are no part of what a screen reader reads out.
    """
    signed = {given.digest for part in printed["parts"] for given in part.certificates}
    signed |= {one.certificate.digest for part in printed["parts"] for one in part.reports}
    small = {digest: rosette(digest, 3, 220, 0.6, "#5f78cc", 9) for digest in sorted(signed)}
    large = printed["content_digest"]
    drawn = {**small, large: rosette(large, 5, 400, 0.28, "#7d92d8", 10)}
    return {f"rosette-{digest}.svg": as_asset(markup) for digest, markup in drawn.items()}


def as_asset(markup: str) -> Asset:
    alone = str(markup).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return Asset(data=alone.encode(), media_type="image/svg+xml")


def context(
    evidence: Evidence, digest: str, *, sealed_by: SealFacts | None = None
) -> Mapping[str, Any]:
    """What the template prints; without `sealed_by` it names no seal."""
    scope = scope_of(evidence)
    parts, streams = parts_of(evidence, scope), trails(evidence, scope)
    drawn = sampled(evidence)
    return {
        "about": evidence.about,
        "seal": sealed_by,
        "as_of": evidence.as_of,
        "checkpoint": checkpoint_lines(evidence),
        "reference": reference(digest),
        "content_digest": digest,
        "cover": cover(evidence, scope, parts),
        "sampled": drawn,
        "toc": table_of_contents(parts, streams, first=[drawn.section] if drawn else []),
        "parts": parts,
        "portfolio": compared(parts),
        "trails": streams,
        "organization": evidence.about["organization"],
    }
