"""Filling the portal with models and versions, straight into its tables: for measuring only.

What nobody registered has no entry in the ledger. `python -m bench.seed MODELS VERSIONS` fills the
portal that DATABASE_URL names and prints a token that may do everything there.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from itertools import pairwise

import django

# Django's models cannot be imported before this.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.operations import DESCRIPTION, Data  # noqa: E402
from governance.accounts.actions import (  # noqa: E402
    create_service_account,
    create_unit,
    create_user,
    grant_role,
    issue_token,
)
from governance.accounts.models import ServiceAccount  # noqa: E402
from governance.accounts.queries import CONSOLE  # noqa: E402
from governance.accounts.rules import Role, Scope  # noqa: E402
from governance.audit import triggers  # noqa: E402
from governance.core.canonical import digest  # noqa: E402
from governance.core.models import Record  # noqa: E402
from governance.inventory.models import Model  # noqa: E402
from governance.registry.models import (  # noqa: E402
    Alias,
    ModelTag,
    ModelVersion,
    Slot,
    SlotAssignment,
    StageChange,
    VersionTag,
)
from governance.registry.rules import Move, Stage  # noqa: E402

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
AT_ONCE = 200
# In the order of what refers to what.
KINDS: tuple[type[Record], ...] = (
    Model, ModelTag, Slot, ModelVersion, VersionTag, Alias, StageChange, SlotAssignment
)  # fmt: skip
WALK = (Stage.DRAFT, Stage.STAGING, Stage.PRODUCTION)
STAGES = {"None": Stage.DRAFT, "Staging": Stage.STAGING, "Production": Stage.PRODUCTION}


def let_in() -> tuple[ServiceAccount, str]:
    """Make a unit with a pipeline in it; return the pipeline and its token."""
    now = timezone.now()
    unit = create_unit(path="bench", name="Bench", actor=CONSOLE, at=now)
    person = create_user(
        email="ben.chmark@bank.example",
        name="Ben Chmark",
        password="correct-horse-7-staple",
        unit=unit,
        actor=CONSOLE,
        at=now,
    )
    for role in (Role.MODEL_OWNER, Role.DEVELOPER):
        grant_role(user=person, role=role, unit=unit, starts_at=now, actor=CONSOLE, at=now)
    service = create_service_account(
        name="bench", unit=unit, responsible=person, actor=CONSOLE, at=now
    )
    _, secret = issue_token(service=service, scopes=tuple(Scope), actor=CONSOLE, at=now)
    return service, secret


def fill(data: Data, service: ServiceAccount) -> None:
    for start in range(0, data.models, AT_ONCE):
        rows: dict[type[Record], list[Record]] = {}
        for index in range(start, min(start + AT_ONCE, data.models)):
            for row in _model(data, index, service):
                rows.setdefault(type(row), []).append(row)
        for kind in KINDS:
            kind._default_manager.bulk_create(rows.get(kind, []))


def _model(data: Data, index: int, service: ServiceAccount) -> list[Record]:
    """One model as the actions of the portal would have made it."""
    model = Model(
        name=data.name(index),
        description=DESCRIPTION,
        purpose=DESCRIPTION,
        intended_use=DESCRIPTION,
        kind="OTHER",
        tier=3,
        unit=service.unit,
        owner=service.responsible,
        created_by=service.ref,
        created_at=BEGIN,
        updated_at=BEGIN,
    )
    tag = ModelTag(model=model, key="team", value=data.team(index))
    slot = Slot(model=model, created_at=BEGIN)
    versions = [_version(data, model, number, service) for number in data.numbers()]
    tags = [
        VersionTag(version=version, key=key, value=value)
        for version in versions
        for key, value in data.tags(version.number)
    ]
    champions = [
        SlotAssignment(version=version, slot=slot, assigned_at=BEGIN)
        for version in versions
        if version.stage == Stage.PRODUCTION
    ]
    model.live_since = BEGIN if champions else None
    alias = Alias(
        model=model, version=versions[-1], name="champion", set_by=service.ref, set_at=BEGIN
    )
    moves = [move for version in versions for move in _moves(version, slot)]
    return [model, tag, slot, *versions, *tags, *moves, *champions, alias]


def _moves(version: ModelVersion, slot: Slot) -> list[Record]:
    """The changes that led the version to its stage: without them it may not leave it."""
    way = WALK[: WALK.index(Stage(version.stage)) + 1]
    return [
        StageChange(
            version=version, slot=slot, source=source, target=target, move=Move.values[0],
            authorized_by="bench", changed_by="bench", changed_at=BEGIN,
        )
        for source, target in pairwise(way)
    ]  # fmt: skip


def _version(data: Data, model: Model, number: int, service: ServiceAccount) -> ModelVersion:
    return ModelVersion(
        model=model,
        number=number,
        source=data.source(model.name, number),
        digest=digest({"model": model.ref, "number": number}),
        registered_by=service.responsible,
        registered_via=service.ref,
        registered_at=BEGIN,
        updated_at=BEGIN,
        stage=STAGES[data.stage(number)],
    )


def main() -> None:
    models, versions = map(int, sys.argv[1:])
    service, secret = let_in()
    # Versions are put where they are, not promoted, which the database would refuse.
    triggers.remove_refusals(connection)
    fill(Data(models, versions), service)
    triggers.install(connection)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(secret)


if __name__ == "__main__":
    main()
