"""Whether the tree that follows from the leaves is that of its tiles and of every checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from governance.audit import merkle
from governance.audit.chain import Break, Broken, Kind
from governance.audit.models import LedgerTile
from governance.audit.tree import HEIGHT, WIDTH, Tree


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
    def __init__(self, start: int) -> None:
        self.frontier = Tree(start).frontier()
        self.first = start
        self.tiles = [_Tiles(0, start)]

    @property
    def size(self) -> int:
        return self.frontier.size

    def take(self, index: int, leaf: bytes) -> None:
        if index != self.size:
            self.fail(Kind.LEAF_MISSING, f"the tree has no leaf {self.size}")
        leaf = bytes(leaf)
        if len(leaf) != merkle.SIZE:
            self.fail(Kind.LEAF_CHANGED, f"leaf {index} is no hash")
        self.tiles[0].take(leaf)
        self.frontier.append(leaf, self._emitted)

    def _emitted(self, level: int, node: bytes) -> None:
        above, rest = divmod(level, HEIGHT)
        if rest:
            return
        self.tiles[above - 1].close(node)
        if above == len(self.tiles):
            self.tiles.append(_Tiles(above, self.first))
        self.tiles[above].take(node)

    def end(self, end: int) -> None:
        if self.size != end:
            self.fail(Kind.LEAF_MISSING, f"the tree has no leaf {self.size}")

    def meet(self, point: Point) -> None:
        if point.size > self.size:
            detail = f"{point.what} is over {point.size} entries; the tree has {self.size}"
            self.fail(Kind.CUT_OFF, detail)
        if point.size == self.size and point.root != self.frontier.root():
            detail = f"{point.what} is of another tree over the first {point.size} entries"
            self.fail(point.kind, detail)

    def fail(self, kind: Kind, detail: str) -> None:
        raise Broken(Break(kind, "", None, detail))


class _Tiles:
    """The tiles of one level, in their order, beside the hashes that they should hold."""

    def __init__(self, level: int, start: int) -> None:
        self.level = level
        place = start >> (HEIGHT * level)
        self.number, within = divmod(place, WIDTH)
        self.hashes = Tree(start).tile(level, self.number) if within else b""
        self.there = self._stored()

    def _stored(self) -> Iterator[tuple[int, bytes, bytes]]:
        tiles = LedgerTile.objects.filter(level=self.level, number__gte=self.number)
        rows = tiles.order_by("number").values_list("number", "hashes", "root")
        return ((number, bytes(h), bytes(r)) for number, h, r in rows.iterator(chunk_size=100))

    def take(self, node: bytes) -> None:
        self.hashes += node

    def close(self, root: bytes) -> None:
        """The hashes are full: the tile must hold them and their root."""
        if next(self.there, None) != (self.number, self.hashes, root):
            detail = f"tile {self.level}/{self.number} is not that of the leaves"
            raise Broken(Break(Kind.TILE_CHANGED, "", None, detail))
        self.number, self.hashes = self.number + 1, b""
