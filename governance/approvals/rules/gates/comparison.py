"""The candidate beside the champion, measured on the same frozen data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Context, Decimal
from typing import ClassVar

from governance.approvals.rules.dossier import Dossier, ResultFact, VersionFacts
from governance.approvals.rules.gates.metrics import MetricGate, origin, taken_from
from governance.approvals.rules.gates.results import (
    CheckResult,
    Found,
    Gate,
    Outcome,
    worst,
)
from governance.core.wording import MISSING, counted, signed
from governance.registry.rules import counting_result

EXACT = Context(prec=200)
"""More digits than two values of the longest form can differ in: nothing is ever rounded."""

NO_CHAMPION = "Nothing serves in this slot, so there is no champion to beat."


def on_same_data(
    candidate: VersionFacts, champion: VersionFacts, *, metric: str, part: str, source: str
) -> tuple[ResultFact, ResultFact] | None:
    """Return the values of both on the data set that counts for the candidate, if both are there.

    Without a digest nobody knows whether the data were the same.
    """
    mine = counting_result(candidate.results, metric=metric, slice_name=part, source=source)
    if mine is None or not mine.dataset_digest:
        return None
    theirs = counting_result(
        champion.results,
        metric=metric,
        slice_name=part,
        source=source,
        dataset_digest=mine.dataset_digest,
    )
    return (mine, theirs) if theirs else None


def gain(mine: ResultFact, theirs: ResultFact, *, higher_is_better: bool) -> Decimal:
    """How much better the candidate is; negative where it is worse."""
    first, second = (mine, theirs) if higher_is_better else (theirs, mine)
    return EXACT.subtract(Decimal(first.value), Decimal(second.value))


@dataclass(frozen=True, kw_only=True)
class ChallengerGate(Gate):
    """The candidate beats the champion by more than a margin, and every guardrail holds.

    `M_challenger - M_champion > margin` on the same data set. Without a champion the guardrails
    alone count.
    """

    metric: str
    margin: str
    higher_is_better: bool = True
    source: str = ""
    guardrails: tuple[MetricGate, ...] = ()
    name: str = "challenger"

    @property
    def id(self) -> str:
        return f"{self.name}.{self.metric}"

    @property
    def metrics(self) -> tuple[str, ...]:
        return (self.metric, *(rail.metric for rail in self.guardrails))

    @property
    def measures(self) -> str:
        return self.metric

    @property
    def asks(self) -> str:
        side = "above" if self.higher_is_better else "below"
        beats = (
            f"{self.metric} is more than {self.margin} {side} the champion's, measured on the "
            f"same data{taken_from(self.source)}"
        )
        if not self.guardrails:
            return f"{beats}. Without a champion it passes."
        rails = "; ".join(f"{rail.metric} is {rail.bound}" for rail in self.guardrails)
        return (
            f"{beats}, and every guardrail holds: {rails}. Without a champion the guardrails "
            "alone count."
        )

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        compared = self._compared(dossier)
        if not self.guardrails:
            return compared
        rails = [rail.judge(dossier, at=at) for rail in self.guardrails]
        return self._guarded(compared, rails, has_champion=dossier.incumbent is not None)

    def _compared(self, dossier: Dossier) -> Found:
        champion = dossier.incumbent
        nothing = Found(
            outcome=Outcome.PASS,
            measured=MISSING,
            required=f"> {self.margin} better",
            sentence=NO_CHAMPION,
        )
        if champion is None:
            return nothing
        pair = on_same_data(
            dossier.version, champion, metric=self.metric, part="", source=self.source
        )
        if pair is None:
            sentence = (
                f"{self.metric} of this version and of the champion (version {champion.number}) "
                "is not on record for the same data set."
            )
            return replace(nothing, outcome=Outcome.NOT_SHOWN, sentence=sentence)
        return self._beaten(*pair, champion=champion.number)

    def _beaten(self, mine: ResultFact, theirs: ResultFact, *, champion: int) -> Found:
        champion_value, margin = Decimal(theirs.value), Decimal(self.margin)
        gained = gain(mine, theirs, higher_is_better=self.higher_is_better)
        shifted = EXACT.add if self.higher_is_better else EXACT.subtract
        limit = format(shifted(champion_value, margin), "f")
        return Found(
            outcome=Outcome.PASS if gained > margin else Outcome.FAIL,
            measured=mine.value,
            required=f"{'>' if self.higher_is_better else '<'} {limit}",
            value=mine.value,
            limit=limit,
            passes="above" if self.higher_is_better else "below",
            source=f"{origin(mine)}; champion version {champion} {theirs.value}",
            sentence=(
                f"{self.metric} is {mine.value} against {theirs.value} of version {champion}: "
                f"{signed(gained)}, more than {self.margin} is required."
            ),
        )

    def _guarded(
        self, compared: Found, rails: Sequence[CheckResult], *, has_champion: bool
    ) -> Found:
        """Judge the comparison and its guardrails as one, naming each that stands against it."""
        said = {
            outcome: [
                _told(rail, found)
                for rail, found in zip(self.guardrails, rails, strict=True)
                if found.outcome == outcome
            ]
            for outcome in Outcome
        }
        against = [f"{one.measures} {one.measured}" for one in rails if not one.passed]
        return replace(
            compared,
            outcome=worst([compared.outcome, *(one.outcome for one in rails)]),
            measured=", ".join([compared.measured, *against]),
            required=f"{compared.required}, {counted(len(rails), 'guardrail')}",
            source="; ".join(filter(None, [compared.source, *said[Outcome.PASS]])),
            sentence=_verdict(compared, said, has_champion=has_champion),
            parts=tuple(rails),
        )


def _told(rail: MetricGate, found: CheckResult) -> str:
    """`p99_latency_ms is 240 ms, at most 200 ms`."""
    if found.outcome == Outcome.NOT_SHOWN:
        return f"{rail.metric} is not on record, {rail.bound} is asked for"
    return f"{rail.metric} is {found.measured}, {rail.bound}"


def _verdict(compared: Found, rails: Mapping[Outcome, Sequence[str]], *, has_champion: bool) -> str:
    """Say what the comparison found and what that means; a guardrail that fails by name."""
    sentences = [compared.sentence]
    keep = "Keep the champion" if has_champion else "Do not begin with it"
    if broken := rails[Outcome.FAIL]:
        sentences.append(f"{keep}: {'; '.join(broken)}.")
    elif compared.outcome == Outcome.FAIL:
        sentences.append(f"{keep}.")
    if missing := rails[Outcome.NOT_SHOWN]:
        sentences.append(f"Not shown: {'; '.join(missing)}.")
    if not broken and not missing:
        sentences.append(f"Every guardrail holds: {'; '.join(rails[Outcome.PASS])}.")
    return " ".join(sentences)


@dataclass(frozen=True, kw_only=True)
class SliceGate(Gate):
    """On no slice is the candidate worse than the champion by more than a margin.

    The slices are those that the policy names, or all that the champion has. One that the
    candidate lacks, or that was measured on other data, is not shown.
    """

    metric: str
    margin: str
    higher_is_better: bool = True
    slices: tuple[str, ...] = ()
    source: str = ""

    NAME: ClassVar[str] = "slice_regression"

    @property
    def id(self) -> str:
        return f"{self.NAME}.{self.metric}"

    @property
    def metrics(self) -> tuple[str, ...]:
        return (self.metric,)

    @property
    def asks(self) -> str:
        of = f"{', '.join(self.slices)}" if self.slices else "every slice that the champion has"
        return (
            f"Of {of}, {self.metric} is worse than the champion's by at most {self.margin}, "
            f"measured on the same data{taken_from(self.source)}. Without a champion it passes."
        )

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        champion, required = dossier.incumbent, f"≤ {self.margin} worse"
        if champion is None:
            return Found(
                outcome=Outcome.PASS, measured=MISSING, required=required, sentence=NO_CHAMPION
            )
        slices = self.slices or self._slices_of(champion)
        if not slices:
            return Found(
                outcome=Outcome.NOT_SHOWN,
                measured="no slice",
                required=required,
                sentence=(
                    f"No slice of {self.metric} is on record for the champion (version "
                    f"{champion.number})."
                ),
            )
        pairs = {
            part: on_same_data(
                dossier.version, champion, metric=self.metric, part=part, source=self.source
            )
            for part in slices
        }
        return self._weighed(pairs, champion=champion.number)

    def _slices_of(self, champion: VersionFacts) -> tuple[str, ...]:
        found = {
            result.slice
            for result in champion.results
            if result.metric == self.metric
            and result.slice
            and (not self.source or result.source == self.source)
        }
        return tuple(sorted(found))

    def _weighed(
        self, pairs: dict[str, tuple[ResultFact, ResultFact] | None], *, champion: int
    ) -> Found:
        gains = {
            part: gain(*pair, higher_is_better=self.higher_is_better)
            for part, pair in pairs.items()
            if pair
        }
        missing = [part for part in pairs if part not in gains]
        worse = [part for part in gains if gains[part] < Decimal(self.margin).copy_negate()]
        sentences = []
        if worse:
            sentences.append(f"Worse than version {champion}: {self._listed(worse, pairs)}.")
        if missing:
            sentences.append(f"Not shown on the same data: {', '.join(missing)}.")
        if not sentences:
            sentences.append(
                f"{counted(len(gains), 'slice')} compared with version {champion}; none is worse "
                f"by more than {self.margin}."
            )
        weakest = min(gains, key=lambda part: (gains[part], part), default=None)
        return Found(
            outcome=Outcome.FAIL if worse else Outcome.NOT_SHOWN if missing else Outcome.PASS,
            measured=f"{signed(gains[weakest])}, {weakest}" if weakest is not None else MISSING,
            required=f"≤ {self.margin} worse",
            sentence=" ".join(sentences),
        )

    def _listed(
        self, parts: Sequence[str], pairs: dict[str, tuple[ResultFact, ResultFact] | None]
    ) -> str:
        return "; ".join(
            f"{part} {pair[0].value} against {pair[1].value}"
            for part in parts
            if (pair := pairs[part])
        )
