"""The seal of a PDF: other programs accept it, conformance stays, and any change is seen."""

from __future__ import annotations

import io
import os
import random
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import page
import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_der_public_key,
    pkcs12,
)
from django.conf import settings as django_settings
from django.test import Client
from pkcs11 import KeyType
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.validation import SignatureCoverageLevel
from pyhanko.sign.validation.errors import SignatureValidationError

from governance.audit.models import LedgerEntry
from governance.core.canonical import sha256_hex
from governance.evidence.actions.packs import build_pack, request_pack
from governance.evidence.checks import check_seal, seal_key_in_use
from governance.evidence.models import Pack
from governance.evidence.pades.keys import SealUnusable, seal_key
from governance.evidence.pades.sealing import seal
from governance.evidence.pades.self_made import MARK
from governance.evidence.queries.packs import pack_file
from governance.evidence.queries.scopes import scope_of_model
from governance.evidence.rules.packs import SealFacts
from governance.jobs.rules import JobState
from governance.jobs.running import run_job
from tests import soft_token, time_stamping
from tests.factories import NOON
from tests.pdf.sealing import NOW, Issued, drawn, issued, judged, said_by_poppler
from tests.pdf.support import full_model, quietly, text_of, violations

PROFILES = (page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1)
Use = Callable[..., None]


@pytest.fixture
def use(settings: Any) -> Use:
    """Change the settings of the seal."""

    def change(**fields: Any) -> None:
        settings.SEAL = replace(settings.SEAL, **fields)

    return change


@pytest.fixture
def bank() -> tuple[Issued, Issued]:
    """A certification authority, and a seal that it issued."""
    root = issued("Root of the bank")
    return root, issued("Evidence seal", by=root)


def sealed() -> tuple[bytes, SealFacts]:
    return seal(drawn(), key=seal_key(at=NOW), at=NOW)


def own_certificate() -> Any:
    return seal_key(at=NOW).certificate


# --- what others say of it -----------------------------------------------------------------------


def test_the_validators_of_others_accept_it_and_the_file_stays_conformant(tmp_path: Path) -> None:
    data, facts = sealed()
    status = judged(data, trusted=own_certificate())
    assert status.bottom_line
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    words = said_by_poppler(data, tmp_path)
    assert "Signature is Valid" in words
    assert "Total document signed" in words
    assert "ETSI.CAdES.detached" in words
    assert [violations(data, profile) for profile in PROFILES] == [[], []]
    assert facts.is_self_made
    assert facts.timestamped_at is None


def test_it_only_adds_bytes_and_draws_nothing(use: Use) -> None:
    use(location="Oslo")
    data, _ = sealed()
    assert data.startswith(drawn())
    with pikepdf.open(io.BytesIO(data)) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert [float(side) for side in field.Rect] == [0, 0, 0, 0]
        assert str(field.V.Name) == django_settings.ORGANIZATION
        assert "sealed against later change" in str(field.V.Reason)
        assert str(field.V.Location) == "Oslo"
        assert int(pdf.Root.Perms.DocMDP.Reference[0].TransformParams.P) == 1


def test_the_key_of_our_own_is_made_once_and_says_what_it_is(use: Use, tmp_path: Path) -> None:
    use(key_file=tmp_path / "new" / "seal.pem")
    first = seal_key(at=NOW)
    assert seal_key(at=NOW).fingerprint == first.fingerprint
    assert stat.S_IMODE((tmp_path / "new" / "seal.pem").stat().st_mode) == 0o600
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["seal.pem"]
    assert MARK in first.certificate.subject.rfc4514_string()
    assert first.certificate.public_key().curve.name == "secp256r1"  # type: ignore[union-attr]


# --- where the key comes from --------------------------------------------------------------------


def in_one_pem(use: Use, folder: Path, root: Issued, own: Issued) -> None:
    (folder / "seal.pem").write_bytes(root.pem + own.key_pem + own.pem)
    use(key_file=folder / "seal.pem")


def in_two_pems(use: Use, folder: Path, root: Issued, own: Issued) -> None:
    (folder / "key.pem").write_bytes(own.key_pem)
    (folder / "chain.pem").write_bytes(own.pem + root.pem)
    use(key_file=folder / "key.pem", certificate_file=folder / "chain.pem")


def in_pkcs12(use: Use, folder: Path, root: Issued, own: Issued) -> None:
    made = pkcs12.serialize_key_and_certificates(
        b"seal", own.key, own.certificate, [root.certificate], BestAvailableEncryption(b"open")
    )
    (folder / "seal.p12").write_bytes(made)
    use(key_file=folder / "seal.p12", password="open")


@pytest.mark.parametrize("place", [in_one_pem, in_two_pems, in_pkcs12])
def test_a_key_that_somebody_issued(
    place: Callable[..., None], use: Use, tmp_path: Path, bank: tuple[Issued, Issued]
) -> None:
    root, own = bank
    place(use, tmp_path, root, own)
    data, facts = sealed()
    assert judged(data, trusted=root.certificate).bottom_line
    assert "Signature is Valid" in said_by_poppler(data, tmp_path)
    assert (facts.holder, facts.issuer) == (
        "Evidence seal, Meridian Bank",
        "Root of the bank, Meridian Bank",
    )
    assert not facts.is_self_made


def test_a_key_that_stays_in_a_token(use: Use, tmp_path: Path) -> None:
    root = issued("Root of the bank")
    with soft_token.made(tmp_path, kind=KeyType.EC) as uri:
        public = load_der_public_key(soft_token.public_key(uri))
        own = issued("Seal in a token", by=root, public=public)
        (tmp_path / "seal.pem").write_bytes(own.pem + root.pem)
        use(pkcs11=uri, certificate_file=tmp_path / "seal.pem")
        data, facts = sealed()
        assert judged(data, trusted=root.certificate).bottom_line
        assert "Signature is Valid" in said_by_poppler(data, tmp_path)
        assert facts.holder == "Seal in a token, Meridian Bank"

        other = issued("Seal of another key", by=root)
        (tmp_path / "seal.pem").write_bytes(other.pem + root.pem)
        with pytest.raises(SealUnusable, match="not by the key that the certificate names"):
            sealed()
        use(pkcs11=uri.replace("object=", "object=nobody-"))
        with pytest.raises(SealUnusable, match="nobody"):
            sealed()


def test_rsa_seals_too(use: Use, tmp_path: Path) -> None:
    root = issued("Root")
    own = issued("RSA seal", by=root, key=rsa.generate_private_key(65537, 2048))
    in_one_pem(use, tmp_path, root, own)
    data, _ = sealed()
    assert judged(data, trusted=root.certificate).bottom_line


# --- a key that cannot be used -------------------------------------------------------------------


def no_file(use: Use, folder: Path, root: Issued) -> None:
    use(key_file=folder / "none.pem", certificate_file=folder / "none.pem")


def wrong_password(use: Use, folder: Path, root: Issued) -> None:
    in_pkcs12(use, folder, root, issued("Seal", by=root))
    use(password="guess")


def no_certificate(use: Use, folder: Path, root: Issued) -> None:
    (folder / "seal.pem").write_bytes(issued("Seal", by=root).key_pem)
    use(key_file=folder / "seal.pem")


def certificate_of_another(use: Use, folder: Path, root: Issued) -> None:
    own, other = issued("Seal", by=root), issued("Other", by=root)
    (folder / "seal.pem").write_bytes(own.key_pem + other.pem)
    use(key_file=folder / "seal.pem")


def lapsed(use: Use, folder: Path, root: Issued) -> None:
    in_one_pem(use, folder, root, issued("Seal", by=root, until=NOW - timedelta(days=1)))


def not_for_signing(use: Use, folder: Path, root: Issued) -> None:
    in_one_pem(use, folder, root, issued("Seal", by=root, signs=False))


def on_another_curve(use: Use, folder: Path, root: Issued) -> None:
    in_one_pem(use, folder, root, issued("Seal", by=root, key=ed25519.Ed25519PrivateKey.generate()))


def too_small(use: Use, folder: Path, root: Issued) -> None:
    in_one_pem(
        use, folder, root, issued("Seal", by=root, key=rsa.generate_private_key(65537, 1024))
    )


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (no_file, "cannot be read"),
        (wrong_password, "with the password that SEAL_KEY_PASSWORD gives"),
        (no_certificate, "[Cc]ertificate|PEM"),
        (certificate_of_another, "None of the seal's certificates is that of its key"),
        (lapsed, "names the next one"),
        (not_for_signing, "not for signatures"),
        (on_another_curve, "neither on an elliptic curve"),
        (too_small, "below 2048 bits"),
    ],
)
def test_a_key_that_cannot_seal_is_refused_with_the_reason(
    spoil: Callable[..., None], words: str, use: Use, tmp_path: Path
) -> None:
    spoil(use, tmp_path, issued("Root"))
    with pytest.raises(SealUnusable, match=words):
        seal_key(at=NOW)


# --- the time in it ------------------------------------------------------------------------------


def test_an_authority_says_when(use: Use, tmp_path: Path) -> None:
    made = time_stamping.make_authority(tmp_path / "tsa")
    with time_stamping.serving(made) as authority:
        use(authority=f"{authority.url}#{authority.root}")
        data, facts = sealed()
    assert facts.timestamped_at is not None
    assert abs(facts.timestamped_at - datetime.now(UTC)) < timedelta(minutes=10)
    assert facts.missing == ""
    status = judged(data, trusted=own_certificate())
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.timestamp == facts.timestamped_at
    assert status.timestamp_validity.intact
    assert status.timestamp_validity.valid
    assert "Signature is Valid" in said_by_poppler(data, tmp_path)
    assert [violations(data, profile) for profile in PROFILES] == [[], []]


def test_without_the_authority_it_is_sealed_and_says_what_is_missing(
    use: Use, tmp_path: Path
) -> None:
    made = time_stamping.make_authority(tmp_path / "tsa")
    with time_stamping.serving(made) as authority:
        use(authority=f"{authority.url}#{authority.root}")
        made.replays = True
        sealed()
        data, facts = sealed()
        assert "no valid timestamp" in facts.missing
        assert facts.timestamped_at is None
        assert judged(data, trusted=own_certificate()).bottom_line
        stranger = time_stamping.make_authority(tmp_path / "other")
        use(authority=f"{authority.url}#{stranger.root}")
        assert "no valid timestamp" in sealed()[1].missing
    data, facts = sealed()
    assert "did not answer" in facts.missing
    assert judged(data, trusted=own_certificate()).bottom_line


# --- any change is seen --------------------------------------------------------------------------


UNREADABLE = (
    PdfError, SignatureValidationError, ArithmeticError, AssertionError, AttributeError,
    LookupError, TypeError, ValueError,
)  # fmt: skip
"""How pyHanko ends on a broken file, in which no seal holds."""


def holds(data: bytes) -> bool:
    """Whether the seal is there, intact, by our key, and over the whole file."""
    try:
        status = judged(data, trusted=own_certificate())
    except UNREADABLE:
        return False
    return status.bottom_line and status.coverage == SignatureCoverageLevel.ENTIRE_FILE


def test_any_changed_byte_breaks_it(tmp_path: Path) -> None:
    data, _ = sealed()
    assert holds(data)
    chance = random.Random(7)
    gap = data.index(b"/Contents <") + len(b"/Contents <")
    # Behind the signature stand zeros that belong to it and say nothing.
    signed = [place for place in range(len(data)) if not gap <= place < gap + 40_960]
    for place in chance.sample(signed, 60):
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(8)
        assert not holds(bytes(changed)), place
    middle = bytearray(data)
    middle[len(drawn()) // 2] ^= 1
    assert "Signature is Valid" not in said_by_poppler(bytes(middle), tmp_path)


def test_what_is_added_later_is_seen() -> None:
    data, _ = sealed()
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    writer.root["/PageMode"] = pdf_name("/UseAttachments")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(data)
    status = judged(out.getvalue(), trusted=own_certificate())
    assert status.intact
    assert not status.bottom_line
    assert not holds(data + b"\n% a comment\n" + data[-40:])


def test_the_process_that_draws_has_no_key(use: Use, tmp_path: Path) -> None:
    """Drawing needs neither the key nor its folder: both may be out of its reach."""
    use(key_file=tmp_path / "none" / "seal.pem")
    assert drawn("Drawn without a key").startswith(b"%PDF-")
    assert not os.path.exists(tmp_path / "none")


# --- packs ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_pack_keeps_on_record_who_sealed_it(tmp_path: Path) -> None:
    cast, model = full_model()
    pack = build_pack(scope=scope_of_model(model), by=cast.compliance.ref, at=NOON, report=quietly)
    entry = LedgerEntry.objects.of_stream("evidence").get(subject=pack.ref)
    assert entry.facts["seal_sha256"] == pack.seal == seal_key(at=NOON).fingerprint
    data = pack_file(pack, pack.pdf_name).read_bytes()
    assert sha256_hex(data) == pack.file_digest == entry.facts["file_sha256"]
    assert judged(data, trusted=own_certificate()).bottom_line
    assert "Signature is Valid" in said_by_poppler(data, tmp_path)
    assert [violations(data, profile) for profile in PROFILES] == [[], []]
    text = text_of(data)
    assert f"Sealed by {pack.seal_holder}" in text
    assert "an integrity seal, not a qualified one" in text
    assert pack.seal in text

    client = Client()
    client.force_login(cast.compliance)
    shown = client.get(f"/evidence/{pack.pk}/").content.decode()
    assert pack.seal in shown
    assert "not a qualified one" in shown
    assert "None: no authority is configured" in shown


@pytest.mark.django_db
def test_a_pack_that_cannot_be_sealed_is_not_filed(use: Use, tmp_path: Path) -> None:
    cast, model = full_model()
    lapsed(use, tmp_path, issued("Root"))
    job = request_pack(scope=scope_of_model(model), actor=cast.compliance, at=NOON)
    before = LedgerEntry.objects.count()
    use(key_file=tmp_path / "none.pem", certificate_file=tmp_path / "none.pem")
    run_job(worker="here")
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "The key of the seal cannot be read" in job.error
    assert not Pack.objects.exists()
    assert LedgerEntry.objects.count() == before


@pytest.mark.django_db
def test_a_job_says_that_the_authority_was_away(use: Use, tmp_path: Path) -> None:
    cast, model = full_model()
    made = time_stamping.make_authority(tmp_path / "tsa")
    with time_stamping.serving(made) as authority:
        use(authority=f"{authority.url}#{authority.root}")
    job = request_pack(scope=scope_of_model(model), actor=cast.compliance, at=NOON)
    run_job(worker="here")
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    assert "did not answer" in job.result["seal_without_timestamp"]
    pack = Pack.objects.get()
    assert pack.timestamped_at is None
    client = Client()
    client.force_login(cast.compliance)
    shown = client.get(f"/evidence/{pack.pk}/").content.decode()
    assert "Sealed without one." in shown


# --- what the operator is told -------------------------------------------------------------------


def test_the_operator_is_told_which_key_seals(use: Use, tmp_path: Path) -> None:
    assert seal_key(at=NOW).fingerprint in seal_key_in_use().text
    assert "not qualified" in seal_key_in_use().text
    assert check_seal() == []
    use(key_file=tmp_path / "none.pem")
    assert "made with the first pack" in seal_key_in_use().text
    assert check_seal() == []
    use(authority="https://tsa.example/tsr")
    assert [error.id for error in check_seal()] == ["evidence.E003"]
    lapsed(use, tmp_path, issued("Root"))
    use(authority="")
    assert [error.id for error in check_seal()] == ["evidence.E002"]
    assert not seal_key_in_use().fine
