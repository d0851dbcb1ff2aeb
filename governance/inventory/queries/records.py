"""Reads of the register: who is who around a model, and what its record says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db.models import QuerySet

from governance.accounts.queries import TokenHolder
from governance.accounts.rules import Actor
from governance.core.canonical import digest
from governance.core.compiled import KEY, NAME, CompiledObject
from governance.inventory.models import Builder, ClassAssessment, Model, Retirement, TierAssessment
from governance.inventory.queries.custom_fields import custom_values
from governance.inventory.rules import DATES, PARTICULARS, Capacity, ModelNotFound
from governance.inventory.rules.custom_fields import form_name


def _named(name: str) -> QuerySet[Model]:
    return Model.objects.select_related("unit", "owner").filter(name=name)


def _locked(key: UUID) -> QuerySet[Model]:
    return Model.objects.select_for_update(of=("self",)).select_related("unit").filter(pk=key)


_NAMED = CompiledObject(_named, name=NAME)
_LOCKED = CompiledObject(_locked, key=KEY)


def model_named(name: str, *, actor: Actor, at: datetime, present: bool = False) -> Model:
    """Return the model, or raise ModelNotFound: absent and invisible look alike.

    `present` leaves out what was removed from the registry, as MLflow's clients need it.
    """
    if isinstance(actor, TokenHolder):
        model = _named_within(name, actor)
    else:
        model = Model.objects.visible_to(actor, at=at).with_people().named(name).first()
    if model is None or (present and model.removed_at is not None):
        raise ModelNotFound(f"Registered Model with name={name} not found", name=name)
    return model


def _named_within(name: str, holder: TokenHolder) -> Model | None:
    """Return the model of that name if the pipeline may see it, as `visible_to` says."""
    model = None if "\x00" in name else _NAMED.first(name=name)
    return model if model and holder.sees(model.unit) else None


def formerly_named(name: str, *, actor: Actor, at: datetime) -> Model | None:
    """Return the model that gave this name up last, if the actor may see it."""
    if "\x00" in name:
        return None
    models = Model.objects.visible_to(actor, at=at).filter(former_names__name=name)
    return models.order_by("-former_names__ended_at").first()


def locked_model(model: Model) -> Model:
    """Lock the model: its record, numbers, slots and versions change behind this one lock.

    A dossier rests on them, so without it a change would slip in beside a promotion.
    """
    return _LOCKED.get(key=model.pk)


def locked_models(one: Model, other: Model) -> tuple[Model, Model]:
    """Lock two models, the lower key first, and return them in the order they were given."""
    rows = Model.objects.select_for_update(of=("self",)).select_related("unit", "owner")
    found = {row.pk: row for row in rows.filter(pk__in=[one.pk, other.pk]).order_by("pk")}
    return found[one.pk], found[other.pk]


def locked_present_model(model: Model) -> Model:
    """Lock the model; raise ModelNotFound if it was removed before we had the lock."""
    locked = locked_model(model)
    if locked.removed_at is not None:
        raise ModelNotFound(f"Registered Model with name={model.name} not found")
    return locked


def builders_of(model: Model) -> dict[str, dict[Capacity, str]]:
    """Return who has ever owned or built the model: user → capacity → the row that says so."""
    return builders_in(Builder.objects.filter(model=model).select_related("user"))


def builders_in(rows: Iterable[Builder]) -> dict[str, dict[Capacity, str]]:
    """The same of these rows, which have their users with them."""
    found: dict[str, dict[Capacity, str]] = {}
    for row in rows:
        found.setdefault(row.user.ref, {})[Capacity(row.capacity)] = row.ref
    return found


def latest_tier_assessment(model: Model) -> TierAssessment | None:
    return (
        TierAssessment.objects.filter(model=model)
        .select_related("reason", "assessed_by")
        .order_by("-assessed_at")
        .first()
    )


def latest_class_assessment(model: Model, *, by: datetime | None = None) -> ClassAssessment | None:
    rows = ClassAssessment.objects.filter(model=model)
    return (
        (rows.filter(assessed_at__lte=by) if by else rows)
        .select_related("reason", "assessed_by", "assessment")
        .order_by("-assessed_at")
        .first()
    )


def standing_retirement(model: Model) -> Retirement | None:
    """Return how and why the model was retired, if it is."""
    rows = Retirement.objects.standing().select_related("reason", "replacement")
    return rows.filter(model=model).first() if model.retired_at else None


def record_values(model: Model) -> dict[str, Any]:
    """Return what an owner keeps about the model: what `edit_model` may change."""
    developers = model.developers.values_list("pk", flat=True)
    return values_with(model, developers=developers, custom=custom_values(model))


def values_with(
    model: Model, *, developers: Iterable[UUID], custom: Mapping[str, str]
) -> dict[str, object]:
    """The same where its developers, and what it says in fields of the firm's, are known."""
    fields = (
        "purpose",
        "intended_use",
        "kind",
        "owner_id",
        "validator_id",
        "tier",
        "ai_act_class",
        "jurisdictions",
        "tracking_uri",
        "origin",
        *PARTICULARS,
        *DATES,
    )
    plain = {name: getattr(model, name) for name in fields}
    said = {form_name(key): value for key, value in custom.items()}
    return plain | {"developers": sorted(map(str, developers))} | said


def field_label(field: str) -> str:
    """Return what people call a field of `record_values`."""
    name = field.removesuffix("_id")
    try:
        label = str(getattr(Model._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        label = name.replace("_", " ")
    return label[:1].upper() + label[1:]


def record_digest(model: Model) -> str:
    """Return the digest of the record as it stands: an editor sends back the one they saw."""
    return digest(record_values(model))
