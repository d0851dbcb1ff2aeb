"""Overrides of a request as one reader sees them: what was let pass, by whom, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from governance.accounts.models import User
from governance.approvals.models import Override, PromotionRequest
from governance.approvals.queries.cases import Case
from governance.approvals.queries.overrides import override_bars
from governance.approvals.queries.reading import LIVE, Reading
from governance.approvals.rules.gates import CheckResult
from governance.approvals.rules.gates.naming import check_name
from governance.approvals.rules.overrides import check_digest, rule_of
from governance.approvals.rules.policies import OverrideRule
from governance.core.wording import as_date
from governance.portal.pages.policy_words import people_word


@dataclass(frozen=True, kw_only=True)
class OverrideRow:
    """One override. `needed` is how many people sign it; `is_stale` that the check finds another
    value by now, `may_sign` that this reader's signature is wanted.
    """

    id: UUID
    check_id: str
    label: str
    reason: str
    control: str
    expires: date
    digest: str
    signers: Sequence[str]
    needed: int
    is_in_force: bool
    is_stale: bool
    has_expired: bool
    may_sign: bool

    @property
    def state(self) -> str:
        if self.has_expired:
            return "Ended"
        if self.is_in_force:
            return "In force"
        if self.is_stale:
            return "The check finds something else by now"
        return f"Signed by {len(self.signers)} of {self.needed}"

    @property
    def tone(self) -> str:
        return "mute" if self.has_expired or self.is_stale else "warn"


def override_rows(
    case: Case, request: PromotionRequest, *, reader: User, at: datetime, reading: Reading = LIVE
) -> list[OverrideRow]:
    """Every override of an open request, newest first."""
    checks = {check.id: check for check in case.judgement.checks}
    in_force = {check.excused_by for check in case.judgement.excused_checks}
    found = [
        _row(case, row, checks.get(row.check_id), in_force, reader=reader, at=at, reading=reading)
        for row in reading.overrides(request)
    ]
    return found[::-1]


def _row(
    case: Case,
    row: Override,
    check: CheckResult | None,
    in_force: set[str],
    *,
    reader: User,
    at: datetime,
    reading: Reading,
) -> OverrideRow:
    rule = case.policy.override_rule(row.check_id)
    signers = [one.signer_id for one in row.sign_offs.all()]
    is_stale = check is None or check_digest(check) != row.check_digest
    has_expired = row.expires_date < as_date(at)
    wanted = rule is not None and len(signers) < rule.people and reader.pk not in signers
    return OverrideRow(
        id=row.pk,
        check_id=row.check_id,
        label=check.label if check else row.check_id,
        reason=str(row.reason),
        control=str(row.control),
        expires=row.expires_date,
        digest=row.digest,
        signers=[str(one.printed_name) for one in row.sign_offs.all()],
        needed=rule.people if rule else 0,
        is_in_force=row.ref in in_force,
        is_stale=is_stale,
        has_expired=has_expired,
        may_sign=(
            rule is not None
            and wanted
            and not (is_stale or has_expired)
            and may_override(case, rule, reader=reader, at=at, reading=reading)
        ),
    )


def kept_overrides(request: PromotionRequest, refs: Sequence[str]) -> list[OverrideRow]:
    """The overrides that a decided dossier names, as they were signed."""
    return [
        OverrideRow(
            id=row.pk,
            check_id=row.check_id,
            label=check_name(row.check_id),
            reason=str(row.reason),
            control=str(row.control),
            expires=row.expires_date,
            digest=row.digest,
            signers=[str(one.printed_name) for one in row.sign_offs.all()],
            needed=0,
            is_in_force=True,
            is_stale=False,
            has_expired=False,
            may_sign=False,
        )
        for row in LIVE.overrides(request)
        if row.ref in refs
    ]


def may_override(
    case: Case, rule: OverrideRule, *, reader: User, at: datetime, reading: Reading = LIVE
) -> bool:
    """Tell whether the button is shown; the action decides."""
    if rule.role not in reading.roles(reader, unit=case.version.model.unit, at=at):
        return False
    return not override_bars(case, rule, reader=reader)


def overridable_by(
    case: Case, *, reader: User, at: datetime, reading: Reading = LIVE
) -> dict[str, str]:
    """Say of each failing check that can be let pass who may: empty where the reader may."""
    found = {}
    for check in case.judgement.unmet_checks:
        rule = rule_of(case.policy, check.id)
        if rule is not None:
            mine = may_override(case, rule, reader=reader, at=at, reading=reading)
            found[check.id] = "" if mine else people_word(rule.role, rule.people)
    return found
