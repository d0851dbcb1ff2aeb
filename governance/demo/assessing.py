"""How the demo's models came to their tiers and classes: by the published questionnaires."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from governance.accounts.models import User
from governance.accounts.proof import Proof
from governance.demo.people import read
from governance.inventory.actions import (
    approve_tier_override,
    assess_class,
    assess_tier,
    determine,
    propose_tier_override,
    publish_questionnaire,
)
from governance.inventory.models import Model
from governance.inventory.queries.questionnaires import needed_questionnaire, tree_of
from governance.inventory.rules.assessments import Purpose
from governance.inventory.rules.questionnaires.files import FOLDER

Tick = Callable[..., datetime]
Prove = Callable[[User, datetime], Proof]
FILES = {Purpose.TIERING: "tiering.yaml", Purpose.AI_ACT: "eu_ai_act_classifier.yaml"}
ALL_YES = ("Q_AI", "Q_NEXUS")
IN_SCOPE = {"S1": True, "S2": True, "S3": False}
REVIEWED_AFTER = timedelta(days=365)


def publish(*, actor: User, tick: Tick) -> None:
    """Publish what comes with the portal, for both purposes."""
    for purpose, name in FILES.items():
        text = (FOLDER / name).read_text(encoding="utf-8")
        publish_questionnaire(text=text, purpose=purpose, actor=actor, at=tick())


def assess(
    model: Model,
    entry: Mapping[str, Any],
    *,
    person: Callable[[str], User],
    tick: Tick,
    prove: Prove,
) -> None:
    """Answer what the data says about the model, as its owner, in the order in which it was."""
    said, owner = read("assessments.yaml")[model.name], person(entry["owner"])
    gate = said.get("gate", IN_SCOPE)
    at = tick()
    determine(
        model=model, answers=gate, reasons=said["reasons"], actor=owner, at=at,
        next_review_date=(at + REVIEWED_AFTER).date(),
    )  # fmt: skip
    assess_class(
        model=model, answers=class_answers(said["holds"], is_ai=not said.get("is_no_ai")),
        evidence=entry["ai_act_reason"], actor=owner, at=tick(),
    )  # fmt: skip
    if "tier" in said:
        _rate(model, entry, said, person=person, tick=tick, prove=prove)
    model.refresh_from_db()
    if (model.tier, model.ai_act_class) != (entry.get("tier"), entry["ai_act_class"]):
        raise AssertionError(f"{model.name} is {model.tier}, {model.ai_act_class}: wrong answers")


def _rate(
    model: Model,
    entry: Mapping[str, Any],
    said: Mapping[str, Any],
    *,
    person: Callable[[str], User],
    tick: Tick,
    prove: Prove,
) -> None:
    """Answer the questions for a tier, again where they were, and override what they gave."""
    owner = person(entry["owner"])
    facts = {"critical_operation": said.get("critical_operation", False)}
    answers = {**said.get("gate", IN_SCOPE), **said["tier"]}
    assess_tier(
        model=model, answers=answers, facts=facts, evidence=entry["tier_reason"], actor=owner,
        at=tick(),
    )  # fmt: skip
    if again := said.get("again"):
        assess_tier(
            model=model, answers={**answers, **again["tier"]}, facts=facts,
            evidence=again["evidence"], actor=owner, at=tick(days=again["after_days"]),
        )  # fmt: skip
    if wanted := said.get("override"):
        _override(model, wanted, owner=owner, person=person, tick=tick, prove=prove)


def class_answers(yes: list[str], *, is_ai: bool = True) -> dict[str, bool]:
    """Answer no to every question of the classifier but those named."""
    questions = tree_of(needed_questionnaire(Purpose.AI_ACT)).questions
    holds = {*ALL_YES, *yes} if is_ai else set(yes)
    return {key: key in holds for key in questions}


def find_prohibited(model: Model, yes: list[str], *, actor: User, at: datetime) -> None:
    """Classify a draft that nobody may ever promote."""
    assess_class(
        model=model, answers=class_answers(yes), actor=actor, at=at,
        evidence="It infers the mood of our own agents from their calls. Stopped before the pilot.",
    )  # fmt: skip


def _override(
    model: Model,
    wanted: Mapping[str, Any],
    *,
    owner: User,
    person: Callable[[str], User],
    tick: Tick,
    prove: Prove,
) -> None:
    override = propose_tier_override(model=model, actor=owner, at=tick(), **wanted)
    for key, capacity in (("amara", "mrm_function"), ("daniel", "senior_management")):
        approver, at = person(key), tick()
        approve_tier_override(
            override=override, capacity=capacity, digest_seen=override.digest,
            proof=prove(approver, at), actor=approver, at=at,
        )  # fmt: skip
