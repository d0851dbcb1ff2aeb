"""Taking the registered models of an MLflow server into the inventory, as drafts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import RolesAhead
from governance.accounts.rules import Actor
from governance.audit.origin import current, origin
from governance.audit.rules import Source
from governance.core.errors import InvalidInput, Problem
from governance.core.typed import is_plain, tidy
from governance.inventory.actions import ModelRecord
from governance.inventory.actions.imports import Report, quiet
from governance.inventory.actions.judging import record_problems, require_creatable
from governance.inventory.actions.working_out import creation
from governance.inventory.actions.writing import write_all
from governance.inventory.models import Model
from governance.inventory.queries.imports import taken_names, visible_models
from governance.inventory.rules import name_taken
from governance.jobs.actions import enqueue
from governance.jobs.models import Job
from governance.registry.rules.adoptions import (
    JOB,
    AdoptedModel,
    Adoption,
    AdoptionChanged,
    RegisteredModel,
    Standing,
    require_adoptable,
)


def prepare_adoption(
    *, found: Sequence[RegisteredModel], server: str, unit: Unit, actor: Actor, at: datetime
) -> Adoption:
    """Judge every model of the server by the checks of create_model. Writes nothing.

    Raises PermissionMissing, and InvalidInput for a server that no record may name.
    """
    acting = RolesAhead.at(at).acting(actor)
    require(acting, Permission.MODEL_CREATE, unit=unit, at=at)
    draft = Model(unit=unit)
    if problems := record_problems(draft, ModelRecord(tracking_uri=server), at=at):
        raise InvalidInput(*problems)
    names = [model.name for model in found]
    here, taken = visible_models(names, actor=actor, at=at), taken_names(names)
    rows = []
    for model in found:
        against = () if model.name in here else tuple(_against(model, taken, unit, acting, at))
        standing = Standing.HERE if model.name in here else Standing.DRAFT
        if against:
            standing = Standing.REFUSED
        rows.append(AdoptedModel(model=model, standing=standing, problems=against))
    return Adoption(server=server, unit=unit.path, rows=rows)


def _against(
    model: RegisteredModel, taken: set[str], unit: Unit, actor: Actor, at: datetime
) -> Iterator[Problem]:
    if model.name in taken:
        yield from name_taken(model.name).problems
    try:
        require_creatable(model.name, unit, actor=actor, at=at)
    except InvalidInput as error:
        yield from error.problems
    if not is_plain(tidy(model.description)):
        message = "Its description holds control characters."
        yield Problem(field="description", rule="plain", message=message)


@transaction.atomic
def adopt_models(
    *,
    found: Sequence[RegisteredModel],
    server: str,
    unit: Unit,
    seen: str,
    leaving_out: bool,
    actor: Actor,
    at: datetime,
    report: Report = quiet,
) -> Adoption:
    """Create a draft for every model that is not here yet, all of them or none.

    `seen` is the digest of the adoption that the actor was shown; `leaving_out` says that names
    which are refused do not stand in the way of the others. Each draft appends model.created,
    from the source IMPORT and under one request. Raises AdoptionChanged, InvalidInput,
    NamesRefused, PermissionMissing.
    """
    adoption = prepare_adoption(found=found, server=server, unit=unit, actor=actor, at=at)
    if adoption.digest != seen:
        raise AdoptionChanged(
            "The server or the inventory is no longer as it was shown, so nothing was adopted."
        )
    require_adoptable(adoption, leaving_out=leaving_out)
    acting, record = RolesAhead.at(at).acting(actor), ModelRecord(tracking_uri=server)
    changes = []
    for worked_out, row in enumerate(adoption.drafts):
        report(worked_out, len(adoption.drafts))
        changes.append(
            creation(
                name=row.model.name,
                unit=unit,
                description=row.model.description,
                record=record,
                actor=acting,
                at=at,
            )
        )
    with origin(Source.IMPORT, current().request_id):
        write_all(changes)
    return adoption


def request_adoption(
    *, adoption: Adoption, unit: Unit, leaving_out: bool, actor: User, at: datetime
) -> Job:
    """Queue the adoption as it was shown; while it is queued, return that job."""
    args = {
        "server": adoption.server,
        "unit": str(unit.pk),
        "seen": adoption.digest,
        "leaving_out": leaving_out,
    }
    return enqueue(kind=JOB, args=args, actor=actor, at=at, key=f"{adoption.digest}:{actor.ref}")
