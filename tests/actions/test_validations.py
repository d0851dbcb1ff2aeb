"""Recording, signing, finding and closing: independent review and its refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import pytest
from django.db import IntegrityError

from governance.accounts.models import User
from governance.accounts.rules import PermissionMissing, ProofMissing, Role
from governance.audit.models import Prose
from governance.core.errors import DomainError, InvalidInput
from governance.inventory.actions import ModelRecord, edit_model
from governance.registry.actions import register_version
from governance.registry.models import ModelVersion
from governance.registry.rules import Registration
from governance.validation.actions import (
    close_finding,
    open_finding,
    save_validation,
    sign_validation,
)
from governance.validation.models import Finding, Report, Validation
from governance.validation.queries import (
    latest_report,
    open_findings,
    pending_report,
    validators_of,
)
from governance.validation.rules import (
    ClosesOwnFinding,
    FindingClosed,
    FindingDraft,
    NotIndependent,
    NotTheValidator,
    ValidationChanged,
    ValidationRecord,
    ValidationSigned,
)
from tests import factories
from tests.factories import NOON, Cast, later, make_person, make_proof
from tests.reviewing import also, entries

LATER = later(hours=1)
pytestmark = pytest.mark.django_db

FINDING = FindingDraft(
    severity="MEDIUM",
    title="Thin slice",
    description="Only 412 rows.",
    remediation="Collect 2,000 more.",
    due_date=date(2027, 1, 31),
)
RECORD = ValidationRecord(
    scope="Back-test on eight quarters.",
    opinion="FIT_WITH_CONDITIONS",
    summary="Stable in all quarters.",
    findings=[FINDING, replace(FINDING, severity="HIGH", title="No reject inference")],
)


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def colleague(cast: Cast) -> User:
    """Another validator."""
    return make_person("Yusuf Demir", Role.VALIDATOR, unit=cast.unit)


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return factories.make_version(cast, factories.make_model(cast))


def saved(version: ModelVersion, who: User, record: ValidationRecord = RECORD) -> Validation:
    return save_validation(version=version, record=record, base=None, actor=who, at=NOON)


def signed(version: ModelVersion, who: User, record: ValidationRecord = RECORD) -> Report:
    validation = saved(version, who, record)
    return sign_validation(
        validation=validation,
        digest_seen=pending_report(validation).digest,
        proof=make_proof(who),
        actor=who,
        at=NOON,
    )


def test_a_draft_counts_for_nothing(version: ModelVersion, cast: Cast) -> None:
    saved(version, cast.validator)
    assert latest_report(version) is None
    assert open_findings(version.model) == []
    assert validators_of(version) == {}
    (entry,) = entries("validation.drafted")
    assert "Back-test" not in entry.text


def test_a_signed_report_can_be_recomputed(version: ModelVersion, cast: Cast) -> None:
    report = signed(version, cast.validator)
    assert report.digest == sha256(report.text.encode()).hexdigest()
    assert report.body["opinion"] == "FIT_WITH_CONDITIONS"
    assert report.body["version"]["digest"] == version.digest
    assert report.meaning == report.body["meaning"]
    assert report.meaning.endswith("with conditions, with 2 findings to close.")
    assert (str(report.signed_name), report.signed_role) == ("Vera Valid", Role.VALIDATOR)
    assert latest_report(version) == report
    assert validators_of(version).keys() == {cast.validator.ref}


def test_signing_opens_the_findings_in_one_entry(version: ModelVersion, cast: Cast) -> None:
    report = signed(version, cast.validator)
    findings = open_findings(version.model)
    assert [(f.label, f.severity) for f in findings] == [("F-0002", "HIGH"), ("F-0001", "MEDIUM")]
    (entry,) = entries("validation.signed")
    assert set(entry.states) == {
        report.ref,
        report.validation.ref,
        report.signed_name.ref,
        *(finding.ref for finding in findings),
    }


def test_a_report_never_changes(version: ModelVersion, cast: Cast) -> None:
    report = signed(version, cast.validator)
    with pytest.raises(IntegrityError):
        Report.objects.filter(pk=report.pk).update(opinion="FIT")


def refused(version: ModelVersion, who: User, error: type[DomainError]) -> DomainError:
    with pytest.raises(error) as caught:
        saved(version, who)
    assert not Validation.objects.filter(validator=who).exists()
    assert not Report.objects.exists()
    return caught.value


@pytest.mark.parametrize(
    "who", ["owner", "developer", "approver", "auditor", "administrator", "outsider"]
)
def test_who_may_not_validate(version: ModelVersion, cast: Cast, who: str) -> None:
    refused(version, getattr(cast, who), PermissionMissing)


@pytest.mark.parametrize(
    ("who", "rules"), [("owner", ["not_owner"]), ("developer", ["not_developer", "not_registrant"])]
)
def test_builders_are_refused_whatever_their_role(
    version: ModelVersion, cast: Cast, who: str, rules: list[str]
) -> None:
    error = refused(version, also(getattr(cast, who), Role.VALIDATOR, cast.unit), NotIndependent)
    assert error.facts["rules"] == rules
    assert error.stream == version.model.stream


def test_whoever_registered_the_version_is_refused(version: ModelVersion, cast: Cast) -> None:
    also(cast.validator, Role.DEVELOPER, cast.unit)
    theirs = register_version(
        model=version.model,
        registration=Registration(source="models:/m-2"),
        actor=cast.validator,
        at=NOON,
    )
    error = refused(theirs, cast.validator, NotIndependent)
    assert error.facts["rules"] == ["not_registrant"]
    assert "registered this version" in error.message


def test_having_left_the_model_frees_nobody(version: ModelVersion, cast: Cast) -> None:
    model = version.model
    record = ModelRecord(
        purpose=model.purpose,
        intended_use=model.intended_use,
        kind=model.kind,
        owner=cast.owner,
        developers=[],
        tier=model.tier,
    )
    edit_model(model=model, record=record, actor=cast.owner, at=LATER)
    error = refused(version, also(cast.developer, Role.VALIDATOR, cast.unit), NotIndependent)
    assert "not_developer" in error.facts["rules"]


def test_becoming_a_builder_after_the_draft_stops_the_signature(
    version: ModelVersion, cast: Cast
) -> None:
    validation = saved(version, cast.validator)
    model = version.model
    record = ModelRecord(
        purpose=model.purpose,
        intended_use=model.intended_use,
        kind=model.kind,
        owner=cast.owner,
        developers=[cast.validator],
        tier=model.tier,
    )
    edit_model(model=model, record=record, actor=cast.owner, at=NOON)
    nothing_signed(validation, cast.validator, NotIndependent)


def nothing_signed(
    validation: Validation,
    who: User,
    error: type[DomainError],
    *,
    digest: str | None = None,
    proof_user: User | None = None,
    proof_age: int = 0,
) -> None:
    with pytest.raises(error):
        sign_validation(
            validation=validation,
            digest_seen=digest or pending_report(validation).digest,
            proof=make_proof(proof_user or who, at=NOON - timedelta(seconds=proof_age)),
            actor=who,
            at=NOON,
        )
    assert not Report.objects.exists()
    assert not Finding.objects.exists()
    assert entries("validation.signed") == []


def test_a_text_that_changed_is_not_signed(version: ModelVersion, cast: Cast) -> None:
    validation = saved(version, cast.validator)
    seen = pending_report(validation).digest
    saved(version, cast.validator, replace(RECORD, opinion="NOT_FIT"))
    nothing_signed(validation, cast.validator, ValidationChanged, digest=seen)


def test_only_its_author_signs(version: ModelVersion, cast: Cast, colleague: User) -> None:
    nothing_signed(saved(version, cast.validator), colleague, NotTheValidator)


@pytest.mark.parametrize("proof", [{"proof_age": 1}, {"proof_age": -1}, {"proof_user": "approver"}])
def test_a_proof_is_ones_own_and_for_this_act(
    version: ModelVersion, cast: Cast, proof: dict[str, int | str]
) -> None:
    user = getattr(cast, str(proof.pop("proof_user", "validator")))
    age = int(proof.get("proof_age", 0))
    validation = saved(version, cast.validator)
    nothing_signed(validation, cast.validator, ProofMissing, proof_user=user, proof_age=age)


def test_nobody_signs_twice(version: ModelVersion, cast: Cast) -> None:
    report = signed(version, cast.validator)
    with pytest.raises(ValidationSigned):
        sign_validation(
            validation=report.validation,
            digest_seen=report.digest,
            proof=make_proof(cast.validator),
            actor=cast.validator,
            at=NOON,
        )
    assert Report.objects.count() == 1


def test_what_a_report_must_say(version: ModelVersion, cast: Cast) -> None:
    validation = saved(version, cast.validator, ValidationRecord())
    with pytest.raises(InvalidInput) as caught:
        sign_validation(
            validation=validation,
            digest_seen="",
            proof=make_proof(cast.validator),
            actor=cast.validator,
            at=NOON,
        )
    assert [p.field for p in caught.value.problems] == ["opinion", "scope", "summary"]
    assert not Report.objects.exists()


def test_conditions_are_findings(version: ModelVersion, cast: Cast) -> None:
    validation = saved(version, cast.validator, replace(RECORD, findings=[]))
    nothing_signed(validation, cast.validator, InvalidInput)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"severity": "URGENT"}, "severity"),
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"due_date": None}, "due_date"),
        ({"due_date": NOON.date()}, "due_date"),
        ({"description": "a\x00"}, "description"),
        ({"owner": "user:nobody"}, "owner"),
    ],
)
def test_a_wrong_finding_is_named_by_its_place(
    version: ModelVersion, cast: Cast, change: dict[str, object], field: str
) -> None:
    wrong = replace(FINDING, **change)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput) as caught:
        saved(version, cast.validator, replace(RECORD, findings=[FINDING, wrong]))
    assert [p.field for p in caught.value.problems] == [f"findings.1.{field}"]
    assert not Validation.objects.exists()


def test_an_old_form_overwrites_nothing(version: ModelVersion, cast: Cast) -> None:
    saved(version, cast.validator)
    with pytest.raises(ValidationChanged):
        save_validation(
            version=version,
            record=replace(RECORD, scope="Other"),
            base=0,
            actor=cast.validator,
            at=NOON,
        )
    assert Validation.objects.get().scope == RECORD.scope


def test_saving_what_stands_there_appends_nothing(version: ModelVersion, cast: Cast) -> None:
    record = replace(RECORD, findings=[replace(FINDING, owner=cast.owner.ref)])
    saved(version, cast.validator, record)
    saved(version, cast.validator, record)
    assert len(entries("validation.drafted")) == 1


def test_the_newest_report_counts(version: ModelVersion, cast: Cast, colleague: User) -> None:
    signed(version, cast.validator, replace(RECORD, opinion="NOT_FIT"))
    second = signed(version, colleague, replace(RECORD, opinion="FIT", findings=[]))
    assert (second.number, latest_report(version)) == (2, second)
    assert validators_of(version).keys() == {cast.validator.ref, colleague.ref}


@pytest.fixture
def finding(version: ModelVersion, cast: Cast) -> Finding:
    draft = replace(FINDING, owner=cast.developer.ref)
    return open_finding(version=version, finding=draft, actor=cast.validator, at=NOON)


def test_a_finding_raised_on_its_own(finding: Finding, cast: Cast) -> None:
    assert (finding.report, finding.owner, finding.label) == (None, cast.developer, "F-0001")
    assert len(entries("finding.opened")) == 1


def test_closing_takes_a_reason(finding: Finding, cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        close_finding(finding=finding, reason=" ", actor=cast.validator, at=LATER)
    closed = close_finding(
        finding=finding, reason="Done, see run 7.", actor=cast.validator, at=LATER
    )
    assert str(closed.closing_reason) == "Done, see run 7."
    assert open_findings(finding.model) == []
    (entry,) = entries("finding.closed")
    assert "run 7" not in entry.text
    assert set(entry.states) == {closed.ref, f"prose:{closed.closing_reason_id}"}


def test_a_finding_is_closed_once(finding: Finding, cast: Cast, colleague: User) -> None:
    close_finding(finding=finding, reason="Done.", actor=cast.validator, at=LATER)
    with pytest.raises(FindingClosed):
        close_finding(finding=finding, reason="Again.", actor=colleague, at=LATER)
    assert len(entries("finding.closed")) == 1


@pytest.mark.parametrize(
    ("who", "error"),
    [
        (lambda cast: also(cast.developer, Role.VALIDATOR, cast.unit), NotIndependent),
        (lambda cast: also(cast.owner, Role.VALIDATOR, cast.unit), NotIndependent),
        (lambda cast: cast.approver, PermissionMissing),
        (lambda cast: cast.outsider, PermissionMissing),
    ],
)
def test_who_may_not_close(
    finding: Finding, cast: Cast, who: Callable[[Cast], User], error: type[DomainError]
) -> None:
    before = Prose.objects.count()
    with pytest.raises(error):
        close_finding(finding=finding, reason="Done.", actor=who(cast), at=LATER)
    assert Finding.objects.get().closed_at is None
    assert Prose.objects.count() == before


def test_nobody_closes_what_is_theirs_to_deal_with(finding: Finding, cast: Cast) -> None:
    Finding.objects.filter(pk=finding.pk).update(owner=cast.validator)
    with pytest.raises(ClosesOwnFinding):
        close_finding(finding=finding, reason="Done.", actor=cast.validator, at=LATER)
    assert Finding.objects.get().closed_at is None
