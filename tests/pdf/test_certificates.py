"""Certificates of real signature sets: complete, bound, and the same as page and as PDF."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import page
import pypdf
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, transaction

from governance.accounts.rules import Role
from governance.approvals.models import SignOff
from governance.approvals.rules.binding import BindingState
from governance.approvals.rules.judgement import Decision
from governance.audit import triggers
from governance.audit.notes import parse_key
from governance.cards.actions import publish_card, save_draft
from governance.cards.queries import published_card
from governance.core.canonical import canonical, digest
from governance.evidence.actions.certifying import certificate_of, draw_certificate
from governance.evidence.queries.certificates import certificate_text
from governance.evidence.rules.certificate import SignatureSet
from governance.registry.models import ModelVersion
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.pdf import exceptions
from tests.pdf.exceptions import CONDITION, CONTROL, LENT, REASON, WHY, exceptional_model
from tests.pdf.support import text_of, violations

AT = later(days=3)


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """The texts of three certificates, and the PDF of the one with an override."""

    emergency: str
    confirmed: str
    overridden: str
    pdf: bytes


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Certificates]:
    with django_db_blocker.unblock(), transaction.atomic():
        happened = exceptional_model(f.make_cast())
        overridden = certificate_text(happened.overridden, at=AT)
        yield Certificates(
            emergency=certificate_text(happened.emergency, at=AT),
            confirmed=certificate_text(happened.confirmed, at=AT),
            overridden=overridden,
            pdf=draw_certificate(overridden).data,
        )
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "profile", [page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1]
)
def test_the_pdf_is_valid(made: Certificates, profile: page.ValidationProfile) -> None:
    assert violations(made.pdf, profile) == []


def test_the_pdf_says_who_signed_in_spite_of_what(made: Certificates) -> None:
    text = text_of(made.pdf)
    for words in (
        "Certificate of D-5",
        "Arno Approver",
        "I find this version fit for the stated use.",
        "2 signatures count. Each is bound to this record.",
        "Bound to this record",
        "Override of the check Accuracy",
        REASON,
        CONTROL,
        "Cora Compliance, compliance",
        "Aud Itor, compliance",
        "3 May 2026",
        "0.85, required ≥ 0.90",
        "recognition, not proof",
        "password re-entered",
    ):
        assert words in text, words


def test_the_data_attached_are_what_the_pages_print(made: Certificates) -> None:
    reader = pypdf.PdfReader(io.BytesIO(made.pdf))
    assert reader.attachments["certificate.json"] == [made.overridden.encode()]
    document = json.loads(made.overridden)
    rest = {key: value for key, value in document.items() if key != "seal"}
    assert document["seal"] == digest(rest)
    assert canonical(document) == made.overridden
    assert draw_certificate(made.overridden).data == made.pdf


def test_a_stranger_checks_each_binding_from_the_file_alone(made: Certificates) -> None:
    document = json.loads(made.overridden)
    key = Ed25519PublicKey.from_public_bytes(parse_key(document["about"]["verifier_key"]).public)
    assert len(document["bindings"]) == 4
    for one in document["bindings"]:
        message = b"countersign.signature/1\0" + one["text"].encode()
        key.verify(b64decode(one["binding"]), message)


def test_an_emergency_says_so_and_why(made: Certificates) -> None:
    text = text_of(draw_certificate(made.emergency).data)
    assert WHY in text
    assert "let version 1 go live in an emergency" in text
    assert "set aside in the emergency" in text


def test_a_deputy_a_condition_and_what_became_of_it_are_printed(made: Certificates) -> None:
    text = text_of(draw_certificate(made.confirmed).data)
    assert "As the deputy of Arno Approver" in text
    assert LENT in text
    assert text.count(CONDITION) == 2
    assert "F-0002" in text
    assert "Confirmed in service" in text


def signed_once(cast: Cast) -> SignOff:
    f.make_policies(cast)
    request = f.make_ready(cast, f.make_version(cast, f.make_model(cast)))
    return f.sign(request, cast.validator, Role.VALIDATOR)


def set_of(row: SignOff) -> SignatureSet:
    return certificate_of(exceptions.fresh(row.request), at=later(hours=1))


def revise_card(cast: Cast, version: ModelVersion, *, at: datetime) -> None:
    base = published_card(version)
    assert base is not None
    sections = dict(base.card.sections) | {"task": "Something else."}
    save_draft(version=version, sections=sections, base=None, actor=cast.developer, at=at)
    publish_card(version=version, actor=cast.owner, at=at)


@pytest.mark.django_db
def test_of_an_open_request_it_shows_what_stands_now(cast: Cast) -> None:
    row = signed_once(cast)
    found = set_of(row)
    assert (found.state, [one.counts for one in found.signatures]) == ("Open", [True])
    assert found.digest == row.dossier_digest


@pytest.mark.django_db
def test_a_stale_signature_says_what_changed(cast: Cast) -> None:
    row = signed_once(cast)
    revise_card(cast, row.request.version, at=later(minutes=5))
    (one,) = set_of(row).signatures
    assert not one.counts
    assert (one.why_not, one.changed) == (
        "It was given for other facts",
        ["model card", "checks"],
    )
    f.sign(row.request, cast.validator, Role.VALIDATOR, at=later(minutes=6))
    assert [one.counts for one in set_of(row).signatures] == [False, True]


@pytest.mark.django_db
def test_who_rejects_closes_the_request_and_counts_for_nothing(cast: Cast) -> None:
    f.make_policies(cast)
    request = f.make_ready(cast, f.make_version(cast, f.make_model(cast)))
    row = f.sign(
        request, cast.approver, Role.APPROVER, decision=Decision.REJECT, comment="Too thin."
    )
    found = set_of(row)
    assert found.state == "Rejected"
    assert [one.given.comment for one in found.signatures] == ["Too thin."]


@pytest.mark.django_db
def test_a_moved_signature_is_printed_as_broken(cast: Cast) -> None:
    row = signed_once(cast)
    triggers.remove(connection)
    SignOff.objects.filter(pk=row.pk).update(signed_at=later(days=-1))
    found = set_of(row)
    assert [one.binding for one in found.signatures] == [BindingState.BROKEN]
    assert found.verdict.endswith("1 signature here is not the one that was given.")


@pytest.mark.django_db
def test_what_was_erased_is_printed_as_erased_and_still_bound(cast: Cast) -> None:
    row = signed_once(cast)
    name = row.printed_name
    name.text, name.salt, name.erased_at = "", "", NOON
    name.save(update_fields=["text", "salt", "erased_at"])
    (one,) = set_of(row).signatures
    assert (one.given.name, one.binding) == ("[erased 2026-03-02]", BindingState.BOUND)
