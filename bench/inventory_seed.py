"""Filling the portal with an inventory to read, straight into its tables: for measuring only.

`python -m bench.inventory_seed MODELS VERSIONS` fills the portal that DATABASE_URL names and
prints the cookie of somebody who reads all of it. Facets are spread as in a bank: few models of the
highest tier, one in ten a draft, one in five with an open finding. What nobody did has no entry in
the ledger.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import django

# Django's models cannot be imported before this.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection  # noqa: E402

from governance.accounts.actions import create_unit, create_user, grant_role  # noqa: E402
from governance.accounts.models import Unit, User  # noqa: E402
from governance.accounts.queries import CONSOLE  # noqa: E402
from governance.accounts.rules import Role  # noqa: E402
from governance.audit import triggers  # noqa: E402
from governance.audit.models import Prose  # noqa: E402
from governance.audit.rules import front_of, prose_digest  # noqa: E402
from governance.cards.models import CardRevision  # noqa: E402
from governance.cards.rules.model_card import ModelCard  # noqa: E402
from governance.cards.rules.sections import SECTIONS  # noqa: E402
from governance.core.canonical import canonical, digest  # noqa: E402
from governance.core.models import Record, new_salt  # noqa: E402
from governance.inventory.models import (  # noqa: E402
    Builder,
    ClassAssessment,
    Model,
    RecordRevision,
    TierAssessment,
)
from governance.inventory.rules import AiActClass, Capacity, Kind  # noqa: E402
from governance.registry.models import (  # noqa: E402
    ModelVersion,
    Slot,
    SlotAssignment,
    StageChange,
)
from governance.registry.rules import Move, Stage  # noqa: E402
from governance.validation.models import Finding  # noqa: E402
from governance.validation.rules import Severity  # noqa: E402

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
AT_ONCE = 250
PURPOSE = (
    "Estimates for {} how likely a customer is to {} within the next {} months, so that staff can "
    "look at the cases in order. It advises and decides nothing alone; who uses it is trained."
)
PEOPLE_PER_MODELS = 50
# In the order of what refers to what.
KINDS: tuple[type[Record], ...] = (
    Prose, Model, Builder, TierAssessment, ClassAssessment, RecordRevision, Slot, ModelVersion,
    StageChange, SlotAssignment, CardRevision, Finding,
)  # fmt: skip


@dataclass(frozen=True)
class Bank:
    reader: User
    owners: list[User]
    units: list[Unit]


def make_bank(models: int) -> Bank:
    """A tree of fourteen units, an owner for every fifty models, and one who reads everything."""
    root = create_unit(path="bank", name="Bank", actor=CONSOLE, at=BEGIN)
    units = []
    for area in ("retail", "markets", "risk", "operations"):
        paths = (f"bank/{area}", f"bank/{area}/one", f"bank/{area}/two")
        units += [create_unit(path=p, name=p[5:], actor=CONSOLE, at=BEGIN) for p in paths]
    number = max(5, models // PEOPLE_PER_MODELS)
    owners = [
        User(
            email=f"owner{index}@bank.example",
            name=f"Owner {index:03d}",
            password="!",
            created_at=BEGIN,
        )
        for index in range(number)
    ]
    User.objects.bulk_create(owners)
    reader = create_user(
        email="reader@bank.example", name="Rea Der", password="correct-horse-7-staple",
        unit=root, actor=CONSOLE, at=BEGIN, is_own_password=True,
    )  # fmt: skip
    grant_role(
        user=reader, role=Role.COMPLIANCE, unit=root, starts_at=BEGIN, actor=CONSOLE, at=BEGIN
    )
    return Bank(reader=reader, owners=owners, units=units)


def fill(bank: Bank, models: int, versions: int) -> None:
    for start in range(0, models, AT_ONCE):
        rows: dict[type[Record], list[Record]] = {}
        for index in range(start, min(start + AT_ONCE, models)):
            for row in _model(bank, index, versions):
                rows.setdefault(type(row), []).append(row)
        for kind in KINDS:
            kind._default_manager.bulk_create(rows.get(kind, []), batch_size=2_000)
        links = Model.developers.through
        made = [row for row in rows[Builder] if row.capacity == Capacity.DEVELOPER]
        links.objects.bulk_create(
            [links(model_id=row.model_id, user_id=row.user_id) for row in made]
        )


def _model(bank: Bank, index: int, versions: int) -> Iterator[Record]:
    """One model with its past. What is chosen by chance is the same in every run."""
    chance = Random(index)
    owner, developer = chance.sample(bank.owners, 2)
    is_draft = index % 10 == 0
    model = Model(
        name=f"m{index:05d}-{chance.choice(['score', 'limit', 'alert', 'churn'])}",
        purpose=PURPOSE.format(
            chance.choice(["cards", "loans", "accounts"]),
            chance.choice(["leave", "default", "complain", "apply"]),
            chance.randint(1, 36),
        ),
        intended_use="" if is_draft else "Ordering a work list.",
        kind=chance.choice(Kind.values),
        tier=chance.choices([1, 2, 3], [1, 3, 6])[0],
        ai_act_class=chance.choices(AiActClass.values, range(1, 15))[0],
        unit=chance.choice(bank.units),
        owner=owner,
        created_by=owner.ref,
        created_at=BEGIN,
        updated_at=BEGIN,
    )
    yield model
    yield Builder(model=model, user=owner, capacity=Capacity.OWNER, since=BEGIN)
    yield Builder(model=model, user=developer, capacity=Capacity.DEVELOPER, since=BEGIN)
    yield from _history(model, developer)
    yield from _versions(model, versions, developer)


def _prose(text: str) -> Prose:
    salt = new_salt()
    sha256 = prose_digest(salt=salt, text=text)
    return Prose(id=front_of(sha256), text=text, salt=salt, digest=sha256)


def _history(model: Model, developer: User) -> Iterator[Record]:
    """Two revisions, two assessments of the tier, one of the class."""
    for number, at in enumerate((BEGIN, BEGIN + timedelta(days=90)), 1):
        reason = _prose("As the questionnaire says.")
        said = {
            "purpose": model.purpose if number > 1 else "First words.",
            "intended_use": model.intended_use,
            "kind": model.kind,
            "owner_id": model.owner_id,
            "tier": model.tier,
            "ai_act_class": model.ai_act_class,
            "developers": [str(developer.pk)],
        }
        content = _prose(canonical(said))
        yield from (reason, content)
        yield TierAssessment(
            model=model, tier=model.tier, reason=reason, assessed_by=model.owner, assessed_at=at
        )
        yield RecordRevision(
            model=model, number=number, content=content, owner=model.owner, kind=model.kind,
            is_complete=bool(model.intended_use), written_by=model.created_by, written_at=at,
        )  # fmt: skip
    yield ClassAssessment(
        model=model, ai_act_class=model.ai_act_class, reason=reason, assessed_by=model.owner,
        assessed_at=BEGIN,
    )  # fmt: skip


def _versions(model: Model, count: int, developer: User) -> Iterator[Record]:
    """Nine in ten models serve; one in six has a successor in Staging."""
    chance = Random(model.name)
    slot = Slot(model=model, created_at=BEGIN)
    yield slot
    newest = chance.choices(
        [(Stage.PRODUCTION,), (Stage.PRODUCTION, Stage.DRAFT), (Stage.PRODUCTION, Stage.STAGING),
         (Stage.DRAFT,)], [9, 6, 3, 2],
    )[0]  # fmt: skip
    stages = [*[Stage.ARCHIVED] * (count - len(newest)), *newest]
    for number, stage in enumerate(stages, 1):
        at = BEGIN + timedelta(days=number)
        version = ModelVersion(
            model=model, number=number, source=f"s3://bench/{model.name}/{number}",
            digest=digest({"model": model.ref, "number": number}), registered_by=developer,
            registered_via=developer.ref, registered_at=at, updated_at=at, stage=stage,
        )  # fmt: skip
        yield version
        yield from _moves(version, slot, stage, at)
        if stage == Stage.PRODUCTION:
            yield _card(version)
            if chance.random() < 0.2:
                yield _finding(model, version, chance)


def _moves(version: ModelVersion, slot: Slot, stage: Stage, at: datetime) -> Iterator[Record]:
    way = {
        Stage.DRAFT: [],
        Stage.STAGING: [Stage.STAGING],
        Stage.PRODUCTION: [Stage.STAGING, Stage.PRODUCTION],
        Stage.ARCHIVED: [Stage.STAGING, Stage.ARCHIVED],
    }[stage]
    before = Stage.DRAFT
    for step, target in enumerate(way, 1):
        yield StageChange(
            version=version, slot=slot, source=before, target=target, move=Move.values[0],
            authorized_by="bench", changed_by="bench", changed_at=at + timedelta(hours=step),
        )  # fmt: skip
        before = target
    if stage == Stage.PRODUCTION:
        version.model.live_since = at + timedelta(hours=2)
        yield SlotAssignment(version=version, slot=slot, assigned_at=version.model.live_since)


def _card(version: ModelVersion) -> CardRevision:
    card = ModelCard(sections={section.key: "What there is to say." for section in SECTIONS[:7]})
    return CardRevision(
        version=version, number=1, text=card.text(), digest=version.digest,
        published_by=version.registered_by, published_at=version.registered_at,
    )  # fmt: skip


def _finding(model: Model, version: ModelVersion, chance: Random) -> Finding:
    due = (BEGIN + timedelta(days=chance.randint(200, 500))).date()
    return Finding(
        model=model, version=version, number=1, severity=chance.choice(Severity.values),
        title="Thin slice", description="412 rows only.", owner=model.owner, due_date=due,
        opened_by=version.registered_by, opened_at=version.registered_at,
    )  # fmt: skip


def cookie_of(user: User) -> str:
    """Sign the reader in without a page."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def main() -> None:
    models, versions = map(int, sys.argv[1:])
    bank = make_bank(models)
    # Versions are put where they are, not promoted, which the database would refuse.
    triggers.remove_refusals(connection)
    fill(bank, models, versions)
    triggers.install(connection)
    with connection.cursor() as cursor:
        # As autovacuum leaves it: without, no scan of an index alone is possible.
        cursor.execute("VACUUM ANALYZE")
    print(cookie_of(bank.reader))


if __name__ == "__main__":
    main()
