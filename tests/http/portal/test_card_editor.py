"""The editor of a card: tables, figures, previews, what is kept while typed, and two writers."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings

from governance.accounts.models import User
from governance.audit.models import LedgerEntry
from governance.cards.actions import publish_card, save_draft
from governance.cards.models import CardAttachment, CardComment, CardDraft, UnsavedText
from governance.cards.queries import draft_of
from governance.cards.rules.numbers import ProvenanceKind
from governance.registry.models import ModelVersion
from tests import factories
from tests.factories import NOON, Cast, make_card
from tests.reviewing import card_sections
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
CARD = "/models/churn-model/versions/1/card/"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return factories.make_version(cast, factories.make_model(cast), metrics={"auc": "0.857"})


def reader(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def rows(prefix: str, *filled: dict[str, str], initial: int = 0) -> dict[str, str]:
    """The fields of a table with these rows, as a browser sends them."""
    sent = {f"{prefix}-TOTAL_FORMS": str(len(filled)), f"{prefix}-INITIAL_FORMS": str(initial)}
    for place, row in enumerate(filled):
        sent |= {f"{prefix}-{place}-{key}": text for key, text in row.items()}
    return sent


def save(
    client: Client, key: str, text: str = "", *, base: int = 0, **more: object
) -> HttpResponse:
    sent = {key: text, "base": str(base), "stay": "1", **more}
    return client.post(f"{CARD}edit/?section={key}", sent)


def test_a_typed_value_is_marked_as_typed(version: ModelVersion, cast: Cast) -> None:
    client = reader(cast.developer)
    row = {"name": "f1", "value": "0.71", "lower": "0.69", "upper": "0.73", "note": "By hand."}
    assert save(client, "evaluation", **rows("metrics", row)).status_code == 302
    typed = draft_of(version).card.metrics[1]
    assert typed.value.provenance.typed_by == cast.developer.ref
    page = text_of(reader(cast.auditor).get(f"{CARD}?show=draft"))
    assert "Typed by Dev Singh" in page
    assert "0.69 to 0.73" in page
    assert "Set as a tag" in page


def test_a_measured_value_cannot_be_typed_over(version: ModelVersion, cast: Cast) -> None:
    client = reader(cast.developer)
    with nothing_moves():
        row = {"name": "AUC", "value": "0.999"}
        response = save(client, "evaluation", "My text", **rows("metrics", row))
    page = text_of(response)
    assert response.status_code == 422
    assert "Row 1: AUC is measured and cannot be typed." in page
    assert "My text</textarea>" in page
    assert 'value="0.999"' in page


def test_a_measured_value_takes_a_comment(version: ModelVersion, cast: Cast) -> None:
    client = reader(cast.developer)
    save(client, "evaluation", **rows("metrics"), **{"note:auc|": "On the test set."})
    (metric,) = draft_of(version).card.metrics
    assert metric.note == "On the test set."
    assert metric.value.value == "0.857"
    assert metric.value.provenance.kind == ProvenanceKind.MEASURED


def test_a_row_that_is_not_touched_stays_and_an_emptied_one_goes(
    version: ModelVersion, cast: Cast
) -> None:
    client = reader(cast.developer)
    row = {"name": "p99", "value": "180", "unit": "ms", "note": ""}
    save(client, "latency_cost", **rows("quantities", row))
    save(client, "latency_cost", base=1, **rows("quantities", row, {}, initial=1))
    assert CardDraft.objects.get().edit_count == 1
    emptied = {"name": "", "value": "", "unit": "", "note": ""}
    save(client, "latency_cost", base=1, **rows("quantities", emptied, initial=1))
    assert draft_of(version).card.quantities == ()


def test_a_data_set_says_origin_and_thin_groups(version: ModelVersion, cast: Cast) -> None:
    row = {"name": "Loans 2025", "origin": "Application store", "thin_groups": "Under 25"}
    save(reader(cast.developer), "training_data", **rows("datasets", row))
    page = text_of(reader(cast.auditor).get(f"{CARD}?show=draft"))
    assert "Loans 2025" in page
    assert "<dt>Thin groups</dt><dd>Under 25</dd>" in page


def test_a_figure_is_kept_by_digest_and_shown(version: ModelVersion, cast: Cast) -> None:
    client = reader(cast.developer)
    sent = SimpleUploadedFile("roc.png", PNG, content_type="text/html")
    save(client, "fairness", figure=sent, figure_description="The curve of both groups.")
    digest = sha256(PNG).hexdigest()
    (figure,) = draft_of(version).card.figures
    assert (figure.digest, figure.media_type, figure.section) == (digest, "image/png", "fairness")
    page = text_of(reader(cast.auditor).get(f"{CARD}?show=draft"))
    assert f'src="{CARD}files/{digest}/" alt="The curve of both groups."' in page
    answer = reader(cast.auditor).get(f"{CARD}files/{digest}/")
    assert answer.content == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert LedgerEntry.objects.filter(verb="card.drafted").get().facts["edit"] == 1


def test_a_figure_taken_out_is_no_longer_served(version: ModelVersion, cast: Cast) -> None:
    client = reader(cast.developer)
    save(client, "fairness", figure=SimpleUploadedFile("roc.png", PNG))
    digest = sha256(PNG).hexdigest()
    save(client, "fairness", base=1, remove_figure=digest)
    assert draft_of(version).card.figures == ()
    assert CardAttachment.objects.get().digest == digest
    assert client.get(f"{CARD}files/{digest}/").status_code == 404


def test_a_figure_is_not_for_everybody(version: ModelVersion, cast: Cast) -> None:
    save(reader(cast.developer), "fairness", figure=SimpleUploadedFile("roc.png", PNG))
    address = f"{CARD}files/{sha256(PNG).hexdigest()}/"
    assert reader(cast.outsider).get(address).status_code == 404
    assert Client().get(address).headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(
    ("data", "says"), [(b"MZ not a picture", "is no PNG"), (b"", "submitted file is empty")]
)
def test_what_is_no_picture(version: ModelVersion, cast: Cast, data: bytes, says: str) -> None:
    client = reader(cast.developer)
    with nothing_moves():
        response = save(client, "fairness", "Kept", figure=SimpleUploadedFile("x.png", data))
    assert response.status_code == 422
    assert says in text_of(response)
    assert "Kept</textarea>" in text_of(response)


def test_an_svg_is_offered_and_never_shown(version: ModelVersion, cast: Cast) -> None:
    data = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    client = reader(cast.developer)
    save(client, "fairness", figure=SimpleUploadedFile("x.svg", data))
    answer = client.get(f"{CARD}files/{sha256(data).hexdigest()}/")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_preview_saves_nothing(version: ModelVersion, cast: Cast) -> None:
    client = reader(cast.developer)
    with nothing_moves():
        response = save(client, "task", "**Bold** <script>x</script>", preview="1")
    page = text_of(response)
    assert response.status_code == 200
    assert "Preview, not saved" in page
    assert "<strong>Bold</strong>" in page
    assert "<script>x" not in page


def test_what_is_typed_is_kept_for_its_writer_alone(version: ModelVersion, cast: Cast) -> None:
    client = reader(cast.developer)
    with nothing_moves(but=[UnsavedText]):
        answer = client.post(f"{CARD}keep/?section=task", {"task": "Half a sent", "base": "0"})
    assert "Kept for you at" in text_of(answer)
    page = text_of(client.get(f"{CARD}edit/?section=task"))
    assert "did not save it" in page
    assert "Half a sent</textarea>" in page
    assert "Half a sent" not in text_of(client.get(f"{CARD}edit/?section=task&use=saved"))
    assert "Half a sent" not in text_of(reader(cast.owner).get(f"{CARD}edit/?section=task"))


def test_saving_ends_what_was_kept(version: ModelVersion, cast: Cast) -> None:
    client = reader(cast.developer)
    client.post(f"{CARD}keep/?section=task", {"task": "Half a sent", "base": "0"})
    client.post(f"{CARD}keep/?section=users", {"users": "Other", "base": "0"})
    save(client, "task", "Whole.")
    assert [kept.section for kept in UnsavedText.objects.all()] == ["users"]
    client.post(f"{CARD}forget/", {"section": "users"})
    assert not UnsavedText.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("validator", 403), ("outsider", 404)])
def test_who_may_not_have_anything_kept(
    version: ModelVersion, cast: Cast, who: str, status: int
) -> None:
    client = reader(getattr(cast, who))
    answer = client.post(f"{CARD}keep/?section=task", {"task": "x", "base": "0"})
    assert answer.status_code == status
    assert not UnsavedText.objects.exists()


def test_two_who_write_in_different_sections_do_not_meet(version: ModelVersion, cast: Cast) -> None:
    assert save(reader(cast.owner), "task", "One").status_code == 302
    assert save(reader(cast.developer), "users", "Other").status_code == 302
    assert CardDraft.objects.get().sections["users"] == "Other"


def test_a_table_that_changed_meanwhile_is_not_overwritten(
    version: ModelVersion, cast: Cast
) -> None:
    row = {"name": "f1", "value": "0.71"}
    save(reader(cast.owner), "evaluation", "Same.", **rows("metrics"))
    save(reader(cast.owner), "evaluation", "Same.", base=1, **rows("metrics", row))
    client = reader(cast.developer)
    with nothing_moves(entries=["call.refused"]):
        late = save(client, "evaluation", "Same.", base=1, **rows("metrics"))
    assert late.status_code == 409
    assert len(draft_of(version).card.metrics) == 2


def test_two_in_one_section_get_both_texts_and_one_of_both(
    version: ModelVersion, cast: Cast
) -> None:
    start = "First.\n\nSecond.\n\nThird."
    save_draft(version=version, sections={"task": start}, base=0, actor=cast.owner, at=NOON)
    save(reader(cast.owner), "task", "First, better.\n\nSecond.\n\nThird.", base=1)
    client = reader(cast.developer)
    mine = "First.\n\nSecond.\n\nThird, more."
    with nothing_moves(entries=["call.refused"]):
        response = save(client, "task", mine, base=1, was=start)
    page = text_of(response)
    both = "First, better.\n\nSecond.\n\nThird, more."
    assert response.status_code == 409
    assert "Two texts, nothing lost" in page
    assert f"{both}</textarea>" in page
    assert f"{mine}</textarea>" in page
    save(client, "task", mine, base=2, both=both, take_both="1")
    assert CardDraft.objects.get().sections["task"] == both


def test_the_rail_leads_to_the_next_gap(version: ModelVersion, cast: Cast) -> None:
    sections = card_sections(fairness="", known_failures="TBD")
    save_draft(version=version, sections=sections, base=0, actor=cast.owner, at=NOON)
    client = reader(cast.owner)
    page = text_of(client.get(f"{CARD}edit/?section=task"))
    assert "Next gap: Known failures" in page
    assert "6 of 8 needed" in page
    assert "Next gap: Fairness" in text_of(client.get(f"{CARD}edit/?section=known_failures"))


def test_a_new_version_starts_from_the_last_card(version: ModelVersion, cast: Cast) -> None:
    row = {"name": "f1", "value": "0.71"}
    save_draft(version=version, sections=card_sections(), base=0, actor=cast.owner, at=NOON)
    save(reader(cast.developer), "evaluation", "So.", base=1, **rows("metrics", row))
    publish_card(version=version, actor=cast.owner, at=NOON)
    newer = factories.make_version(cast, version.model, metrics={"f1": "0.74"})
    card = draft_of(newer).card
    assert card.sections["evaluation"] == "So."
    assert [(one.type, one.value.value) for one in card.metrics] == [("f1", "0.74")]
    assert card.metrics[0].value.provenance.kind == ProvenanceKind.MEASURED


def test_withdrawing_from_the_card(version: ModelVersion, cast: Cast) -> None:
    make_card(cast, version)
    client = reader(cast.owner)
    address = f"{CARD}withdraw/1/"
    assert address in text_of(client.get(CARD))
    with nothing_moves():
        assert "Say why the card is withdrawn." in text_of(client.post(address, {"reason": ""}))
    page = text_of(client.post(address, {"reason": "Wrong data."}, follow=True))
    assert "Withdrawn revision 1" in page
    assert "Wrong data." in page
    assert "No card is published for this version." in text_of(client.get(CARD))
    assert client.post(address, {"reason": "Again."}).status_code == 409


def test_a_comment_stands_at_its_section(version: ModelVersion, cast: Cast) -> None:
    make_card(cast, version)
    client = reader(cast.validator)
    answer = client.post(f"{CARD}comment/fairness/", {"comment": "Which groups?", "revision": "1"})
    assert answer.headers["Location"] == f"{CARD}#fairness"
    assert "Which groups?" in text_of(client.get(CARD))
    said = CardComment.objects.get()
    assert "Which groups?" in text_of(reader(cast.owner).get(f"{CARD}edit/?section=fairness"))
    client.post(f"{CARD}settle/{said.pk}/")
    page = text_of(client.get(CARD))
    assert "1 settled comment" in page
    assert "1 comment<" not in page
    with nothing_moves():
        assert client.post(f"{CARD}comment/fairness/", {"comment": " "}).status_code == 422


def test_further_sections_are_offered_by_class_and_by_the_firm(
    version: ModelVersion, cast: Cast, tmp_path: Path
) -> None:
    own = tmp_path / "sections.yaml"
    own.write_text(
        "sections:\n- {key: conduct, title: Conduct, ask: What goes wrong, look_for: Outcomes.}\n"
    )
    client = reader(cast.developer)
    page = text_of(client.get(f"{CARD}edit/"))
    assert "Cybersecurity" not in page
    with override_settings(CARD_SECTIONS_FILE=str(own)):
        assert "section=further-conduct" in text_of(client.get(f"{CARD}edit/"))
        save(client, "further-conduct", "Nobody is **harmed**.")
        assert draft_of(version).card.extensions[0].text == "Nobody is **harmed**."
        assert "<strong>harmed</strong>" in text_of(client.get(f"{CARD}?show=draft"))
        with nothing_moves(entries=["call.refused"]):
            assert save(client, "further-conduct", "Mine.").status_code == 409
        client.post(f"{CARD}keep/?section=further-conduct", {"further-conduct": "Ha", "base": "1"})
        assert UnsavedText.objects.get().text == "Ha"
        with nothing_moves():
            assert save(client, "further-conduct", "x" * 50_001, base=1).status_code == 422
