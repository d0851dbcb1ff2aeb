"""Which requirement has which evidence: pure, and the same for the page, the pack and the record.

It never says that a requirement is met. Whether what is there is enough, people judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import TextChoices

from governance.core.wording import counted, full_day, joined
from governance.evidence.rules.collectors import Collector
from governance.evidence.rules.requirements import Level, Requirement, bearing
from governance.inventory.rules.frameworks import Answer, Facts, Status, Timing, missing


class CoverageState(TextChoices):
    """How much of what a requirement asks for is on record."""

    COMPLETE = "COMPLETE", "Complete"
    PARTIAL = "PARTIAL", "Partial"
    NONE = "NONE", "No evidence"
    NOT_APPLICABLE = "NOT_APPLICABLE", "Does not apply"
    UNKNOWN = "UNKNOWN", "Unknown"


@dataclass(frozen=True, kw_only=True)
class EvidenceItem:
    """One record that counts. After `fresh_until` it is stale; None where it does not grow old.

    `earlier` is how many older records of the same sort there are that are not listed.
    `only_for` names the requirements it was filed for; none means every one that asks for its kind.
    """

    kind: str
    ref: str
    label: str
    day: date
    stale: bool = False
    fresh_until: date | None = None
    earlier: int = 0
    only_for: frozenset[str] = frozenset()


def aged(item: EvidenceItem, fresh_until: date | None, *, today: date) -> EvidenceItem:
    """Return the item with the last day on which it is fresh, and whether that is over."""
    stale = fresh_until is not None and fresh_until < today
    return replace(item, fresh_until=fresh_until, stale=stale)


@dataclass(frozen=True, kw_only=True)
class Covered:
    """One requirement for one model, or for the firm.

    `missing` says of each kind that lacks fresh evidence what is missing, and who gives it.
    """

    requirement: Requirement
    state: CoverageState
    because: str
    items: tuple[EvidenceItem, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the framework of a requirement says of a model on a day.

    `answer` is None where nobody has worked out yet which frameworks apply. `superseded_by` names
    what took the place of one that has ended.
    """

    answer: Answer | None
    on: date
    superseded_by: str = ""

    @property
    def has_ended(self) -> bool:
        return self.answer is not None and self.answer.timing(self.on) == Timing.ENDED


@dataclass(frozen=True, kw_only=True)
class Held:
    """What is on record for a model or the firm: items by kind, newest first.

    `exempt` says of a requirement, by framework and id, why somebody stated that it does not apply.
    """

    items: Mapping[str, Sequence[EvidenceItem]] = field(default_factory=dict)
    exempt: Mapping[str, str] = field(default_factory=dict)


def by_kind(items: Iterable[EvidenceItem]) -> dict[str, list[EvidenceItem]]:
    """Put items together by their kind, the newest first."""
    found: dict[str, list[EvidenceItem]] = {}
    for one in sorted(items, key=lambda item: item.day, reverse=True):
        found.setdefault(one.kind, []).append(one)
    return found


def requirement_key(requirement: Requirement) -> str:
    """`eu-ai-act-deployer/AID-26.1`: the same in every version of the framework that has it."""
    return f"{requirement.framework}/{requirement.id}"


def covered(
    requirement: Requirement,
    *,
    standing: Standing,
    facts: Facts,
    held: Held,
    kinds: Mapping[str, Collector],
) -> Covered:
    """Say what evidence there is for the requirement, and if it is asked for at all."""
    found = _items(requirement, held)
    if said := _not_asked(requirement, standing, facts, held):
        state, because = said
        # What may yet be asked for shows what there is; what does not apply has no evidence.
        shown = found if state == CoverageState.UNKNOWN else ()
        shown = _under_it(found, standing) if standing.has_ended else shown
        return Covered(requirement=requirement, state=state, because=because, items=shown)
    fresh = {one.kind for one in found if not one.stale}
    present = {one.kind for one in found}
    return Covered(
        requirement=requirement,
        state=_state(requirement.evidence, fresh=fresh, present=present),
        because=_because(requirement, standing, fresh=fresh, kinds=kinds),
        items=found,
        missing=tuple(_lacking(requirement.evidence, fresh, present, kinds)),
    )


def _items(requirement: Requirement, held: Held) -> tuple[EvidenceItem, ...]:
    key = requirement_key(requirement)
    return tuple(
        one
        for kind in requirement.evidence
        for one in held.items.get(kind, ())
        if not one.only_for or key in one.only_for
    )


def _under_it(found: Iterable[EvidenceItem], standing: Standing) -> tuple[EvidenceItem, ...]:
    """What was recorded while a framework that has ended still counted."""
    until = standing.answer.until if standing.answer else None
    return tuple(one for one in found if until is None or one.day < until)


def _not_asked(
    requirement: Requirement, standing: Standing, facts: Facts, held: Held
) -> tuple[CoverageState, str] | None:
    """Say why it is not asked of this model, or that this is not known; None where it is."""
    answer = standing.answer
    if answer is None:
        return CoverageState.UNKNOWN, "Nobody has worked out yet which frameworks apply."
    if answer.status == Status.DOES_NOT_APPLY:
        return CoverageState.NOT_APPLICABLE, answer.because
    if standing.has_ended:
        return CoverageState.NOT_APPLICABLE, _ended(answer, standing.superseded_by)
    if answer.status == Status.UNKNOWN:
        return CoverageState.UNKNOWN, _unknown(answer.unknown)
    if requirement.level == Level.MODEL:
        narrowed = bearing(requirement, facts)
        if narrowed.status == Status.DOES_NOT_APPLY:
            return CoverageState.NOT_APPLICABLE, narrowed.because
        if narrowed.status == Status.UNKNOWN:
            return CoverageState.UNKNOWN, _unknown(narrowed.unknown)
    if said := held.exempt.get(requirement_key(requirement)):
        return CoverageState.NOT_APPLICABLE, said
    return None


def _ended(answer: Answer, successor: str) -> str:
    day = f" on {full_day(answer.until)}" if answer.until else ""
    after = f" and {successor} took its place" if successor else ""
    return (
        f"{answer.name} ended{day}{after}. What was recorded under it is shown; "
        "nothing is asked by it any more."
    )


def _unknown(facts: Sequence[str]) -> str:
    return f"Unknown until {missing(facts)}."


def _state(asked: Sequence[str], *, fresh: set[str], present: set[str]) -> CoverageState:
    if set(asked) <= fresh:
        return CoverageState.COMPLETE
    return CoverageState.PARTIAL if present else CoverageState.NONE


def _because(
    requirement: Requirement,
    standing: Standing,
    *,
    fresh: set[str],
    kinds: Mapping[str, Collector],
) -> str:
    asked = requirement.evidence
    names = joined([kinds[kind].label.lower() for kind in asked])
    have = len([kind for kind in asked if kind in fresh])
    if len(asked) == 1:
        said = f"It asks for one kind of evidence: {names}."
    else:
        said = f"Of {counted(len(asked), 'kind')} of evidence, {have} fresh: it asks for {names}."
    return said + _ahead(requirement, standing)


def _ahead(requirement: Requirement, standing: Standing) -> str:
    day = asked_from(requirement, standing.answer)
    return f" Asked from {full_day(day)} on." if day and day > standing.on else ""


def asked_from(requirement: Requirement, answer: Answer | None) -> date | None:
    """Return the day from which it is asked of a model for which the framework answers this."""
    if requirement.from_date or answer is None:
        return requirement.from_date
    return max(answer.valid_from, answer.from_date or answer.valid_from)


def _lacking(
    asked: Sequence[str], fresh: set[str], present: set[str], kinds: Mapping[str, Collector]
) -> Iterator[str]:
    for kind in asked:
        if kind not in fresh:
            one = kinds[kind]
            stale = f"{one.label}: what is there is stale." if kind in present else one.missing
            yield f"{stale} {one.given_by}"


def together(states: Iterable[CoverageState]) -> CoverageState:
    """Say one state for several requirements: of what is asked, all, some or nothing.

    What does not apply takes no part; a single unknown one leaves the whole unknown only where
    nothing worse is known.
    """
    asked = {one for one in states if one != CoverageState.NOT_APPLICABLE}
    if not asked:
        return CoverageState.NOT_APPLICABLE
    if len(asked) == 1:
        return asked.pop()
    known = asked - {CoverageState.UNKNOWN}
    if known == {CoverageState.COMPLETE}:
        return CoverageState.UNKNOWN
    return CoverageState.NONE if known == {CoverageState.NONE} else CoverageState.PARTIAL
