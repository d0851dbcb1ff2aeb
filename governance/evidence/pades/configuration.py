"""The settings of the seal, read from the environment once; `settings.SEAL` holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, kw_only=True)
class SealSettings:
    """Where the key is, and what the seal says beside it.

    `pkcs11` is the RFC 7512 URI of a key in a token and comes before `key_file`, which is PEM or
    PKCS#12. `certificate_file` holds the certificate in PEM, and those above it, where the key's
    own file does not. `authority` is `URL#FILE` of a time-stamping authority and its certificates.
    """

    key_file: Path
    password: str = field(default="", repr=False)
    pkcs11: str = ""
    certificate_file: Path | None = None
    authority: str = ""
    location: str = ""


def read(env: environ.Env, var_dir: Path) -> SealSettings:
    """Raises ImproperlyConfigured for a combination that has no meaning."""
    certificate = str(env.str("SEAL_CERTIFICATE_FILE", default=""))
    found = SealSettings(
        key_file=Path(env.str("SEAL_KEY_FILE", default=str(var_dir / "seal_key.pem"))),
        password=env.str("SEAL_KEY_PASSWORD", default=""),
        pkcs11=env.str("SEAL_KEY_PKCS11", default=""),
        certificate_file=Path(certificate) if certificate else None,
        authority=env.str("SEAL_TSA", default=""),
        location=env.str("SEAL_LOCATION", default=""),
    )
    if found.pkcs11 and not found.certificate_file:
        raise ImproperlyConfigured(
            "SEAL_CERTIFICATE_FILE: with SEAL_KEY_PKCS11 it names the PEM file of the certificate."
        )
    return found
