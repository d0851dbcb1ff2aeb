"""Who can do what, as a full product: every action × everybody, flags, tokens and the shell.

The table names who gets through; everybody else is refused and leaves no row behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from governance.accounts.actions import (
    Holdable,
    create_service_account,
    create_unit,
    create_user,
    edit_user,
    end_role,
    erase_person,
    erase_prose,
    give_delegation,
    grant_role,
    issue_token,
    lift_hold,
    place_hold,
    revoke_token,
)
from governance.accounts.models import ApiToken, Delegation, Hold, RoleGrant, ServiceAccount, User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role, Scope
from governance.approvals.actions import (
    ask_for_stage,
    propose_policy,
    roll_back,
    sign_off,
    sign_policy,
    withdraw,
)
from governance.approvals.actions.rollbacks import rollback_case
from governance.approvals.models import PolicyVersion, PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.judgement import Decision
from governance.audit.models import LedgerEntry
from governance.audit.registration import REGISTERED, state
from governance.cards.actions import (
    comment_on_section,
    publish_card,
    save_draft,
    settle_comment,
    withdraw_card,
)
from governance.cards.models import CardComment
from governance.core.errors import NotAllowed, NotFound, Refused
from governance.evidence.actions.examining import (
    assign_information_request,
    withdraw_information_request,
)
from governance.evidence.actions.filing import (
    end_inapplicable,
    file_evidence,
    state_inapplicable,
    withdraw_evidence,
)
from governance.evidence.actions.packs import request_pack
from governance.evidence.actions.populations import draw_sample, extract_population, keep_population
from governance.evidence.models import (
    FiledEvidence,
    Inapplicability,
    InformationRequest,
    Population,
)
from governance.evidence.queries.scopes import scope_of_model
from governance.evidence.rules.populations.lists import Asked, PopulationKind
from governance.evidence.rules.populations.sampling import Draw, Method
from governance.inventory.actions import create_model, describe_model, edit_model, propose_change
from governance.inventory.actions.examinations import (
    end_examination,
    extend_examination,
    widen_examination,
)
from governance.inventory.models import Examination, Model
from governance.inventory.rules.model_changes import Rationale
from governance.registry.actions import (
    delete_version_tag,
    describe_version,
    record_evaluations,
    register_version,
    set_model_tag,
    set_version_tag,
    slots,
)
from governance.registry.actions.deployments import report_deployment
from governance.registry.actions.slots import assign_role, create_slot
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries import default_slot
from governance.registry.rules import Measurement, Registration, SlotRole, Source, Stage
from governance.registry.rules.deployments import Running
from governance.validation.actions import close_finding, open_finding, save_validation
from governance.validation.models import Finding
from governance.validation.rules import ValidationRecord
from tests import factories as f
from tests.erasing import LONG_AFTER, ORDER, let_go
from tests.examining import answered, asked, assigned, examination, examiner
from tests.factories import NOON, PASSWORD, Cast
from tests.remembering import remembered
from tests.world import rows

pytestmark = pytest.mark.django_db


@dataclass(kw_only=True)
class World:
    """A model with a retired and a live version, one that waits for signatures, and the rest."""

    cast: Cast
    model: Model
    live: ModelVersion
    candidate: ModelVersion
    request: PromotionRequest
    slot: Slot
    finding: Finding
    policy: PolicyVersion
    service: ServiceAccount
    token: ApiToken
    grant: RoleGrant
    lent: Delegation
    hold: Hold
    population: Population
    other: Model
    examination: Examination
    asked: InformationRequest
    actors: dict[str, Any]


@pytest.fixture
def world(cast: Cast) -> World:
    return make_world(cast)


@remembered
def make_world(cast: Cast) -> World:
    f.make_policies(cast)
    model = f.make_model(cast)
    f.make_champion(cast, f.make_version(cast, model))
    live = f.make_version(cast, model, artifact="b" * 64)
    f.make_champion(cast, live, at=f.later(hours=1))
    candidate = f.make_version(cast, model, artifact="c" * 64)
    request = f.make_ready(cast, candidate)
    finding = open_finding(
        version=candidate, finding=f.due_finding("LOW"), actor=cast.validator, at=NOON
    )
    save_draft(
        version=candidate, sections={"caveats": "A few."}, base=None, actor=cast.owner, at=NOON
    )
    slot = default_slot(model)
    assert slot is not None
    assign_role(slot=slot, version=candidate, role=SlotRole.SHADOW, actor=cast.owner, at=NOON)
    full, _ = f.make_token(cast)
    reading, _ = f.make_token(cast, name="reader", scopes=[Scope.READ])
    person = examiner(cast)
    opened = examination(cast, [person], [model])
    person.refresh_from_db()
    question = assigned(cast, asked(person, model), cast.owner)
    root = f.make_person("Su Peruser", unit=cast.root)
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    names = (
        "owner", "developer", "validator", "approver", "compliance", "administrator", "outsider"
    )  # fmt: skip
    return World(
        cast=cast,
        model=model,
        live=live,
        candidate=candidate,
        request=request,
        slot=slot,
        finding=finding,
        policy=propose_policy(
            text=f.TO_STAGING.replace("0.90", "0.91"), actor=cast.administrator, at=NOON
        ),
        service=ServiceAccount.objects.get(name="reader"),
        token=ApiToken.objects.get(service__name="reader"),
        grant=cast.auditor.grants.get(),
        lent=give_delegation(
            deputy=cast.second_approver,
            role=Role.APPROVER,
            unit=cast.root,
            starts_at=NOON,
            ends_at=f.later(days=9),
            reason="On leave.",
            actor=cast.approver,
            at=NOON,
        ),
        hold=place_hold(
            on=Holdable.person(cast.auditor), reason="A case.", actor=cast.compliance, at=NOON
        ),
        population=extract_population(
            asked=Asked(
                kind=PopulationKind.FINDING, since_date=NOON.date(), until_date=NOON.date()
            ),
            unit=cast.unit,
            actor=cast.compliance,
            at=NOON,
        ),
        other=f.make_model(cast, name="other-model"),
        examination=opened,
        asked=question,
        actors={name: getattr(cast, name) for name in names}
        | {"examiner": person}
        | {"superuser": User.objects.get(pk=root.pk), "token": full, "reading token": reading}
        | {"console": CONSOLE},
    )


def signing(w: World, actor: Any, role: Role) -> None:
    fresh = PromotionRequest.objects.with_version().get(pk=w.request.pk)
    sign_off(
        request_id=w.request.pk, role=role, decision=Decision.APPROVE,
        digest_seen=case_of(fresh, at=NOON).digest,
        comment="", proof=f.make_proof(actor), actor=actor, at=NOON,
    )  # fmt: skip


def rolling_back(w: World, actor: Any) -> None:
    roll_back(
        slot=w.slot, digest_seen=rollback_case(w.slot, at=NOON).digest, reason="It fails.",
        proof=f.make_proof(actor), actor=actor, at=NOON,
    )  # fmt: skip


def editing(w: World, actor: Any) -> None:
    changed = {"contract_reference": "K-7", "tier": 1, "tier_reason": "Riskier than it seemed."}
    record = f.edited_record(w.model, **changed)
    edit_model(model=w.model, record=record, actor=actor, at=NOON)


def proposing_change(w: World, actor: Any) -> None:
    record = f.edited_record(type(w.model).objects.get(pk=w.model.pk), purpose="Other.")
    why = Rationale(materiality="MINOR", reason="It is used so.")
    propose_change(model=w.model, record=record, rationale=why, actor=actor, at=NOON)


def signing_policy(w: World, actor: Any) -> None:
    sign_policy(
        policy_id=w.policy.pk, decision=Decision.APPROVE, digest_seen=w.policy.digest, comment="",
        proof=f.make_proof(actor), actor=actor, at=NOON,
    )  # fmt: skip


def adding_user(w: World, actor: Any) -> None:
    create_user(
        email=f"{uuid4().hex}@bank.example", name="New Person", password=PASSWORD,
        unit=w.cast.unit, actor=actor, at=NOON,
    )  # fmt: skip


def filing(w: World, actor: Any) -> FiledEvidence:
    return file_evidence(
        model=w.model,
        title="Minutes",
        kind="policy",
        link="https://minutes.bank.example",
        made_date=NOON.date(),
        actor=actor,
        at=NOON,
    )


def stating(w: World, actor: Any) -> Inapplicability:
    return state_inapplicable(
        model=w.model,
        requirement="sr-26-2/SR262-III-03",
        reason="It is of low risk.",
        until_date=NOON.date(),
        actor=actor,
        at=NOON,
    )


def granting(w: World, actor: Any) -> None:
    grant_role(
        user=w.cast.auditor, role=Role.APPROVER, unit=w.cast.unit, starts_at=NOON, actor=actor,
        at=NOON,
    )  # fmt: skip


def erasing(w: World, actor: Any) -> None:
    erase_person(
        user=let_go(w.cast.second_approver), order=ORDER, proof=f.make_proof(actor), actor=actor,
        at=NOON,
    )  # fmt: skip


def adding_service(w: World, actor: Any) -> None:
    create_service_account(
        name="new", unit=w.cast.unit, responsible=w.cast.developer, actor=actor, at=NOON
    )


def opening_examination(w: World, actor: Any) -> None:
    examination(w.cast, [w.cast.outsider], [w.model], actor=actor)


def validating(w: World, actor: Any) -> None:
    record = ValidationRecord(scope="Some.")
    save_validation(version=w.candidate, record=record, base=None, actor=actor, at=NOON)


def measuring(w: World, actor: Any) -> None:
    record_evaluations(
        version=w.candidate, measurements=[Measurement(metric="loss", value="0.1")],
        source=Source.POSTED, actor=actor, at=NOON,
    )  # fmt: skip


def reporting(w: World, actor: Any) -> None:
    said = Running(version="2", instance="gateway-1")
    report_deployment(model=w.model, said=said, actor=actor, at=NOON)


def commenting_on_card(w: World, actor: Any) -> CardComment:
    return comment_on_section(
        version=w.candidate, section="fairness", text="Which groups?", actor=actor, at=NOON
    )


def extracting(w: World, actor: Any) -> Population:
    day = NOON.date()
    asked = Asked(kind=PopulationKind.FINDING, since_date=day, until_date=day)
    return keep_population(asked=asked, unit=w.cast.unit, actor=actor, at=NOON)


ADMINS = {"administrator", "console"}
COMMENTING = {"owner", "developer", "validator", "approver", "compliance", "token"}
PIPELINE = {"developer", "token"}
Act = Callable[[World, Any], object]
TABLE: dict[str, tuple[set[str], Act]] = {
    "sign as validator": ({"validator"}, lambda w, a: signing(w, a, Role.VALIDATOR)),
    "sign as approver": ({"approver"}, lambda w, a: signing(w, a, Role.APPROVER)),
    "sign as compliance": (set(), lambda w, a: signing(w, a, Role.COMPLIANCE)),
    "roll back": ({"approver"}, rolling_back),
    "withdraw": (
        {"owner", "developer", "token"},
        lambda w, a: withdraw(request_id=w.request.pk, reason="Not now.", actor=a, at=NOON),
    ),
    "ask": (
        {"owner", "developer", "token"},
        lambda w, a: ask_for_stage(version=w.live, target=Stage.STAGING, actor=a, at=NOON),
    ),
    "propose policy": (
        {"administrator", "compliance", "console"},
        lambda w, a: propose_policy(text=f.TO_ARCHIVED + "# x\n", actor=a, at=NOON),
    ),
    "sign policy": ({"approver", "compliance"}, signing_policy),
    "edit model": ({"owner"}, editing),
    "propose change": ({"owner"}, proposing_change),
    "add model": (
        {"owner", "developer", "token"},
        lambda w, a: create_model(name=f"m-{uuid4().hex}", unit=w.cast.unit, actor=a, at=NOON),
    ),
    "describe model": (
        PIPELINE, lambda w, a: describe_model(model=w.model, description="x", actor=a, at=NOON)
    ),
    "describe version": (
        PIPELINE,
        lambda w, a: describe_version(version=w.live, description="x", actor=a, at=NOON),
    ),
    "register": (
        PIPELINE,
        lambda w, a: register_version(
            model=w.model, registration=Registration(source="s3://a"), actor=a, at=NOON
        ),
    ),
    "tag model": (
        PIPELINE, lambda w, a: set_model_tag(model=w.model, key="k", value="v", actor=a, at=NOON)
    ),
    "tag version": (
        PIPELINE,
        lambda w, a: set_version_tag(version=w.candidate, key="k", value="v", actor=a, at=NOON),
    ),
    "delete tag": (
        PIPELINE,
        lambda w, a: delete_version_tag(
            version=w.candidate, key="metric.accuracy", actor=a, at=NOON
        ),
    ),
    "measure": (PIPELINE, measuring),
    "report what runs": (PIPELINE, reporting),
    "create slot": (
        {"owner", "developer"},
        lambda w, a: create_slot(model=w.model, name="eu/primary", actor=a, at=NOON),
    ),
    "make challenger": (
        {"owner", "developer"},
        lambda w, a: assign_role(
            slot=w.slot, version=w.candidate, role=SlotRole.CHALLENGER, actor=a, at=NOON
        ),
    ),
    "end shadow": (
        {"owner", "developer", "token"},
        lambda w, a: slots.end_role(slot=w.slot, version=w.candidate, actor=a, at=NOON),
    ),
    "write card": (
        {"owner", "developer", "token"},
        lambda w, a: save_draft(
            version=w.candidate, sections={"caveats": "Some."}, base=None, actor=a, at=NOON
        ),
    ),
    "publish card": (
        {"owner"}, lambda w, a: publish_card(version=w.candidate, actor=a, at=f.later(hours=5))
    ),
    "withdraw card": (
        {"owner"},
        lambda w, a: withdraw_card(
            revision=w.candidate.card_revisions.get(), reason="Wrong.", actor=a, at=NOON
        ),
    ),
    "comment on card": (COMMENTING, commenting_on_card),
    "settle comment on card": (
        COMMENTING,
        lambda w, a: settle_comment(
            comment_id=commenting_on_card(w, w.cast.validator).pk, actor=a, at=NOON
        ),
    ),
    "validate": ({"validator"}, validating),
    "raise finding": (
        {"validator"},
        lambda w, a: open_finding(
            version=w.candidate, finding=f.due_finding(), actor=a, at=NOON
        ),
    ),
    "close finding": (
        {"validator"},
        lambda w, a: close_finding(finding=w.finding, reason="Done.", actor=a, at=NOON),
    ),
    "build pack": (
        {"owner", "developer", "validator", "approver", "compliance", "console"},
        lambda w, a: request_pack(scope=scope_of_model(w.model), actor=a, at=NOON),
    ),
    "extract population": ({"compliance"}, extracting),
    "draw sample": (
        {"compliance"},
        lambda w, a: draw_sample(
            population=w.population,
            draw=Draw(method=Method.RANDOM, seed="1", size=1),
            actor=a,
            at=NOON,
        ),
    ),
    "open examination": ({"compliance"}, opening_examination),
    "widen examination": (
        {"compliance"},
        lambda w, a: widen_examination(
            examination_id=w.examination.pk, reason="More.", actor=a, at=NOON,
            models=[w.other],
        ),
    ),
    "extend examination": (
        {"compliance"},
        lambda w, a: extend_examination(
            examination_id=w.examination.pk, ends_at=f.later(days=30), reason="More.", actor=a,
            at=NOON,
        ),
    ),
    "end examination": (
        {"compliance"},
        lambda w, a: end_examination(
            examination_id=w.examination.pk, reason="Done.", actor=a, at=NOON
        ),
    ),
    "ask for information": ({"examiner"}, lambda w, a: asked(a, w.model)),
    "give somebody to answer": (
        {"compliance"},
        lambda w, a: assign_information_request(
            request_id=w.asked.pk, assignee=w.cast.validator, actor=a, at=NOON
        ),
    ),
    "answer": ({"owner"}, lambda w, a: answered(w.asked, a)),
    "take a question back": (
        {"examiner"},
        lambda w, a: withdraw_information_request(request_id=w.asked.pk, actor=a, at=NOON),
    ),
    "file evidence": ({"owner", "validator", "compliance"}, filing),
    "withdraw evidence": (
        {"owner", "validator", "compliance"},
        lambda w, a: withdraw_evidence(
            filed_id=filing(w, w.cast.compliance).pk, reason="Old.", actor=a, at=NOON
        ),
    ),
    "state that it does not apply": ({"owner", "validator", "compliance"}, stating),
    "have it apply again": (
        {"owner", "validator", "compliance"},
        lambda w, a: end_inapplicable(
            stated_id=stating(w, w.cast.compliance).pk, actor=a, at=NOON
        ),
    ),
    "add unit": (
        ADMINS, lambda w, a: create_unit(path=f"bank/{uuid4().hex}", name="U", actor=a, at=NOON)
    ),
    "add person": (ADMINS, adding_user),
    "close account": (
        ADMINS,
        lambda w, a: edit_user(
            user=w.cast.auditor, name="Aud Itor", is_active=False, actor=a, at=NOON
        ),
    ),
    "grant role": (ADMINS, granting),
    "end role": (ADMINS, lambda w, a: end_role(grant=w.grant, actor=a, at=NOON)),
    "add service": (ADMINS, adding_service),
    "issue token": (
        ADMINS,
        lambda w, a: issue_token(service=w.service, scopes=list(Scope), actor=a, at=NOON),
    ),
    "erase person": ({"compliance"}, erasing),
    "erase text": (
        {"compliance"},
        lambda w, a: erase_prose(
            prose_id=w.lent.reason_id, order=ORDER, proof=f.make_proof(a, at=LONG_AFTER),
            actor=a, at=LONG_AFTER,
        ),
    ),
    "place hold": (
        {"compliance"},
        lambda w, a: place_hold(
            on=Holdable.person(w.cast.owner), reason="A case.", actor=a, at=NOON
        ),
    ),
    "lift hold": (
        {"compliance"},
        lambda w, a: lift_hold(hold_id=w.hold.pk, reason="Over.", actor=a, at=NOON),
    ),
    "revoke token": (ADMINS, lambda w, a: revoke_token(token=w.token, actor=a, at=NOON)),
}  # fmt: skip


@pytest.mark.parametrize("act", TABLE)
def test_who_gets_through(world: World, act: str) -> None:
    allowed, attempt = TABLE[act]
    before, got_through = rows(), set()
    for name, actor in world.actors.items():
        with transaction.atomic():
            try:
                with transaction.atomic():
                    attempt(world, actor)
                got_through.add(name)
            except (NotAllowed, NotFound, Refused):
                assert rows() == before, name
            transaction.set_rollback(True)
    assert got_through == allowed


def test_every_row_is_as_the_ledger_says_it_was_left(world: World) -> None:
    """No write without its entry: the newest state on record is that of the row, for every row."""
    w = world
    for who, acts in {
        w.cast.administrator: ["close account", "end role", "issue token", "revoke token",
                               "add service", "add unit", "add person"],
        w.cast.developer: ["describe model", "describe version", "register", "tag model",
                           "tag version", "delete tag", "measure", "write card", "ask",
                           "report what runs", "create slot", "make challenger", "end shadow"],
        w.cast.validator: ["validate", "raise finding", "close finding", "comment on card",
                           "settle comment on card"],
        w.actors["examiner"]: ["ask for information", "take a question back"],
        w.cast.owner: ["withdraw card", "publish card", "withdraw", "edit model", "propose change"],
        w.cast.approver: ["sign policy", "roll back"],
        w.cast.compliance: ["open examination", "widen examination", "extend examination",
                            "end examination", "place hold", "lift hold", "erase text",
                            "erase person"],
    }.items():  # fmt: skip
        for act in acts:
            TABLE[act][1](w, who)
    last: dict[str, str] = {}
    for entry in LedgerEntry.objects.order_by("stream", "seq"):
        last.update(entry.states)
    found = {
        record.ref: state(record)
        for table in REGISTERED
        for record in table._default_manager.exclude(pk=None)
    }
    # A flag that no code of ours sets, and a row that is the work of a test, are the exceptions.
    differing = {ref for ref, digest in found.items() if last.get(ref) != digest}
    assert differing == {w.actors["superuser"].ref}
