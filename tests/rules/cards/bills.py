"""Bills of materials with models in them, as their writers might have them."""

from __future__ import annotations

import json

CARD_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- Made by hand. -->
<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.7" xmlns:x="urn:example:more" version="3"
    serialNumber="urn:uuid:0f1d0e1c-5b5e-4a39-9d35-7f6b3c2d1e00">
  <c:components>
    <c:component type="library">
      <c:name>solver</c:name>
    </c:component>
    <c:component bom-ref='pd'  type="machine-learning-model">
      <c:publisher>Bank &amp; Sons</c:publisher>
      <c:name>pd-scorecard</c:name>
      <c:version>14</c:version>
      <c:description>It estimates <![CDATA[default < 1 year]]>.</c:description>
      <c:licenses>
        <c:expression acknowledgement="declared">MIT OR Apache-2.0</c:expression>
      </c:licenses>
      <c:modelCard bom-ref="card">
        <!-- What it learns from. -->
        <c:modelParameters>
          <c:approach><c:type>supervised</c:type></c:approach>
          <c:datasets>
            <c:ref>loans</c:ref>
            <c:dataset bom-ref="d2">
              <c:type>dataset</c:type>
              <c:name>Fourth quarter</c:name>
              <c:contents><c:url>https://example.org/q4</c:url></c:contents>
              <c:sensitiveData>age</c:sensitiveData>
              <c:description>Of one branch.</c:description>
            </c:dataset>
          </c:datasets>
          <c:inputs/>
        </c:modelParameters>
        <c:quantitativeAnalysis>
          <c:performanceMetrics>
            <c:performanceMetric><c:type>auc</c:type><c:value>0.90</c:value></c:performanceMetric>
            <c:performanceMetric>
              <c:type>brier</c:type>
              <x:note lang="en">no value yet</x:note>
            </c:performanceMetric>
          </c:performanceMetrics>
        </c:quantitativeAnalysis>
        <c:considerations>
          <c:useCases>
            <c:useCase>Loans</c:useCase>
            <c:useCase>Limits</c:useCase>
          </c:useCases>
          <c:environmentalConsiderations>
            <c:energyConsumptions>
              <c:energyConsumption>
                <c:activity>training</c:activity>
                <c:energyProviders>
                  <c:energyProvider>
                    <c:organization><c:name>Grid</c:name></c:organization>
                    <c:energySource>hydropower</c:energySource>
                    <c:energyProvided><c:value>0.40</c:value><c:unit>kWh</c:unit></c:energyProvided>
                  </c:energyProvider>
                </c:energyProviders>
                <c:activityEnergyCost>
                  <c:value>0.40</c:value><c:unit>kWh</c:unit>
                </c:activityEnergyCost>
              </c:energyConsumption>
            </c:energyConsumptions>
          </c:environmentalConsiderations>
        </c:considerations>
        <c:properties>
          <c:property name="bank:book">retail</c:property>
        </c:properties>
      </c:modelCard>
    </c:component>
    <c:component type="data" bom-ref="loans">
      <c:name>Loans of ten years</c:name>
    </c:component>
  </c:components>
</c:bom>
"""

MODEL = {
    "type": "machine-learning-model",
    "bom-ref": "pd",
    "name": "pd-scorecard",
    "group": "bank",
    "version": "14",
    "description": "It estimates default.",
    "supplier": {"name": "Bank", "url": ["https://example.org"], "contact": [{"phone": "1"}]},
    "authors": [{"name": "Ada", "email": "ada@example.org"}, {"phone": "2"}],
    "licenses": [
        {"license": {"id": "MIT", "url": "https://example.org/mit"}},
        {"license": {"name": "Our own", "text": {"content": "Terms.", "contentType": "text/x"}}},
        {"license": {"licensing": {"purchaser": {"individual": {"name": "x"}}}, "name": "Other"}},
    ],
    "pedigree": {"ancestors": [{"type": "machine-learning-model", "name": "older"}], "notes": "n"},
    "externalReferences": [
        {"type": "vcs", "url": "https://example.org/code", "comment": "Code", "hashes": []},
    ],
    "tags": ["credit"],
    "modelCard": {
        "modelParameters": {
            "approach": {"type": "supervised"},
            "task": "tabular-classification",
            "architectureFamily": "scorecard",
            "modelArchitecture": "Logistic regression.",
            "datasets": [
                {"ref": "loans"},
                {
                    "type": "dataset",
                    "name": "Q4",
                    "contents": {"url": "https://example.org/q4", "attachment": {"content": "a,b"}},
                    "classification": "restricted",
                    "sensitiveData": ["age"],
                    "description": "One branch.",
                    "governance": {"owners": [{"organization": {"name": "Bank"}}]},
                },
                {"type": "other", "classification": "public"},
            ],
            "inputs": [{"format": "application"}],
            "outputs": [{"format": "score"}, {}],
        },
        "quantitativeAnalysis": {
            "performanceMetrics": [
                {"type": "no value"},
                {
                    "type": "auc",
                    "value": "0.90",
                    "slice": "young",
                    "confidenceInterval": {"lowerBound": "0.88", "upperBound": "0.92"},
                },
            ],
            "graphics": {
                "description": "Pictures",
                "collection": [
                    {
                        "name": "ROC",
                        "image": {
                            "contentType": "image/x",
                            "encoding": "base64",
                            "content": "iVBO",
                        },
                    },
                    {"name": "by reference", "image": {"content": "plain"}},
                ],
            },
        },
        "considerations": {
            "users": ["Clerks"],
            "useCases": ["Loans", "Limits\nup to 50,000"],
            "technicalLimitations": ["Thin files"],
            "performanceTradeoffs": ["Slower when thorough"],
            "ethicalConsiderations": [{"name": "Exclusion", "mitigationStrategy": "Refer"}],
            "fairnessAssessments": [{"groupAtRisk": "young", "harms": "Refusal"}],
            "environmentalConsiderations": {
                "energyConsumptions": [
                    {
                        "activity": activity,
                        "energyProviders": [
                            {
                                "organization": {"name": "Grid"},
                                "energySource": "wind",
                                "energyProvided": {"value": 2, "unit": "kWh"},
                            }
                        ],
                        "activityEnergyCost": {"value": 2.50, "unit": "kWh"},
                        "co2CostEquivalent": {"value": 1, "unit": "tCO2eq"},
                    }
                    for activity in ("training", "training", "inference")
                ]
            },
        },
        "properties": [{"name": "bank:book", "value": "retail"}],
    },
}

BILL = {
    "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "serialNumber": "urn:uuid:0f1d0e1c-5b5e-4a39-9d35-7f6b3c2d1e00",
    "version": 2,
    "metadata": {"timestamp": "2026-11-19T10:12:40Z"},
    "components": [
        {"type": "library", "name": "solver", "version": "1"},
        MODEL,
        {"type": "data", "bom-ref": "loans", "name": "Loans of ten years"},
        {"type": "machine-learning-model", "name": "challenger"},
    ],
    "dependencies": [{"ref": "pd", "dependsOn": ["loans"]}],
}

FIRST = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "metadata": {
        "component": {
            "type": "application",
            "name": "app",
            "author": "Ada",
            "components": [{"type": "machine-learning-model", "name": "inner", "author": "Ada"}],
        }
    },
}

CYCLONEDX = {
    "json-1.6": json.dumps(BILL, indent=4).encode(),
    "one-line-1.5": json.dumps(FIRST).encode(),
    "json-1.7-crlf": json.dumps({**BILL, "specVersion": "1.7"}, indent=2)
    .replace("\n", "\r\n")
    .encode(),
    "xml-1.7": CARD_XML.encode(),
    "xml-1.6-bom": b"\xef\xbb\xbf" + CARD_XML.replace("/1.7", "/1.6").encode(),
    "xml-least": (
        b"<bom xmlns='http://cyclonedx.org/schema/bom/1.5'><components>"
        b"<component type='machine-learning-model'><name>m</name><version/></component>"
        b"</components></bom>"
    ),
}
