"""The witness over HTTP. Standard library only, and nothing that a request could make grow."""

from __future__ import annotations

import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import BoundedSemaphore
from typing import Any

from governance.audit.witness import Answer, StateUnusable, Witness

LARGEST = 64 * 1024
"""Bytes of a request: 63 hashes and a note with dozens of signatures."""
SECONDS = 15
AT_ONCE = 64
VERSION = "countersign-witness"
NOWHERE = Answer(404, "Nothing is here.\n")

_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint")


class WitnessServer(ThreadingHTTPServer):
    """Answers each connection in a thread of its own, AT_ONCE of them at a time."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        super().__init__(address, _Handler)
        self.witness = witness
        self._free = BoundedSemaphore(AT_ONCE)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = VERSION, ""
    timeout = SECONDS
    server: WitnessServer
    connection: socket

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self._end(Answer(411, "Content-Length is needed.\n"))
        elif int(length) > LARGEST:
            self._end(Answer(413, f"At most {LARGEST} bytes are taken.\n"))
        else:
            body = self.rfile.read(int(length))
            self._say(self._answer(body) if self.path == "/add-checkpoint" else NOWHERE)

    def _answer(self, body: bytes) -> Answer:
        try:
            return self.server.witness.add_checkpoint(body, time=int(time.time()))
        except (StateUnusable, OSError) as error:
            self.log_error("%s", error)
            return Answer(500, "The witness cannot keep what it sees.\n")

    def do_GET(self) -> None:
        if self.path == "/":
            self._say(Answer(200, f"{self.server.witness.verifier_key}\n"))
        elif found := _CHECKPOINT.fullmatch(self.path):
            self._say(self.server.witness.latest(found[1]))
        else:
            self._say(NOWHERE)

    def _end(self, answer: Answer) -> None:
        """Answer without having read the body, which would be taken for the next request."""
        self.close_connection = True
        self._say(answer)

    def _say(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        self.log_message("%s %s %s", self.command, self.path, code)
