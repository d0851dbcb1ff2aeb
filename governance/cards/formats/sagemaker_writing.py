"""A card as the content of an Amazon SageMaker model card, where `sagemaker_fields` reads it.

The service refuses a card with a text that is longer than its schema allows, so those are cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from governance.cards.formats.huggingface_metadata import scalar
from governance.cards.formats.sagemaker_fields import (
    BUSINESS,
    BUSINESS_LINE,
    CUSTOM,
    EVALUATIONS,
    HYPER,
    INTENDED,
    JOB,
    LINKS,
    OBSERVED,
    OF_EVALUATION,
    ONE_EVALUATION,
    OVERVIEW,
    PARTIES,
    PROSE,
    RATED,
    RISK,
    TRAINED,
    names_of,
    type_of,
)
from governance.cards.formats.trees import NumberText, Tree
from governance.cards.rules.model_card import Dataset, Extension, Metric, ModelCard, Quantity
from governance.cards.rules.numbers import ProvenanceKind
from governance.cards.rules.sections import SECTIONS

MOST = 1024
LONGEST = {
    **dict.fromkeys(("task", "intended_use", "known_failures", "decision", "users"), 2048),
    **dict.fromkeys(("ethics", "caveats"), 2048),
    "evaluation": 2096,
}
"""Of the sections that have more room than `MOST`."""

MOST_DATASETS, MOST_LINKS = 10, 15
RATINGS = ("High", "Medium", "Low", "Unknown")
VERSION = re.compile(r"[1-9][0-9]*(\.[0-9]+)?")
PLACED = re.compile(r"evaluation_details\[(\d+)\]\.metric_groups\[(\d+)\]")


def content_tree(card: ModelCard, digest: str) -> dict[str, Tree]:
    """Return the content. `digest` names the file whose grouping of metrics is to be kept."""
    tree: dict[str, Tree] = {}
    for key, place in PROSE.items():
        _set(tree, place, clipped(card.sections.get(key, ""), LONGEST.get(key, MOST)))
    details = card.details
    version = NumberText(details.version) if VERSION.fullmatch(details.version) else ""
    for key, said in (
        ("model_name", clipped(details.name)),
        ("model_version", version),
        ("algorithm_type", clipped(details.model_type)),
        ("problem_type", clipped(details.task_type)),
    ):
        _set(tree, (OVERVIEW, key), said)
    _people_and_links(tree, card)
    _risk(tree, card)
    _training(tree, card, digest)
    _set(tree, (EVALUATIONS,), list(_evaluations(card, digest)))
    _custom(tree, card)
    return tree


def clipped(text: str, most: int = MOST) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _set(tree: dict[str, Tree], place: Sequence[str | int], value: Tree) -> None:
    """Put what is not empty at its place."""
    if value in ("", [], {}, None):
        return
    *way, last = place
    for part in way:
        tree = tree.setdefault(str(part), {})
    tree[str(last)] = value


def _people_and_links(tree: dict[str, Tree], card: ModelCard) -> None:
    for role, place in PARTIES.items():
        names = (one.name for one in card.parties if one.role == role and one.name)
        _set(tree, place, clipped(next(names, "")))
    for kind, place in LINKS.items():
        urls = [clipped(one.url) for one in card.references if one.kind == kind and one.url]
        is_one = kind in {"model", "training job"}
        _set(tree, place, urls[0] if is_one and urls else urls[:MOST_LINKS])


def _risk(tree: dict[str, Tree], card: ModelCard) -> None:
    risks = (one for one in card.considerations if one.section == "intended_use")
    risk = next((one for one in risks if f"{one.name}: ".startswith(RATED)), None)
    if risk is None:
        return
    rating = risk.name.removeprefix(RATED) if risk.name != RISK else ""
    _set(tree, (INTENDED, "risk_rating"), rating if rating in RATINGS else "")
    _set(tree, (INTENDED, "explanations_for_risk_rating"), clipped(risk.harms, 2048))


def _training(tree: dict[str, Tree], card: ModelCard, digest: str) -> None:
    data = [_address(one) for one in card.datasets if one.role == "training"]
    _set(tree, (*JOB, "training_datasets"), [one for one in data if one])
    for group, key in TRAINED.items():
        mine = [one for one in card.metrics if _is_trained(one) and one.group == group]
        _set(tree, (*JOB, key), [_training_metric(one) for one in mine])
    parameters = [one for one in card.quantities if one.section == "training_procedure"]
    for key in HYPER:
        mine_too = [one for one in parameters if _hyper_key(one, digest) == key]
        _set(tree, (*JOB, key), [_hyperparameter(one) for one in mine_too])


def _hyper_key(one: Quantity, digest: str) -> str:
    provenance = one.value.provenance
    placed = provenance.file == digest and f".{HYPER[0]}[" in provenance.place
    return HYPER[0] if placed else HYPER[1]


def _hyperparameter(one: Quantity) -> Tree:
    return {"name": clipped(one.name, 255), "value": clipped(one.value.written, 255)}


def _address(one: Dataset) -> str:
    return clipped(one.url or one.id or one.name)


def _is_trained(one: Metric) -> bool:
    """A metric of the training is a number, or it is none."""
    return one.group in TRAINED and type_of(one.value.written) == "number"


def _training_metric(one: Metric) -> Tree:
    tree = {"name": one.name or one.type, "value": scalar(one.value), "notes": _notes(one)}
    return {key: value for key, value in tree.items() if value}


# --- evaluations ---------------------------------------------------------------------------------


@dataclass
class _Evaluation:
    name: str
    observation: str = ""
    arn: str = ""
    datasets: list[str] = field(default_factory=list)
    groups: dict[object, dict[str, Tree]] = field(default_factory=dict)

    def add(self, metric: Metric, group: str, key: object) -> None:
        source = metric.value.provenance.source
        self.arn = self.arn or (source if source.startswith("arn:") else "")
        same = (at for at, one in self.groups.items() if one["name"] == clipped(group))
        if key is None or key not in self.groups:
            key = next(same, group) if key is None else key
        one = self.groups.setdefault(key, {"name": clipped(group), "metric_data": []})
        one["metric_data"].append(metric_tree(metric))

    def tree(self) -> dict[str, Tree]:
        tree = {
            "name": clipped(self.name),
            "evaluation_observation": clipped(self.observation, LONGEST["evaluation"]),
            "evaluation_job_arn": self.arn if len(self.arn) <= 256 else "",
            "datasets": self.datasets[:MOST_DATASETS],
            "metric_groups": list(self.groups.values()),
        }
        return {key: value for key, value in tree.items() if value}


def _evaluations(card: ModelCard, digest: str) -> Iterator[Tree]:
    found: dict[object, _Evaluation] = {}

    def named(name: str, key: object = None) -> _Evaluation:
        same = (at for at, one in found.items() if one.name == name)
        return found.setdefault(next(same, name) if key is None else key, _Evaluation(name=name))

    metrics = [one for one in card.metrics if not _is_trained(one)]
    for metric, place in sorted(_with_places(metrics, digest), key=lambda pair: pair[1] is None):
        evaluation, group = names_of(metric.group)
        outer, inner = (place[0], place) if place else (None, None)
        named(evaluation, outer).add(metric, group, inner)
    for extension in card.extensions:
        if is_observation(extension):
            named(extension.title).observation = extension.text
    for dataset in card.datasets:
        if dataset.role == "evaluation" and dataset.description.startswith(OF_EVALUATION):
            name = dataset.description.removeprefix(OF_EVALUATION)
            named(name).datasets.append(_address(dataset))
    _the_first(card, found)
    yield from (one.tree() for one in found.values())


def _the_first(card: ModelCard, found: dict[object, _Evaluation]) -> None:
    """The section and the data that are of no evaluation by name stand in the first one."""
    text = card.sections.get("evaluation", "")
    data = [
        _address(one)
        for one in card.datasets
        if one.role == "evaluation" and not one.description.startswith(OF_EVALUATION)
    ]
    if not text and not any(data):
        return
    key, own = next(iter(found.items()), (None, _Evaluation(name=ONE_EVALUATION)))
    if key is None or own.observation or (isinstance(key, int) and key > 0):
        own = _Evaluation(name=ONE_EVALUATION)
        others: dict[object, _Evaluation] = {("then", at): one for at, one in found.items()}
        found.clear()
        found["first"] = own
        found.update(others)
    own.observation = text
    own.datasets = [*(one for one in data if one), *own.datasets]


def _with_places(
    metrics: Iterable[Metric], digest: str
) -> Iterator[tuple[Metric, tuple[int, int] | None]]:
    """Tell in which evaluation and group of the file each metric stood."""
    for one in metrics:
        provenance = one.value.provenance
        place = PLACED.search(provenance.place) if digest and provenance.file == digest else None
        yield one, (int(place[1]), int(place[2])) if place else None


def metric_tree(one: Metric) -> dict[str, Tree]:
    kind = type_of(one.value.written)
    value = scalar(one.value) if kind == "number" else clipped(one.value.written, 63)
    tree = {"name": one.name or one.type, "notes": _notes(one), "type": kind, "value": value}
    return {key: said for key, said in tree.items() if said}


def _notes(one: Metric) -> str:
    """A value must not stand there without the slice and the interval that it is true of."""
    said = [one.note]
    said += [f"{name}: {text}" for name, text in (("slice", one.slice), ("unit", one.unit)) if text]
    if one.interval:
        bounds = (one.interval.lower, one.interval.upper)
        said.append("interval: " + " to ".join(n.written if n else "?" for n in bounds))
        said += [one.interval.level] if one.interval.level else []
    provenance = one.value.provenance
    if provenance.kind in {ProvenanceKind.MEASURED, ProvenanceKind.TYPED}:
        said.append(provenance.words())
    return clipped("; ".join(text for text in said if text))


# --- custom details ------------------------------------------------------------------------------


def _custom(tree: dict[str, Tree], card: ModelCard) -> None:
    custom: dict[str, Any] = {}
    for section in SECTIONS:
        text = card.sections.get(section.key, "")
        if text and section.key not in PROSE and section.key != "evaluation":
            custom[section.title] = clipped(text)
    for one in card.extensions:
        title = one.title or one.key
        if title == BUSINESS_LINE.title:
            _set(tree, (BUSINESS, "line_of_business"), clipped(one.text, 2048))
        elif not is_observation(one):
            custom.setdefault(title, clipped(one.text))
    _set(tree, CUSTOM, {key: text for key, text in custom.items() if text})


def is_observation(one: Extension) -> bool:
    return one.owner == OBSERVED and bool(one.title)
