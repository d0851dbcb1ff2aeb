"""Reading the ledger: pages of it for people, cursors into it for followers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from governance.audit import queries
from governance.audit.followers import FOLLOWERS, catch_up, catch_up_all, follows
from governance.audit.models import FollowerCursor, LedgerEntry
from governance.audit.origin import Origin, current, origin
from governance.audit.queries import Filter
from governance.audit.rules import Source, Verb
from governance.core.errors import InvalidInput
from tests.ledger_entries import MODEL, NOON, SOMEBODY, act

pytestmark = pytest.mark.django_db


@pytest.fixture
def only_ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No followers but those that the test registers."""
    before = dict(FOLLOWERS)
    FOLLOWERS.clear()
    yield
    FOLLOWERS.clear()
    FOLLOWERS.update(before)


def fills() -> None:
    for minute in range(5):
        act("firm", minute=minute)
        act(MODEL, verb=Verb.MODEL_UPDATED, minute=minute, subject=MODEL)
    with origin(Source.API, "request-7"):
        act(MODEL, verb=Verb.VERSION_TAGGED, minute=9, actor="service:2b3c4d5e")


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(), 11),
        (Filter(streams=["firm"]), 5),
        (Filter(streams=[]), 0),
        (Filter(streams=["firm", MODEL, "nowhere"]), 11),
        (Filter(verb="model.updated"), 5),
        (Filter(verb="model.*"), 5),
        (Filter(verb="m"), 0),
        (Filter(actor=SOMEBODY, subject=MODEL), 5),
        (Filter(source="API"), 1),
        (Filter(since=NOON + timedelta(minutes=4)), 3),
        (Filter(until=NOON + timedelta(minutes=1)), 2),
        (Filter(streams=["firm"], since=NOON + timedelta(minutes=1), verb="unit.created"), 4),
    ],
)
def test_filters_narrow_each_other(wanted: Filter, count: int) -> None:
    fills()
    assert queries.entries(wanted).count() == count


def test_pages_show_each_entry_once_while_new_ones_arrive() -> None:
    fills()
    wanted = [entry.pk for entry in LedgerEntry.objects.newest_first()]
    seen, after = [], ""
    while True:
        page = queries.page(Filter(), after=after, size=3)
        seen += [entry.pk for entry in page.entries]
        act("firm", minute=30)
        if not (after := page.older):
            break
    assert seen == wanted


@pytest.mark.parametrize("after", ["x", "~~", "2026-11-19T12:00:00+00:00~x~y", "a~1~b"])
def test_a_page_that_does_not_exist_is_refused(after: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        queries.page(Filter(), after=after)
    assert refused.value.problems[0].field == "after"


def test_all_entries_of_one_act_are_found() -> None:
    fills()
    assert [entry.verb for entry in queries.of_request("request-7")] == ["version.tagged"]


# Followers


def recorder(*patterns: str) -> tuple[str, list[tuple[str, int]]]:
    seen: list[tuple[str, int]] = []

    @follows(*patterns)
    def follow(entry: LedgerEntry) -> None:
        seen.append((entry.verb, entry.seq))

    return next(reversed(FOLLOWERS)), seen


@pytest.mark.usefixtures("only_ours")
def test_a_follower_sees_its_verbs_in_order_and_once() -> None:
    name, seen = recorder("model.*", "version.tagged")
    fills()
    assert catch_up(name) == 6
    assert seen == [("model.updated", n) for n in range(1, 6)] + [("version.tagged", 6)]
    assert catch_up(name) == 0
    act("firm")
    assert catch_up(name) == 0
    assert sorted(FollowerCursor.objects.values_list("seq", flat=True)) == [6, 6]


@pytest.mark.usefixtures("only_ours")
def test_a_follower_that_fails_comes_back_to_the_same_entry() -> None:
    calls: list[int] = []

    @follows("unit.created")
    def fragile(entry: LedgerEntry) -> None:
        calls.append(entry.seq)
        if len(calls) == 2:
            raise ConnectionError("mail server away")

    (name,) = FOLLOWERS
    for _ in range(3):
        act("firm")
    with pytest.raises(ConnectionError):
        catch_up(name)
    assert catch_up(name) == 2
    assert calls == [1, 2, 2, 3]


@pytest.mark.usefixtures("only_ours")
def test_one_follower_that_fails_does_not_stop_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @follows("unit.created")
    def broken(entry: LedgerEntry) -> None:
        raise ConnectionError("mail server away")

    _, seen = recorder("unit.created")
    act("firm")
    assert catch_up_all() == 1
    assert seen == [("unit.created", 1)]
    assert "mail server away" in caplog.text


@pytest.mark.usefixtures("only_ours")
def test_what_a_follower_writes_belongs_to_the_request_it_follows() -> None:
    origins: list[Origin] = []

    @follows("unit.created")
    def follow(entry: LedgerEntry) -> None:
        origins.append(current())

    with origin(Source.PAGE, "request-7"):
        act("firm")
    catch_up_all()
    assert origins == [Origin(Source.JOB, "request-7")]


@pytest.mark.usefixtures("only_ours")
def test_a_follower_passes_over_what_nobody_cared_for_yet() -> None:
    seen: list[int] = []
    begin: list[datetime | None] = [None]

    @follows("unit.created", since=lambda: begin[0])
    def follow(entry: LedgerEntry) -> None:
        seen.append(entry.seq)

    for minute in range(4):
        act("firm", minute=minute)
    assert (catch_up_all(), FollowerCursor.objects.count()) == (0, 0)
    begin[0] = NOON + timedelta(minutes=2)
    assert (catch_up_all(), seen) == (2, [3, 4])
    begin[0] = None
    act("firm", minute=5)
    assert catch_up_all() == 0
    begin[0] = NOON
    assert (catch_up_all(), seen) == (1, [3, 4, 5])


def test_a_pattern_without_verbs_is_a_fault() -> None:
    with pytest.raises(ImproperlyConfigured, match="nonsense"):
        follows("nonsense.*")
