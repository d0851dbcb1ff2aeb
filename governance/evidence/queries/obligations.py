"""Reads of what is due by which framework, and for which models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from governance.evidence.firm import requirement_sets
from governance.evidence.rules.requirements import Obligation, bearing
from governance.inventory.firm import catalogue
from governance.inventory.models import Model
from governance.inventory.queries.scopes import answers_of, facts_of_models
from governance.inventory.rules.frameworks import Answer, Facts, Status, seen_on


@dataclass(frozen=True, kw_only=True)
class Due:
    """One obligation, the models that it counts for, and those of which that is unknown.

    `begins` is the first day on which its framework applies to any of those that it counts for.
    """

    obligation: Obligation
    applying: Sequence[Model]
    unknown: Sequence[Model]
    begins: date | None


def due_for(models: Sequence[Model], *, today: date) -> list[Due]:
    """Say of every obligation for which of the models it counts, in a constant number of queries.

    Those with a day come first and in order of it. A framework that has ended, such as a
    superseded one, asks nothing any more, so what was due by it is not there.
    """
    facts = facts_of_models(models)
    standing = {key: _counting(each, today) for key, each in answers_of(models).items()}
    found = []
    for one in requirement_sets().obligations:
        if (framework := catalogue().named(one.framework)) and framework.has_ended(today):
            continue
        said = {key: each.get(one.framework) for key, each in standing.items()}
        bears = {model.pk: _bears(one, said.get(model.pk), facts[model.pk]) for model in models}
        applying = [model for model in models if bears[model.pk] == Status.APPLIES]
        answers = [answer for model in applying if (answer := said.get(model.pk))]
        found.append(
            Due(
                obligation=one,
                applying=applying,
                unknown=[model for model in models if bears[model.pk] == Status.UNKNOWN],
                begins=min((each.from_date for each in answers if each.from_date), default=None),
            )
        )
    return sorted(found, key=_order)


def _counting(answers: Iterable[Answer], today: date) -> dict[str, Answer]:
    return {one.answer.framework: one.answer for one in seen_on(answers, today)}


def _bears(one: Obligation, answer: Answer | None, facts: Facts) -> Status:
    """What is said of an obligation for a model: no more than its framework says of the model."""
    if answer is None or answer.status == Status.DOES_NOT_APPLY:
        return Status.DOES_NOT_APPLY
    narrowed = bearing(one, facts).status
    if narrowed == Status.DOES_NOT_APPLY:
        return narrowed
    return Status.UNKNOWN if Status.UNKNOWN in (answer.status, narrowed) else Status.APPLIES


def _order(one: Due) -> tuple[bool, date, str, str]:
    day = one.obligation.day
    return day is None, day or date.max, one.obligation.framework, one.obligation.id
