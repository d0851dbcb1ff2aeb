"""What people found of the model itself: who owns it, how risky it is, what the law makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from governance.accounts.rules import Role
from governance.approvals.rules.dossier import Dossier
from governance.approvals.rules.gates.dates import at_most_old, limit_of_age, term
from governance.approvals.rules.gates.results import Found, Gate, Outcome, Topic
from governance.core.wording import day
from governance.inventory.rules import AiActClass

PROHIBITED = (
    "The model is classed as a prohibited practice under the EU AI Act (Article 5). No version of "
    "it goes live, and nobody can answer for that."
)


@dataclass(frozen=True, kw_only=True)
class OwnerGate(Gate):
    """Somebody owns the model."""

    NAME: ClassVar[str] = "owner_assigned"
    MENDER: ClassVar[Role] = Role.MODEL_OWNER
    ABOUT: ClassVar[Topic] = Topic.RECORD

    @property
    def asks(self) -> str:
        return "The model has an owner, who answers for it."

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        if not dossier.model.owner:
            return Found(
                outcome=Outcome.NOT_SHOWN,
                measured="none",
                required="assigned",
                sentence="Nobody owns the model.",
            )
        return Found(
            outcome=Outcome.PASS,
            measured="assigned",
            required="assigned",
            sentence="The model has an owner.",
        )


@dataclass(frozen=True, kw_only=True)
class _Assessment(Gate):
    """Somebody assessed the model, not too long ago where that is limited."""

    max_age_days: int | None = None

    MENDER: ClassVar[Role] = Role.MODEL_OWNER
    ABOUT: ClassVar[Topic] = Topic.RECORD
    WORDS: ClassVar[str] = ""

    @property
    def is_timed(self) -> bool:
        return self.max_age_days is not None

    @property
    def required(self) -> str:
        return f"assessed{limit_of_age(self.max_age_days)}"

    def _assessed(self, what: str, since: str, *, at: datetime) -> Found:
        """Judge an assessment that gave `what`, by the time that a dossier has of it."""
        if not what or not since:
            return Found(
                outcome=Outcome.NOT_SHOWN,
                measured="not assessed",
                required=self.required,
                sentence=f"Nobody has assessed the {self.WORDS} of the model.",
            )
        counts = term(since, self.max_age_days)
        return Found(
            outcome=Outcome.FAIL if counts.is_over(at) else Outcome.PASS,
            measured=f"{what}, {day(counts.since)}",
            required=self.required,
            sentence=(
                f"The {self.WORDS} was assessed on {day(counts.since)}: {what}.{counts.ended(at)}"
            ),
        )


@dataclass(frozen=True, kw_only=True)
class TierGate(_Assessment):
    """The tier stands on an assessment."""

    NAME: ClassVar[str] = "tier_assessed"
    WORDS: ClassVar[str] = "risk tier"

    @property
    def asks(self) -> str:
        return f"The risk tier of the model is assessed{at_most_old(self.max_age_days)}."

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        tier = dossier.model.tier
        return self._assessed(f"Tier {tier}" if tier else "", dossier.model.tier_assessed_at, at=at)


@dataclass(frozen=True, kw_only=True)
class ClassGate(_Assessment):
    """The class under the EU AI Act stands on an assessment, and is not a prohibited practice."""

    NAME: ClassVar[str] = "ai_act_class_assessed"
    WORDS: ClassVar[str] = "class under the EU AI Act"

    @property
    def asks(self) -> str:
        return (
            "The class of the model under the EU AI Act is assessed"
            f"{at_most_old(self.max_age_days)}, and is not a prohibited practice."
        )

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        found = dossier.model.ai_act_class
        if found == AiActClass.PROHIBITED:
            return Found(
                outcome=Outcome.FAIL,
                measured="prohibited",
                required=self.required,
                sentence=PROHIBITED,
            )
        label = str(AiActClass(found).label) if found in AiActClass.values else ""
        return self._assessed(label, dossier.model.ai_act_assessed_at, at=at)
