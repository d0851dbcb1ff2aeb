"""The states of jobs and deliveries, the times that bound them, where one may go, refusals."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from urllib.parse import SplitResult, quote, urlsplit

from django.db.models import TextChoices

from governance.core.errors import InvalidInput, NotFound, Refused, WrongState, invalid

LEASE = timedelta(seconds=30)
"""How long a claim holds without a sign of life; a killed worker's job is free again after it."""

BEATS_PER_LEASE = 4
"""A worker may miss three signs of life in a row before its job is given to another."""

MAX_ATTEMPTS = 3
"""A job that takes its worker down each time must not do so for ever."""

SWEEP_SECONDS = 60.0
POLL_SECONDS = 0.5

FOLLOW_SECONDS = 2.0
"""How often followers of the ledger catch up and deliveries that are due are made."""

DELIVERY_PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (2, 10, 60, 300, 1_800, 7_200, 21_600)
)
"""How long to wait after each failed attempt at a delivery. After the last pause comes the last
attempt, some nine hours after the first."""

FORWARDING_PAUSE = timedelta(minutes=1)
LONGEST_FORWARDING_PAUSE = timedelta(hours=1)
"""How long sending the ledger on rests after a failure, doubled each time, and at most."""
FORWARDED_KEPT = timedelta(days=1)
"""For how long jobs that sent the ledger on are kept; what they sent, their cursor tells."""

DELIVERY_LEASE = timedelta(seconds=90)
"""Longer than an attempt can last: a delivery whose worker died is tried again after it."""


class JobState(TextChoices):
    QUEUED = "QUEUED", "Queued"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"
    CANCELED = "CANCELED", "Canceled"


BODIES_KEPT = timedelta(days=30)
"""A body holds what people wrote; that something was delivered is kept for good."""


class DeliveryState(TextChoices):
    WAITING = "WAITING", "Waiting"
    DELIVERED = "DELIVERED", "Delivered"
    FAILED = "FAILED", "Failed"
    CANCELED = "CANCELED", "Canceled"


OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)


class Requester(Protocol):
    """Whoever asks for a job: anything with a stable reference."""

    @property
    def ref(self) -> str: ...


class JobNotFound(NotFound):
    code = "job_not_found"


class UnknownKind(NotFound):
    code = "unknown_job_kind"


class NotYours(Refused):
    """Somebody else's job; only who asked for it may cancel it."""

    code = "job_not_yours"


class JobEnded(WrongState):
    """The job is over, so there is nothing to cancel."""

    code = "job_ended"


class JobGone(Exception):
    """The running attempt no longer holds its job: it was canceled or given to another worker."""


class WorkerStopping(Exception):
    """The worker is shutting down; the job goes back to the queue and starts again elsewhere."""


class UnknownChannel(NotFound):
    code = "unknown_channel"


class NoReceiver(WrongState):
    """Nobody waits for this delivery any more; it is not made."""

    code = "no_receiver"


class NotDelivered(WrongState):
    """An attempt failed: the receiver may not be reached, cannot be, or did not accept it."""

    code = "not_delivered"


def pause_after(attempts: int) -> timedelta | None:
    """Return how long to wait after so many failed attempts, or None when there is no next one."""
    return DELIVERY_PAUSES[attempts - 1] if attempts <= len(DELIVERY_PAUSES) else None


MAX_URL = 500
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
TRANSITIONS = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))
"""6to4 and Teredo: addresses of IPv6 that lead to one of IPv4, and that nobody serves from."""
URL_SAFE = "%/:=&?~+!$,;'@()*[]"


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a message goes. `listed`: the operator named this host, so it may be a private one."""

    scheme: str
    host: str
    port: int
    path: str
    listed: bool


def destination_of(url: str, *, listed: Collection[str]) -> Destination:
    """Read the address of a receiver, without asking what its name resolves to.

    `listed` holds the `host:port` that the operator named: they may be in a private network and
    speak http. Raises InvalidInput, in the words of MLflow where it has such a rule.
    """
    if not url.strip():
        raise _wrong_url("required", f"Webhook URL cannot be empty or just whitespace: {url!r}")
    if len(url) > MAX_URL or not url.isprintable() or " " in url:
        what = f"It has at most {MAX_URL} characters, and neither spaces nor control characters."
        raise _wrong_url("url", f"Invalid webhook URL {url[:MAX_URL]!r}: {what}")
    parts, port = _parts(url)
    is_listed = f"{parts.hostname}:{port}" in {host.lower() for host in listed}
    schemes = ["https", "http"] if is_listed else ["https"]
    if parts.scheme not in schemes:
        raise _wrong_url(
            "scheme",
            f"Invalid webhook URL scheme: {parts.scheme!r}. "
            f"Allowed schemes are: {', '.join(schemes)}.",
        )
    if not parts.hostname:
        raise _wrong_url("host", f"Webhook URL must include a hostname: {url!r}")
    if parts.username is not None or parts.password is not None:
        raise _wrong_url("credentials", "Webhook URL must not hold a user name or a password.")
    if not is_listed and _is_private_literal(parts.hostname):
        raise _wrong_url(
            "public",
            f"Webhook URL must not resolve to a non-public IP address: {parts.hostname!r}. "
            "The portal's operator can list this host in WEBHOOK_HOSTS.",
        )
    query = f"?{parts.query}" if parts.query else ""
    return Destination(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port,
        path=quote((parts.path or "/") + query, safe=URL_SAFE),
        listed=is_listed,
    )


def _parts(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        return parts, parts.port or {"http": 80}.get(parts.scheme, 443)
    except ValueError as error:
        raise _wrong_url("url", f"Invalid webhook URL {url!r}: {error!r}") from error


def _is_private_literal(host: str) -> bool:
    """Tell whether the host needs no resolving to be known as this machine or a private one."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return not is_public(host)
    # Spellings such as 127.1 and 2130706433, which the system reads as addresses.
    return host.replace(".", "").isdigit()


def is_public(address: str) -> bool:
    """Tell whether the address is one of the public internet. Raises ValueError for no address."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in NAT64:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        elif ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif any(ip in network for network in TRANSITIONS):
            return False
    return ip.is_global and not ip.is_multicast


def _wrong_url(rule: str, message: str) -> InvalidInput:
    return invalid("url", rule, message)
