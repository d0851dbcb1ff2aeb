"""Which questionnaires were published, and which one asks now."""

from __future__ import annotations

import json
from functools import lru_cache
from uuid import UUID

from governance.inventory.models import QuestionnaireVersion
from governance.inventory.rules.assessments import (
    NoQuestionnaire,
    Purpose,
    QuestionnaireNotFound,
)
from governance.inventory.rules.questionnaires import (
    Questionnaire,
    Scorecard,
    Tree,
    questionnaire_from,
)


@lru_cache(maxsize=64)
def _parsed(content_text: str) -> Questionnaire:
    return questionnaire_from(json.loads(content_text))


def questionnaire_of(row: QuestionnaireVersion) -> Questionnaire:
    """Return the questionnaire that a row holds. Its text never changes, so the parse is kept."""
    return _parsed(row.content_text)


def scorecard_of(row: QuestionnaireVersion) -> Scorecard:
    """The same of one for tiers: nothing else is published for them."""
    found = questionnaire_of(row)
    assert isinstance(found, Scorecard)
    return found


def tree_of(row: QuestionnaireVersion) -> Tree:
    """The same of one for classes."""
    found = questionnaire_of(row)
    assert isinstance(found, Tree)
    return found


def questionnaire_in_force(purpose: Purpose) -> QuestionnaireVersion | None:
    """Return the newest version that was published for the purpose, if any was."""
    return QuestionnaireVersion.objects.filter(purpose=purpose).order_by("-number").first()


def needed_questionnaire(purpose: Purpose) -> QuestionnaireVersion:
    """Return the version that asks now, or raise NoQuestionnaire."""
    row = questionnaire_in_force(purpose)
    if row is None:
        raise NoQuestionnaire(
            f"No questionnaire was published that asks for the {purpose.label}. Compliance or the "
            "head of model risk publishes one."
        )
    return row


def published_for(purpose: Purpose) -> bool:
    """Tell whether the purpose is decided by a questionnaire, and by hand no more."""
    return QuestionnaireVersion.objects.filter(purpose=purpose).exists()


def questionnaire_versions() -> list[QuestionnaireVersion]:
    """Return every version: by purpose, newest first."""
    return list(QuestionnaireVersion.objects.order_by("-purpose", "-number"))


def questionnaire_by_id(questionnaire_id: UUID) -> QuestionnaireVersion:
    """Return the version, or raise QuestionnaireNotFound. Whoever can sign in may read it."""
    row = QuestionnaireVersion.objects.filter(pk=questionnaire_id).first()
    if row is None:
        raise QuestionnaireNotFound("There is no such questionnaire.")
    return row
