"""Writing the rows of a file, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeAlias

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.queries import RolesAhead
from governance.accounts.rules import Actor
from governance.audit.actions import Act
from governance.audit.origin import current, origin
from governance.audit.rules import Source, Verb
from governance.inventory.actions.planning import ReadyRow, prepare_import
from governance.inventory.actions.working_out import creation, description_change, edit
from governance.inventory.actions.writing import WorkedOut, write_all
from governance.inventory.models import Model
from governance.inventory.queries.around import Around, around_all
from governance.inventory.queries.imports import lock_models
from governance.inventory.rules.columns import DESCRIPTION
from governance.inventory.rules.imports import JOB, ImportChanged, Plan, Verdict, refused_rows
from governance.inventory.sheets import Sheet
from governance.jobs.actions import enqueue
from governance.jobs.models import Job

STREAM = "firm"

Report: TypeAlias = Callable[[int, int], None]
"""Told how many rows are worked out, of how many. May raise to stop the work."""


def quiet(worked_out: int, of: int) -> None:
    pass


@transaction.atomic
def import_models(
    *, sheet: Sheet, seen: str, actor: Actor, at: datetime, report: Report = quiet
) -> Plan:
    """Create and change the models of a file, in one transaction; return what was done.

    `seen` is the digest of the plan that the actor was shown. Everything is judged again under
    lock. Each row appends what create_model, edit_model and describe_model append, and an import
    that changes anything import.applied, from the source IMPORT and under one request. Raises
    InvalidInput with every problem of every row, ImportChanged when the file or the inventory is
    not what was shown.
    """
    lock_models(sheet.names())
    prepared = prepare_import(sheet, actor=actor, at=at)
    if prepared.plan.problems:
        raise refused_rows(prepared.plan.problems)
    if prepared.plan.digest != seen:
        raise ImportChanged(
            "The inventory is no longer as the dry run showed it, so nothing was imported."
        )
    # Read after the lock, once instead of three times a row.
    acting = RolesAhead.at(at).acting(actor)
    changes = list(_worked_out(prepared.ready, actor=acting, at=at, report=report))
    if not changes:
        return prepared.plan
    with origin(Source.IMPORT, current().request_id):
        write_all(changes, _applied(prepared.plan, actor=actor, at=at))
    return prepared.plan


def _worked_out(
    rows: Sequence[ReadyRow], *, actor: Actor, at: datetime, report: Report
) -> Iterator[WorkedOut]:
    around = around_all(row.model for row in rows if row.model is not None)
    for worked_out, row in enumerate(rows):
        report(worked_out, len(rows))
        if row.model is None:
            yield creation(
                name=row.planned.name,
                unit=row.unit,
                description=row.description,
                record=row.record,
                actor=actor,
                at=at,
            )
        else:
            yield from _of_known(row, row.model, around[row.model.pk], actor=actor, at=at)


def _of_known(
    row: ReadyRow, model: Model, around: Around, *, actor: Actor, at: datetime
) -> Iterator[WorkedOut]:
    if row.changed - {DESCRIPTION.key}:
        change = edit(model, row.record, around, actor=actor, at=at)
        if change is not None:
            model = change.model
            yield change
    if DESCRIPTION.key in row.changed:
        yield description_change(model, row.description, actor=actor, at=at)


def _applied(plan: Plan, *, actor: Actor, at: datetime) -> Act:
    """The entry of the import as a whole; the rows stand in the entries of their models."""
    return Act(
        verb=Verb.IMPORT_APPLIED,
        stream=STREAM,
        subject=f"import:{plan.file}",
        actor=actor.ref,
        at=at,
        facts={
            "file": plan.file,
            "created": plan.counts[Verdict.CREATED],
            "changed": plan.counts[Verdict.CHANGED],
            "unchanged": plan.counts[Verdict.UNCHANGED],
        },
        records=(),
    )


def request_import(*, sheet: Sheet, seen: str, actor: User, at: datetime) -> Job:
    """Queue the import of a file that is kept; while it is queued, return that job.

    The job judges every row again, and is refused like import_models.
    """
    args = {"file": sheet.digest, "seen": seen}
    return enqueue(kind=JOB, args=args, actor=actor, at=at, key=f"{sheet.digest}:{actor.ref}")
