"""The Hub's own library reads what we write, and finds in a card what we find."""

from __future__ import annotations

from dataclasses import replace

import pytest
from huggingface_hub import ModelCard as HubCard

from governance.cards.formats import read_card, write_card
from governance.cards.formats.front_matter import front_matter_of
from governance.cards.rules.model_card import Dataset, Metric, ModelCard
from governance.cards.rules.numbers import number
from tests.rules.cards.documents import FULL_CARD, HUB_CARD

WHOLE = """\
---
license: mit
model-index:
- name: pd
  results:
  - task:
      type: tabular-classification
    dataset:
      type: loans
      name: Loans
    metrics:
    - type: auc
      value: 0.9
---
# pd
"""


@pytest.mark.parametrize("carry", [True, False])
def test_the_library_reads_a_card_that_began_elsewhere(carry: bool) -> None:
    data = Dataset(id="loans", name="Loans")
    metric = Metric(type="auc", value=number("0.90"), task="tabular-classification", dataset=data)
    written = write_card(replace(FULL_CARD, metrics=(metric,)), "huggingface", carry=carry)
    hub = HubCard(written.data.decode())
    assert (hub.data.language, hub.data.tags) == (["no", "en"], ["credit"])
    assert hub.data.license == ["apache-2.0", "mit"]
    (found,) = hub.data.eval_results
    assert (found.metric_type, found.metric_value) == ("auc", 0.9)
    assert (found.dataset_type, found.dataset_name) == ("loans", "Loans")
    assert hub.text.lstrip().startswith("# PD scorecard")


def test_both_find_the_same_results() -> None:
    ours, theirs = read_card(HUB_CARD.encode()).card, HubCard(HUB_CARD)
    assert [
        (
            one.type,
            one.value.written,
            one.task,
            one.dataset.id if one.dataset else "",
            one.dataset.split if one.dataset else "",
            one.value.provenance.source,
        )
        for one in ours.metrics
    ] == [
        (
            one.metric_type,
            "0.90" if one.metric_value == 0.9 else one.metric_value,
            one.task_type,
            one.dataset_type,
            one.dataset_split or "",
            one.source_url or "",
        )
        for one in theirs.data.eval_results
    ]
    assert ours.details.name == "PD scorecard"
    assert ours.details.library == theirs.data.library_name


def test_what_the_library_saves_says_the_same_to_us() -> None:
    """It orders the front matter anew and drops comments; the card is the same."""

    def said(text: str) -> ModelCard:
        card = read_card(text.encode()).card
        kept = tuple(sorted(card.kept, key=lambda one: one.place))
        metrics = tuple(replace(one, value=number(one.value.written)) for one in card.metrics)
        return replace(card, metrics=metrics, kept=kept, sources=(), attachments={})

    assert said(str(HubCard(WHOLE))) == said(WHOLE)


def test_the_library_keeps_what_we_carry() -> None:
    written = write_card(FULL_CARD, "huggingface")
    saved = HubCard(written.data.decode())
    head = front_matter_of(str(saved)).yaml
    assert "countersign.carried/1" in head
    reading = read_card(str(saved).encode())
    assert reading.card.parties == FULL_CARD.parties
