"""Reading the tree over all entries: its nodes, roots and proofs, a handful of rows at a time."""

from __future__ import annotations

from collections.abc import Sequence

from governance.audit import merkle
from governance.audit.models import LedgerLeaf, LedgerTile

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes of a tile. A tile at level n holds nodes of the tree's level 8 n."""


class Tree:
    """The tree's first `size` leaves, as the database has them.

    Tiles are kept once they were read, so one object serves one proof or a few of one tree.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._read: dict[tuple[int, int], Sequence[bytes]] = {}

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a full node. Raises LookupError for one that the rows do not have."""
        tile, above = divmod(level, HEIGHT)
        number, start = divmod(index << above, WIDTH)
        hashes = self._tile(tile, number)[start : start + (1 << above)]
        if len(hashes) != 1 << above:
            raise LookupError(f"the tree has no node {index} at level {level}")
        return merkle.root_of_hashes(hashes)

    def root(self) -> bytes:
        return merkle.root_of(self.node, self.size)

    def root_at(self, size: int) -> bytes:
        """Return the root of its first `size` leaves, which are as many or fewer."""
        return merkle.root_of(self.node, size)

    def frontier(self) -> merkle.Frontier:
        return merkle.frontier_of(self.node, self.size)

    def inclusion(self, index: int) -> list[bytes]:
        return merkle.inclusion_proof(self.node, index, self.size)

    def consistency(self, old: int) -> list[bytes]:
        """Return the proof that it begins with a tree of `old` leaves; none is needed from 0."""
        return merkle.consistency_proof(self.node, old, self.size) if old else []

    def tile(self, level: int, number: int) -> bytes:
        """Return the hashes of a tile, cut off where the tree ends. Empty if it has none there."""
        ends = self.size >> (HEIGHT * level)
        width = max(0, min(WIDTH, ends - number * WIDTH))
        return b"".join(self._tile(level, number)[:width])

    def _tile(self, level: int, number: int) -> Sequence[bytes]:
        if (level, number) not in self._read:
            self._read[level, number] = hashes_of_tile(level, number)
        return self._read[level, number]


def tree_size() -> int:
    """Return how many entries have their place in the tree."""
    last = LedgerLeaf.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else last + 1


def hashes_of_tile(level: int, number: int) -> list[bytes]:
    """Return the hashes of a tile, full or not."""
    full = LedgerTile.objects.filter(level=level, number=number).values_list("hashes", flat=True)
    found = full.first()
    if found is not None:
        return split(bytes(found))
    start, end = number * WIDTH, (number + 1) * WIDTH
    if level == 0:
        leaves = LedgerLeaf.objects.filter(index__gte=start, index__lt=end).order_by("index")
        return [bytes(one) for one in leaves.values_list("hash", flat=True)]
    below = LedgerTile.objects.filter(level=level - 1, number__gte=start, number__lt=end)
    return [bytes(one) for one in below.order_by("number").values_list("root", flat=True)]


def split(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + merkle.SIZE] for at in range(0, len(hashes), merkle.SIZE)]
