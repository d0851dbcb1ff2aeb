"""The component of a bill of materials that is the model, as a card; JSON and XML alike.

`cyclonedx_writing` puts there again what is taken here.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from governance.cards.formats.listed import listed
from governance.cards.formats.named_values import PREFIX, NamedValues
from governance.cards.formats.protocol import Notice
from governance.cards.formats.trees import Claims, Place, Tree
from governance.cards.rules.model_card import (
    Consideration,
    Dataset,
    Figure,
    Interval,
    License,
    Metric,
    ModelCard,
    Party,
    Quantity,
    Reference,
)
from governance.cards.rules.numbers import Number, Provenance, number
from governance.core.canonical import sha256_hex

NO_KIND = "other"
"""What a reference of no kind is of, as CycloneDX asks for one."""

TYPE = "machine-learning-model"
CONSIDERATIONS = ("modelCard", "considerations")
PARAMETERS = ("modelCard", "modelParameters")
ANALYSIS = ("modelCard", "quantitativeAnalysis")
PROPERTIES = ("modelCard", "properties")
ENERGY = (*CONSIDERATIONS, "environmentalConsiderations", "energyConsumptions")
PROSE: dict[str, Place] = {
    "overview": ("description",),
    "architecture": (*PARAMETERS, "modelArchitecture"),
}
LISTS: dict[str, Place] = {
    "users": (*CONSIDERATIONS, "users"),
    "intended_use": (*CONSIDERATIONS, "useCases"),
    "known_failures": (*CONSIDERATIONS, "technicalLimitations"),
}
TRADEOFFS = "known_failures"
MEASURES = {
    "activityEnergyCost": "energy",
    "co2CostEquivalent": "CO2 equivalent",
    "co2CostOffset": "CO2 offset",
}
MEASURED = re.compile(rf"(?P<activity>.+?) (?P<measure>{'|'.join(MEASURES.values())})")
DATASET = {"name": ("name",), "url": ("contents", "url"), "description": ("description",)}
DATASET_OWN = (
    "role", "id", "digest", "revision", "config", "split", "origin", "recency", "filters",
    "thin_groups", "license",
)  # fmt: skip
DATASET_PREFIX = f"{PREFIX}dataset:"
LICENSE_PREFIX = f"{PREFIX}license:"


def models_in(tree: Tree) -> list[Place]:
    """Return the places of the components that are models, those with a card first."""
    found = [place for place, _ in _components(tree)]
    by_place = dict(_components(tree))
    carded = [one for one in found if isinstance(by_place[one].get("modelCard"), dict)]
    typed = [one for one in found if one not in carded and by_place[one].get("type") == TYPE]
    return [*carded, *typed]


def _components(tree: Tree) -> Iterator[tuple[Place, dict[str, Tree]]]:
    metadata = tree.get("metadata")
    main = metadata.get("component") if isinstance(metadata, dict) else None
    if isinstance(main, dict):
        yield ("metadata", "component"), main
        yield from _nested(main, ("metadata", "component"))
    yield from _nested(tree, ())


def _nested(tree: dict[str, Tree], place: Place) -> Iterator[tuple[Place, dict[str, Tree]]]:
    inner = tree.get("components")
    for index, one in enumerate(inner if isinstance(inner, list) else ()):
        if isinstance(one, dict):
            yield (*place, "components", index), one
            yield from _nested(one, (*place, "components", index))


@dataclass
class ComponentReader:
    """Reads the component at `at`; `claims` is over the whole bill of materials."""

    claims: Claims
    at: Place
    digest: str
    notices: list[tuple[Place, Notice]] = field(default_factory=list)
    attachments: dict[str, bytes] = field(default_factory=dict)

    def card(self) -> ModelCard:
        named = self._named()
        if self.claims.peek(*self.at, "type") == TYPE:
            self.claims.take(*self.at, "type")
        if not self.claims.peek(*self.at, "name"):
            self.claims.take(*self.at, "name")
        return ModelCard(
            details=named.with_details(self._details()),
            sections={**named.sections, **dict(self._sections())},
            parties=tuple(self._parties()),
            licenses=tuple(self._licenses()),
            references=tuple(self._references()),
            datasets=tuple(self._datasets()),
            metrics=tuple(self._metrics()),
            quantities=tuple(self._quantities()),
            considerations=tuple(self._considerations()),
            figures=tuple(self._figures()),
            extensions=tuple(named.extensions),
            attachments=self.attachments,
        )

    # --- access ---

    def _text(self, *parts: str | int) -> str:
        return self.claims.text(*self.at, *parts)

    def _items(self, *parts: str | int) -> Iterator[Place]:
        """Yield the place of each item of a list, within the component."""
        for index in self.claims.items(*self.at, *parts):
            yield (*parts, index)

    def _number(self, *parts: str | int) -> Number | None:
        place = (*self.at, *parts)
        written = self.claims.written(*place)
        provenance = Provenance(file=self.digest, place=self.claims.field(*place))
        return number(written, provenance) if written else None

    def _notice(self, message: str, *parts: str | int) -> None:
        place = (*self.at, *parts)
        notice = Notice(field=self.claims.field(*place), message=message)
        self.notices.append((place, notice))

    # --- what the card has ---

    def _named(self) -> NamedValues:
        named = NamedValues()
        for at in self._items(*PROPERTIES):
            pair = self.claims.peek(*self.at, *at)
            if isinstance(pair, dict) and pair.keys() == {"name", "value"}:
                name, value = pair["name"], pair["value"]
                if isinstance(name, str) and isinstance(value, str) and named.take(name, value):
                    self.claims.take(*self.at, *at)
        return named

    def _details(self) -> dict[str, Any]:
        ancestors = ("pedigree", "ancestors")
        bases = [self._text(*at, "name") for at in self._items(*ancestors)]
        for at in self._items(*ancestors):
            if self.claims.touched(*self.at, *at):
                self._take_type(at, TYPE)
        inputs, outputs = (
            tuple(
                text for at in self._items(*PARAMETERS, key) if (text := self._text(*at, "format"))
            )
            for key in ("inputs", "outputs")
        )
        return {
            "name": self._text("name"),
            "version": self._text("version"),
            "task_type": self._text(*PARAMETERS, "task"),
            "model_type": self._text(*PARAMETERS, "architectureFamily"),
            "tags": self.claims.texts(*self.at, "tags"),
            "base_models": tuple(one for one in bases if one),
            "inputs": tuple(one for one in inputs if one),
            "outputs": tuple(one for one in outputs if one),
        }

    def _take_type(self, at: Place, name: str) -> None:
        if self.claims.peek(*self.at, *at, "type") == name:
            self.claims.take(*self.at, *at, "type")

    def _sections(self) -> Iterator[tuple[str, str]]:
        for key, place in PROSE.items():
            if text := self._text(*place):
                yield key, text
        for key, place in LISTS.items():
            if isinstance(self.claims.peek(*self.at, *place), list) and (
                texts := self.claims.texts(*self.at, *place)
            ):
                yield key, listed(texts)

    def _parties(self) -> Iterator[Party]:
        for role in ("supplier", "manufacturer"):
            if self.claims.has(*self.at, role):
                yield from self._party(role, (role,), (role, "contact", 0, "email"))
        yield from self._party("author", (), (), name="author")
        for at in self._items("authors"):
            yield from self._party("author", at, (*at, "email"))
        yield from self._party("publisher", (), (), name="publisher")

    def _party(self, role: str, at: Place, email: Place, name: str = "name") -> Iterator[Party]:
        contact = self._text(*email) if email else ""
        named = self._text(*at, name)
        if named or contact:
            yield Party(role=role, name=named, contact=contact)

    def _licenses(self) -> Iterator[License]:
        for at in self._items("licenses"):
            if expression := self._text(*at, "expression"):
                yield License(id=expression)
            elif self.claims.has(*self.at, *at, "license"):
                yield from self._license((*at, "license"))

    def _license(self, at: Place) -> Iterator[License]:
        said = {key: self._text(*at, key) for key in ("id", "name", "url")}
        if not self.claims.has(*self.at, *at, "text", "encoding"):
            said["text"] = self._text(*at, "text", "content")
        said.update(self._own(LICENSE_PREFIX, ("id", "name"), (*at, "properties")))
        if self.claims.touched(*self.at, *at):
            yield License(**said)

    def _own(self, prefix: str, keys: tuple[str, ...], at: Place) -> Iterator[tuple[str, str]]:
        """Yield what stands in the properties there under names of ours."""
        for one in self._items(*at):
            pair = self.claims.peek(*self.at, *one)
            name = pair.get("name") if isinstance(pair, dict) else None
            value = pair.get("value", "") if isinstance(pair, dict) else None
            key = name.removeprefix(prefix) if isinstance(name, str) else ""
            if key in keys and isinstance(value, str) and name != key:
                self.claims.take(*self.at, *one)
                yield key, value

    def _references(self) -> Iterator[Reference]:
        for at in self._items("externalReferences"):
            if url := self._text(*at, "url"):
                kind, comment = self._text(*at, "type"), self._text(*at, "comment")
                yield Reference(kind="" if kind == NO_KIND else kind, url=url, title=comment)

    def _datasets(self) -> Iterator[Dataset]:
        for at in self._items(*PARAMETERS, "datasets"):
            if ref := self._text(*at, "ref"):
                yield Dataset(id=ref, name=self._name_of(ref))
                continue
            said: dict[str, Any] = {key: self._text(*at, *way) for key, way in DATASET.items()}
            sensitive = self.claims.texts(*self.at, *at, "sensitiveData")
            own = (*at, "contents", "properties")
            said.update(self._rows(own))
            said.update(self._own(DATASET_PREFIX, DATASET_OWN, own))
            if self.claims.touched(*self.at, *at):
                self._take_type(at, "dataset")
                yield Dataset(**said, sensitive=sensitive)

    def _rows(self, at: Place) -> Iterator[tuple[str, Number]]:
        for one in self._items(*at):
            if self.claims.peek(*self.at, *one, "name") == f"{DATASET_PREFIX}rows":
                rows = self._number(*one, "value")
                if rows:
                    self.claims.take(*self.at, *one)
                    yield "rows", rows

    def _name_of(self, ref: str) -> str:
        """Data is often a component of its own, of which the card of a model has the reference."""
        for _, one in _components(self.claims.tree):
            if one.get("bom-ref") == ref and isinstance(one.get("name"), str):
                return str(one["name"])
        return ""

    def _metrics(self) -> Iterator[Metric]:
        for at in self._items(*ANALYSIS, "performanceMetrics"):
            value = self._number(*at, "value")
            if value is None:
                self._notice("The metric has no value; it is kept as it is.", *at)
                continue
            lower, upper = (
                self._number(*at, "confidenceInterval", f"{side}Bound")
                for side in ("lower", "upper")
            )
            yield Metric(
                type=self._text(*at, "type"),
                value=value,
                slice=self._text(*at, "slice"),
                interval=Interval(lower=lower, upper=upper) if lower or upper else None,
            )

    def _quantities(self) -> Iterator[Quantity]:
        for at, activity in activities(self.claims.peek(*self.at, *ENERGY)):
            found = [
                Quantity(
                    section="environment",
                    name=f"{activity} {name}",
                    value=value,
                    unit=self._text(*ENERGY, at, key, "unit"),
                )
                for key, name in MEASURES.items()
                if (value := self._number(*ENERGY, at, key, "value"))
            ]
            if found:
                self._text(*ENERGY, at, "activity")
            yield from found

    def _considerations(self) -> Iterator[Consideration]:
        place = (*self.at, *CONSIDERATIONS, "performanceTradeoffs")
        if isinstance(self.claims.peek(*place), list):
            for text in self.claims.texts(*place):
                yield Consideration(section=TRADEOFFS, name=text)
        for at in self._items(*CONSIDERATIONS, "ethicalConsiderations"):
            name, way = self._text(*at, "name"), self._text(*at, "mitigationStrategy")
            if name or way:
                yield Consideration(section="ethics", name=name, mitigation=way)
        for at in self._items(*CONSIDERATIONS, "fairnessAssessments"):
            said = {
                "group": self._text(*at, "groupAtRisk"),
                "benefits": self._text(*at, "benefits"),
                "harms": self._text(*at, "harms"),
                "mitigation": self._text(*at, "mitigationStrategy"),
            }
            if any(said.values()):
                yield Consideration(section="fairness", **said)

    def _figures(self) -> Iterator[Figure]:
        for at in self._items(*ANALYSIS, "graphics", "collection"):
            data = self._picture((*at, "image"))
            if data is None:
                continue
            digest = sha256_hex(data)
            self.attachments[digest] = data
            yield Figure(
                digest=digest,
                name=self._text(*at, "name"),
                media_type=self._text(*at, "image", "contentType"),
                section="evaluation",
            )

    def _picture(self, at: Place) -> bytes | None:
        content = self.claims.peek(*self.at, *at, "content")
        if self.claims.peek(*self.at, *at, "encoding") != "base64" or not isinstance(content, str):
            return None
        try:
            data = base64.b64decode("".join(content.split()), validate=True)
        except (binascii.Error, ValueError):
            self._notice("The picture is no base64; it is kept as it is.", *at, "content")
            return None
        self.claims.take(*self.at, *at, "encoding")
        self.claims.take(*self.at, *at, "content")
        return data


def activities(tree: Tree) -> Iterator[tuple[int, str]]:
    """Yield each activity that took energy, with a number where it is there several times."""
    seen: dict[str, int] = {}
    for index, one in enumerate(tree if isinstance(tree, list) else ()):
        activity = one.get("activity") if isinstance(one, dict) else None
        if isinstance(activity, str) and activity:
            seen[activity] = seen.get(activity, 0) + 1
            yield index, activity if seen[activity] == 1 else f"{activity} ({seen[activity]})"
