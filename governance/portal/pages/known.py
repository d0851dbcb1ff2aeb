"""What a questionnaire knows beside the answers, and from which models the portal knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.accounts.models import User
from governance.core.wording import counted
from governance.inventory.models import Assessment
from governance.inventory.queries import names_along
from governance.inventory.queries.assessments import Draft
from governance.inventory.queries.known_facts import Sources
from governance.inventory.queries.questionnaires import questionnaire_of
from governance.inventory.rules.assessments import FACT, Evidence
from governance.inventory.rules.causes import said
from governance.inventory.rules.questionnaires import Facts, Questionnaire, Scorecard

NAMED = 5
"""So many models are named as the cause of a fact; of more it is told how many."""


@dataclass(frozen=True, kw_only=True)
class KnownFact:
    """A fact as its file asks for it, its value as people write it, and where it comes from.

    `evidence` is what it rests on where somebody typed it.
    """

    text: str
    value: str
    cause: str = ""
    evidence: str = ""


def known_of_draft(draft: Draft, *, reader: User, at: datetime) -> list[KnownFact]:
    """What the portal fills in, so that nobody is asked for it."""
    inquiry = draft.inquiry
    return _lines(inquiry.questionnaire, inquiry.known, draft.sources, {}, reader=reader, at=at)


def facts_of(row: Assessment, evidence: Evidence, *, reader: User, at: datetime) -> list[KnownFact]:
    """Every fact of an assessment, with what it came from then."""
    kept = row.result.get("known_from", {})
    sources = {key: [UUID(ref.partition(":")[2]) for ref in refs] for key, refs in kept.items()}
    card = questionnaire_of(row.questionnaire)
    return _lines(card, row.facts, sources, evidence, reader=reader, at=at)


def _lines(
    questionnaire: Questionnaire,
    facts: Facts,
    sources: Sources,
    evidence: Evidence,
    *,
    reader: User,
    at: datetime,
) -> list[KnownFact]:
    if not isinstance(questionnaire, Scorecard):
        return []
    return [
        KnownFact(
            text=one.text,
            value=said(facts[one.id]),
            cause=_cause(sources.get(one.id, ()), reader=reader, at=at),
            evidence=evidence.get(f"{FACT}{one.id}", ""),
        )
        for one in questionnaire.facts
        if one.id in facts
    ]


def _cause(models: Sequence[UUID], *, reader: User, at: datetime) -> str:
    """`from credit-pd and a model that you may not see`; nothing where it is from no model."""
    if not models:
        return ""
    names = names_along(models[:NAMED], actor=reader, at=at)
    if left := len(models) - len(names):
        names.append(counted(left, "more model"))
    *first, last = names
    return f"from {', '.join(first)} and {last}" if first else f"from {last}"
