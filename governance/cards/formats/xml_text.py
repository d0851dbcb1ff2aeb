"""XML as a tree like that of JSON, and edits in its text: what is not changed stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from governance.cards.formats.guards import XmlFile, xml_file
from governance.cards.formats.trees import Place, Tree, opcodes, same

TAG = re.compile(rb"""<[^\s/>]+(\s+[^\s=]+\s*=\s*("[^"]*"|'[^']*'))*\s*/?>""")
NAME = re.compile(rb"<([^\s/>]+)")
SPACE_BEFORE = re.compile(rb"\s*\Z")
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TEXT = "#text"


@dataclass(frozen=True, kw_only=True)
class XmlRules:
    """How a family of XML files is the same as its JSON.

    `items` names the elements that are lists and what is in them; `named_items` are objects with
    their own name as key there. `many` are elements that may come several times in another, which
    is named first. `attributes` are members written so, `content` the member that is the text of
    an element with others, `renamed` attributes with another name in JSON, and `order` the
    sequence of elements.
    """

    items: Mapping[str, tuple[str, ...]]
    named_items: Set[str]
    many: Set[tuple[str, str]]
    attributes: Mapping[str, tuple[str, ...]]
    renamed: Mapping[str, str]
    content: Mapping[str, str]
    order: tuple[str, ...]

    def rank(self, name: str) -> int:
        return self.order.index(name) if name in self.order else len(self.order)


@dataclass
class _Node:
    """An element: what it is in the tree, and the nodes and attributes that its members are."""

    element: Element
    name: str
    tree: Tree = ""
    items: list[_Node] | None = None
    members: dict[str, list[_Node]] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    text_key: str = ""


class XmlText:
    """An XML file with the tree of it. Raises InvalidInput where it is none, or has a DOCTYPE."""

    def __init__(self, data: bytes, rules: XmlRules) -> None:
        self.data = data
        self.rules = rules
        self.file: XmlFile = xml_file(data)
        self.namespace = self.file.root.tag[1:].partition("}")[0]
        self.root = self._node(self.file.root)
        self.tree: Tree = self.root.tree

    def line_at(self, place: Place) -> int | None:
        node = self.root
        for index, step in enumerate(place):
            if isinstance(step, int):
                several = node.members.get(str(place[index - 1]), [])
                found = several if node.items is None else node.items
                node = found[step] if step < len(found) else node
            elif step in node.members and len(node.members[step]) == 1:
                node = node.members[step][0]
        return self.file.lines[node.element]

    # --- reading ---

    def _node(self, element: Element) -> _Node:
        name = self._name(element.tag)
        node = _Node(element, name)
        inside = {self._name(one.tag) for one in element}
        is_list = inside <= set(self.rules.items.get(name, ())) and name in self.rules.items
        if is_list and not element.attrib and not (element.text or "").strip():
            node.items = [self._item(one) for one in element]
            node.tree = [one.tree for one in node.items]
        elif not element.attrib and not len(element) and name not in self.rules.content:
            node.tree = element.text or ""
        else:
            self._read_object(node)
        return node

    def _item(self, element: Element) -> _Node:
        """An item with its own name as key: `{"license": …}`; what it has as attributes beside."""
        inner = self._node(element)
        if inner.name not in self.rules.named_items:
            return inner
        node = _Node(element, inner.name, members={inner.name: [inner]})
        node.tree = {inner.name: inner.tree}
        if inner.text_key:
            node = _Node(element, inner.name, attributes=inner.attributes, text_key=inner.name)
            others = {key: one for key, one in inner.tree.items() if key != inner.text_key}
            node.tree = {inner.name: inner.tree[inner.text_key], **others}
        return node

    def _read_object(self, node: _Node) -> None:
        tree: dict[str, Tree] = {}
        for name, value in node.element.attrib.items():
            key = self.rules.renamed.get(name, name)
            node.attributes[key] = name
            tree[key] = value
        for one in node.element:
            node.members.setdefault(self._name(one.tag), []).append(self._node(one))
        for key, nodes in node.members.items():
            is_list = len(nodes) > 1 or (node.name, key) in self.rules.many
            tree[key] = [one.tree for one in nodes] if is_list else nodes[0].tree
        said = "".join([node.element.text or "", *(one.tail or "" for one in node.element)])
        if node.name in self.rules.content or said.strip():
            node.text_key = self.rules.content.get(node.name, TEXT)
            tree[node.text_key] = said
        node.tree = tree

    def _name(self, tag: str) -> str:
        return tag.removeprefix("{" + self.namespace + "}")

    # --- writing ---

    def edited(self, tree: Tree) -> bytes:
        """Return the file with what is not the same as in the tree written anew."""
        edits = sorted(_Editor(self).edits(self.root, tree), key=lambda one: one[:2])
        result, at = b"", 0
        for start, end, new in edits:
            result += self.data[at:start] + new
            at = max(at, end)
        return result + self.data[at:]


Edit = tuple[int, int, bytes]


@dataclass(frozen=True)
class _Editor:
    file: XmlText

    def edits(self, node: _Node, tree: Tree) -> Iterator[Edit]:
        if same(node.tree, tree):
            return
        if node.items is not None and isinstance(tree, list):
            yield from self._list(node, node.items, tree)
        elif isinstance(node.tree, dict) and isinstance(tree, dict):
            yield from self._object(node, tree)
        elif isinstance(node.tree, str) and isinstance(tree, str):
            yield from self._text(node, tree)
        else:
            new = self._anew(node.name, tree, self._pad(node))
            yield self._start(node), self._end(node), new.encode()

    # --- places ---

    def _start(self, node: _Node) -> int:
        return self.file.file.starts[node.element]

    def _open_end(self, node: _Node) -> int:
        found = TAG.match(self.file.data, self._start(node))
        return found.end() if found else self._start(node)

    def _is_closed_at_once(self, node: _Node) -> bool:
        end = self._open_end(node)
        return self.file.data[end - 2 : end] == b"/>"

    def _end(self, node: _Node) -> int:
        if self._is_closed_at_once(node):
            return self._open_end(node)
        return self.file.data.index(b">", self.file.file.ends[node.element]) + 1

    def _space(self, node: _Node) -> int:
        """Where the white space before the element begins."""
        before = self.file.data[max(0, self._start(node) - 1000) : self._start(node)]
        found = SPACE_BEFORE.search(before)
        return self._start(node) - (len(found[0]) if found else 0)

    def _pad(self, node: _Node) -> str:
        """The white space before the element: a line end and its indentation, or nothing."""
        return self.file.data[self._space(node) : self._start(node)].decode()

    def _unit(self) -> str:
        first = next(iter(self.file.file.root), None)
        if first is None:
            return "  "
        start = self.file.file.starts[first]
        line = self.file.data[:start].rpartition(b"\n")[2].decode()
        return line if line and not line.strip() else ""

    # --- edits ---

    def _text(self, node: _Node, text: str) -> Iterator[Edit]:
        start = self._open_end(node)
        if self._is_closed_at_once(node):
            opened = self.file.data[self._start(node) : start]
            tag = self._tag(node)
            new = opened[:-2].rstrip() + b">" + _escaped(text) + f"</{tag}>".encode()
            yield self._start(node), start, new
        else:
            yield start, self.file.file.ends[node.element], _escaped(text)

    def _object(self, node: _Node, tree: dict[str, Tree]) -> Iterator[Edit]:
        old = node.tree
        changed = {
            key
            for key in {**old, **tree}
            if key not in old or key not in tree or not same(old[key], tree[key])
        }
        known = self.file.rules.attributes.get(node.name, ())
        attributes = {key for key in changed if key in node.attributes or key in known}
        if attributes:
            yield self._tag_edit(node, tree, attributes)
        if node.text_key in changed and node.text_key in tree and not len(node.element):
            yield from self._text(node, tree[node.text_key])
        new: list[tuple[str, Tree]] = []
        for key in sorted(changed - attributes - {node.text_key}, key=self.file.rules.rank):
            nodes = node.members.get(key, [])
            many = isinstance(old.get(key), list) and (len(nodes) > 1 or nodes[0].items is None)
            if key not in tree:
                yield from (self._gone(one) for one in nodes)
            elif not nodes:
                new += [(key, one) for one in self._parts(node.name, key, tree[key])]
            elif many and isinstance(tree[key], list):
                yield from self._list(node, nodes, tree[key], key)
            else:
                yield from self.edits(nodes[0], tree[key])
        if new:
            yield from self._inserted(node, new, gone=old.keys() - tree.keys())

    def _parts(self, parent: str, key: str, tree: Tree) -> list[Tree]:
        is_many = isinstance(tree, list) and key not in self.file.rules.items
        return tree if is_many or (parent, key) in self.file.rules.many else [tree]

    def _tag_edit(self, node: _Node, tree: dict[str, Tree], keys: set[str]) -> Edit:
        start, end = self._start(node), self._open_end(node)
        tag = self.file.data[start:end].decode()
        for key in sorted(keys):
            name = node.attributes.get(key, self._attribute(key))
            value = f"{name}={_attribute(str(tree[key]))}" if key in tree else ""
            tag = _with_attribute(tag, name, value)
        return start, end, tag.encode()

    def _attribute(self, key: str) -> str:
        return next((name for name, ours in self.file.rules.renamed.items() if ours == key), key)

    def _gone(self, node: _Node) -> Edit:
        return self._space(node), self._end(node), b""

    def _list(
        self, node: _Node, items: list[_Node], tree: list[Tree], key: str = ""
    ) -> Iterator[Edit]:
        if not items:
            yield from self._inserted(node, [self._named_item(node, one, key) for one in tree])
            return
        last: _Node | None = None
        for step, start, end, first, stop in opcodes([one.tree for one in items], tree):
            for index in range(first, stop):
                at = start + index - first
                if step == "equal" or at < end:
                    last = items[at]
                    yield from self.edits(last, tree[index])
                    continue
                name, value = self._named_item(node, tree[index], key)
                pad = self._pad(last or items[0])
                new = self._anew(name, value, pad)
                if last:
                    yield self._end(last), self._end(last), (pad + new).encode()
                else:
                    yield self._start(items[0]), self._start(items[0]), (new + pad).encode()
            if step != "equal":
                yield from (self._gone(one) for one in items[start + stop - first : end])

    def _named_item(self, node: _Node, tree: Tree, key: str) -> tuple[str, Tree]:
        return (key, tree) if key else self._item(node.name, tree)

    def _item(self, name: str, tree: Tree) -> tuple[str, Tree]:
        """Return the name and the content of an item of a list."""
        names = self.file.rules.items[name]
        for one in names:
            if one in self.file.rules.named_items and isinstance(tree, dict) and one in tree:
                return one, tree[one]
        return names[0], tree

    def _inserted(
        self, node: _Node, new: list[tuple[str, Tree]], gone: Set[str] = frozenset()
    ) -> Iterator[Edit]:
        children = [one for key, nodes in node.members.items() if key not in gone for one in nodes]
        children.sort(key=self._start)
        own = self._pad(node)
        pad = self._pad(children[0]) if children else own + self._unit() if "\n" in own else ""
        if not children:
            inner = "".join(pad + self._anew(name, one, pad) for name, one in new)
            close = own if "\n" in own and not len(node.element) else ""
            start = self._open_end(node)
            if self._is_closed_at_once(node):
                opened = self.file.data[self._start(node) : start].decode()
                tag = f"{opened[:-2].rstrip()}>{inner}{close}</{self._tag(node)}>"
                yield self._start(node), start, tag.encode()
            else:
                yield start, self.file.file.ends[node.element], (inner + close).encode()
            return
        for name, one in new:
            said = self._anew(name, one, pad)
            later = [child for child in children if self._comes_later(child, name)]
            if later:
                yield self._start(later[0]), self._start(later[0]), (said + pad).encode()
            else:
                at = self._end(children[-1])
                yield at, at, (pad + said).encode()

    def _comes_later(self, child: _Node, name: str) -> bool:
        return self.file.rules.rank(child.name) > self.file.rules.rank(name)

    # --- new elements ---

    def _tag(self, node: _Node) -> str:
        found = NAME.match(self.file.data, self._start(node))
        return found[1].decode() if found else node.name

    def _anew(self, name: str, tree: Tree, pad: str) -> str:
        """Return a new element, indented as its neighbors are; `pad` is what stands before it."""
        prefix, colon, _ = self._tag(self.file.root).rpartition(":")
        tag = f"{prefix}{colon}{name}"
        attributes, content, children = "", "", []
        if isinstance(tree, list):
            children = [self._item(name, one) for one in tree]
        elif isinstance(tree, dict):
            known = self.file.rules.attributes.get(name, ())
            text_key = self.file.rules.content.get(name, TEXT)
            for key in sorted(tree, key=self.file.rules.rank):
                if key in known:
                    attributes += f" {self._attribute(key)}={_attribute(str(tree[key]))}"
                elif key == text_key:
                    content = _escaped(str(tree[key])).decode()
                else:
                    children += [(key, one) for one in self._parts(name, key, tree[key])]
        else:
            content = _escaped(str(tree)).decode()
        deeper = pad + self._unit() if "\n" in pad else ""
        inner = "".join(deeper + self._anew(key, one, deeper) for key, one in children)
        close = pad if children and "\n" in pad else ""
        return f"<{tag}{attributes}>{content}{inner}{close}</{tag}>"


def _with_attribute(tag: str, name: str, value: str) -> str:
    """Return the tag with the attribute as `value` says, or without it."""
    found = re.search(rf"""(\s+){re.escape(name)}\s*=\s*("[^"]*"|'[^']*')""", tag)
    if found:
        return tag[: found.start()] + (found[1] + value if value else "") + tag[found.end() :]
    close = re.search(r"\s*/?>\Z", tag)
    at = close.start() if close else len(tag)
    return f"{tag[:at]} {value}{tag[at:]}" if value else tag


def _escaped(text: str) -> bytes:
    """What XML cannot say is left out; the reader of a report of losses sees it."""
    return escape(NO_XML.sub("", text), {"\r": "&#13;"}).encode()


def _attribute(text: str) -> str:
    return quoteattr(NO_XML.sub("", text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
