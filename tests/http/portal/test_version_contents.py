"""The version's page: its files and parts, its label, and the notice to consumers."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from governance.accounts.models import User
from governance.audit.models import LedgerEntry
from governance.inventory.models import Model
from governance.jobs.running import run_job
from governance.registry.actions import deprecate_version, label_version, register_version
from governance.registry.models import ModelVersion
from governance.registry.rules import PartFact, Registration, Stage
from tests import factories as f
from tests.factories import Cast
from tests.world import nothing_moves

VERSION = "/models/churn-model/versions/1/"
TOMORROW = timezone.now().date() + timedelta(days=1)


def get(user: User, path: str) -> str:
    return sent(user, path, None).content.decode()


def sent(user: User, path: str, data: dict[str, Any] | None) -> HttpResponse:
    client = Client()
    client.force_login(user)
    response = client.get(path) if data is None else client.post(path, data)
    assert isinstance(response, HttpResponse)
    return response


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


@pytest.fixture
def file(tmp_path: Path, settings: Any) -> Path:
    settings.ARTIFACT_ROOTS = [str(tmp_path)]
    (tmp_path / "m").mkdir()
    (tmp_path / "m/model.bin").write_bytes(b"weights")
    return tmp_path / "m/model.bin"


def bundle(
    cast: Cast, model: Model, source: str = "models:/m-1", prompt: str = "12"
) -> ModelVersion:
    parts = (
        PartFact(kind="BASE_MODEL", name="mistral/small", revision="2409"),
        PartFact(kind="SYSTEM_PROMPT", name="agent", revision=prompt, sha256="ab" * 32),
    )
    registration = Registration(source=source, parts=parts)
    return register_version(model=model, registration=registration, actor=cast.developer, at=f.NOON)


def test_files_are_checked_again_and_shown_as_they_are(
    cast: Cast, model: Model, file: Path
) -> None:
    bundle(cast, model, str(file.parent))
    assert run_job(worker="here")
    page = get(cast.validator, VERSION)
    assert "Computed by the portal from the source" in page
    assert "Not read again since." in page
    assert "Check again" in page

    file.write_bytes(b"weighty")
    (file.parent / "hook.py").write_text("import os")
    answer = sent(cast.validator, f"{VERSION}check/", {})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{VERSION}#artifacts")
    assert run_job(worker="here")
    page = get(cast.validator, VERSION)
    for words in ("Differs", "Added", "Not registered", "promoted no further", "hook.py"):
        assert words in page
    page = get(cast.validator, ask_for_staging(cast))
    assert "other ones than were registered" in page
    assert "Not ready" in page


def ask_for_staging(cast: Cast) -> str:
    """Ask for a stage that the version does not reach, and return the page of the request."""
    f.make_policies(cast)
    asked = f.ask(cast, ModelVersion.objects.with_model().get(number=1), Stage.STAGING)
    assert asked.request is not None
    return f"/decisions/{asked.request.pk}/"


def test_who_may_not_check_is_told_why(cast: Cast, model: Model, file: Path) -> None:
    f.make_version(cast, model)
    page = get(cast.validator, VERSION)
    assert "Check again" not in page
    assert "lists what it may read" in page
    bundle(cast, model, str(file.parent))
    run_job(worker="here")
    path = "/models/churn-model/versions/2/"
    assert "Checking the files takes the role" in get(cast.administrator, path)
    with nothing_moves(entries=["call.refused"], but=[User]):  # who signs in
        assert sent(cast.administrator, f"{path}check/", {}).status_code == 403
    assert sent(cast.outsider, f"{path}check/", {}).status_code == 404


def test_the_parts_stand_on_the_version_and_compare_on_the_decision(
    cast: Cast, model: Model
) -> None:
    f.make_policy(cast, "policy: any\ntitle: Any\napplies_to: {target: STAGING}\n")
    f.make_policy(
        cast,
        "policy: live\ntitle: Live\napplies_to: {target: PRODUCTION}\n"
        "sign_offs:\n  - {role: APPROVER, meaning: I approve it.}\n",
    )
    first = bundle(cast, model)
    page = get(cast.auditor, VERSION)
    for words in ("Parts of the system", "mistral/small", "2409", "Kept by its provider"):
        assert words in page
    for stage in (Stage.STAGING, Stage.PRODUCTION):
        request = f.ask(cast, first, stage).request
    assert request is not None
    f.sign(request, cast.approver, f.Role.APPROVER)
    second = bundle(cast, model, prompt="13")
    f.ask(cast, second, Stage.STAGING)
    request = f.ask(cast, second, Stage.PRODUCTION).request
    assert request is not None
    page = get(cast.auditor, f"/decisions/{request.pk}/")
    assert "<h3>Parts</h3>" in page
    assert "System prompt agent" in page
    assert "Base model mistral/small" not in page


def test_a_label_is_given_and_stands_beside_the_number(cast: Cast, model: Model) -> None:
    f.make_version(cast, model)
    assert sent(cast.developer, f"{VERSION}label/", {"label": "2.1"}).status_code == 422
    assert sent(cast.developer, f"{VERSION}label/", {"label": " 2.1.0 "}).status_code == 302
    for path in (VERSION, "/models/churn-model/", f"{VERSION}validation/", f"{VERSION}card/"):
        assert "2.1.0" in get(cast.auditor, path), path
    assert "churn-model" in get(cast.auditor, "/models/?q=2.1.0")
    assert "No model" in get(cast.auditor, "/models/?q=2.1.9")
    with nothing_moves(entries=["call.refused"], but=[User]):  # who signs in
        assert sent(cast.owner, f"{VERSION}label/", {"label": "2.2.0"}).status_code == 403
    assert "Change the label" in get(cast.developer, VERSION)
    assert "Change the label" not in get(cast.owner, VERSION)


def test_a_label_that_serves_is_kept_with_what_was_typed(cast: Cast, model: Model) -> None:
    f.make_policies(cast)
    version = f.make_version(cast, model)
    label_version(version=version, label="1.0.0", actor=cast.developer, at=f.NOON)
    f.make_champion(cast, version)
    answer = sent(cast.developer, f"{VERSION}label/", {"label": "9.9.9"})
    assert answer.status_code == 409
    assert "9.9.9" in answer.content.decode()
    assert LedgerEntry.objects.filter(verb="call.refused").exists()
    assert "Change the label" not in get(cast.developer, VERSION)


def test_the_owner_deprecates_and_everybody_reads_it(cast: Cast, model: Model) -> None:
    f.make_version(cast, model)
    said = {"from_date": TOMORROW.isoformat(), "reason": "Use version 2 instead."}
    wrong = sent(cast.owner, f"{VERSION}deprecate/", said | {"from_date": date(2020, 1, 1)})
    assert wrong.status_code == 422
    with nothing_moves(entries=["call.refused"], but=[User]):  # who signs in
        assert sent(cast.developer, f"{VERSION}deprecate/", said).status_code == 403
    assert sent(cast.owner, f"{VERSION}deprecate/", said).status_code == 302
    for path in (VERSION, f"{VERSION}card/", f"{VERSION}validation/"):
        assert "Use version 2 instead." in get(cast.auditor, path), path
    assert sent(cast.owner, f"{VERSION}deprecate/", said).status_code == 409
    assert sent(cast.owner, f"{VERSION}deprecate/end/", {}).status_code == 302
    assert "Use version 2 instead." not in get(cast.auditor, VERSION)
    assert "deprecated" in get(cast.auditor, "/audit/").lower()


def test_a_reason_is_text_and_no_markup(cast: Cast, model: Model) -> None:
    version = f.make_version(cast, model)
    deprecate_version(
        version=version, from_date=TOMORROW, reason="<b>no</b>", actor=cast.owner, at=f.NOON
    )
    assert "&lt;b&gt;no&lt;/b&gt;" in get(cast.auditor, VERSION)
