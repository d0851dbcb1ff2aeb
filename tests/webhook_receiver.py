"""A receiver of webhooks on loopback, which answers as it is told and keeps what it got."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: str

    @property
    def event(self) -> str:
        return f"{self.json['entity']}.{self.json['action']}"

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.json["data"])

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Receiver:
    """`answers` are the statuses to come, one a request; 200 when there is none left."""

    server: ThreadingHTTPServer
    scheme: str
    got: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def netloc(self) -> str:
        return f"localhost:{self.server.server_address[1]}"

    def url(self, path: str = "/hook") -> str:
        return f"{self.scheme}://{self.netloc}{path}"

    @property
    def events(self) -> list[str]:
        return [one.event for one in self.got]


@contextmanager
def receiver(context: SSLContext | None = None) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            here.got.append(Received(self.path, dict(self.headers), body))
            said = b'{"status": "received"}'
            self.send_response(here.answers.pop(0) if here.answers else 200)
            for name, value in here.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Receiver(server, "https" if context else "http")
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
