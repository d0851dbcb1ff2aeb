"""A pack of a model whose people were erased: it builds, verifies, and says what is gone."""

from __future__ import annotations

import io
import json

import pypdf
import pytest
from django.test import Client

from governance.approvals.models import SignOff
from governance.audit.verification import verify as verify_ledger
from governance.evidence.verify_pack import FAIL, verify
from tests.erasing import LONG_AFTER, erase, let_go, retire
from tests.pdf.support import full_model, pack_of, text_of

pytestmark = pytest.mark.django_db
GONE = f"[erased {LONG_AFTER:%Y-%m-%d}]"
NAMES = ("Vera Valid", "Olga Owner", "Dev Singh", "vera.valid", "olga.owner", "dev.singh")


def test_it_builds_verifies_and_says_that_names_were_erased() -> None:
    cast, model = full_model()
    retire(cast, model)
    for person in (cast.validator, cast.owner, cast.developer):
        assert erase(cast, let_go(person), at=LONG_AFTER).kept == {}

    files = pack_of(model, by=cast.compliance.ref, at=LONG_AFTER)

    evidence = json.loads(files.evidence)
    assert {one["erased_at"] for one in evidence["prose"] if "erased_at" in one}
    text = text_of(files.pdf)
    assert GONE in text
    assert cast.validator.pseudonym in text
    for name in NAMES:
        assert name not in text, name
        assert name not in files.evidence.decode(), name
    assert FAIL not in {check.outcome for check in verify(files.pdf)}
    assert pypdf.PdfReader(io.BytesIO(files.pdf)).pages
    assert verify_ledger().intact


def test_the_certificate_of_a_decision_says_so_too() -> None:
    cast, model = full_model()
    retire(cast, model)
    erase(cast, let_go(cast.validator), at=LONG_AFTER)
    signed = SignOff.objects.filter(signer=cast.validator).latest("signed_at")
    client = Client()
    client.force_login(cast.compliance)
    decision = f"/decisions/{signed.request_id}/"
    for address in (decision, f"{decision}certificate/"):
        page = client.get(address).content.decode()
        assert "Vera" not in page, address
        assert GONE in page, address
