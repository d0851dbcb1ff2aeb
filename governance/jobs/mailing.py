"""Sending one e-mail through the server that EMAIL_URL names."""

from __future__ import annotations

from smtplib import SMTPException

from django.core.mail import EmailMessage

from governance.jobs.channels import Letter
from governance.jobs.rules import NotDelivered


def send_letter(letter: Letter) -> None:
    """Hand the letter to the mail server. Raises NotDelivered, without the address."""
    try:
        EmailMessage(subject=letter.subject, body=letter.text, to=[letter.to]).send()
    except (SMTPException, OSError) as error:
        why = type(error).__name__
        raise NotDelivered(f"The mail server did not take it: {why}.") from error
