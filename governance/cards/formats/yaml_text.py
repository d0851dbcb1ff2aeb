"""Front matter: YAML as a tree whose texts are as they were written, with the line of each field.

Only the parts that differ are written anew; comments, order and quotes of the others stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from governance.cards.formats.guards import MAX_DEPTH, checked_text
from governance.cards.formats.protocol import Notice
from governance.cards.formats.trees import NumberText, Place, Tree, same
from governance.core.errors import invalid
from governance.core.places import place_of

TAG = "tag:yaml.org,2002:"
TAGS = {f"{TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp")}
TAGS |= {f"{TAG}seq", f"{TAG}map", "!"}
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
"""As JSON has them: what else YAML takes for a number stays the text that it is."""
WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
"""As YAML 1.2 has them: in 1.1 the language code `no` is a false."""
BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FIELD = "front matter"
MAX_TEXT = 4 * 1024 * 1024
MAX_FIELDS = 100_000


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
    if len(text) > MAX_TEXT:
        raise invalid(FIELD, "length", f"It has at most {MAX_TEXT // 1024 // 1024} MiB.")
    if odd := yaml.reader.Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, odd.start()) + first_line
        raise NotYaml(line, f"it holds the character U+{ord(odd[0]):04X}")
    try:
        return _Reader(text, first_line).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = (mark.line if mark else 0) + first_line
        raise NotYaml(line, error.problem or "it cannot be read") from None
    except yaml.YAMLError as error:
        raise NotYaml(first_line, str(error)) from None


class _Reader:
    """Builds the tree from events: no constructor of any tag runs, and all that unfolds is counted.

    Nothing is built before its depth is known to be allowed, so no nesting exhausts the stack.
    """

    def __init__(self, text: str, first_line: int) -> None:
        self.text = text
        self.first_line = first_line
        self.events = yaml.parse(text, Loader=LOADER)
        self.found = YamlTree()
        self.anchors: dict[str, tuple[Tree, int]] = {}
        self.starts: list[tuple[str, int]] = []
        self.fields = 0
        self.has_alias = False

    def read(self) -> YamlTree:
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return self.found
        first = next(self.events)
        self.found.tree = self.value(first, ())
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise NotYaml(self.line(event), "a second document begins here")
        is_block = isinstance(first, yaml.MappingStartEvent) and not first.flow_style
        # A key that is written anew would take its anchor with it: then all are written anew.
        if is_block and not self.has_alias:
            self.found.spans = self.spans()
        return self.found

    def spans(self) -> dict[str, tuple[int, int]]:
        """A key reaches to the next key; comments above a key belong to the one before."""
        offsets = [0, *(found.end() for found in BREAK.finditer(self.text))]
        starts = [(key, offsets[line]) for key, line in self.starts]
        ends = [start for _, start in starts[1:]] + [len(self.text)]
        spans = {key: (start, last) for (key, start), last in zip(starts, ends, strict=True)}
        return spans if len(spans) == len(starts) else {}

    def line(self, event: yaml.Event) -> int:
        return _line_in(event) + self.first_line

    def value(self, event: yaml.Event, place: Place) -> Tree:
        line = self.line(event)
        self.found.lines.setdefault(place, line)
        self._count(1, line)
        if len(place) > MAX_DEPTH:
            raise invalid(FIELD, "depth", f"Line {line} is nested too deeply.")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, line)
        tag = getattr(event, "tag", None)
        if tag and tag not in TAGS:
            message = f"Line {line}: the tag {tag} is not read. Write the value without it."
            raise invalid(FIELD, "tag", message)
        before = self.fields
        if isinstance(event, yaml.MappingStartEvent):
            tree: Tree = self._mapping(place)
        elif isinstance(event, yaml.SequenceStartEvent):
            tree = self._sequence(place)
        else:
            tree = _scalar(event) if isinstance(event, yaml.ScalarEvent) else None
        if anchor := getattr(event, "anchor", None):
            self.anchors[anchor] = (tree, self.fields - before + 1)
        return tree

    def _count(self, fields: int, line: int) -> None:
        self.fields += fields
        if self.fields > MAX_FIELDS:
            message = f"Line {line}: up to here there are more than {MAX_FIELDS:,} fields."
            raise invalid(FIELD, "length", message)

    def _alias(self, event: yaml.AliasEvent, line: int) -> Tree:
        self.has_alias = True
        if event.anchor not in self.anchors:
            raise NotYaml(line, f"nothing before is named {event.anchor}")
        tree, fields = self.anchors[event.anchor]
        self._count(fields, line)
        return tree

    def _sequence(self, place: Place) -> list[Tree]:
        found: list[Tree] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self.value(event, (*place, len(found))))
        return found

    def _mapping(self, place: Place) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            line = self.line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise NotYaml(line, "a key is a list or a mapping")
            key = str(event.value)
            checked_text(key)
            if key in found:
                message = f"The key {key!r} stands twice; the last one counts."
                where = place_of((*place, key))
                self.found.notices.append(Notice(field=where, line=line, message=message))
            if not place:
                self.starts.append((key, _line_in(event)))
            self.found.lines[(*place, key)] = line
            found[key] = self.value(next(self.events), (*place, key))
        return found


def _line_in(event: yaml.Event) -> int:
    return int(event.start_mark.line) if event.start_mark else 0


def _scalar(event: yaml.ScalarEvent) -> Tree:
    text = str(event.value)
    checked_text(text)
    if not event.implicit[0] or event.tag == f"{TAG}str":
        return text
    if text.lower() in WORDS:
        return WORDS[text.lower()]
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
