"""What a process that draws PDFs takes from itself before it reads a page."""

from __future__ import annotations

import gc
import json
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SHUT = ("socket.connect", "socket.getaddrinfo", "socket.bind", "subprocess.Popen", "os.system")


def limit(request: dict[str, Any]) -> None:
    """Bound memory and time, and shut the network.

    `memory` bounds addresses, `data` what the process itself writes, which is nearer to what it
    really holds.
    """
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
    if request.get("data"):
        resource.setrlimit(resource.RLIMIT_DATA, (request["data"], request["data"]))
    resource.setrlimit(resource.RLIMIT_CPU, (request["cpu_seconds"], request["cpu_seconds"] + 5))
    # Layout makes millions of objects and hardly a cycle: collecting costs a third of the time.
    gc.disable()
    sys.addaudithook(shut_the_door)


def shut_the_door(event: str, args: tuple[Any, ...]) -> None:
    if event in SHUT:
        raise PermissionError(f"{event} is not for a process that draws PDFs")


@contextmanager
def memory_is_bounded() -> Iterator[None]:
    """Say so on standard output when the memory allowed is not enough, and end."""
    try:
        yield
    except MemoryError:
        print(json.dumps({"error": "memory"}))
        sys.exit(1)


def answer(facts: dict[str, Any], body: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n")
    sys.stdout.buffer.write(body)
