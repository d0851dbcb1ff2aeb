"""What the machine's people ask for and decide."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from governance.accounts.models import User
from governance.accounts.rules import SIGNING_ROLES, Role
from governance.approvals.actions import (
    ask_for_canary,
    ask_for_stage,
    ask_in_emergency,
    ask_to_confirm,
    propose_override,
    reject_request,
    roll_back,
    sign_off,
    sign_override,
    tick_check,
    withdraw,
)
from governance.approvals.actions.rollbacks import rollback_case
from governance.approvals.models import Override, PromotionRequest
from governance.approvals.rules.conditions import ConditionDraft
from governance.approvals.rules.judgement import Decision
from governance.registry.models import ModelVersion
from governance.registry.queries import champion_of
from governance.registry.rules import Stage
from tests import factories as f
from tests.properties.promotion_building import INDEX, SEEN, SLOT, Building, who


class Deciding(Building):
    """Asking, ticking, answering for a failing check, signing, refusing, rolling back."""

    # Asking.

    @rule(
        who=who("developer", "owner", "pipeline"),
        which=INDEX,
        stage=st.sampled_from([Stage.PRODUCTION, Stage.PRODUCTION, *Stage]),
        slot=SLOT,
    )
    def ask(self, who: str, which: int, stage: Stage, slot: str) -> None:
        version = self.play.version(which)
        named = self.slot(slot) if stage == Stage.PRODUCTION else None
        self.play.attempt(
            f"{who}: ask {stage} for {version}" + (f" in {slot}" if named else ""),
            lambda at: ask_for_stage(
                version=version, target=stage, slot=named, actor=self.people[who], at=at
            ),
        )

    @rule(who=who("developer"), which=INDEX, slot=SLOT, share=st.sampled_from([5, 20, 60, 0]))
    def canary(self, who: str, which: int, slot: str, share: int) -> None:
        version = self.play.version(which)
        self.play.attempt(
            f"{who}: canary of {share} in {slot} for {version}",
            lambda at: ask_for_canary(
                version=version, slot=self.slot(slot), share=share, actor=self.people[who], at=at
            ),
        )

    @rule(who=who("developer", "owner"), which=INDEX, slot=SLOT, why=st.sampled_from(["Now.", ""]))
    def hurry(self, who: str, which: int, slot: str, why: str) -> None:
        version = self.play.version(which)
        self.play.attempt(
            f"{who}: hurry {version} into {slot}",
            lambda at: ask_in_emergency(
                version=version, slot=self.slot(slot), reason=why, actor=self.people[who], at=at
            ),
        )

    @rule(who=who("developer", "owner"), slot=SLOT, which=INDEX)
    def confirm(self, who: str, slot: str, which: int) -> None:
        place = self.slot(slot)
        serving = champion_of(place)
        version = ModelVersion.objects.with_model().get(pk=serving.pk) if serving else None
        version = self.play.version(which) if version is None or which == 3 else version
        self.play.attempt(
            f"{who}: confirm {version} in {slot}",
            lambda at: ask_to_confirm(version=version, slot=place, actor=self.people[who], at=at),
        )

    @rule(who=who("developer", "owner"), which=INDEX)
    def take_back(self, who: str, which: int) -> None:
        if (request := self.play.request(which)) is None:
            self.carry(which)
            return
        self.play.attempt(
            f"{who}: withdraw {request.reference}",
            lambda at: withdraw(request_id=request.pk, reason="No.", actor=self.people[who], at=at),
        )

    # Deciding.

    @rule(who=who("compliance"), which=INDEX, holds=st.sampled_from([True, True, False]))
    def tick(self, who: str, which: int, holds: bool) -> None:
        if (request := self.play.request(which)) is None:
            self.carry(which)
            return
        self.play.attempt(
            f"{who}: tick {request.reference} {holds}",
            lambda at: tick_check(
                request_id=request.pk, check_id="manual.legal-basis", holds=holds, note="Filed.",
                actor=self.play.world.user(who), at=at,
            ),
        )  # fmt: skip

    @rule(
        who=who("head", "second head"),
        which=INDEX,
        check=st.sampled_from(["metric.accuracy", "metric.accuracy", "artifacts_complete"]),
        days=st.sampled_from([1, 4, 20, 90]),
    )
    def excuse(self, who: str, which: int, check: str, days: int) -> None:
        if (request := self.play.request(which)) is None:
            self.carry(which)
            return
        self.play.attempt(
            f"{who}: excuse {check} of {request.reference} for {days} days",
            lambda at: propose_override(
                request_id=request.pk, check_id=check, reason="The old one fails.",
                control="All are looked at by hand.", expires_date=(at + timedelta(days)).date(),
                proof=f.make_proof(self.play.world.user(who), at=at),
                actor=self.play.world.user(who), at=at,
            ),
        )  # fmt: skip

    @rule(who=who("head", "second head"), which=INDEX, seen=SEEN)
    def excuse_too(self, who: str, which: int, seen: str) -> None:
        rows = list(Override.objects.order_by("-proposed_at"))
        if not rows:
            self.excuse(who, which, "metric.accuracy", 20)
            return
        row, person = rows[which % len(rows)], self.play.world.user(who)
        digest = row.digest if seen == "now" else "0" * 64
        self.play.attempt(
            f"{who}: sign-override of {row.check_id}, {seen}",
            lambda at: sign_override(
                override_id=row.pk, digest_seen=digest, proof=f.make_proof(person, at=at),
                actor=person, at=at,
            ),
        )  # fmt: skip

    @rule(
        who=who("validator", "approver", "second approver", "deputy", "compliance"),
        which=INDEX,
        role=st.sampled_from([*SIGNING_ROLES, None]),
        decision=st.sampled_from([*[Decision.APPROVE] * 6, *Decision]),
        seen=SEEN,
        conditions=st.sampled_from([0, 0, 1]),
    )
    def sign(
        self, who: str, which: int, role: Role | None, decision: Decision, seen: str,
        conditions: int,
    ) -> None:  # fmt: skip
        """Sign in a role, or in the one the person has."""
        if (request := self.play.request(which)) is None:
            self.carry(which)
            return
        person = self.play.world.user(who)
        own = person.grants.order_by("granted_at").first()
        taken = role or Role(own.role if own else Role.APPROVER)
        self._sign(person, request, taken, decision, seen, conditions)

    def _sign(
        self, person: User, request: PromotionRequest, role: Role,
        decision: Decision = Decision.APPROVE, seen: str = "now", conditions: int = 0,
    ) -> None:  # fmt: skip
        drafts = [
            ConditionDraft(
                text="Watch it.", owner=self.cast.owner.ref,
                due_date=(self.play.at + timedelta(days=20)).date(),
            )
        ] * conditions  # fmt: skip
        name = self.play.name_of(person)
        self.play.attempt(
            f"{name}: sign {request.reference} as {role}, {decision}, having seen it {seen}"
            + (", with a condition" if conditions else ""),
            lambda at: sign_off(
                request_id=request.pk, role=role, decision=decision,
                digest_seen=self.screen(request, seen, at), comment="As I see it.",
                proof=f.make_proof(person, at=at), actor=person, at=at, conditions=drafts,
            ),
        )  # fmt: skip

    def screen(self, request: PromotionRequest, seen: str, at: datetime) -> str:
        """The digest of what stands there now, stood there when somebody last looked, or never."""
        if seen == "never":
            return "0" * 64
        digest = self.play.case(request, at).digest
        before = self.screens.setdefault(request.pk, digest)
        self.screens[request.pk] = digest
        return digest if seen == "now" else before

    @rule(who=who("validator", "approver", "pipeline"), which=INDEX)
    def reject(self, who: str, which: int) -> None:
        if (request := self.play.request(which)) is None:
            self.carry(which)
            return
        self.play.attempt(
            f"{who}: reject {request.reference}",
            lambda at: reject_request(
                request_id=request.pk, reason="No.", actor=self.people[who], at=at
            ),
        )

    @rule(who=who("approver", "second approver", "deputy"), slot=SLOT, seen=SEEN)
    def go_back(self, who: str, slot: str, seen: str) -> None:
        person, place = self.play.world.user(who), self.slot(slot)
        self.play.attempt(
            f"{who}: roll-back {slot}, having seen it {seen}",
            lambda at: roll_back(
                slot=place, reason="It fails.", proof=f.make_proof(person, at=at), actor=person,
                digest_seen=rollback_case(place, at=at).digest if seen == "now" else "0" * 64,
                at=at,
            ),
        )  # fmt: skip
