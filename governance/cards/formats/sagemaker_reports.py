"""Evaluation reports that SageMaker model cards take metrics from: groups, and Clarify's bias.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-cards-json-schema.html
"""

from __future__ import annotations

from collections.abc import Iterator

from governance.cards.formats.huggingface_metadata import scalar
from governance.cards.formats.sagemaker_fields import (
    ONE_EVALUATION,
    ONE_GROUP,
    Content,
    groups_at,
)
from governance.cards.formats.sagemaker_writing import metric_tree
from governance.cards.formats.trees import Place, Tree
from governance.cards.rules.model_card import Metric, ModelCard
from governance.cards.rules.numbers import number

GROUPS = "metric_groups"
BIAS = ("pre_training_bias_metrics", "post_training_bias_metrics")
WHERE = "value_or_threshold"


def is_report(tree: Tree) -> bool:
    return isinstance(tree, dict) and not tree.keys().isdisjoint({GROUPS, *BIAS})


def metrics_of_report(found: Content) -> tuple[Metric, ...]:
    """Return the metrics; each facet of a bias report is a slice."""
    bias = (metric for part in BIAS for metric in _bias(found, part))
    return (*groups_at(found, ONE_EVALUATION, ""), *bias)


def _bias(found: Content, part: str) -> Iterator[Metric]:
    facets = found.claims.peek(part, "facets")
    for facet in facets if isinstance(facets, dict) else ():
        for index in found.claims.items(part, "facets", facet):
            yield from _facet(found, facet, (part, "facets", facet, index))


def _facet(found: Content, facet: str, at: Place) -> Iterator[Metric]:
    claims = found.claims
    where = claims.peek(*at, WHERE)
    metrics = [one for one in claims.items(*at, "metrics") if found.has_value(*at, "metrics", one)]
    if not isinstance(where, str) or not where or not metrics:
        found.notice("It names no part of the facet, or no value; it is kept as it is.", *at)
        return
    claims.written(*at, WHERE)
    for index in metrics:
        there = (*at, "metrics", index)
        value = claims.written(*there, "value")
        yield Metric(
            type=claims.text(*there, "name"),
            name=claims.text(*there, "description"),
            value=number(value, found.provenance("", *there, "value")),
            slice=f"{facet}={where}",
            group=str(at[0]),
        )


def report_tree(card: ModelCard) -> dict[str, Tree]:
    """Return the report with the metrics of the card."""
    tree: dict[str, Tree] = {}
    groups: dict[str, list[Tree]] = {}
    for one in card.metrics:
        if one.group in BIAS and "=" in one.slice:
            _put_bias(tree, one)
        else:
            groups.setdefault(one.group or ONE_GROUP, []).append(metric_tree(one))
    if groups:
        tree[GROUPS] = [{"name": name, "metric_data": data} for name, data in groups.items()]
    return tree


def _put_bias(tree: dict[str, Tree], metric: Metric) -> None:
    facet, where = metric.slice.split("=", 1)
    parts = tree.setdefault(metric.group, {"facets": {}})["facets"].setdefault(facet, [])
    same = next((one for one in parts if one[WHERE] == where), None)
    if same is None:
        same = {WHERE: where, "metrics": []}
        parts.append(same)
    said = {"name": metric.type, "description": metric.name, "value": scalar(metric.value)}
    same["metrics"].append({key: one for key, one in said.items() if one})
