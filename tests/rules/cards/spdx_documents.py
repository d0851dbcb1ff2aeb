"""Documents of SPDX 3 with models in them, as their writers might have them."""

from __future__ import annotations

import json

BASE = "https://example.org/bank"
CREATED = {"creationInfo": "_:c"}


def entry(key: str, value: str) -> dict[str, str]:
    return {"type": "DictionaryEntry", "key": key, "value": value}


def related(name: str, kind: str, *to: str, start: str = f"{BASE}/pd") -> dict[str, object]:
    head = {"type": "Relationship", "spdxId": f"{BASE}/{name}", **CREATED}
    return {**head, "relationshipType": kind, "from": start, "to": list(to)}


MODEL = {
    "type": "ai_AIPackage",
    "spdxId": f"{BASE}/pd",
    **CREATED,
    "name": "pd-scorecard",
    "comment": "It estimates default.",
    "software_packageVersion": "14",
    "software_primaryPurpose": "model",
    "software_downloadLocation": "https://example.org/pd.zip",
    "releaseTime": "2026-11-19T00:00:00Z",
    "suppliedBy": f"{BASE}/ada",
    "originatedBy": [f"{BASE}/firm", "https://example.org/elsewhere"],
    "externalRef": [
        {"type": "ExternalRef", "externalRefType": "vcs", "locator": ["https://example.org/c"]},
        {"type": "ExternalRef", "externalRefType": "other", "locator": ["a:b", "c:d"]},
    ],
    "ai_domain": ["credit", "banking"],
    "ai_typeOfModel": ["scorecard", "logistic regression"],
    "ai_autonomyType": "no",
    "ai_safetyRiskAssessment": "low",
    "ai_informationAboutApplication": "Loans.",
    "ai_informationAboutTraining": "Ten years.",
    "ai_limitation": "Thin files.",
    "ai_modelDataPreprocessing": ["Binned.", "Weighed."],
    "ai_standardCompliance": ["SR 26-2"],
    "ai_metric": [entry("auc", "0.90"), {"type": "DictionaryEntry", "key": "none"}],
    "ai_hyperparameter": [entry("C", "1e-3"), entry("solver", "lbfgs")],
    "ai_metricDecisionThreshold": [entry("auc", "0.75")],
    "ai_energyConsumption": {
        "type": "ai_EnergyConsumption",
        "ai_trainingEnergyConsumption": [
            {
                "type": "ai_EnergyConsumptionDescription",
                "ai_energyQuantity": 2.50,
                "ai_energyUnit": "kilowattHour",
            }
        ],
    },
    "extension": [
        {
            "type": "extension_CdxPropertiesExtension",
            "extension_cdxProperty": [
                {
                    "type": "extension_CdxPropertyEntry",
                    "extension_cdxPropName": "bank:book",
                    "extension_cdxPropValue": "retail",
                }
            ],
        }
    ],
}

DATA = {
    "type": "dataset_DatasetPackage",
    "spdxId": f"{BASE}/loans",
    **CREATED,
    "name": "Loans",
    "description": "Of ten years.",
    "builtTime": "2026-01-01T00:00:00Z",
    "software_downloadLocation": "https://example.org/loans",
    "dataset_dataCollectionProcess": "From the bureau.",
    "dataset_dataPreprocessing": ["No staff.", "No doubles."],
    "dataset_datasetType": ["structured"],
    "dataset_datasetSize": 1920000,
    "dataset_knownBias": ["Few young."],
    "dataset_sensor": [entry("none", "none")],
}

GRAPH = [
    {
        "type": "CreationInfo",
        "@id": "_:c",
        "specVersion": "3.0.1",
        "created": "2026-11-19T10:12:40Z",
        "createdBy": [f"{BASE}/ada"],
    },
    {
        "type": "Person",
        "spdxId": f"{BASE}/ada",
        **CREATED,
        "name": "Ada",
        "externalIdentifier": [
            {
                "type": "ExternalIdentifier",
                "externalIdentifierType": "email",
                "identifier": "ada@example.org",
            }
        ],
    },
    {"type": "Organization", "spdxId": f"{BASE}/firm", **CREATED},
    {
        "type": "SpdxDocument",
        "spdxId": f"{BASE}/document",
        **CREATED,
        "rootElement": [f"{BASE}/pd"],
        "profileConformance": ["core", "ai", "dataset"],
    },
    related("trained", "trainedOn", f"{BASE}/loans"),
    MODEL,
    {**DATA, "spdxId": f"{BASE}/quarter", "name": "Fourth quarter"},
    DATA,
    related("tested", "testedOn", f"{BASE}/quarter", f"{BASE}/loans"),
    {
        "type": "simplelicensing_LicenseExpression",
        "spdxId": f"{BASE}/mit",
        **CREATED,
        "simplelicensing_licenseExpression": "MIT",
    },
    related("licensed", "hasDeclaredLicense", f"{BASE}/mit"),
    related("concluded", "hasConcludedLicense", f"{BASE}/mit"),
    related("other", "hasDeclaredLicense", f"{BASE}/mit", start=f"{BASE}/loans"),
    {"type": "ai_AIPackage", "spdxId": f"{BASE}/second", **CREATED, "name": "challenger"},
]
DOCUMENT = {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": GRAPH}
ONE = {
    "@context": DOCUMENT["@context"],
    "type": "ai_AIPackage",
    "spdxId": f"{BASE}/one",
    "name": "one",
    "creationInfo": {
        "type": "CreationInfo",
        "specVersion": "3.0.1",
        "created": "2026-11-19T10:12:40Z",
        "createdBy": [f"{BASE}/ada"],
    },
}

SPDX = {
    "graph": json.dumps(DOCUMENT, indent="\t").encode(),
    "one": json.dumps(ONE, indent=2).encode(),
}
