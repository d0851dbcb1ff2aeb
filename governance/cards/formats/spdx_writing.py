"""A card as the elements of an SPDX 3 document: what `spdx_reading` takes, put there again.

What is new has the identifier of the package with a fragment of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.cards.formats.cyclonedx_writing import canonical_license
from governance.cards.formats.listed import items_of
from governance.cards.formats.named_values import DETAILS as ALL_DETAILS
from governance.cards.formats.named_values import pairs_of
from governance.cards.formats.spdx_reading import (
    ADDRESSES,
    BOTH,
    CDX,
    CDX_NAME,
    CDX_PAIR,
    CDX_VALUE,
    DATA,
    DATA_MARKS,
    DATASET,
    DATASET_LISTS,
    DATASET_OWN,
    DATASET_PREFIX,
    ENERGY,
    ENTRIES,
    ENTRY,
    EXTENSIONS,
    JOIN,
    LICENSE,
    LICENSE_PREFIX,
    PACKAGE,
    PACKAGE_MARKS,
    PAIRS,
    PROSE,
    ROLES,
    TEXTS,
    UNITS,
)
from governance.cards.formats.trees import Tree
from governance.cards.rules.model_card import (
    Dataset,
    Extension,
    License,
    ModelCard,
    Party,
    Quantity,
    Reference,
)
from governance.cards.rules.sections import BY_KEY

MOMENT = re.compile(r"[0-9]{4}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z")
IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?")
CONSUMPTION = "ai_energyConsumption"
ONE_OF = {
    "ai_safetyRiskAssessment": {"serious", "high", "medium", "low"},
    "ai_autonomyType": {"yes", "no", "noAssertion"},
    "ai_useSensitivePersonalInformation": {"yes", "no", "noAssertion"},
}
KINDS = """
altDownloadLocation altWebPage binaryArtifact bower buildMeta buildSystem certificationReport chat
componentAnalysisReport cwe documentation dynamicAnalysisReport eolNotice exportControlAssessment
funding issueTracker license mailingList mavenCentral metrics npm nuget other
privacyAssessment productMetadata purchaseOrder qualityAssessmentReport releaseHistory releaseNotes
riskAssessment runtimeAnalysisReport secureSoftwareAttestation securityAdversaryModel
securityAdvisory securityFix securityOther securityPenTestReport securityPolicy
securityThreatModel socialMedia sourceArtifact staticAnalysisReport support vcs
vulnerabilityDisclosureReport vulnerabilityExploitabilityAssessment
"""
REFERENCES = frozenset(KINDS.split())
OWN_DETAILS = ALL_DETAILS - {"name", "version", "model_type", "tags"}
OWN_SECTIONS = frozenset(BY_KEY) - {"overview", *PROSE}

Elements = dict[str, dict[str, Tree]]


@dataclass
class PackageWriter:
    """Writes the package `id`, and the elements that it needs beside.

    `source` are the elements of the document that is changed; `parties`, `licenses` and `datasets`
    are those of its package, with their identifiers.
    """

    id: str
    creation: Tree
    source: Mapping[str, dict[str, Tree]] = field(default_factory=dict)
    parties: Mapping[Party, str] = field(default_factory=dict)
    licenses: Mapping[License, str] = field(default_factory=dict)
    datasets: Mapping[str, Dataset] = field(default_factory=dict)

    def elements(self, card: ModelCard) -> Elements:
        self._made: Elements = {}
        package = self._package(card)
        self._made[self.id] = package
        self._relations("hasDeclaredLicense", [self._license(one) for one in card.licenses])
        data = [(one.role, self._dataset(one)) for one in card.datasets]
        for kind, role in ROLES.items():
            self._relations(kind, [name for given, name in data if given in {role, BOTH}])
        return self._made

    # --- the package ---

    def _package(self, card: ModelCard) -> dict[str, Tree]:
        details, source = card.details, self.source.get(self.id, {})
        suppliers = [self._agent(one) for one in card.parties if one.role == "supplier"]
        native = {
            name: found
            for name, (_, title) in EXTENSIONS.items()
            if (found := _extension(card, name, title))
        }
        dated = MOMENT.fullmatch(details.date) is not None
        pairs = pairs_of(
            card,
            sections=OWN_SECTIONS,
            details=OWN_DETAILS - ({"date"} if dated else set()),
            extensions=[one for one in card.extensions if not _is_native(one, native)],
        )
        texts = {
            "name": details.name,
            "software_packageVersion": details.version,
            "releaseTime": details.date if dated else "",
            _prose_key(source): card.sections.get("overview", ""),
            "suppliedBy": suppliers[0] if suppliers else "",
            **{name: card.sections.get(key, "") for key, name in PROSE.items()},
            **_addresses(card.references),
        }
        return {
            **self._head(PACKAGE, self.id),
            **_said(texts),
            **({} if source else PACKAGE_MARKS),
            "originatedBy": [self._agent(one) for one in card.parties if one.role == "originator"],
            "externalRef": list(_references(card.references)),
            "ai_domain": list(details.tags),
            "ai_typeOfModel": details.model_type.split(JOIN) if details.model_type else [],
            "ai_metric": [_entry(one.type or one.name, one.value.written) for one in card.metrics],
            **_quantities(card.quantities),
            **native,
            "extension": _extension_of(list(pairs)),
        }

    def _head(self, kind: str, name: str) -> dict[str, Tree]:
        return {"type": kind, "spdxId": name, "creationInfo": self.creation}

    def _new(self, what: str) -> str:
        number = 1
        while (name := f"{self.id}#{what}-{number}") in {**self.source, **self._made}:
            number += 1
        return name

    # --- what is beside it ---

    def _agent(self, party: Party) -> str:
        if party in self.parties:
            return self.parties[party]
        name = self._new("agent")
        email = {
            "type": "ExternalIdentifier",
            "externalIdentifierType": "email",
            "identifier": party.contact,
        }
        contact = {"externalIdentifier": [email]} if "@" in party.contact else {}
        self._made[name] = {**self._head("Agent", name), **_said({"name": party.name}), **contact}
        return name

    def _license(self, one: License) -> str:
        if one in self.licenses:
            return self.licenses[one]
        name = self._new("license")
        if canonical := canonical_license(one.id):
            kind = "simplelicensing_LicenseExpression"
            native = {"id": canonical, "name": one.name, "text": ""}
            said = {"simplelicensing_licenseExpression": canonical}
        else:
            kind = "simplelicensing_SimpleLicensingText"
            text = one.text or one.url or one.name or one.id or "not said"
            native = {"id": "", "name": one.name, "text": text}
            said = {"simplelicensing_licenseText": text}
        own = [
            (f"{LICENSE_PREFIX}{key}", getattr(one, key))
            for key in LICENSE
            if getattr(one, key) != native.get(key, "")
        ]
        self._made[name] = {
            **self._head(kind, name),
            **_said({"name": one.name}),
            **said,
            "extension": _extension_of(own),
        }
        return name

    def _dataset(self, one: Dataset) -> str:
        known = self._known_dataset(one)
        name = known[0] if known else one.id if IRI.fullmatch(one.id) else self._new("dataset")
        source = self.source.get(name)
        if known and (source is None or source.get("type") != DATA):
            return name
        texts = {there: getattr(one, key) for key, there in DATASET.items()}
        texts[_prose_key(source or {})] = one.description
        if not MOMENT.fullmatch(one.recency):
            texts["builtTime"] = ""
        lists = {there: items_of(getattr(one, key)) for key, there in DATASET_LISTS.items()}
        own: list[tuple[str, str]] = [
            (f"{DATASET_PREFIX}{key}", value)
            for key in DATASET_OWN
            if (value := self._unsaid(one, key, name))
        ]
        required = {} if source else DATA_MARKS
        self._made[name] = {
            **self._head(DATA, name),
            **_said(texts),
            **lists,
            **required,
            "extension": _extension_of(own),
        }
        return name

    def _known_dataset(self, one: Dataset) -> list[str]:
        """Return who it is in the source: by its identifier, by all that it says, by its name."""
        there = self.datasets.items()
        return [
            *(name for name, _ in there if name == one.id),
            *(name for name, found in there if found == one),
            *(name for name, found in there if found.name == one.name and not one.id),
        ]

    def _unsaid(self, one: Dataset, key: str, name: str) -> str:
        """What of a dataset has no field in SPDX."""
        value = getattr(one, key)
        if key == "rows":
            return one.rows.written if one.rows else ""
        said = key in DATASET or key in DATASET_LISTS or key == "description"
        if key == "recency" and not MOMENT.fullmatch(one.recency):
            said = False
        is_role = key == "role" and value in {*ROLES.values(), BOTH}
        is_id = key == "id" and value == name
        return "" if said or is_role or is_id else str(value)

    def _relations(self, kind: str, names: list[str]) -> None:
        """Keep each relationship with those that it still has; the first takes the new ones."""
        there = {
            key: one["to"]
            for key, one in self.source.items()
            if one.get("relationshipType") == kind and one.get("from") == self.id
        }
        lists = {
            key: [name for name in ([to] if isinstance(to, str) else to) if name in names]
            for key, to in there.items()
            if isinstance(to, str | list)
        }
        known = {name for listed in lists.values() for name in listed}
        if new := [name for name in names if name not in known]:
            lists.setdefault(next(iter(lists), self._new(kind)), []).extend(new)
        for key, listed in lists.items():
            if listed:
                self._made[key] = {
                    **self._head("Relationship", key),
                    "relationshipType": kind,
                    "from": self.id,
                    "to": listed,
                }


def _said(texts: Mapping[str, str]) -> dict[str, Tree]:
    return {key: text for key, text in texts.items() if text}


def _prose_key(source: Mapping[str, Tree]) -> str:
    """Where the source says in prose what it is."""
    return "comment" if "comment" in source and not source.get("description") else "description"


def _is_native(one: Extension, native: Mapping[str, Tree]) -> bool:
    return any(one.title == EXTENSIONS[name][1] for name in native)


def _extension(card: ModelCard, name: str, title: str) -> Tree:
    for one in card.extensions:
        if one.title == title and one.text:
            if name not in TEXTS:
                return items_of(one.text)
            if one.text in ONE_OF[name]:
                return one.text
    return None


def _extension_of(pairs: list[tuple[str, str]]) -> list[Tree]:
    if not pairs:
        return []
    return [{"type": CDX, PAIRS: [pair_of(name, value) for name, value in pairs]}]


def pair_of(name: str, value: str) -> dict[str, Tree]:
    return {"type": CDX_PAIR, CDX_NAME: name, CDX_VALUE: value}


def _addresses(references: tuple[Reference, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in references:
        name = ADDRESSES.get(one.kind)
        if name and IRI.fullmatch(one.url):
            found.setdefault(name, one.url)
    return found


def _references(references: tuple[Reference, ...]) -> Iterator[Tree]:
    told = set(_addresses(references).items())
    for one in references:
        if one.url and (ADDRESSES.get(one.kind, ""), one.url) not in told:
            kind = one.kind if one.kind in REFERENCES else "other" if one.kind else ""
            head: dict[str, Tree] = {"type": "ExternalRef", **_said({"externalRefType": kind})}
            yield {**head, "locator": [one.url], **_said({"comment": one.title})}


def _entry(key: str, value: str) -> dict[str, Tree]:
    return {"type": ENTRY, "key": key, "value": value}


def _quantities(quantities: tuple[Quantity, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: [_entry(one.name, one.value.written) for one in quantities if one.section == section]
        for name, section in ENTRIES.items()
    }
    units = {ours: theirs for theirs, ours in UNITS.items()}
    used = {
        name: [
            {
                "type": "ai_EnergyConsumptionDescription",
                "ai_energyQuantity": one.value.written,
                "ai_energyUnit": units.get(one.unit, "other"),
            }
            for one in quantities
            if one.section == "environment"
            and re.fullmatch(rf"{re.escape(label)}( \(\d+\))?", one.name)
            and QUANTITY.fullmatch(one.value.written)
        ]
        for name, label in ENERGY.items()
    }
    if any(used.values()):
        found[CONSUMPTION] = {"type": "ai_EnergyConsumption", **used}
    return found
