"""What feeds a model: kept by the owner of the one that is fed; the entry stands on its stream."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from governance.accounts.models import Unit
from governance.accounts.queries import root_unit
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, invalid
from governance.core.models import insert_unique
from governance.core.typed import tidy
from governance.core.wording import as_date
from governance.inventory.actions.keeping import require_in_use, require_keeper
from governance.inventory.models import Dependency, Model
from governance.inventory.queries import edges_from, locked_models, names_along
from governance.inventory.rules import (
    DependencyEnded,
    ModelNotFound,
    dependency_problems,
    path_between,
)


@transaction.atomic
def add_feeder(
    *, consumer: Model, feeder: Model, flows: str, since_date: date, actor: Actor, at: datetime
) -> Dependency:
    """Say that one model feeds another, and with what. Appends dependency.added.

    Raises InvalidInput (rule `cycle`, naming the way, where the consumer feeds the feeder already;
    `itself`, `unique`), ModelNotFound for a feeder that was removed, ModelRetired, NotTheOwner,
    PermissionMissing.
    """
    _lock_graph()
    consumer, feeder = locked_models(consumer, feeder)
    require_keeper(consumer, actor, at)
    require_in_use(feeder)
    _require_apart(consumer, feeder)
    flows = tidy(flows).strip()
    if problems := list(dependency_problems(flows, since_date, today=as_date(at))):
        raise InvalidInput(*problems)
    _require_no_way_back(consumer, feeder, actor=actor, at=at)
    row = Dependency(
        feeder=feeder,
        consumer=consumer,
        flows=audit.write_prose(flows),
        since_date=since_date,
        added_by=actor.ref,
        added_at=at,
    )
    taken = invalid("feeder", "unique", f"{feeder.name} is on record as a feeder already.")
    insert_unique(row, taken=taken)
    _append(Verb.DEPENDENCY_ADDED, row, actor=actor, at=at)
    return row


@transaction.atomic
def end_feeder(*, dependency: Dependency, actor: Actor, at: datetime) -> Dependency:
    """Say that a model is no longer fed by another; that it was stays. Appends dependency.ended.

    Raises DependencyEnded, ModelRetired, NotTheOwner, PermissionMissing.
    """
    consumer, _ = locked_models(dependency.consumer, dependency.feeder)
    require_keeper(consumer, actor, at)
    row = Dependency.objects.with_models().get(pk=dependency.pk)
    if row.ended_at is not None:
        raise DependencyEnded(
            f"{row.feeder.name} is no feeder of {consumer.name} any more.",
            subject=row.ref,
            stream=consumer.stream,
        )
    row.ended_at, row.ended_by = at, actor.ref
    row.save(update_fields=["ended_at", "ended_by"])
    _append(Verb.DEPENDENCY_ENDED, row, actor=actor, at=at)
    return row


def _lock_graph() -> None:
    """Let one at a time add a dependency, in the whole firm.

    The locks of two models do not do: of two who close a ring from opposite sides, each locks
    models that the other does not touch, and sees a ring that is still open. Adding is rare.
    """
    Unit.objects.select_for_update(no_key=True).filter(pk=root_unit().pk).first()


def _require_apart(consumer: Model, feeder: Model) -> None:
    if feeder.removed_at is not None:
        raise ModelNotFound(f"{feeder.name} was removed.", name=feeder.name)
    if consumer == feeder:
        raise invalid("feeder", "itself", f"{consumer.name} cannot feed itself.")


def _require_no_way_back(consumer: Model, feeder: Model, *, actor: Actor, at: datetime) -> None:
    way = path_between(edges_from(consumer.pk, downstream=True), consumer.pk, feeder.pk)
    if way:
        named = " → ".join(names_along(way, actor=actor, at=at))
        raise invalid("feeder", "cycle", f"{feeder.name} rests on it already: {named}.")


def _append(verb: Verb, row: Dependency, *, actor: Actor, at: datetime) -> None:
    audit.append(
        verb=verb,
        stream=row.consumer.stream,
        subject=row.ref,
        actor=actor.ref,
        at=at,
        facts={"feeder": row.feeder.ref, "consumer": row.consumer.ref},
        records=[row],
    )
