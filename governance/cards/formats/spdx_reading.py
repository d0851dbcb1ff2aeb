"""The AI package of an SPDX 3 document, and what it is related to, as a card.

`spdx_writing` puts there again what is taken here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.cards.formats.listed import listed
from governance.cards.formats.named_values import PREFIX, NamedValues
from governance.cards.formats.protocol import Notice
from governance.cards.formats.trees import Claims, Place, Tree
from governance.cards.rules.model_card import (
    Dataset,
    Extension,
    License,
    Metric,
    ModelCard,
    Party,
    Quantity,
    Reference,
)
from governance.cards.rules.numbers import Number, Provenance, number

GRAPH = "@graph"
PACKAGE, DATA = "ai_AIPackage", "dataset_DatasetPackage"
ENTRY = "DictionaryEntry"
TOOL, CREATION = "tool", "_:creationinfo"
PACKAGE_MARKS: Mapping[str, Tree] = {"software_primaryPurpose": "model"}
DATA_MARKS: Mapping[str, Tree] = {
    "software_primaryPurpose": "data",
    "dataset_datasetType": ["noAssertion"],
}
"""What SPDX demands and the card does not say."""

CDX, CDX_PAIR = "extension_CdxPropertiesExtension", "extension_CdxPropertyEntry"
PAIRS = "extension_cdxProperty"
CDX_NAME, CDX_VALUE = "extension_cdxPropName", "extension_cdxPropValue"
DETAILS = {"name": "name", "version": "software_packageVersion", "date": "releaseTime"}
PROSE = {
    "intended_use": "ai_informationAboutApplication",
    "training_procedure": "ai_informationAboutTraining",
    "known_failures": "ai_limitation",
}
ADDRESSES = {"download": "software_downloadLocation", "homepage": "software_homePage"}
EXTENSIONS = {
    "ai_modelDataPreprocessing": ("spdx-data-preprocessing", "Preprocessing of the model's data"),
    "ai_modelExplainability": ("spdx-explainability", "Explainability"),
    "ai_standardCompliance": ("spdx-standards", "Standards complied with"),
    "ai_safetyRiskAssessment": ("spdx-safety-risk", "Safety risk assessment"),
    "ai_autonomyType": ("spdx-autonomy", "Autonomy"),
    "ai_useSensitivePersonalInformation": ("spdx-personal", "Sensitive personal information"),
}
"""Fields that are sections of their own: by field, the key and the title."""

TEXTS = frozenset(
    {"ai_safetyRiskAssessment", "ai_autonomyType", "ai_useSensitivePersonalInformation"}
)
JOIN = "; "
ENTRIES = {"ai_hyperparameter": "training_procedure", "ai_metricDecisionThreshold": "evaluation"}
ENERGY = {
    "ai_trainingEnergyConsumption": "training energy",
    "ai_finetuningEnergyConsumption": "fine-tuning energy",
    "ai_inferenceEnergyConsumption": "inference energy",
}
UNITS = {"kilowattHour": "kWh", "megajoule": "MJ"}
ROLES = {"trainedOn": "training", "testedOn": "evaluation"}
BOTH = "training and evaluation"
DATASET = {
    "name": "name",
    "url": "software_downloadLocation",
    "origin": "dataset_dataCollectionProcess",
    "recency": "builtTime",
}
DATASET_LISTS = {"filters": "dataset_dataPreprocessing", "thin_groups": "dataset_knownBias"}
DATASET_OWN = (
    "id", "name", "url", "digest", "revision", "config", "split", "description", "origin",
    "recency", "filters", "thin_groups", "license", "rows", "role",
)  # fmt: skip
DATASET_PREFIX = f"{PREFIX}dataset:"
LICENSE_PREFIX = f"{PREFIX}license:"
LICENSE = ("id", "name", "url", "text")


def id_of(element: Tree) -> str:
    for key in ("spdxId", "@id", "id"):
        if isinstance(element, dict) and isinstance(element.get(key), str):
            return str(element[key])
    return ""


def type_of(element: Tree) -> str:
    found = element.get("type", element.get("@type")) if isinstance(element, dict) else ""
    return found if isinstance(found, str) else ""


def ids_in(value: Tree) -> list[str]:
    """Return the identifiers that a reference holds: one, or a list of them."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and one]


@dataclass
class PackageReader:
    """Reads the package at `at` of the graph that `claims` is over."""

    claims: Claims
    at: Place
    digest: str
    elements: dict[str, Place]
    notices: list[tuple[Place, Notice]] = field(default_factory=list)
    parties: dict[Party, str] = field(default_factory=dict)
    licenses: dict[License, str] = field(default_factory=dict)
    datasets: dict[str, Dataset] = field(default_factory=dict)

    def card(self) -> ModelCard:
        named = NamedValues()
        for place, pair in self._pairs(self.at):
            if named.take(pair[CDX_NAME], pair[CDX_VALUE]):
                self._take_pair(place)
        self._take_our_own()
        types = self.claims.texts(*self.at, "ai_typeOfModel")
        given = {key: self._text(name) for key, name in DETAILS.items()}
        tags = self.claims.texts(*self.at, "ai_domain")
        details: dict[str, Any] = {**given, "model_type": JOIN.join(types), "tags": tags}
        return ModelCard(
            details=named.with_details(details),
            sections={**named.sections, **dict(self._sections())},
            parties=tuple(self._parties()),
            licenses=tuple(self._licenses()),
            references=tuple(self._references()),
            datasets=tuple(self._datasets()),
            metrics=tuple(self._metrics()),
            quantities=tuple(self._quantities()),
            extensions=(*self._extensions(), *named.extensions),
        )

    @property
    def id(self) -> str:
        return id_of(self.claims.peek(*self.at))

    # --- access ---

    def _text(self, *parts: str | int) -> str:
        return self.claims.text(*self.at, *parts)

    def _number(self, *place: str | int) -> Number | None:
        written = self.claims.written(*place)
        provenance = Provenance(file=self.digest, place=self.claims.field(*place))
        return number(written, provenance) if written else None

    def _take_type(self, name: str, *place: str | int) -> None:
        if self.claims.touched(*place) and self.claims.peek(*place, "type") == name:
            self.claims.take(*place, "type")

    def _pairs(self, at: Place) -> Iterator[tuple[Place, dict[str, str]]]:
        """Yield the named values of an element: SPDX has the extension from CycloneDX."""
        for index in self.claims.items(*at, "extension"):
            for inner in self.claims.items(*at, "extension", index, PAIRS):
                place = (*at, "extension", index, PAIRS, inner)
                pair = self.claims.peek(*place)
                said = (pair.get(CDX_NAME), pair.get(CDX_VALUE)) if isinstance(pair, dict) else ()
                if said and all(isinstance(one, str) for one in said):
                    yield place, pair

    def _take_pair(self, place: Place) -> None:
        self.claims.take(*place)
        self._take_type(CDX, *place[:-2])

    def _own(self, prefix: str, keys: tuple[str, ...], at: Place) -> Iterator[tuple[str, str]]:
        for place, pair in self._pairs(at):
            key = pair[CDX_NAME].removeprefix(prefix)
            if key in keys and key != pair[CDX_NAME]:
                self._take_pair(place)
                yield key, pair[CDX_VALUE]

    def _take_our_own(self) -> None:
        """Take what only a document that we made has around a card: it says nothing of its own."""
        ours = {name: one for name, one in self.elements.items() if name.startswith(f"{self.id}#")}
        for place in ours.values():
            element = self.claims.peek(*place)
            for key in ("type", "spdxId", "creationInfo"):
                self.claims.take(*place, key)
            if type_of(element) == "Relationship":
                self._take(place, {"from": self.id})
                self.claims.take(*place, "relationshipType")
            elif type_of(element) == DATA:
                self._take(place, DATA_MARKS)
            elif type_of(element) != PACKAGE:
                self.claims.take(*place)
        if f"{self.id}#{TOOL}" in ours:
            for key in ("type", "spdxId", "creationInfo"):
                self.claims.take(*self.at, key)
            self._take(self.at, PACKAGE_MARKS)
            if CREATION in self.elements:
                self.claims.take(*self.elements[CREATION])

    def _take(self, place: Place, marks: Mapping[str, Tree]) -> None:
        for key, value in marks.items():
            if self.claims.peek(*place, key) == value:
                self.claims.take(*place, key)

    # --- what the card has ---

    def _sections(self) -> Iterator[tuple[str, str]]:
        if text := self._text("description") or self._text("comment"):
            yield "overview", text
        for key, name in PROSE.items():
            if text := self._text(name):
                yield key, text

    def _extensions(self) -> Iterator[Extension]:
        for name, (key, title) in EXTENSIONS.items():
            if name in TEXTS:
                text = self._text(name)
            else:
                is_list = isinstance(self.claims.peek(*self.at, name), list)
                text = listed(self.claims.texts(*self.at, name)) if is_list else ""
            if text:
                yield Extension(key=key, title=title, text=text)

    def _parties(self) -> Iterator[Party]:
        for role, name in (("supplier", "suppliedBy"), ("originator", "originatedBy")):
            for agent in self.claims.texts(*self.at, name):
                party = self._agent(role, agent)
                self.parties[party] = agent
                yield party

    def _agent(self, role: str, agent: str) -> Party:
        """The element of the agent is others' too: its name is read, and stays as it is."""
        element = self.claims.peek(*self.elements[agent]) if agent in self.elements else {}
        named = element.get("name")
        contacts = element.get("externalIdentifier")
        emails = [
            one.get("identifier")
            for one in (contacts if isinstance(contacts, list) else [])
            if isinstance(one, dict) and one.get("externalIdentifierType") == "email"
        ]
        return Party(
            role=role,
            name=named if isinstance(named, str) and named else agent,
            contact=emails[0] if emails and isinstance(emails[0], str) else "",
        )

    def _related(self, kind: str) -> Iterator[str]:
        for place, one in self.relationships(kind):
            self.claims.take(*place, "to")
            yield from ids_in(one.get("to"))

    def relationships(self, kind: str) -> Iterator[tuple[Place, dict[str, Tree]]]:
        """Yield the relationships of the package of that kind that name whole elements."""
        for place in self.elements.values():
            one = self.claims.peek(*place)
            is_own = one.get("relationshipType") == kind and one.get("from") == self.id
            if is_own and ids_in(one.get("to")):
                yield place, one

    def _licenses(self) -> Iterator[License]:
        for name in self._related("hasDeclaredLicense"):
            place = self.elements.get(name)
            found = self._license(place) if place else License(id=name.rpartition("/")[2])
            self.licenses[found] = name
            yield found

    def _license(self, place: Place) -> License:
        element = self.claims.peek(*place)
        said = {
            "id": element.get("simplelicensing_licenseExpression"),
            "name": element.get("name"),
            "text": element.get("simplelicensing_licenseText"),
        }
        own = dict(self._own(LICENSE_PREFIX, LICENSE, place))
        plain = {key: text for key, text in said.items() if isinstance(text, str)}
        return License(**{**plain, **own})

    def _references(self) -> Iterator[Reference]:
        for kind, name in ADDRESSES.items():
            if url := self._text(name):
                yield Reference(kind=kind, url=url)
        for index in self.claims.items(*self.at, "externalRef"):
            at = (*self.at, "externalRef", index)
            several = self.claims.peek(*at, "locator")
            is_one = isinstance(several, list) and len(several) == 1
            if is_one and (urls := self.claims.texts(*at, "locator")):
                kind, title = (self.claims.text(*at, key) for key in ("externalRefType", "comment"))
                self._take_type("ExternalRef", *at)
                yield Reference(kind=kind, url=urls[0], title=title)

    def _datasets(self) -> Iterator[Dataset]:
        roles: dict[str, str] = {}
        for kind, role in ROLES.items():
            for name in self._related(kind):
                roles[name] = role if roles.get(name, role) == role else BOTH
        for name, role in roles.items():
            found = self._dataset(name, role)
            self.datasets[name] = found
            yield found

    def _dataset(self, name: str, role: str) -> Dataset:
        place = self.elements.get(name)
        if place is None or type_of(self.claims.peek(*place)) != DATA:
            return Dataset(role=role, id=name)
        said: dict[str, Any] = {
            key: self.claims.text(*place, there) for key, there in DATASET.items()
        }
        for key, there in DATASET_LISTS.items():
            is_list = isinstance(self.claims.peek(*place, there), list)
            said[key] = listed(self.claims.texts(*place, there)) if is_list else ""
        said["description"] = self.claims.text(*place, "description") or self.claims.text(
            *place, "comment"
        )
        said["id"] = "" if name.startswith(f"{self.id}#") else name
        said["role"] = role
        own = dict(self._own(DATASET_PREFIX, DATASET_OWN, place))
        rows = number(own.pop("rows"), Provenance(file=self.digest)) if "rows" in own else None
        return Dataset(**{**said, **own}, rows=rows)

    def _metrics(self) -> Iterator[Metric]:
        for key, value in self._entries("ai_metric"):
            yield Metric(type=key, value=value)

    def _quantities(self) -> Iterator[Quantity]:
        for name, section in ENTRIES.items():
            for key, value in self._entries(name):
                yield Quantity(section=section, name=key, value=value)
        for name, label in ENERGY.items():
            for index in self.claims.items(*self.at, "ai_energyConsumption", name):
                at = (*self.at, "ai_energyConsumption", name, index)
                used = self._number(*at, "ai_energyQuantity")
                if used is None:
                    continue
                unit = self.claims.text(*at, "ai_energyUnit")
                self._take_type("ai_EnergyConsumptionDescription", *at)
                yield Quantity(
                    section="environment",
                    name=label if not index else f"{label} ({index + 1})",
                    value=used,
                    unit=UNITS.get(unit, unit),
                )
        self._take_type("ai_EnergyConsumption", *self.at, "ai_energyConsumption")

    def _entries(self, name: str) -> Iterator[tuple[str, Number]]:
        for index in self.claims.items(*self.at, name):
            at = (*self.at, name, index)
            value = self._number(*at, "value") if self.claims.peek(*at, "key") else None
            if value is None:
                notice = Notice(
                    field=self.claims.field(*at),
                    message="The entry has no key or no value; it is kept as it is.",
                )
                self.notices.append((at, notice))
                continue
            self._take_type(ENTRY, *at)
            yield self.claims.text(*at, "key"), value
