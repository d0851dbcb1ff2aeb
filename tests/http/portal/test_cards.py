"""The model card's pages: reading, writing section by section, publishing, and every refusal."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client

from governance.accounts.models import User
from governance.cards.actions import publish_card, save_draft
from governance.cards.models import CardDraft, CardRevision
from governance.registry.models import ModelVersion
from tests import factories
from tests.factories import NOON, Cast, make_card
from tests.reviewing import card_sections
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
CARD = "/models/churn-model/versions/1/card/"


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


def typed(key: str, text: str, *, base: int = 0, **more: str) -> dict[str, str]:
    return {key: text, "base": str(base), **more}


def test_a_published_card_is_read_with_its_values(version: ModelVersion, cast: Cast) -> None:
    revision = make_card(cast, version)
    page = text_of(reader(cast.auditor).get(CARD))
    assert "Published revision 1" in page
    assert "0.857" in page
    assert "Set as a tag" in page
    assert revision.digest in page


def test_gaps_are_shown_as_gaps(version: ModelVersion, cast: Cast) -> None:
    page = text_of(reader(cast.auditor).get(CARD))
    assert "No card is published for this version." in page
    assert "Nothing is written here." in page
    assert f"{CARD}edit/?section=fairness" in page


def test_a_newer_draft_never_mixes_with_what_is_published(
    version: ModelVersion, cast: Cast
) -> None:
    make_card(cast, version)
    save_draft(
        version=version, sections={"caveats": "Brand new"}, base=None, actor=cast.owner, at=NOON
    )
    client = reader(cast.auditor)
    page = text_of(client.get(CARD))
    assert "Brand new" not in page
    assert "There is a newer draft" in page
    assert "Brand new" in text_of(client.get(f"{CARD}?show=draft"))


def test_older_revisions_stay(version: ModelVersion, cast: Cast) -> None:
    make_card(cast, version)
    save_draft(version=version, sections={"caveats": "Newer"}, base=None, actor=cast.owner, at=NOON)
    publish_card(version=version, actor=cast.owner, at=NOON)
    client = reader(cast.auditor)
    assert "revision 2 replaced it" in text_of(client.get(f"{CARD}?revision=1"))
    assert client.get(f"{CARD}?revision=7").status_code == 404
    assert client.get(f"{CARD}?revision=x").status_code == 200


@pytest.mark.parametrize("path", [CARD, f"{CARD}edit/"])
def test_what_one_may_not_see_does_not_exist(version: ModelVersion, cast: Cast, path: str) -> None:
    unseen = reader(cast.outsider).get(path)
    absent = reader(cast.outsider).get(path.replace("churn-model", "no-model"))
    assert (unseen.status_code, absent.status_code) == (404, 404)
    assert Client().get(path).headers["Location"].startswith("/sign-in/")


def test_saving_leads_on_to_the_next_section(version: ModelVersion, cast: Cast) -> None:
    client = reader(cast.developer)
    first = client.post(f"{CARD}edit/?section=task", typed("task", "Whom to call."))
    assert first.headers["Location"] == f"{CARD}edit/?section=users"
    stay = client.post(f"{CARD}edit/?section=task", typed("task", "Whom.", base=1, stay="1"))
    assert stay.headers["Location"] == f"{CARD}edit/?section=task"
    last = client.post(f"{CARD}edit/?section=citation", typed("citation", "None.", base=2))
    assert last.headers["Location"] == f"{CARD}?show=draft"
    assert CardDraft.objects.get().sections["task"] == "Whom."


def test_markdown_is_shown_and_nothing_runs(version: ModelVersion, cast: Cast) -> None:
    text = "**bold** <script>alert(1)</script> ![x](http://evil.example/x.png)"
    save_draft(version=version, sections={"task": text}, base=None, actor=cast.owner, at=NOON)
    page = text_of(reader(cast.auditor).get(f"{CARD}?show=draft"))
    assert "<strong>bold</strong>" in page
    assert "<script>alert" not in page
    assert "<img" not in page


def test_a_text_that_is_too_long_stays_in_the_form(version: ModelVersion, cast: Cast) -> None:
    text = "x" * 50_001
    client = reader(cast.owner)
    with nothing_moves():
        response = client.post(f"{CARD}edit/?section=task", typed("task", text))
    page = text_of(response)
    assert response.status_code == 422
    assert "<title>Error:" in page
    assert 'href="#id_task"' in page
    assert "use at most 50,000" in page
    assert text in page


def test_an_old_form_shows_both_texts_and_saves_nothing(version: ModelVersion, cast: Cast) -> None:
    save_draft(version=version, sections={"task": "Theirs"}, base=0, actor=cast.owner, at=NOON)
    client = reader(cast.developer)
    with nothing_moves(entries=["call.refused"]):
        response = client.post(f"{CARD}edit/?section=task", typed("task", "Mine", base=0))
    page = text_of(response)
    assert response.status_code == 409
    assert "Olga Owner saved this card after you opened it" in page
    assert "Mine</textarea>" in page
    assert "What Olga Owner changed and saved" in page
    assert "<p>Theirs</p>" in page
    assert '<input type="hidden" name="base" value="1">' in page
    client.post(f"{CARD}edit/?section=task", typed("task", "Mine", base=1))
    assert CardDraft.objects.get().sections["task"] == "Mine"


@pytest.mark.parametrize("who", ["validator", "approver", "auditor", "administrator"])
def test_who_may_not_write_is_told_why(version: ModelVersion, cast: Cast, who: str) -> None:
    client = reader(getattr(cast, who))
    page = text_of(client.get(f"{CARD}edit/"))
    assert "Writing this card takes the role model owner or developer" in page
    assert "Save and continue" not in page
    with nothing_moves(entries=["call.refused"]):
        response = client.post(f"{CARD}edit/?section=task", typed("task", "Mine"))
    assert response.status_code == 403


def test_publishing_from_the_draft(version: ModelVersion, cast: Cast) -> None:
    save_draft(version=version, sections=card_sections(), base=0, actor=cast.developer, at=NOON)
    client = reader(cast.owner)
    assert "Publish revision 1" in text_of(client.get(CARD))
    response = client.post(f"{CARD}publish/", {"base": "1"}, follow=True)
    assert "Revision 1 of the card is published." in text_of(response)


def test_publishing_with_gaps_names_each(version: ModelVersion, cast: Cast) -> None:
    save_draft(
        version=version,
        sections=card_sections(fairness="N/A", out_of_scope=""),
        base=0,
        actor=cast.owner,
        at=NOON,
    )
    client = reader(cast.owner)
    with nothing_moves():
        response = client.post(f"{CARD}publish/", {"base": "1"})
    page = text_of(response)
    assert response.status_code == 422
    assert "Nothing was published. 2 sections need an answer:" in page
    assert page.index("section=out_of_scope") < page.index("section=fairness")


def test_publishing_what_was_not_on_the_screen(version: ModelVersion, cast: Cast) -> None:
    save_draft(version=version, sections=card_sections(), base=0, actor=cast.developer, at=NOON)
    client = reader(cast.owner)
    with nothing_moves(entries=["call.refused"]):
        response = client.post(f"{CARD}publish/", {"base": "0"})
    assert response.status_code == 409
    assert "Nothing was published." in text_of(response)


def test_a_double_click_publishes_once(version: ModelVersion, cast: Cast) -> None:
    save_draft(version=version, sections=card_sections(), base=0, actor=cast.developer, at=NOON)
    client = reader(cast.owner)
    answers = [client.post(f"{CARD}publish/", {"base": "1"}).status_code for _ in range(2)]
    assert answers == [302, 409]
    assert CardRevision.objects.count() == 1


def test_a_draft_that_is_published_already_says_so(version: ModelVersion, cast: Cast) -> None:
    make_card(cast, version)
    page = text_of(reader(cast.owner).get(f"{CARD}edit/?section=task"))
    assert "Revision 1 says exactly this." in page
    assert f"{CARD}publish/" not in page


def test_a_developer_is_told_who_publishes(version: ModelVersion, cast: Cast) -> None:
    save_draft(version=version, sections=card_sections(), base=0, actor=cast.developer, at=NOON)
    client = reader(cast.developer)
    page = text_of(client.get(CARD))
    assert "Publishing this card takes the role model owner" in page
    assert "Publish revision" not in page
    with nothing_moves(entries=["call.refused"]):
        assert client.post(f"{CARD}publish/", {"base": "1"}).status_code == 403


def test_the_published_text_can_be_taken_over(version: ModelVersion, cast: Cast) -> None:
    make_card(cast, version)
    save_draft(version=version, sections={"caveats": "Other"}, base=None, actor=cast.owner, at=NOON)
    client = reader(cast.owner)
    page = text_of(client.get(f"{CARD}edit/?section=caveats"))
    assert "Use this text" in page
    taken = text_of(client.get(f"{CARD}edit/?section=caveats&use=published"))
    assert "What there is to say on Caveats.</textarea>" in taken
