"""Slots, their aliases, and the roles in them that answer nobody."""

from __future__ import annotations

from datetime import datetime

import pytest

from governance.accounts.rules import PermissionMissing
from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from governance.core.errors import InvalidInput
from governance.inventory.models import Model
from governance.inventory.rules import ModelNotFound
from governance.registry.actions.aliases import set_alias
from governance.registry.actions.slots import (
    assign_role,
    bind_alias,
    create_slot,
    end_role,
    lower_share,
)
from governance.registry.models import ModelVersion, Slot, SlotAssignment
from governance.registry.queries.serving import live_assignments
from governance.registry.rules import SlotRole, Stage, VersionNotFound
from governance.registry.rules.slots import (
    AliasTaken,
    NotInSlot,
    RoleNeedsDecision,
    RoleUnchanged,
    SlotIsLive,
    SlotTaken,
    VersionRetired,
)
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.world import newest_entry, nothing_moves, refused

pytestmark = pytest.mark.django_db

EU = "eu-retail/primary"


@pytest.fixture
def model(cast: Cast) -> Model:
    f.make_policies(cast)
    return f.make_model(cast)


@pytest.fixture
def version(cast: Cast, model: Model) -> ModelVersion:
    return f.make_version(cast, model)


@pytest.fixture
def slot(cast: Cast, version: ModelVersion) -> Slot:
    return create_slot(model=version.model, name=EU, actor=cast.owner, at=NOON)


def standing(slot: Slot) -> list[tuple[int, str, int | None]]:
    rows = slot.assignments.current().order_by("version__number")
    return list(rows.values_list("version__number", "role", "share"))


def test_a_slot_has_an_alias_of_its_own_and_is_not_the_default_one(
    cast: Cast, slot: Slot, model: Model
) -> None:
    assert (slot.alias, slot.is_default, slot.created_by) == (
        "eu-retail-primary",
        False,
        cast.owner.ref,
    )
    entry = newest_entry(model.stream)
    assert (entry.verb, entry.subject) == ("slot.created", slot.ref)
    assert entry.facts == {"slot": slot.ref, "name": EU, "alias": "eu-retail-primary"}
    bare = create_slot(model=model, name="us/primary", alias="", actor=cast.developer, at=NOON)
    other = create_slot(model=model, name="uk/primary", alias="", actor=cast.developer, at=NOON)
    assert (bare.alias, other.alias) == ("", "")
    assert verify().intact


@pytest.mark.parametrize(
    "name",
    ["primary", "", "/", "a/", "/a", "a//b", "EU/primary", "eu/pri mary", "-a/b", "a/b\n", "é/b",
     "a/" + "b" * 79],
)  # fmt: skip
def test_a_slots_name_has_a_form(cast: Cast, model: Model, name: str) -> None:
    with refused(InvalidInput):
        create_slot(model=model, name=name, actor=cast.owner, at=NOON)


def test_a_name_and_an_alias_are_given_once(cast: Cast, slot: Slot, version: ModelVersion) -> None:
    model = version.model
    set_alias(version=version, name="taken", actor=cast.developer, at=NOON)
    with refused(SlotTaken):
        create_slot(model=model, name=EU, actor=cast.owner, at=NOON)
    for alias in ("taken", "TAKEN", "champion", "EU-retail-primary"):
        with refused(AliasTaken):
            create_slot(model=model, name="us/primary", alias=alias, actor=cast.owner, at=NOON)
    for alias in ("latest", "v3", "two words"):
        with refused(InvalidInput):
            create_slot(model=model, name="us/primary", alias=alias, actor=cast.owner, at=NOON)


def test_a_removed_model_gets_no_slot(cast: Cast, model: Model) -> None:
    Model.objects.filter(pk=model.pk).update(removed_at=NOON)
    with refused(ModelNotFound):
        create_slot(model=model, name=EU, actor=cast.owner, at=NOON)


def test_an_alias_changes_while_nothing_is_live(
    cast: Cast, slot: Slot, version: ModelVersion
) -> None:
    bound = bind_alias(slot=slot, alias="retail", actor=cast.owner, at=later(minutes=1))
    assert bound.alias == "retail"
    entry = newest_entry(version.model.stream)
    assert (entry.verb, entry.facts["before"]) == ("slot.alias_bound", "eu-retail-primary")
    with nothing_moves():
        bind_alias(slot=slot, alias="retail", actor=cast.owner, at=later(minutes=2))
    with refused(AliasTaken):
        bind_alias(slot=slot, alias="champion", actor=cast.owner, at=NOON)
    assign_role(slot=slot, version=version, role=SlotRole.SHADOW, actor=cast.owner, at=NOON)
    bind_alias(slot=slot, alias="", actor=cast.owner, at=NOON)
    end_role(slot=slot, version=version, actor=cast.owner, at=NOON)
    f.make_canary(cast, version, slot, share=20)
    with refused(SlotIsLive):
        bind_alias(slot=slot, alias="other", actor=cast.owner, at=NOON)


def test_challenger_and_shadow_come_and_go(
    cast: Cast, slot: Slot, version: ModelVersion, model: Model
) -> None:
    def assign(role: SlotRole, at: datetime) -> SlotAssignment:
        return assign_role(slot=slot, version=version, role=role, actor=cast.developer, at=at)

    first = assign(SlotRole.SHADOW, NOON)
    assert (first.assigned_by, first.authorized_by) == (cast.developer.ref, "")
    with nothing_moves():
        assert assign(SlotRole.SHADOW, later(minutes=1)) == first
    assign(SlotRole.CHALLENGER, later(minutes=2))
    assert standing(slot) == [(1, "CHALLENGER", None)]
    first.refresh_from_db()
    assert first.ended_at == later(minutes=2)
    entry = newest_entry(model.stream)
    assert (entry.verb, entry.subject) == ("slot.assigned", version.ref)
    assert entry.facts == {"slot": slot.ref, "name": EU, "role": "CHALLENGER", "number": 1}
    assert first.ref in dict(entry.states)
    end_role(slot=slot, version=version, actor=cast.developer, at=later(minutes=3))
    assert standing(slot) == []
    assert newest_entry(model.stream).verb == "slot.ended"
    with refused(NotInSlot):
        end_role(slot=slot, version=version, actor=cast.developer, at=later(minutes=4))
    # Neither role is live: the version's stage never changed.
    version.refresh_from_db()
    assert version.stage == Stage.DRAFT
    assert verify().intact


def test_no_role_that_answers_live_traffic_is_given_here(
    cast: Cast, slot: Slot, version: ModelVersion
) -> None:
    for role in (SlotRole.CHAMPION, SlotRole.CANARY):
        with refused(RoleNeedsDecision):
            assign_role(slot=slot, version=version, role=role, actor=cast.owner, at=NOON)
    f.make_canary(cast, version, slot, share=20)
    with refused(RoleUnchanged):
        assign_role(slot=slot, version=version, role=SlotRole.SHADOW, actor=cast.owner, at=NOON)


def test_what_is_archived_removed_or_of_another_model_serves_nowhere(
    cast: Cast, slot: Slot, version: ModelVersion, model: Model
) -> None:
    retired, gone = f.make_version(cast, model), f.make_version(cast, model)
    f.ask(cast, retired, Stage.ARCHIVED)
    ModelVersion.objects.filter(pk=gone.pk).update(removed_at=NOON)
    for one in (retired, gone):
        with refused(VersionRetired):
            assign_role(slot=slot, version=one, role=SlotRole.SHADOW, actor=cast.owner, at=NOON)
    foreign = f.make_version(cast, f.make_model(cast, name="other-model"))
    with refused(VersionNotFound):
        assign_role(slot=slot, version=foreign, role=SlotRole.SHADOW, actor=cast.owner, at=NOON)


def test_a_canary_gets_less_or_nothing_but_never_more(
    cast: Cast, slot: Slot, version: ModelVersion, model: Model
) -> None:
    def lower(share: int) -> SlotAssignment:
        return lower_share(slot=slot, version=version, share=share, actor=cast.owner, at=NOON)

    request = f.make_canary(cast, version, slot, share=20)
    for share in (0, 100, -1):
        with refused(InvalidInput):
            lower(share)
    with refused(RoleNeedsDecision):
        lower(21)
    with nothing_moves():
        lower(20)
    lowered = lower(5)
    assert (lowered.share, lowered.authorized_by) == (5, request.ref)
    assert standing(slot) == [(1, "CANARY", 5)]
    assert newest_entry(model.stream).facts["before"] == 20
    end_role(slot=slot, version=version, actor=cast.developer, at=later(minutes=1))
    assert standing(slot) == []
    assign_role(slot=slot, version=version, role=SlotRole.SHADOW, actor=cast.owner, at=NOON)
    with refused(RoleUnchanged):
        lower(1)


def test_a_champion_ends_with_its_successor_alone(cast: Cast, version: ModelVersion) -> None:
    f.make_champion(cast, version)
    slot = Slot.objects.get(model=version.model, is_default=True)
    with refused(RoleUnchanged):
        end_role(slot=slot, version=version, actor=cast.owner, at=NOON)
    with refused(RoleUnchanged):
        lower_share(slot=slot, version=version, share=5, actor=cast.owner, at=NOON)


def test_who_may_keep_slots(cast: Cast, slot: Slot, version: ModelVersion) -> None:
    for actor in (cast.validator, cast.approver, cast.auditor, cast.administrator, cast.outsider):
        with refused(PermissionMissing):
            create_slot(model=version.model, name="us/primary", actor=actor, at=NOON)
        with refused(PermissionMissing):
            bind_alias(slot=slot, alias="retail", actor=actor, at=NOON)
        with refused(PermissionMissing):
            assign_role(slot=slot, version=version, role=SlotRole.SHADOW, actor=actor, at=NOON)
        with refused(PermissionMissing):
            end_role(slot=slot, version=version, actor=actor, at=NOON)
        with refused(PermissionMissing):
            lower_share(slot=slot, version=version, share=1, actor=actor, at=NOON)


def test_what_was_live_on_a_past_date_stays_so(
    cast: Cast, slot: Slot, version: ModelVersion, model: Model
) -> None:
    def live(on: datetime | None) -> list[tuple[str, str, int]]:
        rows = live_assignments(cast.auditor, at=later(days=9), on=on)
        return [(row.slot.name, row.role, row.version.number) for row in rows]

    second = f.make_version(cast, model, artifact="b" * 64)
    f.make_champion(cast, version, at=later(days=1))
    assign_role(slot=slot, version=second, role=SlotRole.SHADOW, actor=cast.owner, at=later(days=2))
    f.make_champion(cast, second, at=later(days=3))
    assert live(NOON) == []
    assert live(later(days=1, hours=1)) == [("primary", "CHAMPION", 1)]
    shadow = (EU, "SHADOW", 2)
    assert live(later(days=2, hours=1)) == [shadow, ("primary", "CHAMPION", 1)]
    assert live(None) == [shadow, ("primary", "CHAMPION", 2)]
    end_role(slot=slot, version=second, actor=cast.owner, at=later(days=4))
    assert live(later(days=2, hours=1)) == [shadow, ("primary", "CHAMPION", 1)]
    assert live(None) == [("primary", "CHAMPION", 2)]
    assert live_assignments(cast.outsider, at=later(days=9)) == []
    narrowed = live_assignments(cast.auditor, at=later(days=9), on=later(days=3), slot=EU)
    assert [row.version.number for row in narrowed] == [2]
    assert LedgerEntry.objects.filter(verb__startswith="slot.").count() == 3
