"""What the rows of a file speak of, read at once: few queries, however many rows there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db.models.functions import Lower

from governance.accounts.models import Unit, User
from governance.accounts.rules import Actor
from governance.inventory.models import Model
from governance.inventory.queries.around import AT_ONCE, hands_in
from governance.inventory.queries.exchange import with_columns
from governance.inventory.rules.columns import COLUMNS, People, Person, Place, words
from governance.inventory.sheets import Sheet


@dataclass(frozen=True, kw_only=True)
class Register:
    """The models, people and units that a file names.

    `models` are those that the actor may see; `taken` are the names of others, which are only
    known to be taken; `hands` are who has ever owned or built each model, by its key.
    """

    models: Mapping[str, Model]
    taken: Collection[str]
    people: Mapping[str, User]
    units: Mapping[str, Unit]
    hands: Mapping[UUID, Collection[UUID]]

    def hands_of(self, model: Model) -> Collection[UUID]:
        return self.hands.get(model.pk, ())

    def person(self, email: str) -> User | None:
        return self.people.get(email.lower())

    def unit(self, path: str) -> Unit | None:
        return self.units.get(path)


def register_for(sheet: Sheet, *, actor: Actor, at: datetime) -> Register:
    """Read what the rows name, as the actor may know of it."""
    names = set(sheet.names())
    models = visible_models(names, actor=actor, at=at)
    return Register(
        models=models,
        taken=taken_names(names),
        people=_people(sheet),
        units=_units(sheet),
        hands=hands_in(models.values()),
    )


def visible_models(names: Iterable[str], *, actor: Actor, at: datetime) -> dict[str, Model]:
    """Return those of the models that the actor may see, by name, with all their columns."""
    seen = with_columns(Model.objects.visible_to(actor, at=at))
    rows = (row for chunk in _chunks(names) for row in seen.filter(name__in=chunk))
    return {row.name: row for row in rows}


def taken_names(names: Iterable[str]) -> set[str]:
    """Return those of the names that some model has, whoever may see it."""
    return {
        name
        for chunk in _chunks(names)
        for name in Model.objects.filter(name__in=chunk).values_list("name", flat=True)
    }


def lock_models(names: Iterable[str]) -> None:
    """Lock the models of these names, in the order of their keys, for the rest of the transaction.

    All of them before the first is changed: two imports at once wait for each other, and never
    each for the other.
    """
    keys: list[UUID] = []
    for chunk in _chunks(names):
        keys += Model.objects.filter(name__in=chunk).values_list("pk", flat=True)
    locked = Model.objects.select_for_update(of=("self",)).order_by("pk")
    for start in range(0, len(keys), AT_ONCE):
        list(locked.filter(pk__in=sorted(keys)[start : start + AT_ONCE]).values_list("pk"))


def _people(sheet: Sheet) -> dict[str, User]:
    cells = _cells(sheet, Person | People)
    emails = {email.lower() for cell in cells for email in words(cell)}
    known = User.objects.annotate(lower=Lower("email")).order_by("pk")
    rows = (row for chunk in _chunks(emails) for row in known.filter(lower__in=chunk))
    return {row.email.lower(): row for row in rows}


def _units(sheet: Sheet) -> dict[str, Unit]:
    paths = {cell.strip() for cell in _cells(sheet, Place)}
    rows = (row for chunk in _chunks(paths) for row in Unit.objects.filter(path__in=chunk))
    return {row.path: row for row in rows}


def _cells(sheet: Sheet, shape: type | object) -> Iterator[str]:
    columns = [column for column in COLUMNS if isinstance(column.shape, shape)]  # type: ignore[arg-type]  # a union of types
    return (sheet.cell(line, column) for line in sheet.lines for column in columns)


def _chunks(values: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield the values in parts; PostgreSQL cannot even look for one that holds a NUL."""
    rest = iter(sorted(value for value in set(values) if value and "\x00" not in value))
    while chunk := list(islice(rest, AT_ONCE)):
        yield chunk
