"""Where the machine of promotions begins: a small bank, its policies, and versions under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.actions import give_delegation
from governance.accounts.models import User
from governance.accounts.queries import TokenHolder
from governance.accounts.rules import Actor, Role, Scope
from governance.approvals.actions import ask_in_emergency, tick_check
from governance.approvals.models import PromotionRequest
from governance.registry.actions.slots import create_slot
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from tests import factories as f
from tests.deciding_rules import FULL, Bench, make_bench
from tests.remembering import remembered

START = f.later(hours=1)
"""When the machine takes over; what is there by then was done at noon."""

VALIDATOR_SIGNS = (
    '  - {role: VALIDATOR, step: 1, meaning: "I find this version fit for the stated use."}'
)
APPROVER_SIGNS = (
    '  - {role: APPROVER, step: 2, meaning: "I approve this version for the stated use."}'
)
BOTH = f"{VALIDATOR_SIGNS}\n{APPROVER_SIGNS}"
HEADS_OVERRIDE = "role: HEAD_OF_MODEL_RISK, people: 2, longest_days: 30"
LOOKED_AT = FULL[FULL.index("manual_checks:") : FULL.index("sign_offs:")]

POLICIES = {
    "full": FULL,
    "quorum": FULL.replace(
        BOTH,
        "  - any_of: [VALIDATOR, APPROVER, COMPLIANCE]\n    count: 2\n"
        "    meaning: I agree that this version serves the stated use.",
    ),
    "two approvers": FULL.replace(
        APPROVER_SIGNS,
        APPROVER_SIGNS.replace("step: 2", "count: 2, independent_of: [UNIT, VALIDATION]"),
    ),
    "one overrides": FULL.replace(HEADS_OVERRIDE, "role: APPROVER, people: 1, longest_days: 5"),
    "brief": FULL.replace("usable_days: 14, stands_days: 365", "usable_days: 2, stands_days: 9"),
    "loose": FULL.replace(LOOKED_AT, "").replace("0.90", "0.50") + "validator_may_approve: true\n",
    "unsigned": FULL.replace(LOOKED_AT, "").replace(f"sign_offs:\n{BOTH}\n", ""),
    "tier 1": FULL.replace("policy: to-production", "policy: tier-1-to-production")
    .replace("from: [STAGING, PRODUCTION]}", "from: [STAGING, PRODUCTION], tiers: [1]}")
    .replace("role: APPROVER, step: 2", "role: HEAD_OF_MODEL_RISK, step: 2"),
    "to draft": "policy: to-draft\ntitle: To Draft\napplies_to: {target: DRAFT}\n"
    'sign_offs:\n  - {role: APPROVER, meaning: "I agree that this version is worked on again."}\n',
}


@dataclass(frozen=True, kw_only=True)
class World:
    """The bench, everybody who may try something, and how many slots there are."""

    bench: Bench
    people: dict[str, Actor]

    def user(self, name: str) -> User:
        """Return the person; of the pipeline the one who answers for it."""
        person = self.people[name].person
        assert person is not None
        return person


def make_world(*, accuracy: str = "0.93") -> World:
    cast = f.make_cast()
    bench = make_bench(cast, accuracy=accuracy)
    f.make_policy(cast, POLICIES["to draft"])
    create_slot(model=bench.model, name="eu-retail/primary", actor=cast.owner, at=f.NOON)
    cast.administrator.is_superuser = True
    cast.administrator.save(update_fields=["is_superuser"])
    holder, _ = f.make_token(cast, scopes=(Scope.REGISTER, Scope.REQUEST, Scope.REJECT))
    deputy = f.make_person("Dora Deputy", unit=cast.root)
    lend(cast.approver, deputy, bench)
    people: dict[str, Actor | TokenHolder] = {
        "owner": cast.owner,
        "second owner": f.make_person("Otmar Owner", Role.MODEL_OWNER, unit=cast.unit),
        "developer": cast.developer,
        "validator": cast.validator,
        "approver": cast.approver,
        "second approver": cast.second_approver,
        "compliance": cast.compliance,
        "second compliance": cast.auditor,
        "head": bench.head,
        "second head": bench.second_head,
        "administrator": cast.administrator,
        "outsider": cast.outsider,
        "deputy": deputy,
        "pipeline": holder,
    }
    return World(bench=bench, people=people)


EVERYBODY = [
    "owner",
    "second owner",
    "developer",
    "validator",
    "approver",
    "second approver",
    "compliance",
    "second compliance",
    "head",
    "second head",
    "administrator",
    "outsider",
    "deputy",
    "pipeline",
]


def lend(delegator: User, deputy: User, bench: Bench, *, at: datetime = f.NOON) -> None:
    role = delegator.grants.order_by("granted_at").first()
    assert role is not None
    give_delegation(
        deputy=deputy, role=Role(role.role), unit=bench.cast.unit, starts_at=at,
        ends_at=f.later(at, days=30), reason="On leave.", actor=delegator, at=at,
    )  # fmt: skip


@remembered
def new() -> World:
    """Nothing is asked yet."""
    return make_world()


@remembered
def asked() -> World:
    """One version waits for its manual check and its signatures."""
    world = make_world()
    world.bench.request()
    return world


@remembered
def signed_once() -> World:
    """One version waits for the approver alone."""
    world = make_world()
    request = world.bench.request()
    tick(world, request)
    f.sign(request, world.bench.cast.validator, Role.VALIDATOR)
    return world


@remembered
def failing() -> World:
    """One version fails a check that two people could answer for."""
    world = make_world(accuracy="0.88")
    tick(world, world.bench.request())
    return world


@remembered
def serving() -> World:
    """One version serves, and its successor is asked for."""
    world = make_world()
    request = world.bench.request()
    tick(world, request)
    f.sign(request, world.bench.cast.validator, Role.VALIDATOR)
    f.sign(request, world.bench.cast.approver, Role.APPROVER)
    successor = f.make_version(world.bench.cast, world.bench.model, artifact="b" * 64)
    tick(world, f.make_ready(world.bench.cast, successor))
    return world


@remembered
def replaced() -> World:
    """Two versions went live in emergencies one after another, so the first could return."""
    world = make_world()
    cast, bench = world.bench.cast, world.bench
    for version in (bench.version, f.make_version(cast, bench.model, artifact="b" * 64)):
        f.ask(cast, version, Stage.STAGING)
        fresh = ModelVersion.objects.with_model().get(pk=version.pk)
        request = ask_in_emergency(
            version=fresh, slot=None, reason="Fraud wave.", actor=cast.developer, at=f.NOON
        ).request
        assert request is not None
        for signer in (cast.approver, cast.second_approver):
            f.sign(request, signer, Role.APPROVER)
    return world


def tick(world: World, request: PromotionRequest) -> None:
    tick_check(
        request_id=request.pk, check_id="manual.legal-basis", holds=True, note="Filed.",
        actor=world.bench.cast.auditor, at=f.NOON,
    )  # fmt: skip


SCENES: dict[str, Callable[[], World]] = {
    scene.__name__: scene for scene in (new, asked, signed_once, failing, serving, replaced)
}
