"""What the signer remembers, outside the database: the last tree that it put its name to.

A log must never sign two checkpoints that contradict each other. The database cannot be asked,
because a backup that was put back has forgotten; so origin, size and root of the last signature
stand in a file of their own, which is written before a signature leaves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from governance.audit import durable, merkle
from governance.core.errors import DomainError


@dataclass(frozen=True, kw_only=True)
class Memory:
    """The last checkpoint that was signed, or is about to be: `root` in hexadecimal."""

    origin: str
    size: int
    root: str


class SignerRefuses(DomainError):
    """The signer will not put its name to this tree. `facts` say what it remembers."""

    code = "signer_refuses"


class MemoryUnusable(DomainError):
    code = "signer_memory_unusable"


@dataclass(frozen=True)
class Signer:
    """The signer whose memory is the file at `path`."""

    path: Path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other process of this machine from signing meanwhile."""
        with durable.held(self.path):
            yield

    def memory(self) -> Memory | None:
        """Return what was signed last, or None before the first. Raises MemoryUnusable."""
        try:
            return _memory(json.loads(self.path.read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"The signer's memory {self.path} cannot be read: {error}"
            raise MemoryUnusable(message) from error

    def remember(self, memory: Memory) -> None:
        """Have the memory on the disk when this returns; a crash leaves the old or the new one."""
        durable.write_whole(self.path, json.dumps(asdict(memory)).encode())


def _memory(value: dict[str, Any]) -> Memory:
    memory = Memory(origin=str(value["origin"]), size=int(value["size"]), root=value["root"])
    if len(bytes.fromhex(memory.root)) != merkle.SIZE:
        raise ValueError("the root is no SHA-256")
    return memory
