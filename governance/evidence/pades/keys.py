"""The key that seals packs, and its certificate: from PEM, PKCS#12 or a token of PKCS#11.

Where none is configured, a P-256 key and a certificate that it signs itself are made once. What
they give is an integrity seal: it says that the file was not changed, and nobody vouches for whom
it is of. Nothing here makes a qualified seal (Regulation (EU) 910/2014, Article 3(27)).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from django.conf import settings
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko.sign.signers import Signer, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from governance.audit.tokens import Place, TokenUnusable, place_of, session
from governance.core.errors import WrongState
from governance.evidence.pades.configuration import SealSettings
from governance.evidence.pades.self_made import is_self_made, make

SMALLEST_RSA = 2048
PEM = b"-----BEGIN "


class SealUnusable(WrongState):
    """The key or the certificate of the seal is absent, or cannot seal. Nothing is filed then."""

    code = "seal_unusable"


@dataclass(frozen=True, kw_only=True)
class SealKey:
    """A key that can seal. `private` is None while the key stays in a token."""

    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...]
    private: EllipticCurvePrivateKey | RSAPrivateKey | None = None
    place: Place | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, by which a reader tells it from any other."""
        return self.certificate.fingerprint(SHA256()).hex()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def is_self_made(self) -> bool:
        return is_self_made(self.certificate)

    @property
    def holder(self) -> str:
        return _name(self.certificate.subject)

    @property
    def issuer(self) -> str:
        return _name(self.certificate.issuer)

    @contextmanager
    def signer(self) -> Iterator[Signer]:
        """Yield what pyHanko signs with. Raises SealUnusable."""
        certificate, store = _asn1(self.certificate), SimpleCertificateStore()
        store.register_multiple([certificate, *map(_asn1, self.above)])
        if self.place is None:
            yield SimpleSigner(
                signing_cert=certificate, signing_key=self._readable(), cert_registry=store
            )
            return
        try:
            with session(self.place) as opened:
                yield PKCS11Signer(
                    opened,
                    signing_cert=certificate,
                    ca_chain=list(map(_asn1, self.above)),
                    key_label=self.place.label,
                    # Few tokens hash for ECDSA; all take a digest.
                    use_raw_mechanism=certificate.public_key.algorithm == "ec",
                )
        except TokenUnusable as error:
            raise SealUnusable(f"The key of the seal cannot be used: {error}.") from error

    def _readable(self) -> asn1_keys.PrivateKeyInfo:
        assert self.private is not None
        der = self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return asn1_keys.PrivateKeyInfo.load(der)


def seal_key(*, at: datetime) -> SealKey:
    """Return the key to seal with at that time, making one where none is configured and none was
    made. Raises SealUnusable.
    """
    chosen: SealSettings = settings.SEAL
    if not chosen.pkcs11 and not chosen.certificate_file and not chosen.key_file.exists():
        make(chosen.key_file, organization=settings.ORGANIZATION, at=at)
    return known_seal_key(at=at)


def known_seal_key(*, at: datetime) -> SealKey:
    """Return the key to seal with, without making one. Raises SealUnusable."""
    chosen: SealSettings = settings.SEAL
    key = _in_token(chosen) if chosen.pkcs11 else _in_file(chosen)
    require_fit(key, at=at)
    return key


def require_fit(key: SealKey, *, at: datetime) -> None:
    """Raise SealUnusable unless what the certificate says lets the key seal at that time."""
    public, certificate = key.certificate.public_key(), key.certificate
    if isinstance(public, RSAPublicKey) and public.key_size < SMALLEST_RSA:
        raise SealUnusable(f"The key of the seal is RSA below {SMALLEST_RSA} bits.")
    if not isinstance(public, EllipticCurvePublicKey | RSAPublicKey):
        # Poppler, which most readers stand on, takes Ed25519 for damage.
        raise SealUnusable("The key of the seal is neither on an elliptic curve (ECDSA) nor RSA.")
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise SealUnusable(
            f"The certificate of the seal holds from {certificate.not_valid_before_utc:%Y-%m-%d} "
            f"to {certificate.not_valid_after_utc:%Y-%m-%d}, and it is {at:%Y-%m-%d}. "
            "SEAL_KEY_FILE or SEAL_CERTIFICATE_FILE names the next one."
        )
    if not _may_sign(certificate):
        raise SealUnusable("The certificate of the seal is not for signatures (key usage).")


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment


def _in_file(chosen: SealSettings) -> SealKey:
    data = _read(chosen.key_file, "key")
    password = chosen.password.encode() or None
    try:
        if data.startswith(PEM):
            private: Any = load_pem_private_key(data, password)
            held = x509.load_pem_x509_certificates(_certificates(chosen, data))
        else:
            private, own, others = pkcs12.load_key_and_certificates(data, password)
            held = [one for one in (own, *others) if one is not None]
    except (ValueError, TypeError) as error:
        raise SealUnusable(
            f"The key of the seal, {chosen.key_file}, cannot be read with the password that "
            f"SEAL_KEY_PASSWORD gives: {error}"
        ) from error
    if private is None:
        raise SealUnusable(f"There is no private key in {chosen.key_file}.")
    own, above = _split(held, _public_bytes(private.public_key()))
    return SealKey(certificate=own, above=above, private=private)


def _in_token(chosen: SealSettings) -> SealKey:
    try:
        held = x509.load_pem_x509_certificates(_certificates(chosen, b""))
    except ValueError as error:
        raise SealUnusable(f"SEAL_CERTIFICATE_FILE holds no certificate in PEM: {error}") from error
    try:
        place = place_of(chosen.pkcs11)
    except TokenUnusable as error:
        raise SealUnusable(f"SEAL_KEY_PKCS11: {error}.") from error
    # Of a key that stays in the token, the first certificate is taken at its word; what it seals
    # is read back, and a seal by another key does not verify.
    return SealKey(certificate=held[0], above=tuple(held[1:]), place=place)


def _certificates(chosen: SealSettings, data: bytes) -> bytes:
    return _read(chosen.certificate_file, "certificate") if chosen.certificate_file else data


def _split(
    held: Sequence[x509.Certificate], public: bytes
) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """Return the certificate of this key, and the others."""
    own = [one for one in held if _public_bytes(one.public_key()) == public]
    if not own:
        raise SealUnusable("None of the seal's certificates is that of its key.")
    return own[0], tuple(one for one in held if one not in own)


def _public_bytes(public: Any) -> bytes:
    return bytes(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SealUnusable(f"The {what} of the seal cannot be read: {error}") from error


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _name(name: x509.Name) -> str:
    """The common name, and the organization unless that is in it, as far as they are there."""
    found: list[str] = []
    for oid in (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME):
        for value in (str(one.value) for one in name.get_attributes_for_oid(oid)):
            if not any(value in said for said in found):
                found.append(value)
    return ", ".join(found) or name.rfc4514_string()
