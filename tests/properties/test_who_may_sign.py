"""Everybody tries everything: person × role × decision, at every interface and past all of them.

What comes out is compared with a table that is written down here; `docs/duties.md` says the same of
each hand by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from governance.accounts.actions import create_service_account, grant_role, issue_token
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import SIGNING_ROLES, Role, Scope
from governance.approvals.models import DossierCopy, PromotionRequest, SignOff
from governance.approvals.queries.cases import case_of
from governance.approvals.queries.chairs import reader_bars
from governance.approvals.rules.judgement import Decision
from governance.audit.actions import write_prose
from governance.cards.actions import publish_card, save_draft
from governance.cards.rules.sections import SECTIONS
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import NOON, PASSWORD, Cast
from tests.mlflow_wire import Wire
from tests.remembering import remembered
from tests.world import rows

pytestmark = pytest.mark.django_db

THREE = f.TO_PRODUCTION.replace(
    "validator_may_approve", '  - {role: COMPLIANCE, meaning: "I find the record complete."}\n'
    "validator_may_approve"
)  # fmt: skip
ASKED = (Role.VALIDATOR, Role.APPROVER, Role.COMPLIANCE)
"""The policy asks for these; head of model risk is a signing role that it does not ask for."""
NO_ROLE = "role_not_held"
UNSEEN = "not_seen"

# Who did what, and which rules stand against them. All but the last four hold every signing role.
BARRED: Mapping[str, set[str]] = {
    "owner": {"owner_signs_not"},
    "developer": {"developer_signs_not"},
    "registrant": {"registrant_signs_not"},
    "committer": {"committer_signs_not"},
    "writer": {"card_editor_signs_not"},
    "publisher": {"card_editor_signs_not"},
    "requester": {"requester_signs_not"},
    "signer": {"nobody_signs_twice"},
    "validator": {"validator_approves_not"},
    "free": set(),
    "superuser": {NO_ROLE},
    "administrator": {NO_ROLE},
    "auditor": {NO_ROLE},
    "outsider": {UNSEEN},
}
ALL_ROLES = {name for name, rules in BARRED.items() if not rules & {NO_ROLE, UNSEEN}}
SUPERUSERS = {"owner", "committer", "writer", "superuser"}
FREE_OF = {"validator": {Role.VALIDATOR}, "free": {*ASKED}}
"""In which of the roles asked for a person may sign; nobody else in any."""
REFUSED_AS_ROWS = {
    "owner", "developer", "registrant", "committer", "writer", "publisher", "requester", "signer",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Everybody:
    owner: User
    developer: User
    registrant: User
    committer: User
    writer: User  # wrote a comma, and others wrote after that
    publisher: User
    requester: User
    signer: User  # signed these facts as compliance
    validator: User  # signed the report
    free: User
    superuser: User  # Django's own power, and no role
    administrator: User
    auditor: User  # reads all of it
    outsider: User
    request: PromotionRequest


@remembered
def make_everybody(cast: Cast) -> Everybody:
    def person(name: str, role: Role | None = None) -> User:
        return f.make_person(name, *([role] if role else []), unit=cast.unit)

    f.make_policy(cast, f.TO_STAGING)
    f.make_policy(cast, THREE)
    registrant, requester = (person(n, Role.DEVELOPER) for n in ("Reg Istrant", "Rea Quester"))
    writer, publisher = person("Wri Ter", Role.DEVELOPER), person("Pub Lisher", Role.MODEL_OWNER)
    model = f.make_model(cast)
    version = f.make_version(
        Cast(**{**vars(cast), "developer": registrant}),
        model,
        committer=cast.second_approver.email,
    )
    first = {section.key: f"What there is to say on {section.title}." for section in SECTIONS}
    last = person("Las T Writer", Role.DEVELOPER)
    for sections, who in ((first, writer), ({"caveats": "None."}, last)):
        save_draft(version=version, sections=sections, base=None, actor=who, at=NOON)
    publish_card(version=version, actor=publisher, at=NOON)
    f.make_report(cast, version)
    f.ask(cast, version, Stage.STAGING)
    request = f.ask(cast, version, Stage.PRODUCTION, actor=requester).request
    assert request is not None
    signer = person("Sig Ner")
    people = Everybody(
        owner=cast.owner, developer=cast.developer, registrant=registrant,
        committer=cast.second_approver, writer=writer, publisher=publisher, requester=requester,
        signer=signer, validator=cast.validator, free=cast.approver,
        superuser=f.make_person("Su Per", unit=cast.root), administrator=cast.administrator,
        auditor=f.make_person("Rea Der", Role.DEVELOPER, unit=cast.unit),
        outsider=cast.outsider, request=request,
    )  # fmt: skip
    for name in sorted(ALL_ROLES):
        for role in SIGNING_ROLES:
            grant_role(
                user=getattr(people, name), role=role, unit=cast.root, starts_at=NOON,
                actor=CONSOLE, at=NOON,
            )  # fmt: skip
    f.sign(request, signer, Role.COMPLIANCE)
    return people


@pytest.fixture
def people(cast: Cast) -> Everybody:
    people = make_everybody(cast)
    powerful = [getattr(people, name).pk for name in SUPERUSERS]
    User.objects.filter(pk__in=powerful).update(is_superuser=True)
    return people


@contextmanager
def undone() -> Iterator[None]:
    # No block of its own: a refusal is put on record in a transaction that must be the outermost.
    point = transaction.savepoint()
    yield
    transaction.savepoint_rollback(point)


def token_of(cast: Cast, user: User) -> str:
    """A token with every scope, for which this person answers."""
    service = create_service_account(
        name="caller", unit=cast.unit, responsible=user, actor=CONSOLE, at=NOON
    )
    return issue_token(service=service, scopes=list(Scope), actor=CONSOLE, at=timezone.now())[1]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_table_names_everybody() -> None:
    assert BARRED.keys() == {field.name for field in fields(Everybody)} - {"request"}


@pytest.mark.parametrize("name", BARRED)
def test_the_rules_say_what_the_table_says(people: Everybody, name: str) -> None:
    case = case_of(PromotionRequest.objects.with_version().get(pk=people.request.pk), at=NOON)
    for role in ASKED:
        found = {bar.rule for bar in reader_bars(case, reader=getattr(people, name), role=role)}
        expected = set() if role in FREE_OF.get(name, set()) else BARRED[name]
        assert found == expected - {NO_ROLE, UNSEEN}


def may(name: str, role: Role, decision: Decision) -> bool:
    """Compliance has signed, so nobody is needed there any more; refusing is still possible."""
    taken = role == Role.COMPLIANCE and decision == Decision.APPROVE
    return role in FREE_OF.get(name, set()) and not taken


@pytest.mark.parametrize("name", BARRED)
def test_in_the_portal(people: Everybody, name: str) -> None:
    user, path = getattr(people, name), f"/decisions/{people.request.pk}/"
    client = client_of(user)
    page = client_of(people.free).get(path).content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    before = rows()
    for role, decision in product(SIGNING_ROLES, Decision):
        said = {
            "step": "sign", "decision": decision, "role": role, "seen": seen,
            "comment": "I have read it.", "password": PASSWORD,
        }  # fmt: skip
        with undone():
            answer = client.post(f"{path}sign/", said)
            mine = SignOff.objects.filter(signer=user, role=role, decision=decision)
            signed = mine.exists() and rows() != before
            assert signed == may(name, role, decision), (role, decision, answer.status_code)
            if not signed:
                assert rows() == before, (role, decision)
                # Who has signed already gets told so, and is sent back to the decision.
                expected = {"outsider": 404, "superuser": 404, "signer": 302}.get(name, 403)
                assert answer.status_code == expected, (role, decision)


@pytest.mark.parametrize("name", BARRED)
def test_through_mlflow_and_databricks(cast: Cast, people: Everybody, name: str) -> None:
    wire, key = (
        Wire(token_of(cast, getattr(people, name))),
        {"name": "churn-model", "version": "1", "stage": "Production"},
    )
    before = rows()
    with undone():
        assert wire.post("transition-requests/approve", **key, comment="Yes.").status == 403
        assert wire.post("model-versions/transition-stage", **key).status == 403
        assert rows() == before
    with undone():
        answer = wire.post("transition-requests/reject", **key, comment="No.")
        people.request.refresh_from_db()
        rejected = people.request.state == "REJECTED"
        assert rejected == (name in FREE_OF), answer.message
        assert rejected or (answer.status == 403 and rows() == before)
        assert not SignOff.objects.filter(decision=Decision.REJECT).exists()
    people.request.refresh_from_db()


NO_SUCH_PLACE = (
    "/api/v1/decisions/{pk}/sign", "/api/v1/requests/{pk}/sign", "/api/v1/requests/{pk}/reject",
    "/api/v1/sign-offs", "/admin/approvals/signoff/add/", "/admin/approvals/promotionrequest/",
    "/admin/approvals/promotionrequest/{pk}/change/", "/admin/registry/modelversion/{pk}/change/",
    "/admin/registry/stagechange/add/", "/admin/approvals/policysignoff/add/",
)  # fmt: skip


@pytest.mark.parametrize("name", BARRED)
def test_neither_rest_nor_the_admin_has_a_place_for_it(
    cast: Cast, people: Everybody, name: str
) -> None:
    token = token_of(cast, getattr(people, name))
    rest, admin = (
        Client(headers={"Authorization": f"Bearer {token}"}),
        client_of(getattr(people, name)),
    )
    said = {"decision": "APPROVE", "role": "APPROVER", "password": PASSWORD, "state": "DONE"}
    before = rows()
    for place in NO_SUCH_PLACE:
        client = rest if place.startswith("/api/") else admin
        answer = client.post(place.format(pk=people.request.pk), said)
        assert answer.status_code in {403, 404}, place
    assert rows() == before


def test_the_admin_knows_no_table_of_decisions(people: Everybody) -> None:
    page = client_of(people.administrator).get("/admin/").content.decode()
    assert "/admin/approvals/" not in page
    assert "/admin/registry/" not in page


@pytest.mark.backend
@pytest.mark.parametrize("name", BARRED)
def test_as_rows_past_the_actions(people: Everybody, name: str) -> None:
    """Of who had a hand in it no row is taken, superuser or not. Roles are the rules' to judge."""
    user, copy = getattr(people, name), DossierCopy.objects.get(request=people.request)
    for role, decision in product(SIGNING_ROLES, Decision):
        said: dict[str, Any] = {
            "request": people.request, "dossier": copy, "dossier_digest": copy.digest,
            "signer": user, "role": role, "decision": decision, "meaning": "I sign.",
            "proof": "PASSWORD", "signed_at": NOON,
        }  # fmt: skip
        before = rows()
        with undone():
            said |= {"printed_name": write_prose("X"), "comment": write_prose("Y")}
            if name in REFUSED_AS_ROWS:
                # Either by the trigger or, for who signed before, by the unique constraint.
                with pytest.raises(IntegrityError), transaction.atomic():
                    SignOff.objects.create(**said)
            else:
                SignOff.objects.create(**said)
        assert rows() == before
