"""Sealing a PDF without taking PDF/A-3a or PDF/UA-1 from it, and reading the seal back."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.validation import SignatureCoverageLevel
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from governance.audit.targets.shipping import TargetFails
from governance.core.pdf import EmptySignature
from governance.evidence.pades.keys import SealKey, SealUnusable
from governance.evidence.pades.timestamps import Stamper, stamper
from governance.evidence.rules.packs import SealFacts

FIELD = EmptySignature(name="Seal", spoken="Electronic seal of this evidence pack")
"""What the drawn PDF has to hold for the seal."""
RESERVED = 40_960
"""Hexadecimal digits kept free for signature, timestamp and the certificates of both."""


class _KeepingMetadata(IncrementalPdfFileWriter):
    def _update_meta(self) -> None:
        """Leave the XMP as it is: written anew, it would declare PDF/UA's schema wrongly, and the
        file would no longer be PDF/A.
        """


def facts_of(key: SealKey) -> SealFacts:
    """Return what is known of a seal by this key before it is made; the pages print it."""
    return SealFacts(
        fingerprint=key.fingerprint,
        holder=key.holder,
        issuer=key.issuer,
        is_self_made=key.is_self_made,
    )


def seal(pdf: bytes, *, key: SealKey, at: datetime) -> tuple[bytes, SealFacts]:
    """Return the PDF with its field signed, as a revision that only adds bytes at the end.

    The signature covers the whole file and certifies it: no change after it is allowed. Where a
    timestamp is configured and its authority fails, the seal is made without one and says why.
    Raises SealUnusable.
    """
    clock = stamper()
    try:
        data = _signed(pdf, key=key, at=at, clock=clock)
    except TargetFails as error:
        data = _signed(pdf, key=key, at=at, clock=None)
        return data, replace(facts_of(key), missing=error.message)
    return data, replace(facts_of(key), timestamped_at=clock.given if clock else None)


def _signed(pdf: bytes, *, key: SealKey, at: datetime, clock: Stamper | None) -> bytes:
    with ExitStack() as held, ThreadPoolExecutor(1) as thread:
        signer = held.enter_context(key.signer())
        # pyHanko wants an event loop, and the caller's thread may have one of its own.
        signing = thread.submit(asyncio.run, _sign(pdf, signer, at=at, clock=clock))
        try:
            data = signing.result()
        except (SigningError, PdfError) as error:
            raise SealUnusable(f"The file could not be sealed: {error}") from error
    require_sealed(data, key=key)
    return data


async def _sign(pdf: bytes, signer: Signer, *, at: datetime, clock: Stamper | None) -> bytes:
    meant = PdfSignatureMetadata(
        field_name=FIELD.name,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=settings.ORGANIZATION,
        reason=f"Evidence of {settings.ORGANIZATION}, sealed against later change",
        location=settings.SEAL.location or None,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    writer = _KeepingMetadata(io.BytesIO(pdf))
    session = PdfSigner(meant, signer=signer, timestamper=clock).init_signing_session(
        writer, existing_fields_only=True
    )
    session.system_time = at
    document = session.prepare_tbs_document(validation_info=None, bytes_reserved=RESERVED)
    out = io.BytesIO()
    digest, _ = document.digest_tbs_document(output=out)
    await document.perform_signature(
        document_digest=digest.document_digest,
        pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=at),
    )
    return out.getvalue()


def require_sealed(data: bytes, *, key: SealKey) -> None:
    """Read the file as a stranger would. Raises SealUnusable unless its one seal is this key's,
    covers all of it, and holds. Whether the certificate is trusted is for the stranger to say.
    """
    try:
        (found,) = PdfFileReader(io.BytesIO(data)).embedded_signatures
        whole = found.evaluate_signature_coverage() == SignatureCoverageLevel.ENTIRE_FILE
        intact, valid = validate_sig_integrity(
            found.signer_info,
            found.signer_cert,
            expected_content_type="data",
            actual_digest=found.compute_digest(),
        )
    except (SignatureValidationError, PdfError, ValueError) as error:
        raise SealUnusable(f"The seal does not read back: {error}") from error
    if not (whole and intact and valid and found.signer_cert.dump() == key.der):
        raise SealUnusable(
            "The seal does not read back: it is not by the key that the certificate names."
        )
