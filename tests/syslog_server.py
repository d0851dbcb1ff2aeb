"""A syslog server on loopback, over TCP, TLS or UDP, which keeps the messages that it got."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HASH = re.compile(rb' hash="([0-9a-f]{64})"')
RESET = struct.pack("ii", 1, 0)


@dataclass
class Server:
    """`behaves` says what it does with a connection that has ended.

    `close` closes in turn; `reset` throws everything away and resets; `hold` keeps the connection
    open until the test is over.
    """

    scheme: str
    port: int
    behaves: str = "close"
    got: list[bytes] = field(default_factory=list)
    connections: int = 0
    arrived: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def hashes(self) -> list[str]:
        found = [HASH.search(message) for message in self.got]
        return [match[1].decode() for match in found if match]


def frames(data: bytes) -> list[bytes]:
    """Read messages framed by counting octets."""
    found = []
    while data:
        length, _, rest = data.partition(b" ")
        size = int(length)
        assert len(rest) >= size, "the last message is cut off"
        found.append(rest[:size])
        data = rest[size:]
    return found


@contextmanager
def listening(context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve TCP, or TLS with the context."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        here = Server("tls" if context else "tcp", door.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(door, here, context))
        thread.start()
        try:
            yield here
        finally:
            here.over.set()
            door.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(door: socket.socket, here: Server, context: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        while not here.over.is_set():
            wire, _ = door.accept()
            here.connections += 1
            with wire, suppress(OSError):
                sealed = context.wrap_socket(wire, server_side=True) if context else wire
                _receive(sealed, here)
                if context and here.behaves == "close":
                    sealed.unwrap()
                sealed.close()


def _receive(wire: socket.socket, here: Server) -> None:
    if here.behaves == "reset":
        wire.recv(1)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        here.arrived.set()
        return
    data = b""
    while part := wire.recv(65_536):
        data += part
    here.got += frames(data)
    here.arrived.set()
    if here.behaves == "hold":
        here.over.wait()


@contextmanager
def packets() -> Iterator[Server]:
    """Serve UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        door.settimeout(0.05)
        here = Server("udp", door.getsockname()[1])
        thread = threading.Thread(target=_take, args=(door, here))
        thread.start()
        try:
            yield here
        finally:
            here.over.set()
            thread.join()


def _take(door: socket.socket, here: Server) -> None:
    while not here.over.is_set():
        with suppress(TimeoutError):
            here.got.append(door.recv(65_536))
