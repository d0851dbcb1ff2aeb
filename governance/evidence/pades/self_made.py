"""A key and a certificate of the portal's own, for an integrity seal that nobody vouches for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from governance.audit.durable import write_secret_once

MARK = "Self-made integrity seal (not qualified)"
"""Stands in the certificate, so that every reader of a signature shows it."""
NO_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""No well-defined expiration date (RFC 5280 §4.1.2.5). Nobody would renew it."""
LONGEST_NAME = 64
"""Characters of an X.520 name (RFC 5280 appendix A)."""


def is_self_made(certificate: x509.Certificate) -> bool:
    units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    own = certificate.issuer == certificate.subject
    return own and any(unit.value == MARK for unit in units)


def make(path: Path, *, organization: str, at: datetime) -> None:
    """Put a new P-256 key and its certificate into `path`, unless there is one by then."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = _certificate(key, organization=organization, at=at)
    write_secret_once(path, pem + certificate.public_bytes(Encoding.PEM))


def _certificate(
    key: ec.EllipticCurvePrivateKey, *, organization: str, at: datetime
) -> x509.Certificate:
    name = x509.Name(
        x509.NameAttribute(oid, text[:LONGEST_NAME])
        for oid, text in (
            (NameOID.ORGANIZATION_NAME, organization),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, MARK),
            (NameOID.COMMON_NAME, f"Evidence seal of {organization}"),
        )
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(NO_END)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())
    )
