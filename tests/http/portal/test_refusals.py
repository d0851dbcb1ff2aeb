"""Refusals that explain themselves: the rule, the facts with their entries, who can, what helps."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.audit.models import LedgerEntry
from tests import factories as f
from tests.factories import Cast
from tests.http.portal.deciding import carried, read, sign_on_page, signed_in, waiting_request
from tests.world import nothing_moves


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def entries_shown(page: str) -> list[tuple[str, int]]:
    """Where each entry beside a reason leads, and its number."""
    found = re.findall(r'entry <a href="(/audit/\?entry=[^"]+)">#([\d,]+)</a>', page)
    return [(href, int(number.replace(",", ""))) for href, number in found]


def numbers(stream: str, *verbs: str) -> list[int]:
    """The numbers of the first entries of these verbs."""
    rows = LedgerEntry.objects.of_stream(stream).oldest_first()
    return [next(row.seq for row in rows if row.verb == verb) for verb in verbs]


def test_beside_each_reason_stand_the_entries_that_show_it(cast: Cast) -> None:
    request = waiting_request(cast)
    page = read(cast.developer, f"/decisions/{request.pk}/")
    expected = numbers(
        request.model.stream,
        "model.created", "version.registered", "card.drafted", "request.opened",
    )  # fmt: skip
    assert [number for _, number in entries_shown(page)] == expected
    assert f"You answer for registering version 1. (entry #{expected[1]} )" in words(page)
    for href, number in entries_shown(page):
        log = read(cast.auditor, href)
        assert log.count('<span class="hashes">') == 1
        assert f"#{number} ·" in words(log)


def test_no_reason_is_looked_up_for_who_may_sign(cast: Cast) -> None:
    request = waiting_request(cast)
    read(cast.approver, f"/decisions/{request.pk}/")
    with CaptureQueriesContext(connection) as captured:
        assert entries_shown(read(cast.approver, f"/decisions/{request.pk}/")) == []
    assert not [query for query in captured if "card.drafted" in query["sql"]]


def test_the_refusal_itself_says_rule_facts_who_can_and_what_helps(cast: Cast) -> None:
    request = waiting_request(cast)
    seen = carried(cast.approver, request)
    with nothing_moves(entries=["call.refused"]):
        answer = sign_on_page(cast.developer, request, role="APPROVER", seen=seen)
    page = answer.content.decode()
    told = words(page)
    assert answer.status_code == 403
    assert "Whoever asked for a change does not sign it." in told
    assert "You asked for this change. (entry #" in told
    assert "Vera Valid could sign" in told
    assert "Alma Second, Arno Approver could sign" in told
    assert "You can write a comment on the version." in told
    recorded = LedgerEntry.objects.get(verb="call.refused")
    assert f"The attempt is on record (entry #{recorded.seq} )" in told
    assert [number for _, number in entries_shown(page)] == [
        *numbers(
            request.model.stream,
            "model.created", "version.registered", "card.drafted", "request.opened",
        ),
        recorded.seq,
    ]  # fmt: skip
    assert recorded.facts["because"][-1] == {
        "rule": "requester_signs_not", "records": [request.ref],
    }  # fmt: skip


@pytest.mark.parametrize("who", ["administrator", "compliance"])
def test_who_lacks_the_role_is_told_who_could_sign(cast: Cast, who: str) -> None:
    request = waiting_request(cast)
    told = words(read(getattr(cast, who), f"/decisions/{request.pk}/sign/", status=403))
    assert "which you do not hold" in told
    assert "Vera Valid could sign" in told


def test_a_rollback_says_who_is_an_approver(cast: Cast) -> None:
    first = waiting_request(cast)
    f.sign(first, cast.validator, Role.VALIDATOR)
    f.sign(first, cast.approver, Role.APPROVER)
    version = f.make_version(cast, first.model, metrics={"accuracy": "0.97"}, artifact="b" * 64)
    f.make_champion(cast, version)
    told = words(read(cast.compliance, "/models/churn-model/roll-back/", status=403))
    assert "In Retail credit: Alma Second, Arno Approver." in told
    f.grant_role(
        user=cast.developer, role=Role.APPROVER, unit=cast.unit, starts_at=f.NOON,
        actor=f.CONSOLE, at=f.NOON,
    )  # fmt: skip
    barred = read(cast.developer, "/models/churn-model/roll-back/", status=403)
    assert len(entries_shown(barred)) == 3


def test_whoever_proposed_a_policy_is_shown_the_proposal(cast: Cast) -> None:
    f.make_policies(cast)
    text = f.TO_STAGING.replace("0.90", "0.95")
    row = f.propose_policy(text=text, actor=cast.compliance, at=f.NOON)
    answer = signed_in(cast.compliance).post(
        f"/policies/{row.pk}/sign/",
        {"decision": "APPROVE", "digest": row.digest, "password": f.PASSWORD, "comment": ""},
    )
    told = words(answer.content.decode())
    (entry,) = LedgerEntry.objects.filter(verb="policy.proposed", subject=row.ref)
    assert answer.status_code == 403
    assert f"You proposed this policy version. (entry #{entry.seq} )" in told


def test_a_made_up_entry_is_no_entry(cast: Cast) -> None:
    assert "No entry matches" in read(cast.auditor, f"/audit/?entry={cast.unit.pk}")
    assert "There is no such entry" in read(cast.auditor, "/audit/?entry=12")


def test_an_entry_that_one_may_not_see_is_not_shown(cast: Cast) -> None:
    request = waiting_request(cast)
    entry = LedgerEntry.objects.get(verb="request.opened", subject=request.ref)
    elsewhere = f.create_unit(path="bank/markets", name="Markets", actor=f.CONSOLE, at=f.NOON)
    stranger: User = f.make_person("Mia Markets", Role.APPROVER, unit=elsewhere)
    assert "No entry matches" in read(stranger, f"/audit/?entry={entry.pk}")
