"""How addresses are named where they are kept and shown: without what they may hide."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from django.utils.crypto import salted_hmac

from governance.audit.targets.shipping import AddressWrong


def fingerprint(address: str) -> str:
    """Tell two addresses apart. Keyed, so that a guess at a token cannot be tried against it."""
    return salted_hmac("ledger.target", address, algorithm="sha256").hexdigest()[:8]


def http_address(text: str) -> SplitResult:
    """Raises AddressWrong for what is no address of a server, or holds a password."""
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError as error:
        raise AddressWrong("it is no https address") from error
    if not fits or not text.isprintable() or " " in text:
        raise AddressWrong("an https or http address is needed")
    if parts.username is not None or parts.password is not None:
        raise AddressWrong("an address holds no user name and no password")
    return parts


def host(parts: SplitResult) -> str:
    return parts.netloc.lower()
