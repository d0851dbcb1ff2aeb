"""Automated checks. Each is one predicate over the dossier, and says what it measured.

Missing data is NOT_SHOWN, which passes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from django.db.models import TextChoices

from governance.approvals.rules.dossier import Dossier, ResultFact, VersionFacts
from governance.core.wording import counted
from governance.registry.rules import Source, Stage, counting_result

MINUS = "\N{MINUS SIGN}"


class Outcome(TextChoices):
    PASS = "PASS", "Pass"
    FAIL = "FAIL", "Fail"
    NOT_SHOWN = "NOT_SHOWN", "Not shown"


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What one check found. `value` and `limit` are decimal text where there is a number.

    `is_timed` says that the outcome depends on the day, so that it is no fact of a dossier: it is
    judged again whenever it matters. `excused_by` is the reference of an override in force, or
    EMERGENCY, where a check that is not met does not stand against the move.
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


EMERGENCY = "emergency"


class Gate(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def metrics(self) -> frozenset[str]: ...

    def judge(self, dossier: Dossier, *, at: datetime) -> CheckResult: ...


def _origin(result: ResultFact) -> str:
    words = Source(result.source).label.lower()
    return f"{words}, data set {result.dataset_digest[:12]}" if result.dataset_digest else words


@dataclass(frozen=True, kw_only=True)
class MetricGate:
    """A measured value stays on the right side of its limit."""

    metric: str
    limit: str
    at_least: bool
    slice: str = ""
    unit: str = ""
    source: str = ""
    label: str = ""

    @property
    def id(self) -> str:
        return f"metric.{self.metric}" + (f".{self.slice}" if self.slice else "")

    @property
    def metrics(self) -> frozenset[str]:
        return frozenset({self.metric})

    def judge(self, dossier: Dossier, *, at: datetime) -> CheckResult:
        sign, unit = ("≥", "≤")[not self.at_least], f" {self.unit}" if self.unit else ""
        common: dict[str, Any] = {
            "id": self.id,
            "label": self.label,
            "required": f"{sign} {self.limit}{unit}",
            "limit": self.limit,
            "passes": "above" if self.at_least else "below",
        }
        result = counting_result(
            dossier.version.results, metric=self.metric, slice_name=self.slice, source=self.source
        )
        if result is None:
            wanted = f" {Source(self.source).label.lower()}" if self.source else ""
            sentence = f"No value of {self.metric}{wanted} is on record for this version."
            return CheckResult(
                **common, outcome=Outcome.NOT_SHOWN, measured="n/a", sentence=sentence
            )
        value, limit = Decimal(result.value), Decimal(self.limit)
        holds = value >= limit if self.at_least else value <= limit
        return CheckResult(
            **common,
            outcome=Outcome.PASS if holds else Outcome.FAIL,
            measured=f"{result.value.replace('-', MINUS)}{unit}",
            value=result.value,
            source=_origin(result),
            sentence=(
                f"{self.metric} is {result.value}{unit}; the policy asks for {sign} "
                f"{self.limit}{unit}."
            ),
        )


@dataclass(frozen=True, kw_only=True)
class ChallengerGate:
    """The candidate beats the champion by more than a margin, measured on the same data."""

    metric: str
    margin: str
    higher_is_better: bool = True
    source: str = ""
    label: str = ""

    @property
    def id(self) -> str:
        return f"challenger.{self.metric}"

    @property
    def metrics(self) -> frozenset[str]:
        return frozenset({self.metric})

    def judge(self, dossier: Dossier, *, at: datetime) -> CheckResult:
        if dossier.incumbent is None:
            return CheckResult(
                id=self.id,
                label=self.label,
                outcome=Outcome.PASS,
                measured="n/a",
                required=f"> {self.margin} better",
                sentence="Nothing serves in this slot, so there is no champion to beat.",
            )
        pair = self._pair(dossier.version, dossier.incumbent)
        if pair is None:
            return CheckResult(
                id=self.id,
                label=self.label,
                outcome=Outcome.NOT_SHOWN,
                measured="n/a",
                required=f"> {self.margin} better",
                sentence=(
                    f"{self.metric} of this version and of the champion (version "
                    f"{dossier.incumbent.number}) is not on record for the same data set."
                ),
            )
        return self._compare(*pair, champion=dossier.incumbent.number)

    def _pair(
        self, candidate: VersionFacts, champion: VersionFacts
    ) -> tuple[ResultFact, ResultFact] | None:
        mine = counting_result(candidate.results, metric=self.metric, source=self.source)
        if mine is None or not mine.dataset_digest:
            return None
        theirs = counting_result(
            champion.results,
            metric=self.metric,
            source=self.source,
            dataset_digest=mine.dataset_digest,
        )
        return (mine, theirs) if theirs else None

    def _compare(self, mine: ResultFact, theirs: ResultFact, *, champion: int) -> CheckResult:
        sign = 1 if self.higher_is_better else -1
        champion_value, margin = Decimal(theirs.value), Decimal(self.margin)
        gain = sign * (Decimal(mine.value) - champion_value)
        limit = format(champion_value + sign * margin, "f")
        return CheckResult(
            id=self.id,
            label=self.label,
            outcome=Outcome.PASS if gain > margin else Outcome.FAIL,
            measured=mine.value,
            required=f"{'>' if self.higher_is_better else '<'} {limit}",
            value=mine.value,
            limit=limit,
            passes="above" if self.higher_is_better else "below",
            source=f"{_origin(mine)}; champion version {champion} {theirs.value}",
            sentence=(
                f"{self.metric} is {mine.value} against {theirs.value} of version {champion}: "
                f"{format(gain, '+f').replace('-', MINUS)}, more than {self.margin} is required."
            ),
        )


@dataclass(frozen=True, kw_only=True)
class FindingGate:
    """No finding of this severity or worse is open."""

    severity: str
    label: str = ""

    ORDER: ClassVar[tuple[str, ...]] = ("HIGH", "MEDIUM", "LOW")
    metrics: ClassVar[frozenset[str]] = frozenset()

    @property
    def id(self) -> str:
        return f"no_open_finding.{self.severity.lower()}"

    def judge(self, dossier: Dossier, *, at: datetime) -> CheckResult:
        severities = self.ORDER[: self.ORDER.index(self.severity) + 1]
        found = [finding for finding in dossier.findings if finding.severity in severities]
        words = " or ".join(severity.lower() for severity in severities)
        return CheckResult(
            id=self.id,
            label=self.label,
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
class PlainGate:
    """A check without parameters."""

    id: str
    label: str = ""

    metrics: ClassVar[frozenset[str]] = frozenset()

    def judge(self, dossier: Dossier, *, at: datetime) -> CheckResult:
        outcome, measured, required, sentence = PLAIN[self.id](dossier)
        return CheckResult(
            id=self.id,
            label=self.label,
            outcome=outcome,
            measured=measured,
            required=required,
            sentence=sentence,
        )


Found = tuple[Outcome, str, str, str]
"""Outcome, measured, required, and the sentence that says so."""


def _card_published(dossier: Dossier) -> Found:
    if dossier.card is None:
        return Outcome.FAIL, "none", "published", "No model card is published for this version."
    number = dossier.card.number
    return Outcome.PASS, f"revision {number}", "published", f"Card revision {number} is published."


def _report_approved(dossier: Dossier) -> Found:
    required = "signed, fit for use"
    if dossier.report is None:
        return Outcome.FAIL, "none", required, "No validation report is signed for this version."
    if dossier.report.opinion == "NOT_FIT":
        return Outcome.FAIL, "not fit", required, "The validation report says: not fit for use."
    model, version = dossier.model, dossier.version
    if dossier.report.signed_by in {model.owner, *model.developers, version.registered_by}:
        # Independent when it was signed, but whoever signed it has joined those it is about.
        sentence = "Whoever signed the validation report owns, builds or registered this by now."
        return Outcome.FAIL, "not independent", required, sentence
    return Outcome.PASS, "signed", required, "A signed validation report finds the version fit."


def _artifacts_complete(dossier: Dossier) -> Found:
    count = len(dossier.version.artifacts)
    if dossier.version.is_altered:
        return Outcome.FAIL, "altered", "every file with its digest", ALTERED
    if not count:
        sentence = "The version lists no artifact digests, so what would run cannot be identified."
        return Outcome.NOT_SHOWN, "none", "every file with its digest", sentence
    sentence = f"{count} files are listed with their SHA-256."
    return Outcome.PASS, f"{count} files", "every file with its digest", sentence


def _rollback_target(dossier: Dossier) -> Found:
    if dossier.incumbent is None:
        return Outcome.PASS, "first version", "known", "Nothing serves yet: rolling back stops it."
    number = dossier.incumbent.number
    sentence = f"Version {number} serves now and could return."
    return Outcome.PASS, f"version {number}", "known", sentence


ALTERED = (
    "The newest reading of its files found other ones than were registered. Whoever can restore "
    "them does, and has them checked again; else register what is there as a new version."
)
LIVE_OR_NEXT_TO_IT = (Stage.STAGING, Stage.PRODUCTION)


def standing_checks(
    dossier: Dossier, *, said: Sequence[CheckResult] = ()
) -> tuple[CheckResult, ...]:
    """Judge what holds for every move towards live traffic, whatever its policy asks for.

    Only what fails is said, and only if a check of the policy, in `said`, does not say it: a
    dossier without trouble reads as its policy has it.
    """
    if not dossier.version.is_altered or dossier.target not in LIVE_OR_NEXT_TO_IT:
        return ()
    if any(check.id == "artifacts_complete" for check in said):
        return ()
    return (
        CheckResult(
            id="artifacts_match",
            label=LABELS["artifacts_match"],
            outcome=Outcome.FAIL,
            measured="altered",
            required="as registered",
            sentence=ALTERED,
        ),
    )


PLAIN = {
    "card_published": _card_published,
    "report_approved": _report_approved,
    "artifacts_complete": _artifacts_complete,
    "rollback_target": _rollback_target,
}

LABELS = {
    "card_published": "Model card published",
    "report_approved": "Independent validation",
    "artifacts_complete": "Artifacts complete",
    "artifacts_match": "Artifacts as registered",
    "rollback_target": "Rollback target known",
}


def gate_from(entry: Mapping[str, Any]) -> Gate:
    """Return the gate that a policy's entry states; the schema has checked its form."""
    match entry["check"]:
        case "metric":
            at_least = "at_least" in entry
            return MetricGate(
                metric=entry["metric"],
                limit=str(entry["at_least" if at_least else "at_most"]),
                at_least=at_least,
                slice=entry.get("slice", ""),
                unit=entry.get("unit", ""),
                source=entry.get("source", ""),
                label=entry.get("label", entry["metric"]),
            )
        case "challenger":
            return ChallengerGate(
                metric=entry["metric"],
                margin=str(entry["margin"]),
                higher_is_better=entry.get("better", "higher") == "higher",
                source=entry.get("source", ""),
                label=entry.get("label", f"{entry['metric']} against champion"),
            )
        case "no_open_finding":
            severity = entry["severity"]
            label = entry.get("label", f"No open {severity.lower()} finding")
            return FindingGate(severity=severity, label=label)
        case plain:
            return PlainGate(id=plain, label=entry.get("label", LABELS[plain]))


def judge_all(gates: Sequence[Gate], dossier: Dossier, *, at: datetime) -> tuple[CheckResult, ...]:
    return tuple(gate.judge(dossier, at=at) for gate in gates)
