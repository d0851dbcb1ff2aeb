"""A card as a document of the Model Card Toolkit, at the places where `mct_fields` reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Any

from governance.cards.formats.accounting import account_of
from governance.cards.formats.contents import content_of
from governance.cards.formats.facts import facts_apart, facts_by_section
from governance.cards.formats.huggingface_metadata import scalar
from governance.cards.formats.markdown_text import fresh_body
from governance.cards.formats.mct_fields import (
    ANALYSIS,
    CONSIDERATIONS,
    DETAILS,
    DIFFERENCE,
    DOCUMENTATION,
    FIRST,
    PAIR,
    PARAMETERS,
    PROSE,
    ROLES,
    SECOND,
    THRESHOLD,
    Found,
    card_of_tree,
    section_of_data,
    unlisted,
)
from governance.cards.formats.pictures import packed_picture
from governance.cards.formats.trees import Claims, Tree
from governance.cards.rules.model_card import (
    Consideration,
    Dataset,
    Details,
    Extension,
    Figure,
    License,
    Metric,
    ModelCard,
)
from governance.cards.rules.numbers import Number

UNNAMED = "0" * 64
"""The digest of a document that is not written yet."""

LISTS = (
    "parties", "licenses", "references", "datasets", "metrics", "quantities", "considerations",
    "figures", "extensions",
)  # fmt: skip


def tree_of_card(
    card: ModelCard, version: str, name: str, known: ModelCard | None = None
) -> dict[str, Tree]:
    """Return the document in that version of the schema.

    What it has no field for is said in words in `documentation`, which 0.0.1 does not have; not
    what the document says anyway that this one starts from: `known` is the card in it.
    """
    known = known or ModelCard()
    tree = _tree(card, version, known)
    if version != SECOND:
        return tree
    back = card_of_tree(Found(claims=Claims(tree), digest=UNNAMED, lines={}))
    return _tree(card, version, known, _words(card, (back, known), name))


def _tree(card: ModelCard, version: str, known: ModelCard, words: str = "") -> dict[str, Tree]:
    first = version == FIRST
    if not first:
        card = _of_second(card, known)
    full: dict[str, Tree] = _full(
        {
            DETAILS: _details(card, words, first=first),
            PARAMETERS: _parameters(card, first=first),
            ANALYSIS: {
                "performance_metrics": [_metric(one, first=first) for one in card.metrics],
                "graphics": _graphics(card, _figures(card, "")),
            },
            CONSIDERATIONS: _considerations(card, first=first),
        }
    )
    return full


def _of_second(card: ModelCard, known: ModelCard) -> ModelCard:
    """Leave out what only 0.0.1 has a field for, but where a file of 0.0.2 has it all the same."""
    notes = {one.note for one in known.metrics}
    described = {one.description for one in known.figures}
    return replace(
        card,
        metrics=tuple(one if one.note in notes else replace(one, note="") for one in card.metrics),
        figures=tuple(
            one if one.description in described else replace(one, description="")
            for one in card.figures
        ),
    )


def _full(tree: Any) -> Any:
    """Leave out what is empty, at every depth."""
    if isinstance(tree, dict):
        found = {key: _full(one) for key, one in tree.items()}
        return {key: one for key, one in found.items() if one not in ("", [], {}, None)}
    if isinstance(tree, list):
        return [full for one in tree if (full := _full(one)) not in ("", {}, None)]
    return tree


def _details(card: ModelCard, words: str, *, first: bool) -> Tree:
    cited = [one for one in card.references if one.kind == "citation"]
    stored = next((one for one in card.references if one.kind == "artifact" and one.url), None)
    read = [one.url for one in card.references if one.kind != "citation" and one is not stored]
    documented = (_extension(card, DOCUMENTATION), words)
    tree = {
        "name": card.details.name,
        "overview": card.sections.get("overview", ""),
        "documentation": "" if first else "\n\n".join(one for one in documented if one),
        "owners": [{"name": one.name, "contact": one.contact} for one in card.parties],
        "version": {
            "name": card.details.version,
            "date": card.details.date,
            "diff": _extension(card, DIFFERENCE),
        },
    }
    if first:
        terms = (one.id or one.text or one.name or one.url for one in card.licenses)
        texts = (one.text or one.url for one in cited)
        return tree | {
            "license": next(terms, ""), "references": read, "citation": next(texts, ""),
        }  # fmt: skip
    return tree | {
        "licenses": [_license(one) for one in card.licenses],
        "references": [{"reference": url} for url in read if url],
        "citations": [{"style": one.title, "citation": one.text or one.url} for one in cited],
        "path": stored.url if stored else "",
    }


def _extension(card: ModelCard, wanted: Extension) -> str:
    fitting = (one for one in card.extensions if (one.title or one.key) == wanted.title)
    return next((one.text for one in fitting), "")


def _license(one: License) -> Tree:
    """The schema asks for exactly one of the two."""
    return {"identifier": one.id} if one.id else {"custom_text": one.text or one.name or one.url}


def _parameters(card: ModelCard, *, first: bool) -> Tree:
    inputs, outputs = (
        ([one for one in texts if PAIR not in one], [one for one in texts if PAIR in one])
        for texts in (card.details.inputs, card.details.outputs)
    )
    tree = {
        "model_architecture": card.sections.get("architecture", ""),
        "data": _first_data(card) if first else _data(card),
        "input_format": ", ".join(inputs[0]),
        "input_format_map": _pairs(inputs[1]),
        "output_format": ", ".join(outputs[0]),
        "output_format_map": _pairs(outputs[1]),
    }
    maps = {"input_format_map", "output_format_map"}
    return {key: one for key, one in tree.items() if not first or key not in maps}


def _pairs(texts: Iterable[str]) -> Tree:
    return [dict(zip(("key", "value"), one.split(PAIR, 1), strict=True)) for one in texts]


def _data(card: ModelCard) -> list[Tree]:
    items = [_dataset(one) for one in card.datasets]
    sections = [section_of_data(one.role, one.name or one.id) for one in card.datasets]
    for section in ("training_data", "evaluation_data"):
        graphics = _graphics(card, _figures(card, section))
        if not graphics:
            continue
        if section not in sections:
            items.append({})
            sections.append(section)
        items[sections.index(section)]["graphics"] = graphics
    return items


def _first_data(card: ModelCard) -> Tree:
    tree = {}
    for key, role in ROLES.items():
        mine = next((one for one in card.datasets if one.role == role), Dataset())
        graphics = _graphics(card, _figures(card, f"{role}_data"))
        tree[key] = {"name": mine.name or mine.id, "link": mine.url, "graphics": graphics}
    return tree


def _dataset(one: Dataset) -> dict[str, Tree]:
    return {
        "name": one.name or one.id,
        "link": one.url,
        "sensitive": {"sensitive_data": list(one.sensitive)},
        "description": one.description,
    }


def _figures(card: ModelCard, section: str) -> Iterator[Figure]:
    """Those of the training or the evaluation data; with no section named, all others."""
    data = {"training_data", "evaluation_data"}
    for one in card.figures:
        if one.section == section or (not section and one.section not in data):
            yield one


def _graphics(card: ModelCard, figures: Iterable[Figure]) -> dict[str, Tree]:
    items = [
        {
            "name": one.name,
            "description": one.description,
            "image": packed_picture(card.attachments[one.digest]),
        }
        for one in figures
        if one.digest in card.attachments
    ]
    return {"collection": items} if items else {}


def _metric(one: Metric, *, first: bool) -> Tree:
    def value(number: Number | None) -> Tree:
        return "" if number is None else scalar(number) if first else number.written

    bounds = {}
    if one.interval:
        bounds = {
            "lower_bound": value(one.interval.lower),
            "upper_bound": value(one.interval.upper),
        }
    tree = {
        "type": one.type or one.name,
        "value": value(one.value),
        "slice": one.slice,
        "confidence_interval": bounds,
    }
    if one.note.startswith(THRESHOLD):
        tree["threshold"] = scalar(Number(text=one.note.removeprefix(THRESHOLD)))
    return tree


def _considerations(card: ModelCard, *, first: bool) -> Tree:
    tree: dict[str, Tree] = {
        key: [_said(text, first=first) for text in unlisted(card.sections.get(section, ""))]
        for key, section in PROSE.items()
    }
    traded = [one for one in card.considerations if _is_tradeoff(one)]
    tree["tradeoffs"] = [_said(one.name, first=first) for one in traded]
    tree["ethical_considerations"] = [
        *(
            {"name": one.name or one.group or one.harms, "mitigation_strategy": one.mitigation}
            for one in card.considerations
            if not _is_tradeoff(one)
        ),
        {"name": card.sections.get("ethics", "")},
    ]
    return tree


def _is_tradeoff(one: Consideration) -> bool:
    return one == Consideration(section="caveats", name=one.name)


def _said(text: str, *, first: bool) -> Tree:
    return text if first else {"description": text}


# --- in words ------------------------------------------------------------------------------------


def _words(card: ModelCard, others: tuple[ModelCard, ...], name: str) -> str:
    """Say in Markdown what of the card is in none of the others."""
    ours, theirs = account_of(card), [account_of(one) for one in others]
    silent: dict[str, Any] = {
        key: _missing(getattr(card, key), ours.get(key, []), [one.get(key, []) for one in theirs])
        for key in LISTS
    }
    silent["details"] = _missing_details(card.details, [one.details for one in others])
    silent["kept"] = tuple(one for one in card.kept if one.format != name)
    silent["lineage"] = {} if any(one.lineage == card.lineage for one in others) else card.lineage
    # The risks say ethics in the words of the card, though as the name of one.
    silent["sections"] = {
        key: text
        for key, text in card.sections.items()
        if key != "ethics" and all(one.sections.get(key) != text for one in others)
    }
    told = replace(card, **silent)
    content = content_of(told, facts_by_section(told), facts_apart(told))
    return fresh_body(content).strip("\n") if content.texts else ""


def _missing(items: tuple[Any, ...], ours: list[Any], theirs: list[list[Any]]) -> tuple[Any, ...]:
    said = [one for others in theirs for one in others]
    return tuple(item for item, one in zip(items, ours, strict=True) if one not in said)


def _missing_details(ours: Details, others: list[Details]) -> Details:
    said = {
        one.name: getattr(ours, one.name)
        for one in fields(Details)
        if one.name != "name"
        and all(getattr(ours, one.name) != getattr(other, one.name) for other in others)
    }
    return Details(**said)
