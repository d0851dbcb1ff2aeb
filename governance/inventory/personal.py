"""Where the inventory holds what people said and signed, and what keeps it: the model's use."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from uuid import UUID

from django.conf import settings

from governance.accounts.rules import IN_USE, RETENTION, kept_until
from governance.audit.personal import Protection, protect, register_notes, register_texts
from governance.core.wording import as_date, day
from governance.inventory.models import (
    AnswerDraft,
    AnswerEvidence,
    Assessment,
    Attestation,
    Campaign,
    ChangeDecision,
    ClassAssessment,
    Dependency,
    Determination,
    Examination,
    ExaminationEnd,
    ExaminationExtension,
    ExaminedModel,
    Model,
    ModelChange,
    RecordRevision,
    Retirement,
    RetirementEnd,
    Review,
    SavedView,
    TierAssessment,
    TierOverride,
    TierOverrideApproval,
    Waiver,
    WaiverDecision,
    WaiverEnd,
)

for table in (
    Assessment,
    ClassAssessment,
    Determination,
    ModelChange,
    RecordRevision,
    Retirement,
    Review,
    TierAssessment,
    Waiver,
):
    register_texts(table, about="model")
register_texts(AnswerEvidence, about="assessment__model")
register_texts(
    Attestation,
    about="item__model",
    printed={"printed_name": "owner"},
    naming=("snapshot",),
)
register_texts(Campaign, since="opened_at")
register_texts(ChangeDecision, about="change__model", printed={"printed_name": "decided_by"})
register_texts(Dependency, about="consumer")
register_texts(Examination, since="opened_at")
register_texts(ExaminationEnd, since="ended_at")
register_texts(ExaminationExtension, since="extended_at")
register_texts(ExaminedModel, since="added_at")
register_texts(RetirementEnd, about="retirement__model")
register_texts(TierOverride, about="assessment__model")
register_texts(
    TierOverrideApproval,
    about="override__assessment__model",
    printed={"printed_name": "approver"},
)
register_texts(WaiverDecision, about="waiver__model", printed={"printed_name": "decided_by"})
register_texts(WaiverEnd, about="waiver__model")
register_notes(AnswerDraft, person="person")
register_notes(SavedView, person="owner")


@protect
def kept_models(refs: Collection[str], at: datetime) -> Iterator[tuple[str, Protection]]:
    """What is in use is kept; what is out of use, through the last day of its retention."""
    keys = [UUID(ref.partition(":")[2]) for ref in refs if ref.startswith(f"{Model.REF}:")]
    models = Model.objects.filter(pk__in=keys).only("name", "removed_at", "retired_at")
    ends = dict(
        Retirement.objects.standing()
        .filter(model__in=keys)
        .order_by("retired_at")
        .values_list("model", "retention_end_date")
    )
    for model in models:
        if (protection := _protection(model, ends.get(model.pk), at)) is not None:
            yield model.ref, protection


def _protection(model: Model, ends: date | None, at: datetime) -> Protection | None:
    if model.is_in_use:
        says = f"{model.name} is in use: its record is kept."
        return Protection(rule=IN_USE, says=says)
    if ends is None and model.removed_at is not None:
        ends = kept_until(as_date(model.removed_at), settings.RETENTION_YEARS)
    if ends is None or ends < as_date(at):
        return None
    says = f"The record of {model.name} is kept through {day(ends)}."
    return Protection(rule=RETENTION, says=says, until=ends)
