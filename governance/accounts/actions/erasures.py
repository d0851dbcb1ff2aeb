"""Erasing personal data where the law asks for it: a person's, or one text."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import transaction

from governance.accounts.actions.holds import lock_keeping
from governance.accounts.actions.units import STREAM
from governance.accounts.erasing import Plan, own_notes, plan_of, protected, sessions_of
from governance.accounts.models import Erasure, User
from governance.accounts.permissions import Permission, require
from governance.accounts.proof import Proof, require_proof
from governance.accounts.queries import root_unit
from governance.accounts.rules import (
    HOLD,
    AccountActive,
    NothingToErase,
    OnHold,
    Retained,
    order_problems,
)
from governance.audit import actions as audit
from governance.audit.models import Prose
from governance.audit.personal import NOTES, piece_of
from governance.audit.rules import Verb
from governance.core.canonical import canonical
from governance.core.errors import InvalidInput
from governance.core.kept_files import forget_files
from governance.core.models import new_salt
from governance.core.typed import tidy


@dataclass(frozen=True, kw_only=True)
class Order:
    """By what law something is erased, in which case of the firm's, and why."""

    authority: str
    case: str
    reason: str

    def require_form(self) -> None:
        problems = list(
            order_problems(authority=self.authority, case=self.case, reason=self.reason)
        )
        if problems:
            raise InvalidInput(*problems)


@transaction.atomic
def erase_person(*, user: User, order: Order, proof: Proof, actor: User, at: datetime) -> Erasure:
    """Erase what is held of a person who was let go, but for what must stay.

    Their name and address give way to a pseudonym, which every reference to them then shows; what
    they sign in with, sessions and notes go; names that were printed under signatures are emptied,
    but where a model in use, its retention or a hold keeps the record. What stays is counted by the
    rule, and goes with a later erasure once nothing keeps it. Appends person.erased.

    Raises AccountActive, InvalidInput, NothingToErase, OnHold, PermissionMissing, ProofMissing.
    """
    lock_keeping()
    user = User.objects.select_for_update().get(pk=user.pk)
    require(actor, Permission.DATA_ERASE, unit=root_unit(), at=at)
    order.require_form()
    plan = plan_of(user, at=at)
    _require_erasable(plan)
    require_proof(proof, actor=actor, at=at)
    _forget_notes(user)
    _take_name(user)
    texts = _empty([piece.prose for piece in plan.goes], at=at)
    row = _put_down(order, plan.erased, plan.kept, person=user, proof=proof, actor=actor, at=at)
    audit.append(
        verb=Verb.PERSON_ERASED,
        stream=STREAM,
        subject=user.ref,
        actor=actor.ref,
        at=at,
        facts=_facts(row),
        records=[user, row, *texts],
    )
    return row


def _require_erasable(plan: Plan) -> None:
    person, facts = plan.person, {"subject": plan.person.ref, "stream": STREAM}
    if plan.hold is not None:
        raise OnHold(
            f"Nothing was erased. {person.name} is on hold: {plan.hold.reason} "
            "Have the hold lifted first.",
            **facts,
            hold=plan.hold.ref,
        )
    if person.is_active:
        raise AccountActive(
            f"Nothing was erased. {person.name} may still sign in: have an administrator end that "
            "first.",
            **facts,
        )
    if plan.is_empty:
        raise NothingToErase(
            f"Nothing was erased. Of {person.name} is left only what has to stay.", **facts
        )


@transaction.atomic
def erase_prose(
    *, prose_id: UUID, order: Order, proof: Proof, actor: User, at: datetime
) -> Erasure:
    """Empty one text; its digest stays, so that every entry and signature still verifies.

    Appends prose.erased to the stream of the model that it is about, else to accounts.
    Raises InvalidInput, NothingToErase, OnHold, PermissionMissing, ProofMissing, Retained.
    """
    lock_keeping()
    require(actor, Permission.DATA_ERASE, unit=root_unit(), at=at)
    order.require_form()
    prose = Prose.objects.get(pk=prose_id)
    stream = _require_free(prose, at=at)
    require_proof(proof, actor=actor, at=at)
    (text,) = _empty([prose.pk], at=at)
    row = _put_down(order, {"audit.Prose": 1}, {}, prose=text, proof=proof, actor=actor, at=at)
    audit.append(
        verb=Verb.PROSE_ERASED,
        stream=stream,
        subject=text.ref,
        actor=actor.ref,
        at=at,
        facts=_facts(row),
        records=[row],
    )
    return row


def _require_free(prose: Prose, *, at: datetime) -> str:
    """Return the stream to tell it in. Raises NothingToErase, OnHold, Retained."""
    piece = piece_of(prose)
    if piece is None:
        raise NothingToErase("Nothing was erased. This text is gone already.", subject=prose.ref)
    stream = piece.about if piece.about.startswith("model:") else STREAM
    if protection := protected([piece], at=at).get(piece):
        refusal = OnHold if protection.rule == HOLD else Retained
        raise refusal(
            f"Nothing was erased. The text stands in {piece.record.partition(':')[0]}, which has "
            f"to stay. {protection.says}",
            subject=piece.record,
            stream=stream,
            rule=protection.rule,
            until=protection.until,
        )
    return stream


def _forget_notes(user: User) -> None:
    Session.objects.filter(pk__in=sessions_of(user)).delete()
    Authenticator.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    for notes in NOTES:
        own_notes(notes.model, notes.person, user).delete()
    # Only once it is certain: a file does not come back with a rollback. A crash before leaves
    # files that go with the next sweep of their folder.
    transaction.on_commit(partial(forget_files, user))


def _take_name(user: User) -> None:
    """Put the pseudonym in place of the name; with another salt, no old digest gives it away."""
    user.name, user.email = user.pseudonym, user.pseudonymous_email
    user.salt, user.last_login, user.password_chosen_at = new_salt(), None, None
    user.set_unusable_password()
    user.save()


def _empty(keys: Collection[UUID], *, at: datetime) -> list[Prose]:
    Prose.objects.filter(pk__in=keys).update(salt="", text="", erased_at=at)
    return list(Prose.objects.filter(pk__in=keys).order_by("pk"))


def _put_down(
    order: Order,
    erased: dict[str, int],
    kept: dict[str, int],
    *,
    proof: Proof,
    actor: User,
    at: datetime,
    person: User | None = None,
    prose: Prose | None = None,
) -> Erasure:
    return Erasure.objects.create(
        person=person,
        prose=prose,
        authority=order.authority,
        case=order.case,
        reason=audit.write_prose(tidy(order.reason).strip()),
        erased_text=canonical(erased),
        kept_text=canonical(kept),
        proof=proof.method,
        erased_by=actor,
        erased_at=at,
    )


def _facts(row: Erasure) -> dict[str, object]:
    return {
        "authority": row.authority,
        "case": row.case,
        "erased": row.erased,
        "kept": row.kept,
        "proof": row.proof,
    }
