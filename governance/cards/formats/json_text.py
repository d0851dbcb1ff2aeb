"""The text of a JSON file: its lines, and edits that keep spelling and white space of the rest."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from governance.cards.formats.guards import json_tree
from governance.cards.formats.trees import Place, Tree, dumped, indent_of, opcodes, same

SPACE = re.compile(r"[ \t\r\n]*")
STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],\n]|[^\s{}\[\],:"]+')
PLAIN = re.compile(r"[^\s,\]}]+")

_Said = tuple[str, str]
"""A part as it is written, and the white space between it and a comma."""


@dataclass
class _Node:
    """A value between `start` and `end` of the text; the parts of an object or a list."""

    start: int
    end: int
    tree: Tree
    parts: list[_Part] = field(default_factory=list)


@dataclass
class _Part:
    """A member or an item: from the white space before it to the comma or bracket after it."""

    start: int
    end: int
    key: str
    name: tuple[int, int]
    node: _Node


def edited_json(text: str, tree: Tree) -> str:
    """Return the text with what is not the same as in the tree written anew.

    The text has passed `json_tree`. The order of keys that stand in it stays.
    """
    root, _ = _node_at(text, _after_space(text, 0), json_tree(text))
    is_escaped = text.isascii() and "\\u" in text
    new = _Writer(text, indent_of(text), is_escaped).text_of(root, tree, 0)
    return text[: root.start] + new + text[root.end :]


def json_lines(text: str) -> dict[Place, int]:
    """Return on which line of a JSON text each key and each item stands."""
    lines: dict[Place, int] = {}
    way: list[str | int] = []
    line = 1
    for token in TOKEN.finditer(text):
        said = token[0]
        if said == "\n":
            line += 1
        elif said in "{[":
            if way and isinstance(way[-1], int):
                lines.setdefault(tuple(way), line)
            way.append(0 if said == "[" else "")
        elif said in "}]":
            way.pop()
        elif said == ",":
            way[-1] = way[-1] + 1 if isinstance(way[-1], int) else ""
        elif way and way[-1] == "" and said[0] == '"':
            way[-1] = json.loads(said)
            lines[tuple(way)] = line
        elif way and isinstance(way[-1], int):
            lines.setdefault(tuple(way), line)
    return lines


def _node_at(text: str, start: int, tree: Tree) -> tuple[_Node, int]:
    if text[start] in "{[":
        return _container_at(text, start, tree)
    end = _end(STRING if text[start] == '"' else PLAIN, text, start)
    return _Node(start, end, tree), end


def _container_at(text: str, start: int, tree: Tree) -> tuple[_Node, int]:
    node = _Node(start, start, tree)
    at = start + 1
    while text[_after_space(text, at)] not in "}]":
        begin = at
        name_start = at = _after_space(text, at)
        key = ""
        if isinstance(tree, dict):
            at = _end(STRING, text, at)
            key = json.loads(text[name_start:at])
            at = _after_space(text, _after_space(text, at) + 1)
        one = tree[key] if isinstance(tree, dict) else tree[len(node.parts)]
        inner, at = _node_at(text, at, one)
        end = _after_space(text, at)
        node.parts.append(_Part(begin, end, key, (name_start, inner.start), inner))
        at = end + (text[end] == ",")
        if text[end] != ",":
            break
    node.end = _after_space(text, at) + 1
    return node, node.end


def _after_space(text: str, at: int) -> int:
    return _end(SPACE, text, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


@dataclass(frozen=True)
class _Writer:
    text: str
    indent: str | None
    is_escaped: bool

    def text_of(self, node: _Node, tree: Tree, level: int) -> str:
        if same(node.tree, tree):
            return self.text[node.start : node.end]
        if isinstance(tree, dict) and isinstance(node.tree, dict) and tree and node.parts:
            return self._joined(node, self._members(node, tree, level), "{}")
        if isinstance(tree, list) and isinstance(node.tree, list) and tree and node.parts:
            return self._joined(node, self._items(node, tree, level), "[]")
        return self._anew(tree, level)

    def _anew(self, tree: Tree, level: int) -> str:
        said = dumped(tree, indent=self.indent, level=level)
        if self.is_escaped:
            said = "".join(one if one.isascii() else json.dumps(one)[1:-1] for one in said)
        return said.replace("\n", "\r\n") if "\r\n" in self.text else said

    def _members(self, node: _Node, tree: dict[str, Tree], level: int) -> list[_Said]:
        there = {part.key for part in node.parts}
        kept = [
            self._kept(node, part, tree[part.key], level) for part in node.parts if part.key in tree
        ]
        lead = self._lead(node)
        new = [
            (f"{lead}{self._anew(key, 0)}: {self._anew(one, level + 1)}", "")
            for key, one in tree.items()
            if key not in there
        ]
        return kept + new

    def _items(self, node: _Node, tree: list[Tree], level: int) -> list[_Said]:
        result: list[_Said] = []
        lead = self._lead(node)
        for step, start, end, first, last in opcodes(node.tree, tree):
            for index in range(first, last):
                at = start + index - first
                if step == "equal" or at < end:
                    result.append(self._kept(node, node.parts[at], tree[index], level))
                else:
                    result.append((lead + self._anew(tree[index], level + 1), ""))
        return result

    def _kept(self, node: _Node, part: _Part, tree: Tree, level: int) -> _Said:
        tail = "" if part is node.parts[-1] else self.text[part.node.end : part.end]
        said = self.text_of(part.node, tree, level + 1)
        return self.text[part.start : part.node.start] + said, tail

    def _lead(self, node: _Node) -> str:
        """The white space before a new part is that before the last one."""
        last = node.parts[-1]
        return self.text[last.start : last.name[0]]

    def _joined(self, node: _Node, parts: list[_Said], brackets: str) -> str:
        close = self.text[node.parts[-1].node.end : node.end - 1]
        *before, (last, _) = parts
        said = "".join(f"{one}{tail}," for one, tail in before)
        return brackets[0] + said + last + close + brackets[1]
