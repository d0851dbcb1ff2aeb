"""Assessments of one model: what stands, what was answered before, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.core.instants import Instant
from governance.core.wording import as_date, sentence
from governance.inventory.models import (
    Assessment,
    ClassAssessment,
    Determination,
    Model,
    QuestionnaireVersion,
    TierAssessment,
    TierOverride,
)
from governance.inventory.queries.assessments import (
    assessments_of,
    determinations_of,
    evidence_of,
    newest_rating,
)
from governance.inventory.queries.known_facts import known_facts
from governance.inventory.queries.questionnaires import (
    questionnaire_in_force,
    questionnaire_of,
    scorecard_of,
)
from governance.inventory.queries.records import latest_class_assessment
from governance.inventory.queries.tier_overrides import open_override
from governance.inventory.rules.assessments import Matter, Purpose
from governance.inventory.rules.causes import floor_cause, said, tier_causes, tier_words
from governance.inventory.rules.inquiries import Inquiry
from governance.inventory.rules.questionnaires import (
    Obligation,
    Scorecard,
    Tree,
    score,
)
from governance.inventory.rules.questionnaires.facts import TREE_FIELDS
from governance.portal.pages.asking import (
    Cause,
    Given,
    by_section,
    given_of,
    matches_in,
    tone_of_class,
)
from governance.portal.pages.known import KnownFact, facts_of
from governance.portal.pages.may import why_not

MATTER_OF = {Purpose.TIERING.value: Matter.TIER, Purpose.AI_ACT.value: Matter.CLASS}


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What one assessment has otherwise than the one before it."""

    what: str
    before: str
    after: str
    is_result: bool = False


@dataclass(frozen=True, kw_only=True)
class Past:
    """One assessment or determination in the list of all, newest first."""

    at: datetime
    matter: Matter
    result: str
    who: str
    by: str
    assessment: Assessment | None = None
    override: TierOverride | None = None
    differences: Sequence[Difference] = ()


@dataclass(frozen=True, kw_only=True)
class StandingPage:
    """What is decided about a model, what is under way, and everything before.

    Of a past moment nothing is under way; `until` is the last day of the override that held.
    """

    instant: Instant | None
    model_name: str
    until: date | None
    model: Model
    determination: Determination | None
    rating: TierAssessment | None
    tier: int | None
    class_rating: ClassAssessment | None
    override: TierOverride | None
    in_force: Mapping[Purpose, QuestionnaireVersion | None]
    drafts: Mapping[Matter, int]
    past: Sequence[Past]
    why_not: str
    stale: str
    today: date

    @property
    def may_assess(self) -> bool:
        return not self.why_not

    @property
    def scope(self) -> str:
        return sentence(self.determination.result) if self.determination else ""

    @property
    def is_overtaken(self) -> bool:
        """Tell whether it was determined to be no model, and was rated as one since."""
        decided = self.determination
        if decided is None or self.model.is_tool:
            return False
        card = scorecard_of(decided.questionnaire)
        return not all(one.continues for one in card.scope_rules if one.id == decided.rule)

    @property
    def is_review_late(self) -> bool:
        decided = self.determination
        return decided is not None and decided.next_review_date < self.today

    def had(self, matter: Matter) -> bool:
        return any(one.matter == matter for one in self.past)


def standing_page(model: Model, *, reader: User, at: datetime) -> StandingPage:
    """Gather what stands, in a fixed number of queries."""
    rating = newest_rating(model)
    assessments, decided = list(assessments_of(model)), list(determinations_of(model))
    rows = model.answer_drafts.filter(person=reader).select_related("questionnaire")
    in_force = {purpose: questionnaire_in_force(purpose) for purpose in Purpose}
    newest = {row for row in in_force.values() if row}
    return StandingPage(
        instant=None,
        model_name=model.name,
        until=model.tier_until,
        model=model,
        determination=decided[0] if decided else None,
        rating=rating,
        tier=model.tier_at(at),
        class_rating=latest_class_assessment(model),
        override=open_override(model),
        in_force=in_force,
        drafts={
            Matter(row.matter): len(row.answers) + len(row.facts)
            for row in rows
            if row.questionnaire in newest
        },
        past=everything_before(model, assessments, decided, by=None),
        why_not=why_not(
            reader, Permission.TIER_ASSESS, "Assessing a model", unit=model.unit, at=at
        ),
        stale=why_stale(model, rating, at=at),
        today=as_date(at),
    )


def why_stale(model: Model, rating: TierAssessment | None, *, at: datetime) -> str:
    """Say if what the portal knows has changed since the tier was assessed, and what of it.

    The rating is the newest, as `newest_rating` reads it.
    """
    if rating is None or rating.assessment is None:
        return ""
    card, before = scorecard_of(rating.assessment.questionnaire), rating.assessment.facts
    now = {**before, **known_facts(model, card, at=at).values}
    changed = [key for key in now if now[key] != before.get(key)]
    if not changed:
        return ""
    tier = score(card, rating.assessment.answers, facts=now).final_tier
    facts = ", ".join(
        f"{key.replace('_', ' ')} is {said(now[key])}, and was {said(before.get(key))}"
        for key in changed
    )
    words = tier_words(card, tier) if tier else "no tier"
    gives = "still give" if tier == rating.assessment.result["final_tier"] else "would now give"
    return f"Since the tier was assessed, {facts}. The same answers {gives} {words}."


def everything_before(
    model: Model,
    assessments: Sequence[Assessment],
    decided: Sequence[Determination],
    *,
    by: datetime | None,
) -> list[Past]:
    """All that was ever decided, newest first."""
    overridden = [one for one in _past_overrides(model) if by is None or one.at <= by]
    rows = [*_past_assessments(assessments), *map(_past_determination, decided), *overridden]
    return sorted(rows, key=lambda one: one.at, reverse=True)


def _past_assessments(rows: Sequence[Assessment]) -> Iterator[Past]:
    for index, row in enumerate(rows):
        purpose = row.questionnaire.purpose
        before = next(
            (one for one in rows[index + 1 :] if one.questionnaire.purpose == purpose), None
        )
        yield Past(
            at=row.assessed_at,
            matter=MATTER_OF[purpose],
            result=result_words(row),
            who=row.assessed_by.name,
            by=str(row.questionnaire),
            assessment=row,
            differences=list(differences(before, row)) if before else (),
        )


def _past_determination(row: Determination) -> Past:
    return Past(
        at=row.decided_at,
        matter=Matter.DETERMINATION,
        result=f"{sentence(row.result)} ({row.rule})",
        who=row.reviewer.name,
        by=str(row.questionnaire),
    )


def _past_overrides(model: Model) -> Iterator[Past]:
    """The overrides that were in force, since when."""
    rows = model.tier_assessments.exclude(override=None)
    for row in rows.select_related("override__proposed_by", "assessment__questionnaire"):
        if row.override is not None and row.assessment is not None:
            yield Past(
                at=row.assessed_at,
                matter=Matter.TIER,
                result=f"{row.get_tier_display()} by an override",
                who=row.override.proposed_by.name,
                by="Against the result of the questionnaire",
                override=row.override,
            )


def result_words(row: Assessment) -> str:
    """`Tier 1 (Critical)`, or the label of the outcome."""
    result = row.result
    if row.questionnaire.purpose == Purpose.AI_ACT:
        return str(result["label"])
    return tier_words(scorecard_of(row.questionnaire), result["final_tier"])


COMPARED = {
    "final_tier": "Tier", "raw": "Points", "floors": "Floors", "scope": "Scope", "label": "Outcome",
}  # fmt: skip
"""The parts of a result that are told when they differ; of a tree also the fields of its plan."""


def differences(before: Assessment, after: Assessment) -> Iterator[Difference]:
    """Say which answers and facts were changed, and what of the result with them."""
    if before.questionnaire_id != after.questionnaire_id:
        versions = str(before.questionnaire), str(after.questionnaire)
        yield Difference(what="Questionnaire", before=versions[0], after=versions[1])
    old, new = _answer_words(before), _answer_words(after)
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key):
            yield Difference(
                what=key, before=old.get(key, "Not asked"), after=new.get(key, "Not asked")
            )
    first, second = before.result, after.result
    for key in _compared(second):
        if first.get(key) != second.get(key):
            yield Difference(
                what=COMPARED.get(key) or sentence(key), before=_words(first.get(key)),
                after=_words(second.get(key)), is_result=True,
            )  # fmt: skip


def _compared(result: Mapping[str, Any]) -> list[str]:
    fields = [key for key in result if key not in TREE_FIELDS] if "outcome" in result else []
    return [*COMPARED, *fields]


def _answer_words(row: Assessment) -> dict[str, str]:
    found = {one.asked.name: one.answer for one in given_of(inquiry_of(row))}
    return found | {key: said(value) for key, value in row.facts.items() if key not in found}


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "None"
    return "None" if value is None else str(value).replace("_", " ")


def inquiry_of(row: Assessment) -> Inquiry:
    """The answers of an assessment, as the one who gave them had them before them."""
    questionnaire = questionnaire_of(row.questionnaire)
    return Inquiry(
        matter=MATTER_OF[row.questionnaire.purpose],
        questionnaire=questionnaire,
        answers=row.answers,
        facts={},
        known=row.facts,
    )


@dataclass(frozen=True, kw_only=True)
class ResultPage:
    """One assessment: everything that was answered, and everything that came of it."""

    row: Assessment
    matter: Matter
    title: str
    tone: str
    tier: int | None
    reasons: Sequence[str]
    sections: Sequence[tuple[str, Sequence[Given]]]
    facts: Sequence[KnownFact]
    causes: Sequence[Cause]
    obligations: Sequence[Obligation]
    result: Mapping[str, Any]
    differences: Sequence[Difference]
    before: Assessment | None
    override: TierOverride | None
    overridden: TierAssessment | None
    is_newest: bool
    why_not: str

    @property
    def questionnaire(self) -> QuestionnaireVersion:
        return self.row.questionnaire

    @property
    def is_tier(self) -> bool:
        return self.matter == Matter.TIER


def result_page(row: Assessment, *, reader: User, at: datetime) -> ResultPage:
    """Show one assessment, beside the one before it."""
    same = list(assessments_of(row.model).filter(questionnaire__purpose=row.questionnaire.purpose))
    index = same.index(row)
    before = same[index + 1] if index + 1 < len(same) else None
    evidence = evidence_of(row)
    inquiry = replace(inquiry_of(row), evidence=evidence)
    rating, matter = newest_rating(row.model), MATTER_OF[row.questionnaire.purpose]
    is_newest = matter == Matter.TIER and rating is not None and rating.assessment == row
    return ResultPage(
        row=row,
        matter=matter,
        title=result_words(row),
        tone=tone_of_class(str(row.result.get("outcome", ""))),
        tier=row.result.get("final_tier"),
        reasons=_reasons(inquiry),
        sections=by_section(given_of(inquiry)),
        facts=facts_of(row, evidence, reader=reader, at=at),
        causes=_causes(inquiry),
        obligations=_obligations(row),
        result=row.result,
        differences=list(differences(before, row)) if before else (),
        before=before,
        override=open_override(row.model) if is_newest else None,
        overridden=rating if is_newest and rating and rating.override else None,
        is_newest=is_newest,
        why_not=why_not(
            reader, Permission.TIER_ASSESS, "Proposing another tier", unit=row.model.unit, at=at
        ),
    )


def _reasons(inquiry: Inquiry) -> list[str]:
    if isinstance(inquiry.questionnaire, Tree):
        outcome = inquiry.tree_result.outcome
        applies = f"Applies from {outcome.applies_from}." if outcome.applies_from else ""
        return [text for text in (outcome.citation, applies) if text]
    return list(tier_causes(inquiry.card_result))


def _causes(inquiry: Inquiry) -> list[Cause]:
    if isinstance(inquiry.questionnaire, Tree):
        return list(matches_in(inquiry.tree, inquiry.tree_result))
    card = inquiry.card
    return [_floor(card, inquiry, key) for key in (one.id for one in inquiry.card_result.floors)]


def _floor(card: Scorecard, inquiry: Inquiry, key: str) -> Cause:
    floor = next(one for one in card.floors if one.id == key)
    hard = ", hard" if floor.hard else ""
    return Cause(
        title=f"Floor {floor.id}: {tier_words(card, floor.tier)}{hard}",
        text=floor.reason,
        cause=floor_cause(card, floor, inquiry.answers, inquiry.all_facts),
        tone="warn",
    )


def _obligations(row: Assessment) -> Sequence[Obligation]:
    if row.questionnaire.purpose != Purpose.AI_ACT:
        return ()
    found = inquiry_of(row).tree_result.obligations
    return sorted(found, key=lambda one: one.duty.from_date)
