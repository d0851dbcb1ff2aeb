"""What rows tell of decisions that were taken: who signed, who was barred, what was assessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from governance.accounts.models import RoleGrant
from governance.accounts.rules import BUILDING_ROLES, Role, covers
from governance.approvals.models import OverrideSignOff, PromotionRequest, SignOff
from governance.approvals.queries.cases import signature_of
from governance.approvals.queries.dossiers import card_facts
from governance.approvals.rules.dossier import FIRST_FORMAT, Dossier
from governance.approvals.rules.duties import Duties
from governance.approvals.rules.judgement import Signature
from governance.approvals.rules.rehearsal import Supplement, supplemented
from governance.cards.models import CardEditor, CardRevision
from governance.core.canonical import timestamp
from governance.core.grouping import by_key
from governance.inventory.models import Builder, TierAssessment
from governance.inventory.rules import Capacity
from governance.validation.models import Report


class KeptRows:
    """Has read what belongs to many decisions, in a handful of queries however many they are.

    Every row of these says since when it holds and is never edited, so what stood at a decision can
    still be told. Two things cannot: whose account was closed by then, and what nobody wrote down.
    """

    def __init__(self, requests: Sequence[PromotionRequest]) -> None:
        versions = [request.version for request in requests]
        models = [version.model for version in versions]
        self._sign_offs = by_key(
            SignOff.objects.filter(request__in=requests).order_by("signed_at", "pk"),
            lambda row: row.request_id,
        )
        self._builders = by_key(Builder.objects.filter(model__in=models), lambda row: row.model_id)
        self._reports = by_key(
            Report.objects.filter(version__in=versions), lambda row: row.version_id
        )
        self._cards = by_key(
            CardRevision.objects.filter(version__in=versions), lambda row: row.version_id
        )
        self._editors = by_key(
            CardEditor.objects.filter(version__in=versions), lambda row: row.version_id
        )
        self._tiers = by_key(
            TierAssessment.objects.filter(model__in=models).order_by("assessed_at"),
            lambda row: row.model_id,
        )
        self._grants = list(
            RoleGrant.objects.filter(role__in=BUILDING_ROLES).values_list(
                "user_id", "unit__path", "starts_at", "ends_at", "end__ended_at"
            )
        )
        overriding = OverrideSignOff.objects.filter(override__request__in=requests)
        self._overriders = by_key(
            overriding.select_related("override"), lambda row: row.override.request_id
        )

    def signatures(self, request: PromotionRequest) -> tuple[Signature, ...]:
        return tuple(signature_of(row) for row in self._sign_offs[request.pk])

    def overriders(self, request: PromotionRequest) -> dict[str, Role]:
        """Return the roles of the signatures under overrides, by reference."""
        return {row.ref: Role(row.role) for row in self._overriders[request.pk]}

    def duties(self, request: PromotionRequest, *, at: datetime) -> Duties:
        """Return who had done what by then; what a policy makes of it is for the policy to say."""
        version = request.version
        return Duties(
            model_name=version.model.name,
            version_number=version.number,
            builders=_capacities(self._builders[version.model_id], at=at),
            registered_by=f"user:{version.registered_by_id}",
            requested_by=f"user:{request.requested_by_id}",
            committed_by=version.committer_ref,
            card_edited_by=self._card_editors(version.pk, at=at),
            validated_by=frozenset(
                f"user:{row.signed_by_id}"
                for row in self._reports[version.pk]
                if row.signed_at <= at
            ),
            unit_builders=self._holders(version.model.unit.path, at=at),
            overridden_by=frozenset(
                f"user:{row.signer_id}"
                for row in self._overriders[request.pk]
                if row.signed_at <= at
            ),
        )

    def _card_editors(self, version: UUID, *, at: datetime) -> frozenset[str]:
        wrote = {row.user_id for row in self._editors[version] if row.since <= at}
        revisions = self._cards[version]
        published = {row.published_by_id for row in revisions if row.published_at <= at}
        return frozenset(f"user:{pk}" for pk in wrote | published)

    def _holders(self, path: str, *, at: datetime) -> frozenset[str]:
        return frozenset(
            f"user:{user}"
            for user, unit, start, *ends in self._grants
            if covers(unit, path) and start <= at and all(end is None or end > at for end in ends)
        )

    def facts(self, request: PromotionRequest, dossier: Dossier, *, at: datetime) -> Dossier:
        """Return the dossier, one of the first format with what that leaves out."""
        if dossier.format != FIRST_FORMAT:
            return dossier
        return supplemented(dossier, self._supplement(request, dossier, at=at))

    def _supplement(
        self, request: PromotionRequest, dossier: Dossier, *, at: datetime
    ) -> Supplement:
        model = request.version.model
        cards = {row.ref: row for row in self._cards[request.version_id]}
        card = cards.get(dossier.card.ref) if dossier.card else None
        reports = {row.ref: row for row in self._reports[request.version_id]}
        report = reports.get(dossier.report.ref) if dossier.report else None
        tiers = [row.assessed_at for row in self._tiers[model.pk] if row.assessed_at <= at]
        return Supplement(
            slot_name=request.slot.name,
            unit=model.unit.path,
            jurisdictions=tuple(model.jurisdiction_codes),
            ai_act_class=model.ai_act_class,
            tier_assessed_at=timestamp(tiers[-1]) if tiers else "",
            answered=card_facts(card).answered if card else (),
            report_signed_at=timestamp(report.signed_at) if report else "",
        )


def _capacities(rows: Iterable[Builder], *, at: datetime) -> dict[str, frozenset[Capacity]]:
    found = by_key((row for row in rows if row.since <= at), lambda row: f"user:{row.user_id}")
    return {ref: frozenset(Capacity(row.capacity) for row in of) for ref, of in found.items()}
