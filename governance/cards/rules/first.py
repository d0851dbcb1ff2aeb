"""What a model card says, section by section, and what it must say before it is published."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from governance.core.canonical import canonical
from governance.core.errors import NotFound, Problem, WrongState
from governance.core.typed import is_plain

FORMAT = "countersign.card/1"
MAX_SECTION = 50_000
NO_ANSWER = {"", "n/a", "na", "tbd", "tba", "todo", "to do", "?", "-", "–", "…", "..."}


class DraftChanged(WrongState):
    """Somebody else saved the draft since it was opened."""

    code = "draft_changed"


class CardUnchanged(WrongState):
    """The newest revision says the same already."""

    code = "card_unchanged"


class CardNotFound(NotFound):
    code = "card_not_found"


@dataclass(frozen=True, kw_only=True)
class Section:
    """One section of the card. `ask` is the question; `look_for` is what reviewers look for.

    `measured` sections are filled from the registry: measured values satisfy them, and what is
    typed there only comments.
    """

    key: str
    title: str
    ask: str
    look_for: str
    required: bool = True
    measured: bool = False


SECTIONS: tuple[Section, ...] = (
    Section(
        key="task",
        title="Task and users",
        ask="What does it estimate, who works with it, and which decision does it influence?",
        look_for="One sentence a stranger understands, then who sees the output and what they do "
        "with it. “Helps the business” will be sent back.",
    ),
    Section(
        key="intended_use",
        title="Intended use",
        ask="For which decisions, populations and channels is it meant?",
        look_for="Names the decision, the people it is about and the limits of amount, region or "
        "time. A reader can tell for a given case whether it is inside.",
    ),
    Section(
        key="out_of_scope",
        title="Out-of-scope use",
        ask="Where must it not be used, though somebody might think so?",
        look_for="At least one tempting use, and what would go wrong there.",
    ),
    Section(
        key="training_data",
        title="Training data",
        ask="Where does the data come from, how old is it, what was left out, who is thin in it?",
        look_for="Origin, period, row count, filters and exclusions with their reason, and groups "
        "with few rows. Data set and commit of the version stand beside your text.",
    ),
    Section(
        key="evaluation_data",
        title="Evaluation data",
        ask="On which data was it measured, and how does that differ from where it will serve?",
        look_for="Says how it was kept apart from training and whether its period is later.",
    ),
    Section(
        key="evaluation",
        title="Evaluation",
        ask="What do the measured values mean, and where is it worse?",
        look_for="Comments on the weakest slice and on the distance to the limit. The values "
        "themselves come from the registry and can’t be typed.",
        measured=True,
    ),
    Section(
        key="known_failures",
        title="Known failures",
        ask="For whom or when does it fail, and what happens then?",
        look_for="A group or condition, a number and a consequence. “Less accurate for "
        "young people” will be sent back; “AUC 0.829 for ages 18 to 25, so referred” won’t.",
    ),
    Section(
        key="latency_cost",
        title="Latency and cost",
        ask="How fast must it answer, on what, and what does a thousand answers cost?",
        look_for="A percentile with a unit, the hardware it was measured on, and the budget.",
        required=False,
    ),
    Section(
        key="fairness",
        title="Fairness",
        ask="Which groups were compared, by which measure, with which result?",
        look_for="Groups, measure, gap and limit. Where no person is affected, say so and why.",
    ),
    Section(
        key="caveats",
        title="Caveats",
        ask="What else should a reader know before relying on it?",
        look_for="Assumptions about upstream systems and about what must be watched.",
        required=False,
    ),
)
BY_KEY = {section.key: section for section in SECTIONS}


@dataclass(frozen=True, kw_only=True)
class MeasuredValue:
    """One value that the registry measured, as it counted when the card was put together.

    `result` refers to the evaluation result; `received_at` is canonical UTC text.
    """

    metric: str
    slice: str
    value: str
    source: str
    dataset: str
    run_id: str
    result: str
    received_at: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card as published: what people wrote, and what the registry filled in."""

    sections: Mapping[str, str]
    values: Sequence[MeasuredValue] = ()
    lineage: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """Return the canonical text that a revision keeps and whose digest stands for it."""
        return canonical(
            {
                "format": FORMAT,
                "sections": {key: text for key, text in self.sections.items() if text},
                "values": [asdict(value) for value in self.values],
                "lineage": self.lineage,
            }
        )

    def says(self, section: Section) -> bool:
        """Tell whether the section has an answer: measured, or in words that say something."""
        if section.measured and self.values:
            return True
        return is_answer(self.sections.get(section.key, ""))

    def gaps(self) -> list[Section]:
        """Return the required sections that have no answer."""
        return [s for s in SECTIONS if s.required and not self.says(s)]


def read_card(text: str) -> Card:
    """Read back what `Card.text` wrote."""
    body = json.loads(text)
    return Card(
        sections=body["sections"],
        values=tuple(MeasuredValue(**value) for value in body["values"]),
        lineage=body["lineage"],
    )


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


def gap_problems(card: Card) -> Iterable[Problem]:
    for section in card.gaps():
        typed = card.sections.get(section.key, "").strip()
        said = f"“{typed}” is not an answer. " if typed else ""
        yield Problem(
            field=section.key, rule="required", message=f"{section.title}: {said}{section.ask}"
        )
