"""The machine's ground: one example, who takes part in it, and what builders do."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from governance.accounts.models import User
from governance.audit.verification import verify
from governance.inventory.actions import (
    accept_change,
    decline_change,
    edit_model,
    propose_change,
    withdraw_change,
)
from governance.inventory.models import ModelChange
from governance.inventory.rules.model_changes import Rationale
from governance.registry.actions import record_evaluations, register_version
from governance.registry.models import Slot
from governance.registry.rules import ArtifactFact, Measurement, Registration, Source
from governance.validation.actions.findings import close_finding, open_finding
from governance.validation.models import Finding
from tests import factories as f
from tests.properties.promotion_acts import Play, Tally, never_committed, together
from tests.properties.promotion_proof import require
from tests.properties.promotion_world import EVERYBODY, SCENES

INDEX = st.integers(0, 3)
SCENE = st.sampled_from(sorted(SCENES))
SLOT = st.sampled_from(["primary", "primary", "eu-retail/primary"])
SEEN = st.sampled_from(["now", "now", "now", "before", "never"])


def who(*apt: str) -> st.SearchStrategy[str]:
    """Somebody of whom the act is expected, two times in three, else anybody."""
    return st.sampled_from([*apt] * (2 * len(EVERYBODY) // len(apt)) + EVERYBODY)


class Building(RuleBasedStateMachine):
    """Each rule is one act. An example plays in a transaction that is never committed."""

    tally = Tally()

    def __init__(self) -> None:
        super().__init__()
        self.scene = ExitStack()
        self.scene.enter_context(never_committed())
        self.play: Play

    @initialize(scene=SCENE)
    def begin(self, scene: str) -> None:
        self.play = Play(SCENES[scene](), self.tally)
        self.screens: dict[Any, str] = {}

    def teardown(self) -> None:
        try:
            if hasattr(self, "play"):
                self.play.count_moves()
                note("\n".join(self.play.history))
                whole = verify()
                require(whole.intact, str(whole))
        finally:
            self.scene.close()

    @invariant()
    def what_must_hold_holds(self) -> None:
        self.play.check()

    @property
    def people(self) -> dict[str, Any]:
        return self.play.world.people

    @property
    def cast(self) -> f.Cast:
        return self.play.world.bench.cast

    def slot(self, name: str) -> Slot:
        return Slot.objects.select_related("model").get(model=self.play.model(), name=name)

    def carry(self, which: int) -> None:
        """Do what comes next for a version; also where there is nothing that an act could be on."""
        raise NotImplementedError

    # Building.

    @rule(who=who("developer", "pipeline"), accuracy=st.sampled_from(["0.93", "0.88"]))
    def register(self, who: str, accuracy: str) -> None:
        count = len(self.play.versions())
        if count >= 8:
            self.find("validator", 3, "LOW")
            return
        registration = Registration(
            source=f"models:/m-{count + 1:032x}",
            run_id=f"run-{count + 1}",
            artifacts=(ArtifactFact(path="model.pkl", sha256=f"{count:064x}", size=1024),),
            lineage={"dataset": {"name": "holdout", "digest": "d" * 64, "rows": 2000}},
        )
        self.play.attempt(
            f"{who}: register ({accuracy})",
            lambda at: register_version(
                model=self.play.model(), registration=registration, at=at,
                tags={"metric.accuracy": accuracy}, actor=self.people[who],
            ),
        )  # fmt: skip

    @rule(who=who("owner"), which=INDEX)
    def card(self, who: str, which: int) -> None:
        version, person = self.play.version(which), self.play.world.user(who)
        cast = replace(self.cast, owner=person)
        self.play.attempt(
            f"{who}: card of {version}", lambda at: together(f.make_card, cast, version, at=at)
        )

    @rule(who=who("validator"), which=INDEX, opinion=st.sampled_from(["FIT", "FIT", "NOT_FIT"]))
    def report(self, who: str, which: int, opinion: str) -> None:
        version, person = self.play.version(which), self.play.world.user(who)
        self.play.attempt(
            f"{who}: report {opinion} on {version}",
            lambda at: together(
                f.make_report, self.cast, version, validator=person, opinion=opinion, at=at
            ),
        )

    @rule(who=who("validator"), which=INDEX, severity=st.sampled_from(["HIGH", "LOW"]))
    def find(self, who: str, which: int, severity: str) -> None:
        version = self.play.version(which)
        self.play.attempt(
            f"{who}: find {severity} in {version}",
            lambda at: open_finding(
                version=version, finding=f.due_finding(severity, at=at), at=at,
                actor=self.people[who],
            ),
        )  # fmt: skip

    @rule(who=who("validator"), which=INDEX)
    def close(self, who: str, which: int) -> None:
        rows = list(Finding.objects.order_by("closed_at", "-number"))
        if not rows:
            self.carry(which)
            return
        row = rows[which % len(rows)]
        self.play.attempt(
            f"{who}: close {row.label}",
            lambda at: close_finding(finding=row, reason="Done.", actor=self.people[who], at=at),
        )

    @rule(who=who("developer"), which=INDEX, value=st.sampled_from(["0.93", "0.89", "0.40"]))
    def measure(self, who: str, which: int, value: str) -> None:
        version = self.play.version(which)
        self.play.attempt(
            f"{who}: measure {value} on {version}",
            lambda at: record_evaluations(
                version=version, measurements=[Measurement(metric="accuracy", value=value)],
                source=Source.POSTED, actor=self.people[who], at=at,
            ),
        )  # fmt: skip

    @rule(
        who=who("owner", "second owner"),
        changed=st.sampled_from(
            [
                {"tier": 1, "tier_reason": "Decides more."},
                {"tier": 3, "tier_reason": "Decides less."},
                {"owner": "second owner"},
                {"owner": "owner"},
                {"developers": ["developer", "approver"]},
                {"developers": ["second developer"]},
                {"ai_act_class": "GPAI_SYSTEMIC", "ai_act_reason": "As read."},
                {"ai_act_class": "PROHIBITED", "ai_act_reason": "As read."},
                {"purpose": "Says more."},
            ]
        ),
    )
    def edit(self, who: str, changed: dict[str, Any]) -> None:
        people = self.play.world.people
        stated = dict(changed)
        if "owner" in changed:
            stated["owner"] = people[changed["owner"]]
        if "developers" in changed:
            stated["developers"] = [people[one] for one in changed["developers"] if one in people]
        self.play.attempt(
            f"{who}: edit {', '.join(map(str, changed.values()))}",
            lambda at: edit_model(
                model=self.play.model(), record=f.edited_record(self.play.model(), **stated),
                actor=self.people[who], at=at,
            ),
        )  # fmt: skip

    @rule(
        who=who("owner", "second owner"),
        use=st.sampled_from(["Also letters.", "Also calls abroad.", ""]),
        judge=who("validator", "head"),
        outcome=st.sampled_from(["MINOR", "MATERIAL", "DECLINED", "WITHDRAWN"]),
    )
    def change_the_live(self, who: str, use: str, judge: str, outcome: str) -> None:
        model, person = self.play.model(), self.people[judge]
        record = f.edited_record(model, intended_use=use) if use else None
        why = Rationale(kinds=["PLATFORM"], materiality="MINOR", reason="As asked.")
        self.play.attempt(
            f"{who}: propose {use or 'another platform'}",
            lambda at: propose_change(
                model=model, record=record, rationale=why, actor=self.people[who], at=at
            ),
        )
        change = ModelChange.objects.order_by("-number").select_related("model").first()
        if change is not None and isinstance(person, User):
            self.play.attempt(
                f"{judge}: settle change {change.number} as {outcome}",
                lambda at: _settle(change, outcome, person, at=at),
            )


def _settle(change: ModelChange, outcome: str, person: User, *, at: datetime) -> None:
    proof = f.make_proof(person, at=at)
    if outcome == "WITHDRAWN":
        withdraw_change(change=change, comment="", actor=person, at=at)
    elif outcome == "DECLINED":
        decline_change(change=change, comment="No.", proof=proof, actor=person, at=at)
    else:
        accept_change(
            change=change, digest_seen=change.digest, materiality=outcome, comment="",
            proof=proof, actor=person, at=at,
        )  # fmt: skip
