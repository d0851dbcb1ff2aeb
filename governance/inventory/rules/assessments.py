"""What a published questionnaire is used for, and what stands against recording its result."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db.models import TextChoices

from governance.core.canonical import digest
from governance.core.errors import InvalidInput, NotFound, Problem, Refused, WrongState
from governance.core.typed import is_plain, tidy
from governance.inventory.rules.questionnaires import (
    Answers,
    Facts,
    Questionnaire,
    Scorecard,
    Tree,
    classify,
)
from governance.inventory.rules.questionnaires.scorecards import Block, Fact
from governance.inventory.rules.records import AiActClass, Tier

PROHIBITED_CLASS = "prohibited"
"""The class that trees give to a prohibited practice, as `classes` of a fact names it."""


FACT = "fact:"
"""Before the name of a fact where questions and facts are told apart by one key."""
MAX_EVIDENCE = 1_000
Evidence = Mapping[str, str]
"""What answers rest on, by question, or by fact with FACT before its name."""


class Purpose(TextChoices):
    """What a questionnaire decides on."""

    TIERING = "TIERING", "Risk tier"
    AI_ACT = "AI_ACT", "EU AI Act class"


class Matter(TextChoices):
    """What is being decided on for one model."""

    DETERMINATION = "DETERMINATION", "Determination"
    TIER = "TIER", "Risk tier"
    CLASS = "CLASS", "EU AI Act class"

    @property
    def purpose(self) -> Purpose:
        """Which questionnaire asks: that of tiers asks in its gate whether there is a model."""
        return Purpose.AI_ACT if self == Matter.CLASS else Purpose.TIERING


class KnownAs(TextChoices):
    """What the portal fills in from its own records, by the name that a questionnaire has for it.

    The label completes "the portal knows".
    """

    CONSUMER_TIER = "consumer_tier", "the strictest tier of the models in use that it feeds"


class NoQuestionnaire(WrongState):
    """Nothing was published that asks for this."""

    code = "no_questionnaire"


class QuestionnaireNotFound(NotFound):
    code = "questionnaire_not_found"


class AssessmentNotFound(NotFound):
    code = "assessment_not_found"


class AssessmentChanged(WrongState):
    """The record, the questionnaire or the answers are not those that were on the screen."""

    code = "assessment_changed"


class OverrideNotOpen(WrongState):
    """No override can be proposed, or this one approved, as things stand now."""

    code = "tier_override_not_open"


class OverrideBarred(Refused):
    """This person cannot approve this override, whatever they find of it."""

    code = "tier_override_barred"


def purpose_problems(
    questionnaire: Questionnaire, purpose: Purpose, *, approvers: Collection[str]
) -> Iterator[Problem]:
    """Say what keeps a sound questionnaire from being used for this purpose here.

    `approvers` are the names of approvers that stand for roles of the portal.
    """
    if purpose == Purpose.TIERING and isinstance(questionnaire, Scorecard):
        yield from _tiering_problems(questionnaire, approvers)
    elif purpose == Purpose.AI_ACT and isinstance(questionnaire, Tree):
        yield from _class_problems(questionnaire)
    else:
        kind = "scorecard" if purpose == Purpose.TIERING else "tree"
        said = f"For the {purpose.label} a {kind} is needed."
        yield Problem(field="spec.kind", rule="purpose", message=said)


def _tiering_problems(card: Scorecard, approvers: Collection[str]) -> Iterator[Problem]:
    unknown = [one.tier for one in card.thresholds if one.tier not in Tier.values]
    if unknown:
        said = f"The portal knows Tier 1 to Tier {max(Tier.values)}, and no Tier {unknown[0]}."
        yield Problem(field="thresholds.tiers", rule="known_tier", message=said)
    for key, direction in (("upward", card.upward), ("downward", card.downward)):
        for name in direction.approvers:
            if name not in approvers:
                said = (
                    f"No role of the portal stands for {name}. There are: "
                    f"{', '.join(sorted(approvers)) or 'none'} (TIER_APPROVERS)."
                )
                place = f"manual_override.{key}.approvers"
                yield Problem(field=place, rule="known_approver", message=said)
    for index, fact in enumerate(card.facts):
        if said := _why_unknown(fact):
            place = f"facts[{index}].known_as"
            yield Problem(field=place, rule="known_fact", message=said)
    facts = {fact.id: fact for fact in card.facts}
    for index, block in enumerate(card.blocks):
        if not _is_prohibition(block, facts):
            said = (
                "The portal blocks what is classed as a prohibited practice. Let the block rest "
                "on the fact that takes that class over, and on nothing else."
            )
            yield Problem(field=f"blocks[{index}].when", rule="enforced", message=said)


def _why_unknown(fact: Fact) -> str:
    """Say why the portal could not fill in the fact, though the file says that it can."""
    if fact.known_as and fact.known_as not in KnownAs.values:
        return (
            f"The portal knows nothing as {fact.known_as}. It knows {', '.join(KnownAs.values)}; "
            "leave the key out, and the fact is typed."
        )
    refused = [tier for tier in Tier.values if fact.known_as and fact.wrong(tier)]
    if refused:
        return f"As {fact.known_as} it can be {refused[0]}, which {fact.id} cannot."
    return ""


def _is_prohibition(block: Block, facts: dict[str, Fact]) -> bool:
    """Tell whether it holds for a prohibited practice alone: that is what the gates refuse."""
    return not block.when.answers and all(
        set(values) <= _of_prohibited(facts[key]) for key, values in block.when.facts.items()
    )


def _of_prohibited(fact: Fact) -> set[object]:
    origin = fact.taken_from
    if origin is None:
        return set()
    named = (
        origin.outcomes.get(AiActClass.barred().value),
        origin.classes.get(PROHIBITED_CLASS),
    )
    return {value for value in named if value is not None}


def _class_problems(tree: Tree) -> Iterator[Problem]:
    for index, key in enumerate(tree.outcomes):
        if key not in AiActClass.values and key != tree.incomplete:
            said = f"The portal knows no class {key}. It knows {', '.join(AiActClass.values)}."
            yield Problem(field=f"outcomes[{index}].id", rule="known_class", message=said)


def unanswered(keys: Collection[str]) -> list[Problem]:
    """Say of each question that its answer is missing."""
    return [
        Problem(field=f"answers.{key}", rule="unanswered", message=f"Answer {key}.") for key in keys
    ]


def kept_answers(questionnaire: Questionnaire, answers: Answers) -> Answers:
    """Return the answers that count: of a tree those on its way, as later ones may bypass some."""
    if isinstance(questionnaire, Scorecard):
        return {key: value for key, value in answers.items() if value is not None}
    path = classify(questionnaire, answers).path
    return {one.question: answers[one.question] for one in path if one.question in answers}


def kept_evidence(
    questionnaire: Questionnaire, evidence: Evidence, *, answers: Answers, typed: Facts
) -> Evidence:
    """Return what the answers and facts that count rest on, as it is kept.

    Raises InvalidInput for what is too long, or is about nothing that the questionnaire asks.
    """
    if problems := list(_evidence_problems(questionnaire, evidence)):
        raise InvalidInput(*problems)
    given = {key for key, value in answers.items() if value is not None}
    given |= {f"{FACT}{key}" for key in typed}
    said = {key: tidy(text).strip() for key, text in evidence.items() if key in given}
    return {key: text for key, text in said.items() if text}


def _evidence_problems(questionnaire: Questionnaire, evidence: Evidence) -> Iterator[Problem]:
    asked = set(questionnaire.questions)
    if isinstance(questionnaire, Scorecard):
        asked |= {f"{FACT}{fact.id}" for fact in questionnaire.facts}
    for key, text in evidence.items():
        field = f"evidence.{key}"
        if key not in asked:
            said = f"Nothing is asked as {key}."
            yield Problem(field=field, rule="known", message=said)
        elif len(text) > MAX_EVIDENCE or not is_plain(tidy(text)):
            said = f"Use at most {MAX_EVIDENCE} characters, and no control character."
            yield Problem(field=field, rule="length", message=said)


def assessment_digest(
    *,
    model: str,
    questionnaire: str,
    answers: Answers,
    facts: Facts,
    result: Mapping[str, Any],
    evidence: Evidence,
) -> str:
    """Return the digest of an assessment: of the model's reference, the questionnaire's digest,
    and what was answered, known and worked out.

    `evidence` are the digests of the texts that answers rest on; where there are none, as before
    answers had any, it is no part of what is digested.
    """
    content = {
        "model": model,
        "questionnaire": questionnaire,
        "answers": answers,
        "facts": facts,
        "result": result,
    }
    return digest({**content, "evidence": evidence} if evidence else content)
