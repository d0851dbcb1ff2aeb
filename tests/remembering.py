"""Scenes that are made through the actions once per process, and then put back row by row.

What one person does takes dozens of queries, and most tests begin with the same doings. A scene is
put back only onto the very ledger it was made on: streams whose heads are the same hold the same
entries, salts and all, and no domain row changes without an entry.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from django.apps import apps
from django.conf import UserSettingsHolder, settings
from django.core.cache import cache
from django.db import connection, models, transaction

from governance.accounts.models import User
from governance.audit.models import LedgerStream
from governance.audit.origin import current
from tests.ledger_support import refusals_asleep

P = ParamSpec("P")
T = TypeVar("T")
Row = tuple[Any, ...]
Contents = dict[type[models.Model], dict[Any, Row]]

# Made by `migrate`, and never changed by anybody.
APART = {"django_content_type", "auth_permission"}


@dataclass(frozen=True)
class Scene:
    """What somebody's doings left: the rows added, those changed, and what was returned."""

    added: dict[type[models.Model], list[Row]]
    changed: dict[type[models.Model], list[Row]]
    returned: bytes


SCENES: dict[Any, Scene] = {}
"""By maker, ledger and arguments."""


def remembered(make: Callable[P, T]) -> Callable[P, T]:
    """Put back from the second time on what the first one left, if it began on the same ledger.

    Rows handed in are read again, as a maker does that changes them.
    """

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> T:
        key = (make.__qualname__, *_beginning(), _described((args, kwargs)))
        scene = SCENES.get(key)
        if scene is None:
            before = _contents()
            result = make(*args, **kwargs)
            SCENES[key] = _scene(before, _contents(), result)
            return result
        _put_back(scene)
        for value in (*args, *kwargs.values()):
            if isinstance(value, models.Model):
                value.refresh_from_db()
        return cast("T", pickle.loads(scene.returned))

    return made


def _beginning() -> tuple[Any, ...]:
    """All that a maker's doings may hang on beside its arguments.

    Whether a commit is one; where the acts come from; the settings a test overrides; and the
    people, since some tests change them past the ledger.
    """
    heads = LedgerStream.objects.order_by("id").values_list("id", "seq", "head")
    people = User.objects.order_by("pk").values_list()
    acts = connection.in_atomic_block, current()
    return *acts, _overridden(), tuple(heads), tuple(people)


def _overridden() -> str:
    found, holder = [], settings._wrapped
    while isinstance(holder, UserSettingsHolder):
        found.append(sorted((k, repr(v)) for k, v in vars(holder).items() if k.isupper()))
        holder = holder.default_settings
    return repr(found)


def _described(value: Any) -> Any:
    """Say which value it is, in a way that tells apart all that are not equal."""
    if isinstance(value, models.Model):
        return value._meta.label, value.pk
    if is_dataclass(value) and not isinstance(value, type):
        return type(value), _described([getattr(value, field.name) for field in fields(value)])
    if isinstance(value, Mapping):
        return tuple((name, _described(item)) for name, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return tuple(_described(item) for item in value)
    return repr(value)


def _tables() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy and model._meta.db_table not in APART:
            yield model


def _columns(model: type[models.Model]) -> list[str]:
    """The primary key first."""
    key = model._meta.pk.column
    fields = model._meta.concrete_fields
    others = (f.column for f in fields if not (f.primary_key or f.generated))
    return [connection.ops.quote_name(column) for column in (key, *others)]


def _contents() -> Contents:
    """Every row as the driver gives it; with a plus SQLite's gives it as it is stored."""
    plus = "+" if connection.vendor == "sqlite" else ""
    found: Contents = {}
    with connection.cursor() as cursor:
        for model in _tables():
            columns = ", ".join(plus + column for column in _columns(model))
            cursor.execute(f"SELECT {columns} FROM {model._meta.db_table}")
            found[model] = {row[0]: row for row in cursor.fetchall()}
    return found


def _scene(before: Contents, after: Contents, result: Any) -> Scene:
    if any(before[model].keys() - after[model].keys() for model in after):
        raise AssertionError("a scene that takes rows away cannot be put back")
    return Scene(
        added=_differing(after, lambda model, key: key not in before[model]),
        changed=_differing(
            after, lambda model, key: before[model].get(key) not in (None, after[model][key])
        ),
        returned=pickle.dumps(result),
    )


def _differing(
    after: Contents, differs: Callable[[type[models.Model], Any], bool]
) -> dict[type[models.Model], list[Row]]:
    found = {m: [row for key, row in rows.items() if differs(m, key)] for m, rows in after.items()}
    return {model: rows for model, rows in found.items() if rows}


def _put_back(scene: Scene) -> None:
    # Wrong passwords are counted for a person, who is somebody else in every other test.
    cache.clear()
    touched = {model._meta.db_table for model in (*scene.changed, *scene.added)}
    with transaction.atomic(), refusals_asleep(touched), connection.cursor() as cursor:
        # Changes first: a seat must be left before another takes it.
        for model, rows in scene.changed.items():
            key, *others = _columns(model)
            for row in rows:
                cursor.execute(
                    f"UPDATE {model._meta.db_table} SET {', '.join(f'{c} = %s' for c in others)} "
                    f"WHERE {key} = %s",
                    [*row[1:], row[0]],
                )
        for model, rows in scene.added.items():
            columns = _columns(model)
            places = f"({', '.join(['%s'] * len(columns))})"
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "
                f"VALUES {', '.join([places] * len(rows))}",
                [value for row in rows for value in row],
            )
