"""The fields of the Model Card Toolkit, 0.0.1 and 0.0.2: what a document says, as a card.

Its schemas: model_card_toolkit/schema/v0.0.1 and v0.0.2/model_card.schema.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from governance.cards.formats.pictures import media_type_of, picture_of
from governance.cards.formats.protocol import Notice
from governance.cards.formats.trees import Claims, Place, Tree
from governance.cards.rules.model_card import (
    Consideration,
    Dataset,
    Details,
    Extension,
    Figure,
    Interval,
    License,
    Metric,
    ModelCard,
    Party,
    Reference,
)
from governance.cards.rules.numbers import Number, Provenance, number
from governance.core.canonical import sha256_hex

FIRST, SECOND = "0.0.1", "0.0.2"
DETAILS, PARAMETERS = "model_details", "model_parameters"
ANALYSIS, CONSIDERATIONS = "quantitative_analysis", "considerations"
PROSE: dict[str, str] = {
    "users": "users",
    "use_cases": "intended_use",
    "limitations": "known_failures",
}
"""The lists of texts that are the prose of a section."""

ROLES = {"train": "training", "eval": "evaluation"}
"""The two data sets of 0.0.1; 0.0.2 has a list of them, of which none says what it is for."""

DOCUMENTATION = Extension(key="documentation", title="Documentation")
DIFFERENCE = Extension(key="version-diff", title="Changes from the previous version")
PAIR = " = "
THRESHOLD = "threshold "


@dataclass
class Found:
    """What was read so far; `claims` knows what of the document is in none of it."""

    claims: Claims
    digest: str
    lines: Mapping[Place, int]
    figures: list[Figure] = field(default_factory=list)
    attachments: dict[str, bytes] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def notice(self, message: str, *parts: str | int) -> None:
        place = self.claims.field(*parts)
        self.notices.append(Notice(field=place, line=self.lines.get(parts), message=message))

    def number(self, *parts: str | int) -> Number | None:
        written = self.claims.written(*parts)
        place = Provenance(file=self.digest, place=self.claims.field(*parts))
        return number(written, place) if written else None

    def said(self, key: str, *parts: str | int) -> str:
        """Claim the text of an item: 0.0.2 has an object around it."""
        return self.claims.text(*parts) or self.claims.text(*parts, key)


def card_of_tree(found: Found) -> ModelCard:
    """Return the card, without what was kept."""
    claims = found.claims
    claims.text("schema_version")
    details = Details(
        name=claims.text(DETAILS, "name"),
        version=claims.text(DETAILS, "version", "name"),
        date=claims.text(DETAILS, "version", "date"),
        inputs=tuple(_formats(claims, "input_format")),
        outputs=tuple(_formats(claims, "output_format")),
    )
    return ModelCard(
        details=details,
        sections={key: text for key, text in _sections(found) if text},
        extensions=tuple(_extensions(claims)),
        parties=tuple(_owners(claims)),
        licenses=tuple(_licenses(claims)),
        references=tuple(_references(found)),
        datasets=tuple(_datasets(found)),
        metrics=tuple(_metrics(found)),
        considerations=tuple(_considerations(found)),
        figures=tuple(_graphics(found)),
        attachments=found.attachments,
    )


def _formats(claims: Claims, key: str) -> Iterator[str]:
    if text := claims.text(PARAMETERS, key):
        yield text
    place = (PARAMETERS, f"{key}_map")
    for index in claims.items(*place):
        name, value = (claims.peek(*place, index, part) for part in ("key", "value"))
        if all(isinstance(one, str) and one for one in (name, value)) and PAIR not in name:
            parts = (claims.text(*place, index, part) for part in ("key", "value"))
            yield PAIR.join(parts)


def _sections(found: Found) -> Iterator[tuple[str, str]]:
    yield "overview", found.claims.text(DETAILS, "overview")
    yield "architecture", found.claims.text(PARAMETERS, "model_architecture")
    for key, section in PROSE.items():
        place = (CONSIDERATIONS, key)
        texts = (found.said("description", *place, at) for at in found.claims.items(*place))
        yield section, listed([text for text in texts if text])


def listed(texts: list[str]) -> str:
    """Return the texts as one: several as a list in Markdown."""
    if len(texts) < 2:
        return "".join(texts)
    return "\n".join("- " + text.replace("\n", "\n  ") for text in texts)


def unlisted(text: str) -> list[str]:
    """Return the texts that were made one; whatever is no such list is one text."""
    if not text:
        return []
    texts = [one.replace("\n  ", "\n") for one in re.split(r"(?:\A|\n)- ", text)[1:]]
    return texts if len(texts) > 1 and listed(texts) == text else [text]


def _extensions(claims: Claims) -> Iterator[Extension]:
    for place, one in (
        ((DETAILS, "documentation"), DOCUMENTATION),
        ((DETAILS, "version", "diff"), DIFFERENCE),
    ):
        if text := claims.text(*place):
            yield Extension(key=one.key, title=one.title, text=text)


def _owners(claims: Claims) -> Iterator[Party]:
    for index in claims.items(DETAILS, "owners"):
        at = (DETAILS, "owners", index)
        name, contact = claims.text(*at, "name"), claims.text(*at, "contact")
        if name or contact:
            yield Party(role="owner", name=name, contact=contact)


def _licenses(claims: Claims) -> Iterator[License]:
    if text := claims.text(DETAILS, "license"):
        yield License(id=text)
    for index in claims.items(DETAILS, "licenses"):
        at = (DETAILS, "licenses", index)
        one = License(id=claims.text(*at, "identifier"), text=claims.text(*at, "custom_text"))
        if one != License():
            yield one


def _references(found: Found) -> Iterator[Reference]:
    claims = found.claims
    for index in claims.items(DETAILS, "references"):
        if url := found.said("reference", DETAILS, "references", index):
            yield Reference(url=url)
    if text := claims.text(DETAILS, "citation"):
        yield Reference(kind="citation", text=text)
    for index in claims.items(DETAILS, "citations"):
        at = (DETAILS, "citations", index)
        if text := claims.text(*at, "citation"):
            yield Reference(kind="citation", title=claims.text(*at, "style"), text=text)
    if path := claims.text(DETAILS, "path"):
        yield Reference(kind="artifact", url=path)


def dataset_places(tree: Tree) -> Iterator[tuple[Place, str]]:
    """Yield the place of each data set, and its role where the document says it."""
    if isinstance(tree, list):
        yield from (((PARAMETERS, "data", index), "") for index in range(len(tree)))
    elif isinstance(tree, dict):
        yield from (((PARAMETERS, "data", key), role) for key, role in ROLES.items() if key in tree)


def _datasets(found: Found) -> Iterator[Dataset]:
    claims = found.claims
    for at, role in dataset_places(claims.peek(PARAMETERS, "data")):
        one = Dataset(
            role=role,
            name=claims.text(*at, "name"),
            url=claims.text(*at, "link"),
            description=claims.text(*at, "description"),
            sensitive=claims.texts(*at, "sensitive", "sensitive_data"),
        )
        if one != Dataset(role=role):
            yield one


def _metrics(found: Found) -> Iterator[Metric]:
    claims = found.claims
    for index in claims.items(ANALYSIS, "performance_metrics"):
        at = (ANALYSIS, "performance_metrics", index)
        if not isinstance(claims.peek(*at, "value"), str) or not claims.peek(*at, "value"):
            found.notice("It has no value that is a number or a text; it is kept as it is.", *at)
            continue
        value = found.number(*at, "value")
        lower = found.number(*at, "confidence_interval", "lower_bound")
        upper = found.number(*at, "confidence_interval", "upper_bound")
        threshold = claims.written(*at, "threshold")
        if value:
            yield Metric(
                type=claims.text(*at, "type"),
                value=value,
                slice=claims.text(*at, "slice"),
                interval=Interval(lower=lower, upper=upper) if lower or upper else None,
                note=THRESHOLD + threshold if threshold else "",
            )


def _considerations(found: Found) -> Iterator[Consideration]:
    claims = found.claims
    for index in claims.items(CONSIDERATIONS, "tradeoffs"):
        if text := found.said("description", CONSIDERATIONS, "tradeoffs", index):
            yield Consideration(section="caveats", name=text)
    for index in claims.items(CONSIDERATIONS, "ethical_considerations"):
        at = (CONSIDERATIONS, "ethical_considerations", index)
        name = claims.text(*at, "name")
        mitigation = claims.text(*at, "mitigation_strategy")
        if name or mitigation:
            yield Consideration(section="ethics", name=name, mitigation=mitigation)


def section_of_data(role: str, name: str) -> str:
    """In which section the pictures of a data set stand, by its role or else by its name."""
    if role:
        return f"{role}_data"
    words = re.split(r"[^a-z]+", name.lower())
    told = any(one.startswith(("eval", "test", "valid", "hold")) for one in words)
    return "evaluation_data" if told else "training_data"


def _graphics(found: Found) -> Iterator[Figure]:
    for at, role in dataset_places(found.claims.peek(PARAMETERS, "data")):
        name = found.claims.peek(*at, "name")
        section = section_of_data(role, name if isinstance(name, str) else "")
        yield from _collection(found, section, *at, "graphics")
    yield from _collection(found, "evaluation", ANALYSIS, "graphics")


def _collection(found: Found, section: str, *place: str | int) -> Iterator[Figure]:
    claims = found.claims
    for index in claims.items(*place, "collection"):
        at = (*place, "collection", index)
        image = claims.peek(*at, "image")
        data = picture_of(image) if isinstance(image, str) else None
        if data is None:
            found.notice("It is no picture in base64; it is kept as it is.", *at, "image")
            continue
        claims.take(*at, "image")
        digest = sha256_hex(data)
        found.attachments[digest] = data
        yield Figure(
            digest=digest,
            media_type=media_type_of(data),
            name=claims.text(*at, "name"),
            description=claims.text(*at, "description"),
            section=section,
        )
