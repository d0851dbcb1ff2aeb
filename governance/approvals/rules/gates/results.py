"""What a gate is, and what it finds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from django.db.models import TextChoices

from governance.accounts.rules import Role
from governance.approvals.rules.dossier import Dossier

EMERGENCY = "emergency"


class Outcome(TextChoices):
    PASS = "PASS", "Pass"
    FAIL = "FAIL", "Fail"
    NOT_SHOWN = "NOT_SHOWN", "Not shown"


WORST_FIRST = (Outcome.FAIL, Outcome.NOT_SHOWN, Outcome.PASS)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """What several findings amount to together: what fails fails, whatever is not shown."""
    return min(outcomes, key=WORST_FIRST.index, default=Outcome.PASS)


class Topic(StrEnum):
    """Which record a check speaks of, so that a page can lead there."""

    VALUES = "values"
    FILES = "files"
    CARD = "card"
    REPORT = "report"
    FINDINGS = "findings"
    RECORD = "record"


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What one check found. `value` and `limit` are decimal text where there is a number.

    `is_timed` says that the outcome depends on the day, so that it is no fact of a dossier: it is
    judged again whenever it matters. `excused_by` is the reference of an override in force, or
    EMERGENCY, where a check that is not met does not stand against the move. `measures` is the
    metric, with its slice after a dot, whose value it judges; `mender` who can make it pass.
    `parts` are checks that it takes in, such as guardrails: it passes only if they do.
    """

    id: str
    label: str
    outcome: Outcome
    measured: str
    required: str
    sentence: str
    value: str = ""
    limit: str = ""
    passes: str = ""
    source: str = ""
    is_timed: bool = False
    excused_by: str = ""
    measures: str = ""
    mender: Role = Role.DEVELOPER
    about: Topic = Topic.VALUES
    parts: tuple[CheckResult, ...] = ()

    @property
    def passed(self) -> bool:
        return self.outcome == Outcome.PASS

    @property
    def is_met(self) -> bool:
        """Whether nothing stands against the move here: it passes, or people answer for it."""
        return self.passed or bool(self.excused_by)

    def facts(self) -> dict[str, str]:
        """What stands of it in a dossier: of a timed check not the outcome.

        Nor who answers for it, which ends with a day: the dossier lists overrides with theirs.
        """
        said = {"id": self.id, "measured": self.measured, "required": self.required}
        if not self.is_timed:
            said["outcome"] = self.outcome.value
        return said


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a gate finds in a dossier, as CheckResult tells it."""

    outcome: Outcome
    measured: str
    required: str
    sentence: str
    value: str = ""
    limit: str = ""
    passes: str = ""
    source: str = ""
    parts: tuple[CheckResult, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Gate(ABC):
    """One predicate over the dossier.

    A gate whose outcome depends on the day says so by `is_timed`; `measured` and `required` then
    do not: they give dates, never ages.
    """

    label: str

    NAME: ClassVar[str] = ""
    MENDER: ClassVar[Role] = Role.DEVELOPER
    ABOUT: ClassVar[Topic] = Topic.VALUES

    @property
    def id(self) -> str:
        """What an override and a kept dossier know it by."""
        return self.NAME

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics whose values it judges, the main one first."""
        return ()

    @property
    def measures(self) -> str:
        """The one value that it judges; empty if there are several, or none."""
        return ""

    @property
    def is_timed(self) -> bool:
        return False

    @property
    @abstractmethod
    def asks(self) -> str:
        """The sentence that says what must hold."""

    @abstractmethod
    def find(self, dossier: Dossier, *, at: datetime) -> Found: ...

    def judge(self, dossier: Dossier, *, at: datetime) -> CheckResult:
        return CheckResult(
            id=self.id,
            label=self.label,
            is_timed=self.is_timed,
            measures=self.measures,
            mender=self.MENDER,
            about=self.ABOUT,
            **vars(self.find(dossier, at=at)),
        )


def judging(checks: Sequence[CheckResult], metric: str, part: str = "") -> CheckResult | None:
    """Return the check that judges this value: the first, and before those within others."""
    measures = f"{metric}.{part}" if part else metric
    within = (one for check in checks for one in check.parts)
    return next((one for one in (*checks, *within) if one.measures == measures), None)
