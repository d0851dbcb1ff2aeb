"""The certificate of a decision in a browser: who may read it, what it says, and its PDF."""

from __future__ import annotations

import io
import json
from html import unescape
from pathlib import Path

import pypdf
import pytest

from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.core import pdf
from tests import factories as f
from tests.factories import Cast
from tests.http.portal.deciding import read, signed_in
from tests.pdf.exceptions import CONDITION, CONTROL, LENT, REASON, WHY, exceptional_model
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db


def address(request: PromotionRequest) -> str:
    return f"/decisions/{request.pk}/certificate/"


@pytest.fixture
def approved(cast: Cast) -> PromotionRequest:
    f.make_policies(cast)
    return f.make_champion(cast, f.make_version(cast, f.make_model(cast)))


def test_the_decision_links_to_it_once_somebody_signed(cast: Cast) -> None:
    f.make_policies(cast)
    request = f.make_ready(cast, f.make_version(cast, f.make_model(cast)))
    assert address(request) not in read(cast.auditor, f"/decisions/{request.pk}/")
    f.sign(request, cast.validator, Role.VALIDATOR)
    assert address(request) in read(cast.auditor, f"/decisions/{request.pk}/")


def test_it_shows_all_that_a_signature_states(approved: PromotionRequest, cast: Cast) -> None:
    signed_in(cast.auditor)
    with nothing_moves():
        page = unescape(read(cast.auditor, address(approved)))
    for words in (
        "Certificate of D-2",
        "2 signatures count. Each is bound to this record.",
        "Vera Valid",
        "Arno Approver",
        "I approve this version for the stated use.",
        "2 Mar 2026, 12:00:00 UTC",
        "Password re-entered",
        "Bound to this record",
        approved.decided_digest,
        "recognition, not proof",
    ):
        assert words in page, words
    assert page.count('class="rosette"') == 3


def test_who_may_not_see_the_request_finds_nothing(approved: PromotionRequest, cast: Cast) -> None:
    for path in (address(approved), f"/decisions/{approved.pk}/certificate.pdf"):
        read(cast.outsider, path, status=404)


def test_the_pdf_is_handed_out_and_leaves_no_entry(approved: PromotionRequest, cast: Cast) -> None:
    signed_in(cast.auditor)
    with nothing_moves():
        answer = signed_in(cast.auditor).get(f"/decisions/{approved.pk}/certificate.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"].endswith('"churn-model-D-2-certificate.pdf"')
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    (data,) = reader.attachments["certificate.json"]
    assert json.loads(data)["about"]["request"] == approved.ref


def test_without_the_libraries_the_page_says_which_are_missing(
    approved: PromotionRequest, cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child = tmp_path / "child.py"
    child.write_text('print(\'{"error": "unavailable", "message": "libpango-1.0-0"}\')')
    monkeypatch.setattr(pdf, "DRAW", child)
    page = read(cast.auditor, f"/decisions/{approved.pk}/certificate.pdf", status=503)
    assert "libpango-1.0-0" in page
    assert "Certificate of D-2" in page


def test_what_was_out_of_the_ordinary_is_on_the_page(cast: Cast) -> None:
    happened = exceptional_model(cast)
    emergency = unescape(read(cast.auditor, address(happened.emergency)))
    assert WHY in emergency
    assert "D-2 let version 1 go live in an emergency." in emergency
    confirmed = unescape(read(cast.auditor, address(happened.confirmed)))
    assert f"Arno Approver, who lent the role from 3 Mar 2026 to 10 Mar 2026: {LENT}" in confirmed
    assert CONDITION in confirmed
    overridden = unescape(read(cast.auditor, address(happened.overridden)))
    for words in (REASON, CONTROL, "Cora Compliance", "3 May 2026", "The decision rests on it"):
        assert words in overridden, words


def test_what_people_write_is_shown_as_text(cast: Cast) -> None:
    f.make_policies(cast)
    request = f.make_ready(cast, f.make_version(cast, f.make_model(cast)))
    f.sign(request, cast.validator, Role.VALIDATOR, comment="<script>alert(1)</script>")
    page = read(cast.auditor, address(request))
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
