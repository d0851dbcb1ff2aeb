"""YAML that people wrote, read so strictly that a text says one thing only."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

from governance.core.errors import invalid


class _StrictLoader(yaml.SafeLoader):
    """Keeps decimals as they are written, and refuses duplicate keys and aliases."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        # A few aliases of aliases would unfold to more than any memory holds.
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("anchors and aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key in [self.construct_object(key, deep=True) for key, _ in node.value]:
            if isinstance(key, Hashable):
                if key in seen:
                    line = node.start_mark.line + 1
                    raise yaml.YAMLError(f"line {line}: the key {key!r} stands twice")
                seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _as_written(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(node.value)


_StrictLoader.add_constructor("tag:yaml.org,2002:float", _as_written)
_StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _as_written)


def strict_content(text: str, *, noun: str, longest: int) -> Any:
    """Return what the YAML text states; decimals and dates stay the text that they are.

    `longest` is the most characters that the file of a `noun` may have. Raises InvalidInput.
    """
    if len(text) > longest:
        raise invalid("text", "length", f"A {noun} file has at most {longest // 1024} KiB.")
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506  a SafeLoader, made stricter
    except RecursionError:
        raise invalid("text", "depth", f"No {noun} is nested as deeply as this.") from None
    except (yaml.YAMLError, ValueError) as error:
        raise invalid("text", "yaml", f"This is not readable YAML: {error}") from None
