"""Judging every row of a file by the checks of the actions that would write it. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any

from governance.accounts.models import Unit
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import RolesAhead
from governance.accounts.rules import Actor
from governance.core.errors import DomainError, InvalidInput, Problem
from governance.core.sheets import WRONG_CELLS, Line
from governance.inventory.actions.judging import (
    record_problems,
    require_creatable,
)
from governance.inventory.actions.keeping import require_in_use, require_keeper
from governance.inventory.actions.model_record import ModelRecord
from governance.inventory.actions.ratings import PublishedFor, require_assessor
from governance.inventory.models import Model
from governance.inventory.queries.exchange import values_of
from governance.inventory.queries.imports import Register, register_for
from governance.inventory.queries.questionnaires import published_for
from governance.inventory.rules import name_problems, name_taken
from governance.inventory.rules.columns import COLUMNS, DESCRIPTION, NAME, RECORD, UNIT, Column
from governance.inventory.rules.imports import Change, Plan, PlannedRow, RowProblem, Verdict
from governance.inventory.rules.model_changes import ChangeAwaitsReview, governed_among
from governance.inventory.sheets import Sheet

_EMPTY = {f.name: getattr(ModelRecord(), f.name) for f in fields(ModelRecord)}
NEW: Mapping[str, Any] = {"name": "", "unit": None, "description": "", **_EMPTY}
"""What the columns say of a model that is not there yet."""
HEADINGS = {column.key: column.heading for column in COLUMNS}
ORDER = {column.key: place for place, column in enumerate(COLUMNS)}
RECORD_KEYS = {column.key for column in RECORD}
ASSESSED = {"tier": "tier", "ai_act_class": "class under the EU AI Act"}


@dataclass(frozen=True, kw_only=True)
class ReadyRow:
    """A row against which nothing stands, and what writes it; `model` is None for a new one."""

    planned: PlannedRow
    model: Model | None
    unit: Unit
    record: ModelRecord
    description: str
    changed: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    plan: Plan
    ready: Sequence[ReadyRow]


def prepare_import(sheet: Sheet, *, actor: Actor, at: datetime) -> Prepared:
    """Judge every row as the inventory stands now, and as this actor may change it."""
    roles = RolesAhead.at(at)
    judge = _Judge(
        sheet=sheet,
        register=register_for(sheet, actor=actor, at=at),
        roles=roles,
        published=cache(published_for),
        actor=roles.acting(actor),
        at=at,
    )
    judged = [judge.row(line) for line in sheet.lines]
    plan = Plan(file=sheet.digest, rows=[planned for planned, _ in judged])
    return Prepared(plan=plan, ready=[ready for _, ready in judged if ready is not None])


@dataclass
class _Reading:
    """What the cells of one row say, beside what stands there."""

    before: Mapping[str, Any]
    after: dict[str, Any]
    changes: list[Change] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def take(self, column: Column, value: Any) -> None:
        before = column.write(self.before[column.key])
        self.changes.append(Change(column.heading, before, column.write(value)))
        self.after[column.key] = value
        self.changed.add(column.key)

    def refuse(self, column: Column, rule: str, message: str) -> None:
        self.problems.append(Problem(field=column.key, rule=rule, message=message))


@dataclass(kw_only=True)
class _Judge:
    sheet: Sheet
    register: Register
    roles: RolesAhead
    published: PublishedFor
    actor: Actor
    at: datetime
    rows_of: dict[str, int] = field(default_factory=dict)

    def row(self, line: Line) -> tuple[PlannedRow, ReadyRow | None]:
        name = self.sheet.cell(line, NAME)
        model = self.register.models.get(name)
        reading = self._read(line, values_of(model) if model else NEW)
        unread = {problem.field for problem in reading.problems}
        found = [*self._about(line, name, model, reading)]
        found += reading.problems
        found += (p for p in self._against(name, model, reading) if p.field not in unread)
        found.sort(key=_by_column)
        planned = PlannedRow(
            number=line.number,
            name=name,
            verdict=_verdict(model, reading, found),
            changes=tuple(reading.changes),
            problems=tuple(_placed(line.number, problem) for problem in found),
        )
        is_ready = planned.verdict in {Verdict.CREATED, Verdict.CHANGED}
        return planned, _ready(planned, model, reading) if is_ready else None

    def _read(self, line: Line, before: Mapping[str, Any]) -> _Reading:
        reading = _Reading(before=before, after=dict(before))
        for column, place in self.sheet.columns:
            text = self.sheet.cell(line, column)
            if kind := line.wrong.get(place, ""):
                reading.refuse(column, kind, WRONG_CELLS[kind])
            elif text != column.write(before[column.key]):
                self._read_cell(column, text, reading)
        for column in RECORD:
            if column.reason_of:
                _take_reason(column, reading)
        return reading

    def _read_cell(self, column: Column, text: str, reading: _Reading) -> None:
        try:
            value = column.read(text, self.register)
        except InvalidInput as error:
            reading.problems += error.problems
        else:
            if not column.same(value, reading.before[column.key]):
                reading.take(column, value)

    def _about(
        self, line: Line, name: str, model: Model | None, reading: _Reading
    ) -> Iterator[Problem]:
        """What is wrong with the row, whoever sends it."""
        if kind := line.wrong.get(self.sheet.places["name"], ""):
            yield Problem(field="name", rule=kind, message=WRONG_CELLS[kind])
        elif not name.strip():
            yield from name_problems(name)
        elif (first := self.rows_of.setdefault(name, line.number)) != line.number:
            message = f"Row {first} is of this model already."
            yield Problem(field="name", rule="double", message=message)
        if any(cell.strip() for cell in line.cells[self.sheet.width :]):
            yield Problem(field="", rule="width", message="The row is longer than the headings.")
        if model is not None and "unit" in reading.changed:
            message = f"{name} is in {model.unit.path}, and its unit never changes."
            yield Problem(field="unit", rule="fixed", message=message)

    def _against(self, name: str, model: Model | None, reading: _Reading) -> Iterator[Problem]:
        """What the actions would refuse."""
        unit = model.unit if model else reading.after[UNIT.key]
        if not name.strip():
            return
        if model is None:
            yield from self._against_new(name, unit)
        elif reading.changed & RECORD_KEYS:
            yield from _said("", require_keeper, model, actor=self.actor, at=self.at)
            yield from _against_live(model, reading)
        if unit is None:
            return
        yield from self._against_rights(model, unit, reading)
        if model is None or reading.changed & RECORD_KEYS:
            stands = model or Model(name=name, unit=unit)
            yield from record_problems(
                stands,
                _record(reading),
                at=self.at,
                roles=self.roles.roles_of,
                published=self.published,
                hands=self.register.hands_of,
            )

    def _against_new(self, name: str, unit: Unit | None) -> Iterator[Problem]:
        if name in self.register.taken:
            yield from name_taken(name).problems
        if unit is not None:
            yield from _said(UNIT.key, require_creatable, name, unit, actor=self.actor, at=self.at)
            return
        yield from name_problems(name)
        message = "A new model needs the path of its business unit, such as bank/retail."
        yield Problem(field=UNIT.key, rule="required", message=message)

    def _against_rights(
        self, model: Model | None, unit: Unit, reading: _Reading
    ) -> Iterator[Problem]:
        """What takes a right of its own, beside that to change the record."""
        if model is not None and DESCRIPTION.key in reading.changed:
            key, needed = DESCRIPTION.key, Permission.VERSION_REGISTER
            yield from _said(key, require, self.actor, needed, unit=unit, at=self.at)
            if not reading.changed & RECORD_KEYS:
                yield from _said("", require_in_use, model)
        for key, what in ASSESSED.items():
            if key in reading.changed:
                yield from _said(key, require_assessor, unit, what, actor=self.actor, at=self.at)


def _take_reason(column: Column, reading: _Reading) -> None:
    """A reason is written with what it explains, and means nothing without it."""
    if column.reason_of in reading.changed:
        if column.key not in reading.changed:
            reading.after[column.key] = ""
    elif column.key in reading.changed:
        what = HEADINGS[column.reason_of]
        message = f"The column “{what}” changes nothing here, so there is nothing to explain."
        reading.refuse(column, "unneeded", message)


def _said(
    column: str, check: Callable[..., object], /, *facts: Any, **named: Any
) -> Sequence[Problem]:
    """Return what a check of the actions refuses; `column` is where it belongs, if it says none."""
    try:
        check(*facts, **named)
    except InvalidInput as error:
        return error.problems
    except DomainError as error:
        return [Problem(field=column, rule=error.code, message=error.message)]
    return []


def _verdict(model: Model | None, reading: _Reading, problems: Sequence[Problem]) -> Verdict:
    if problems:
        return Verdict.WRONG
    if model is None:
        return Verdict.CREATED
    return Verdict.CHANGED if reading.changed else Verdict.UNCHANGED


def _by_column(problem: Problem) -> int:
    """In the order of the columns; what is wrong with the row as a whole comes first."""
    return ORDER.get(problem.field, -1)


def _placed(row: int, problem: Problem) -> RowProblem:
    return RowProblem(row, HEADINGS.get(problem.field, ""), problem.rule, problem.message)


def _against_live(model: Model, reading: _Reading) -> Iterator[Problem]:
    """A governed field of a live model is not imported: each waits for a review of its own."""
    if model.live_since is None:
        return
    for key in governed_among(sorted(reading.changed)):
        message = f"{model.name} is live, so this waits for a review. Propose it in its record."
        yield Problem(field=key, rule=ChangeAwaitsReview.code, message=message)


def _record(reading: _Reading) -> ModelRecord:
    return ModelRecord(**{column.key: reading.after[column.key] for column in RECORD})


def _ready(planned: PlannedRow, model: Model | None, reading: _Reading) -> ReadyRow:
    return ReadyRow(
        planned=planned,
        model=model,
        unit=reading.after[UNIT.key],
        record=_record(reading),
        description=reading.after[DESCRIPTION.key],
        changed=frozenset(reading.changed),
    )
