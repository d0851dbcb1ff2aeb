"""Cards as their writers might have them, by format; a format adds its own to `DOCUMENTS`."""

from __future__ import annotations

import json

from governance.cards.rules.first import Card, MeasuredValue
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

FIRST_CARD = Card(
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
}
ALL = [(name, key) for name, files in DOCUMENTS.items() for key in files]
