"""Cards as their writers might have them, by format; a format adds its own to `DOCUMENTS`."""

from __future__ import annotations

import json

from governance.cards.rules.first import FirstCard, MeasuredValue
from governance.cards.rules.model_card import (
    Consideration,
    Dataset,
    Details,
    Extension,
    Interval,
    Kept,
    License,
    Metric,
    ModelCard,
    Party,
    Quantity,
    Reference,
)
from governance.cards.rules.numbers import Provenance, number
from tests.rules.cards.bills import CYCLONEDX
from tests.rules.cards.spdx_documents import SPDX

HUB_CARD = """\
---
# What the Hub shows beside the card.
language:
- en
- no
license: other   # see below
license_name: our-own
license_link: LICENSE.md
library_name: sklearn
pipeline_tag: tabular-classification
tags: [credit, "001"]
datasets:
- example/loans
thumbnail: "https://example.org/thumb.png"
widget:
- structuredData:
    income: [1200.50, 3400]
co2_eq_emissions:
  emissions: 12.50
  source: code carbon
  hardware_used: one laptop
model-index:
- name: pd-scorecard
  results:
  - task:
      type: tabular-classification
      name: Default within a year
    dataset:
      type: example/loans
      name: Loans
      split: test
      args:
        date: 20220120
    metrics:
    - type: auc
      value: 0.90
      verifyToken: abc.def
    - type: wer
      value: 20.0 ± 1.2
      name: Test WER
    source:
      name: A leaderboard
      url: https://example.org/leaderboard
  - task:
      type: tabular-classification
    dataset:
      type: example/loans
      name: Loans
      split: test
    metrics:
    - type: brier
      value: 1e-5
---

# Model Card for PD scorecard

<!-- one line -->
It estimates default.

## Uses

### Direct Use

Loans up to EUR 50,000.

### Out-of-Scope Use

Prices.

## Bias, Risks, and Limitations

* thin files
* `code`

## Our own heading

1. first

```python
# not a heading
```

### Deeper

Text.

## Training Data

From the bureau.
"""

HUB_RESULTS = """\
# Results of one night.
- dataset:
    id: example/hle
    task_id: hle
    revision: 5503434
  value: 20.90
  verifyToken: tok
  date: "2026-11-01"
  source:
    url: https://example.org/logs
    name: Logs
  notes: "no-tools"
- dataset:
    id: example/gpqa
    task_id: gpqa_diamond
  value: 0.412
"""

PLAIN = """\
Preface before any heading.

Model card: Zephyr
==================

Two lines
of overview.\x20\x20

Intended Use
------------

Weather.

### Training Data

Buoys.

## Ethical considerations:

None known.

## Ethical considerations

A second time.

## 制限事項

これは日本語のカードです。🚧

## حدود النموذج

لا يعمل في الصحراء.

#### Evaluation

| slice | value |
|---|---|
| all | 0.9 |
"""

PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DOT = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

TOOLKIT_SECOND = """\
{
  "schema_version": "0.0.2",
  "model_details": {
    "name": "Sea state",
    "overview": "It tells how high the waves are.\\nNot more.",
    "documentation": "Called once an hour.",
    "owners": [{"name": "Ada", "contact": "ada@example.org"}, {"contact": "desk@example.org"}],
    "version": {"name": "v2", "date": "2026-02-03", "diff": "More buoys."},
    "licenses": [{"identifier": "Apache-2.0"}, {"custom_text": "Ours."}],
    "references": [{"reference": "https://example.org/a"}, {"reference": "https://example.org/b"}],
    "citations": [{"style": "bibtex", "citation": "@misc{sea}"}],
    "path": "models/sea/2",
    "newer_field": {"kept": [1.50, null]}
  },
  "model_parameters": {
    "model_architecture": "Trees, boosted.",
    "data": [
      {
        "name": "Train set",
        "link": "https://example.org/buoys",
        "sensitive": {"sensitive_data": ["position"]},
        "graphics": {
          "description": "By month",
          "collection": [{"name": "Winter", "image": "@P"}, {"name": "Gone", "image": "{none}"}]
        },
        "description": "Ten years"
      },
      {"name": "Eval set", "graphics": {"collection": [{"name": "Summer", "image": "@D"}]}}
    ],
    "input_format": "table",
    "output_format_map": [{"key": "unit", "value": "m"}, {"key": "type", "value": "number"}]
  },
  "quantitative_analysis": {
    "performance_metrics": [
      {"type": "rmse", "value": "0.410", "slice": "all",
       "confidence_interval": {"lower_bound": "0.40", "upper_bound": "0.42"}},
      {"type": "no value", "slice": "north"},
      {"type": "rmse", "value": "about a half", "slice": "south"}
    ],
    "graphics": {"collection": [{"name": "All", "image": "@P"}]}
  },
  "considerations": {
    "users": [{"description": "Pilots"}, {"description": "Ports\\nand harbors"}],
    "use_cases": [{"description": "Planning"}],
    "limitations": [{"description": "Ice"}, {"description": ""}, {"description": "Shoals"}],
    "tradeoffs": [{"description": "Speed against height"}],
    "ethical_considerations": [{"name": "None seen", "mitigation_strategy": "Ask again"}]
  }
}
""".replace("@P", PICTURE).replace("@D", DOT)

TOOLKIT_FIRST = """\
{
    "schema_version": "0.0.1",
    "model_details": {
        "name": "Sea state",
        "overview": "Caf\\u00e9 waves.",
        "owners": [{"name": "Ada"}],
        "version": {"name": "v1", "date": "08/28/2020"},
        "license": "Apache-2.0",
        "references": ["https://example.org/a", "https://example.org/b"],
        "citation": "https://example.org/cite"
    },
    "model_parameters": {
        "data": {
            "train": {"name": "Buoys", "sensitive": true, "graphics": {}},
            "eval": {
                "graphics": {
                    "collection": [
                        {"name": "Size", "description": "How many rows", "image": "@P"}
                    ]
                }
            }
        }
    },
    "quantitative_analysis": {
        "performance_metrics": [
            {"type": "rmse", "value": 0.4100000001, "threshold": 0.5},
            {
                "type": "rmse",
                "value": 1e-5,
                "slice": "north",
                "confidence_interval": {"lower_bound": 0.40, "upper_bound": 0.420}
            }
        ]
    },
    "considerations": {
        "users": ["Pilots."],
        "limitations": ["Ice.", "Shoals."],
        "ethical_considerations": [{"name": "None seen."}]
    }
}
""".replace("@P", PICTURE)

TOOLKIT_PROTO = """\
# proto-message: ModelCard

model_details: {
  name: "Sea state"   # as on the bridge
  overview: "It tells "
            'how "high" the waves are.\\n\\303\\251t\\u00e9'
  owners { name: "Ada" contact: "ada@example.org" }
  owners: <
    name: "Grace";
  >
  version { date { seconds: 1580601600 } }
  references: { reference: "https://example.org/a" }
}
model_parameters {
  data {
    name: "buoys",
    sensitive { sensitive_data: ["position", "crew"] }
    graphics { collection { name: "Winter" image: "@P" } }
  }
}
quantitative_analysis: {
  performance_metrics: { type: "rmse" value: "0.410" slice: "all" }
}
considerations {
  limitations { description: "Ice" }
  limitations { description: "Shoals" }
}
""".replace("@P", PICTURE)

SAGEMAKER_CONTENT = """\
{
  "model_overview": {
    "model_id": "arn:aws:sagemaker:eu-north-1:000000000000:model/churn",
    "model_name": "churn",
    "model_description": "Who may leave.\\nWithin a year.",
    "model_version": 3,
    "problem_type": "Binary Classification",
    "algorithm_type": "Trees",
    "model_creator": "Retail",
    "model_owner": "Ada",
    "model_artifact": ["s3://bank/churn/1.tar.gz", "s3://bank/churn/2.tar.gz"],
    "inference_environment": {"container_image": ["000000000000.dkr.ecr/x:1"]}
  },
  "intended_uses": {
    "purpose_of_model": "Call them first.",
    "intended_uses": "Retail.",
    "factors_affecting_model_efficiency": "Mergers.",
    "risk_rating": "Low",
    "explanations_for_risk_rating": "A call does no harm."
  },
  "business_details": {
    "business_problem": "Whom to call.",
    "business_stakeholders": "The desk.",
    "line_of_business": "Retail banking"
  },
  "training_details": {
    "objective_function": {"function": {"function": "Minimize", "facet": "Loss"}, "notes": "n"},
    "training_observations": "It took a night.",
    "training_job_details": {
      "training_arn": "arn:aws:sagemaker:eu-north-1:000000000000:training-job/churn",
      "training_datasets": ["s3://bank/train"],
      "training_environment": {"container_image": ["000000000000.dkr.ecr/t:1"]},
      "training_metrics": [{"name": "loss", "value": 0.2500}],
      "user_provided_training_metrics": [{"name": "auc", "value": 0.90, "notes": "by hand"}],
      "hyper_parameters": [{"name": "depth", "value": "6"}, {"name": "none", "value": ""}],
      "user_provided_hyper_parameters": [{"name": "kind", "value": "binary_classifier"}]
    }
  },
  "evaluation_details": [
    {
      "name": "Spring",
      "evaluation_observation": "Better than last year.",
      "evaluation_job_arn": "arn:aws:sagemaker:eu-north-1:000000000000:processing-job/spring",
      "datasets": ["s3://bank/spring", "s3://bank/spring-2"],
      "metadata": {"by": "Grace"},
      "metric_groups": [
        {
          "name": "all",
          "metric_data": [
            {"name": "curve", "type": "linear_graph", "value": [[0.1, 0.2], [0.3, 0.40]]},
            {"name": "auc", "type": "number", "value": 0.8570, "notes": "see the curve"},
            {"name": "ready", "type": "boolean", "value": true},
            {"name": "wer", "type": "string", "value": "20.0 ± 1.2", "x_axis_name": "x"}
          ]
        },
        {"name": "charts", "metric_data": [{"name": "c", "type": "bar_chart", "value": [1, 2.0]}]}
      ]
    },
    {"name": "Nothing yet"},
    {
      "name": "Fall",
      "evaluation_observation": "Not yet whole.",
      "datasets": ["s3://bank/fall"],
      "metric_groups": [
        {"name": "all", "metric_data": [{"name": "auc", "type": "number", "value": 1e-5}]}
      ]
    }
  ],
  "additional_information": {
    "ethical_considerations": "None known.",
    "caveats_and_recommendations": "Do not call twice.",
    "custom_details": {"Monitoring": "Weekly.", "Cost center": "4711", "Odd": 5}
  }
}
"""

SAGEMAKER_ANSWER = {
    "ModelCardArn": "arn:aws:sagemaker:eu-north-1:000000000000:model-card/churn",
    "ModelCardName": "churn-card",
    "ModelCardVersion": 2,
    "Content": json.dumps(
        {
            "model_overview": {"model_description": "Caf\u00e9", "model_owner": "Ada"},
            "evaluation_details": json.loads(SAGEMAKER_CONTENT)["evaluation_details"],
            "newer": {"a": 1},
        }
    ),
    "ModelCardStatus": "Draft",
    "CreatedBy": {},
}

CLARIFY = """\
{
  "version": "1.0",
  "post_training_bias_metrics": {
    "label": "Left",
    "facets": {
      "age": [
        {
          "value_or_threshold": "(40, 65]",
          "metrics": [
            {"name": "AD", "description": "Accuracy Difference (AD)", "value": -0.1140},
            {"name": "DI", "description": "Disparate Impact (DI)", "value": null},
            {"name": "DPL", "value": 0.3}
          ]
        },
        {"value_or_threshold": "0", "metrics": [{"name": "AD", "value": 0.10}]}
      ]
    }
  }
}
"""

FIRST_CARD = FirstCard(
    sections={"task": "Helps a clerk.", "caveats": "Watch the drift."},
    values=(
        MeasuredValue(
            metric="auc",
            slice="",
            value="0.857",
            source="mlflow",
            dataset="ab" * 32,
            run_id="run-1",
            result="result:1",
            received_at="2026-11-19T10:12:40.000000Z",
        ),
    ),
    lineage={"commit": "abc", "epochs": 3},
)

FULL_CARD = ModelCard(
    details=Details(
        name="PD scorecard",
        version="14",
        date="2026-11-19",
        model_type="logistic regression",
        languages=("no", "en"),
        tags=("credit",),
        inputs=("application",),
    ),
    sections={
        "overview": "A scorecard.\n\n# Uses\n\nnot a section",
        "intended_use": "Loans.\n\n### Training data\n\nfoo",
        "evaluation": "As follows.\n\n```\n# not a heading\n```",
        "red_team": "Nobody attacked it.",
    },
    parties=(Party(name="Ada", role="owner", contact="ada@example.org"),),
    licenses=(License(id="apache-2.0"), License(id="mit", name="Second", url="https://e.org/l")),
    references=(Reference(kind="paper", title="On scores", url="https://example.org/p"),),
    datasets=(
        Dataset(role="training", id="bureau", origin="Bureau", rows=number("1920000")),
        Dataset(role="evaluation", name="Fourth quarter", thin_groups="self-employed"),
    ),
    metrics=(
        Metric(
            type="auc",
            value=number("0.857", Provenance(run="run-1", dataset="ab" * 32)),
            slice="age 18-25",
            interval=Interval(lower=number("0.85"), upper=number("0.86"), level="95%"),
        ),
        Metric(type="wer", value=number("20.0 ± 1.2", Provenance(typed_by="Ada"))),
    ),
    quantities=(Quantity(section="latency_cost", name="p95", value=number("120"), unit="ms"),),
    considerations=(
        Consideration(section="fairness", name="Age", group="young", mitigation="refer"),
    ),
    extensions=(
        Extension(key="firm-x", title="Intended use", text="the same name"),
        Extension(key="own", title="Our own", text="## deeper\n\nx"),
    ),
    lineage={"commit": "abc", "epochs": 3},
    kept=(Kept(format="elsewhere", place="/x/0", json='{"a": 0.90}'),),
)


def _countersign(card: ModelCard, **more: object) -> bytes:
    text = json.dumps({"format": "countersign.card/2", **card.body(), **more}, indent=2)
    return text.encode()


DOCUMENTS: dict[str, dict[str, bytes]] = {
    "countersign": {
        "full": _countersign(FULL_CARD),
        "unknown": _countersign(FULL_CARD, newer={"figures": ["a", True, None, 0.5]}),
        "named": _countersign(FULL_CARD, **{"$id": "urn:countersign:card:2"}),
    },
    "cyclonedx": CYCLONEDX,
    "huggingface": {
        "card": HUB_CARD.encode(),
        "crlf": HUB_CARD.replace("\n", "\r\n").encode(),
        "bom": b"\xef\xbb\xbf" + HUB_CARD.encode(),
        "results": HUB_RESULTS.encode(),
        "empty-head": b"---\n---\n# Named\n\nText.\n",
        "list": b"---\n- a\n- b\n---\n# Named\n\nText.\n",
        "no-yaml": b"---\nlicense: [mit\n---\n# Named\n\nText.\n",
        "template": b"---\n{{ card_data }}\n---\n# {{ name }}\n",
    },
    "spdx": SPDX,
    "markdown": {
        "plain": PLAIN.encode(),
        "crlf": PLAIN.replace("\n", "\r\n").encode(),
        "no-end": b"# Named",
        "no-heading": b"Just a line.",
        "hostile": (
            b"# X\n\n<script>alert(1)</script>\n\n![p](file:///etc/passwd)\n\n"
            b"[include](file:///x)\n\n![d](data:image/png;base64,AAAA)\n"
        ),
        "open-fence": b"# X\n\n## Uses\n\n```\n# inside\n",
    },
    "mct": {
        "second": TOOLKIT_SECOND.encode(),
        "crlf": TOOLKIT_SECOND.replace("\n", "\r\n").encode(),
        "first": TOOLKIT_FIRST.encode(),
        "one-line": json.dumps(json.loads(TOOLKIT_FIRST)).encode(),
        "no-version": TOOLKIT_FIRST.replace('"schema_version": "0.0.1",', "").encode(),
        "proto": TOOLKIT_PROTO.encode(),
    },
    "sagemaker": {
        "content": SAGEMAKER_CONTENT.encode(),
        "answer": json.dumps(SAGEMAKER_ANSWER, indent=4).encode(),
        "package": json.dumps(
            {"ModelCard": {"ModelCardContent": SAGEMAKER_CONTENT, "ModelCardStatus": "Draft"}}
        ).encode(),
        "report": json.dumps(
            {
                "metric_groups": json.loads(SAGEMAKER_CONTENT)["evaluation_details"][0][
                    "metric_groups"
                ]
            }
        ).encode(),
        "bias": CLARIFY.encode(),
    },
}
ALL = [(name, key) for name, files in DOCUMENTS.items() for key in files]
