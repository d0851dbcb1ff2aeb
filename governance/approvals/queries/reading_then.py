"""Reading what a decision rested on at a past moment, and the case that it made then.

Every fact of a dossier is in rows that say since when they hold, so the dossier of a past moment is
gathered by the same code as the present one, and has the digest that stood on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from governance.accounts.models import Delegation, RoleGrant, Unit, User
from governance.accounts.queries.past import SeatsThen, seats_at
from governance.accounts.rules import Role
from governance.approvals.models import (
    ConditionFinding,
    Override,
    OverrideSignOff,
    PromotionRequest,
    SignOff,
    Tick,
)
from governance.approvals.queries.cases import Case, case_of
from governance.approvals.queries.past import sign_offs_at
from governance.approvals.queries.policies import policies_in_force
from governance.approvals.queries.reading import Reading, earlier_approval
from governance.cards.models import CardEditor, CardRevision
from governance.cards.queries import editors_in
from governance.cards.queries.past import cards_at
from governance.inventory.models import Builder, Model
from governance.inventory.queries import builders_in
from governance.inventory.queries.model_changes import accepted_changes
from governance.inventory.queries.revisions import (
    classes_at,
    names_at,
    revisions_at,
    tier_then,
    tiers_at,
)
from governance.inventory.rules import Capacity
from governance.inventory.rules.model_changes import AcceptedChange
from governance.registry.models import (
    ArtifactCheck,
    EvaluationResult,
    ModelVersion,
    Slot,
    SlotAssignment,
)
from governance.registry.queries import former_champions
from governance.registry.queries.past import artifact_checks_at, stages_at
from governance.registry.rules import SlotRole
from governance.validation.models import Finding, Report
from governance.validation.queries import reports_at, validators_in


class RecordNotKept(LookupError):
    """What a model's record said then was not kept, or was erased."""


class ReadThen(Reading):
    """Reads each fact as it stood at a moment. What never changes is read as it is.

    Whose roles are asked for is of the model's unit; `at` is then that same moment.
    """

    def __init__(self, moment: datetime, *, unit: Unit) -> None:
        self._moment = moment
        self._unit = unit
        self._seats: SeatsThen | None = None

    def champion(self, slot: Slot) -> ModelVersion | None:
        rows = SlotAssignment.objects.standing_at(self._moment).filter(slot=slot)
        row = rows.filter(role=SlotRole.CHAMPION).select_related("version__model").first()
        return row.version if row else None

    def last_incumbent(self, slot: Slot) -> ModelVersion | None:
        row = former_champions([slot], by=self._moment).first()
        return row.version if row else None

    def card(self, version: ModelVersion) -> CardRevision | None:
        return cards_at([version], self._moment).get(version.pk)

    def card_editors(self, version: ModelVersion) -> dict[str, tuple[str, ...]]:
        wrote = CardEditor.objects.filter(version=version, since__lte=self._moment)
        published = CardRevision.objects.filter(version=version, published_at__lte=self._moment)
        return editors_in(
            wrote.values_list("user_id", "pk"),
            published.order_by("number").values_list("published_by_id", "pk"),
        )

    def report(self, version: ModelVersion) -> Report | None:
        return reports_at([version], self._moment).get(version.pk)

    def findings(self, model: Model) -> Sequence[Finding]:
        return list(Finding.objects.filter(model=model).open_at(self._moment).worst_first())

    def artifact_check(self, version: ModelVersion) -> ArtifactCheck | None:
        return artifact_checks_at([version], self._moment).get(version.pk)

    def results(self, version: ModelVersion) -> Sequence[EvaluationResult]:
        return [one for one in super().results(version) if one.received_at <= self._moment]

    def builders(self, model: Model) -> dict[str, dict[Capacity, str]]:
        rows = Builder.objects.filter(model=model, since__lte=self._moment)
        return builders_in(rows.select_related("user"))

    def developers(self, model: Model) -> Sequence[User]:
        values = _values_of(model, self._moment)
        return list(User.objects.filter(pk__in=values["developers"]))

    def validators(self, version: ModelVersion) -> dict[str, tuple[str, ...]]:
        rows = Report.objects.filter(version=version, signed_at__lte=self._moment)
        return validators_in(rows.order_by("number").values_list("signed_by_id", "pk"))

    def sign_offs(self, request: PromotionRequest) -> list[SignOff]:
        return list(sign_offs_at([request], self._moment)[request.pk])

    def ticks(self, request: PromotionRequest) -> Sequence[Tick]:
        return [one for one in super().ticks(request) if one.ticked_at <= self._moment]

    def overrides(self, request: PromotionRequest) -> Sequence[Override]:
        signed = OverrideSignOff.objects.filter(signed_at__lte=self._moment)
        rows = Override.objects.filter(request=request, proposed_at__lte=self._moment)
        known = rows.prefetch_related(Prefetch("sign_offs", queryset=signed))
        return list(known.order_by("proposed_at", "pk"))

    def conditions(self, version: ModelVersion) -> Sequence[ConditionFinding]:
        rows = [one for one in super().conditions(version) if one.finding.opened_at <= self._moment]
        for one in rows:
            if one.finding.was_open_at(self._moment):
                one.finding.closed_at = None
        return rows

    def tier_assessed_at(self, model: Model) -> datetime | None:
        row = tiers_at([model], self._moment).get(model.pk)
        return row.assessed_at if row else None

    def class_assessed_at(self, model: Model) -> datetime | None:
        row = classes_at([model], self._moment).get(model.pk)
        return row.assessed_at if row else None

    def earlier_approval(self, version: ModelVersion, slot: Slot) -> PromotionRequest | None:
        return earlier_approval(version, slot, by=self._moment)

    def changes(self, model: Model) -> Sequence[AcceptedChange]:
        found = accepted_changes([model])[model.pk]
        return [one for one in found if one.accepted_at <= self._moment]

    def holders(self, role: Role, *, unit: Unit, at: datetime) -> list[User]:
        people = {one.user_id: one.user for one in self.grants(role, unit=unit, at=at)}
        return sorted(people.values(), key=lambda user: user.name)

    def grants(self, role: Role, *, unit: Unit, at: datetime) -> Sequence[RoleGrant]:
        return [one for one in self.seats.grants if one.role == role]

    def roles(self, user: User, *, unit: Unit, at: datetime) -> set[Role]:
        return {Role(one.role) for one in self.seats.grants if one.user_id == user.pk}

    def delegations(self, *, unit: Unit, at: datetime) -> Sequence[Delegation]:
        return self.seats.lent

    @property
    def seats(self) -> SeatsThen:
        """The roles that reached the model's unit, read once."""
        if self._seats is None:
            self._seats = seats_at(self._unit, self._moment)
        return self._seats


def model_then(model: Model, moment: datetime) -> Model:
    """Return the model with what was said of it then, to read and never to be saved.

    Raises RecordNotKept where its record of then was not kept, or was erased.
    """
    found = Model.objects.select_related("unit").get(pk=model.pk)
    values = _values_of(model, moment)
    for name in ("purpose", "intended_use", "kind", "owner_id", "jurisdictions", "origin"):
        setattr(found, name, values[name])
    tier, rating = tiers_at([model], moment).get(model.pk), classes_at([model], moment)
    found.name = names_at([model], moment)[model.pk]
    found.tier, found.tier_until = tier_then(tier, moment) if tier else None, None
    found.ai_act_class = rating[model.pk].ai_act_class if model.pk in rating else ""
    return found


def _values_of(model: Model, moment: datetime) -> dict[str, Any]:
    revision = revisions_at([model], moment).get(model.pk)
    values = revision.values if revision else None
    if values is None:
        raise RecordNotKept(f"What the record of {model.name} said was not kept.")
    return values


def version_then(version: ModelVersion, moment: datetime) -> ModelVersion:
    """Return the version, of the model as it was and in its stage of then, never to be saved."""
    found = ModelVersion.objects.get(pk=version.pk)
    found.model = model_then(version.model, moment)
    found.stage = stages_at([version], moment)[version.pk]
    return found


def case_then(request: PromotionRequest, moment: datetime) -> Case:
    """Return the case that a request made at a moment at which it was open.

    Raises NoPolicy and NoEmergency as `case_of` does, and RecordNotKept.
    """
    asked = PromotionRequest.objects.with_version().get(pk=request.pk)
    asked.version = version_then(asked.version, moment)
    return case_of(
        asked,
        at=moment,
        policies=policies_in_force(by=moment),
        reading=ReadThen(moment, unit=asked.version.model.unit),
    )
