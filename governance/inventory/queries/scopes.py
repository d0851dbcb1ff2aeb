"""Which frameworks apply to a model: by what is known of it now, and by what was kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.core.canonical import canonical, digest
from governance.core.wording import as_date
from governance.inventory.firm import adopted, catalogue, facts_of_firm
from governance.inventory.models import ClassAssessment, Determination, Model, RuleScope
from governance.inventory.queries.assessments import latest_determination
from governance.inventory.queries.records import latest_class_assessment
from governance.inventory.rules import FrameworkNotFound
from governance.inventory.rules.frameworks import (
    Answer,
    Catalogue,
    Difference,
    Facts,
    Framework,
    Status,
    answered_facts,
    answers_from,
    differences,
    judge,
    kept,
)


def facts_of(model: Model) -> Facts:
    """Return what is known of the model and the firm, as the rules of scope may ask for it.

    The one place where a field of a model becomes a fact. What is not recorded stays out, so that
    the rules answer `unknown until it is`. `data/facts.yaml` says what each can be.
    """
    decided = latest_determination(model)
    rating = latest_class_assessment(model)
    return facts_with(model, determination=decided.result if decided else "", rating=rating)


def facts_of_models(models: Collection[Model]) -> dict[UUID, Facts]:
    """Return the same of many models, in two queries."""
    decided = Determination.objects.filter(model__in=models).order_by("decided_at", "-pk")
    results = dict(decided.values_list("model_id", "result"))
    rated = ClassAssessment.objects.filter(model__in=models).select_related("assessment")
    ratings = {row.model_id: row for row in rated.order_by("assessed_at", "-pk")}
    return {
        model.pk: facts_with(
            model, determination=results.get(model.pk, ""), rating=ratings.get(model.pk)
        )
        for model in models
    }


def answers_of(models: Collection[Model]) -> dict[UUID, tuple[Answer, ...]]:
    """Return what the newest scope of each says, in one query; without a scope it is not there."""
    rows = RuleScope.objects.latest_only().filter(model__in=models)
    texts = dict(rows.values_list("model_id", "result_text"))
    # Most models share their text with many others, and reading one takes long.
    read = {text: answers_from(text) for text in set(texts.values())}
    return {key: read[text] for key, text in texts.items()}


def facts_with(model: Model, *, determination: str, rating: ClassAssessment | None) -> Facts:
    """The same where it is known what was decided, and what gave the class in force."""
    single = {
        "ai_act_class": model.ai_act_class,
        "determination": determination,
        "kind": model.kind,
        "origin": model.origin,
        "tier": str(model.tier or ""),
    }
    known: dict[str, tuple[str, ...]] = {k: (value,) for k, value in single.items() if value}
    if model.jurisdiction_codes:
        known["jurisdictions"] = tuple(model.jurisdiction_codes)
    known |= _answered(rating)
    return Facts(known={**facts_of_firm(), **known}, adopted=adopted())


def _answered(rating: ClassAssessment | None) -> dict[str, tuple[str, ...]]:
    """What the answers that gave the class in force say beside it; nothing of a class by hand."""
    if rating is None or rating.assessment is None:
        return {}
    result = json.loads(rating.assessment.result_text)
    return {
        fact.id: _values(result[fact.answered_in], empty=fact.empty)
        for fact in answered_facts()
        if fact.answered_in in result
    }


def _values(value: list[str] | str | None, *, empty: str) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(value)
    return (value or empty,)


@dataclass(frozen=True, kw_only=True)
class Computed:
    """A scope before it is kept: canonical texts, and the digest that covers them."""

    facts_text: str
    result_text: str
    applying: str
    unknown: str
    catalogue_digest: str
    digest: str

    @property
    def answers(self) -> tuple[Answer, ...]:
        return answers_from(self.result_text)

    def differs_from(self, row: RuleScope | None) -> bool:
        """Tell whether there is something to keep: other facts, or other answers."""
        if row is None:
            return True
        return (self.facts_text, self.result_text) != (row.facts_text, row.result_text)


def computed_scope(model: Model) -> Computed:
    """Work out the scope of the model by what is known now."""
    return scope_by(facts_of(model))


def scope_by(facts: Facts) -> Computed:
    known = tuple(sorted(facts.known.items()))
    return _computed(known, tuple(facts.adopted.items()), catalogue())


@lru_cache(maxsize=1024)
def _computed(
    known: tuple[tuple[str, tuple[str, ...]], ...],
    chosen: tuple[tuple[str, date | None], ...],
    frameworks: Catalogue,
) -> Computed:
    """The same facts give the same texts, and most models share theirs with many others."""
    facts = Facts(known=dict(known), adopted=dict(chosen))
    answers = judge(facts, frameworks)
    facts_text, result_text = canonical(facts.used(frameworks.asked)), kept(answers)
    # Of each framework the last version, as answers stand in the order of versions.
    last = {one.framework: one.status for one in answers}
    return Computed(
        facts_text=facts_text,
        result_text=result_text,
        applying=_spaced(key for key, status in last.items() if status == Status.APPLIES),
        unknown=_spaced(key for key, status in last.items() if status == Status.UNKNOWN),
        catalogue_digest=frameworks.digest,
        digest=digest([facts_text, result_text, frameworks.digest]),
    )


def _spaced(names: Iterable[str]) -> str:
    return f" {' '.join(names)} "


def framework_named(key: str) -> Framework:
    """Return the framework with this id, or raise FrameworkNotFound."""
    found = catalogue().named(key)
    if found is None:
        raise FrameworkNotFound(f"There is no framework {key}.")
    return found


def latest_scope(model: Model, *, by: datetime | None = None) -> RuleScope | None:
    """What was kept last of the model, or had been by a past moment."""
    return next(iter(newest_scopes(model, 1, by=by)), None)


def newest_scopes(model: Model, count: int, *, by: datetime | None = None) -> list[RuleScope]:
    """The newest scopes of the model that were kept, or had been by a past moment, newest first."""
    rows = RuleScope.objects.filter(model=model)
    known = rows.filter(computed_at__lte=by) if by else rows
    return list(known.order_by("-number")[:count])


def changes_between(
    now: Computed | RuleScope, at: datetime, before: RuleScope | None
) -> list[Difference]:
    """Say what another scope says than the one before it; of a first one everything is new."""
    return differences(now.answers, before.answers, on=as_date(at)) if before else []


def scope_counts(models: QuerySet[Model]) -> dict[str, tuple[int, int]]:
    """Count, by framework, the models it applies to and those of which that is unknown."""
    rows = RuleScope.objects.latest_only().filter(model__in=models)
    applying: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for said, open_ones in rows.values_list("applying", "unknown"):
        applying.update(said.split())
        unknown.update(open_ones.split())
    return {key: (applying[key], unknown[key]) for key in {*applying, *unknown}}


def scopes_naming(framework: str, models: QuerySet[Model]) -> QuerySet[RuleScope]:
    """Return the newest scopes in which the framework applies or is unknown, by model's name."""
    named = Q(applying__contains=f" {framework} ") | Q(unknown__contains=f" {framework} ")
    rows = RuleScope.objects.latest_only().filter(named, model__in=models)
    return rows.select_related("model").order_by("model__name")
