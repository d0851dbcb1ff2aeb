"""Documents as trees: numbers as they were written, each field claimed once, edits in place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence, Set
from difflib import SequenceMatcher
from typing import Any

from governance.core.places import place_of

Place = tuple[str | int, ...]
Tree = Any
"""A dict, list, str, NumberText, bool or None, as JSON and YAML have them."""

INDENT = re.compile(r"^[ \t]+(?=\S)", re.MULTILINE)


class NumberText(str):
    """A number of a document, as it was written there: `0.90` stays `0.90`."""

    __slots__ = ()


def dumped(tree: Tree, *, indent: str | None = None, level: int = 0) -> str:
    """Return the JSON of a tree; numbers are written as they were."""
    line = inner = ""
    if indent is not None:
        line, inner = "\n" + indent * level, "\n" + indent * (level + 1)
    if isinstance(tree, dict) and tree:
        items = (
            f"{json.dumps(key, ensure_ascii=False)}: {dumped(one, indent=indent, level=level + 1)}"
            for key, one in tree.items()
        )
        return "{" + inner + ("," + (inner or " ")).join(items) + line + "}"
    if isinstance(tree, list) and tree:
        items = (dumped(one, indent=indent, level=level + 1) for one in tree)
        return "[" + inner + ("," + (inner or " ")).join(items) + line + "]"
    if isinstance(tree, NumberText):
        return str(tree)
    return json.dumps(tree, ensure_ascii=False)


def indent_of(text: str) -> str | None:
    """Return the first indentation of a JSON text; None of a text on one line."""
    found = INDENT.search(text)
    return found[0] if found else None


def same(one: Tree, other: Tree) -> bool:
    """Tell whether both are written alike: `1` and `"1"` are not, nor are `0.9` and `0.90`."""
    return dumped(one) == dumped(other)


def pointer(place: Place) -> str:
    """Return the JSON Pointer of a place (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


def at_pointer(text: str) -> tuple[str, ...]:
    """Return the parts of a JSON Pointer, each as text."""
    parts = text.split("/")[1:]
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def place_at(tree: Tree, text: str) -> Place:
    """Return the place that a JSON Pointer names in a tree, with the items of lists by number."""
    place: Place = ()
    for part in at_pointer(text):
        step = int(part) if isinstance(tree, list) else part
        place, tree = (*place, step), tree[step]
    return place


def put(tree: Tree, parts: Sequence[str], value: Tree) -> Tree:
    """Return the tree with the value at the place; as it is, if the way there is gone."""
    if not parts:
        return value
    head, *rest = parts
    if isinstance(tree, list) and head.isascii() and head.isdigit() and int(head) < len(tree):
        items = list(tree)
        items[int(head)] = put(items[int(head)], rest, value) if rest else value
        return items
    if isinstance(tree, dict) and (head in tree or not rest):
        return {**tree, head: put(tree.get(head), rest, value)}
    return tree


def with_integers(tree: Tree) -> Tree:
    """Return the tree with whole numbers as integers, and any other number as its text."""
    if isinstance(tree, dict):
        return {key: with_integers(one) for key, one in tree.items()}
    if isinstance(tree, list):
        return [with_integers(one) for one in tree]
    if isinstance(tree, NumberText):
        return int(tree) if tree.lstrip("-").isdigit() and len(tree) < 17 else str(tree)
    return tree


class Claims:
    """A tree whose fields are claimed one by one; `rest` is what nobody claimed.

    A format claims what it has a field of the card for. All else is kept with its place, so that
    nothing is lost because a format does not know it.
    """

    def __init__(self, tree: Tree, place: Place = ()) -> None:
        self.tree = tree
        self.place = place
        self._claimed: set[Place] = set()
        self._above: set[Place] = set()
        self._opened: set[Place] = set()

    def has(self, *parts: str | int) -> bool:
        return self._find(parts) is not _ABSENT

    def peek(self, *parts: str | int) -> Tree:
        """Return what stands there, unclaimed; None where nothing does."""
        found = self._find(parts)
        return None if found is _ABSENT else found

    def take(self, *parts: str | int) -> Tree:
        """Return what stands there, and claim all of it."""
        found = self.peek(*parts)
        if found is not None:
            self._claim(parts)
        return found

    def text(self, *parts: str | int) -> str:
        """Claim a text that says something; anything else stays unclaimed and gives ''."""
        found = self.peek(*parts)
        if isinstance(found, str) and not isinstance(found, NumberText) and found:
            self._claim(parts)
            return found
        return ""

    def written(self, *parts: str | int) -> str:
        """Claim a text or a number, as it is written."""
        found = self.peek(*parts)
        if isinstance(found, str) and found:
            self._claim(parts)
            return str(found)
        return ""

    def texts(self, *parts: str | int) -> tuple[str, ...]:
        """Claim a list of texts, or one text that stands for such a list."""
        found = self.peek(*parts)
        if text := self.text(*parts):
            return (text,)
        if isinstance(found, list) and found and all(isinstance(one, str) and one for one in found):
            self._claim(parts)
            return tuple(str(one) for one in found)
        return ()

    def items(self, *parts: str | int) -> range:
        """Return the indexes of a list; of none where there is no list.

        What is not claimed of its items is kept item by item, so that each keeps its place when
        others are added.
        """
        found = self.peek(*parts)
        if not isinstance(found, list):
            return range(0)
        self._opened.update(parts[:length] for length in range(len(parts) + 1))
        return range(len(found))

    def touched(self, *parts: str | int) -> bool:
        """Tell whether that, or anything in it, was claimed."""
        return parts in self._claimed or parts in self._above

    def field(self, *parts: str | int) -> str:
        """Name the place for people: `model-index[0].name`."""
        return place_of((*self.place, *parts))

    def rest(self) -> Iterator[tuple[Place, Tree]]:
        """Yield each topmost part that was not claimed, with its place; the whole never is one."""
        self._above.add(())
        yield from self._rest(self.tree, ())

    def _rest(self, tree: Tree, place: Place) -> Iterator[tuple[Place, Tree]]:
        if place in self._claimed:
            return
        if place not in self._above and not (tree and self._is_opened(place)):
            yield (*self.place, *place), tree
        elif isinstance(tree, dict):
            for key, inner in tree.items():
                yield from self._rest(inner, (*place, key))
        elif isinstance(tree, list):
            for index, inner in enumerate(tree):
                yield from self._rest(inner, (*place, index))

    def _is_opened(self, place: Place) -> bool:
        """An item of which nothing was claimed is kept whole, whatever was looked for in it."""
        return place in self._opened and not (place and isinstance(place[-1], int))

    def apart(self) -> set[Place]:
        """Return the places of the list items of which nothing was claimed, for `merged`."""

        def inside(tree: Tree, place: Place) -> Iterator[Place]:
            if place in self._claimed:
                return
            if place and isinstance(place[-1], int) and place not in self._above:
                yield (*self.place, *place)
            inner = tree.items() if isinstance(tree, dict) else ()
            for key, one in enumerate(tree) if isinstance(tree, list) else inner:
                yield from inside(one, (*place, key))

        return set(inside(self.tree, ()))

    def _claim(self, parts: Place) -> None:
        self._claimed.add(parts)
        self._above.update(parts[:length] for length in range(len(parts)))

    def _find(self, parts: Sequence[str | int]) -> Tree:
        found = self.tree
        for part in parts:
            if isinstance(found, list):
                inside = isinstance(part, int) and part < len(found)
            else:
                inside = isinstance(found, dict) and part in found
            if not inside:
                return _ABSENT
            found = found[part]
        return found


_ABSENT = object()


# --- edits in place ------------------------------------------------------------------------------


def merged(
    base: Tree, ours: Tree, source: Tree, apart: Set[Place] = frozenset(), place: Place = ()
) -> Tree:
    """Return `source` with only the differences between `base` and `ours` applied.

    `base` is what the card read from `source` is written as, `ours` the same of the card now. What
    the card has no field for stands in `source` alone, and stays. `apart` are the places in which
    it stays though all around it goes; those of items of lists are needed, as `base` has no item
    for them. `place` is where `source` itself stands.
    """
    if same(base, ours):
        return source
    if isinstance(base, dict) and isinstance(ours, dict) and isinstance(source, dict):
        return _merged_mapping(base, ours, source, apart, place)
    if all(isinstance(one, list) for one in (base, ours, source)):
        own = [index for index in range(len(source)) if (*place, index) not in apart]
        if len(base) == len(own):
            return _merged_list(base, ours, source, own, apart, place)
    return ours


def _merged_mapping(
    base: dict[str, Tree],
    ours: dict[str, Tree],
    source: dict[str, Tree],
    apart: Set[Place],
    place: Place,
) -> dict[str, Tree]:
    result: dict[str, Tree] = {}
    for key, inner in source.items():
        there = (*place, key)
        if key not in base:
            result[key] = inner
        elif key in ours:
            result[key] = merged(base[key], ours[key], inner, apart, there)
        elif (left := _left(inner, apart, there)) is not _ABSENT:
            result[key] = left
    for key, inner in ours.items():
        is_new = key not in base
        if is_new or (key not in result and not same(base[key], inner)):
            result[key] = inner
    return result


def _left(source: Tree, apart: Set[Place], place: Place) -> Tree:
    """Return what stands apart of a field that is gone; an item of a list goes or stays whole."""
    if place in apart:
        return source
    if isinstance(source, list):
        return [one for at, one in enumerate(source) if (*place, at) in apart] or _ABSENT
    if not isinstance(source, dict):
        return _ABSENT
    found = {key: _left(inner, apart, (*place, key)) for key, inner in source.items()}
    return {key: one for key, one in found.items() if one is not _ABSENT} or _ABSENT


def _merged_list(
    base: list[Tree],
    ours: list[Tree],
    source: list[Tree],
    own: list[int],
    apart: Set[Place],
    place: Place,
) -> list[Tree]:
    result: list[Tree] = []
    passed = 0

    def pass_by(end: int) -> None:
        """Take over what stands apart before the item `end` of the source."""
        nonlocal passed
        result.extend(source[at] for at in range(passed, end) if (*place, at) in apart)
        passed = max(passed, end)

    for step, start, end, first, last in opcodes(base, ours):
        if step == "equal":
            for index in range(start, end):
                pass_by(own[index])
                result.append(source[own[index]])
            continue
        if start == len(base):
            pass_by(len(source))
        for index in range(first, last):
            at = start + index - first
            if at < end:
                pass_by(own[at])
                where = (*place, own[at])
                result.append(merged(base[at], ours[index], source[own[at]], apart, where))
            else:
                result.append(ours[index])
    pass_by(len(source))
    return result


Step = tuple[str, int, int, int, int]
MOST_COMPARED = 1_000_000
"""Items of one list times those of the other, above which they are compared one by one: difflib
takes the square of it where many are alike."""


def opcodes(one: list[Tree], other: list[Tree]) -> list[Step]:
    """Return the steps from one list to the other, as difflib has them."""
    a, b = [dumped(item) for item in one], [dumped(item) for item in other]
    least = min(len(a), len(b))
    head = next((at for at in range(least) if a[at] != b[at]), least)
    tail = next((at for at in range(least - head) if a[-1 - at] != b[-1 - at]), least - head)
    a_end, b_end = len(a) - tail, len(b) - tail
    steps: list[Step] = [("equal", 0, head, 0, head)] if head else []
    if (a_end - head) * (b_end - head) <= MOST_COMPARED:
        matcher = SequenceMatcher(a=a[head:a_end], b=b[head:b_end], autojunk=False)
        steps += [
            (step, start + head, end + head, first + head, last + head)
            for step, start, end, first, last in matcher.get_opcodes()
        ]
    else:
        steps.append(("replace", head, a_end, head, b_end))
    return [*steps, ("equal", a_end, len(a), b_end, len(b))] if tail else steps


def pruned(tree: Tree, source: Tree) -> Tree:
    """Return the tree without the empty lists and objects that are not so in `source`."""
    if same(tree, source):
        return tree
    if isinstance(tree, list):
        there = {dumped(one) for one in source} if isinstance(source, list) else set()
        return [one if dumped(one) in there else pruned(one, None) for one in tree]
    if not isinstance(tree, dict):
        return tree
    known = source if isinstance(source, dict) else {}
    found = {key: pruned(one, known.get(key)) for key, one in tree.items()}
    return {
        key: one
        for key, one in found.items()
        if one not in ({}, []) or (key in known and same(one, known[key]))
    }
