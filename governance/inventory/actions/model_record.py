"""What an owner keeps about a model, as typed, and how it differs from what stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from governance.accounts.models import User
from governance.core.canonical import admit
from governance.core.typed import tidy
from governance.inventory.actions.custom_fields import values_said
from governance.inventory.models import Model
from governance.inventory.queries import record_values
from governance.inventory.queries.records import values_with
from governance.inventory.rules import DATES, PARTICULARS
from governance.inventory.rules.custom_fields import form_name
from governance.inventory.rules.model_changes import Fields

PEOPLE = ("owner", "validator")


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """What an owner keeps about a model.

    `tier_reason` is needed when the tier changes, `ai_act_reason` when the class does.
    `jurisdictions` are two-letter codes. `validator` is who is assigned to review it. `custom` is
    what it says in fields of the firm's, by key; those that are not named stay as they are.
    """

    purpose: str = ""
    intended_use: str = ""
    kind: str = ""
    owner: User | None = None
    developers: Sequence[User] = field(default_factory=tuple)
    tier: int | None = None
    tier_reason: str = ""
    ai_act_class: str = ""
    ai_act_reason: str = ""
    jurisdictions: Sequence[str] = field(default_factory=tuple)
    tracking_uri: str = ""
    origin: str = ""
    excluded_use: str = ""
    products: str = ""
    inputs: str = ""
    outputs: str = ""
    users: str = ""
    overlays: str = ""
    limitations: str = ""
    restrictions: str = ""
    vendor_name: str = ""
    vendor_product: str = ""
    vendor_release: str = ""
    contract_reference: str = ""
    contract_end_date: date | None = None
    validator: User | None = None
    first_use_date: date | None = None
    custom: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, model: Model) -> ModelRecord:
        """Return the record as it stands, to change a part of it with `dataclasses.replace`."""
        same = ("purpose", "intended_use", "kind", "owner", "tier", "ai_act_class", "tracking_uri")
        plain = (*same, "origin", "validator", *PARTICULARS, *DATES)
        return cls(
            developers=tuple(model.developers.all()),
            jurisdictions=tuple(model.jurisdiction_codes),
            **{name: getattr(model, name) for name in plain},
        )

    @property
    def particulars(self) -> dict[str, str]:
        """Its texts beside purpose and intended use, as they are kept."""
        return {name: tidy(getattr(self, name)).strip() for name in PARTICULARS}

    def put_on(self, model: Model) -> None:
        """Set the columns of the model that nobody assesses: all but tier and class."""
        model.purpose, model.intended_use = self.purpose.strip(), self.intended_use.strip()
        model.kind, model.owner, model.validator = self.kind, self.owner, self.validator
        model.origin, model.tracking_uri = self.origin, self.tracking_uri
        dates = {name: getattr(self, name) for name in DATES}
        for name, value in (self.particulars | dates).items():
            setattr(model, name, value)
        model.jurisdictions = ",".join(sorted(set(self.jurisdictions)))


def differences(model: Model, record: ModelRecord) -> Fields:
    """Return what each field says that would differ, before and after, as plain JSON values."""
    before, changed = record_values(model), copy(model)
    record.put_on(changed)
    changed.tier, changed.ai_act_class = record.tier, record.ai_act_class or model.ai_act_class
    developers = [user.pk for user in record.developers]
    after = values_with(changed, developers=developers, custom=values_said(record.custom))
    return {
        name: (admit(before.get(name, "")), admit(value))
        for name, value in sorted(after.items())
        if before.get(name, "") != value
    }


def record_with(model: Model, fields: Fields) -> ModelRecord:
    """Return the record of the model as it stands, with these fields as they are after."""
    after = {name: pair[1] for name, pair in fields.items()}
    people = {name: after.pop(f"{name}_id") for name in PEOPLE if f"{name}_id" in after}
    said: dict[str, Any] = {name: key and User.objects.get(pk=key) for name, key in people.items()}
    if "developers" in after:
        said["developers"] = tuple(User.objects.filter(pk__in=after.pop("developers")))
    if "jurisdictions" in after:
        codes = after.pop("jurisdictions")
        said["jurisdictions"] = tuple(codes.split(",")) if codes else ()
    for name in DATES:
        if name in after:
            day = after.pop(name)
            said[name] = date.fromisoformat(day) if day else None
    prefix = form_name("")
    said["custom"] = {
        name.removeprefix(prefix): after.pop(name) for name in [*after] if name.startswith(prefix)
    }
    return replace(ModelRecord.of(model), **said, **after)
