"""A pack of a stream that is too long for a table: printed whole, as a list on pages of its own."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import page
import pypdf
import pytest

from governance.audit.actions import Act, append_all
from governance.audit.rules import Verb
from governance.evidence.rules.packs import PackFiles
from governance.evidence.rules.trail import IN_A_TABLE
from governance.evidence.verify_pack import FAIL, verify
from tests.factories import NOON
from tests.pdf.support import full_model, of_a_module, pack_of, text_of, violations

pytestmark = pytest.mark.django_db  # Without any mark there would be no tables for the fixture.


@pytest.fixture(scope="module")
def pack(django_db_setup: None, django_db_blocker: Any) -> Iterator[PackFiles]:
    with of_a_module(django_db_blocker):
        cast, model = full_model()
        append_all(
            Act(
                verb=Verb.MODEL_DESCRIBED,
                stream=model.stream,
                subject=model.ref,
                actor=cast.owner.ref,
                at=NOON,
                facts={"turn": turn},
                records=[],
            )
            for turn in range(IN_A_TABLE)
        )
        yield pack_of(model, by=cast.compliance.ref)


def test_every_entry_is_printed_with_its_hash(pack: PackFiles) -> None:
    assert pack.entries > IN_A_TABLE
    text = text_of(pack.pdf)
    turns = re.findall(r"turn (\d+)", text)
    assert turns == [str(turn) for turn in range(IN_A_TABLE)]
    assert pack.head in text.replace(" ", "")


@pytest.mark.parametrize(
    "profile", [page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1]
)
def test_the_pdf_is_valid_and_sealed(pack: PackFiles, profile: page.ValidationProfile) -> None:
    assert violations(pack.pdf, profile) == []
    assert b"ETSI.CAdES.detached" in pack.pdf


def test_it_verifies_as_any_pack_does(pack: PackFiles) -> None:
    checks = verify(pack.pdf, file_digest=pack.file_digest)
    assert [check for check in checks if check.outcome == FAIL] == []
    reader = pypdf.PdfReader(io.BytesIO(pack.pdf))
    assert reader.attachments["evidence.json"] == [pack.evidence]


def test_contents_and_numbers_are_of_the_whole(pack: PackFiles) -> None:
    texts = [
        " ".join(one.extract_text().split()) for one in pypdf.PdfReader(io.BytesIO(pack.pdf)).pages
    ]
    assert len(texts) == pack.pages
    for at, text in enumerate(texts[1:], start=2):
        assert f"Page {at} of {pack.pages}" in text, at
    listed = re.search(
        r"How to verify this document and what it proves (\d+)", " ".join(texts[1:3])
    )
    assert listed is not None
    assert "How to verify this document" in texts[int(listed.group(1)) - 1]
    assert int(listed.group(1)) == pack.pages
