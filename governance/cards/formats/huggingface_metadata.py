"""The metadata of the Hugging Face Hub: front matter and `model-index` ⇄ the fields of a card.

What both directions do stands side by side: what `read` takes from a key, `written` puts there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from governance.cards.formats.protocol import Notice
from governance.cards.formats.trees import Claims, NumberText, Place, Tree
from governance.cards.formats.yaml_text import NUMBER
from governance.cards.rules.model_card import (
    Dataset,
    Details,
    License,
    Metric,
    ModelCard,
    Quantity,
)
from governance.cards.rules.numbers import Number, Provenance, number

INDEX = "model-index"
CO2 = "co2_eq_emissions"
RESULT = re.compile(r"model-index\[(\d+)\]\.results\[(\d+)\]")
DATASET = {
    "type": "id",
    "name": "name",
    "config": "config",
    "split": "split",
    "revision": "revision",
}


@dataclass
class Metadata:
    """What was found; `claims` knows what of the tree is in none of it."""

    claims: Claims
    digest: str
    lines: Mapping[Place, int]
    details: Details = field(default_factory=Details)
    licenses: tuple[License, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    metrics: list[Metric] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def notice(self, message: str, *parts: str | int) -> None:
        place = self.claims.field(*parts)
        self.notices.append(Notice(field=place, line=self.lines.get(parts), message=message))

    def provenance(self, source: str, *parts: str | int) -> Provenance:
        return Provenance(file=self.digest, place=self.claims.field(*parts), source=source)


def metadata_of(tree: Tree, digest: str, lines: Mapping[Place, int]) -> Metadata:
    """Read the front matter of a card."""
    claims = Claims(tree)
    found = Metadata(claims=claims, digest=digest, lines=lines)
    found.details = Details(
        task_type=claims.text("pipeline_tag"),
        library=claims.text("library_name"),
        languages=claims.texts("language"),
        tags=claims.texts("tags"),
        base_models=claims.texts("base_model"),
    )
    first = License(name=claims.text("license_name"), url=claims.text("license_link"))
    ids = claims.texts("license")
    if ids or first != License():
        others = (License(id=one) for one in ids[1:])
        head = License(id=ids[0] if ids else "", name=first.name, url=first.url)
        found.licenses = (head, *others)
    found.datasets = tuple(Dataset(role="training", id=one) for one in claims.texts("datasets"))
    found.quantities = tuple(_emissions(found))
    _read_index(found)
    return found


def _emissions(found: Metadata) -> Iterator[Quantity]:
    """`co2_eq_emissions` is a number, or a mapping around one; grams, says the Hub."""
    place = (CO2, "emissions") if found.claims.has(CO2, "emissions") else (CO2,)
    source = found.claims.text(CO2, "source") if len(place) > 1 else ""
    if written := found.claims.written(*place):
        value = number(written, found.provenance(source, *place))
        yield Quantity(section="environment", name=CO2, value=value, unit="g")


def _read_index(found: Metadata) -> None:
    claims = found.claims
    if claims.has(INDEX) and not isinstance(claims.peek(INDEX), list):
        found.notice("model-index is no list; it is kept as it is.", INDEX)
    for i in claims.items(INDEX):
        for j in claims.items(INDEX, i, "results"):
            _read_result(found, INDEX, i, "results", j)


def _read_result(found: Metadata, *place: str | int) -> None:
    claims = found.claims
    if not claims.has(*place, "dataset"):
        found.notice("The result names no dataset; the Hub does not show it.", *place)
    for k in claims.items(*place, "metrics"):
        at = (*place, "metrics", k)
        if not isinstance(claims.peek(*at, "value"), str) or not claims.peek(*at, "value"):
            found.notice("The value is neither number nor text; it is kept as it is.", *at)
            continue
        found.metrics.append(_metric(found, place, at))
    if not claims.items(*place, "metrics"):
        found.notice("The result has no list of metrics; it is kept as it is.", *place)


def _metric(found: Metadata, place: Place, at: Place) -> Metric:
    claims = found.claims
    source = claims.text(*place, "source", "url")
    value = number(claims.written(*at, "value"), found.provenance(source, *at, "value"))
    given = {ours: claims.written(*place, "dataset", key) for key, ours in DATASET.items()}
    return Metric(
        type=claims.text(*at, "type"),
        name=claims.text(*at, "name"),
        value=value,
        dataset=_dataset(given),
        task=claims.text(*place, "task", "type"),
        model=claims.text(*place[:2], "name"),
    )


def _dataset(given: Mapping[str, str]) -> Dataset | None:
    if not any(given.values()):
        return None
    return Dataset(
        id=given["id"],
        name=given["name"],
        config=given["config"],
        split=given["split"],
        revision=given["revision"],
    )


# --- writing -------------------------------------------------------------------------------------


def metadata_from(card: ModelCard, digest: str = "") -> dict[str, Tree]:
    """Return the front matter of a card. `digest` names the file whose grouping is to be kept."""
    details = card.details
    head = card.licenses[0] if card.licenses else License()
    ids = [one.id for one in card.licenses if one.id]
    trained = [one.id for one in card.datasets if one.role == "training" and one.id]
    tree: dict[str, Tree] = {
        "language": _one_or_more(list(details.languages)),
        "license": _one_or_more(ids),
        "license_name": head.name,
        "license_link": head.url,
        "library_name": details.library,
        "pipeline_tag": details.task_type,
        "tags": list(details.tags),
        "base_model": _one_or_more(list(details.base_models)),
        "datasets": list(dict.fromkeys(trained)),
        CO2: _emissions_from(card),
        INDEX: _index_from(card, digest),
    }
    return {key: value for key, value in tree.items() if value}


def _one_or_more(texts: list[str]) -> Tree:
    return texts[0] if len(texts) == 1 else texts


def scalar(value: Number) -> Tree:
    """Return a number as one, where JSON has it too; else the text that was written."""
    return NumberText(value.written) if NUMBER.fullmatch(value.written) else value.written


def _emissions_from(card: ModelCard) -> Tree:
    for one in card.quantities:
        if one.name == CO2 and one.unit in {"g", ""}:
            provenance = one.value.provenance
            if provenance.source:
                return {"emissions": scalar(one.value), "source": provenance.source}
            wrapped = provenance.place == f"{CO2}.emissions"
            return {"emissions": scalar(one.value)} if wrapped else scalar(one.value)
    return None


def _index_from(card: ModelCard, digest: str) -> Tree:
    """Metrics of the same model, task, data and source stand in one result.

    Those of the file `digest` stay in the result where they stood; the others follow, if they say
    what the Hub asks for: without it, its library reads none of the results.
    """
    indexed = [one for one in card.metrics if is_indexed(one, card, digest)]
    placed = [(one, _placed(one, digest)) for one in indexed]
    models: dict[object, dict[str, Tree]] = {}
    results: dict[object, dict[str, Tree]] = {}
    for metric, place in sorted(placed, key=lambda pair: pair[1] is None):
        name = metric.model or card.details.name or "model"
        named = (key for key, model in models.items() if model["name"] == name)
        model_key: object = place[0] if place else next(named, name)
        model = models.setdefault(model_key, {"name": name, "results": []})
        result = _result_of(metric, "" if place else card.details.task_type, complete=not place)
        key = (model_key, place[1] if place else str(result))
        if key not in results:
            results[key] = result
            model["results"].append(result)
        results[key].setdefault("metrics", []).append(_metric_of(metric))
    return list(models.values())


def is_indexed(metric: Metric, card: ModelCard, digest: str = "") -> bool:
    """Tell whether the metric stands in `model-index`: it needs a type, a task and a data set."""
    dataset = metric.dataset
    whole = metric.type and dataset and (dataset.id or dataset.name)
    return bool(whole and (metric.task or card.details.task_type)) or bool(_placed(metric, digest))


def _placed(metric: Metric, digest: str) -> tuple[int, int] | None:
    """Which model and result of the file `digest` the metric stood in."""
    provenance = metric.value.provenance
    place = RESULT.match(provenance.place) if digest and provenance.file == digest else None
    return (int(place[1]), int(place[2])) if place else None


def _result_of(metric: Metric, task: str, *, complete: bool) -> dict[str, Tree]:
    dataset = metric.dataset
    given = {key: getattr(dataset, ours) for key, ours in DATASET.items()} if dataset else {}
    if given and complete:
        given["type"] = given["type"] or given["name"]
        given["name"] = given["name"] or given["type"]
    result: dict[str, Tree] = {}
    if metric.task or task:
        result["task"] = {"type": metric.task or task}
    if said := {key: text for key, text in given.items() if text}:
        result["dataset"] = said
    if metric.value.provenance.source:
        result["source"] = {"url": metric.value.provenance.source}
    return result


def _metric_of(metric: Metric) -> dict[str, Tree]:
    said = {"type": metric.type, "value": scalar(metric.value), "name": metric.name}
    return {key: value for key, value in said.items() if value}
