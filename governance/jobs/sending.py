"""Sending one message over HTTP to an address that may be called.

Addresses come from records that people and pipelines edit. So a name is resolved once, every
address it has is judged, and the connection goes to one of those that were judged: a name that
resolves to something else a moment later (DNS rebinding) gains nothing. Redirects are not
followed, proxies of the environment are not asked, and an answer has a limit of size and time.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from threading import Timer
from urllib.parse import urlsplit

from django.conf import settings

from governance.core.errors import InvalidInput
from governance.jobs.channels import Message
from governance.jobs.rules import Destination, NotDelivered, destination_of, is_public

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
MAX_TRIED = 3
"""How many addresses of a name are tried; with the times above, no attempt outlives its lease."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the receiver said; `body` is the beginning of it."""

    status: int
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace").replace("\x00", "")

    @property
    def accepts(self) -> bool:
        return 200 <= self.status < 300


def send(message: Message) -> Answer:
    """POST the message and return the answer, whatever it is.

    Raises InvalidInput for an address that may not be called, NotDelivered when nobody answered.
    """
    to = _destination(message)
    connection = _Connection(to, _addresses(to))
    # A socket's own timeout begins anew with each byte, so a slow drip would hold us for ever.
    watchdog = Timer(TOTAL_SECONDS, connection.cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request("POST", to.path, body=message.body, headers=dict(message.headers))
        answer = connection.getresponse()
        body = answer.read(message.longest)
        if connection.is_cut:
            # To http.client the cut reads like the end of the answer.
            raise TimeoutError
        return Answer(status=answer.status, body=body)
    except (OSError, HTTPException, ValueError) as error:
        why = "it took too long" if connection.is_cut else _words(error)
        raise NotDelivered(f"{to.host} did not answer: {why}.") from error
    finally:
        watchdog.cancel()
        connection.hang_up()


def _destination(message: Message) -> Destination:
    if not message.is_named:
        return destination_of(message.url, listed=settings.WEBHOOK_HOSTS)
    try:
        parts = urlsplit(message.url)
        port = parts.port or {"http": 80}.get(parts.scheme, 443)
        return destination_of(message.url, listed=[f"{parts.hostname}:{port}"])
    except (InvalidInput, ValueError) as error:
        # Without the rule's own words: they quote the address, which may hold a token.
        raise NotDelivered("The address in the settings may not be called.") from error


class _Connection(HTTPConnection):
    """Connects to the given addresses and no other; name and certificate stay those of the host."""

    def __init__(self, to: Destination, addresses: Sequence[str]) -> None:
        super().__init__(to.host, to.port, timeout=CONNECT_SECONDS)
        self.default_port = 443 if to.scheme == "https" else 80
        self.addresses = addresses
        self.context = ssl.create_default_context() if to.scheme == "https" else None
        self.wire: socket.socket | None = None
        self.is_cut = False

    def connect(self) -> None:
        self.wire = _first_reached(self.addresses, self.port)
        self.wire.settimeout(TOTAL_SECONDS)
        if self.context is not None:
            wrapped = self.context.wrap_socket(
                self.wire, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.wire = wrapped
            wrapped.do_handshake()
        self.sock = self.wire

    def hang_up(self) -> None:
        """Close everything, also what was open before the other side was known to be the right one.

        `close` is not enough: before the handshake is over, the connection has no socket yet.
        """
        self.close()
        if self.wire is not None:
            self.wire.close()

    def cut(self) -> None:
        """End the exchange from another thread, wherever it is."""
        self.is_cut = True
        if self.wire is not None:
            with suppress(OSError):
                self.wire.shutdown(socket.SHUT_RDWR)


def _addresses(to: Destination) -> list[str]:
    try:
        found = socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotDelivered(f"{to.host} cannot be resolved.") from error
    addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
    if not to.listed and not all(is_public(address) for address in addresses):
        raise NotDelivered(
            f"{to.host} is not a host of the public internet. The portal's operator can list it in "
            "WEBHOOK_HOSTS."
        )
    return addresses


def _first_reached(addresses: Sequence[str], port: int) -> socket.socket:
    *others, last = addresses[:MAX_TRIED]
    for address in others:
        with suppress(OSError):
            return socket.create_connection((address, port), CONNECT_SECONDS)
    return socket.create_connection((last, port), CONNECT_SECONDS)


def _words(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "it took too long"
        case ssl.SSLCertVerificationError():
            return f"its certificate does not hold ({error.verify_message})"
        case OSError() if error.strerror:
            return error.strerror.lower()
    return "the connection ended early"
