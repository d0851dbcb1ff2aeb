"""The account of an export: what of a card a file gives back, and what became of the rest.

It is made by reading back what was written, so that no format has to remember what it left out.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from governance.cards.formats.guards import json_tree
from governance.cards.formats.protocol import CardFormat, Loss, Reason, Rule
from governance.cards.formats.trees import Place, at_pointer, dumped
from governance.cards.rules.model_card import ModelCard
from governance.cards.rules.sections import BY_KEY
from governance.core.places import place_of

LONGEST = 80
NEAR = 50
"""Among how many items the likest is looked for, so that long lists take no time squared."""


@dataclass(frozen=True, kw_only=True)
class Lost:
    """A field that did not come back; `found` is what stands in its place, if anything."""

    place: Place
    value: str
    found: str = ""


def account_of(card: ModelCard) -> dict[str, Any]:
    """Return every field that an export has to answer for.

    Not the files that the card was read from, nor where in them a number stood: that is true of
    those files, whatever is written now. Nor the decimal that was read out of a text: the text is.
    """
    body = {key: value for key, value in card.body().items() if key != "sources"}
    if "kept" in body:
        body["kept"] = {f"{one.format}{one.place}": one.json for one in card.kept}
    if "extensions" in body:
        body["extensions"] = [_without_key(one) for one in body["extensions"]]
    kept: dict[str, Any] = _without_places(body)
    return kept


def _without_key(extension: dict[str, Any]) -> dict[str, Any]:
    named = "title" in extension or "text" in extension
    return {key: value for key, value in extension.items() if key != "key" or not named}


def _without_places(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_places(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {key: _without_places(one) for key, one in value.items()}
    if {"value", "text"} <= found.keys() <= {"value", "text", "provenance"}:
        found = _less(found, "value")
    if isinstance(found.get("provenance"), dict) and "file" in found["provenance"]:
        left = {k: v for k, v in found["provenance"].items() if k not in {"file", "place"}}
        found = {**found, "provenance": left} if left else _less(found, "provenance")
    return found


def _less(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def size(value: Any) -> int:
    """Count the fields."""
    if isinstance(value, dict):
        return sum(size(one) for one in value.values())
    if isinstance(value, list):
        return sum(size(one) for one in value) if _has_parts(value) else 1
    return 1


def _has_parts(values: list[Any]) -> bool:
    """Whether it is a list of objects; a list of texts is one field."""
    return any(isinstance(one, dict | list) for one in values)


def lost(ours: Any, back: Any, place: Place = ()) -> Iterator[Lost]:
    """Yield each field of `ours` that is not in `back`. The order of lists does not count."""
    if isinstance(ours, dict):
        found = back if isinstance(back, dict) else {}
        if place == ("kept",):
            ours = _without_moved(ours, found)
        for key, value in ours.items():
            yield from lost(value, found.get(key), (*place, key))
    elif isinstance(ours, list) and not _has_parts(ours):
        others = list(back) if isinstance(back, list) else []
        missing = [one for one in ours if not _taken(others, one)]
        if missing:
            yield Lost(place=place, value=", ".join(_shown(one) for one in missing))
    elif isinstance(ours, list):
        yield from _lost_items(ours, back if isinstance(back, list) else [], place)
    elif ours != back and not _leads(ours, back, place):
        shown = back if isinstance(back, str) else ""
        yield Lost(place=place, value=_shown(ours), found=shown)


def _without_moved(ours: dict[str, Any], back: dict[str, Any]) -> dict[str, Any]:
    """Return what was kept without that which is still there: at another index of its list, or as
    a part of something that is now kept as a whole.
    """
    left = Counter(
        (_unnumbered(key), value) for key, value in back.items() if ours.get(key) != value
    )
    missing: dict[str, Any] = {}
    for key, value in ours.items():
        moved = (_unnumbered(key), value)
        if back.get(key) == value:
            continue
        if left[moved]:
            left[moved] -= 1
        elif not _is_part(key, value, back):
            missing[key] = value
    return missing


def _unnumbered(key: str) -> str:
    return re.sub(r"/\d+(?=/|$)", "/#", key)


def _is_part(key: str, value: str, back: dict[str, Any]) -> bool:
    above = [at for at in range(len(key)) if key[at] == "/" and key[:at] in back]
    if not above:
        return False
    found = json_tree(back[key[: above[0]]])
    for part in at_pointer(key[above[0] :]):
        if isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            return False
    return dumped(found) == value


def _leads(ours: Any, back: Any, place: Place) -> bool:
    """Prose to which the words of some facts were added is still there."""
    is_prose = place[:1] == ("sections",) or (place[:1] == ("extensions",) and place[-1] == "text")
    return is_prose and isinstance(back, str) and back.startswith(f"{ours}\n")


def _taken(others: list[Any], one: Any) -> bool:
    if one in others:
        others.remove(one)
        return True
    return False


def _lost_items(ours: list[Any], back: list[Any], place: Place) -> Iterator[Lost]:
    left = [(_shown(one), one) for one in back]
    unmatched: list[tuple[int, Any]] = []
    for index, item in enumerate(ours):
        text = _shown(item)
        at = next((at for at, (shown, _) in enumerate(left) if shown == text), None)
        if at is None:
            unmatched.append((index, item))
        else:
            left.pop(at)
    for index, item in unmatched:
        near = range(min(len(left), NEAR))
        best = max(near, key=lambda at: _likeness(item, left[at][1]), default=None)
        if best is not None and _likeness(item, left[best][1]):
            yield from lost(item, left.pop(best)[1], (*place, index))
        else:
            yield from lost(item, None, (*place, index))


def _likeness(one: Any, other: Any) -> int:
    """How many fields both say alike."""
    return size(one) - sum(1 for _ in lost(one, other))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


# --- the report ----------------------------------------------------------------------------------


def losses_of(target: CardFormat, lost_fields: Sequence[Lost], text: str) -> Iterator[Loss]:
    """Say of each field what became of it; a text is only called one where its words are there."""
    words = _folded(text)
    for one in lost_fields:
        reason = _reason(target, one.place)
        yield Loss(
            path=place_of(one.place),
            says=_short(one.value),
            rule=_rule(one, reason, words),
            why=reason.why if reason else f"{target.title} has no field for it",
        )


def texts_of(value: Any) -> Iterator[str]:
    """Yield every text in a body or a part of one."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_of(one)


def _rule(one: Lost, reason: Reason | None, words: str) -> Rule:
    if one.found and one.value.startswith(one.found.rstrip(" .…")):
        return Rule.SHORTENED
    if _folded(_in_words(one)) in words and not (reason and reason.rule is Rule.DROPPED):
        return Rule.TEXT
    return Rule.DROPPED


def _in_words(one: Lost) -> str:
    """The key of a section is said by the heading that stands above."""
    section = BY_KEY.get(one.value) if one.place[-1] == "section" else None
    return section.title if section else one.value


def _reason(target: CardFormat, place: Place) -> Reason | None:
    path = ".".join(str(part) for part in place if not isinstance(part, int))
    fitting = [one for one in target.reasons if f"{path}.".startswith(f"{one.path}.")]
    return max(fitting, key=lambda one: len(one.path), default=None)


def _folded(text: str) -> str:
    return " ".join(text.replace("\\|", "|").split())


def _short(value: str) -> str:
    text = " ".join(value.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
