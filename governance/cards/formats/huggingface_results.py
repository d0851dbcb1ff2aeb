"""The newer evaluation results of the Hub: a YAML list, one file beside the card of a model."""

from __future__ import annotations

from governance.cards.formats.huggingface_metadata import Metadata, scalar
from governance.cards.formats.json_files import kept_of
from governance.cards.formats.protocol import Document, Parsed
from governance.cards.formats.trees import Claims, Tree
from governance.cards.formats.yaml_text import NotYaml, YamlTree, yaml_tree
from governance.cards.rules.model_card import Dataset, Metric, ModelCard
from governance.cards.rules.numbers import number
from governance.core.errors import InvalidInput, invalid

MEDIA_TYPE = "application/yaml"


def looks_like_results(document: Document) -> bool:
    """Tell whether it is a YAML list whose entries name a data set and a value."""
    lines = (line for line in document.text.splitlines() if line.strip())
    first = next((line for line in lines if not line.lstrip().startswith("#")), "")
    if not first.startswith("- ") or "dataset:" not in document.text:
        return False
    try:
        tree = yaml_tree(document.text).tree
    except (NotYaml, InvalidInput):
        return False
    return all(isinstance(one, dict) and {"dataset", "value"} <= one.keys() for one in tree)


def results_tree(document: Document) -> YamlTree:
    try:
        return yaml_tree(document.text)
    except NotYaml as error:
        message = f"Line {error.line} is not YAML: {error.message}."
        raise invalid("file", "yaml", message) from None


def parsed_results(document: Document, name: str) -> Parsed:
    read = results_tree(document)
    claims = Claims(read.tree)
    found = Metadata(claims=claims, digest=document.digest, lines=read.lines)
    for index in claims.items():
        if isinstance(claims.peek(index, "value"), str) and claims.peek(index, "value"):
            found.metrics.append(_metric(found, index))
        else:
            message = "The value is neither number nor text; it is kept as it is."
            found.notice(message, index, "value")
    return Parsed(
        card=ModelCard(metrics=tuple(found.metrics), kept=kept_of(claims, name)),
        notices=(*read.notices, *found.notices),
        media_type=MEDIA_TYPE,
    )


def _metric(found: Metadata, index: int) -> Metric:
    claims = found.claims
    source = claims.text(index, "source", "url")
    dataset = Dataset(
        id=claims.text(index, "dataset", "id"),
        revision=claims.text(index, "dataset", "revision"),
    )
    return Metric(
        type=claims.text(index, "dataset", "task_id"),
        value=number(claims.written(index, "value"), found.provenance(source, index, "value")),
        dataset=dataset if dataset != Dataset() else None,
        date=claims.text(index, "date"),
        note=claims.text(index, "notes"),
    )


def results_from(card: ModelCard) -> list[Tree]:
    """Return the list for such a file."""
    return [_result(one) for one in card.metrics]


def _result(metric: Metric) -> Tree:
    dataset = metric.dataset or Dataset()
    named = {"id": dataset.id, "task_id": metric.type, "revision": dataset.revision}
    tree: dict[str, Tree] = {
        "dataset": {key: text for key, text in named.items() if text},
        "value": scalar(metric.value),
        "date": metric.date,
        "notes": metric.note,
    }
    if metric.value.provenance.source:
        tree["source"] = {"url": metric.value.provenance.source}
    return {key: value for key, value in tree.items() if value}
