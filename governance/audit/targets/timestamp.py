"""A time-stamping authority (RFC 3161): `tsa:https://tsa.example/tsr#/etc/tsa.pem`.

Its token says that the checkpoint, with the ledger's signatures, was there at that time. The file
holds the authority's certificates in PEM: its root, those in between, and its own if the answers
are not to bring it. It is asked once an hour
at most: its token covers all that came before.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from rfc3161_client.tsp import TimeStampRequest

from governance.audit.targets.folder import whole_path
from governance.audit.targets.naming import fingerprint, host, http_address
from governance.audit.targets.shipping import AddressWrong, Copied, Post, Shipment, TargetFails

TIMES = ExtendedKeyUsageOID.TIME_STAMPING


@dataclass(frozen=True)
class Authority:
    url: str
    certificates: Path
    is_store = False
    pause = timedelta(hours=1)

    @property
    def name(self) -> str:
        return f"tsa:{host(http_address(self.url))}~{fingerprint(self.url)}"

    def copy(self, shipment: Shipment) -> Copied:
        signed, known = shipment.signed.encode(), self.known()
        request = _request(signed, with_certificates=_signer(known) is None)
        body = self.asked(request.as_bytes(), post=shipment.post)
        answer = verified(body, nonce=request.nonce, known=known, digest=sha256(signed).digest())
        return Copied(receipt=b64encode(answer.as_bytes()).decode())

    def asked(self, query: bytes, *, post: Post) -> bytes:
        """Return the authority's answer as it came. Raises TargetFails."""
        reply = post(self.url, {"Content-Type": "application/timestamp-query"}, query)
        if reply.status != 200:
            raise TargetFails(f"The authority answered {reply.status}.")
        return reply.body

    def known(self) -> list[x509.Certificate]:
        """Return the certificates that the operator gave for it. Raises TargetFails."""
        try:
            return x509.load_pem_x509_certificates(self.certificates.read_bytes())
        except (OSError, ValueError) as error:
            raise TargetFails("The file of the authority's certificates is unreadable.") from error


def _request(data: bytes, *, with_certificates: bool) -> TimeStampRequest:
    builder = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256)
    return builder.cert_request(cert_request=with_certificates).nonce(nonce=True).build()


def _signer(certificates: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """The one that signs times, if the file holds it: then the answer need not bring any."""
    for one in certificates:
        with suppress(x509.ExtensionNotFound):
            if TIMES in one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value:
                return one
    return None


def verified(
    body: bytes, *, nonce: int | None, known: Sequence[x509.Certificate], digest: bytes
) -> TimeStampResponse:
    """Return the answer, held against our nonce, what was asked about (its SHA-256), and the
    certificates that the operator gave. Raises TargetFails.
    """
    roots = [one for one in known if one.issuer == one.subject]
    between = [one for one in known if one not in roots]
    builder = VerifierBuilder(
        nonce=nonce,
        tsa_certificate=_signer(known),
        roots=roots or between,
        intermediates=between if roots else [],
    )
    try:
        answer = decode_timestamp_response(body)
        builder.build().verify(answer, digest)
    except (VerificationError, ValueError) as error:
        raise TargetFails("The authority's answer is no valid timestamp of this.") from error
    return answer


def parse(rest: str) -> Authority:
    url, _, path = rest.partition("#")
    http_address(url)
    if not path:
        raise AddressWrong("after # stands the file with the authority's certificates")
    return Authority(url, whole_path(path))
