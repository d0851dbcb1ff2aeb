"""What ends soon and what is due, over all the models that somebody may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.accounts.models import User
from governance.core.wording import as_date
from governance.inventory.models import Model, ModelQuerySet, Waiver
from governance.inventory.queries.reviews import review_standings
from governance.portal.pages.deadlines import Due, due_finding, due_review
from governance.validation.models import Finding

SHOWN = 8
DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Exceptions:
    """Waivers in force, the soonest to end first; `count` is of all."""

    rows: Sequence[Waiver]
    count: int
    soon: int


@dataclass(frozen=True, kw_only=True)
class Owed:
    due: Due
    owner: str
    is_late: bool


@dataclass(frozen=True, kw_only=True)
class Obligations:
    """What is overdue or due in 30 days, the soonest first; `late` and `count` are of all."""

    rows: Sequence[Owed]
    count: int
    late: int


def exceptions(reader: User, *, at: datetime) -> Exceptions:
    held = Waiver.objects.visible_to(reader, at=at).in_force(as_date(at))
    return Exceptions(
        rows=list(held.with_all().order_by("expires_date", "requested_at")[:SHOWN]),
        count=held.count(),
        soon=held.expiring(as_date(at)).count(),
    )


def obligations(models: ModelQuerySet, *, reader: User, at: datetime) -> Obligations:
    """Read the findings and reviews that are due, in four queries."""
    today = as_date(at)
    owed = sorted(_owed(models, at=at), key=lambda one: one.due.due_date)
    return Obligations(
        rows=owed[:SHOWN],
        count=len(owed),
        late=sum(1 for one in owed if one.due.due_date < today),
    )


def _owed(models: ModelQuerySet, *, at: datetime) -> Iterator[Owed]:
    today = as_date(at)
    until = today + timedelta(days=DAYS)
    findings = Finding.objects.open().filter(model__in=models, due_date__lte=until)
    for finding in findings.select_related("model", "version__model", "owner"):
        owner = finding.owner.name if finding.owner else ""
        yield Owed(due=due_finding(finding), owner=owner, is_late=finding.due_date < today)
    rows: list[Model] = list(models.select_related("owner"))
    for one in review_standings(rows, today=today):
        if one.waived_until is None and one.due_date <= until:
            owner = one.model.owner.name if one.model.owner else ""
            yield Owed(due=due_review(one), owner=owner, is_late=one.is_overdue(today))
