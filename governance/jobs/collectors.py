"""Where the ledger is sent on to: a syslog server, or an endpoint that takes OCSF events.

Both are named by the operator, and nothing else is ever called. A batch counts as sent when the
other side has taken all of it: a stream is closed by the receiver once it read the end, a POST is
answered with 2xx. UDP has no such answer, so what it loses is lost.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from governance.audit.models import LedgerEntry
from governance.audit.ocsf import event_of
from governance.audit.syslog import datagram_of, framed, message_of
from governance.jobs.channels import Message
from governance.jobs.rules import NotDelivered
from governance.jobs.sending import CONNECT_SECONDS, TOTAL_SECONDS, send

OCSF = "ocsf"

Send = Callable[[Sequence[LedgerEntry]], None]


@dataclass(frozen=True)
class Collector:
    """`send` raises NotDelivered unless all was taken. `name` stays when the address changes."""

    name: str
    address: str
    send: Send


def collectors() -> list[Collector]:
    """The receivers that are configured; none is the default."""
    found = []
    if settings.LEDGER_SYSLOG:
        found.append(Collector("syslog", settings.LEDGER_SYSLOG, to_syslog))
    if settings.LEDGER_OCSF_URL:
        found.append(Collector("ocsf", settings.LEDGER_OCSF_URL, to_ocsf))
    return found


def to_ocsf(entries: Sequence[LedgerEntry]) -> None:
    """POST the entries as one JSON array of events."""
    url = settings.LEDGER_OCSF_URL
    parts = urlsplit(url)
    token = settings.LEDGER_OCSF_TOKEN
    body = json.dumps([event_of(entry) for entry in entries], ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    answer = send(Message(url=url, headers=headers, body=body, is_named=True))
    if not answer.accepts:
        raise NotDelivered(f"{parts.hostname} answered {answer.status}.")


def to_syslog(entries: Sequence[LedgerEntry]) -> None:
    """Send the entries as syslog messages, all over one connection."""
    parts = urlsplit(settings.LEDGER_SYSLOG)
    host, port = str(parts.hostname), int(parts.port or 0)
    here = str(urlsplit(settings.BASE_URL).hostname)
    as_ocsf = settings.LEDGER_SYSLOG_FORMAT == OCSF
    try:
        if parts.scheme == "udp":
            _send_packets(
                [datagram_of(entry, host=here, as_ocsf=as_ocsf) for entry in entries], host, port
            )
        else:
            frames = [framed(message_of(entry, host=here, as_ocsf=as_ocsf)) for entry in entries]
            _send_stream(b"".join(frames), host, port, encrypted=parts.scheme == "tls")
    except OSError as error:
        raise NotDelivered(f"{host} did not take it: {error.strerror or error}.") from error


def _send_packets(packets: Sequence[bytes], host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as wire:
        # Connected, so that a refusal of the machine at the other end is told to us.
        wire.connect(address)
        for packet in packets:
            wire.send(packet)


def _send_stream(data: bytes, host: str, port: int, *, encrypted: bool) -> None:
    until = time.monotonic() + TOTAL_SECONDS
    with socket.create_connection((host, port), CONNECT_SECONDS) as wire:
        wire.settimeout(TOTAL_SECONDS)
        if encrypted:
            context = ssl.create_default_context()
            with context.wrap_socket(wire, server_hostname=host) as sealed:
                sealed.sendall(data)
                _close_sealed(sealed, until)
        else:
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
            _await_end(wire, until)


def _close_sealed(sealed: ssl.SSLSocket, until: float) -> None:
    """Say that this is the end, and wait for the receiver to say so (RFC 5425 §4.4)."""
    sealed.settimeout(_left(until))
    try:
        sealed.unwrap()
    except ssl.SSLEOFError:
        # It closed the connection instead of answering; had it not read all, this were a reset.
        return


def _await_end(wire: socket.socket, until: float) -> None:
    """Wait until the receiver closes its side: it does so after it has read our end.

    What it may say before that is of no interest. Without this, a receiver that dies with unread
    data would look like one that took it.
    """
    while True:
        wire.settimeout(_left(until))
        if not wire.recv(4096):
            return


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("it did not say that it read all")
    return left
