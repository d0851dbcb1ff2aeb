"""Champion and challenger: the values of two versions side by side, on the same data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from governance.approvals.rules.dossier import Dossier, ResultFact, VersionFacts
from governance.approvals.rules.gates import CheckResult, judging
from governance.core.wording import MISSING, number, signed
from governance.portal.pages.version import tone_of
from governance.registry.rules import counting_result


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One metric of one slice. A change is given only between values on the same data."""

    metric: str
    slice: str
    champion: str
    challenger: str
    change: str
    tone: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    champion: int | None
    challenger: int
    rows: Sequence[Compared]


def comparison(dossier: Dossier, checks: Sequence[CheckResult]) -> Comparison:
    """Compare what counts in a dossier; nothing is read beyond it."""
    keys = sorted({(r.metric, r.slice) for r in dossier.version.results})
    rows = (compared(dossier, metric, part, checks) for metric, part in keys)
    champion = champion_in(dossier)
    return Comparison(
        champion=champion.number if champion else None,
        challenger=dossier.version.number,
        rows=[row for row in rows if row is not None],
    )


def compared(
    dossier: Dossier, metric: str, part: str, checks: Sequence[CheckResult]
) -> Compared | None:
    mine = counting_result(dossier.version.results, metric=metric, slice_name=part)
    if mine is None:
        return None
    theirs, is_same_data = of_champion(dossier, mine)
    check = judging(checks, metric, part)
    change = Decimal(mine.value) - Decimal(theirs.value) if theirs and is_same_data else None
    untold = "other data" if theirs else "new"
    return Compared(
        metric=metric,
        slice=part,
        champion=number(Decimal(theirs.value)) if theirs else MISSING,
        challenger=number(Decimal(mine.value)),
        change=signed(change) if change is not None else untold,
        tone=tone_of(change, check),
    )


def champion_in(dossier: Dossier) -> VersionFacts | None:
    """The version to compare with: what serves, unless it is the very version in question."""
    incumbent = dossier.incumbent
    return incumbent if incumbent and incumbent.ref != dossier.version.ref else None


def of_champion(dossier: Dossier, mine: ResultFact) -> tuple[ResultFact | None, bool]:
    """Return the champion's value, and whether it was measured on the same data."""
    champion = champion_in(dossier)
    if champion is None:
        return None, False
    for data in (mine.dataset_digest, None):
        theirs = counting_result(
            champion.results, metric=mine.metric, slice_name=mine.slice, dataset_digest=data
        )
        if theirs is not None:
            return theirs, data is not None
    return None, False
