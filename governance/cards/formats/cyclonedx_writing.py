"""A card as the component of a bill of materials: what `cyclonedx_reading` takes, put there again.

Every list and object that the card may fill is there, if only empty, so that two of them differ in
what the cards differ in; `pruned` takes the empty ones out at the end.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from governance.cards.formats.cyclonedx_reading import (
    DATASET,
    DATASET_OWN,
    DATASET_PREFIX,
    LICENSE_PREFIX,
    LISTS,
    MEASURES,
    NO_KIND,
    TRADEOFFS,
    TYPE,
    activities,
)
from governance.cards.formats.huggingface_metadata import scalar
from governance.cards.formats.listed import items_of
from governance.cards.formats.named_values import DETAILS, pairs_of
from governance.cards.formats.trees import Tree
from governance.cards.rules.model_card import Dataset, License, Metric, ModelCard, Party
from governance.cards.rules.sections import BY_KEY

KINDS = """
vcs issue-tracker website advisories bom mailing-list social chat documentation support
distribution distribution-intake license build-meta build-system release-notes
security-contact model-card log configuration evidence formulation attestation threat-model
adversary-model risk-assessment vulnerability-assertion exploitability-statement
pentest-report static-analysis-report dynamic-analysis-report runtime-analysis-report
component-analysis-report maturity-report certification-report codified-infrastructure
quality-metrics poam other
"""
REFERENCES = frozenset(KINDS.split())
"""The kinds of external references that CycloneDX 1.5 to 1.7 have."""

OWN_DETAILS = DETAILS - {
    "name", "version", "task_type", "model_type", "base_models", "inputs", "outputs",
}  # fmt: skip
OWN_SECTIONS = frozenset(BY_KEY) - {*LISTS, "overview", "architecture"}


@dataclass(frozen=True)
class ComponentWriter:
    """Writes for the given version of CycloneDX, as a change of `source` if there is one."""

    version: str
    source: Mapping[str, Tree] = field(default_factory=dict)

    @property
    def is_first(self) -> bool:
        """1.5 has no tags, and one author in words."""
        return self.version == "1.5"

    def component(self, card: ModelCard) -> dict[str, Tree]:
        details = card.details
        bases = [{"type": TYPE, "name": name} for name in details.base_models]
        return {
            "type": TYPE,
            **self._parties(card.parties),
            "name": details.name,
            **_said({"version": details.version, "description": card.sections.get("overview", "")}),
            "licenses": list(_licenses(card.licenses)),
            "pedigree": {"ancestors": bases},
            "externalReferences": [
                {"type": one.kind if one.kind in REFERENCES else NO_KIND, "url": one.url}
                | _said({"comment": one.title})
                for one in card.references
                if one.url
            ],
            "modelCard": self._model_card(card),
            **({} if self.is_first else {"tags": list(details.tags)}),
        }

    def _parties(self, parties: Iterable[Party]) -> dict[str, Tree]:
        by_role: dict[str, list[Party]] = {}
        for one in parties:
            by_role.setdefault(one.role, []).append(one)
        tree: dict[str, Tree] = {}
        authors = by_role.get("author", [])
        if authors and (isinstance(self.source.get("author"), str) or self.is_first):
            first, *authors = authors
            tree["author"] = first.name
        tree["supplier"] = _firm(by_role.get("supplier", []))
        if not self.is_first:
            tree["manufacturer"] = _firm(by_role.get("manufacturer", []))
            said = [_said({"name": one.name, "email": _email(one.contact)}) for one in authors]
            tree["authors"] = [one for one in said if one]
        tree["publisher"] = next((one.name for one in by_role.get("publisher", [])), "")
        return {key: one for key, one in tree.items() if one != ""}

    # --- the model card ---

    def _model_card(self, card: ModelCard) -> dict[str, Tree]:
        details, sections = card.details, card.sections
        pairs = pairs_of(
            card,
            sections=OWN_SECTIONS,
            details=OWN_DETAILS if self.is_first else OWN_DETAILS - {"tags"},
            extensions=card.extensions,
        )
        parameters = {
            **_said(
                {
                    "task": details.task_type,
                    "architectureFamily": details.model_type,
                    "modelArchitecture": sections.get("architecture", ""),
                }
            ),
            "datasets": [self._dataset(one) for one in card.datasets],
            "inputs": [{"format": one} for one in details.inputs],
            "outputs": [{"format": one} for one in details.outputs],
        }
        return {
            "modelParameters": parameters,
            "quantitativeAnalysis": {
                "performanceMetrics": [_metric(one) for one in card.metrics],
                "graphics": {"collection": list(_graphics(card))},
            },
            "considerations": self._considerations(card),
            "properties": [{"name": name, "value": value} for name, value in pairs],
        }

    def _dataset(self, dataset: Dataset) -> Tree:
        known = self._at("modelCard", "modelParameters", "datasets")
        if isinstance(known, list) and {"ref": dataset.id} in known:
            return {"ref": dataset.id}
        own = [
            {"name": f"{DATASET_PREFIX}{key}", "value": getattr(dataset, key)}
            for key in DATASET_OWN
            if getattr(dataset, key)
        ]
        if dataset.rows:
            own.append({"name": f"{DATASET_PREFIX}rows", "value": dataset.rows.written})
        contents = {**_said({"url": dataset.url}), "properties": own}
        plain = {key: getattr(dataset, key) for key, way in DATASET.items() if len(way) == 1}
        return {
            "type": "dataset",
            **_said(plain),
            "contents": contents,
            "sensitiveData": list(dataset.sensitive),
        }

    def _considerations(self, card: ModelCard) -> dict[str, Tree]:
        tree: dict[str, Tree] = {
            str(place[-1]): items_of(card.sections.get(key, "")) for key, place in LISTS.items()
        }
        by_section: dict[str, list[dict[str, str]]] = {}
        for one in card.considerations:
            said = {key: text for key, text in vars(one).items() if text and key != "section"}
            by_section.setdefault(one.section, []).append(said)
        tree["performanceTradeoffs"] = [
            said["name"] for said in by_section.get(TRADEOFFS, []) if said.keys() == {"name"}
        ]
        tree["ethicalConsiderations"] = [
            _renamed(said, {"name": "name", "mitigation": "mitigationStrategy"})
            for said in by_section.get("ethics", [])
            if said.keys() & {"name", "mitigation"}
        ]
        tree["environmentalConsiderations"] = {"energyConsumptions": list(self._energy(card))}
        assessed = {
            "group": "groupAtRisk",
            "benefits": "benefits",
            "harms": "harms",
            "mitigation": "mitigationStrategy",
        }
        tree["fairnessAssessments"] = [
            _renamed(said, assessed)
            for said in by_section.get("fairness", [])
            if said.keys() & assessed.keys()
        ]
        return tree

    def _energy(self, card: ModelCard) -> Iterator[Tree]:
        """CycloneDX wants the provider of all energy, so it is told only of what the source has."""
        way = ("considerations", "environmentalConsiderations", "energyConsumptions")
        source = self._at("modelCard", *way)
        known = {one.name: one for one in card.quantities if one.section == "environment"}
        for index, activity in activities(source):
            found = {
                key: {"value": scalar(one.value), **_said({"unit": one.unit})}
                for key, name in MEASURES.items()
                if (one := known.get(f"{activity} {name}"))
            }
            if found:
                yield {"activity": source[index]["activity"], **found}

    def _at(self, *way: str) -> Tree:
        found: Tree = self.source
        for key in way:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found


def _said(texts: Mapping[str, str]) -> dict[str, Tree]:
    return {key: text for key, text in texts.items() if text}


def _renamed(said: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Tree]:
    return {name: said[key] for key, name in names.items() if key in said}


def _email(contact: str) -> str:
    return contact if contact.count("@") == 1 and not set(contact) & set(" :/,;") else ""


def _firm(parties: list[Party]) -> dict[str, Tree]:
    first = parties[0] if parties else Party()
    email = _email(first.contact)
    return {**_said({"name": first.name}), "contact": [{"email": email}] if email else []}


def _licenses(licenses: tuple[License, ...]) -> Iterator[Tree]:
    for one in licenses:
        canonical = canonical_license(one.id)
        if (
            canonical == one.id
            and " " in one.id
            and len(licenses) == 1
            and one == License(id=one.id)
        ):
            yield {"expression": one.id}
        else:
            yield {"license": _license(one, "" if " " in canonical else canonical)}


def _license(one: License, canonical: str) -> dict[str, Tree]:
    """An identifier of the SPDX list or a name, never both; what it really was stands beside."""
    listed = canonical and not canonical.startswith("LicenseRef-")
    shown = {"id": canonical} if listed else {"name": one.name or one.id or one.url or "license"}
    own = [
        {"name": f"{LICENSE_PREFIX}{key}", "value": getattr(one, key)}
        for key in ("id", "name")
        if getattr(one, key) != shown.get(key, "")
    ]
    text = {"text": {"content": one.text}} if one.text else {}
    return {**shown, **text, **_said({"url": one.url}), "properties": own}


def canonical_license(identifier: str) -> str:
    try:
        return str(canonicalize_license_expression(identifier))
    except InvalidLicenseExpression:
        return ""


def _metric(metric: Metric) -> dict[str, Tree]:
    interval = metric.interval
    bounds = {"lowerBound": interval.lower, "upperBound": interval.upper} if interval else {}
    return {
        **_said({"type": metric.type or metric.name}),
        "value": metric.value.written,
        **_said({"slice": metric.slice}),
        "confidenceInterval": {key: one.written for key, one in bounds.items() if one},
    }


def _graphics(card: ModelCard) -> Iterator[Tree]:
    for one in card.figures:
        if (data := card.attachments.get(one.digest)) is not None:
            image = {"encoding": "base64", "content": base64.b64encode(data).decode()}
            yield {
                **_said({"name": one.name}),
                "image": {**_said({"contentType": one.media_type}), **image},
            }
