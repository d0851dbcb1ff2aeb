"""A candidate rehearsed over what was decided and what serves: read only, in few queries."""

from __future__ import annotations

import io
import json
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.accounts.actions import grant_role
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.approvals.actions import ask_for_canary, propose_policy
from governance.approvals.models import DossierCopy, PolicyVersion, PromotionRequest
from governance.approvals.queries import dossiers
from governance.approvals.queries.rehearsals import MOST, Rehearsal, rehearsal_of
from governance.approvals.rules.dossier import FIRST_FORMAT, Dossier
from governance.approvals.rules.judgement import Decision
from governance.approvals.rules.policies import read_policy
from governance.approvals.rules.rehearsal import NO_POLICY, Effect
from governance.core.errors import InvalidInput
from governance.demo.seeding import seed
from governance.inventory.models import Model
from governance.registry.actions import record_evaluations
from governance.registry.queries import default_slot
from governance.registry.rules import Measurement, Source, Stage
from tests import factories as f
from tests.actions import test_overrides as overriding
from tests.deciding_rules import FULL, make_bench
from tests.factories import NOON, TO_PRODUCTION, Cast, due_finding, later, sign
from tests.world import nothing_moves

NOON_DAY = NOON.date()
STRICTER = TO_PRODUCTION.replace("0.90", "0.94")
COMPLIANCE = TO_PRODUCTION.replace(
    "sign_offs:\n", 'sign_offs:\n  - {role: COMPLIANCE, meaning: "The evidence is complete."}\n'
)


def rehearsed(
    text: str,
    *,
    reader: User | None = None,
    since: date = NOON_DAY,
    at: datetime = NOON,
    most: int = MOST,
) -> Rehearsal:
    models = Model.objects.visible_to(reader, at=at) if reader else Model.objects.all()
    return rehearsal_of(read_policy(text), models=models, since=since, at=at, most=most)


def told(found: Rehearsal) -> tuple[list[str], list[str]]:
    """What stands against each that would differ: decisions, then live versions."""
    return (
        ["; ".join(one.rehearsed.objections) for one in found.differing],
        ["; ".join(one.rehearsed.objections) for one in found.out_of_policy],
    )


def promoted(cast: Cast, *, name: str = "churn-model", accuracy: str = "0.93") -> PromotionRequest:
    model = f.make_model(cast, name=name)
    return f.make_champion(cast, f.make_version(cast, model, metrics={"accuracy": accuracy}))


@pytest.fixture
def champion(cast: Cast) -> PromotionRequest:
    f.make_policies(cast)
    return promoted(cast)


class TestWhatWasDecided:
    def test_the_policy_in_force_changes_nothing(self, champion: PromotionRequest) -> None:
        found = rehearsed(TO_PRODUCTION)
        assert not found.would_differ
        assert found.summary == (
            "0 of 1 decision since 2 Mar 2026 would come out differently; 0 of 1 live version "
            "would be out of policy."
        )

    def test_a_stricter_limit_would_have_held_it(self, champion: PromotionRequest) -> None:
        against = "Accuracy 0.93, at least 0.94"
        with nothing_moves():
            found = rehearsed(STRICTER)
        assert told(found) == ([against], [against])
        assert [one.request for one in found.differing] == [champion]
        assert found.differing[0].rehearsed.sentence == (
            f"D-2 was approved; under this policy: {against}."
        )

    def test_a_signature_more_would_have_been_missing(self, champion: PromotionRequest) -> None:
        missing = "one compliance signature missing"
        assert told(rehearsed(COMPLIANCE)) == ([missing], [missing])

    def test_a_move_elsewhere_is_rehearsed_by_its_own_policy(
        self, champion: PromotionRequest
    ) -> None:
        found = rehearsed(f.TO_STAGING.replace("0.90", "0.95"))
        assert told(found) == (["Accuracy 0.93, at least 0.95"], [])
        assert (len(found.decisions), found.live) == (1, ())

    def test_a_version_of_a_policy_that_lets_moves_go_leaves_them_without(
        self, champion: PromotionRequest
    ) -> None:
        assert told(rehearsed(TO_PRODUCTION.replace("[STAGING]", "[DRAFT]"))) == (
            [NO_POLICY], [NO_POLICY],
        )  # fmt: skip

    def test_what_people_refused_is_told_apart(self, cast: Cast) -> None:
        f.make_policies(cast)
        request = f.make_ready(cast, f.make_version(cast, f.make_model(cast)))
        sign(request, cast.approver, Role.APPROVER, decision=Decision.RETURN, comment="Not yet.")
        found = rehearsed(TO_PRODUCTION)
        assert not found.would_differ
        (one,) = found.refused_by_people
        assert one.rehearsed.effect == Effect.PEOPLE_REFUSED
        assert rehearsed(STRICTER).refused_by_people == []

    def test_only_what_was_decided_since_that_day(self, champion: PromotionRequest) -> None:
        tomorrow = later(days=1).date()
        assert told(rehearsed(STRICTER, since=tomorrow))[0] == []
        assert told(rehearsed(STRICTER, since=tomorrow))[1] != []

    def test_duties_are_those_of_then(self, cast: Cast, champion: PromotionRequest) -> None:
        """Who came to build in the unit afterwards was independent of it when they signed."""
        text = TO_PRODUCTION.replace("role: VALIDATOR,", "role: VALIDATOR, independent_of: [UNIT],")
        grant_role(
            user=cast.validator, role=Role.DEVELOPER, unit=cast.unit, starts_at=later(days=1),
            actor=CONSOLE, at=NOON,
        )  # fmt: skip
        assert told(rehearsed(text, at=later(days=2))) == ([], [])
        grant_role(
            user=cast.approver, role=Role.DEVELOPER, unit=cast.unit, starts_at=NOON,
            actor=CONSOLE, at=NOON,
        )  # fmt: skip
        barred = text.replace("role: APPROVER,", "role: APPROVER, independent_of: [UNIT],")
        missing = "one approver signature missing"
        assert told(rehearsed(barred)) == ([missing], [missing])

    def test_two_policies_alike_are_bad_input(self, champion: PromotionRequest) -> None:
        with pytest.raises(InvalidInput, match="as specific"):
            rehearsed(TO_PRODUCTION.replace("policy: to-production", "policy: rival"))

    def test_a_proposed_policy_is_not_among_those_it_would_stand_with(
        self, cast: Cast, champion: PromotionRequest
    ) -> None:
        narrow = STRICTER.replace("policy: to-production", "policy: narrow")
        narrow = narrow.replace("target:", "tiers: [3], target:")
        propose_policy(text=narrow, actor=cast.administrator, at=NOON)
        assert not rehearsed(TO_PRODUCTION).would_differ
        assert rehearsed(narrow).would_differ


class TestFirstFormat:
    """What was decided before dossiers said slot, unit and class."""

    @pytest.fixture
    def old(self, cast: Cast) -> PromotionRequest:
        """A decision that was signed when dossiers were written in the first format."""
        f.make_policies(cast)
        version = f.make_version(cast, f.make_model(cast), metrics={"accuracy": "0.93"})
        f.make_card(cast, version)
        f.make_report(cast, version)
        f.ask(cast, version, Stage.STAGING)
        with pytest.MonkeyPatch.context() as then:
            then.setattr(dossiers, "Dossier", partial(Dossier, format=FIRST_FORMAT))
            request = f.ask(cast, version, Stage.PRODUCTION).request
            assert request is not None
            sign(request, cast.validator, Role.VALIDATOR)
            sign(request, cast.approver, Role.APPROVER)
        request.refresh_from_db()
        copy = DossierCopy.objects.get(request=request, digest=request.decided_digest)
        assert copy.dossier.format == FIRST_FORMAT
        return request

    def test_the_signatures_of_then_count(self, old: PromotionRequest) -> None:
        found = rehearsed(TO_PRODUCTION)
        assert told(found) == ([], [])
        assert found.is_supplemented

    def test_its_slot_and_unit_are_read_off_the_rows(self, old: PromotionRequest) -> None:
        narrow = STRICTER.replace("to-production", "narrow").replace(
            "target:", "units: [bank/retail], slots: [primary], target:"
        )
        assert told(rehearsed(narrow))[0] == ["Accuracy 0.93, at least 0.94"]
        elsewhere = narrow.replace("bank/retail", "bank/markets")
        assert rehearsed(elsewhere).decisions == ()


class TestWhatServes:
    def test_a_finding_since_puts_it_out_of_policy(
        self, cast: Cast, champion: PromotionRequest
    ) -> None:
        version = champion.version
        f.make_report(cast, version, findings=[due_finding("MEDIUM")], at=later(hours=1))
        text = TO_PRODUCTION.replace("severity: HIGH", "severity: MEDIUM")
        assert told(rehearsed(text, at=later(hours=2))) == (
            [], ["No open medium finding: 1, required: 0"],
        )  # fmt: skip

    def test_the_champion_it_was_to_beat_is_that_of_then(
        self, cast: Cast, champion: PromotionRequest
    ) -> None:
        model = champion.version.model
        f.make_champion(cast, f.make_version(cast, model, metrics={"accuracy": "0.95"}))
        text = TO_PRODUCTION.replace(
            "gates:", "gates:\n  - {check: challenger, metric: accuracy, margin: 0.03, label: Gain}"
        )
        against = "Gain 0.95, more than 0.96"
        assert told(rehearsed(text)) == ([against], [against])
        assert told(rehearsed(text.replace("0.03", "0.01"))) == ([], [])

    def test_what_is_measured_since_reopens_no_contest(
        self, cast: Cast, champion: PromotionRequest
    ) -> None:
        """On other data the two were never compared, and the limits hold for what is newest."""
        model = champion.version.model
        second = f.make_version(cast, model, metrics={"accuracy": "0.95"})
        f.make_champion(cast, second)
        measured = Measurement(metric="accuracy", value="0.91", dataset_digest="e" * 64)
        record_evaluations(
            version=second, measurements=[measured], source=Source.POSTED, actor=cast.developer,
            at=NOON,
        )  # fmt: skip
        text = TO_PRODUCTION.replace(
            "gates:", "gates:\n  - {check: challenger, metric: accuracy, margin: 0.01, label: Gain}"
        )
        assert told(rehearsed(text)) == ([], [])
        assert told(rehearsed(text.replace("0.90", "0.92"))) == (
            [], ["Accuracy 0.91, at least 0.92"],
        )  # fmt: skip

    def test_a_canary_serves_too(self, cast: Cast, champion: PromotionRequest) -> None:
        version = f.make_version(cast, champion.version.model, metrics={"accuracy": "0.91"})
        f.make_card(cast, version)
        f.make_report(cast, version)
        f.ask(cast, version, Stage.STAGING)
        version.refresh_from_db()
        asked = ask_for_canary(
            version=version, slot=default_slot(version.model), share=5, actor=cast.developer,
            at=NOON,
        )  # fmt: skip
        assert asked.request is not None
        sign(asked.request, cast.validator, Role.VALIDATOR)
        sign(asked.request, cast.approver, Role.APPROVER)
        found = rehearsed(TO_PRODUCTION.replace("0.90", "0.92"))
        assert [str(one) for one in found.out_of_policy] == [
            "churn-model version 2, canary of primary"
        ]

    def test_an_approval_that_would_have_ended(self, champion: PromotionRequest) -> None:
        text = TO_PRODUCTION + "approval: {stands_days: 30}\n"
        assert told(rehearsed(text, at=later(days=31)))[1] == [
            "approved for 30 days, which ended on 1 Apr 2026"
        ]
        assert told(rehearsed(text, at=later(days=29)))[1] == []


class TestAnOverriddenCheck:
    """Two heads of model risk answered for an accuracy of 0.88 until 20 Mar 2026."""

    @pytest.fixture
    def request_(self, cast: Cast) -> PromotionRequest:
        bench = make_bench(cast, accuracy="0.88")
        request = bench.request()
        overriding.tick(bench, request)
        overriding.second(overriding.propose(request, bench.head), bench.second_head)
        sign(request, cast.validator, Role.VALIDATOR)
        sign(request, cast.approver, Role.APPROVER)
        return request

    @pytest.mark.parametrize(
        ("old", "new", "against"),
        [
            ("people: 2", "people: 2", []),
            ("people: 2", "people: 3", ["Accuracy 0.88, at least 0.90"]),
            ("HEAD_OF_MODEL_RISK, people", "COMPLIANCE, people", ["Accuracy 0.88, at least 0.90"]),
            ("0.90", "0.89", ["Accuracy 0.88, at least 0.89"]),
        ],
    )
    def test_stands_where_the_candidate_lets_it(
        self, request_: PromotionRequest, old: str, new: str, against: list[str]
    ) -> None:
        assert told(rehearsed(FULL.replace(old, new))) == (against, against)

    def test_ends_with_its_day_for_what_serves(self, request_: PromotionRequest) -> None:
        found = rehearsed(FULL, at=later(days=30))
        assert told(found) == ([], ["Accuracy 0.88, at least 0.90"])


class TestBounds:
    def test_a_reader_rehearses_what_they_may_see(
        self, cast: Cast, champion: PromotionRequest
    ) -> None:
        for reader, sees in ((cast.owner, 1), (cast.auditor, 1), (cast.outsider, 0)):
            found = rehearsed(STRICTER, reader=reader)
            assert (len(found.decisions), len(found.live)) == (sees, sees)

    def test_as_many_queries_for_four_as_for_one(
        self, cast: Cast, champion: PromotionRequest
    ) -> None:
        with CaptureQueriesContext(connection) as few:
            assert len(rehearsed(STRICTER).live) == 1
        for name in ("second-model", "third-model", "fourth-model"):
            promoted(cast, name=name)
        with CaptureQueriesContext(connection) as many:
            assert len(rehearsed(STRICTER).live) == 4
        assert len(many) == len(few)
        assert len(many) <= 45

    def test_the_newest_are_read_up_to_the_bound_and_it_says_so(
        self, cast: Cast, champion: PromotionRequest
    ) -> None:
        promoted(cast, name="second-model")
        found = rehearsed(STRICTER, most=1)
        assert (len(found.decisions), len(found.live), found.is_cut) == (1, 1, True)
        assert not rehearsed(STRICTER, most=2).is_cut

    def test_the_whole_demo_can_be_rehearsed(self, db: None) -> None:
        seed(now=timezone.now())
        at = timezone.now()
        with nothing_moves():
            for row in PolicyVersion.objects.in_force():
                found = rehearsed(row.text, since=(at - timedelta(days=3650)).date(), at=at)
                assert found.differing == []


class TestCommand:
    def run(self, path: Path, *arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        try:
            call_command("rehearse_policy", str(path), *arguments, stdout=out)
        except SystemExit as ended:
            return int(str(ended.code)), out.getvalue()
        except CommandError as refused:
            return refused.returncode, str(refused)
        return 0, out.getvalue()

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "policy.yaml"

    def test_nothing_differs(self, champion: PromotionRequest, path: Path) -> None:
        path.write_text(TO_PRODUCTION)
        with nothing_moves():
            code, said = self.run(path, "--since", "2026-01-01")
        assert code == 0
        assert "0 of 1 decision since 1 Jan 2026 would come out differently" in said
        assert "Decisions that would" not in said

    def test_something_differs(self, champion: PromotionRequest, path: Path) -> None:
        path.write_text(STRICTER)
        with nothing_moves():
            code, said = self.run(path, "--since", "2026-01-01")
        assert code == 1
        assert "D-2 was approved; under this policy: Accuracy 0.93, at least 0.94." in said
        assert f"/decisions/{champion.pk}/" in said
        assert "churn-model version 1, champion of primary" in said

    def test_as_json(self, champion: PromotionRequest, path: Path) -> None:
        path.write_text(STRICTER)
        code, said = self.run(path, "--since", "2026-01-01", "--json")
        facts = json.loads(said)
        assert code == 1
        (decision,) = facts["decisions"]
        assert decision["dossier"] == champion.decided_digest
        assert decision["effect"] == "HELD"
        assert decision["unmet"] == [
            {"id": "metric.accuracy", "measured": "0.93", "outcome": "FAIL", "required": "≥ 0.94"}
        ]
        assert facts["live"][0]["slot"] == "primary"

    def test_a_year_back_unless_told_otherwise(self, cast: Cast, path: Path) -> None:
        f.make_policies(cast)
        path.write_text(STRICTER)
        day = (timezone.now() - timedelta(days=365)).date()
        code, said = self.run(path, "--json")
        assert (code, json.loads(said)["since"]) == (0, day.isoformat())

    @pytest.mark.parametrize(
        ("text", "arguments", "said"),
        [
            (None, (), "cannot be read as text"),
            ("policy: [", (), "not readable YAML"),
            (TO_PRODUCTION.replace("to-production", "rival"), (), "as specific"),
            (TO_PRODUCTION, ("--since", "last year"), "--since"),
            (TO_PRODUCTION, ("--most", "0"), "Read at least one row."),
        ],
    )
    def test_bad_input(
        self, champion: PromotionRequest, path: Path, text: str | None,
        arguments: tuple[str, ...], said: str,
    ) -> None:  # fmt: skip
        if text is not None:
            path.write_text(text)
        with nothing_moves():
            code, answer = self.run(path, *arguments)
        assert said in answer
        if "--since" not in arguments:  # argparse refuses it by itself, with 2 on a command line
            assert code == 2
