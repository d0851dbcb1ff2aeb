"""Addresses of the configuration, checked before anything is sent there."""

from __future__ import annotations

from urllib.parse import urlsplit

SYSLOG_SCHEMES = frozenset({"udp", "tcp", "tls"})
THIS_MACHINE = frozenset({"127.0.0.1", "localhost"})


def is_syslog_address(text: str) -> bool:
    """Tell whether this is `udp://host:port`, `tcp://host:port` or `tls://host:port`."""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in SYSLOG_SCHEMES and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        return False
    return whole and not (parts.path or parts.query or parts.fragment or parts.username)


def is_safe_url(text: str) -> bool:
    """Tell whether what is sent there is encrypted, or does not leave this machine."""
    try:
        parts = urlsplit(text)
        return bool(parts.hostname and parts.port != 0) and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in THIS_MACHINE)
        )
    except ValueError:
        return False
