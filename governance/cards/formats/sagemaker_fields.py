"""The fields of an Amazon SageMaker model card: what its content says, as a card.

The schema: docs.aws.amazon.com/sagemaker/latest/dg/model-cards-json-schema.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from governance.cards.formats.headings import slug
from governance.cards.formats.protocol import Notice
from governance.cards.formats.trees import Claims, NumberText, Place
from governance.cards.rules.model_card import (
    Consideration,
    Dataset,
    Details,
    Extension,
    Metric,
    ModelCard,
    Party,
    Quantity,
    Reference,
)
from governance.cards.rules.numbers import Provenance, number
from governance.cards.rules.sections import SECTIONS

OVERVIEW, INTENDED, BUSINESS = "model_overview", "intended_uses", "business_details"
TRAINING, EVALUATIONS, MORE = "training_details", "evaluation_details", "additional_information"
JOB: Place = (TRAINING, "training_job_details")
CUSTOM = (MORE, "custom_details")
PROSE: dict[str, Place] = {
    "overview": (OVERVIEW, "model_description"),
    "task": (INTENDED, "purpose_of_model"),
    "intended_use": (INTENDED, "intended_uses"),
    "known_failures": (INTENDED, "factors_affecting_model_efficiency"),
    "decision": (BUSINESS, "business_problem"),
    "users": (BUSINESS, "business_stakeholders"),
    "training_procedure": (TRAINING, "training_observations"),
    "ethics": (MORE, "ethical_considerations"),
    "caveats": (MORE, "caveats_and_recommendations"),
}
PARTIES: dict[str, Place] = {
    "creator": (OVERVIEW, "model_creator"),
    "owner": (OVERVIEW, "model_owner"),
}
LINKS: dict[str, Place] = {
    "model": (OVERVIEW, "model_id"),
    "artifact": (OVERVIEW, "model_artifact"),
    "inference image": (OVERVIEW, "inference_environment", "container_image"),
    "training job": (*JOB, "training_arn"),
    "training image": (*JOB, "training_environment", "container_image"),
}
TRAINED: dict[str, str] = {
    "Training metrics": "training_metrics",
    "User-provided training metrics": "user_provided_training_metrics",
}
"""The groups of metrics that are of the training, by what the card calls them."""

HYPER = ("hyper_parameters", "user_provided_hyper_parameters")
BUSINESS_LINE = Extension(key="line-of-business", title="Line of business")
RISK, RATED = "Risk rating", "Risk rating: "
ONE_EVALUATION, ONE_GROUP = "Evaluation", "Metrics"
"""What an evaluation and a group are called in a new file, where nothing names them."""

APART = " / "
OF_EVALUATION = "Evaluation: "
OBSERVED = "SageMaker evaluation"
"""Who owns the extension that holds what was observed in an evaluation after the first."""

TITLES = {section.title: section.key for section in SECTIONS}


@dataclass
class Content:
    """What was read so far; `claims` knows what of the content is in none of it."""

    claims: Claims
    digest: str
    lines: Mapping[Place, int] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def notice(self, message: str, *parts: str | int) -> None:
        line = self.lines.get((*self.claims.place, *parts))
        notice = Notice(field=self.claims.field(*parts), line=line, message=message)
        self.notices.append(notice)

    def provenance(self, source: str, *parts: str | int) -> Provenance:
        return Provenance(file=self.digest, place=self.claims.field(*parts), source=source)

    def has_value(self, *parts: str | int) -> bool:
        """Whether there is a name, and a value that is a number or a text."""
        name, value = (self.claims.peek(*parts, key) for key in ("name", "value"))
        named = isinstance(name, str) and not isinstance(name, NumberText) and bool(name)
        return named and isinstance(value, str) and bool(value)


def card_of_content(found: Content) -> ModelCard:
    """Return the card, without what was kept."""
    claims = found.claims
    sections = {key: claims.text(*place) for key, place in PROSE.items()}
    evaluations = _Evaluations(found)
    evaluations.read()
    sections["evaluation"] = evaluations.observation
    extensions = [*_business_line(claims), *evaluations.extensions]
    extensions += _custom(claims, sections)
    return ModelCard(
        details=Details(
            name=claims.text(OVERVIEW, "model_name"),
            version=claims.written(OVERVIEW, "model_version"),
            model_type=claims.text(OVERVIEW, "algorithm_type"),
            task_type=claims.text(OVERVIEW, "problem_type"),
        ),
        sections={key: text for key, text in sections.items() if text},
        parties=tuple(_parties(claims)),
        references=tuple(_references(claims)),
        datasets=(*_training_datasets(claims), *evaluations.datasets),
        metrics=(*_training_metrics(found), *evaluations.metrics),
        quantities=tuple(_hyperparameters(found)),
        considerations=tuple(_risk(claims)),
        extensions=tuple(extensions),
    )


def _business_line(claims: Claims) -> Iterator[Extension]:
    if text := claims.text(BUSINESS, "line_of_business"):
        yield Extension(key=BUSINESS_LINE.key, title=BUSINESS_LINE.title, text=text)


def _custom(claims: Claims, sections: dict[str, str]) -> Iterator[Extension]:
    """A custom detail with the title of a section is that section; any other an extension."""
    custom = claims.peek(*CUSTOM)
    taken = {BUSINESS_LINE.key}
    for title in custom if isinstance(custom, dict) else ():
        text = claims.text(*CUSTOM, title) if title.strip() else ""
        section = TITLES.get(title, "")
        if text and section and not sections.get(section):
            sections[section] = text
        elif text:
            key = slug(title, taken)
            taken.add(key)
            yield Extension(key=key, title=title, text=text)


def _parties(claims: Claims) -> Iterator[Party]:
    for role, place in PARTIES.items():
        if name := claims.text(*place):
            yield Party(role=role, name=name)


def _references(claims: Claims) -> Iterator[Reference]:
    for kind, place in LINKS.items():
        for url in claims.texts(*place):
            yield Reference(kind=kind, url=url)


def _risk(claims: Claims) -> Iterator[Consideration]:
    rating = claims.text(INTENDED, "risk_rating")
    why = claims.text(INTENDED, "explanations_for_risk_rating")
    if rating or why:
        name = RATED + rating if rating else RISK
        yield Consideration(section="intended_use", name=name, harms=why)


def _training_datasets(claims: Claims) -> Iterator[Dataset]:
    for url in claims.texts(*JOB, "training_datasets"):
        yield Dataset(role="training", url=url)


def _training_metrics(found: Content) -> Iterator[Metric]:
    for group, key in TRAINED.items():
        yield from metrics_at(found, group, "", *JOB, key)


def _hyperparameters(found: Content) -> Iterator[Quantity]:
    claims = found.claims
    for key in HYPER:
        for index in claims.items(*JOB, key):
            at = (*JOB, key, index)
            if not found.has_value(*at):
                continue
            value = number(claims.written(*at, "value"), found.provenance("", *at, "value"))
            name = claims.text(*at, "name")
            yield Quantity(section="training_procedure", name=name, value=value)


def metrics_at(found: Content, group: str, source: str, *place: str | int) -> Iterator[Metric]:
    """Read a list of metrics; what is no single value, such as a chart, is kept."""
    claims = found.claims
    for index in claims.items(*place):
        at = (*place, index)
        if not found.has_value(*at):
            found.notice("It has no name, or no single value; it is kept as it is.", *at)
            continue
        raw = claims.peek(*at, "value")
        if claims.peek(*at, "type") == type_of(str(raw)):
            claims.text(*at, "type")
        yield Metric(
            name=claims.text(*at, "name"),
            value=number(claims.written(*at, "value"), found.provenance(source, *at, "value")),
            group=group,
            note=claims.text(*at, "notes"),
        )


NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")


def type_of(written: str) -> str:
    return "number" if NUMBER.fullmatch(written) else "string"


class _Evaluations:
    """Reads the list of evaluations. Only one of them has a section; the others are extensions."""

    def __init__(self, found: Content) -> None:
        self._found = found
        self.observation = ""
        self.metrics: list[Metric] = []
        self.datasets: list[Dataset] = []
        self.extensions: list[Extension] = []

    def read(self) -> None:
        for index in self._found.claims.items(EVALUATIONS):
            self._evaluation(index)

    def _evaluation(self, index: int) -> None:
        claims, at = self._found.claims, (EVALUATIONS, index)
        name = claims.peek(*at, "name")
        named = isinstance(name, str) and not isinstance(name, NumberText) and bool(name)
        name = name if named else ONE_EVALUATION
        before = len(self.metrics)
        source = claims.peek(*at, "evaluation_job_arn")
        arn = source if isinstance(source, str) and source.startswith("arn:") else ""
        self.metrics += groups_at(self._found, name, arn, *at)
        has_metrics = len(self.metrics) > before
        if has_metrics and arn:
            claims.text(*at, "evaluation_job_arn")
        observed = claims.peek(*at, "evaluation_observation")
        urls: tuple[str, ...] = ()
        if index == 0:
            self.observation = claims.text(*at, "evaluation_observation")
        elif named:
            self._observed(name, at)
        if index == 0 or named:
            urls = claims.texts(*at, "datasets")
        said = OF_EVALUATION + name if index else ""
        self.datasets += (Dataset(role="evaluation", url=one, description=said) for one in urls)
        # Of the first, no section and no data set has the name; what a new file says is none.
        is_told = (index > 0 or name == ONE_EVALUATION) and (urls or observed)
        if named and (has_metrics or is_told):
            claims.text(*at, "name")

    def _observed(self, name: str, at: Place) -> None:
        if text := self._found.claims.text(*at, "evaluation_observation"):
            key = slug(name, {one.key for one in self.extensions} | {BUSINESS_LINE.key})
            self.extensions.append(Extension(key=key, title=name, text=text, owner=OBSERVED))


def groups_at(found: Content, evaluation: str, source: str, *at: str | int) -> Iterator[Metric]:
    """Read the metrics of each group; a group of which none is read is kept."""
    claims = found.claims
    for index in claims.items(*at, "metric_groups"):
        there = (*at, "metric_groups", index)
        name = claims.peek(*there, "name")
        named = isinstance(name, str) and not isinstance(name, NumberText)
        label = label_of(evaluation, name if named and name else ONE_GROUP)
        metrics = list(metrics_at(found, label, source, *there, "metric_data"))
        if metrics and named:
            claims.text(*there, "name")
        yield from metrics


def label_of(evaluation: str, group: str) -> str:
    """Return what a card calls a group of an evaluation."""
    if evaluation == ONE_EVALUATION:
        return "" if group == ONE_GROUP else group
    return evaluation + APART + group


def names_of(label: str) -> tuple[str, str]:
    """Return the names of the evaluation and of the group."""
    evaluation, apart, group = label.partition(APART)
    if not apart:
        return ONE_EVALUATION, label or ONE_GROUP
    return evaluation, group
