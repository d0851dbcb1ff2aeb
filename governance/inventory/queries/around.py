"""What stands around models, for the next change of their records: read for many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from governance.inventory.models import (
    Builder,
    ClassAssessment,
    CustomValue,
    Determination,
    Model,
    RecordRevision,
    RuleScope,
)

AT_ONCE = 1_000
"""How many values one query is given; databases have a limit."""


@dataclass(kw_only=True)
class Around:
    """What belongs to one model. Whoever changes the model keeps this up to date with it."""

    developers: set[UUID] = field(default_factory=set)
    builders: set[tuple[UUID, str]] = field(default_factory=set)
    custom: dict[str, str] = field(default_factory=dict)
    revision: int = 0
    scope: RuleScope | None = None
    determination: str = ""
    rating: ClassAssessment | None = None

    @property
    def hands(self) -> set[UUID]:
        """Who has ever owned or built the model."""
        return {user for user, _ in self.builders}


def around_all(models: Iterable[Model]) -> dict[UUID, Around]:
    """Return what stands around each of the models, by its key, in seven queries a thousand."""
    found = {model.pk: Around() for model in models}
    for start in range(0, len(found), AT_ONCE):
        _read(list(found)[start : start + AT_ONCE], found)
    return found


def around_of(model: Model) -> Around:
    return around_all([model])[model.pk]


def _read(keys: Sequence[UUID], found: dict[UUID, Around]) -> None:
    developers = Model.developers.through._default_manager.filter(model__in=keys)
    for model, user in developers.values_list("model_id", "user_id"):
        found[model].developers.add(user)
    builders = Builder.objects.filter(model__in=keys)
    for model, user, capacity in builders.values_list("model_id", "user_id", "capacity"):
        found[model].builders.add((user, capacity))
    values = CustomValue.objects.filter(model__in=keys).exclude(value="")
    for model, key, value in values.values_list("model_id", "field__key", "value"):
        found[model].custom[key] = value
    revisions = RecordRevision.objects.filter(model__in=keys).order_by("number")
    for model, number in revisions.values_list("model_id", "number"):
        found[model].revision = number
    for scope in RuleScope.objects.latest_only().filter(model__in=keys):
        found[scope.model_id].scope = scope
    # The oldest first, so that the newest is what stays.
    decided = Determination.objects.filter(model__in=keys).order_by("decided_at", "-pk")
    for model, result in decided.values_list("model_id", "result"):
        found[model].determination = result
    ratings = ClassAssessment.objects.filter(model__in=keys).select_related("assessment")
    for rating in ratings.order_by("assessed_at"):
        found[rating.model_id].rating = rating


def hands_in(models: Iterable[Model]) -> dict[UUID, set[UUID]]:
    """Return by model who has ever owned or built it."""
    keys = [model.pk for model in models]
    found: dict[UUID, set[UUID]] = {key: set() for key in keys}
    for start in range(0, len(keys), AT_ONCE):
        rows = Builder.objects.filter(model__in=keys[start : start + AT_ONCE])
        for model, user in rows.values_list("model_id", "user_id"):
            found[model].add(user)
    return found


def hands_of(model: Model) -> set[UUID]:
    return hands_in([model])[model.pk]
