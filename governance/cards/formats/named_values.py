"""What a card says, as pairs of name and value: the extension point that bills of materials have.

A section that a format has no field for stands there under a name of ours, where any tool shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from governance.cards.rules.codec import encoded
from governance.cards.rules.model_card import Details, Extension, ModelCard
from governance.cards.rules.sections import BY_KEY

PREFIX = "countersign:"
CARRIED = f"{PREFIX}carried"
SECTION = f"{PREFIX}section:"
DETAIL = f"{PREFIX}details:"
EXTENSION = f"{PREFIX}extension:"
LISTS = frozenset({"languages", "tags", "base_models", "inputs", "outputs"})
DETAILS = frozenset(vars(Details()))


@dataclass
class NamedValues:
    """What was found under names of ours."""

    sections: dict[str, str] = field(default_factory=dict)
    details: dict[str, list[str]] = field(default_factory=dict)
    extensions: list[Extension] = field(default_factory=list)

    def take(self, name: str, value: str) -> bool:
        """Take a pair in, and tell whether it is one of ours and says something new."""
        if not value:
            return False
        if key := _after(name, SECTION):
            is_new = key in BY_KEY and key not in self.sections
            if is_new:
                self.sections[key] = value
            return is_new
        if key := _after(name, DETAIL):
            is_new = key in LISTS or (key in DETAILS and key not in self.details)
            if is_new:
                self.details.setdefault(key, []).append(value)
            return is_new
        key, _, title = _after(name, EXTENSION).partition(":")
        if key:
            self.extensions.append(Extension(key=key, title=title, text=value))
        return bool(key)

    def with_details(self, given: Mapping[str, str | tuple[str, ...]]) -> Details:
        """Return the details as the format itself says them, then as found here."""
        said: dict[str, str | tuple[str, ...]] = {
            key: tuple(values) if key in LISTS else values[0]
            for key, values in self.details.items()
        }
        said.update({key: value for key, value in given.items() if value})
        return Details(**said)  # type: ignore[arg-type]


def _after(name: str, prefix: str) -> str:
    return name.removeprefix(prefix) if name.startswith(prefix) else ""


def pairs_of(
    card: ModelCard, *, sections: Set[str], details: Set[str], extensions: Iterable[Extension]
) -> Iterator[tuple[str, str]]:
    """Yield the pairs for the named sections and details, and for the extensions."""
    for key, value in encoded(card.details).items():
        if key in details:
            for one in value if isinstance(value, list) else [value]:
                yield f"{DETAIL}{key}", one
    for key in BY_KEY:
        if key in sections and card.sections.get(key):
            yield f"{SECTION}{key}", card.sections[key]
    for one in extensions:
        if one.text:
            title = f":{one.title}" if one.title else ""
            yield f"{EXTENSION}{one.key}{title}", one.text
