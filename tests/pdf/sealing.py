"""Keys and certificates for seals, and what other people's programs say of a sealed PDF."""

from __future__ import annotations

import io
import logging
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import PdfSignatureStatus, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from governance.core.pdf import render_pdf
from governance.evidence.pades.sealing import FIELD

NOW = datetime.now(UTC)
PAGE = '<html lang="en"><head><title>{title}</title></head><body><h1>{title}</h1></body></html>'


@cache
def drawn(title: str = "A pack") -> bytes:
    """A small PDF that waits for its seal."""
    return render_pdf(
        PAGE.format(title=title), assets={}, identifier=b"x" * 16, signature=FIELD
    ).data


@dataclass(frozen=True)
class Issued:
    key: Any
    certificate: x509.Certificate

    @property
    def key_pem(self) -> bytes:
        return bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def issued(
    name: str,
    *,
    by: Issued | None = None,
    key: Any = None,
    public: Any = None,
    until: datetime = NOW + timedelta(days=90),
    signs: bool = True,
) -> Issued:
    """Make a certificate, by another or by itself; `public` where the key is out of reach."""
    key = key or (None if public else ec.generate_private_key(ec.SECP256R1()))
    subject = _name(name)
    usage = dict.fromkeys(
        (
            "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
            "decipher_only",
        ),
        False,
    )  # fmt: skip
    end = by is not None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(public or key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=365))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=not end, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=end and signs,
                content_commitment=end and signs,
                key_cert_sign=not end,
                crl_sign=not end,
                **usage,
            ),
            critical=True,
        )
    )
    signer = by.key if by else key
    algorithm = None if "ed25519" in type(signer).__name__.lower() else hashes.SHA256()
    return Issued(key, builder.sign(signer, algorithm))


def _name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Meridian Bank"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def judged(data: bytes, *, trusted: x509.Certificate) -> PdfSignatureStatus:
    """What pyHanko's own validator says of the one seal, for who trusts that certificate."""
    root = asn1_x509.Certificate.load(trusted.public_bytes(Encoding.DER))
    context = ValidationContext(trust_roots=[root], allow_fetching=False)
    (found,) = PdfFileReader(io.BytesIO(data), strict=False).embedded_signatures
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    with ThreadPoolExecutor(1) as thread:
        status = thread.submit(validate_pdf_signature, found, context, context).result()
    assert isinstance(status, PdfSignatureStatus)
    return status


def said_by_poppler(data: bytes, folder: Path) -> str:
    path = folder / "sealed.pdf"
    path.write_bytes(data)
    done = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr
