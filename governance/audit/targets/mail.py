"""E-mail to somebody outside: `mailto:auditor@bank.example?hours=24`, at most one in so long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.utils import make_msgid
from smtplib import SMTPException

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from governance.audit.targets.naming import fingerprint
from governance.audit.targets.shipping import AddressWrong, Copied, Shipment, TargetFails

MOST_HOURS = 24 * 31
TEXT = """\
This is a signed checkpoint of the ledger {origin}.
It covers the first {size} entries. Keep it: whoever holds it can show later whether any
of them was changed, removed or put in another order.

To hold the ledger against it, save the attached file and run
    manage.py verify_ledger --checkpoint {file}

{note}"""


@dataclass(frozen=True)
class Letter:
    address: str
    pause: timedelta = timedelta(hours=24)
    is_store = False

    @property
    def name(self) -> str:
        # A person's address stands in no row: it could not be removed again.
        return f"mailto:{self.address.rpartition('@')[2]}~{fingerprint(self.address)}"

    def copy(self, shipment: Shipment) -> Copied:
        point, identifier = shipment.point, make_msgid(domain="countersign")
        file = f"checkpoint-{point.size}.txt"
        message = EmailMessage(
            subject=f"Checkpoint of {point.size} entries of {point.origin}",
            body=TEXT.format(origin=point.origin, size=point.size, file=file, note=shipment.note),
            to=[self.address],
            headers={"Message-ID": identifier},
        )
        # As bytes of their own kind, so that no mail server wraps or recodes a line.
        message.attach(file, shipment.note.encode(), "application/octet-stream")
        try:
            message.send()
        except (SMTPException, OSError) as error:
            why = type(error).__name__
            raise TargetFails(f"The mail server did not take it: {why}.") from error
        return Copied(receipt=identifier)


def parse(rest: str) -> Letter:
    address, _, option = rest.partition("?")
    try:
        validate_email(address)
    except ValidationError as error:
        raise AddressWrong("it is mailto: and one e-mail address") from error
    if not option:
        return Letter(address)
    hours = option.removeprefix("hours=")
    if not (hours.isdecimal() and 1 <= int(hours) <= MOST_HOURS) or hours == option:
        raise AddressWrong(f"after ? stands hours=1 to hours={MOST_HOURS}")
    return Letter(address, timedelta(hours=int(hours)))
