"""Front matter: YAML as a tree whose texts are as they were written, with the line of each field.

Only the parts that differ are written anew; comments, order and quotes of the others stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from governance.cards.formats.guards import MAX_DEPTH, MAX_NODES
from governance.cards.formats.protocol import Notice
from governance.cards.formats.trees import NumberText, Place, Tree, same
from governance.core.errors import invalid
from governance.core.places import place_of

TAG = "tag:yaml.org,2002:"
SCALARS = {f"{TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value")}
PARTS = {*SCALARS, f"{TAG}seq", f"{TAG}map", f"{TAG}merge"}
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
"""As JSON has them: what else YAML takes for a number stays the text that it is."""
TRUTHS = {"true": True, "false": False}
"""YAML 1.2 alone: in 1.1 the language code `no` is a false."""


class NotYaml(ValueError):
    """The text is no YAML. `line` counts from the first line of the text."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass
class YamlTree:
    """`lines` gives the line of each place; `spans` where each key of the outermost
    mapping begins and ends in the text.
    """

    tree: Tree = None
    lines: dict[Place, int] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)


def yaml_tree(text: str, first_line: int = 1) -> YamlTree:
    """Read a YAML text that begins on `first_line` of its file.

    Raises NotYaml where it cannot be read, InvalidInput where it must not be.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = (mark.line if mark else 0) + first_line
        raise NotYaml(line, error.problem or "it cannot be read") from None
    except yaml.YAMLError as error:
        raise NotYaml(first_line, str(error)) from None
    except RecursionError:
        raise invalid("front matter", "depth", "No card is nested as deeply as this.") from None
    reader = _Reader(first_line)
    if node is not None:
        reader.found.tree = reader.value(node, ())
        # A key that is written anew would take its anchor with it: then all are written anew.
        if isinstance(node, yaml.MappingNode) and not node.flow_style and not _has_alias(text):
            reader.found.spans = _spans(node, len(text))
    return reader.found


def _has_alias(text: str) -> bool:
    return "*" in text and any(isinstance(one, yaml.AliasToken) for one in yaml.scan(text))


def _spans(node: yaml.MappingNode, end: int) -> dict[str, tuple[int, int]]:
    """A key reaches to the next key; comments above a key belong to the one before."""
    starts = [(str(key.value), key.start_mark.index) for key, _ in node.value]
    ends = [start for _, start in starts[1:]] + [end]
    spans = {key: (start, last) for (key, start), last in zip(starts, ends, strict=True)}
    return spans if len(spans) == len(starts) else {}


class _Reader:
    """Walks the nodes itself: no constructor of any tag ever runs, and aliases are counted."""

    def __init__(self, first_line: int) -> None:
        self.found = YamlTree()
        self.first_line = first_line
        self.nodes = 0

    def value(self, node: yaml.Node, place: Place) -> Tree:
        line = node.start_mark.line + self.first_line
        self.found.lines.setdefault(place, line)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            message = f"Line {line}: aliases unfold it to more than {MAX_NODES:,} fields."
            raise invalid("front matter", "length", message)
        if len(place) > MAX_DEPTH:
            raise invalid("front matter", "depth", f"Line {line} is nested too deeply.")
        if node.tag not in PARTS:
            message = f"Line {line}: the tag {node.tag} is not read. Write the value without it."
            raise invalid("front matter", "tag", message)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(one, (*place, index)) for index, one in enumerate(node.value)]
        return _scalar(node) if isinstance(node, yaml.ScalarNode) else None

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + self.first_line
            if not isinstance(key_node, yaml.ScalarNode):
                raise NotYaml(line, "a key is a list or a mapping")
            key = str(key_node.value)
            if key in found:
                message = f"The key {key!r} stands twice; the last one counts."
                self.found.notices.append(
                    Notice(field=place_of((*place, key)), line=line, message=message)
                )
            self.found.lines[(*place, key)] = line
            found[key] = self.value(value_node, (*place, key))
        return found


def _scalar(node: yaml.ScalarNode) -> Tree:
    text = str(node.value)
    if node.style:
        return text
    if node.tag == f"{TAG}null":
        return None
    if text.lower() in TRUTHS:
        return TRUTHS[text.lower()]
    return NumberText(text) if NUMBER.fullmatch(text) else text


# --- writing -------------------------------------------------------------------------------------


def edited(text: str, before: YamlTree, after: Mapping[str, Tree]) -> str:
    """Return the YAML text with the outermost keys that differ written anew, the others as is."""
    tree = before.tree if isinstance(before.tree, dict) else {}
    if not before.spans:
        return yaml_of(after) if after else ""
    written = text[: min(start for start, _ in before.spans.values())]
    for key, (start, end) in before.spans.items():
        if key in after and same(tree[key], after[key]):
            written = _on_a_new_line(written) + text[start:end]
        elif key in after:
            written = _on_a_new_line(written) + yaml_of({key: after[key]})
    new = {key: value for key, value in after.items() if key not in before.spans}
    return _on_a_new_line(written) + yaml_of(new) if new else written


def _on_a_new_line(text: str) -> str:
    return text if not text or text.endswith(("\n", "\r")) else text + "\n"


class _Dumper(yaml.SafeDumper):
    """Lists stand under their key at its own indentation, as in the cards of the Hub."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _number(dumper: yaml.SafeDumper, value: NumberText) -> yaml.ScalarNode:
    # PyYAML takes 1e-5 for a text: with the tag that it sees itself, it adds neither tag nor quote.
    tag = dumper.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, value)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "'" if NUMBER.fullmatch(value) else "|" if "\n" in value else None
    return dumper.represent_scalar(f"{TAG}str", value, style=style)


_Dumper.add_representer(NumberText, _number)
_Dumper.add_representer(str, _text)


def yaml_of(tree: Tree) -> str:
    """Return the tree as YAML: in its order, every language readable, text never taken for more."""
    text: str = yaml.dump(
        tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000
    )
    return text
