"""The certificate of one signature set, made from its text alone: the page and the PDF agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.approvals.rules.binding import BindingState
from governance.approvals.rules.dossier import differences, label_of
from governance.approvals.rules.judgement import Decision, RequestState
from governance.core.wording import counted, day
from governance.evidence.rules.decisions import (
    DecisionPage,
    Kept,
    decision,
    kept_dossier,
    reservations,
)
from governance.evidence.rules.reading import Evidence
from governance.evidence.rules.signatures import Certificate

FORMAT = "countersign.certificate/1"
DATA_NAME = "certificate.json"
TONES = {
    BindingState.BOUND: "ok",
    BindingState.UNBOUND: "na",
    BindingState.BROKEN: "bad",
    BindingState.UNCHECKED: "warn",
}


@dataclass(frozen=True, kw_only=True)
class Certified:
    """One signature of the set: whether it counts, why not, and whether it is bound.

    `changed` says what differs from the facts that were signed.
    """

    given: Certificate
    counts: bool
    why_not: str
    changed: Sequence[str]
    binding: BindingState

    @property
    def binding_tone(self) -> str:
        return TONES[self.binding]


@dataclass(frozen=True, kw_only=True)
class SignatureSet:
    """What was decided, and every signature under it. `digest` is that of what it was decided on,
    or of what stands there now; empty where neither is known.
    """

    about: Mapping[str, Any]
    printed_at: datetime
    decision: DecisionPage
    state: str
    signatures: Sequence[Certified]
    overriders: Mapping[str, Sequence[Certified]]
    reservations: Sequence[str]

    @property
    def digest(self) -> str:
        return self.decision.dossier_digest

    @property
    def verdict(self) -> str:
        """One sentence: how many signatures count, over what, and whether all of them hold."""
        counting = sum(one.counts for one in self.signatures)
        rest = len(self.signatures) - counting
        stale = f", {counted(rest, 'other')} {'does' if rest == 1 else 'do'} not" if rest else ""
        verb = "counts" if counting == 1 else "count"
        return f"{counted(counting, 'signature')} {verb}{stale}. {self._bound}"

    @property
    def broken(self) -> int:
        return sum(one.binding == BindingState.BROKEN for one in self._all)

    @property
    def _all(self) -> list[Certified]:
        return [*self.signatures, *(one for rows in self.overriders.values() for one in rows)]

    @property
    def _bound(self) -> str:
        states = [one.binding for one in self._all]
        if self.broken:
            return f"{counted(self.broken, 'signature')} here is not the one that was given."
        if BindingState.UNCHECKED in states:
            return "Whether they are bound to this record was not checked."
        unbound = states.count(BindingState.UNBOUND)
        if unbound:
            return f"{counted(unbound, 'signature')} is from before signatures were bound."
        return "Each is bound to this record." if states else "Nobody has signed."


def signature_set(evidence: Evidence) -> SignatureSet:
    """Read a certificate's text."""
    about, held = evidence.about, evidence.document["held_against"]
    request = evidence.all("request")[0]
    kept = _kept(held) if held else kept_dossier(evidence, request)
    page = decision(evidence, request, kept)
    bindings = {one["ref"]: one["state"] for one in evidence.document["bindings"]}
    state = RequestState(about["standing"])
    texts = {one["digest"]: one["text"] for one in evidence.all("dossier")}
    return SignatureSet(
        about=about,
        printed_at=datetime.fromisoformat(about["printed_at"]),
        decision=page,
        state=state.label,
        signatures=[_certified(one, held, texts, bindings) for one in page.signatures],
        overriders={
            row.digest: [_overriding(one, bindings) for one in row.signers]
            for row in page.overrides
        },
        reservations=reservations(page),
    )


def _kept(held: Mapping[str, Any]) -> Kept:
    return Kept(digest=held["digest"], text=held["text"], at=datetime.fromisoformat(held["as_of"]))


def _certified(
    given: Certificate,
    held: Mapping[str, Any] | None,
    texts: Mapping[str, str],
    bindings: Mapping[str, str],
) -> Certified:
    counts = held is not None and given.ref in held["counting"]
    before = texts.get(given.digest, "")
    changed = _changed(before, held["text"]) if held and before else []
    return Certified(
        given=given,
        counts=counts,
        why_not="" if counts else _why_not(given, held),
        changed=changed,
        binding=BindingState(bindings[given.ref]),
    )


def _why_not(given: Certificate, held: Mapping[str, Any] | None) -> str:
    if given.decision != Decision.APPROVE.label:
        return "It closed the request"
    if held is None:
        return "Nothing was decided on it"
    if given.digest != held["digest"]:
        return "It was given for other facts"
    if given.ref in held["expired"]:
        when = f" on {day(given.signed_at)}" if given.signed_at else ""
        return f"It was given{when}, longer ago than the policy lets it count"
    return "A duty stands against whoever gave it, or the policy has all it asks for"


def _changed(before: str, after: str) -> list[str]:
    """Say in a few words what differs, such as `checks, model card`."""
    found = (label_of(one.path).lower() for one in differences(before, after))
    return list(dict.fromkeys(found))


def _overriding(given: Certificate, bindings: Mapping[str, str]) -> Certified:
    return Certified(
        given=given,
        counts=True,
        why_not="",
        changed=(),
        binding=BindingState(bindings[given.ref]),
    )
