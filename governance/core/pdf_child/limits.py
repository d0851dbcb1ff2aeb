"""What a process that draws PDFs takes from itself before it reads a page."""

from __future__ import annotations

import gc
import json
import re
import resource
import sys
import time
from pathlib import Path
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


def peak() -> int:
    """Return the most bytes that this process held in memory, 0 where the system does not tell.

    Not of `getrusage`, whose number of a child begins with what its parent held.
    """
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found.group(1)) * 1024 if found else 0


def shut_the_door(event: str, args: tuple[Any, ...]) -> None:
    if event in SHUT:
        raise PermissionError(f"{event} is not for a process that draws PDFs")


def answer(facts: dict[str, Any], body: bytes = b"") -> None:
    """Say what was done, and what it took: seconds of processor time, bytes held at most."""
    facts |= {
        "cpu_seconds": time.process_time(),
        "peak": peak(),
    }
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n")
    sys.stdout.buffer.write(body)
