"""Rows that no rule has seen: written past the actions, and refused by the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.actions import ask_for_stage, propose_policy, withdraw
from governance.approvals.actions.rollbacks import roll_back, rollback_case
from governance.approvals.models import (
    DossierCopy,
    Override,
    OverrideSignOff,
    PolicySignOff,
    PolicyVersion,
    PromotionRequest,
    SignOff,
)
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.judgement import Decision
from governance.audit.actions import write_prose
from governance.audit.verification import verify
from governance.cards.actions import publish_card, save_draft
from governance.inventory.actions import edit_model
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, Slot, SlotAssignment, StageChange
from governance.registry.queries import default_slot
from governance.registry.rules import Move, SlotRole, Stage
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.properties.test_attacks_governance import record_of
from tests.world import nothing_moves

pytestmark = [pytest.mark.backend, pytest.mark.django_db]

on_sqlite = connection.vendor == "sqlite"


@contextmanager
def forbidden(says: str) -> Iterator[None]:
    """Expect the database to refuse the block in these words, and nothing to move."""
    with nothing_moves(), pytest.raises(IntegrityError, match=says), transaction.atomic():
        yield


@pytest.fixture
def model(cast: Cast) -> Model:
    f.make_policies(cast)
    return f.make_model(cast)


@pytest.fixture
def version(cast: Cast, model: Model) -> ModelVersion:
    return f.make_version(cast, model, committer=cast.second_approver.email)


@pytest.fixture
def request_(cast: Cast, version: ModelVersion) -> PromotionRequest:
    return f.make_ready(cast, version)


@pytest.fixture
def signed(cast: Cast, request_: PromotionRequest) -> PromotionRequest:
    f.sign(request_, cast.validator, Role.VALIDATOR)
    return request_


def copy_of(request: PromotionRequest) -> DossierCopy:
    """The dossier as it stands, kept as for a signature."""
    case = case_of(PromotionRequest.objects.with_version().get(pk=request.pk), at=NOON)
    return DossierCopy.objects.get_or_create(
        request=request,
        digest=case.digest,
        defaults={"text": case.dossier.text(), "recorded_at": NOON},
    )[0]


def insert_signature(
    copy: DossierCopy, signer: User, *, request: PromotionRequest | None = None, **changed: Any
) -> SignOff:
    said: dict[str, Any] = {
        "request": request or copy.request,
        "dossier": copy,
        "signer": signer,
        "printed_name": write_prose(signer.name),
        "role": Role.APPROVER,
        "decision": Decision.APPROVE,
        "meaning": "I approve this version for the stated use.",
        "dossier_digest": copy.digest,
        "proof": "PASSWORD",
        "signed_at": NOON,
    }
    return SignOff.objects.create(**(said | changed))


# --- signatures ----------------------------------------------------------------------------------

SAYS = {
    "owner": "owned or built",
    "developer": "owned or built",
    "second_approver": "committed the code",
    "compliance": "wrote in the card",
    "auditor": "asked for the change",
    "administrator": "registered the version",
}


@pytest.fixture
def handled(cast: Cast, model: Model) -> DossierCopy:
    """A request in which everybody but approver and validator had one hand each."""
    for person in (cast.compliance, cast.auditor, cast.administrator):
        f.grant_role(
            user=person, role=Role.DEVELOPER, unit=cast.unit, starts_at=NOON,
            actor=f.CONSOLE, at=NOON,
        )  # fmt: skip
    f.grant_role(
        user=cast.compliance, role=Role.MODEL_OWNER, unit=cast.unit, starts_at=NOON,
        actor=f.CONSOLE, at=NOON,
    )  # fmt: skip
    registrant = Cast(**{**vars(cast), "developer": cast.administrator})
    version = f.make_version(registrant, model, committer=cast.second_approver.email)
    writer = Cast(**{**vars(cast), "developer": cast.compliance, "owner": cast.compliance})
    f.make_card(writer, version)
    f.make_report(cast, version)
    f.ask(cast, version, Stage.STAGING)
    request = f.ask(cast, version, Stage.PRODUCTION, actor=cast.auditor).request
    assert request is not None
    return copy_of(request)


@pytest.mark.parametrize(("who", "says"), SAYS.items())
@pytest.mark.parametrize("superuser", [False, True])
def test_whoever_had_a_hand_in_it_signs_not(
    cast: Cast, handled: DossierCopy, who: str, says: str, superuser: bool
) -> None:
    person = getattr(cast, who)
    User.objects.filter(pk=person.pk).update(is_superuser=superuser)
    for decision in Decision.values:
        with forbidden(says):
            insert_signature(handled, person, decision=decision, comment=write_prose("Why."))


@pytest.mark.parametrize(("who", "says"), SAYS.items())
def test_nor_does_a_deputy_in_their_name(
    cast: Cast, handled: DossierCopy, who: str, says: str
) -> None:
    with forbidden(says):
        insert_signature(handled, cast.approver, on_behalf_of=getattr(cast, who))


def test_who_had_no_hand_in_it_is_let_through(cast: Cast, handled: DossierCopy) -> None:
    insert_signature(handled, cast.approver)
    insert_signature(handled, cast.validator, role=Role.VALIDATOR)
    assert handled.sign_offs.count() == 2


def test_a_comma_or_a_click_in_the_card_is_enough(cast: Cast, request_: PromotionRequest) -> None:
    writer = f.make_person("Wanda Writer", Role.DEVELOPER, unit=cast.unit)
    publisher = f.make_person("Paul Publisher", Role.MODEL_OWNER, unit=cast.unit)
    version = request_.version
    save_draft(
        version=version, sections={"caveats": "None,"}, base=None, actor=writer, at=NOON
    )  # fmt: skip
    with forbidden("wrote in the card"):
        insert_signature(copy_of(request_), writer)
    save_draft(
        version=version, sections={"caveats": "None."}, base=None, actor=cast.developer, at=NOON
    )  # fmt: skip
    publish_card(version=version, actor=publisher, at=NOON)
    for person in (writer, publisher):
        with forbidden("wrote in the card"):
            insert_signature(copy_of(request_), person)


def test_an_owner_of_yesterday_signs_not(cast: Cast, handled: DossierCopy) -> None:
    other = f.make_person("Nina Owner", Role.MODEL_OWNER, unit=cast.unit)
    model = handled.request.model
    edit_model(model=model, record=record_of(model, owner=other), actor=cast.owner, at=NOON)
    with forbidden("owned or built"):
        insert_signature(copy_of(handled.request), cast.owner)


def test_by_hand_and_by_deputy_is_twice(cast: Cast, handled: DossierCopy) -> None:
    deputy = f.make_person("Dep Uty", Role.APPROVER, unit=cast.root)
    insert_signature(handled, cast.approver)
    with forbidden("signs the same twice"):
        insert_signature(handled, deputy, on_behalf_of=cast.approver)
    insert_signature(handled, deputy, on_behalf_of=cast.validator, role=Role.VALIDATOR)
    for person in (cast.validator, deputy):
        with forbidden("signs the same twice"):
            insert_signature(handled, person)


def test_a_signature_moved_to_another_record_is_refused(
    cast: Cast, signed: PromotionRequest, model: Model
) -> None:
    other = copy_of(f.make_ready(cast, f.make_version(cast, model, artifact="b" * 64)))
    mine = copy_of(signed)
    for changed in (
        {"request": signed, "dossier": other, "dossier_digest": other.digest},
        {"request": signed, "dossier": other, "dossier_digest": mine.digest},
        {"request": signed, "dossier": mine, "dossier_digest": other.digest},
        {"request": other.request, "dossier": mine, "dossier_digest": mine.digest},
    ):
        with forbidden("belongs to the dossier"):
            insert_signature(mine, cast.approver, **changed)


def test_a_closed_request_takes_no_signature_and_does_not_open_again(
    cast: Cast, request_: PromotionRequest
) -> None:
    copy = copy_of(request_)
    withdraw(request_id=request_.pk, reason="Later.", actor=cast.developer, at=NOON)
    with forbidden("takes no signature"):
        insert_signature(copy, cast.approver)
    with forbidden("does not open again"):
        PromotionRequest.objects.filter(pk=request_.pk).update(state="OPEN", closed_at=None)


@pytest.mark.parametrize(
    "verb", ["INSERT", "INSERT OR IGNORE", "REPLACE"] if on_sqlite else ["INSERT"]
)
def test_plain_sql_is_refused_as_well(cast: Cast, request_: PromotionRequest, verb: str) -> None:
    row = SignOff(
        request=request_, dossier=copy_of(request_), signer=cast.owner,
        printed_name=write_prose("Olga Owner"), role="APPROVER", decision="APPROVE",
        meaning="x", dossier_digest=copy_of(request_).digest, proof="PASSWORD", signed_at=NOON,
    )  # fmt: skip
    fields = row._meta.concrete_fields
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    columns, marks = ", ".join(one.column for one in fields), ", ".join(["%s"] * len(fields))
    with forbidden("does not sign for it"), connection.cursor() as cursor:
        if not on_sqlite:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("CREATE TEMP TABLE inventory_builder AS SELECT * FROM inventory_builder")
            cursor.execute("TRUNCATE pg_temp.inventory_builder")
        cursor.execute(f"{verb} INTO approvals_signoff ({columns}) VALUES ({marks})", values)


def test_a_rollback_is_asked_for_and_signed_by_one(cast: Cast, version: ModelVersion) -> None:
    f.make_champion(cast, version)
    successor = f.make_version(cast, version.model, artifact="b" * 64)
    f.make_champion(cast, successor)
    slot = default_slot(version.model)
    assert slot is not None
    request = roll_back(
        slot=slot, digest_seen=rollback_case(slot, at=later(hours=1)).digest, reason="It drifts.",
        proof=f.make_proof(cast.approver, at=later(hours=1)), actor=cast.approver,
        at=later(hours=1),
    )  # fmt: skip
    assert request.sign_offs.get().signer == request.requested_by == cast.approver
    version.refresh_from_db()
    assert version.stage == Stage.PRODUCTION
    assert verify().intact


def test_an_override_is_signed_by_nobody_with_a_hand_in_it(
    cast: Cast, handled: DossierCopy
) -> None:
    override = Override.objects.create(
        request=handled.request, check_id="accuracy", check_digest="c" * 64,
        reason=write_prose("Why."), control=write_prose("How."), digest="d" * 64,
        expires_date=date(2026, 6, 1), proposed_by=cast.owner, proposed_at=NOON,
    )  # fmt: skip

    def insert(person: User, digest: str) -> OverrideSignOff:
        return OverrideSignOff.objects.create(
            override=override, signer=person, printed_name=write_prose(person.name),
            role=Role.APPROVER, meaning="I answer for it.", override_digest=digest,
            proof="PASSWORD", signed_at=NOON,
        )  # fmt: skip

    for who, says in SAYS.items():
        with forbidden(says):
            insert(getattr(cast, who), override.digest)
    with forbidden("belongs to the override"):
        insert(cast.approver, "e" * 64)
    insert(cast.approver, override.digest)


# --- stages and slots ----------------------------------------------------------------------------


def insert_change(request: PromotionRequest, **changed: Any) -> StageChange:
    said: dict[str, Any] = {
        "version": request.version,
        "slot": request.slot,
        "source": Stage.STAGING,
        "target": Stage.PRODUCTION,
        "move": Move.PROMOTED,
        "authorized_by": request.ref,
        "changed_by": "user:1",
        "changed_at": NOON,
    }
    return StageChange.objects.create(**(said | changed))


def insert_assignment(request: PromotionRequest, **changed: Any) -> SlotAssignment:
    said: dict[str, Any] = {
        "version": request.version,
        "slot": request.slot,
        "authorized_by": request.ref,
        "assigned_at": NOON,
    }
    return SlotAssignment.objects.create(**(said | changed))


LIVE = "on an open request for it that was signed"
TRAFFIC = "on a request for it that was signed"


def test_nothing_goes_live_on_a_request_that_nobody_signed(request_: PromotionRequest) -> None:
    with forbidden(LIVE):
        insert_change(request_)
    with forbidden(TRAFFIC):
        insert_assignment(request_)
    with forbidden(TRAFFIC):
        insert_assignment(request_, role=SlotRole.CANARY, share=5)


def test_nor_on_one_that_was_rejected_or_is_closed(cast: Cast, request_: PromotionRequest) -> None:
    f.sign(
        request_, cast.validator, Role.VALIDATOR, decision=Decision.REJECT, comment="Not fit."
    )  # fmt: skip
    for insert in (insert_change, insert_assignment):
        with forbidden("that was signed"):
            insert(request_)


def test_nor_on_one_for_something_else(cast: Cast, signed: PromotionRequest, model: Model) -> None:
    second = f.make_version(cast, model, artifact="b" * 64)
    f.ask(cast, second, Stage.STAGING)
    other = Slot.objects.create(model=model, name="eu/primary", is_default=False, created_at=NOON)
    strange = [
        {"version": second},
        {"slot": other},
        {"authorized_by": ""},
        {"authorized_by": "request:1"},
        {"authorized_by": signed.version.ref},
        {"authorized_by": signed.ref.replace("request", "dossier")},
    ]
    for changed in strange:
        with forbidden(TRAFFIC):
            insert_assignment(signed, **changed)
        if changed != {"authorized_by": ""}:
            with forbidden(LIVE):
                insert_change(signed, **changed)
    with forbidden(LIVE):
        insert_change(signed, move=Move.ROLLED_BACK)
    with forbidden(TRAFFIC):
        insert_assignment(signed, role=SlotRole.CANARY, share=5)


def test_a_change_begins_where_the_version_is(signed: PromotionRequest) -> None:
    with forbidden("begins at the stage"):
        insert_change(signed, source=Stage.DRAFT)
    with forbidden("begins at the stage"):
        insert_change(signed, source=Stage.PRODUCTION, target=Stage.ARCHIVED)


WALK = "to which the recorded changes led it"


@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.PRODUCTION, Stage.ARCHIVED])
def test_no_version_moves_without_a_recorded_change(signed: PromotionRequest, stage: Stage) -> None:
    with forbidden(WALK):
        ModelVersion.objects.filter(pk=signed.version_id).update(stage=stage)
    statements = (
        ["UPDATE"] if not on_sqlite else ["UPDATE", "UPDATE OR IGNORE", "UPDATE OR REPLACE"]
    )
    for update in statements:
        with forbidden(WALK), connection.cursor() as cursor:
            cursor.execute(f"{update} registry_modelversion SET stage = %s", [stage])


def test_a_change_of_long_ago_is_used_once(cast: Cast, version: ModelVersion) -> None:
    f.make_champion(cast, version)
    request = PromotionRequest.objects.get(version=version, target=Stage.PRODUCTION)
    ask_for_stage(version=version, target=Stage.ARCHIVED, actor=cast.owner, at=later(hours=1))
    version.refresh_from_db()
    assert version.stage == Stage.ARCHIVED
    change = StageChange.objects.get(version=version, target=Stage.PRODUCTION)
    with forbidden(WALK):
        ModelVersion.objects.filter(pk=version.pk).update(
            stage=Stage.PRODUCTION, updated_at=change.changed_at
        )
    with forbidden(LIVE):
        insert_change(request, source=Stage.ARCHIVED)
    with forbidden(TRAFFIC):
        insert_assignment(request)
    with forbidden("does not begin again"):
        SlotAssignment.objects.update(ended_at=None)


def test_a_version_is_born_in_draft(cast: Cast, version: ModelVersion) -> None:
    with forbidden("is registered in Draft"):
        ModelVersion.objects.create(
            model=version.model, number=9, source="s3://x/y", digest="0" * 64,
            registered_by=cast.developer, registered_via="user:1", registered_at=NOON,
            updated_at=NOON, stage=Stage.PRODUCTION,
        )  # fmt: skip


def test_a_canary_gets_no_more_than_was_signed(cast: Cast, version: ModelVersion) -> None:
    slot = Slot.objects.create(
        model=version.model, name="eu/primary", is_default=False, created_at=NOON
    )
    request = f.make_canary(cast, version, slot, share=20)
    SlotAssignment.objects.filter(version=version, ended_at=None).update(ended_at=later(hours=1))
    for changed in (
        {"role": SlotRole.CANARY, "share": 21},
        {"role": SlotRole.CHAMPION},
    ):
        with forbidden(TRAFFIC):
            insert_assignment(request, **changed)
    insert_assignment(request, role=SlotRole.CANARY, share=20)


def test_a_request_names_one_model(cast: Cast, request_: PromotionRequest) -> None:
    other = f.make_model(cast, name="other-model")
    foreign = f.make_version(cast, other)
    slot = Slot.objects.get(model=other)
    said = {
        "version": foreign, "model": other, "slot": slot, "number": 9, "source": Stage.DRAFT,
        "target": Stage.STAGING, "move": Move.PROMOTED, "requested_by": cast.developer,
        "requested_via": "user:1", "opened_at": NOON,
    }  # fmt: skip
    mixed: list[dict[str, Any]] = [
        {"version": request_.version}, {"slot": request_.slot}, {"model": request_.model},
    ]  # fmt: skip
    for changed in mixed:
        with forbidden("of one model"):
            PromotionRequest.objects.create(**(said | changed))
    PromotionRequest.objects.create(**said)


# --- policies ------------------------------------------------------------------------------------


def insert_policy_signature(row: PolicyVersion, signer: User, digest: str) -> PolicySignOff:
    return PolicySignOff.objects.create(
        policy=row, signer=signer, printed_name=write_prose(signer.name), role=Role.COMPLIANCE,
        decision=Decision.APPROVE, meaning="I approve.", policy_digest=digest, proof="PASSWORD",
        signed_at=NOON,
    )  # fmt: skip


def test_a_policy_takes_effect_on_two_signatures_of_others(cast: Cast) -> None:
    row = propose_policy(text=f.TO_PRODUCTION, actor=cast.compliance, at=NOON)
    here = PolicyVersion.objects.filter(pk=row.pk)
    with forbidden("Who proposed"):
        insert_policy_signature(row, cast.compliance, row.digest)
    with forbidden("belongs to the proposed policy"):
        insert_policy_signature(row, cast.approver, "0" * 64)
    for signer in (cast.approver, cast.auditor):
        with forbidden("two people have signed"):
            here.update(state="IN_FORCE", in_force_at=NOON)
        insert_policy_signature(row, signer, row.digest)
    here.update(state="IN_FORCE", in_force_at=NOON)
    with forbidden("belongs to the proposed policy"):
        insert_policy_signature(row, cast.second_approver, row.digest)
    here.update(state="SUPERSEDED", ended_at=NOON)
    with forbidden("two people have signed"):
        here.update(state="IN_FORCE", ended_at=None)
    with forbidden("begins as a proposal"):
        PolicyVersion.objects.create(
            key="sly", number=1, title="Sly", text="x", content_text="x", digest="0" * 64,
            state="IN_FORCE", proposed_by="user:1", proposed_at=NOON, in_force_at=NOON,
        )  # fmt: skip


def test_a_database_that_was_migrated_anew_refuses_as_before(
    cast: Cast, request_: PromotionRequest
) -> None:
    call_command("migrate", verbosity=0)
    with forbidden(LIVE):
        insert_change(request_)
