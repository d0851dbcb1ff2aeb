"""What may be asked of the ledger, and what is said of anything else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from governance.audit.asked import CONDITIONS, filter_of, problems_of, since_of, until_of
from governance.core.addresses import is_safe_url, is_syslog_address
from governance.core.errors import InvalidInput

HASH = "57d91c6a1db272b88be957d6bbdd32cbed2e1b967475fafedf2e4f24fb10c874"
KEY = UUID("57d91c6a-1db2-72b8-8be9-57d6bbdd32cb")
GOOD = {
    "verb": "card.*",
    "actor": "service:2b3c4d5e-6f70-4182-93a4-b5c6d7e8f901",
    "source": "MLFLOW",
    "subject": "version:5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716",
    "request": "3f2a9d0c5b7e4f6181a2b3c4d5e6f708",
    "stream": "firm",
    "entry": HASH,
    "since": "2026-11-19",
    "until": "2026-11-19T10:00:00+02:00",
}
BAD = {
    "verb": ["card", "card.", ".*", "*", "thing.*", "card.published.*", "x\x00"],
    "actor": ["Vera Valid", "user:", "user:x y", "\x00", "user:" + "x" * 101],
    "source": ["mlflow", "PAPER"],
    "subject": ["A b", "version:ä", "version:" + "x" * 101],
    "request": ["a b", "x" * 65, "ä"],
    "stream": ["Firm", "model:7", "firm "],
    "entry": ["7", HASH[:-1], "xyz"],
    "since": ["yesterday", "2026-13-01", "2026-11-19T10:00:00", "19.11.2026", "\x00"],
    "until": ["tomorrow", "2026-02-30"],
}


def test_every_condition_is_read() -> None:
    wanted = filter_of(GOOD, streams=["firm", "ledger"])
    assert (wanted.verb, wanted.source, wanted.streams) == ("card.*", "MLFLOW", ["firm"])
    assert (wanted.actor, wanted.subject) == (GOOD["actor"], GOOD["subject"])
    assert (wanted.request, wanted.entry) == (GOOD["request"], KEY)
    assert wanted.since == datetime(2026, 11, 19, tzinfo=UTC)
    assert wanted.until == datetime(2026, 11, 19, 8, tzinfo=UTC)
    assert GOOD.keys() == CONDITIONS.keys() == BAD.keys()


@pytest.mark.parametrize("name", CONDITIONS)
def test_what_is_wrong_is_named_by_field_and_rule(name: str) -> None:
    for value in BAD[name]:
        (problem,) = problems_of({**GOOD, name: value})
        assert (problem.field, problem.rule) == (name, CONDITIONS[name].rule), value
    with pytest.raises(InvalidInput) as refused:
        filter_of({key: values[0] for key, values in BAD.items()}, streams=None)
    assert [problem.field for problem in refused.value.problems] == list(CONDITIONS)


def test_nothing_asked_asks_for_all() -> None:
    wanted = filter_of(dict.fromkeys(CONDITIONS, ""), streams=None)
    assert wanted == filter_of({}, streams=None)
    assert not wanted.is_one_stream


def test_a_stream_that_may_not_be_read_leaves_nothing() -> None:
    assert filter_of({"stream": "accounts"}, streams=["firm"]).streams == []
    assert filter_of({"stream": "accounts"}, streams=None).streams == ["accounts"]


def test_a_day_is_whole() -> None:
    assert since_of("2026-11-19") == datetime(2026, 11, 19, tzinfo=UTC)
    assert until_of("2026-11-19") == datetime(2026, 11, 20, tzinfo=UTC)
    last = until_of("9999-12-31")
    assert last is not None
    assert last + timedelta(0) == datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("udp://log.example:514", True), ("tcp://10.0.0.7:601", True),
        ("tls://log.example:6514", True), ("tls://[::1]:6514", True), ("tls://log.example", False),
        ("log.example:514", False), ("https://log.example:6514", False),
        ("tcp://log.example:99999", False), ("tcp://log.example:514/x", False),
        ("tcp://me@log.example:514", False), ("tcp://[::1:514", False), ("", False),
    ],
)  # fmt: skip
def test_addresses_of_syslog_servers(text: str, holds: bool) -> None:
    assert is_syslog_address(text) is holds


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("https://siem.example/in", True), ("http://127.0.0.1:8088/in", True),
        ("http://localhost:8088", True), ("http://siem.example/in", False),
        ("ftp://siem.example", False), ("https://", False), ("https://x:y", False),
        ("http://127.0.0.1.example/", False), ("", False),
    ],
)  # fmt: skip
def test_addresses_of_collectors(text: str, holds: bool) -> None:
    assert is_safe_url(text) is holds
