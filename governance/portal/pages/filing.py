"""Evidence that people filed: what there is, and what a form offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import root_unit
from governance.core.wording import as_date, full_day
from governance.evidence.actions.filing import may_withdraw
from governance.evidence.models import FiledEvidence, Inapplicability
from governance.evidence.queries.filings import (
    filings_of,
    requirement_asked,
    requirements_asking,
    statement_in_force,
)
from governance.evidence.rules.collectors import collectors
from governance.evidence.rules.filings import StatementOver
from governance.evidence.rules.requirements import Level, Requirement
from governance.inventory.firm import catalogue
from governance.inventory.models import Model
from governance.portal.pages.may import frozen, why_not


@dataclass(frozen=True, kw_only=True)
class FiledRow:
    """One filing, with how it stands as a shape and a word."""

    filed: FiledEvidence
    kind: str
    tone: str
    icon: str
    said: str
    counts_for: Sequence[str]
    until: date | None


@dataclass(frozen=True, kw_only=True)
class FiledPage:
    row: FiledRow
    may_withdraw: bool


def filed_rows(model: Model | None, *, at: datetime) -> list[FiledRow]:
    return [_row(one, at=at) for one in filings_of(model)]


def filed_page(filed: FiledEvidence, *, reader: User, at: datetime) -> FiledPage:
    row = _row(filed, at=at)
    standing = not hasattr(filed, "withdrawal")
    return FiledPage(row=row, may_withdraw=standing and may_withdraw(filed, reader, at=at))


def _row(filed: FiledEvidence, *, at: datetime) -> FiledRow:
    kind, today = collectors()[filed.kind], as_date(at)
    tier = filed.model.tier_at(at) if filed.model else None
    until = filed.valid_until or kind.fresh.lasts_until(filed.made_date, tier=tier)
    if hasattr(filed, "withdrawal"):
        tone, icon, said = "mute", "minus", "Withdrawn"
    elif until is not None and until < today:
        tone, icon, said = "warn", "clock", "Stale"
    else:
        tone, icon, said = "ok", "check", "Counts"
    return FiledRow(
        filed=filed,
        kind=kind.label,
        tone=tone,
        icon=icon,
        said=said,
        counts_for=filed.requirements,
        until=until,
    )


def no_filing(reader: User, model: Model | None, *, at: datetime) -> str:
    """Say why the reader files nothing here, or nothing."""
    if model is not None and (said := frozen(model)):
        return said
    unit = model.unit if model else root_unit()
    return why_not(reader, Permission.EVIDENCE_FILE, "Filing evidence", unit=unit, at=at)


def requirement_choices(model: Model | None) -> list[tuple[str, str]]:
    """Every requirement that evidence of the model, or of the firm, can be filed for."""
    names = {one.id: one.name for one in catalogue().frameworks}
    found = requirements_asking("", level=Level.MODEL if model else Level.FIRM)
    return [
        (key, f"{names.get(one.framework, one.framework)}, {one.id}: {one.title}")
        for key, one in found.items()
    ]


def suggested(requirement: str, *, at: datetime) -> dict[str, str]:
    """What the form is filled with, also where somebody comes from a requirement."""
    today = {"made_date": as_date(at).isoformat()}
    for level in Level:
        if one := requirements_asking("", level=level).get(requirement):
            return today | {"requirement": requirement, "kind": one.evidence[0]}
    return today


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """One requirement of one model, and what was stated of it, if that holds."""

    key: str
    requirement: Requirement
    standing: Inapplicability | None

    @property
    def standing_id(self) -> UUID:
        """Raises StatementOver where nothing holds."""
        if self.standing is None:
            raise StatementOver("This statement was ended, or its last day is over.")
        return self.standing.pk

    @property
    def said(self) -> str:
        row = self.standing
        if row is None:
            return ""
        return f"{row.stated_by.name}, through {full_day(row.until_date)}: {row.reason}"


def exclusion_of(model: Model, requirement: str, *, at: datetime) -> Exclusion:
    """Raises RequirementNotFound."""
    return Exclusion(
        key=requirement,
        requirement=requirement_asked(requirement, level=Level.MODEL),
        standing=statement_in_force(model, requirement, today=as_date(at)),
    )
