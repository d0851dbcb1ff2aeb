"""One model as it stood at a past moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from governance.accounts.models import User
from governance.core.instants import Instant
from governance.core.wording import sentence
from governance.evidence.queries.past import PastStanding, past_standings
from governance.inventory.models import Model
from governance.registry.models import ModelVersion
from governance.registry.queries.past import stages_at

VERSIONS_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class PastModelPage:
    """`existed` is false before the model was in the inventory: nothing else is told then."""

    instant: Instant
    existed: bool
    standing: PastStanding
    lines: Sequence[tuple[str, str]]
    versions: Sequence[tuple[ModelVersion, str]]
    version_count: int


def past_model_page(model: Model, instant: Instant) -> PastModelPage:
    """Read the page. The number of queries depends on neither versions nor history."""
    moment = instant.moment
    standing = past_standings([model], moment)[0]
    registered = model.versions.filter(registered_at__lte=moment)
    shown = list(registered.order_by("-number")[:VERSIONS_SHOWN])
    stages = stages_at(shown, moment)
    values = standing.revision.values if standing.revision else None
    return PastModelPage(
        instant=instant,
        existed=model.created_at <= moment,
        standing=standing,
        lines=list(lines_of(values or {})),
        versions=[(version, stages[version.pk]) for version in shown],
        version_count=registered.count(),
    )


def lines_of(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Put what a record said into words: each field by its name of today, people by theirs.

    Empty ones are left out; what is no field any more comes last, under the name it was kept by.
    """
    fields = {_key(field): field for field in _fields()}
    names = _names(values, fields)
    for key, field in fields.items():
        if text := _said(values.get(key), field, names):
            label = str(field.verbose_name)
            yield label[:1].upper() + label[1:], text
    for key in values.keys() - fields.keys():
        if values[key]:
            yield sentence(key), str(values[key])


def _fields() -> Iterator[models.Field[Any, Any]]:
    yield from Model._meta.concrete_fields
    yield from Model._meta.many_to_many


def _key(field: models.Field[Any, Any]) -> str:
    return field.name if field.many_to_many else field.attname


def _is_of_people(field: models.Field[Any, Any]) -> bool:
    return field.related_model is User


def _names(
    values: Mapping[str, Any], fields: Mapping[str, models.Field[Any, Any]]
) -> dict[str, str]:
    said = (values.get(key) for key, field in fields.items() if _is_of_people(field))
    keys = {key for value in said if value for key in _listed(value)}
    return {str(user.pk): user.name for user in User.objects.filter(pk__in=keys).only("name")}


def _said(value: Any, field: models.Field[Any, Any], names: Mapping[str, str]) -> str:
    if value in (None, "", []):
        return ""
    if _is_of_people(field):
        return ", ".join(sorted(names.get(key, "Unknown") for key in _listed(value)))
    labels = dict(field.flatchoices)
    return str(labels.get(value, value))


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
