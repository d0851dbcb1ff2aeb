"""Reading values of the environment that are more than a word or a number."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from governance.core.addresses import is_safe_url, is_syslog_address

PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}


def lines(said: str) -> list[str]:
    """One value a line, or with commas in between."""
    return [value.strip() for value in said.replace("\n", ",").split(",") if value.strip()]


def by_tier(env: environ.Env, name: str, default: str, *, of: str, most: int) -> dict[int, int]:
    """Read tier:number pairs; `of` is what the numbers count. Raises ImproperlyConfigured."""
    said = str(env.str(name, default=default))
    pairs = [pair.strip().partition(":") for pair in said.split(",")]
    if not all(tier.isdecimal() and number.isdecimal() for tier, _, number in pairs):
        raise ImproperlyConfigured(f"{name}: {said!r} is not tier:{of}, as in {default}.")
    found = {int(tier): int(number) for tier, _, number in pairs}
    if len(found) < len(pairs) or not all(1 <= number <= most for number in found.values()):
        raise ImproperlyConfigured(f"{name}: each tier once, with 1 to {most} {of}.")
    return found


def hour(name: str, said: str) -> int | None:
    """An hour of the day, or None for off. Raises ImproperlyConfigured."""
    if said in ("", "off"):
        return None
    if not said.isdecimal() or int(said) > 23:
        raise ImproperlyConfigured(f"{name}: {said!r} is no hour from 0 to 23, nor off.")
    return int(said)


def mail_server(name: str, said: str) -> dict[str, Any]:
    """Return Django's EMAIL_ settings. Raises ImproperlyConfigured, never with a password in it."""
    scheme = urlsplit(said).scheme
    if scheme not in PORTS:
        raise ImproperlyConfigured(f"{name}: it is smtp:, smtp+tls: or smtp+ssl://host:port.")
    found: dict[str, Any] = environ.Env.email_url_config(said)  # type: ignore[no-untyped-call]
    return found | {"EMAIL_PORT": found["EMAIL_PORT"] or PORTS[scheme]}


def syslog_address(name: str, said: str) -> str:
    """Raises ImproperlyConfigured unless it is empty or the address of a syslog server."""
    if said and not is_syslog_address(said):
        forms = "udp://host:port, tcp://host:port or tls://host:port"
        raise ImproperlyConfigured(f"{name}: {forms}.")
    return said


def safe_url(name: str, said: str) -> str:
    """Raises ImproperlyConfigured unless it is empty, or what is sent there is safe on its way."""
    if said and not is_safe_url(said):
        raise ImproperlyConfigured(f"{name}: an https address, or one of this very machine.")
    return said
