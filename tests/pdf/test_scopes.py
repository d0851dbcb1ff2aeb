"""Packs of a version, a decision, several models and an audit trail: what is attached, what is
printed, and that each verifies and is a valid file."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import page
import pypdf
import pytest

from governance.approvals.models import PromotionRequest
from governance.core.canonical import sha256_hex
from governance.evidence.queries.scopes import scope_wanted
from governance.evidence.rules.packs import PackFiles
from governance.evidence.rules.scopes import Chapter, PackScope, ScopeKind, Wanted
from governance.evidence.verify_pack import FAIL, verify
from governance.inventory.actions.waivers import request_waiver
from governance.inventory.models import Model
from tests.factories import NOON, Cast, make_champion, make_model, make_version
from tests.pdf.support import full_model, of_a_module, pack_of, violations

pytestmark = pytest.mark.django_db

PROFILES = (page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1)
FRAMEWORKS = ("sr-26-2",)


@pytest.fixture(scope="module")
def firm(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Cast, Model, Model]]:
    """Two models with champions; the second one with a waiver that was asked for."""
    with of_a_module(django_db_blocker):
        cast, churn = full_model()
        fraud = make_model(cast, name="fraud-model", tier=2)
        make_champion(cast, make_version(cast, fraud))
        request_waiver(
            model=fraud,
            kind="OVERDUE_REVIEW",
            waived="The yearly review <b>late</b>.",
            reason="The reviewer is ill.",
            control="Weekly samples.",
            starts_date=NOON.date(),
            expires_date=NOON.date() + timedelta(days=30),
            actor=cast.owner,
            at=NOON,
        )
        make_version(cast, fraud, metrics={"accuracy": "0.91"})
        yield cast, churn, fraud


def wanted(cast: Cast, kind: ScopeKind, **said: Any) -> PackScope:
    return scope_wanted(wanted=Wanted(kind=kind, **said), actor=cast.auditor, at=NOON)


def built(cast: Cast, model: Model, scope: PackScope) -> tuple[PackFiles, str]:
    """The pack, which verifies and is a valid file, and the text of its pages."""
    files = pack_of(model, by=cast.compliance.ref, scope=scope)
    checks = verify(files.pdf, file_digest=files.file_digest)
    assert [check for check in checks if check.outcome == FAIL] == []
    for profile in PROFILES:
        assert violations(files.pdf, profile) == [], profile
    return files, text_printed(files)


def text_printed(files: PackFiles) -> str:
    """The text of the pages as Poppler reads it, with what stands in one line joined by spaces."""
    command = ["pdftotext", "-", "-"]
    said = subprocess.run(command, input=files.pdf, capture_output=True, check=True).stdout
    return " ".join(said.decode().split())


def titles(files: PackFiles) -> list[str]:
    """The bookmarks of the first level."""
    outline = pypdf.PdfReader(io.BytesIO(files.pdf)).outline
    return [str(one.title) for one in outline if isinstance(one, pypdf.generic.Destination)]


def test_a_pack_of_a_version_prints_its_part_and_attaches_the_whole(
    firm: tuple[Cast, Model, Model],
) -> None:
    cast, churn, _ = firm
    scope = wanted(cast, ScopeKind.VERSION, model="churn-model", number=1)
    files, text = built(cast, churn, scope)
    assert scope.title == "Version 1 of churn-model"
    assert "The thin slice is too thin." not in text
    assert "D-1. Version 1" in text
    assert "Version 3 to Production" not in text
    evidence = json.loads(files.evidence)
    assert len(evidence["records"]["version"]) == 3
    assert evidence["about"]["scope"]["subject"] == scope.subject
    assert len(evidence["streams"][0]["ledger"]) == files.entries


def test_a_pack_of_a_decision_prints_that_decision_alone(
    firm: tuple[Cast, Model, Model],
) -> None:
    cast, churn, _ = firm
    request = PromotionRequest.objects.filter(model=churn).order_by("-number").first()
    assert request
    scope = wanted(cast, ScopeKind.DECISION, model="churn-model", number=request.number)
    files, text = built(cast, churn, scope)
    assert f"Decision {request.reference} of churn-model" in text
    assert "The thin slice is too thin." in text
    assert "D-1. Version 1" not in text
    assert len(json.loads(files.evidence)["records"]["request"]) > 1


def test_a_pack_of_several_models_has_a_part_for_each(firm: tuple[Cast, Model, Model]) -> None:
    cast, churn, fraud = firm
    scope = wanted(
        cast,
        ScopeKind.PORTFOLIO,
        frameworks=FRAMEWORKS,
        since=NOON.date() - timedelta(days=1),
        until=NOON.date() + timedelta(days=400),
    )
    assert scope.models == (churn.ref, fraud.ref)
    files, text = built(cast, churn, scope)
    evidence = json.loads(files.evidence)
    assert [stream["model"] for stream in evidence["streams"]] == sorted([churn.ref, fraud.ref])
    assert {"Overview", "churn-model", "fraud-model"} <= set(titles(files))
    for words in (
        "all models, as far as who asked may see them",
        "The yearly review <b>late</b>.",
        "SR 26-2",
        "Requirements and their evidence",
    ):
        assert words in text, words
    assert evidence["coverage"]["models"].keys() == {churn.ref, fraud.ref}
    assert "not that a requirement is met" in evidence["coverage"]["derived"]
    assert files.head == ""
    assert files.entries == sum(stream["entries"] for stream in evidence["streams"])


def test_an_audit_trail_prints_the_entries_of_its_period(firm: tuple[Cast, Model, Model]) -> None:
    cast, churn, _ = firm
    scope = wanted(cast, ScopeKind.TRAIL, streams=("accounts",), until=NOON.date())
    files, text = built(cast, churn, scope)
    assert "Audit trail" in text or "People and access" in text
    assert "Role granted" in text
    assert json.loads(files.evidence)["records"] == {}
    assert "card" not in json.loads(files.evidence)["records"]


def test_a_trail_of_a_period_in_which_nothing_happened_says_so(
    firm: tuple[Cast, Model, Model],
) -> None:
    cast, churn, _ = firm
    scope = wanted(
        cast,
        ScopeKind.TRAIL,
        model="churn-model",
        since=NOON.date() - timedelta(days=30),
        until=NOON.date() - timedelta(days=10),
    )
    _, text = built(cast, churn, scope)
    assert "Nothing was entered" in text


def test_what_is_left_out_of_the_pages_stands_in_the_evidence(
    firm: tuple[Cast, Model, Model],
) -> None:
    cast, churn, _ = firm
    whole = wanted(cast, ScopeKind.MODEL, model="churn-model")
    files, text = built(cast, churn, replace(whole, chapters=(Chapter.CARD,)))
    assert {"Summary", "Model card"} <= set(titles(files))
    assert "Ledger entries" not in titles(files)
    assert "Sign-off certificates" not in text
    assert json.loads(files.evidence)["records"]["sign_off"]


def test_equal_records_and_scopes_give_equal_evidence(firm: tuple[Cast, Model, Model]) -> None:
    cast, churn, _ = firm
    scope = wanted(cast, ScopeKind.MODEL, model="churn-model", frameworks=FRAMEWORKS)
    slim = replace(scope, chapters=())
    first, second = (pack_of(churn, by=cast.compliance.ref, scope=slim) for _ in range(2))
    assert sha256_hex(first.evidence) == sha256_hex(second.evidence)


def test_a_version_that_is_not_live_is_not_called_live(firm: tuple[Cast, Model, Model]) -> None:
    cast, _, fraud = firm
    scope = wanted(cast, ScopeKind.VERSION, model="fraud-model", number=2)
    _, text = built(cast, fraud, replace(scope, chapters=(Chapter.VERSIONS,)))
    assert "Version 2 of fraud-model. Version 1 serves in Production" in text
