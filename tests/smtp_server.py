"""A mail server on loopback that keeps what it is given."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer


@dataclass
class Mailbox:
    """`refuses`: the answer to every recipient is that there is none."""

    port: int
    refuses: bool = False
    got: list[tuple[str, EmailMessage]] = field(default_factory=list)


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline().decode().strip():
                word = line[:4].upper()
                if word == "RCPT" and box.refuses:
                    self.say("550 no such person")
                elif word == "RCPT":
                    self.to = line.partition("<")[2].partition(">")[0]
                    self.say("250 known")
                elif word == "DATA":
                    self.take()
                else:
                    self.say("221 bye" if word == "QUIT" else "250 here")

        def take(self) -> None:
            self.say("354 go on")
            lines = list(iter(self.rfile.readline, b".\r\n"))
            data = b"".join(one[1:] if one.startswith(b"..") else one for one in lines)
            message = message_from_bytes(data, policy=policy.default)
            assert isinstance(message, EmailMessage)
            box.got.append((self.to, message))
            self.say("250 kept")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    server = _Server(("127.0.0.1", 0), Handler)
    box = Mailbox(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
