"""The files of the tree that a copy elsewhere holds, read a tile at a time."""

from __future__ import annotations

from collections.abc import Iterator

from governance.audit.targets.layout import CHECKPOINT, File, tile_path
from governance.audit.tree import HEIGHT, WIDTH, Tree, hashes_of_tile


def files(size: int, note: str, *, since: int) -> Iterator[File]:
    """What a tree of `size` entries has and one of `since` does not; the checkpoint comes last.

    A crash in between leaves files that no checkpoint speaks of yet, and that the next attempt
    finds to be right.
    """
    yield from _tiles(size, since)
    yield File(f"checkpoints/{size}", note.encode())
    yield File(CHECKPOINT, note.encode())


def _tiles(size: int, since: int) -> Iterator[File]:
    partial = Tree(size)
    level = 0
    while ends := size >> (HEIGHT * level):
        for number in range((since >> (HEIGHT * level)) // WIDTH, ends // WIDTH):
            yield File(tile_path(level, number), b"".join(hashes_of_tile(level, number)))
        if width := ends % WIDTH:
            number = ends // WIDTH
            yield File(tile_path(level, number, width), partial.tile(level, number))
        level += 1
