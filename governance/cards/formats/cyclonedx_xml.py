"""CycloneDX in XML as the tree that its JSON has, and back: `xml_text` edits by these rules."""

from __future__ import annotations

from governance.cards.formats.xml_text import XmlRules

ORGANIZATIONS = ("supplier", "manufacturer", "manufacture", "organization", "publisher")
ATTACHED = ("image", "attachment", "text")

SEQUENCE = """
metadata approach task architectureFamily modelArchitecture datasets inputs outputs type
supplier manufacturer authors author publisher group name version
contents attachment classification sensitiveData graphics
description collection governance image scope hashes id text licenses licensing
copyright cpe purl omniborId swhid swid modified ancestors descendants variants commits
patches notes pedigree url contact email phone comment externalReferences
value unit slice lowerBound upperBound confidenceInterval format performanceMetrics
activity energyProviders activityEnergyCost co2CostEquivalent co2CostOffset
energyConsumptions groupAtRisk benefits harms mitigationStrategy
users useCases technicalLimitations performanceTradeoffs ethicalConsiderations
environmentalConsiderations fairnessAssessments
modelParameters quantitativeAnalysis considerations properties components evidence
releaseNotes modelCard data cryptoProperties tags services dependencies
"""
"""The order is that of the sequences in the XML schema, all of them merged into one."""

CYCLONEDX_XML = XmlRules(
    items={
        "components": ("component",),
        "ancestors": ("component",),
        "descendants": ("component",),
        "variants": ("component",),
        "services": ("service",),
        "dependencies": ("dependency",),
        "vulnerabilities": ("vulnerability",),
        "compositions": ("composition",),
        "annotations": ("annotation",),
        "lifecycles": ("lifecycle",),
        "authors": ("author",),
        "hashes": ("hash",),
        "licenses": ("license", "expression", "expression-detailed"),
        "commits": ("commit",),
        "patches": ("patch",),
        "externalReferences": ("reference",),
        "properties": ("property",),
        "datasets": ("dataset", "ref"),
        "inputs": ("input",),
        "outputs": ("output",),
        "performanceMetrics": ("performanceMetric",),
        "collection": ("graphic",),
        "users": ("user",),
        "useCases": ("useCase",),
        "technicalLimitations": ("technicalLimitation",),
        "performanceTradeoffs": ("performanceTradeoff",),
        "ethicalConsiderations": ("ethicalConsideration",),
        "fairnessAssessments": ("fairnessAssessment",),
        "energyConsumptions": ("energyConsumption",),
        "energyProviders": ("energyProvider",),
        "custodians": ("custodian",),
        "stewards": ("steward",),
        "owners": ("owner",),
        "tags": ("tag",),
    },
    named_items=frozenset({"license", "expression", "expression-detailed", "ref"}),
    many=frozenset(
        {(name, key) for name in ORGANIZATIONS for key in ("url", "contact")}
        | {("dataset", "sensitiveData"), ("data", "sensitiveData"), ("component", "data")}
    ),
    attributes={
        "bom": ("serialNumber", "version"),
        "component": ("type", "mime-type", "bom-ref"),
        "modelCard": ("bom-ref",),
        "dataset": ("bom-ref",),
        "property": ("name",),
        "reference": ("type",),
        "license": ("bom-ref", "acknowledgement"),
        "hash": ("alg",),
        **dict.fromkeys(ATTACHED, ("contentType", "encoding")),
        **dict.fromkeys((*ORGANIZATIONS, "contact"), ("bom-ref",)),
    },
    renamed={"content-type": "contentType"},
    content={"property": "value", "hash": "content", **dict.fromkeys(ATTACHED, "content")},
    order=tuple(SEQUENCE.split()),
)
