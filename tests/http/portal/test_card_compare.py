"""Two cards of a model side by side: by section, by word, and in every number."""

from __future__ import annotations

import pytest
from django.test import Client

from governance.accounts.models import User
from governance.cards.actions import publish_card, save_draft, write_draft
from governance.cards.rules.editing import NumberRow, SectionEdit
from governance.registry.models import ModelVersion
from tests import factories
from tests.factories import NOON, Cast, later, make_card

pytestmark = pytest.mark.django_db
CARD = "/models/churn-model/versions/1/card/"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return factories.make_version(cast, factories.make_model(cast), metrics={"auc": "0.857"})


def page(user: User, path: str, *, status: int = 200) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def rewrite(version: ModelVersion, cast: Cast, **sections: str) -> None:
    save_draft(version=version, sections=sections, base=None, actor=cast.owner, at=later(hours=1))


def test_the_draft_is_compared_with_what_is_published(version: ModelVersion, cast: Cast) -> None:
    make_card(cast, version)
    rewrite(version, cast, fairness="What there is to say on age and sex.")
    text = page(cast.auditor, f"{CARD}compare/")
    assert "1 section changed" in text
    assert "<del>Fairness</del>" in text
    assert "<ins>age and sex</ins>" in text
    assert "Training data</span>" not in text


def test_a_change_of_the_use_is_marked(version: ModelVersion, cast: Cast) -> None:
    make_card(cast, version)
    rewrite(version, cast, intended_use="Everybody, everywhere.")
    assert "What the model is used for changed." in page(cast.auditor, f"{CARD}compare/")


def test_numbers_are_compared_with_where_they_come_from(version: ModelVersion, cast: Cast) -> None:
    make_card(cast, version)
    edit = SectionEdit(
        key="latency_cost",
        text="Fast.",
        quantities=(NumberRow(name="p99", value="180", unit="ms"),),
    )
    write_draft(version=version, edit=edit, base=None, actor=cast.developer, at=NOON)
    text = page(cast.auditor, f"{CARD}compare/")
    assert "p99: 180 ms" in text
    assert "p99, where it comes from: Typed by Dev Singh" in text


def test_a_new_version_is_compared_with_the_last_card(version: ModelVersion, cast: Cast) -> None:
    make_card(cast, version)
    newer = factories.make_version(cast, version.model, metrics={"auc": "0.9"})
    publish_card(version=newer, actor=cast.owner, at=later(hours=2))
    text = page(cast.auditor, "/models/churn-model/versions/2/card/compare/")
    assert "<del>0.857</del> → <ins>0.9</ins>" in text
    assert 'value="1.1" selected' in text
    assert 'value="2.1" selected' in text
    assert "Compare" in page(cast.auditor, "/models/churn-model/versions/2/card/")


def test_the_same_twice_differs_in_nothing(version: ModelVersion, cast: Cast) -> None:
    make_card(cast, version)
    assert "Nothing differs" in page(cast.auditor, f"{CARD}compare/?from=1.1&to=1.1")


@pytest.mark.parametrize("query", ["", "?from=1.1&to=1.9", "?from=x&to=1.1", "?from=2.1&to=1.1"])
def test_what_is_not_there_is_not_compared(version: ModelVersion, cast: Cast, query: str) -> None:
    make_card(cast, version)
    page(cast.auditor, f"{CARD}compare/{query}", status=404)


def test_what_one_may_not_see_is_not_compared(version: ModelVersion, cast: Cast) -> None:
    make_card(cast, version)
    rewrite(version, cast, fairness="Other.")
    page(cast.outsider, f"{CARD}compare/", status=404)
