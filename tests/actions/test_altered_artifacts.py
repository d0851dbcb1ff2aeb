"""A version whose files were altered: promoted by nobody, told once, and by whom it was signed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from governance.accounts.rules import Role
from governance.approvals.actions import ask_for_canary, ask_for_stage, roll_back
from governance.approvals.actions.rollbacks import rollback_case
from governance.approvals.models import DossierCopy, PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.dossier import read_dossier
from governance.approvals.rules.judgement import ApprovalMissing, ChecksNotMet
from governance.audit.followers import catch_up_all
from governance.inventory.models import Model
from governance.jobs.running import run_job
from governance.registry.actions import check_artifacts, register_version
from governance.registry.models import ModelVersion, StageChange
from governance.registry.queries import default_slot
from governance.registry.rules import PartFact, Registration, Stage
from governance.validation.models import Finding
from tests import factories as f
from tests.factories import Cast
from tests.world import refused

LATER = f.later(hours=1)
NO_GATE = "policy: to-staging\ntitle: To Staging\napplies_to: {target: STAGING}\n"
SIGNED_ALONE = (
    "policy: to-production\ntitle: To Production\napplies_to: {target: PRODUCTION}\n"
    "sign_offs:\n  - {role: APPROVER, meaning: I approve.}\n"
)


@pytest.fixture
def file(tmp_path: Path, settings: Any) -> Path:
    settings.ARTIFACT_ROOTS = [str(tmp_path)]
    (tmp_path / "m").mkdir()
    (tmp_path / "m/model.bin").write_bytes(b"weights" * 1000)
    return tmp_path / "m/model.bin"


@pytest.fixture
def model(cast: Cast) -> Model:
    f.make_policy(cast, NO_GATE)
    f.make_policy(cast, SIGNED_ALONE)
    return f.make_model(cast)


def register(cast: Cast, model: Model, file: Path) -> ModelVersion:
    registration = Registration(
        source=str(file.parent),
        parts=(PartFact(kind="BASE_MODEL", name="mistral/small", revision="2409"),),
    )
    version = register_version(
        model=model, registration=registration, actor=cast.developer, at=f.NOON
    )
    assert run_job(worker="here")
    return version


def check(cast: Cast, version: ModelVersion) -> str:
    check_artifacts(version=version, actor=cast.owner, at=LATER)
    assert run_job(worker="here")
    return version.artifact_checks.latest("checked_at").outcome


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def staged(cast: Cast, version: ModelVersion) -> PromotionRequest:
    assert f.ask(cast, version, Stage.STAGING).version.stage == Stage.STAGING
    request = f.ask(cast, version, Stage.PRODUCTION).request
    assert request is not None
    return request


def test_one_flipped_byte_stops_every_way_onward_under_policies_that_ask_for_no_check(
    cast: Cast, model: Model, file: Path
) -> None:
    version = register(cast, model, file)
    request = staged(cast, version)
    flip(file)
    assert check(cast, version) == "MISMATCH"

    with refused(ChecksNotMet):
        f.sign(request, cast.approver, Role.APPROVER)
    asked = f.ask(cast, version, Stage.PRODUCTION)
    assert asked.case is not None
    assert [one.id for one in asked.case.judgement.unmet_checks] == ["artifacts_match"]
    version.refresh_from_db()
    assert version.stage == Stage.STAGING
    assert not StageChange.objects.filter(target=Stage.PRODUCTION).exists()
    kept = asked.case.dossier.version.artifact_check
    newest = version.artifact_checks.latest("checked_at")
    assert kept is not None
    assert (kept["outcome"], kept["ref"]) == ("MISMATCH", newest.ref)


def test_the_first_step_is_stopped_too_and_goes_on_once_the_file_is_restored(
    cast: Cast, model: Model, file: Path
) -> None:
    version = register(cast, model, file)
    flip(file)
    check(cast, version)
    assert f.ask(cast, version, Stage.STAGING).version.stage == Stage.DRAFT
    flip(file)
    assert check(cast, version) == "MATCH"
    assert f.ask(cast, version, Stage.STAGING).version.stage == Stage.STAGING


def test_a_signature_given_before_the_flip_moves_nothing(
    cast: Cast, model: Model, file: Path
) -> None:
    f.make_policy(cast, SIGNED_ALONE + "  - {role: COMPLIANCE, meaning: I agree with it.}\n")
    version = register(cast, model, file)
    request = staged(cast, version)
    f.sign(request, cast.approver, Role.APPROVER)
    flip(file)
    check(cast, version)
    with refused(ChecksNotMet):
        f.sign(request, cast.compliance, Role.COMPLIANCE)
    case = case_of(PromotionRequest.objects.with_version().get(pk=request.pk), at=f.NOON)
    assert len(case.judgement.stale) == 1


def test_the_same_result_again_voids_no_signature(cast: Cast, model: Model, file: Path) -> None:
    f.make_policy(cast, SIGNED_ALONE + "  - {role: COMPLIANCE, meaning: I agree with it.}\n")
    version = register(cast, model, file)
    check(cast, version)
    request = staged(cast, version)
    f.sign(request, cast.approver, Role.APPROVER)
    assert [check(cast, version) for _ in range(2)] == ["MATCH", "MATCH"]
    f.sign(request, cast.compliance, Role.COMPLIANCE)
    version.refresh_from_db()
    assert version.stage == Stage.PRODUCTION
    text = DossierCopy.objects.get(request=request).text
    assert '"artifact_check":{"outcome":"MATCH"}' in text
    assert '"parts":[{"kind":"BASE_MODEL"' in text
    assert read_dossier(text).text() == text


def test_an_altered_version_gets_no_share_of_live_traffic(
    cast: Cast, model: Model, file: Path
) -> None:
    version = register(cast, model, file)
    assert f.ask(cast, version, Stage.STAGING).version.stage == Stage.STAGING
    slot = default_slot(model)
    assert slot is not None
    flip(file)
    check(cast, version)
    version.refresh_from_db()
    asked = ask_for_canary(version=version, slot=slot, share=5, actor=cast.developer, at=LATER)
    assert asked.request is not None
    with refused(ChecksNotMet):
        f.sign(asked.request, cast.approver, Role.APPROVER)
    assert not slot.assignments.exists()


def test_an_altered_version_does_not_come_back_by_a_rollback(
    cast: Cast, model: Model, file: Path
) -> None:
    first = register(cast, model, file)
    f.sign(staged(cast, first), cast.approver, Role.APPROVER)
    f.sign(staged(cast, f.make_version(cast, model)), cast.approver, Role.APPROVER)
    slot = default_slot(model)
    assert slot is not None
    flip(file)
    check(cast, first)
    with refused(ApprovalMissing):
        roll_back(
            slot=slot,
            digest_seen=rollback_case(slot, at=f.NOON).digest,
            reason="The newer one is slow.",
            proof=f.make_proof(cast.approver, at=LATER),
            actor=cast.approver,
            at=LATER,
        )


def test_the_finding_is_raised_once_and_again_when_it_was_closed_too_early(
    cast: Cast, model: Model, file: Path
) -> None:
    version = register(cast, model, file)
    flip(file)
    for _ in range(2):
        check(cast, version)
        catch_up_all()
    finding = Finding.objects.get()
    assert (finding.severity, finding.version, finding.opened_by) == ("HIGH", version, None)
    assert finding.owner == cast.owner
    assert "model.bin" in finding.description
    catch_up_all()
    assert Finding.objects.count() == 1


def test_a_dossier_without_parts_and_checks_reads_as_it_always_did(
    cast: Cast, model: Model
) -> None:
    version = f.make_version(cast, model)
    request = staged(cast, version)
    text = case_of(request, at=f.NOON).dossier.text()
    assert "artifact_check" not in text
    assert "parts" not in text
    assert read_dossier(text).text() == text


def test_asking_moves_nothing_where_no_signature_is_asked_for(
    cast: Cast, model: Model, file: Path
) -> None:
    version = register(cast, model, file)
    flip(file)
    check(cast, version)
    version.refresh_from_db()
    asked = ask_for_stage(version=version, target=Stage.STAGING, actor=cast.developer, at=LATER)
    assert asked.request is not None
    assert (asked.version.stage, asked.request.state) == (Stage.DRAFT, "OPEN")
