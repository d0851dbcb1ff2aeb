"""What must hold after every act, told from rows and policy texts alone.

Nothing here asks `judge`, `bars` or `authorize`: what they decided is worked out a second time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from django.db.models import Count

from governance.accounts.models import Delegation, RoleGrant
from governance.approvals.models import (
    DossierCopy,
    Override,
    OverrideSignOff,
    PolicySignOff,
    PolicyVersion,
    PromotionRequest,
    SignOff,
)
from governance.cards.models import CardEditor, CardRevision
from governance.core.canonical import digest
from governance.inventory.models import Builder
from governance.registry.models import ModelVersion, SlotAssignment
from governance.validation.models import Report

People = frozenset[str]
ALWAYS_NEEDED = {"artifacts_complete", "artifacts_match", "not_prohibited", "owner_assigned"}
ROLLBACK = {"sign_offs": [{"role": "APPROVER"}], "validator_may_approve": True}


class Broken(AssertionError):
    """Something that must always hold does not."""


def require(holds: bool, words: str) -> None:
    if not holds:
        raise Broken(words)


@dataclass
class Watch:
    """Looks at everything once, and from then on at what was added; what was added never changes.

    Who serves is looked at each time.
    """

    since: datetime | None = None

    def look(self, *, at: datetime) -> None:
        """Raise Broken, saying what, if anything that must hold does not."""
        for policy in self._new(PolicyVersion.objects.filter(state="IN_FORCE"), "in_force_at"):
            prove_policy(policy)
        signed = SignOff.objects.select_related("request__version", "dossier")
        for row in self._new(signed, "signed_at"):
            prove_sign_off(row)
        overriding = OverrideSignOff.objects.select_related("override__request__version")
        for one in self._new(overriding, "signed_at"):
            prove_override_sign_off(one)
        done = PromotionRequest.objects.filter(state="DONE").select_related("version", "slot")
        for request in self._new(done, "closed_at"):
            prove_decision(request)
        prove_service()
        self.since = at

    def _new(self, rows: Any, moment: str) -> Iterator[Any]:
        known = {} if self.since is None else {f"{moment}__gt": self.since}
        return iter(rows.filter(**known))


def prove_service() -> None:
    """At most one champion per slot, and nothing live but by a decision on just that."""
    current = SlotAssignment.objects.filter(ended_at=None, role__in=["CHAMPION", "CANARY"])
    crowded = current.filter(role="CHAMPION").values("slot").annotate(n=Count("pk"))
    require(not [row for row in crowded if row["n"] > 1], "a slot has two champions")
    live = list(current.select_related("version"))
    decided = {
        f"request:{row.pk}": row
        for row in PromotionRequest.objects.filter(
            pk__in=[row.authorized_by.partition(":")[2] for row in live]
        )
    }
    for row in live:
        request = decided.get(row.authorized_by)
        require(request is not None, f"{row.version} serves on no request at all")
        assert request is not None
        _prove_assignment(row, request)
    serving = {row.version_id for row in live}
    for version in ModelVersion.objects.filter(stage="PRODUCTION").select_related("model"):
        require(version.pk in serving, f"{version} is in Production and serves nowhere")


def _prove_assignment(row: SlotAssignment, request: PromotionRequest) -> None:
    said = f"{row.version} is {row.role.lower()} by D-{request.number}, which"
    require(request.state == "DONE", f"{said} is not decided")
    require(request.version_id == row.version_id, f"{said} is of another version")
    require(request.slot_id == row.slot_id, f"{said} is of another slot")
    require(request.target == "PRODUCTION", f"{said} is not for Production")
    moves = {"SHARED"} if row.role == "CANARY" else {"PROMOTED", "EMERGENCY", "ROLLED_BACK"}
    require(request.move in moves, f"{said} is for something else: {request.move}")
    require((row.share or 0) <= (request.share or 0), f"{said} gave less traffic")
    if row.role == "CHAMPION":
        require(row.version.stage == "PRODUCTION", f"{said} left it in {row.version.stage}")


def prove_policy(row: PolicyVersion) -> None:
    """In force by two people who did not propose it, over the very text."""
    require(hashlib.sha256(row.content_text.encode()).hexdigest() == row.digest, f"{row}: digest")
    signed = PolicySignOff.objects.filter(policy=row, decision="APPROVE", policy_digest=row.digest)
    people = {f"user:{one.signer_id}" for one in signed} - {row.proposed_by}
    require(len(people) >= 2, f"{row} is in force on {len(people)} signatures")


def prove_sign_off(row: SignOff) -> None:
    """Signed in a role held, by nobody who had a hand in it, and by nobody twice."""
    said, request = f"the {row.decision} of {row.signer} on D-{row.request.number}", row.request
    text = hashlib.sha256(row.dossier.text.encode()).hexdigest()
    require(row.dossier_digest == row.dossier.digest == text, f"{said} is over another text")
    holder, role, at = row.on_behalf_of_id or row.signer_id, row.role, row.signed_at
    require(role in roles_at(holder, request, at=at), f"{said}: the role {role} was not held")
    if row.on_behalf_of_id:
        lent = Delegation.objects.filter(
            delegator=holder, deputy=row.signer_id, role=role, starts_at__lte=at, ends_at__gt=at
        ).exclude(end__ended_at__lte=at)
        require(lent.exists(), f"{said}: nobody had lent them the role")
    if row.decision != "APPROVE":
        return
    content = policy_content(row.dossier)
    barred = sorted(people_of(row) & hands_in(row.request, role, content, at=at))
    require(not barred, f"{said}: {', '.join(barred)} had a hand in it")
    usable = content.get("approval", {}).get("usable_days") if request.move != "EMERGENCY" else None
    earlier = SignOff.objects.filter(request=request, dossier_digest=row.dossier_digest)
    for other in earlier.filter(signed_at__lt=at, decision="APPROVE"):
        spent = usable is not None and other.signed_at + timedelta(days=usable) <= at
        again = people_of(row) & people_of(other)
        require(spent or not again, f"{said}: signed twice, by {', '.join(sorted(again))}")


def prove_override_sign_off(row: OverrideSignOff) -> None:
    request = row.override.request
    said = f"the signature of {row.signer} under an override of D-{request.number}"
    require(row.override_digest == row.override.digest, f"{said} is over something else")
    held = roles_at(row.signer_id, request, at=row.signed_at)
    require(row.role in held, f"{said}: the role {row.role} was not held")
    hands = hands_in(request, row.role, {}, at=row.signed_at)
    require(f"user:{row.signer_id}" not in hands, f"{said}: they had a hand in it")


def prove_decision(request: PromotionRequest) -> None:
    """What was decided carries what its policy asks for, by people who may, over that digest."""
    assert request.closed_at is not None
    copy = DossierCopy.objects.filter(request=request, digest=request.decided_digest).first()
    said = f"D-{request.number} ({request.move} to {request.target})"
    require(copy is not None, f"{said} was decided on no dossier that is kept")
    assert copy is not None
    facts = json.loads(copy.text)
    _prove_same(request, facts, said)
    _prove_basis(request, facts, said)
    content = policy_content(copy)
    rows = _counting(request, content, at=request.closed_at)
    live = request.target == "PRODUCTION"
    require(bool(rows) or not live, f"{said} has no signature that counts")
    for need in needs_of(request, content):
        given = [row for row in rows if row.role in need["roles"]]
        many = len({row.role for row in given}) if len(need["roles"]) > 1 else len(given)
        words = " or ".join(need["roles"])
        require(many >= need["count"], f"{said} has {many} of {need['count']} by {words}")
    excused = set(_overrides(request, content, facts, said))
    signers = {person for row in rows for person in people_of(row)}
    for check in facts["checks"]:
        failed = check.get("outcome", "PASS") != "PASS"
        by_hurry = request.move == "EMERGENCY" and check["id"] not in ALWAYS_NEEDED
        known = (check["id"], digest(check)) in excused
        require(not failed or by_hurry or known, f"{said} went in spite of {check['id']}")
    overriders = OverrideSignOff.objects.filter(override__request=request)
    both = signers & {f"user:{one.signer_id}" for one in overriders}
    require(not both, f"{said}: {', '.join(sorted(both))} overrode and approved")


def _prove_same(request: PromotionRequest, facts: dict[str, Any], said: str) -> None:
    stated = {"move": request.move, "target": request.target, "stage": request.source}
    stated |= {"slot": f"slot:{request.slot_id}", "share": request.share}
    for name, value in stated.items():
        require(facts.get(name) == value, f"{said}: its dossier states another {name}")
    version = f"version:{request.version_id}"
    require(facts["version"]["ref"] == version, f"{said}: its dossier is of another version")


def _prove_basis(request: PromotionRequest, facts: dict[str, Any], said: str) -> None:
    """A rollback rests on an approval of the same version for the same slot."""
    if request.move == "ROLLED_BACK":
        earlier = PromotionRequest.objects.get(pk=facts["basis"]["request"].partition(":")[2])
        stated = (earlier.state, earlier.version_id, earlier.slot_id, earlier.target)
        asked = ("DONE", request.version_id, request.slot_id, "PRODUCTION")
        require(stated == asked, f"{said} rests on an approval of something else")


def policy_content(copy: DossierCopy) -> dict[str, Any]:
    """The policy that a dossier names, read from the row, which must be the one it names."""
    named = json.loads(copy.text)["policy"]
    if "rule" in named:
        return ROLLBACK
    row = PolicyVersion.objects.get(pk=named["ref"].partition(":")[2])
    require(row.digest == named["digest"], f"{row} is not the policy that was decided by")
    require(row.state in {"IN_FORCE", "SUPERSEDED"}, f"{row} was never in force")
    content: dict[str, Any] = json.loads(row.content_text)
    return content


def needs_of(request: PromotionRequest, content: dict[str, Any]) -> Iterable[dict[str, Any]]:
    if request.move == "EMERGENCY":
        rule = content["emergency"]
        return [{"roles": [rule["role"]], "count": rule["people"]}]
    return [
        {"roles": need.get("any_of") or [need["role"]], "count": need.get("count", 1)}
        for need in content.get("sign_offs", ())
    ]


def _counting(
    request: PromotionRequest, content: dict[str, Any], *, at: datetime
) -> Sequence[SignOff]:
    """The approvals of distinct people over what was decided, whom nothing barred by then."""
    days = None if request.move == "EMERGENCY" else content.get("approval", {}).get("usable_days")
    rows = SignOff.objects.filter(
        request=request, dossier_digest=request.decided_digest, decision="APPROVE"
    )
    found: list[SignOff] = []
    seen: set[str] = set()
    for row in rows.order_by("signed_at"):
        spent = days is not None and row.signed_at + timedelta(days=days) <= at
        people = people_of(row)
        if not spent and not people & (seen | hands_in(request, row.role, content, at=at)):
            seen |= people
            found.append(row)
    return found


def _overrides(
    request: PromotionRequest, content: dict[str, Any], facts: dict[str, Any], said: str
) -> Iterator[tuple[str, str]]:
    """Each override that the dossier names and that was in force, signed by as many as needed."""
    assert request.closed_at is not None
    for named in facts.get("overrides", ()):
        row = Override.objects.get(pk=named["ref"].partition(":")[2], request=request)
        rule = next(
            one for one in content["overrides"]
            if any(fnmatchcase(row.check_id, pattern) for pattern in one["checks"])
        )  # fmt: skip
        hands = hands_in(request, rule["role"], {}, at=request.closed_at)
        signed = {
            f"user:{one.signer_id}"
            for one in row.sign_offs.filter(role=rule["role"], override_digest=row.digest)
        } - hands
        require(len(signed) >= rule["people"], f"{said}: an override has {len(signed)} signatures")
        if row.expires_date >= request.closed_at.date() and row.check_id not in ALWAYS_NEEDED:
            yield row.check_id, row.check_digest


def people_of(row: SignOff) -> People:
    deputy_for = {f"user:{row.on_behalf_of_id}"} if row.on_behalf_of_id else set()
    return frozenset({f"user:{row.signer_id}"} | deputy_for)


def hands_in(
    request: PromotionRequest, role: str, content: dict[str, Any], *, at: datetime
) -> People:
    """Who had a hand by then in what is decided on.

    Who owned or built the model, registered or asked, committed the code or wrote in the card.
    """
    version = request.version
    found = {f"user:{version.registered_by_id}"}
    if version.committed_by_id:
        found.add(f"user:{version.committed_by_id}")
    if request.move != "ROLLED_BACK":
        found.add(f"user:{request.requested_by_id}")
    built = Builder.objects.filter(model=version.model_id, since__lte=at)
    found |= {f"user:{pk}" for pk in built.values_list("user", flat=True)}
    wrote = CardEditor.objects.filter(version=version, since__lte=at)
    published = CardRevision.objects.filter(version=version, published_at__lte=at)
    found |= {f"user:{pk}" for pk in wrote.values_list("user", flat=True)}
    found |= {f"user:{pk}" for pk in published.values_list("published_by", flat=True)}
    need = next((n for n in content.get("sign_offs", ()) if role in _roles(n)), {})
    apart = () if request.move == "EMERGENCY" else need.get("independent_of", ())
    may = content.get("validator_may_approve") and "VALIDATION" not in apart
    if content and role != "VALIDATOR" and not may:
        reports = Report.objects.filter(version=version, signed_at__lte=at)
        found |= {f"user:{pk}" for pk in reports.values_list("signed_by", flat=True)}
    if "UNIT" in apart:
        grants = _grants(request, at=at).filter(role__in=["MODEL_OWNER", "DEVELOPER"])
        found |= {f"user:{pk}" for pk in grants.values_list("user", flat=True)}
    return frozenset(found)


def _roles(need: dict[str, Any]) -> Sequence[str]:
    return need.get("any_of") or [need["role"]]


def roles_at(user: Any, request: PromotionRequest, *, at: datetime) -> set[str]:
    return set(_grants(request, at=at).filter(user=user).values_list("role", flat=True))


def _grants(request: PromotionRequest, *, at: datetime) -> Any:
    path = request.version.model.unit.path
    above = [path.rsplit("/", depth)[0] for depth in range(path.count("/") + 1)]
    return (
        RoleGrant.objects.filter(unit__path__in=above, starts_at__lte=at)
        .exclude(ends_at__lte=at)
        .exclude(end__ended_at__lte=at)
    )
