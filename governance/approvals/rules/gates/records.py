"""Records about a version: its card, its report, findings, conditions, and what would return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from governance.accounts.rules import Role
from governance.approvals.rules.dossier import ConditionFacts, Dossier, ReportFacts
from governance.approvals.rules.gates.dates import at_most_old, limit_of_age, term
from governance.approvals.rules.gates.results import Found, Gate, Outcome, Topic
from governance.cards.rules.sections import BY_KEY
from governance.core.wording import as_date, counted, day


@dataclass(frozen=True, kw_only=True)
class CardGate(Gate):
    """A card is published, and says something in the sections that the policy names besides."""

    sections: tuple[str, ...] = ()

    NAME: ClassVar[str] = "card_published"
    MENDER: ClassVar[Role] = Role.MODEL_OWNER
    ABOUT: ClassVar[Topic] = Topic.CARD

    @property
    def asks(self) -> str:
        also = f" It also answers: {self._titles(self.sections)}." if self.sections else ""
        return f"A model card is published for the version.{also}"

    @staticmethod
    def _titles(keys: tuple[str, ...]) -> str:
        return ", ".join(BY_KEY[key].title if key in BY_KEY else key for key in keys)

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        required = "published" + (f" with {self._titles(self.sections)}" if self.sections else "")
        card = dossier.card
        if card is None:
            return Found(
                outcome=Outcome.FAIL,
                measured="none",
                required=required,
                sentence="No model card is published for this version.",
            )
        missing = tuple(key for key in self.sections if key not in card.answered)
        if missing:
            titles = self._titles(missing)
            return Found(
                outcome=Outcome.NOT_SHOWN,
                measured=f"revision {card.number} without {titles}",
                required=required,
                sentence=f"Card revision {card.number} has no answer in: {titles}.",
            )
        return Found(
            outcome=Outcome.PASS,
            measured=f"revision {card.number}",
            required=required,
            sentence=f"Card revision {card.number} is published.",
        )


@dataclass(frozen=True, kw_only=True)
class ReportGate(Gate):
    """An independent report finds the version fit, and is not too old where that is limited.

    Changes of the live model since then void it: a material one, or as many minor ones as the firm
    lets pass.
    """

    max_age_days: int | None = None

    NAME: ClassVar[str] = "report_approved"
    MENDER: ClassVar[Role] = Role.VALIDATOR
    ABOUT: ClassVar[Topic] = Topic.REPORT

    @property
    def is_timed(self) -> bool:
        return self.max_age_days is not None

    @property
    def asks(self) -> str:
        old = f" It is{at_most_old(self.max_age_days).lstrip(',')}." if self.max_age_days else ""
        return f"A signed validation report finds the version fit for its use.{old}"

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        report, required = dossier.report, f"signed, fit for use{limit_of_age(self.max_age_days)}"
        if report is None:
            outcome, measured = Outcome.FAIL, "none"
            sentence = "No validation report is signed for this version."
        elif report.opinion == "NOT_FIT":
            outcome, measured = Outcome.FAIL, "not fit"
            sentence = "The validation report says: not fit for use."
        elif report.signed_by in _hands(dossier):
            # Independent when it was signed, but whoever signed it has joined those it is about.
            outcome, measured = Outcome.FAIL, "not independent"
            sentence = (
                "Whoever signed the validation report owns, builds or registered this by now."
            )
        elif changes := dossier.model.unvalidated:
            outcome, measured = Outcome.FAIL, f"before {counted(len(changes), 'change')}"
            sentence = (
                "The model was changed since the validation report was signed, so that it asks "
                "for another one."
            )
        else:
            outcome, measured, sentence = self._dated(report, at=at)
        return Found(outcome=outcome, measured=measured, required=required, sentence=sentence)

    def _dated(self, report: ReportFacts, *, at: datetime) -> tuple[Outcome, str, str]:
        sentence = "A signed validation report finds the version fit."
        if self.max_age_days is None:
            return Outcome.PASS, "signed", sentence
        if not report.signed_at:
            sentence = "It is not on record when the validation report was signed."
            return Outcome.NOT_SHOWN, "signed, undated", sentence
        counts = term(report.signed_at, self.max_age_days)
        outcome = Outcome.FAIL if counts.is_over(at) else Outcome.PASS
        return outcome, f"signed {day(counts.since)}", sentence + counts.ended(at)


def _hands(dossier: Dossier) -> set[str]:
    model, version = dossier.model, dossier.version
    return {model.owner, *model.developers, version.registered_by, version.committed_by}


@dataclass(frozen=True, kw_only=True)
class FindingGate(Gate):
    """No finding of this severity or worse is open."""

    severity: str

    NAME: ClassVar[str] = "no_open_finding"
    MENDER: ClassVar[Role] = Role.VALIDATOR
    ABOUT: ClassVar[Topic] = Topic.FINDINGS
    ORDER: ClassVar[tuple[str, ...]] = ("HIGH", "MEDIUM", "LOW")

    @property
    def id(self) -> str:
        return f"{self.NAME}.{self.severity.lower()}"

    @property
    def asks(self) -> str:
        worse = "" if self.severity == "HIGH" else " or worse"
        return f"No finding of severity {self.severity.lower()}{worse} is open."

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        severities = self.ORDER[: self.ORDER.index(self.severity) + 1]
        found = [finding for finding in dossier.findings if finding.severity in severities]
        words = " or ".join(severity.lower() for severity in severities)
        return Found(
            outcome=Outcome.FAIL if found else Outcome.PASS,
            measured=str(len(found)),
            required="0",
            sentence=(
                f"Open: {counted(len(found), f'{words} finding')}."
                if found
                else f"No {words} finding is open."
            ),
        )


@dataclass(frozen=True, kw_only=True)
class ConditionsGate(Gate):
    """What earlier approvals of the version asked for is done, or at least not overdue."""

    overdue_only: bool = False

    NAME: ClassVar[str] = "conditions_met"
    MENDER: ClassVar[Role] = Role.VALIDATOR
    ABOUT: ClassVar[Topic] = Topic.FINDINGS

    @property
    def is_timed(self) -> bool:
        return self.overdue_only

    @property
    def asks(self) -> str:
        late = " past its date" if self.overdue_only else ""
        return f"No condition of an earlier approval of this version is open{late}."

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        unmet = [one for one in dossier.conditions if not one.is_met]
        against = [one for one in unmet if not self.overdue_only or _is_overdue(one, at)]
        late = "past its date" if self.overdue_only else "open"
        if against:
            dates = ", ".join(day(date.fromisoformat(one.due_date)) for one in against)
            sentence = f"Of earlier approvals {_conditions(len(against))} {late}: due {dates}."
        else:
            sentence = f"No condition of an earlier approval is {late}."
        return Found(
            outcome=Outcome.FAIL if against else Outcome.PASS,
            measured=_open_until(unmet) if self.overdue_only else str(len(unmet)),
            required="none past its date" if self.overdue_only else "0",
            sentence=sentence,
        )


def _is_overdue(condition: ConditionFacts, at: datetime) -> bool:
    return date.fromisoformat(condition.due_date) < as_date(at)


def _conditions(count: int) -> str:
    return f"{counted(count, 'condition')} {'is' if count == 1 else 'are'}"


def _open_until(unmet: list[ConditionFacts]) -> str:
    if not unmet:
        return "none open"
    first = min(date.fromisoformat(one.due_date) for one in unmet)
    return f"{len(unmet)} open, the first due {day(first)}"


@dataclass(frozen=True, kw_only=True)
class RollbackGate(Gate):
    """It is known what would return."""

    NAME: ClassVar[str] = "rollback_target"

    @property
    def asks(self) -> str:
        return "It is known which version would return if this one fails."

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        if dossier.incumbent is None:
            measured, sentence = "first version", "Nothing serves yet: rolling back stops it."
        else:
            measured = f"version {dossier.incumbent.number}"
            sentence = f"Version {dossier.incumbent.number} serves now and could return."
        return Found(outcome=Outcome.PASS, measured=measured, required="known", sentence=sentence)
