"""Working out what an act on a record writes: its rows and its entry, all of it unsaved.

Shared by the actions on one model and by those that write thousands, which read ahead what stands
around each (`queries.around`) and write everything at once (`actions.writing`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.accounts.models import Unit
from governance.accounts.rules import Actor
from governance.audit.actions import Act
from governance.audit.rules import Verb, admissible
from governance.core.models import Record
from governance.inventory.actions.custom_fields import changed_values
from governance.inventory.actions.model_record import ModelRecord
from governance.inventory.actions.ratings import assessor, new_class, new_tier
from governance.inventory.actions.revisions import new_revision
from governance.inventory.actions.scopes import new_scopes
from governance.inventory.actions.writing import WorkedOut
from governance.inventory.models import Builder, CustomValue, Model
from governance.inventory.queries.around import Around
from governance.inventory.queries.records import values_with
from governance.inventory.queries.scopes import facts_with, scope_by
from governance.inventory.rules import Capacity, ScopeCause


def creation(
    *,
    name: str,
    unit: Unit,
    actor: Actor,
    at: datetime,
    description: str = "",
    record: ModelRecord | None = None,
) -> WorkedOut:
    """Work out what create_model writes, of a name and a record that were judged."""
    model = Model(
        name=name,
        description=description,
        unit=unit,
        created_by=actor.ref,
        created_at=at,
        updated_at=at,
    )
    around = Around()
    rows, changed = _apply(model, record, around, actor=actor, at=at) if record else ([], [])
    rows += _kept(model, around, cause=ScopeCause.CREATED, actor=actor, at=at)
    facts = admissible({"name": name, "unit": unit.ref, "tier": model.tier})
    return WorkedOut(
        model=model,
        is_new=True,
        rows=rows,
        changed=changed,
        joining=around.developers,
        act=_act(Verb.MODEL_CREATED, model, facts, [*rows, *changed], actor=actor, at=at),
    )


def edit(
    model: Model, record: ModelRecord, around: Around, *, actor: Actor, at: datetime
) -> WorkedOut | None:
    """Work out what edit_model writes on a locked model, of a record that was judged."""
    model = copy(model)
    before, developers = _values(model, around), set(around.developers)
    rows, values = _apply(model, record, around, actor=actor, at=at)
    after = _values(model, around)
    changed = sorted(key for key in before | after if before.get(key) != after.get(key))
    if not changed:
        return None
    model.updated_at = at
    rows += _kept(model, around, cause=ScopeCause.RECORD, actor=actor, at=at)
    facts = {"changed": changed, "tier": model.tier}
    return WorkedOut(
        model=model,
        rows=rows,
        changed=values,
        joining=around.developers - developers,
        leaving=developers - around.developers,
        act=_act(Verb.MODEL_UPDATED, model, facts, [*rows, *values], actor=actor, at=at),
    )


def description_change(model: Model, description: str, *, actor: Actor, at: datetime) -> WorkedOut:
    """Work out what describe_model writes on a locked model."""
    model = copy(model)
    model.description, model.updated_at = description, at
    return WorkedOut(model=model, act=_act(Verb.MODEL_DESCRIBED, model, {}, [], actor=actor, at=at))


def _act(
    verb: Verb,
    model: Model,
    facts: Mapping[str, Any],
    rows: Sequence[Record],
    *,
    actor: Actor,
    at: datetime,
) -> Act:
    return Act(
        verb=verb,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts=facts,
        records=[model, *rows],
    )


def _apply(
    model: Model, record: ModelRecord, around: Around, *, actor: Actor, at: datetime
) -> tuple[list[Record], list[CustomValue]]:
    """Set the record's fields; return the rows that go with them: new ones, and changed ones."""
    rows: list[Record] = []
    if record.tier is not None and record.tier != model.tier:
        person, reason = assessor(model, actor, at=at), record.tier_reason.strip()
        rows.append(new_tier(model, record.tier, reason, person=person, at=at))
    if record.ai_act_class and record.ai_act_class != model.ai_act_class:
        person, reason = assessor(model, actor, at=at), record.ai_act_reason.strip()
        around.rating = new_class(model, record.ai_act_class, reason, person=person, at=at)
        rows.append(around.rating)
    record.put_on(model)
    around.developers = {user.pk for user in record.developers}
    rows += _new_builders(model, record, around, at=at)
    values = changed_values(model, record.custom)
    around.custom |= {row.field.key: row.value for row in values}
    new = [row for row in values if row._state.adding]
    return [*rows, *new], [row for row in values if not row._state.adding]


def _new_builders(
    model: Model, record: ModelRecord, around: Around, *, at: datetime
) -> list[Builder]:
    hands: list[tuple[UUID, Capacity]] = [
        (user.pk, Capacity.DEVELOPER) for user in record.developers
    ]
    if record.owner is not None:
        hands.append((record.owner.pk, Capacity.OWNER))
    new = [hand for hand in dict.fromkeys(hands) if hand not in around.builders]
    around.builders.update(new)
    return [Builder(model=model, user_id=user, capacity=what, since=at) for user, what in new]


def _kept(
    model: Model, around: Around, *, cause: ScopeCause, actor: Actor, at: datetime
) -> list[Record]:
    """What every change of a record keeps: a revision, and the scope where it is another."""
    revision = new_revision(
        model, _values(model, around), after=around.revision, actor=actor, at=at
    )
    computed = scope_by(facts_with(model, determination=around.determination, rating=around.rating))
    return [revision, *new_scopes(model, computed, around.scope, at=at, cause=cause)]


def _values(model: Model, around: Around) -> dict[str, object]:
    custom = {key: value for key, value in around.custom.items() if value}
    return values_with(model, developers=around.developers, custom=custom)
