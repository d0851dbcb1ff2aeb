"""Writing the rows of a file, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.queries import RolesAhead
from governance.accounts.rules import Actor
from governance.audit.origin import current, origin
from governance.audit.rules import Source
from governance.inventory.actions.planning import ReadyRow, prepare_import
from governance.inventory.actions.records import create_model, describe_model, edit_model
from governance.inventory.queries.imports import lock_models
from governance.inventory.rules.columns import DESCRIPTION
from governance.inventory.rules.imports import JOB, ImportChanged, Plan, refused_rows
from governance.inventory.sheets import Sheet
from governance.jobs.actions import enqueue
from governance.jobs.models import Job

Report: TypeAlias = Callable[[int, int], None]
"""Told how many rows are written, of how many. May raise to stop the work."""


def quiet(written: int, of: int) -> None:
    pass


@transaction.atomic
def import_models(
    *, sheet: Sheet, seen: str, actor: Actor, at: datetime, report: Report = quiet
) -> Plan:
    """Create and change the models of a file, in one transaction; return what was done.

    `seen` is the digest of the plan that the actor was shown. Everything is judged again under
    lock. Each row appends what create_model, edit_model and describe_model append, from the
    source IMPORT and under one request. Raises InvalidInput with every problem of every row,
    ImportChanged when the file or the inventory is not what was shown.
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
    with origin(Source.IMPORT, current().request_id):
        _write_all(in_order(prepared.ready), actor=acting, at=at, report=report)
    return prepared.plan


def in_order(rows: Sequence[ReadyRow]) -> list[ReadyRow]:
    """Sort by the names of the ledger's streams; those of new models nobody else can wait for."""
    return sorted(rows, key=lambda row: row.model.stream if row.model else "")


def _write_all(rows: Sequence[ReadyRow], *, actor: Actor, at: datetime, report: Report) -> None:
    for written, row in enumerate(rows):
        report(written, len(rows))
        _write(row, actor=actor, at=at)


def _write(row: ReadyRow, *, actor: Actor, at: datetime) -> None:
    if row.model is None:
        create_model(
            name=row.planned.name,
            unit=row.unit,
            description=row.description,
            record=row.record,
            actor=actor,
            at=at,
        )
        return
    if row.changed - {DESCRIPTION.key}:
        edit_model(model=row.model, record=row.record, actor=actor, at=at)
    if DESCRIPTION.key in row.changed:
        describe_model(model=row.model, description=row.description, actor=actor, at=at)


def request_import(*, sheet: Sheet, seen: str, actor: User, at: datetime) -> Job:
    """Queue the import of a file that is kept; while it is queued, return that job.

    The job judges every row again, and is refused like import_models.
    """
    args = {"file": sheet.digest, "seen": seen}
    return enqueue(kind=JOB, args=args, actor=actor, at=at, key=f"{sheet.digest}:{actor.ref}")
