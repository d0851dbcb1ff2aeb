"""Computing anew which frameworks apply to a model, and keeping it where it says something else."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.inventory.models import Model, RuleScope
from governance.inventory.queries import locked_model
from governance.inventory.queries.scopes import (
    Computed,
    changes_between,
    computed_scope,
    latest_scope,
)
from governance.inventory.rules import ScopeCause


def scope_anew(model: Model, *, at: datetime, cause: ScopeCause) -> list[RuleScope]:
    """Keep the scope of a locked model if facts or answers changed; return the row, or nothing.

    A part of every action that changes a fact: it lists the row in its own entry.
    """
    rows = new_scopes(model, computed_scope(model), latest_scope(model), at=at, cause=cause)
    audit.insert_all(rows)
    return rows


def new_scopes(
    model: Model, computed: Computed, before: RuleScope | None, *, at: datetime, cause: ScopeCause
) -> list[RuleScope]:
    """Return the row to keep, for `audit.insert_all`, or nothing if it says the same as before."""
    if not computed.differs_from(before):
        return []
    row = RuleScope(
        model=model,
        number=before.number + 1 if before else 1,
        cause=cause,
        computed_at=at,
        **vars(computed),
    )
    return [row]


@transaction.atomic
def recompute_scope(
    *, model: Model, actor: Actor, at: datetime, cause: ScopeCause = ScopeCause.FRAMEWORKS
) -> RuleScope | None:
    """Compute the scope of the model anew; None, and nothing appended, when it says the same.

    Appends scope.recomputed. Raises PermissionMissing.
    """
    model = locked_model(model)
    require(actor, Permission.MODEL_EDIT, unit=model.unit, at=at)
    before = latest_scope(model)
    row = next(iter(new_scopes(model, computed_scope(model), before, at=at, cause=cause)), None)
    if row is None:
        return None
    audit.insert_all([row])
    changed = [one.framework for one in changes_between(row, at, before)]
    audit.append(
        verb=Verb.SCOPE_RECOMPUTED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts={"number": row.number, "cause": cause.value, "changed": changed},
        records=[row],
    )
    return row
