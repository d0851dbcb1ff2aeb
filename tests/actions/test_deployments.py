"""What instances say they run: the verdict, what is kept of it, and what follows."""

from __future__ import annotations

from datetime import datetime

import pytest

from governance.accounts.rules import PermissionMissing, Scope
from governance.audit.followers import catch_up_all
from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from governance.core.errors import InvalidInput
from governance.inventory.models import Model
from governance.registry.actions.deployments import report_deployment
from governance.registry.actions.slots import assign_role, create_slot, end_role
from governance.registry.models import (
    ArtifactCheck,
    DeploymentReport,
    ModelVersion,
)
from governance.registry.queries.serving import deployment_allowance, places
from governance.registry.rules import CheckOutcome, SlotRole, Verdict
from governance.registry.rules.deployments import Hearing, Running
from governance.validation.actions.findings import close_finding
from governance.validation.models import Finding
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.world import newest_entry, nothing_moves, refused

pytestmark = pytest.mark.django_db

EU = "eu-retail/primary"
FILE = "a" * 64


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """The champion of the default slot."""
    f.make_policies(cast)
    version = f.make_version(cast, f.make_model(cast), artifact=FILE)
    f.make_champion(cast, version)
    return version


@pytest.fixture
def model(version: ModelVersion) -> Model:
    return version.model


def report(
    cast: Cast,
    model: Model,
    version: str = "1",
    *,
    instance: str = "gateway-1",
    slot: str = "",
    digest: str = "",
    at: datetime = NOON,
) -> DeploymentReport:
    said = Running(version=version, instance=instance, slot=slot, digest=digest)
    return report_deployment(model=model, said=said, actor=cast.developer, at=at)


def heard(cast: Cast, *, at: datetime) -> dict[tuple[str, str], Hearing]:
    return {
        (place.name, one.report.instance): one.hearing
        for place in places(cast.auditor, at=at)
        for one in place.instances
    }


def test_the_verdict_is_what_the_registry_says_of_the_version_in_that_slot(
    cast: Cast, version: ModelVersion, model: Model
) -> None:
    assert report(cast, model).verdict == Verdict.AGREES
    for digest in (FILE, f"sha256:{FILE}", version.digest):
        assert report(cast, model, digest=digest).verdict == Verdict.AGREES
    assert report(cast, model, digest="b" * 64).verdict == Verdict.UNAPPROVED
    assert report(cast, model, "9").verdict == Verdict.UNAPPROVED
    assert report(cast, model, "v1").version is None
    unknown = report(cast, model, slot="us/primary")
    assert (unknown.verdict, unknown.slot, unknown.slot_name) == ("UNAPPROVED", None, "us/primary")

    second = f.make_version(cast, model, artifact="b" * 64)
    assert report(cast, model, "2").verdict == Verdict.UNAPPROVED
    f.make_champion(cast, second)
    assert report(cast, model, "2").verdict == Verdict.AGREES
    assert report(cast, model).verdict == Verdict.SUPERSEDED

    slot = create_slot(model=model, name=EU, actor=cast.owner, at=NOON)
    assert report(cast, model, "2", slot=EU).verdict == Verdict.UNAPPROVED
    assign_role(slot=slot, version=second, role=SlotRole.SHADOW, actor=cast.owner, at=NOON)
    assert report(cast, model, "2", slot=EU).verdict == Verdict.AGREES
    end_role(slot=slot, version=second, actor=cast.owner, at=NOON)
    # Nobody signed for a shadow: what outlives its role was never approved there.
    assert report(cast, model, "2", slot=EU).verdict == Verdict.UNAPPROVED


def test_a_report_that_says_nothing_new_adds_nothing(
    cast: Cast, version: ModelVersion, model: Model
) -> None:
    first = report(cast, model, digest=FILE)
    entry = newest_entry(model.stream)
    assert (entry.verb, entry.subject) == ("deployment.reported", first.ref)
    assert entry.facts == {
        "verdict": "AGREES", "number": "1", "version": version.ref,
        "slot": "primary", "instance": "gateway-1",
    }  # fmt: skip
    entries = LedgerEntry.objects.count()
    again = report(cast, model, slot="primary", digest=f"sha256:{FILE}", at=later(hours=2))
    assert (again.pk, again.last_seen_at) == (first.pk, later(hours=2))
    with nothing_moves():
        report(cast, model, digest=FILE, at=later(hours=2, seconds=30))
    assert (DeploymentReport.objects.count(), LedgerEntry.objects.count()) == (1, entries)
    # The same words mean something else once another version serves: that is new.
    f.make_champion(cast, f.make_version(cast, model, artifact="b" * 64))
    assert report(cast, model, digest=FILE, at=later(hours=3)).verdict == Verdict.SUPERSEDED
    assert DeploymentReport.objects.count() == 2
    assert verify().intact


@pytest.mark.parametrize(
    "wrong",
    [{"version": ""}, {"version": "1" * 21}, {"instance": " "}, {"instance": "x" * 101},
     {"instance": "a\nb"}, {"instance": "\x00"}, {"slot": "x" * 81}, {"digest": "A" * 64},
     {"digest": "abc"}],
)  # fmt: skip
def test_a_report_has_a_form(cast: Cast, model: Model, wrong: dict[str, str]) -> None:
    with refused(InvalidInput):
        report(cast, model, **({"version": "1"} | wrong))  # type: ignore[arg-type]


def test_who_may_report(cast: Cast, model: Model) -> None:
    said = Running(version="1", instance="gateway-1")
    others, _ = f.make_token(cast, scopes=[s for s in Scope if s != Scope.REPORT])
    for actor in (cast.owner, cast.approver, cast.administrator, cast.outsider, others):
        with refused(PermissionMissing):
            report_deployment(model=model, said=said, actor=actor, at=NOON)
    server, _ = f.make_token(cast, name="gateway", scopes=[Scope.REPORT])
    row = report_deployment(model=model, said=said, actor=server, at=NOON)
    assert row.reported_by == server.ref


def test_what_nobody_approved_is_a_finding_of_its_owner_once(
    cast: Cast, version: ModelVersion, model: Model
) -> None:
    second = f.make_version(cast, model, artifact="b" * 64)
    catch_up_all()
    report(cast, model)
    catch_up_all()
    assert not Finding.objects.exists()
    report(cast, model, "2")
    catch_up_all()
    (finding,) = Finding.objects.all()
    assert (finding.severity, finding.version, finding.owner, finding.opened_by) == (
        "HIGH",
        second,
        cast.owner,
        None,
    )
    assert finding.title == "gateway-1 runs version 2, which nobody approved"
    entry = newest_entry(model.stream)
    assert (entry.verb, entry.subject) == ("finding.opened", finding.ref)
    # Back and forth, in another slot, and told twice: it is the same finding while it is open.
    report(cast, model, at=later(minutes=1))
    report(cast, model, "2", at=later(minutes=2))
    report(cast, model, "2", slot="us/primary", at=later(minutes=3))
    catch_up_all()
    assert Finding.objects.count() == 1
    report(cast, model, "2", instance="gateway-2", at=later(minutes=4))
    report(cast, model, "7", at=later(minutes=5))
    catch_up_all()
    titles = sorted(Finding.objects.values_list("title", "version__number"))
    assert titles == [
        ("gateway-1 runs version 2, which nobody approved", 2),
        # There is no such version, so the finding is of the newest one.
        ("gateway-1 runs version 7, which nobody approved", 2),
        ("gateway-2 runs version 2, which nobody approved", 2),
    ]
    close_finding(finding=finding, reason="Redeployed.", actor=cast.validator, at=NOON)
    report(cast, model, at=later(minutes=6))
    report(cast, model, "2", at=later(minutes=7))
    catch_up_all()
    assert Finding.objects.filter(title=finding.title).count() == 2
    assert verify().intact


def test_silence_agreement_and_what_lags_behind(
    cast: Cast, version: ModelVersion, model: Model
) -> None:
    report(cast, model)
    report(cast, model, instance="gateway-2", at=later(hours=20))
    one, two = ("primary", "gateway-1"), ("primary", "gateway-2")
    assert heard(cast, at=later(hours=21)) == {one: Hearing.AGREES, two: Hearing.AGREES}
    assert heard(cast, at=later(hours=25)) == {one: Hearing.SILENT, two: Hearing.AGREES}
    (place,) = places(cast.auditor, at=later(hours=45))
    assert (place.hearing, place.silent_since) == (Hearing.SILENT, later(hours=20))
    # Another version serves by now, and the instances have not said that they follow.
    f.make_champion(cast, f.make_version(cast, model, artifact="b" * 64), at=later(hours=21))
    (place,) = places(cast.auditor, at=later(hours=22))
    assert (place.hearing, place.silent_since) == (Hearing.SUPERSEDED, None)
    report(cast, model, "2", at=later(hours=22))
    assert heard(cast, at=later(hours=22)) == {one: Hearing.AGREES, two: Hearing.SUPERSEDED}
    # A past date is as it was heard then.
    (place,) = places(cast.auditor, at=later(hours=30), on=later(hours=1))
    assert [(one.hearing, one.report.reported_version) for one in place.instances] == [
        (Hearing.AGREES, "1")
    ]
    report(cast, model, "9", slot="nowhere/at-all", at=later(hours=23))
    names = [(p.name, p.hearing) for p in places(cast.auditor, at=later(days=99))]
    assert names == [("nowhere/at-all", Hearing.UNAPPROVED), ("primary", Hearing.SILENT)]
    assert places(cast.outsider, at=later(days=1)) == []


def test_a_deployment_is_allowed_what_serves_and_nothing_else(
    cast: Cast, version: ModelVersion, model: Model
) -> None:
    def rule(one: ModelVersion, slot: str = "", digest: str = "") -> tuple[bool, str]:
        answer = deployment_allowance(one, slot=slot, digest=digest)
        assert answer.reason
        return answer.allowed, answer.rule

    second = f.make_version(cast, model, artifact="b" * 64)
    slot = create_slot(model=model, name=EU, actor=cast.owner, at=NOON)
    assert rule(version) == rule(version, "primary", FILE) == (True, "live_in_slot")
    assert rule(version, digest=version.digest) == (True, "live_in_slot")
    assert rule(version, digest="b" * 64) == (False, "digest_mismatch")
    assert rule(version, EU) == rule(second) == (False, "not_live_in_slot")
    assert rule(version, "us/primary") == rule(version, "\x00") == (False, "unknown_slot")
    assign_role(slot=slot, version=second, role=SlotRole.SHADOW, actor=cast.owner, at=NOON)
    assert rule(second, EU) == (False, "not_live_in_slot")
    end_role(slot=slot, version=second, actor=cast.owner, at=NOON)
    f.make_canary(cast, second, slot, share=10)
    assert rule(second, EU) == (True, "live_in_slot")

    def check(outcome: CheckOutcome, at: datetime) -> None:
        ArtifactCheck.objects.create(
            version=version, outcome=outcome, files=1, checked_by="system:checks", checked_at=at
        )

    check(CheckOutcome.MISMATCH, NOON)
    assert rule(version) == (False, "artifact_mismatch")
    check(CheckOutcome.MATCH, later(minutes=1))
    assert rule(version) == (True, "live_in_slot")
