"""Questionnaires as data: reading a file strictly, working out a result, asking one at a time.

No question, outcome, tier or approver stands in this code: whatever a file says is what counts.
"""

from governance.inventory.rules.questionnaires.asking import next_question, progress
from governance.inventory.rules.questionnaires.facts import (
    facts_from,
    facts_of_scorecard,
    facts_of_tree,
)
from governance.inventory.rules.questionnaires.files import (
    MAX_TEXT,
    SHIPPED,
    Questionnaire,
    questionnaire_from,
    read_questionnaire,
    shipped,
)
from governance.inventory.rules.questionnaires.form import SCHEMA
from governance.inventory.rules.questionnaires.overrides import Override, Verdict, override_from
from governance.inventory.rules.questionnaires.questions import (
    Answers,
    Option,
    Progress,
    Question,
)
from governance.inventory.rules.questionnaires.scorecards import Facts, Scorecard
from governance.inventory.rules.questionnaires.scoring import (
    Partial,
    ScorecardResult,
    partial,
    score,
)
from governance.inventory.rules.questionnaires.submissions import (
    MAX_ANSWERS,
    Submission,
    read_submission,
)
from governance.inventory.rules.questionnaires.trees import Missing, Tree
from governance.inventory.rules.questionnaires.walking import (
    Obligation,
    Reached,
    TreeResult,
    classify,
)

__all__ = [
    "MAX_ANSWERS",
    "MAX_TEXT",
    "SCHEMA",
    "SHIPPED",
    "Answers",
    "Facts",
    "Missing",
    "Obligation",
    "Option",
    "Override",
    "Partial",
    "Progress",
    "Question",
    "Questionnaire",
    "Reached",
    "Scorecard",
    "ScorecardResult",
    "Submission",
    "Tree",
    "TreeResult",
    "Verdict",
    "classify",
    "facts_from",
    "facts_of_scorecard",
    "facts_of_tree",
    "next_question",
    "override_from",
    "partial",
    "progress",
    "questionnaire_from",
    "read_questionnaire",
    "read_submission",
    "score",
    "shipped",
]
