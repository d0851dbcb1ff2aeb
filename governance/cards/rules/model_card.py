"""The model card, `countersign.card/2`: prose by section, and facts that programs can read.

`data/card.schema.json` says the same for other tools. Prose is Markdown. Figures and the files
that a card was read from are named by their digest; their bytes stand beside the card, in
`attachments`, and never in its text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.cards.rules import first
from governance.cards.rules.codec import decoded, encoded
from governance.cards.rules.first import FirstCard, first_of_body
from governance.cards.rules.numbers import Number, Provenance, ProvenanceKind, number
from governance.core.canonical import canonical

FORMAT = "countersign.card/2"


@dataclass(frozen=True, kw_only=True)
class Details:
    """What the model is, in words that other tools also have a field for."""

    name: str = ""
    version: str = ""
    date: str = ""
    model_type: str = ""
    task_type: str = ""
    library: str = ""
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    base_models: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Party:
    """A person or a firm, and what they are to the model: owner, developer, supplier, contact."""

    name: str = ""
    role: str = ""
    contact: str = ""


@dataclass(frozen=True, kw_only=True)
class License:
    id: str = ""
    name: str = ""
    url: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Something to read: `kind` is repository, paper, demo, artifact, citation or the like."""

    kind: str = ""
    title: str = ""
    url: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Data that the model was trained or evaluated on; `role` says which."""

    role: str = ""
    id: str = ""
    name: str = ""
    url: str = ""
    digest: str = ""
    revision: str = ""
    config: str = ""
    split: str = ""
    description: str = ""
    origin: str = ""
    recency: str = ""
    filters: str = ""
    thin_groups: str = ""
    license: str = ""
    rows: Number | None = None
    sensitive: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Interval:
    lower: Number | None = None
    upper: Number | None = None
    level: str = ""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One measured value. `type` is the metric's id, `name` how it is called here.

    `group` is where other tools gather metrics; `model` whose value it is, where a card speaks
    of several; `note` is the comment on a value that may not be changed. The `dataset` has no role.
    """

    type: str = ""
    name: str = ""
    value: Number
    slice: str = ""
    unit: str = ""
    interval: Interval | None = None
    dataset: Dataset | None = None
    task: str = ""
    model: str = ""
    group: str = ""
    date: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A figure that is no metric of quality: latency, cost, energy, a hyperparameter."""

    section: str
    name: str
    value: Number
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Consideration:
    """A risk or a trade-off of a section, for whom, and what is done about it."""

    section: str
    name: str = ""
    group: str = ""
    benefits: str = ""
    harms: str = ""
    mitigation: str = ""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A picture or another attachment, by the SHA-256 of its bytes."""

    digest: str
    media_type: str = ""
    name: str = ""
    description: str = ""
    section: str = ""


@dataclass(frozen=True, kw_only=True)
class Extension:
    """A section that only this firm or this file has. `owner` says whose form it belongs to."""

    key: str
    title: str = ""
    text: str = ""
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What a file said and the card has no field for: the JSON of it, and where it stood.

    `place` is a JSON Pointer (RFC 6901) into the file of that format.
    """

    format: str
    place: str
    json: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file that the card was read from, by its digest: exports to its format start from it."""

    format: str
    digest: str
    media_type: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    details: Details = Details()
    sections: Mapping[str, str] = field(default_factory=dict)
    parties: tuple[Party, ...] = ()
    licenses: tuple[License, ...] = ()
    references: tuple[Reference, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    metrics: tuple[Metric, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    considerations: tuple[Consideration, ...] = ()
    figures: tuple[Figure, ...] = ()
    extensions: tuple[Extension, ...] = ()
    lineage: Mapping[str, Any] = field(default_factory=dict)
    kept: tuple[Kept, ...] = ()
    sources: tuple[Source, ...] = ()
    attachments: Mapping[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    def body(self) -> dict[str, Any]:
        """Return the card as plain JSON values, without what is empty, without attachments."""
        body: dict[str, Any] = encoded(self, without={"attachments"})
        return body

    def text(self) -> str:
        """Return the canonical text that a revision keeps and whose digest stands for it."""
        return canonical({"format": FORMAT, **self.body()})

    def source(self, name: str) -> Source | None:
        return next((one for one in self.sources if one.format == name), None)


def card_of_body(body: Mapping[str, Any], attachments: Mapping[str, bytes]) -> ModelCard:
    """Build the card from what `body` gave, or from a file that the schema has passed."""
    values = {key: value for key, value in body.items() if key != "format"}
    card: ModelCard = decoded(ModelCard, {**values, "attachments": attachments})
    return card


def card_of_text(text: str) -> ModelCard:
    """Read back what a revision keeps, in the form of its time. Its attachments stand elsewhere."""
    body = json.loads(text)
    if body["format"] == first.FORMAT:
        return from_first(first_of_body(body))
    return card_of_body(body, {})


def as_imported(card: ModelCard, *, file: str) -> ModelCard:
    """Return the card with every claim of its numbers as a claim of the file with that digest.

    That a number was measured, only the registry knows; that it was typed, only who saw it typed.
    """

    def claimed(value: Any) -> Any:
        if isinstance(value, list):
            return [claimed(one) for one in value]
        if not isinstance(value, dict):
            return value
        found = {key: claimed(one) for key, one in value.items()}
        if isinstance(given := found.get("provenance"), dict):
            provenance = Provenance(**given)
            if provenance.kind in {ProvenanceKind.MEASURED, ProvenanceKind.TYPED}:
                said = {"file": file, "place": provenance.place, "source": provenance.words()}
                found["provenance"] = {key: text for key, text in said.items() if text}
        return found

    body = card.body()
    parts = {key: claimed(body[key]) for key in body if key not in {"lineage", "sections"}}
    return card_of_body({**body, **parts}, card.attachments)


def with_typists(card: ModelCard, names: Mapping[str, str]) -> ModelCard:
    """Return the card with `names` in the place of the references to who typed its numbers."""

    def rename(value: Any) -> Any:
        if isinstance(value, list):
            return [rename(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {
            key: names.get(one, one) if key == "typed_by" else rename(one)
            for key, one in value.items()
        }

    if not names:
        return card
    body = card.body()
    parts = ("metrics", "quantities", "datasets")
    renamed = {key: rename(body[key]) for key in parts if key in body}
    return card_of_body({**body, **renamed}, card.attachments)


def from_first(card: FirstCard) -> ModelCard:
    """Return a card of the first form as a model card; every section has kept its key."""
    return ModelCard(
        sections={key: text for key, text in card.sections.items() if text},
        metrics=tuple(
            Metric(
                type=one.metric,
                slice=one.slice,
                value=number(
                    one.value,
                    Provenance(
                        run=one.run_id,
                        dataset=one.dataset,
                        evaluation=one.result,
                        source=one.source,
                        at=one.received_at,
                    ),
                ),
            )
            for one in card.values
        ),
        lineage=card.lineage,
    )
