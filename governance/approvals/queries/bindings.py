"""Which signatures are bound to their records: the portal signed what each states when given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from governance.approvals.models import OverrideSignOff, SignOff
from governance.approvals.rules.binding import OVERRIDE, BindingState, SignedStatement
from governance.audit import binding, keys, trust
from governance.audit.models import LedgerEntry
from governance.audit.notes import VerifierKey
from governance.audit.registration import state
from governance.core.wording import counted

AnySignOff = SignOff | OverrideSignOff


def statement_of(row: AnySignOff) -> SignedStatement:
    """Return what a signature states, saved or about to be: its names and comments are there."""
    if isinstance(row, OverrideSignOff):
        return _of_override(row)
    return SignedStatement(
        sign_off=row.ref,
        request=f"request:{row.request_id}",
        over=f"dossier:{row.dossier_id}",
        digest=row.dossier_digest,
        signer=f"user:{row.signer_id}",
        on_behalf_of=f"user:{row.on_behalf_of_id}" if row.on_behalf_of_id else "",
        name_sha256=row.printed_name.digest,
        role=str(row.role),
        decision=str(row.decision),
        meaning=row.meaning,
        comment_sha256=row.comment.digest if row.comment else "",
        proof=row.proof,
        signed_at=row.signed_at,
    )


def _of_override(row: OverrideSignOff) -> SignedStatement:
    return SignedStatement(
        sign_off=row.ref,
        request=f"request:{row.override.request_id}",
        over=f"override:{row.override_id}",
        digest=row.override_digest,
        signer=f"user:{row.signer_id}",
        on_behalf_of="",
        name_sha256=row.printed_name.digest,
        role=str(row.role),
        decision=OVERRIDE,
        meaning=row.meaning,
        comment_sha256="",
        proof=row.proof,
        signed_at=row.signed_at,
    )


def bound(row: AnySignOff) -> str:
    """Return what binds a signature that is about to be inserted. Raises keys.KeyUnusable."""
    return binding.bind(statement_of(row).text())


def binding_states(
    rows: Iterable[AnySignOff], *, former: Sequence[VerifierKey] = ()
) -> dict[str, BindingState]:
    """Return the state of each signature by its reference.

    Trusted are the ledger's key, those that it was handed over from, and `former` ones.
    """
    try:
        trusted = [*trust.trusted_keys(binding.own_key()), *former]
    except keys.KeyUnusable:
        return {row.ref: BindingState.UNCHECKED for row in rows}
    return {row.ref: _state_of(row, trusted) for row in rows}


def _state_of(row: AnySignOff, trusted: Sequence[VerifierKey]) -> BindingState:
    if not row.binding:
        # Whoever moves a row could empty this column too, but not the ledger's digest of it.
        return BindingState.UNBOUND if _is_as_entered(row) else BindingState.BROKEN
    text = statement_of(row).text()
    holds = any(binding.is_bound(text, row.binding, key=key) for key in trusted)
    return BindingState.BOUND if holds else BindingState.BROKEN


def _is_as_entered(row: AnySignOff) -> bool:
    """Tell whether an entry about the row's own request says that it was left as it is."""
    request = row.override.request if isinstance(row, OverrideSignOff) else row.request
    entries = LedgerEntry.objects.of_stream(request.model.stream).filter(
        at=row.signed_at, text__contains=row.ref
    )
    return any(entry.states.get(row.ref) == state(row) for entry in entries)


@dataclass(kw_only=True)
class SignatureExamination:
    """What a check of all signatures found; `broken` are their references."""

    bound: int = 0
    unbound: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return not self.broken

    def __str__(self) -> str:
        if self.broken:
            return (
                f"{counted(len(self.broken), 'signature')} not as given: {', '.join(self.broken)}."
            )
        before = (
            f", and {counted(self.unbound, 'signature')} from before are as entered"
            if self.unbound
            else ""
        )
        return f"The signatures are intact: {counted(self.bound, 'signature')} bound{before}."


def examine_signatures(*, former: Sequence[VerifierKey] = ()) -> SignatureExamination:
    """Check every signature over a request or an override. Raises keys.KeyUnusable.

    A portal that has no key yet has bound nothing, and without signatures needs none.
    """
    found = SignatureExamination()
    trusted: list[VerifierKey] = []
    for row in _every_sign_off():
        trusted = trusted or [binding.own_key(), *former]
        match _state_of(row, trusted):
            case BindingState.BOUND:
                found.bound += 1
            case BindingState.UNBOUND:
                found.unbound += 1
            case _:
                found.broken.append(row.ref)
    return found


def _every_sign_off() -> Iterator[AnySignOff]:
    yield from _with_texts(SignOff.objects.select_related("comment", "request__model"))
    yield from _with_texts(OverrideSignOff.objects.select_related("override__request__model"))


def _with_texts(rows: QuerySet[SignOff] | QuerySet[OverrideSignOff]) -> Iterator[AnySignOff]:
    return rows.select_related("printed_name").order_by("signed_at", "pk").iterator()
