"""Erasing a person: what goes, what a model in use, retention or a hold keeps, and what refuses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction

from governance.accounts.actions import (
    Holdable,
    Order,
    edit_user,
    erase_prose,
    give_delegation,
    lift_hold,
    place_hold,
)
from governance.accounts.erasing import mentions_of, plan_of
from governance.accounts.models import Hold, User
from governance.accounts.rules import (
    AccountActive,
    AccountErased,
    HoldExists,
    HoldLifted,
    NothingToErase,
    OnHold,
    PermissionMissing,
    ProofMissing,
    Retained,
    Role,
)
from governance.approvals.models import SignOff
from governance.audit.models import LedgerEntry, Prose
from governance.audit.personal import TEXTS
from governance.audit.registration import REGISTERED, state
from governance.audit.verification import verify
from governance.cards.actions.unsaved import keep_unsaved
from governance.cards.models import UnsavedText
from governance.core.errors import InvalidInput
from governance.core.kept_files import files_kept, keep_file
from governance.inventory.actions.attestations import attest, open_campaign
from governance.inventory.models import Attestation, Model, SavedView
from governance.inventory.queries import record_digest
from governance.registry.actions.comments import comment_on_version
from governance.registry.models import ModelVersion
from tests import factories as f
from tests.authenticators import make_app
from tests.erasing import KEPT_THROUGH, LONG_AFTER, ORDER, erase, let_go, places_of, retire
from tests.factories import NOON, Cast
from tests.world import nothing_moves

pytestmark = [pytest.mark.django_db, pytest.mark.backend]


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """Live, with the approver's and the validator's names printed under it."""
    f.make_policies(cast)
    version = f.make_version(cast, f.make_model(cast))
    f.make_champion(cast, version)
    return version


def entry_of(verb: str) -> LedgerEntry:
    return LedgerEntry.objects.filter(verb=verb).latest("seq")


def hold(cast: Cast, on: Holdable) -> Hold:
    return place_hold(on=on, reason="Case 7 O 12/26.", actor=cast.compliance, at=NOON)


def of_model(model: Model) -> Holdable:
    return Holdable(ref=model.ref, stream=model.stream, name=model.name)


def name_under(version: ModelVersion, user: User) -> Prose:
    return SignOff.objects.get(request__version=version, signer=user).printed_name


def test_every_table_with_prose_says_what_keeps_it() -> None:
    holding = {
        model for model in apps.get_models()
        if any(field.related_model is Prose for field in model._meta.concrete_fields)
    }  # fmt: skip
    assert holding == TEXTS.keys()
    for model, texts in TEXTS.items():
        names = {column for column in texts.columns if column.endswith("_name")}
        assert names == texts.printed.keys(), model


class TestOfAPerson:
    def test_name_address_and_keys_give_way_to_a_pseudonym(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        person = let_go(cast.outsider)
        make_app(person)
        session = SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session.create()
        old_state, old_salt = state(person), person.salt

        row = erase(cast, person)

        person.refresh_from_db()
        assert person.name == f"Erased person {person.pk.hex[:8]}"
        assert person.email == f"{person.pk.hex}@erased.invalid"
        assert not person.has_usable_password()
        assert (person.last_login, person.password_chosen_at) == (None, None)
        assert person.salt != old_salt
        assert not Authenticator.objects.filter(user=person).exists()
        assert not Session.objects.filter(pk=session.session_key).exists()
        entry = entry_of("person.erased")
        assert entry.facts == {
            "authority": "GDPR_17_1_B", "case": "DSR-2026/17", "proof": "PASSWORD", "kept": {},
            "erased": {"accounts.User": 1, "mfa.Authenticator": 1, "sessions.Session": 1},
        }  # fmt: skip
        assert (entry.subject, entry.actor) == (person.ref, cast.compliance.ref)
        assert entry.states[person.ref] == state(person) != old_state
        assert {row.ref, row.reason.ref} <= entry.states.keys()
        assert (row.erased, row.kept) == (entry.facts["erased"], {})
        assert verify(states=True).intact

    def test_notes_and_files_go(
        self, cast: Cast, version: ModelVersion,
        django_capture_on_commit_callbacks: Any,
    ) -> None:  # fmt: skip
        person = cast.developer
        keep_unsaved(
            version=version, section="caveats", text="Half a", base=0, actor=person, at=NOON
        )
        SavedView.objects.create(owner=person, name="Mine", query="tier=1", saved_at=NOON)
        keep_file(b"name\n", sender=person)
        let_go(person)
        with django_capture_on_commit_callbacks(execute=True):
            row = erase(cast, person)
        assert row.erased == {
            "accounts.User": 1, "cards.UnsavedText": 1, "core.kept_files": 1,
            "inventory.SavedView": 1,
        }  # fmt: skip
        assert not UnsavedText.objects.exists()
        assert not SavedView.objects.exists()
        assert files_kept(person) == []

    def test_what_a_model_in_use_rests_on_stays_and_is_counted(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        person, name = let_go(cast.validator), cast.validator.name
        row = erase(cast, person)
        assert row.kept == entry_of("person.erased").facts["kept"] == {"in_use": 2}
        assert str(name_under(version, person)) == name
        assert places_of([name, "vera.valid"]) == {"audit_prose.text"}
        texts = Prose.objects.filter(text__icontains=name)
        assert {str(text) for text in texts} == {name}
        assert verify(states=True).intact
        with nothing_moves(), pytest.raises(NothingToErase):
            erase(cast, person)

    def test_what_was_kept_goes_once_retention_has_ended(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        retire(cast, version.model)
        person, name = let_go(cast.approver), cast.approver.name
        # The three policies that are in force keep the name under them.
        assert erase(cast, person).kept == {"in_use": 3, "retention": 1}
        plan = plan_of(person, at=NOON)
        said = {kept.says for _, kept in plan.stays if kept.rule == "retention"}
        assert said == {"The record of churn-model is kept through 2 Mar 2036."}

        last_day = NOON.replace(year=2036)
        with nothing_moves(), pytest.raises(NothingToErase):
            erase(cast, person, at=last_day)
        row = erase(cast, person, at=last_day + timedelta(days=1))
        assert row.erased == {"approvals.SignOff.printed_name": 1}
        printed = name_under(version, person)
        assert (printed.text, printed.salt) == ("", "")
        assert str(printed) == "[erased 2036-03-03]"
        assert printed.ref in entry_of("person.erased").states
        assert name in {str(text) for text in Prose.objects.all()}, "policies in force"
        assert verify(states=True).intact

    def test_nobody_finds_the_name_anywhere_afterwards(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        """Of somebody whose signatures nothing keeps any more: every column of every table."""
        retire(cast, version.model)
        people = [let_go(one) for one in (cast.validator, cast.developer, cast.owner)]
        words = ["vera valid", "valid@", "dev singh", "dev.singh", "olga"]
        assert places_of(words) >= {"accounts_user.name", "accounts_user.email", "audit_prose.text"}
        for person in people:
            assert erase(cast, person, at=LONG_AFTER).kept == {}
        assert places_of(words) == set()
        assert verify(states=True).intact

    def test_an_attestation_names_people_and_goes_with_the_first_of_them(self, cast: Cast) -> None:
        model = f.make_model(cast)
        campaign = open_campaign(
            title="Spring", statement="I know it.", unit=cast.root, tiers=[3],
            due_date=date(2026, 4, 1), repeat_months=None, actor=cast.compliance, at=NOON,
        )  # fmt: skip
        given = attest(
            campaign_id=campaign.pk, model=model, outcome="ACCURATE", remarks="",
            digest_seen=record_digest(model), proof=f.make_proof(cast.owner), actor=cast.owner,
            at=NOON,
        )  # fmt: skip
        assert "Dev Singh" in given.snapshot.text
        retire(cast, model)
        row = erase(cast, let_go(cast.developer), at=LONG_AFTER)
        assert row.erased == {"accounts.User": 1, "inventory.Attestation.snapshot": 1}
        assert places_of(["dev singh"]) == set()
        assert str(Attestation.objects.get().printed_name) == "Olga Owner"
        assert verify(states=True).intact

    def test_an_erased_person_stays_erased(self, cast: Cast) -> None:
        person = let_go(cast.outsider)
        erase(cast, person)
        for name, active in (("Otto Outsider", False), (person.name, True)):
            with nothing_moves(), pytest.raises(AccountErased):
                edit_user(
                    user=person, name=name, is_active=active, actor=cast.administrator, at=NOON
                )


class TestRefused:
    def test_who_may_still_sign_in(self, cast: Cast) -> None:
        with nothing_moves(), pytest.raises(AccountActive, match="administrator end that"):
            erase(cast, cast.outsider)

    @pytest.mark.parametrize("who", ["owner", "approver", "administrator", "outsider"])
    def test_whoever_is_not_of_compliance(self, cast: Cast, who: str) -> None:
        person = let_go(cast.second_approver)
        with nothing_moves(), pytest.raises(PermissionMissing):
            erase(cast, person, actor=getattr(cast, who))

    def test_without_a_fresh_proof(self, cast: Cast, version: ModelVersion) -> None:
        person = let_go(cast.validator)
        with nothing_moves(), pytest.raises(ProofMissing):
            erase(cast, person, proof=f.make_proof(cast.auditor))
        prose = give_prose(cast)
        with nothing_moves(), pytest.raises(ProofMissing):
            erase_prose(
                prose_id=prose.pk, order=ORDER, proof=f.make_proof(cast.auditor),
                actor=cast.compliance, at=LONG_AFTER,
            )  # fmt: skip

    @pytest.mark.parametrize(
        ("field", "value", "rule"),
        [
            ("authority", "BECAUSE", "known"),
            ("authority", "", "known"),
            ("case", "", "code"),
            ("case", "Anna Berger", "code"),
            ("case", "x" * 41, "code"),
            ("reason", "  ", "required"),
            ("reason", "x" * 2001, "length"),
            ("reason", "a\x00b", "length"),
        ],
    )
    def test_an_order_that_is_none(self, cast: Cast, field: str, value: str, rule: str) -> None:
        person = let_go(cast.outsider)
        order = Order(**{**vars(ORDER), field: value})
        with nothing_moves(), pytest.raises(InvalidInput) as refused:
            erase(cast, person, order=order)
        assert [(p.field, p.rule) for p in refused.value.problems] == [(field, rule)]

    def test_the_database_lets_nothing_else_be_done_to_a_text(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        printed = name_under(version, cast.validator)
        for change in (
            {"text": "Somebody Else"},
            {"text": "", "salt": "", "digest": "0" * 64, "erased_at": NOON},
            {"text": "", "erased_at": NOON},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Prose.objects.filter(pk=printed.pk).update(**change)
        Prose.objects.filter(pk=printed.pk).update(text="", salt="", erased_at=NOON)
        with pytest.raises(IntegrityError), transaction.atomic():
            Prose.objects.filter(pk=printed.pk).update(text="x", salt="y", erased_at=None)


class TestHolds:
    def test_a_hold_on_a_person_keeps_everything(self, cast: Cast) -> None:
        person = let_go(cast.outsider)
        placed = hold(cast, Holdable.person(person))
        assert entry_of("hold.placed").facts == {"hold": placed.ref}
        with nothing_moves(), pytest.raises(OnHold, match="Case 7 O 12/26"):
            erase(cast, person)
        lift_hold(hold_id=placed.pk, reason="Settled.", actor=cast.compliance, at=NOON)
        assert entry_of("hold.lifted").subject == person.ref
        assert erase(cast, person).erased == {"accounts.User": 1}

    def test_a_hold_on_a_model_outlasts_its_retention(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        retire(cast, version.model)
        placed = hold(cast, of_model(version.model))
        person = let_go(cast.validator)
        row = erase(cast, person, at=LONG_AFTER)
        assert row.kept == {"hold": 2}
        assert str(name_under(version, person)) == "Vera Valid"
        lift_hold(hold_id=placed.pk, reason="Settled.", actor=cast.compliance, at=LONG_AFTER)
        lifted = entry_of("hold.lifted")
        assert lifted.stream_name == version.model.stream
        assert erase(cast, person, at=LONG_AFTER).kept == {}
        assert places_of(["vera valid"]) == set()
        assert verify(states=True).intact

    def test_refusals(self, cast: Cast) -> None:
        on = Holdable.person(cast.outsider)
        other = Holdable.person(cast.owner)
        placed = hold(cast, on)
        with nothing_moves(), pytest.raises(HoldExists):
            hold(cast, on)
        for reason in ("", "x" * 2001):
            with nothing_moves(), pytest.raises(InvalidInput):
                lift_hold(hold_id=placed.pk, reason=reason, actor=cast.compliance, at=NOON)
            with nothing_moves(), pytest.raises(InvalidInput):
                place_hold(on=other, reason=reason, actor=cast.compliance, at=NOON)
        for actor in (cast.administrator, cast.approver):
            with nothing_moves(), pytest.raises(PermissionMissing):
                lift_hold(hold_id=placed.pk, reason="Over.", actor=actor, at=NOON)
            with nothing_moves(), pytest.raises(PermissionMissing):
                place_hold(on=other, reason="Case.", actor=actor, at=NOON)
        lift_hold(hold_id=placed.pk, reason="Over.", actor=cast.compliance, at=NOON)
        with nothing_moves(), pytest.raises(HoldLifted):
            lift_hold(hold_id=placed.pk, reason="Over.", actor=cast.compliance, at=NOON)


def give_prose(cast: Cast) -> Prose:
    """A text that no model keeps: why a seat was lent."""
    given = give_delegation(
        deputy=cast.second_approver, role=Role.APPROVER, unit=cast.root, starts_at=NOON,
        ends_at=NOON + timedelta(days=9), reason="Ill: pneumonia.", actor=cast.approver, at=NOON,
    )  # fmt: skip
    return given.reason


class TestOfOneText:
    def erase(self, cast: Cast, prose: Prose, **changed: Any) -> Any:
        said: dict[str, Any] = {"order": ORDER, "actor": cast.compliance, "at": NOON, **changed}
        return erase_prose(
            prose_id=prose.pk, proof=f.make_proof(said["actor"], at=said["at"]), **said
        )

    def test_it_is_empty_and_still_verifies(self, cast: Cast, version: ModelVersion) -> None:
        comment = comment_on_version(
            version=version, text="Anna Berger fell ill.", actor=cast.owner, at=NOON
        )
        retire(cast, version.model)
        before = state(comment)
        row = self.erase(cast, comment.body, at=LONG_AFTER)
        comment.body.refresh_from_db()
        assert str(comment.body) == f"[erased {LONG_AFTER:%Y-%m-%d}]"
        assert state(comment) == before
        entry = entry_of("prose.erased")
        assert (entry.stream_name, entry.subject) == (version.model.stream, comment.body.ref)
        assert entry.facts["erased"] == {"audit.Prose": 1}
        assert row.prose == comment.body
        assert verify(states=True).intact
        with nothing_moves(), pytest.raises(NothingToErase):
            self.erase(cast, comment.body, at=LONG_AFTER)

    @pytest.mark.parametrize("out_of_use", [False, True])
    def test_the_model_keeps_it(self, cast: Cast, version: ModelVersion, out_of_use: bool) -> None:
        if out_of_use:
            retire(cast, version.model)
        printed = name_under(version, cast.validator)
        with nothing_moves(), pytest.raises(Retained) as refused:
            self.erase(cast, printed)
        facts = refused.value.facts
        assert facts["rule"] == ("retention" if out_of_use else "in_use")
        assert facts["until"] == (KEPT_THROUGH if out_of_use else None)

    def test_years_keep_what_no_model_does(self, cast: Cast) -> None:
        prose = give_prose(cast)
        with nothing_moves(), pytest.raises(Retained) as refused:
            self.erase(cast, prose)
        assert refused.value.facts["until"] == date(2036, 3, 2)
        self.erase(cast, prose, at=LONG_AFTER)
        assert places_of(["pneumonia"]) == set()

    def test_a_hold_keeps_it_whatever_else_is_over(self, cast: Cast, version: ModelVersion) -> None:
        retire(cast, version.model)
        hold(cast, of_model(version.model))
        with nothing_moves(), pytest.raises(OnHold):
            self.erase(cast, name_under(version, cast.validator), at=LONG_AFTER)

    def test_only_compliance(self, cast: Cast) -> None:
        prose = give_prose(cast)
        with nothing_moves(), pytest.raises(PermissionMissing):
            self.erase(cast, prose, actor=cast.administrator, at=LONG_AFTER)


def test_the_preview_says_what_the_erasure_then_does(cast: Cast, version: ModelVersion) -> None:
    comment_on_version(version=version, text="Ask VERA VALID about it.", actor=cast.owner, at=NOON)
    person = let_go(cast.validator)
    plan = plan_of(person, at=NOON)
    assert [piece.place for piece in mentions_of(person)] == ["registry.VersionComment.body"]
    row = erase(cast, person)
    assert (row.erased, row.kept) == (plan.erased, plan.kept)
    assert state(row) == entry_of("person.erased").states[row.ref]
    assert REGISTERED[type(row)].history
