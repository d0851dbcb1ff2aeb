"""Card files in the browser: sent, shown beside the draft, taken; and cards downloaded."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from governance.accounts.models import User
from governance.cards.actions import publish_card, save_draft, withdraw_card
from governance.cards.formats import FORMATS
from governance.cards.models import CardDraft
from governance.cards.queries import draft_of
from governance.core.canonical import sha256_hex
from governance.core.kept_files import FileGone, kept_file
from governance.registry.models import ModelVersion
from tests import factories
from tests.factories import NOON, Cast, make_card
from tests.http.portal.deciding import everybody_signs_in, signed_in
from tests.rules.cards.documents import HUB_CARD
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
CARD = "/models/churn-model/versions/1/card/"
FILE = {
    "format": "countersign.card/2",
    "sections": {"task": "From the file.", "caveats": "New in the file."},
    "metrics": [{"type": "auc", "value": {"value": "0.99"}}],
    "licenses": [{"id": "mit"}],
    "newer": {"field": "kept <b>"},
}


@pytest.fixture
def cast() -> Cast:
    cast = factories.make_cast()
    everybody_signs_in(cast)
    return cast


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return factories.make_version(cast, factories.make_model(cast), metrics={"auc": "0.857"})


def reader(user: User) -> Client:
    return signed_in(user)


def send(user: User, data: bytes, name: str = "README.md", **more: str) -> HttpResponse:
    file = SimpleUploadedFile(name, data)
    return reader(user).post(f"{CARD}import/", {"file": file, "format": "", **more})


def shown(user: User, data: bytes, name: str = "README.md") -> tuple[str, str]:
    """Send the file; return the address of its mapping, and the page in words."""
    with nothing_moves():
        answer = send(user, data, name)
        assert answer.status_code == 302, words(answer)
        return answer["Location"], reader(user).get(answer["Location"]).content.decode()


def words(response: HttpResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def ticked(page: str) -> list[str]:
    return re.findall(r'value="(\w+)" id="part-\w+" checked', page)


def test_a_file_is_shown_beside_the_draft_and_taken(version: ModelVersion, cast: Cast) -> None:
    data = json.dumps(FILE).encode()
    place, page = shown(cast.developer, data, "card.json")
    assert "card.json, read as Countersign. Nothing is saved yet." in page
    assert "From the file." in page
    assert "Says which customers are likely to leave." in page
    assert "newer: The card has no such field; it is kept as it is." in page
    assert "kept &lt;b&gt;" in page
    assert "0.99" in page
    assert ticked(page) == ["caveats", "licenses", "metrics"]
    client = reader(cast.developer)
    answer = client.post(place, {"base": "0", "parts": ["caveats", "licenses"]})
    assert answer["Location"] == f"{CARD}?show=draft"
    card = draft_of(version).card
    assert card.sections["caveats"] == "New in the file."
    assert card.sections["task"].startswith("Says which")
    assert [one.id for one in card.licenses] == ["mit"]
    assert [one.format for one in card.kept] == ["countersign"]
    assert "2 parts of the file taken into the draft." in words(client.get(f"{CARD}?show=draft"))
    with pytest.raises(FileGone):
        kept_file(sha256_hex(data), sender=cast.developer)


def test_a_draft_saved_in_between_shows_the_mapping_again(
    version: ModelVersion, cast: Cast
) -> None:
    place, _ = shown(cast.developer, json.dumps(FILE).encode(), "card.json")
    save_draft(version=version, sections={"caveats": "Mine"}, base=0, actor=cast.owner, at=NOON)
    client = reader(cast.developer)
    with nothing_moves(entries=["call.refused"]):
        answer = client.post(place, {"base": "0", "parts": ["caveats"]})
    assert answer.status_code == 409
    assert "Olga Owner saved this card after you opened it." in words(answer)
    page = answer.content.decode()
    assert 'name="base" value="1"' in page
    assert ticked(page) == ["caveats"]
    assert "Mine" in page
    assert client.post(place, {"base": "1", "parts": ["caveats"]}).status_code == 302
    assert CardDraft.objects.get().sections["caveats"] == "New in the file."


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"base": "0"}, "Choose at least one part."),
        ({"base": "0", "parts": ["nothing"]}, "The file has no part 'nothing'."),
        ({"parts": ["task"]}, "Nothing was saved."),
    ],
)
def test_what_cannot_be_taken_is_said(
    sent: dict[str, object], says: str, version: ModelVersion, cast: Cast
) -> None:
    place, _ = shown(cast.developer, json.dumps(FILE).encode(), "card.json")
    with nothing_moves():
        answer = reader(cast.developer).post(place, sent)
    assert answer.status_code == 422
    assert says in words(answer)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"---\na: !!python/object:os.system [ls]\n---\n# x\n", "front matter: "),
        (b"x" * (30 * 1024 * 1024), "at most 16 MiB; this one has 30.0"),
        (b"<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a 'aa'>]>"
         b"<bom xmlns='http://cyclonedx.org/schema/bom/1.6'>&a;</bom>", "A DOCTYPE, and with it"),
        (b"# a\n\n\x00", "Line 3 holds a NUL"),
        (b'{"$id": "https://example.org/no-card"}', "It is of no format that can be read"),
    ],
    ids=["tag", "large", "entity", "nul", "unknown"],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_the_reason(
    data: bytes, says: str, version: ModelVersion, cast: Cast
) -> None:
    with nothing_moves():
        answer = send(cast.developer, data)
    assert answer.status_code == 422
    assert says in words(answer)


def test_odd_text_is_shown_as_text(version: ModelVersion, cast: Cast) -> None:
    text = "<script>alert(1)</script>\n\n![p](file:///etc/passwd)\n\n20.0 ± 1.2 שלום モデル 😀"
    _, page = shown(cast.developer, f"\ufeff# N\r\n\r\n## Uses\r\n\r\n{text}\r\n".encode())
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "שלום モデル 😀" in page
    assert "<img" not in page
    assert "line 1, file: The file begins with a byte order mark; it is kept." in page


def test_a_part_that_is_too_long_cannot_be_ticked(version: ModelVersion, cast: Cast) -> None:
    data = json.dumps({**FILE, "sections": {"caveats": "x" * 50_001}}).encode()
    _, page = shown(cast.developer, data, "card.json")
    assert "Caveats has 50,001 characters; use at most 50,000." in page
    assert re.search(r'id="part-caveats"[^>]* disabled', page)


def test_who_may_not_write_sends_nothing(version: ModelVersion, cast: Cast) -> None:
    place, _ = shown(cast.developer, HUB_CARD.encode())
    page = words(reader(cast.auditor).get(f"{CARD}import/"))
    assert "Writing this card" in page
    assert "Show what it says" not in page
    with nothing_moves(entries=["call.refused"]):
        assert send(cast.auditor, HUB_CARD.encode()).status_code == 403
    with nothing_moves():
        assert reader(cast.auditor).get(place).status_code == 404
        assert reader(cast.outsider).get(f"{CARD}import/").status_code == 404
        assert reader(cast.outsider).get(f"{CARD}export/").status_code == 404
        assert reader(cast.developer).get(f"{CARD}import/{'0' * 64}/").status_code == 404
        assert Client().get(f"{CARD}export/markdown/").status_code == 302


def test_an_export_says_what_is_lost_before_it_is_downloaded(
    version: ModelVersion, cast: Cast
) -> None:
    make_card(cast, version)
    client = reader(cast.auditor)
    page = words(client.get(f"{CARD}export/?format=markdown"))
    assert "turned into text" in page
    assert "metrics[0].value" in page
    assert "Markdown has prose alone" in page
    with nothing_moves():
        for name in FORMATS:
            out = client.get(f"{CARD}export/{name}/?card=1")
            assert out.status_code == 200
            assert out["Content-Disposition"].startswith('attachment; filename="churn-model-v1-r1')
        report = client.get(f"{CARD}export/mct/?card=1&report=1").json()
    assert report["target"] == {"format": "mct"}
    assert report["losses"]


def test_which_card_is_exported(version: ModelVersion, cast: Cast) -> None:
    client = reader(cast.auditor)
    assert "This is a draft." in words(client.get(f"{CARD}export/"))
    first = make_card(cast, version)
    save_draft(version=version, sections={"task": "New"}, base=None, actor=cast.owner, at=NOON)
    publish_card(version=version, actor=cast.owner, at=NOON)
    withdraw_card(revision=first, reason="Wrong.", actor=cast.owner, at=NOON)
    assert "This is a draft." not in words(client.get(f"{CARD}export/"))
    assert "Revision 1 was withdrawn." in words(client.get(f"{CARD}export/?card=1"))
    assert client.get(f"{CARD}export/?card=7").status_code == 404
    assert client.get(f"{CARD}export/word/").status_code == 404
    assert b"New" in client.get(f"{CARD}export/markdown/").content


def test_the_card_leads_to_both(version: ModelVersion, cast: Cast) -> None:
    page = reader(cast.developer).get(CARD).content.decode()
    assert f'href="{CARD}import/"' in page
    assert f'href="{CARD}export/?card=draft"' in page
    assert f'href="{CARD}import/"' not in reader(cast.auditor).get(CARD).content.decode()
