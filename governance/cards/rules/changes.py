"""What differs between two cards: by section, in its words, and in every number and its origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from governance.cards.rules.completeness import Expected
from governance.cards.rules.further import MARK, further_text
from governance.cards.rules.model_card import ModelCard
from governance.cards.rules.parts import Part, parts_of
from governance.cards.rules.sections import Section
from governance.core.diffs import Line, diff_lines, diff_value

EVERYTHING = Expected(agent=True)
"""Asks for every section, so that none is left out of a comparison."""


@dataclass(frozen=True, kw_only=True)
class SectionDiff:
    """One section that differs. `is_rewritten` tells that it had a text before."""

    section: Section
    lines: Sequence[Line]
    is_rewritten: bool


def section_diffs(
    before: ModelCard, after: ModelCard, *, with_values: bool = True
) -> list[SectionDiff]:
    """Compare two cards section by section; only what differs is given. Name the typists first.

    Without values, of what was measured only the comments are compared.
    """
    old, new = _by_key(before), _by_key(after)
    found = []
    for key, part in new.items():
        lines = [*diff_lines(old[key].text, part.text), *_stated(old[key], part, with_values)]
        if lines:
            rewritten = bool(old[key].text)
            found.append(SectionDiff(section=part.section, lines=lines, is_rewritten=rewritten))
    return [*found, *_further(before, after)]


def _further(before: ModelCard, after: ModelCard) -> Iterator[SectionDiff]:
    """Compare the sections that a firm or a file added."""
    titles = {one.key: one.title for card in (before, after) for one in card.extensions}
    for key, title in titles.items():
        section = Section(key=MARK + key, title=title or key, ask="", look_for="")
        old, new = further_text(before, section.key), further_text(after, section.key)
        if old != new:
            lines = diff_lines(old, new)
            yield SectionDiff(section=section, lines=lines, is_rewritten=bool(old))


def _by_key(card: ModelCard) -> dict[str, Part]:
    return {part.section.key: part for part in parts_of(card, EVERYTHING)}


def _stated(old: Part, new: Part, with_values: bool) -> Iterator[Line]:
    before, after = dict(_facts(old, with_values)), dict(_facts(new, with_values))
    for name in dict.fromkeys([*before, *after]):
        if before.get(name, "") != after.get(name, ""):
            yield from diff_value(name, before.get(name, ""), after.get(name, ""))


def _facts(part: Part, with_values: bool) -> Iterable[tuple[str, str]]:
    """Everything that the section states beside its text, as a name and one line of words."""
    for value in part.values:
        name = f"{value.metric}, {value.slice}"
        if with_values or not value.is_measured:
            yield name, _joined([value.value, value.interval])
            yield f"{name}, where it comes from", value.origin.words
        yield f"{name}, comment", value.note
    for one in part.amounts:
        yield one.name, f"{one.value} {one.unit}".strip()
        yield f"{one.name}, where it comes from", one.origin.words
        yield f"{one.name}, comment", one.note
    for data in part.data:
        yield data.name, _joined([f"{label}: {text}" for label, text in data.lines]) or "named"
    for place, risk in enumerate(part.considerations, start=1):
        said = [risk.name, risk.group, risk.benefits, risk.harms, risk.mitigation]
        yield f"Risk {place}", _joined(said)
    for figure in part.figures:
        yield (
            f"Figure {figure.name or figure.digest[:12]}",
            _joined([figure.description, f"sha256:{figure.digest[:12]}…"]),
        )
    facts: dict[str, list[str]] = {}
    for fact in part.facts:
        facts.setdefault(fact.label, []).append(fact.value)
    yield from ((label, _joined(values)) for label, values in facts.items())


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(text for text in texts if text)
