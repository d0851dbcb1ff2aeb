"""Sections of a card beside the fixed ones: a firm's own, and those that a file brought along.

In forms and addresses the key of such a section has a mark before it, so that no firm's section is
taken for one of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from governance.cards.rules.completeness import MAX_SECTION, is_answer
from governance.cards.rules.model_card import Extension, ModelCard
from governance.cards.rules.parts import Part
from governance.cards.rules.sections import Section
from governance.core.errors import InvalidInput, Problem
from governance.core.strict_yaml import strict_content
from governance.core.typed import is_plain

MARK = "further-"
KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")
FIELDS = ("key", "title", "ask", "look_for")
LONGEST_FILE = 64 * 1024
LONGEST_FIELD = 500


def is_further(key: str) -> bool:
    """Tell whether the key of a form is that of a further section."""
    return key.startswith(MARK) and KEY.fullmatch(key.removeprefix(MARK)) is not None


def read_sections(text: str) -> tuple[Section, ...]:
    """Return the sections that a file defines, each with the mark before its key.

    Raises InvalidInput naming place and rule of everything that is wrong.
    """
    content = strict_content(text, noun="file of sections", longest=LONGEST_FILE)
    found = content.get("sections") if isinstance(content, dict) else None
    if not isinstance(found, list) or set(content) != {"sections"}:
        message = "The file has one key, sections, which holds a list."
        raise InvalidInput(Problem(field="sections", rule="type", message=message))
    problems = [p for place, entry in enumerate(found) for p in _entry_problems(place, entry)]
    if not problems:
        keys = [entry["key"] for entry in found]
        problems = [
            _problem(f"sections[{place}].key", "unique", f"{key} stands twice.")
            for place, key in enumerate(keys)
            if key in keys[:place]
        ]
    if problems:
        raise InvalidInput(*problems)
    return tuple(Section(**{**entry, "key": MARK + entry["key"]}) for entry in found)


def _entry_problems(place: int, entry: Any) -> Iterable[Problem]:
    at = f"sections[{place}]"
    if not isinstance(entry, dict) or set(entry) != set(FIELDS):
        yield _problem(at, "fields", f"A section has {', '.join(FIELDS)}.")
        return
    for name in FIELDS:
        text = entry[name]
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST_FIELD:
            message = f"It is a text of 1 to {LONGEST_FIELD} characters."
            yield _problem(f"{at}.{name}", "length", message)
        elif name == "key" and not KEY.fullmatch(text):
            message = "A key is a lower-case word of at most 30 letters, digits and underscores."
            yield _problem(f"{at}.key", "pattern", message)


def _problem(field: str, rule: str, message: str) -> Problem:
    return Problem(field=field, rule=rule, message=message)


def further_sections(card: ModelCard, offered: Sequence[Section]) -> tuple[Section, ...]:
    """Return the further sections to write in: what is offered, and what the card has anyway."""
    known = {section.key for section in offered}
    own = [
        Section(
            key=MARK + one.key,
            title=one.title or one.key,
            ask="What is there to say?",
            look_for="This section came with a file, or from an earlier version.",
        )
        for one in card.extensions
        if KEY.fullmatch(one.key) and MARK + one.key not in known
    ]
    return (*offered, *own)


def further_text(card: ModelCard, key: str) -> str:
    """Return what the card says in the further section of that key."""
    name = key.removeprefix(MARK)
    return next((one.text for one in card.extensions if one.key == name), "")


def further_parts(card: ModelCard, offered: Sequence[Section], *, after: int) -> list[Part]:
    """Return the further sections as a page shows them, numbered on from `after`."""
    return [
        Part(
            section=section,
            number=number,
            text=(text := further_text(card, section.key)),
            is_answered=is_answer(text),
            is_needed=False,
        )
        for number, section in enumerate(further_sections(card, offered), start=after + 1)
    ]


@dataclass(frozen=True, kw_only=True)
class FurtherEdit:
    """Another text of one further section; an empty one takes the section out of the card."""

    section: Section
    text: str

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.section.key})

    def on(self, card: ModelCard, *, by: str) -> ModelCard:
        key = self.section.key.removeprefix(MARK)
        known = next((one for one in card.extensions if one.key == key), None)
        start = known or Extension(key=key, title=self.section.title)
        changed = (replace(start, text=self.text),) if self.text else ()
        if known is None:
            return replace(card, extensions=(*card.extensions, *changed))
        kept = tuple(
            one for old in card.extensions for one in (changed if old is known else (old,))
        )
        return replace(card, extensions=kept)

    def problems(self, card: ModelCard) -> Iterable[Problem]:
        return further_problems({self.section.key: self.text}, {self.section.key: self.section})


def further_problems(
    texts: Mapping[str, str], sections: Mapping[str, Section]
) -> Iterable[Problem]:
    """Check what was typed into further sections."""
    for key, text in texts.items():
        title = sections[key].title if key in sections else key.removeprefix(MARK)
        if len(text) > MAX_SECTION:
            message = f"{title} has {len(text):,} characters; use at most {MAX_SECTION:,}."
            yield _problem(key, "length", message)
        elif not is_plain(text):
            message = f"{title} holds a control character. Remove it, then save again."
            yield _problem(key, "characters", message)


def changed_further(before: ModelCard, after: ModelCard) -> set[str]:
    """Return the marked keys of the further sections whose texts differ."""
    old, new = ({one.key: one.text for one in card.extensions} for card in (before, after))
    return {MARK + key for key in {*old, *new} if old.get(key, "") != new.get(key, "")}
