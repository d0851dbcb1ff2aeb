"""The files of a ledger's tree as C2SP `tlog-tiles` lays them out, without the entries.

Entries name people by reference and stay inside; hashes are enough to compute every proof.
"""

from __future__ import annotations

from dataclasses import dataclass

CHECKPOINT = "checkpoint"


@dataclass(frozen=True)
class File:
    """A file of the target: where below it, and what. Only `checkpoint` is ever replaced."""

    path: str
    data: bytes

    @property
    def is_replaced(self) -> bool:
        return self.path == CHECKPOINT

    @property
    def is_tile(self) -> bool:
        return self.path.startswith("tile/")


def tile_path(level: int, number: int, width: int = 0) -> str:
    """Return the path of a tile; of a partial one if it has a width."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([f"tile/{level}", *(f"x{part}" for part in parts[:-1]), parts[-1]])
    return f"{path}.p/{width}" if width else path
