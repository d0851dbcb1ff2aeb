"""Asking a server over kept-alive connections, with as little work of our own as can be.

Client and servers share the processors, so what the client costs is taken from both sides of the
comparison alike and makes every ratio smaller than it is: requests are made beforehand, one thread
drives all connections, and of an answer only the status and the length are read.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

RECEIVE = 1 << 18
END_OF_HEAD = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Target:
    """A server, and the headers that its caller sends."""

    url: str
    headers: Headers = ()


class Unanswered(RuntimeError):
    """A server closed a connection, or kept silent."""


@dataclass
class Slice:
    """What one server did in one stretch of time: seconds per call, and what was no 200."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    errors: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Connection:
    """One kept-alive HTTP/1.1 connection."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """Read what is there; return the whole answer once it is whole."""
        data = self.socket.recv(RECEIVE)
        if not data:
            raise Unanswered(f"the connection was closed after {self.received[:200]!r}")
        self.received += data
        return self.received if _is_whole(self.received) else None


def _is_whole(answer: bytes) -> bool:
    end = answer.find(END_OF_HEAD)
    if end < 0:
        return False
    head = answer[:end].lower()
    place = head.find(b"content-length:")
    if place < 0:
        return answer.endswith(LAST_CHUNK)
    length = int(head[place + 15 :].split(b"\r\n", 1)[0])
    return len(answer) >= end + len(END_OF_HEAD) + length


class Client:
    """Several connections to one server, kept open from slice to slice."""

    def __init__(self, url: str, *, connections: int) -> None:
        parts = urlsplit(url)
        self.address = (parts.hostname or "", parts.port or 80)
        self.number = connections
        self.connections: list[Connection] = []

    def run(self, requests: Iterator[bytes], *, seconds: float) -> Slice:
        """Keep every connection busy for that long."""
        self._connect()
        done = Slice()
        with selectors.DefaultSelector() as selector:
            begin = time.perf_counter()
            for connection in self.connections:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                connection.send(next(requests))
            busy = len(self.connections)
            while busy:
                ready = selector.select(timeout=60)
                if not ready:
                    raise Unanswered("no answer for a minute")
                for key, _ in ready:
                    busy -= self._go_on(key.data, requests, done, until=begin + seconds)
            done.seconds = time.perf_counter() - begin
        return done

    def _go_on(
        self, connection: Connection, requests: Iterator[bytes], done: Slice, *, until: float
    ) -> bool:
        """Take what has come, and ask again; return whether the connection is idle now."""
        answer = connection.receive()
        if answer is None:
            return False
        now = time.perf_counter()
        done.latencies.append(now - connection.sent_at)
        if not answer.startswith(b"HTTP/1.1 200"):
            done.errors.append(answer[:400])
        if now >= until:
            return True
        connection.send(next(requests))
        return False

    def _connect(self) -> None:
        """Open the connections afresh: servers close those that were idle for a while."""
        for connection in self.connections:
            connection.socket.close()
        self.connections = [Connection(self.address) for _ in range(self.number)]


def call(url: str, request: bytes) -> bytes:
    """Send one request on a connection of its own, and return the answer."""
    parts = urlsplit(url)
    connection = Connection((parts.hostname or "", parts.port or 80))
    connection.send(request)
    while (answer := connection.receive()) is None:
        pass
    connection.socket.close()
    return answer


def encoded(method: str, path: str, body: bytes = b"", *, headers: Headers = ()) -> bytes:
    """Return one HTTP/1.1 request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: */*"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
