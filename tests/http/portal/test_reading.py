"""The reading pages: home, inventory, model, version, decisions, audit log."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.approvals.rules.judgement import Decision
from governance.registry.rules import Stage
from governance.validation.actions.findings import open_finding
from tests import factories
from tests.factories import NOON, Cast, ask, later, sign


def page_of(user: User, path: str) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def queries_of(user: User, path: str) -> int:
    client = Client()
    client.force_login(user)
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


def ready(cast: Cast, name: str = "churn-model") -> PromotionRequest:
    factories.make_policies(cast)
    version = factories.make_version(
        cast, factories.make_model(cast, name=name), metrics={"accuracy": "0.95"}
    )
    return factories.make_ready(cast, version)


def test_nothing_waits_for_nobody(cast: Cast) -> None:
    page = page_of(cast.outsider, "/")
    assert "Nothing waits for you" in page
    assert "New requests appear here." in page


def test_a_request_waits_for_its_signers_and_moves_on_when_one_has_signed(cast: Cast) -> None:
    request = ready(cast)
    title = "Sign or refuse version 1 of churn-model to Production"
    assert title in page_of(cast.validator, "/")
    assert title in page_of(cast.approver, "/")
    for reader in (cast.owner, cast.developer, cast.compliance):
        assert title not in page_of(reader, "/")
    assert "Waiting for others" in page_of(cast.owner, "/")

    sign(request, cast.validator, Role.VALIDATOR)
    assert title not in page_of(cast.validator, "/")
    assert "1 of 2 have signed" in page_of(cast.approver, "/")
    assert "1 signature as approver: Alma Second or Arno Approver" in page_of(cast.validator, "/")


def test_a_request_whose_checks_fail_waits_for_its_builders(cast: Cast) -> None:
    factories.make_policies(cast)
    version = factories.make_version(
        cast, factories.make_model(cast), metrics={"accuracy": "0.8225"}
    )
    ask(cast, version, Stage.STAGING)
    page = page_of(cast.developer, "/")
    assert "Repair or withdraw version 1 of churn-model to Staging" in page
    assert "1 check not met: Accuracy." in page
    assert "Waits for its builders: 1 check not met." in page_of(cast.approver, "/")


def test_what_is_late_comes_first_and_says_so_in_words(cast: Cast) -> None:
    version = factories.make_version(cast, factories.make_model(cast))
    finding = factories.due_finding()
    open_finding(
        version=version,
        finding=type(finding)(**(vars(finding) | {"owner": cast.owner.ref})),
        actor=cast.validator,
        at=NOON,
    )
    page = page_of(cast.owner, "/")
    assert "1 item waits for you. 1 is overdue." in page
    assert "days late" in page
    assert "Overdue" in page


def test_the_inventory_says_what_is_missing_and_who_is_live(cast: Cast) -> None:
    request = ready(cast)
    sign(request, cast.validator, Role.VALIDATOR)
    sign(request, cast.approver, Role.APPROVER)
    page = page_of(cast.auditor, "/models/")
    assert "1 model that you may see." in page
    assert "v1" in page
    assert "Says which customers are likely to leave." in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("q=CHURN", True),
        ("q=olga", True),
        ("q=mortgage", False),
        ("stage=DRAFT", True),
        ("stage=PRODUCTION", False),
        ("tier=3", True),
        ("tier=1", False),
        ("kind=CLASSIFICATION", True),
        ("kind=FORECAST", False),
        ("due=late", False),
        ("view=mine", False),
        ("view=attention", False),
        ("order=-tier", True),
        ("order=nonsense", True),
    ],
)
def test_facets_narrow_the_inventory(cast: Cast, query: str, found: bool) -> None:
    factories.make_version(cast, factories.make_model(cast))
    page = page_of(cast.auditor, f"/models/?{query}")
    assert ("<table" in page) is found
    if not found:
        assert "No model matches these filters" in page


def test_an_unknown_facet_is_named_and_left_out(cast: Cast) -> None:
    factories.make_model(cast)
    page = page_of(cast.auditor, "/models/?tier=9&q=churn")
    assert "Some of these filters can’t be used." in page
    assert "<table" in page


def test_a_digest_finds_its_model(cast: Cast) -> None:
    version = factories.make_version(cast, factories.make_model(cast))
    assert "<table" in page_of(cast.auditor, f"/models/?q=sha256:{version.digest[:16]}")


def test_a_model_page_answers_at_a_glance(cast: Cast) -> None:
    request = ready(cast)
    page = page_of(cast.approver, "/models/churn-model/")
    for said in ("Live", "Owner", "Risk tier", "Model card", "Open findings", "Next due"):
        assert f"<dt>{said}" in page
    assert f'href="/decisions/{request.pk}/"' in page
    assert "Review version 1" in page
    assert "Owner and developers never sign for this model." in page
    assert "Lineage of version 1" in page


def test_a_version_page_shows_measured_against_required(cast: Cast) -> None:
    request = ready(cast)
    page = page_of(cast.approver, "/models/churn-model/versions/1/")
    assert "Pass ≥ 0.90" in page
    assert "Checks for Production" in page
    assert "6 of 6" in page
    assert str(request.pk) in page


def test_decisions_list_what_is_open_and_what_was_decided(cast: Cast) -> None:
    request = ready(cast)
    page = page_of(cast.approver, "/decisions/")
    assert "1 request open, 1 of them for you to sign." in page
    sign(request, cast.approver, Role.APPROVER, decision=Decision.REJECT, comment="Not yet.")
    page = page_of(cast.approver, "/decisions/?model=churn-model")
    assert "No request is open" in page
    assert "Rejected" in page
    assert "Arno Approver" in page


def test_the_audit_log_puts_entries_into_words_and_narrows_them(cast: Cast) -> None:
    ready(cast)
    page = page_of(cast.auditor, "/audit/")
    assert "Asked for a promotion" in page
    assert "The chain has not been recomputed yet." in page
    narrowed = page_of(cast.auditor, "/audit/?model=churn-model&kind=cards")
    assert "Published the model card" in narrowed
    assert "Asked for a promotion" not in narrowed
    before = page_of(cast.auditor, f"/audit/?until={later(days=-1).date().isoformat()}")
    assert "No entry matches" in before


def test_an_impossible_day_is_named(cast: Cast) -> None:
    page = page_of(cast.auditor, "/audit/?until=yesterday")
    assert "Enter a date such as 2026-11-19." in page


def test_the_audit_log_of_an_outsider_names_no_model(cast: Cast) -> None:
    ready(cast)
    page = page_of(cast.outsider, "/audit/")
    assert "churn-model" not in page


@pytest.mark.parametrize("path", ["/models/", "/audit/", "/models/churn-model/"])
def test_queries_do_not_grow_with_rows(cast: Cast, path: str) -> None:
    def grow(count: int, name: Callable[[int], str]) -> None:
        for index in range(count):
            factories.make_version(cast, factories.make_model(cast, name=name(index)))

    grow(1, lambda _: "churn-model")
    few = queries_of(cast.auditor, path)
    grow(4, lambda index: f"other-{index}")
    assert queries_of(cast.auditor, path) == few
