"""Reads of which requirement has which evidence, of many models in a constant number of queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from governance.core.wording import as_date
from governance.evidence.firm import requirement_sets
from governance.evidence.queries.filings import exempt_from, filed_items
from governance.evidence.queries.gathering import gathered, gathered_of_firm
from governance.evidence.rules.collectors import collectors
from governance.evidence.rules.coverage import (
    Covered,
    EvidenceItem,
    Held,
    Standing,
    by_kind,
    covered,
)
from governance.evidence.rules.requirements import Level, RequirementSet
from governance.inventory.firm import adopted, catalogue, facts_of_firm
from governance.inventory.models import Model, RuleScope
from governance.inventory.queries.scopes import answers_of, facts_of_models
from governance.inventory.rules.frameworks import (
    Answer,
    Facts,
    Framework,
    Status,
    answers_from,
    seen_on,
)


def coverage_of(
    models: Sequence[Model], *, at: datetime, frameworks: Collection[str] | None = None
) -> Mapping[UUID, tuple[Covered, ...]]:
    """Say of each model which requirement has which evidence, framework by framework.

    `frameworks` names them; without it all count that have requirements. Of each framework the
    version counts that the model's newest scope names for the day. What is asked of the firm is
    there too, with the firm's evidence, and is the same for each model that it is asked of.
    """
    kinds, today = collectors(), as_date(at)
    found, filed = gathered(models, kinds, at=at), filed_items(models, kinds, at=at)
    of_firm = filed.get(None, [])
    every = [
        *gathered_of_firm(kinds, level=Level.MODEL, at=at),
        *(one for one in of_firm if kinds[one.kind].is_shared),
    ]
    exempt = exempt_from(models, today=today)
    answers, facts = answers_of(models), facts_of_models(models)
    firm = _firm_held(of_firm, at=at)
    result: dict[UUID, tuple[Covered, ...]] = {}
    for model in models:
        items = [*found.get(model.pk, ()), *every, *filed.get(model.pk, ())]
        held = Held(items=by_kind(items), exempt=exempt[model.pk])
        result[model.pk] = tuple(
            covered(
                one,
                standing=standing,
                facts=facts[model.pk],
                held=firm if one.level == Level.FIRM else held,
                kinds=kinds,
            )
            for asked, standing in _asked(answers.get(model.pk), frameworks, today)
            for one in asked.requirements
        )
    return result


def firm_coverage(
    *, at: datetime, frameworks: Collection[str] | None = None
) -> tuple[Covered, ...]:
    """Say what is asked of the firm, by the frameworks that apply to any model in use."""
    facts = Facts(known=facts_of_firm(), adopted=adopted())
    kinds, today = collectors(), as_date(at)
    held = _firm_held(filed_items((), kinds, at=at).get(None, []), at=at)
    return tuple(
        covered(one, standing=standing, facts=facts, held=held, kinds=kinds)
        for asked, standing in _asked(_answers_of_firm(today), frameworks, today)
        for one in asked.requirements
        if one.level == Level.FIRM
    )


def _firm_held(filed: Sequence[EvidenceItem], *, at: datetime) -> Held:
    found = gathered_of_firm(collectors(), level=Level.FIRM, at=at)
    return Held(items=by_kind([*found, *filed]))


def _asked(
    answers: Iterable[Answer] | None, frameworks: Collection[str] | None, today: date
) -> Iterator[tuple[RequirementSet, Standing]]:
    """Give the requirements of each framework by the version that counts, with how it stands."""
    sets = requirement_sets()
    seen = {one.answer.framework: one.answer for one in seen_on(answers or (), today)}
    for framework in catalogue().frameworks:
        if frameworks is not None and framework.id not in frameworks:
            continue
        answer = seen.get(framework.id)
        version = answer.version if answer else _version_on(framework, today)
        if asked := sets.of(framework.id, version):
            after = catalogue().successor_of(framework.id)
            yield (
                asked,
                Standing(answer=answer, on=today, superseded_by=after.name if after else ""),
            )


def _version_on(framework: Framework, today: date) -> str:
    counting = [one.version for one in framework.versions if not one.has_ended(today)]
    return (counting or [framework.versions[-1].version])[0]


def _answers_of_firm(today: date) -> list[Answer]:
    """Return of each framework the answer of some model in use that says most of the firm."""
    rows = RuleScope.objects.latest_only().filter(model__in=Model.objects.in_use())
    best: dict[str, Answer] = {}
    for text in rows.values_list("result_text", flat=True).distinct():
        for one in seen_on(answers_from(text), today):
            before = best.get(one.answer.framework)
            if before is None or _weight(one.answer) > _weight(before):
                best[one.answer.framework] = one.answer
    return list(best.values())


def _weight(answer: Answer) -> int:
    """A framework that applies to one model is asked of the firm, whatever it is of others."""
    return [Status.DOES_NOT_APPLY, Status.UNKNOWN, Status.APPLIES].index(answer.status)
