"""The page on challenge: for whom it is, and the figures of a small history."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.models import EvidenceOpening, PromotionRequest
from governance.approvals.rules.judgement import Decision
from governance.registry.actions.comments import comment_on_version
from tests import factories as f
from tests.factories import NOON, Cast, due_finding, later
from tests.http.portal.deciding import read, signed_in, waiting_request

SINCE = "?since=2026-01-01"


@pytest.fixture
def head(cast: Cast) -> User:
    return f.make_person("Hedda Head", Role.HEAD_OF_MODEL_RISK, unit=cast.root)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def another(cast: Cast, name: str) -> PromotionRequest:
    version = f.make_version(cast, f.make_model(cast, name=name), metrics={"accuracy": "0.95"})
    return f.make_ready(cast, version)


def rows_of(page: str, section: str) -> dict[str, list[str]]:
    """The cells of a table by the name of their row."""
    body = page.split(f'id="{section}"')[1].split("<tbody>")[1].split("</tbody>")[0]
    found = {}
    for row in body.split("<tr>")[1:]:
        name, *cells = re.split(r"</th>|</td>", row)
        found[words(name)] = [words(cell) for cell in cells if cell.strip()][:-1]
    return found


def opened(request: PromotionRequest, reader: User, *pages: str, minutes: int) -> None:
    """So many minutes before noon, as the views note it."""
    for page in ("decision", *pages):
        EvidenceOpening.objects.create(
            request=request, reader=reader, page=page, opened_at=later(minutes=-minutes)
        )


@pytest.mark.parametrize(
    "who", ["owner", "developer", "validator", "approver", "compliance", "administrator"]
)
def test_whom_it_is_not_for_is_told_for_whom_it_is(cast: Cast, head: User, who: str) -> None:
    page = words(read(getattr(cast, who), "/challenge/", status=403))
    assert "approvals:challenge:read" in page
    assert "It comes with the role head of model risk." in page
    assert "Hedda Head" in page
    assert 'href="/challenge/"' not in read(getattr(cast, who), "/")


def test_whom_it_is_for_finds_it_in_the_sidebar(cast: Cast, head: User) -> None:
    assert 'href="/challenge/"' in read(head, "/")
    page = read(head, "/challenge/")
    assert 'href="/challenge/" data-goto="c" aria-current="page"' in page
    assert "These figures gate nothing" in page
    assert "No script watches anybody" in page
    assert "Nothing was signed in this period" in page


def test_counts_what_was_opened_said_and_found(cast: Cast, head: User) -> None:
    request = waiting_request(cast)
    opened(request, cast.validator, "card", "validation", minutes=40)
    opened(request, cast.approver, minutes=1)
    comment_on_version(version=request.version, text="Why 0.95?", actor=cast.approver, at=NOON)
    f.sign(request, cast.validator, Role.VALIDATOR, comment="Reperformed.")
    f.sign(request, cast.approver, Role.APPROVER, at=later(hours=3))

    second = another(cast, "second-model")
    f.make_report(cast, second.version, findings=[due_finding("LOW"), due_finding("MEDIUM")])
    f.sign(second, cast.approver, Role.APPROVER, decision=Decision.RETURN, comment="Thin.")

    page = read(head, f"/challenge/{SINCE}")
    nowhere = ["0", "n/a", "n/a", "n/a", "0", "0", "n/a", "n/a", "n/a", "n/a"]
    took = "1 h 30 min 45 min to 2 h 15 min"
    here = ["2", "50 %", took, "1.5", "0", "3", "0.7", "0", "1", "1"]
    assert rows_of(page, "tiers") == {
        "Tier 1": nowhere, "Tier 2": nowhere, "Tier 3": here, "Tier 4": nowhere, "All": here,
    }  # fmt: skip
    roles = rows_of(page, "signing-roles")
    nothing = ["0", "n/a", "n/a", "n/a 0 of 0", "n/a 0 of 0", "n/a", "0"]
    assert [cell for cell in roles["Compliance"] if cell] == nothing
    assert [cell for cell in roles["Validator"] if cell] == [
        "1", "0 %", "40 min 40 min to 40 min", "0 % 0 of 1", "0 % 0 of 1", "100 %", "0",
    ]  # fmt: skip
    assert [cell for cell in roles["Approver"] if cell] == [
        "2", "50 %", "3 h 1 min 3 h 1 min to 3 h 1 min", "0 % 0 of 1", "100 % 1 of 1", "50 %", "0",
    ]  # fmt: skip
    assert rows_of(page, "signing-people").keys() == {"Vera Valid", "Arno Approver"}
    assert "1 signature whose first opening nobody noted" in words(page)


def test_two_minutes_after_the_first_opening_is_at_once(cast: Cast, head: User) -> None:
    request = waiting_request(cast)
    opened(request, cast.validator, "card", minutes=2)
    f.sign(request, cast.validator, Role.VALIDATOR)
    roles = rows_of(read(head, f"/challenge/{SINCE}"), "signing-roles")
    assert "100 % 1 of 1" in roles["Validator"]


def test_the_period_and_the_unit_bound_what_is_counted(cast: Cast, head: User) -> None:
    f.sign(waiting_request(cast), cast.validator, Role.VALIDATOR)
    after = "?since=2026-03-03"
    assert "Nothing was signed in this period" in read(head, f"/challenge/{after}")
    elsewhere = f.create_unit(path="bank/markets", name="Markets", actor=f.CONSOLE, at=NOON)
    other = f.make_person("Hanno Head", Role.HEAD_OF_MODEL_RISK, unit=elsewhere)
    assert "Nothing was signed in this period" in read(other, f"/challenge/{SINCE}")
    wrong = read(head, "/challenge/?since=yesterday", status=422)
    assert "Enter a date such as 2026-11-19." in wrong


def test_the_pages_note_what_a_signer_opens(cast: Cast) -> None:
    request = waiting_request(cast)
    version = f"/models/churn-model/versions/{request.version.number}/"
    for path in (f"/decisions/{request.pk}/", version, f"{version}card/", f"{version}validation/"):
        for reader in (cast.approver, cast.developer):
            read(reader, path)
    digest = "d" * 64
    read(cast.approver, f"/data/{digest}/")
    rows = EvidenceOpening.objects.filter(request=request)
    assert {row.reader for row in rows} == {cast.approver}
    assert {row.page for row in rows} == {"decision", "version", "card", "validation", "data"}
    assert all(timezone.now() - row.opened_at < timedelta(minutes=5) for row in rows)


def test_coming_by_a_link_to_the_sign_step_is_an_opening(cast: Cast) -> None:
    request = waiting_request(cast)
    read(cast.approver, f"/decisions/{request.pk}/sign/")
    assert EvidenceOpening.objects.get().page == "decision"


def test_takes_as_many_queries_for_a_long_history_as_for_a_short_one(
    cast: Cast, head: User
) -> None:
    def count() -> int:
        signed_in(head).get(f"/challenge/{SINCE}")
        with CaptureQueriesContext(connection) as captured:
            assert signed_in(head).get(f"/challenge/{SINCE}").status_code == 200
        return len(captured)

    first = waiting_request(cast)
    f.sign(first, cast.validator, Role.VALIDATOR)
    f.sign(first, cast.approver, Role.APPROVER)
    few = count()
    for name in ("second-model", "third-model"):
        request = another(cast, name)
        f.sign(request, cast.validator, Role.VALIDATOR)
        f.sign(request, cast.approver, Role.APPROVER)
    assert count() == few
