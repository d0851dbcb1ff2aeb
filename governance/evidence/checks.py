"""What the operator is told of the seal: by `manage.py check`, and by the doctor."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils import timezone

from governance.audit.targets.shipping import AddressWrong
from governance.audit.targets.timestamp import parse
from governance.core.observing import Observation
from governance.evidence.pades.configuration import SealSettings
from governance.evidence.pades.keys import SealUnusable, known_seal_key
from governance.evidence.pades.self_made import NO_END


def check_seal(**_: Any) -> list[CheckMessage]:
    """What is configured can seal. A key that is still to be made is no error."""
    errors: list[CheckMessage] = []
    if not _is_to_be_made():
        try:
            known_seal_key(at=timezone.now())
        except SealUnusable as error:
            errors.append(Error(error.message, id="evidence.E002"))
    if settings.SEAL.authority:
        try:
            parse(settings.SEAL.authority)
        except AddressWrong as error:
            hint = "It is the authority's address, #, and the file of its certificates."
            errors.append(Error(f"SEAL_TSA: {error}.", hint=hint, id="evidence.E003"))
    return errors


def seal_key_in_use() -> Observation:
    """The doctor's line."""
    if _is_to_be_made():
        return _seen(True, "a key of the portal's own is made with the first pack")
    try:
        key = known_seal_key(at=timezone.now())
    except SealUnusable as error:
        return _seen(False, error.message)
    made = "made by the portal itself, not qualified" if key.is_self_made else f"by {key.issuer}"
    end = key.certificate.not_valid_after_utc
    until = "" if end >= NO_END else f", until {end:%Y-%m-%d}"
    return _seen(True, f"{key.holder} ({made}{until}), certificate sha256:{key.fingerprint}")


def _is_to_be_made() -> bool:
    chosen: SealSettings = settings.SEAL
    return not chosen.pkcs11 and not chosen.certificate_file and not chosen.key_file.exists()


def _seen(fine: bool, text: str) -> Observation:
    return Observation(name="seal", fine=fine, text=text, needed=False)
