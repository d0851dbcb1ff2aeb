"""The time in a seal, from the authority that SEAL_TSA names (RFC 3161, PAdES B-T)."""

from __future__ import annotations

from datetime import datetime

from asn1crypto import cms, tsp
from django.conf import settings
from pyhanko.sign.timestamps import TimeStamper

from governance.audit.targets.shipping import TargetFails
from governance.audit.targets.timestamp import Authority, parse, verified
from governance.jobs.ledger import post


class Stamper(TimeStamper):
    """Asks the authority once, and holds its answer against the operator's certificates.

    `given` is the time that it stated, once it has.
    """

    def __init__(self, authority: Authority) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.authority = authority
        self.given: datetime | None = None

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Raises TargetFails."""
        imprint = req["message_imprint"]
        body = self.authority.asked(req.dump(), post=post)
        answer = verified(
            body,
            nonce=req["nonce"].native,
            known=self.authority.known(),
            digest=imprint["hashed_message"].native,
        )
        self.given = answer.tst_info.gen_time
        return tsp.TimeStampResp.load(body)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Raises TargetFails."""
        try:
            return await super().async_timestamp(message_digest, md_algorithm)
        except OSError as error:
            raise TargetFails(f"The authority's answer holds no timestamp: {error}.") from error


def stamper() -> Stamper | None:
    """Return what asks for the time, or None where no authority is configured."""
    address: str = settings.SEAL.authority
    return Stamper(parse(address)) if address else None
