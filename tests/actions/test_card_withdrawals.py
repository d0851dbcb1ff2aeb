"""Withdrawing a published card, and comments that stay with their section."""

from __future__ import annotations

import pytest

from governance.accounts.rules import PermissionMissing
from governance.cards.actions import (
    comment_on_section,
    publish_card,
    save_draft,
    settle_comment,
    withdraw_card,
)
from governance.cards.models import CardComment, CardRevision, CardWithdrawal
from governance.cards.queries import draft_of, last_card_of, published_card, published_cards
from governance.cards.queries.comments import comments_on, settled_comments
from governance.cards.rules.revisions import RevisionWithdrawn
from governance.core.errors import InvalidInput
from governance.registry.models import ModelVersion
from governance.registry.rules.comments import CommentNotFound
from tests import factories
from tests.factories import NOON, Cast, later
from tests.reviewing import entries
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return factories.make_version(cast, factories.make_model(cast), metrics={"auc": "0.857"})


def second(version: ModelVersion, cast: Cast) -> CardRevision:
    save_draft(version=version, sections={"caveats": "More."}, base=None, actor=cast.owner, at=NOON)
    return publish_card(version=version, actor=cast.owner, at=later(hours=1))


def withdraw(revision: CardRevision, cast: Cast, reason: str = "The data was wrong.") -> None:
    withdraw_card(revision=revision, reason=reason, actor=cast.owner, at=later(hours=2))


def test_the_revision_before_counts_again(version: ModelVersion, cast: Cast) -> None:
    first = factories.make_card(cast, version)
    newer = second(version, cast)
    withdraw(newer, cast)
    assert published_card(version) == first
    assert published_cards([version]) == {version.pk: first}
    assert last_card_of(version.model) == first
    (entry,) = entries("card.withdrawn")
    assert entry.facts == {"version": version.ref, "number": 2, "digest": newer.digest}
    assert "wrong" not in entry.text


def test_without_any_other_there_is_no_card(version: ModelVersion, cast: Cast) -> None:
    withdraw(factories.make_card(cast, version), cast)
    assert published_card(version) is None
    assert draft_of(version).starts_from is None


def test_the_next_revision_takes_the_next_number(version: ModelVersion, cast: Cast) -> None:
    withdraw(factories.make_card(cast, version), cast)
    assert publish_card(version=version, actor=cast.owner, at=later(hours=3)).number == 2


def test_a_withdrawal_is_said_once(version: ModelVersion, cast: Cast) -> None:
    revision = factories.make_card(cast, version)
    withdraw(revision, cast)
    with nothing_moves(), pytest.raises(RevisionWithdrawn):
        withdraw(revision, cast)
    assert CardWithdrawal.objects.count() == 1


@pytest.mark.parametrize(("reason", "rule"), [(" ", "required"), ("x" * 2_001, "length")])
def test_a_withdrawal_has_a_reason(
    version: ModelVersion, cast: Cast, reason: str, rule: str
) -> None:
    revision = factories.make_card(cast, version)
    with nothing_moves(), pytest.raises(InvalidInput) as refused:
        withdraw(revision, cast, reason)
    assert [(p.field, p.rule) for p in refused.value.problems] == [("reason", rule)]


@pytest.mark.parametrize("who", ["developer", "validator", "approver", "auditor", "outsider"])
def test_who_may_not_withdraw(version: ModelVersion, cast: Cast, who: str) -> None:
    revision = factories.make_card(cast, version)
    with nothing_moves(), pytest.raises(PermissionMissing):
        withdraw_card(revision=revision, reason="x", actor=getattr(cast, who), at=NOON)


def comment(version: ModelVersion, cast: Cast, text: str = "Which groups?") -> CardComment:
    return comment_on_section(
        version=version, section="fairness", text=text, actor=cast.validator, at=NOON
    )


def test_a_comment_stays_through_revisions_and_versions(version: ModelVersion, cast: Cast) -> None:
    revision = factories.make_card(cast, version)
    said = comment_on_section(
        version=version,
        section="fairness",
        text="Which groups?",
        actor=cast.validator,
        at=NOON,
        revision=revision,
    )
    second(version, cast)
    factories.make_version(cast, version.model, metrics={"auc": "0.9"})
    assert list(comments_on(version.model)["fairness"]) == [said]
    (entry,) = entries("card.commented")
    assert entry.facts == {"comment": said.ref, "section": "fairness"}
    assert "groups" not in entry.text


def test_a_comment_is_settled_once(version: ModelVersion, cast: Cast) -> None:
    said = comment(version, cast)
    for _ in range(2):
        settle_comment(comment_id=said.pk, actor=cast.owner, at=later(hours=1))
    assert not comments_on(version.model)["fairness"]
    assert settled_comments(version.model) == [said]
    assert len(entries("card.comment_settled")) == 1


def test_what_a_comment_cannot_be(version: ModelVersion, cast: Cast) -> None:
    for section, text in (("nonsense", "x"), ("fairness", " "), ("fairness", "x" * 10_001)):
        with nothing_moves(), pytest.raises(InvalidInput):
            comment_on_section(
                version=version, section=section, text=text, actor=cast.validator, at=NOON
            )


def test_who_may_not_comment_or_settle(version: ModelVersion, cast: Cast) -> None:
    said = comment(version, cast)
    with nothing_moves(), pytest.raises(PermissionMissing):
        comment_on_section(
            version=version, section="fairness", text="x", actor=cast.outsider, at=NOON
        )
    with nothing_moves(), pytest.raises(CommentNotFound):
        settle_comment(comment_id=said.pk, actor=cast.outsider, at=NOON)
