"""Whether the tree that follows from the leaves is that of its tiles and of every checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from governance.audit import merkle
from governance.audit.chain import Break, Broken, Kind
from governance.audit.models import LedgerTile
from governance.audit.tree import HEIGHT, WIDTH, Tree, split


@dataclass(frozen=True, kw_only=True)
class Point:
    """A tree that somebody put their name to. `kind` is what it means if ours is another one."""

    size: int
    root: bytes
    what: str
    kind: Kind


def check_tree(
    leaves: Iterable[tuple[int, bytes]], points: Iterable[Point], *, start: int, end: int
) -> None:
    """Walk the leaves from `start` to before `end`; raise Broken at the first that does not hold.

    `points` come in the order of their sizes; those beyond the end say that something was cut off.
    """
    walk = _Walk(start)
    waiting = iter(points)
    point = next(waiting, None)
    for index, leaf in leaves:
        while point and point.size <= walk.size:
            walk.meet(point)
            point = next(waiting, None)
        walk.take(index, leaf)
    walk.end(end)
    while point:
        walk.meet(point)
        point = next(waiting, None)


class _Walk:
    """The tree so far: its full tiles as one frontier, and the leaves of the tile that is open.

    A tile's hash is made at once when it is full, which takes half the time of leaf after leaf.
    """

    def __init__(self, start: int) -> None:
        before = Tree(start)
        self.first = start
        self.size = start
        self.full = merkle.frontier_of(
            lambda level, at: before.node(level + HEIGHT, at), start // WIDTH
        )
        self.tiles = [_Tiles(0, before)]

    def take(self, index: int, leaf: bytes) -> None:
        if index != self.size:
            self.fail(Kind.LEAF_MISSING, f"the tree has no leaf {self.size}")
        self.size += 1
        if self.tiles[0].take(bytes(leaf)):
            self._close(0)

    def _close(self, level: int) -> None:
        """A tile is full: what it should hold is known, and its hash is one of the next level."""
        root = self.tiles[level].close()
        if level == 0:
            self.full.append(root)
        if level + 1 == len(self.tiles):
            self.tiles.append(_Tiles(level + 1, Tree(self.first)))
        if self.tiles[level + 1].take(root):
            self._close(level + 1)

    def root(self) -> bytes:
        open_ = self.tiles[0].hashes
        nodes = [*self.full.nodes, *([merkle.root_of_hashes(open_)] if open_ else [])]
        return merkle.folded(nodes)

    def end(self, end: int) -> None:
        if self.size != end:
            self.fail(Kind.LEAF_MISSING, f"the tree has no leaf {self.size}")

    def meet(self, point: Point) -> None:
        if point.size > self.size:
            detail = f"{point.what} is over {point.size} entries; the tree has {self.size}"
            self.fail(Kind.CUT_OFF, detail)
        root = self.root() if point.size == self.size else Tree(self.first).root_at(point.size)
        if point.root != root:
            detail = f"{point.what} is of another tree over the first {point.size} entries"
            self.fail(point.kind, detail)

    def fail(self, kind: Kind, detail: str) -> None:
        raise Broken(Break(kind, "", None, detail))


class _Tiles:
    """The tiles of one level, in their order, beside the hashes that they should hold."""

    def __init__(self, level: int, before: Tree) -> None:
        self.level = level
        self.number = (before.size >> (HEIGHT * level)) // WIDTH
        self.hashes = split(before.tile(level, self.number))
        self.there = self._stored()

    def _stored(self) -> Iterator[tuple[int, bytes, bytes]]:
        tiles = LedgerTile.objects.filter(level=self.level, number__gte=self.number)
        rows = tiles.order_by("number").values_list("number", "hashes", "root")
        return ((number, bytes(h), bytes(r)) for number, h, r in rows.iterator(chunk_size=100))

    def take(self, node: bytes) -> bool:
        """Take one more hash; tell whether the tile is full."""
        self.hashes.append(node)
        return len(self.hashes) == WIDTH

    def close(self) -> bytes:
        """Return the hash over the full tile, which must be in its place with its hashes."""
        root = merkle.full_root(self.hashes)
        if next(self.there, None) != (self.number, b"".join(self.hashes), root):
            detail = f"tile {self.level}/{self.number} is not that of the leaves"
            raise Broken(Break(Kind.TILE_CHANGED, "", None, detail))
        self.number, self.hashes = self.number + 1, []
        return root
