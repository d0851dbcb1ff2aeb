"""How much people look before they sign: by tier, by role, by person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import root_unit, units_with
from governance.accounts.rules import SIGNING_ROLES, covers
from governance.approvals.queries.challenge import Challenge, challenge
from governance.approvals.rules.challenge import (
    HASTY,
    Decided,
    Deciding,
    Signed,
    Signing,
    Validated,
    Validating,
    deciding,
    signing,
    validating,
)
from governance.core.grouping import by_key
from governance.core.wording import as_date
from governance.inventory.rules import Tier
from governance.portal.forms.challenge import PeriodForm
from governance.validation.rules import Severity

PERIOD = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class TierRow:
    """One tier, the models without one, or all of them."""

    name: str
    deciding: Deciding
    validating: Validating


@dataclass(frozen=True, kw_only=True)
class SigningRow:
    name: str
    signing: Signing


@dataclass(frozen=True, kw_only=True)
class SigningTable:
    """The signatures of one cut. `most` is where the scale of its times ends, in seconds."""

    key: str
    title: str
    of_what: str
    note: str
    rows: Sequence[SigningRow]

    @property
    def most(self) -> float:
        spreads = [row.signing.took for row in self.rows]
        return max((one.upper.total_seconds() for one in spreads if one), default=1)


@dataclass(frozen=True, kw_only=True)
class ChallengePage:
    form: PeriodForm
    since: date
    units: Sequence[Unit]
    overall: Signing
    decided: Deciding
    tiers: Sequence[TierRow]
    tables: Sequence[SigningTable]
    severities: Sequence[Severity] = tuple(Severity)
    hasty_minutes: int = int(HASTY.total_seconds() // 60)

    @property
    def widest(self) -> list[Unit]:
        """The units that stand below no other of them."""
        return [
            unit
            for unit in self.units
            if not any(covers(other.path, unit.path) for other in self.units if other != unit)
        ]

    @property
    def is_empty(self) -> bool:
        return not (self.overall.count or self.decided.count or self.has_reports)

    @property
    def has_reports(self) -> bool:
        return any(row.validating.reports for row in self.tiers)


def challenge_page(asked: Mapping[str, Any], *, reader: User, at: datetime) -> ChallengePage:
    """Read the figures of the units in which the reader may. Raises PermissionMissing."""
    units = list(units_with(reader, Permission.CHALLENGE_READ, at=at).order_by("path"))
    if not units:
        require(reader, Permission.CHALLENGE_READ, unit=root_unit(), at=at)
    form = PeriodForm(asked)
    wanted = form.cleaned_data["since"] if form.is_valid() else None
    since = wanted or as_date(at - PERIOD)
    facts = challenge(units=units, since=datetime.combine(since, time.min, tzinfo=UTC), until=at)
    return ChallengePage(
        form=form,
        since=since,
        units=units,
        overall=signing(facts.signed),
        decided=deciding(facts.decided),
        tiers=tier_rows(facts),
        tables=signing_tables(facts),
    )


def tier_rows(facts: Challenge) -> list[TierRow]:
    """Every tier, whether anything happened there or not; models without one if any has none."""
    has_untiered = any(
        row.tier is None for rows in (facts.decided, facts.validated) for row in rows
    )
    tiers = [*Tier.values, *([None] if has_untiered else [])]
    rows = [
        _tier_row(
            tier_name(tier),
            [row for row in facts.decided if row.tier == tier],
            [row for row in facts.validated if row.tier == tier],
        )
        for tier in tiers
    ]
    return [*rows, _tier_row("All", facts.decided, facts.validated)]


def _tier_row(name: str, decided: Sequence[Decided], validated: Sequence[Validated]) -> TierRow:
    return TierRow(name=name, deciding=deciding(decided), validating=validating(validated))


def tier_name(tier: int | None) -> str:
    return f"Tier {tier}" if tier else "No tier"


def signing_tables(facts: Challenge) -> list[SigningTable]:
    by_tier = by_key(facts.signed, lambda row: row.tier)
    by_role = by_key(facts.signed, lambda row: row.role)
    by_person = by_key(facts.signed, lambda row: row.person)
    tiers = [*Tier.values, *([None] if None in by_tier else [])]
    people = sorted(facts.names.items(), key=lambda pair: pair[1])
    return [
        SigningTable(
            key="signing-tiers",
            title="Signatures by tier",
            of_what="Tier",
            note="the tier that the model has today",
            rows=[_row(tier_name(tier), by_tier[tier]) for tier in tiers],
        ),
        SigningTable(
            key="signing-roles",
            title="Signatures by role",
            of_what="Role",
            note="the role in which people signed",
            rows=[_row(role.label, by_role[role]) for role in SIGNING_ROLES],
        ),
        SigningTable(
            key="signing-people",
            title="Signatures by person",
            of_what="Person",
            note="for a conversation, not for a ranking",
            rows=[_row(name, by_person[ref]) for ref, name in people],
        ),
    ]


def _row(name: str, rows: Sequence[Signed]) -> SigningRow:
    return SigningRow(name=name, signing=signing(rows))
