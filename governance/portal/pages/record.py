"""The inventory record, to be read: what it says, group by group, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from governance.accounts.models import User
from governance.accounts.queries import holders_of
from governance.accounts.rules import Role
from governance.core.wording import as_date
from governance.inventory.models import ClassAssessment, Model, Retirement, TierAssessment
from governance.inventory.queries import (
    Links,
    RecordGaps,
    answers_of,
    consumers_directly,
    feeders_directly,
    latest_class_assessment,
    latest_tier_assessment,
    record_gaps,
    standing_retirement,
)
from governance.inventory.queries.reviews import review_standings
from governance.inventory.rules import Origin
from governance.portal.pages.dependencies import keeper_wanted


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that the record says. Empty of everything, it says nothing of it yet.

    `is_late` marks a day that has passed and should not have.
    """

    label: str
    text: str = ""
    people: Sequence[User] = ()
    day: date | None = None
    is_late: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    key: str
    title: str
    lines: Sequence[Line]


@dataclass(frozen=True, kw_only=True)
class RecordPage:
    model: Model
    groups: Sequence[Group]
    gaps: RecordGaps
    tier: TierAssessment | None
    ai_act_class: ClassAssessment | None
    feeders: Links
    consumers: Links
    retirement: Retirement | None
    why_not: str

    @property
    def verdict(self) -> str:
        """One sentence that answers whether the record is complete."""
        if self.retirement:
            return "This model is out of use, and its record is frozen."
        if self.gaps.lacking:
            return "This record is a draft: no version of the model moves before it is complete."
        if self.gaps.flagged:
            return "This record is complete, and something of it is to be looked at."
        return "This record is complete."


def record_page(model: Model, *, reader: User, at: datetime) -> RecordPage:
    """Read the page. The number of queries does not depend on how much the record says."""
    return RecordPage(
        model=model,
        groups=list(groups_of(model, at=at)),
        gaps=record_gaps([model], at=at)[model.pk],
        tier=latest_tier_assessment(model),
        ai_act_class=latest_class_assessment(model),
        feeders=feeders_directly(model, actor=reader, at=at),
        consumers=consumers_directly(model, actor=reader, at=at),
        retirement=_seen(standing_retirement(model), reader, at=at),
        why_not=keeper_wanted(model, reader, what="Changing this record", at=at),
    )


def _seen(row: Retirement | None, reader: User, *, at: datetime) -> Retirement | None:
    """Leave out what took its place where the reader may not know of it."""
    if row is not None and row.replacement is not None:
        seen = Model.objects.visible_to(reader, at=at)
        row.replacement = seen.filter(pk=row.replacement.pk).first()
    return row


def groups_of(model: Model, *, at: datetime) -> Iterator[Group]:
    """What the record says, as far as it is text, people or days."""
    yield Group(key="what", title="What it is", lines=_what(model))
    yield Group(key="use", title="Use", lines=_use(model))
    yield Group(key="data", title="Data", lines=_data(model))
    yield Group(key="people", title="People", lines=_people(model, at=at))
    said = (model.vendor_name, model.vendor_product, model.contract_reference)
    if any(said) or model.origin == Origin.VENDOR:
        yield Group(key="vendor", title="Vendor", lines=_vendor(model, today=as_date(at)))
    if answers := answers_of(model):
        lines = [Line(label=one.field.label, text=one.shown) for one in answers]
        yield Group(key="custom", title="The firm’s own fields", lines=lines)
    yield Group(key="dates", title="Dates", lines=_dates(model, today=as_date(at)))


def _what(model: Model) -> list[Line]:
    return [
        Line(label="Origin", text=model.get_origin_display()),
        Line(label="Kind", text=model.get_kind_display()),
        Line(label="Purpose", text=model.purpose),
        Line(label="Unit", text=f"{model.unit.name} ({model.unit.path})"),
        Line(label="Jurisdictions", text=", ".join(model.jurisdiction_codes)),
    ]


def _use(model: Model) -> list[Line]:
    return [
        Line(label="Intended use", text=model.intended_use),
        Line(label="Excluded use", text=model.excluded_use),
        Line(label="Products", text=model.products),
        Line(label="Users", text=model.users),
        Line(label="Limitations", text=model.limitations),
        Line(label="Overlays", text=model.overlays),
        Line(label="Restrictions on use", text=model.restrictions),
    ]


def _data(model: Model) -> list[Line]:
    return [Line(label="Inputs", text=model.inputs), Line(label="Outputs", text=model.outputs)]


def _people(model: Model, *, at: datetime) -> list[Line]:
    return [
        Line(label="Owner", people=[model.owner] if model.owner else []),
        Line(label="Developers", people=list(model.developers.all())),
        Line(label="Validator", people=[model.validator] if model.validator else []),
        Line(label="Approvers", people=holders_of(Role.APPROVER, unit=model.unit, at=at)),
    ]


def _vendor(model: Model, *, today: date) -> list[Line]:
    ends = model.contract_end_date
    return [
        Line(label="Vendor", text=model.vendor_name),
        Line(label="Product", text=model.vendor_product),
        Line(label="Release", text=model.vendor_release),
        Line(label="Contract", text=model.contract_reference),
        Line(label="Contract ends", day=ends, is_late=ends is not None and ends < today),
    ]


def _dates(model: Model, *, today: date) -> list[Line]:
    (review,) = review_standings([model], today=today)
    return [
        Line(label="On record since", day=as_date(model.created_at)),
        Line(label="First use", day=model.first_use_date),
        Line(label="Next review", day=review.due_date, is_late=review.is_overdue(today)),
    ]
