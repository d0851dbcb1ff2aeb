"""What a card must say, by the model's tier and kind, and what it does not say yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from governance.cards.rules.model_card import ModelCard
from governance.cards.rules.sections import BY_KEY, SECTIONS, Section
from governance.core.errors import Problem
from governance.core.typed import is_plain

MAX_SECTION = 50_000
NO_ANSWER = {"", "n/a", "na", "tbd", "tba", "todo", "to do", "?", "-", "–", "…", "..."}
FACTS = {"evaluation": "metrics", "license": "licenses", "contacts": "parties"}
"""The sections that facts answer too, by the field of the card that holds them."""
LOWEST_TIER = 4


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Of what model the card is: its `tier`, None while it is not assessed, and whether it is a
    language model or an `agent`. An unassessed model needs what the lowest tier needs.
    """

    tier: int | None = None
    agent: bool = False

    def needs(self, section: Section) -> bool:
        if section.needed_to_tier is None or (section.agents and not self.agent):
            return False
        return section.needed_to_tier >= (self.tier or LOWEST_TIER)

    def needed(self) -> tuple[Section, ...]:
        """Return what must be answered before a card is published, in the order of reading."""
        return tuple(section for section in SECTIONS if self.needs(section))

    def offered(self, card: ModelCard) -> tuple[Section, ...]:
        """Return the sections to write in: those of agents only for agents, or if not empty."""
        return tuple(s for s in SECTIONS if self.agent or not s.agents or says(card, s))

    def gaps(self, card: ModelCard) -> list[Section]:
        """Return the needed sections that have no answer."""
        return [section for section in self.needed() if not says(card, section)]


def says(card: ModelCard, section: Section) -> bool:
    """Tell whether the section has an answer: in facts, or in words that say something."""
    if section.key in FACTS and getattr(card, FACTS[section.key]):
        return True
    return is_answer(card.sections.get(section.key, ""))


def answered(card: ModelCard) -> tuple[str, ...]:
    """Return the keys of the sections that have an answer, in the order of reading."""
    return tuple(section.key for section in SECTIONS if says(card, section))


def is_answer(text: str) -> bool:
    """Tell whether the text says something; “N/A” and the like do not."""
    return text.strip().rstrip(".").strip().lower() not in NO_ANSWER


def section_problems(sections: Mapping[str, str]) -> Iterable[Problem]:
    """Check what was typed, not whether it is enough: a draft may be half empty."""
    for key, text in sections.items():
        if key not in BY_KEY:
            known = ", ".join(BY_KEY)
            message = f"A card has no section {key!r}. It has: {known}."
            yield Problem(field=key, rule="unknown", message=message)
        elif len(text) > MAX_SECTION:
            message = (
                f"{BY_KEY[key].title} has {len(text):,} characters; use at most {MAX_SECTION:,}."
            )
            yield Problem(field=key, rule="length", message=message)
        elif not is_plain(text):
            message = f"{BY_KEY[key].title} holds a control character. Remove it, then save again."
            yield Problem(field=key, rule="characters", message=message)


def gap_problems(card: ModelCard, expected: Expected) -> Iterable[Problem]:
    """Say of each gap what is missing, with the question that is not answered."""
    for section in expected.gaps(card):
        typed = card.sections.get(section.key, "").strip()
        said = f"“{typed}” is not an answer. " if typed else ""
        yield Problem(
            field=section.key, rule="required", message=f"{section.title}: {said}{section.ask}"
        )
