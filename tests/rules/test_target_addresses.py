"""The addresses that checkpoints are copied to: which are understood, and what they are called."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from governance.audit.notes import COSIGNATURE, VerifierKey
from governance.audit.targets import target_at, targets_at
from governance.audit.targets.bucket import Bucket
from governance.audit.targets.layout import tile_path
from governance.audit.targets.shipping import AddressWrong

WITNESS = VerifierKey("witness.example/w1", bytes(range(32)), COSIGNATURE)
LOG = VerifierKey("ledger.example/l", bytes(range(32)))

NAMES = {
    "dir:/mnt/worm/ledger": "dir:/mnt/worm/ledger",
    "git:/srv/clone": "git:/srv/clone",
    "s3://bucket": "s3://bucket",
    "s3://bucket/a/b/?lock=compliance&days=3650": "s3://bucket/a/b",
    f"witness:https://w.example/#{WITNESS}": f"witness:witness.example/w1+{WITNESS.id.hex()}",
}


@pytest.mark.parametrize(("address", "name"), NAMES.items())
def test_an_address_has_a_name(address: str, name: str) -> None:
    assert target_at(address).name == name


@pytest.mark.parametrize(
    ("address", "front", "secrets"),
    [
        ("mailto:auditor@bank.example", "mailto:bank.example~", ["auditor"]),
        (
            "https://hooks.example:8443/T0/tok?key=s3cret",
            "https://hooks.example:8443~",
            ["T0", "s"],
        ),
        ("tsa:https://tsa.example/t0ken#/etc/tsa.pem", "tsa:tsa.example~", ["t0ken", "pem"]),
    ],
)
def test_a_name_gives_no_secret_and_nobodys_address(
    address: str, front: str, secrets: list[str]
) -> None:
    name = target_at(address).name
    rest = name.removeprefix(front)
    assert rest != name
    assert len(rest) == 8
    assert not [one for one in secrets if one in rest]
    assert target_at(address.replace("k", "K").replace("aud", "AUD")).name != name


def test_two_addresses_of_one_host_are_two_targets() -> None:
    urls = ["https://h.example/a", "https://h.example/b", "https://h.example/a"]
    assert len(targets_at(urls)) == 2


def test_what_a_bucket_is_told() -> None:
    assert target_at("s3://b/p?lock=GOVERNANCE&days=1") == Bucket("b", "p", "GOVERNANCE", 1)
    assert target_at("mailto:a@b.example").pause == timedelta(hours=24)
    assert target_at("mailto:a@b.example?hours=6").pause == timedelta(hours=6)


WRONG = {
    "ftp://x": "begins with one of",
    "/mnt/worm": "begins with one of",
    "dir:worm": "whole path",
    "dir:/mnt/../etc": "whole path",
    f"dir:/{'a' * 200}": "at most 200",
    "git:https://git.example/x": "whole path",
    "s3:bucket": "s3://bucket/prefix",
    "s3://key:secret@bucket": "credentials come from the environment",
    "s3://bucket?lock=COMPLIANCE": "goes with days",
    "s3://bucket?days=3": "goes with days",
    "s3://bucket?lock=FOREVER&days=3": "COMPLIANCE or lock=GOVERNANCE",
    "s3://bucket?lock=COMPLIANCE&days=0": "days are 1 to",
    "s3://bucket?acl=public": "not acl",
    "mailto:nobody": "one e-mail address",
    "mailto:a@b.example?hours=0": "hours=1",
    "mailto:a@b.example?cc=x": "hours=1",
    "https://user:pass@h.example/x": "no user name",
    "https:///x": "https or http",
    "https://h.example/x#y": "has no #",
    "witness:https://w.example": "verifier key",
    f"witness:https://w.example?x#{WITNESS}": "has no ?",
    f"witness:https://w.example#{LOG}": "not one of a witness",
    "tsa:https://tsa.example": "certificates",
    "tsa:https://tsa.example#tsa.pem": "whole path",
    "tsa:ldap://tsa.example#/tsa.pem": "https or http",
}


@pytest.mark.parametrize(("address", "rule"), WRONG.items())
def test_a_wrong_address_is_refused_with_its_rule(address: str, rule: str, settings: Any) -> None:
    with pytest.raises(AddressWrong, match=rule):
        target_at(address)
    settings.LEDGER_TARGETS = ["dir:/fine", address]
    [error] = [one for one in run_checks() if one.id == "audit.E002"]
    assert rule in error.msg
    assert address.partition(":")[0] in error.msg
    assert not [word for word in ("secret", "pass", "user:") if f"{word}@" in error.msg]
    assert [one.name for one in targets_at(settings.LEDGER_TARGETS)] == ["dir:/fine"]


def test_an_address_that_stands_there_twice_is_told(settings: Any) -> None:
    settings.LEDGER_TARGETS = ["dir:/fine", "dir:/fine"]
    assert [one.msg for one in run_checks() if one.id == "audit.E002"] == [
        "LEDGER_TARGETS: 'dir:/fine': it stands there twice."
    ]


def test_the_address_for_alarms_is_checked(settings: Any) -> None:
    settings.LEDGER_ALARM_URL = "https://alarms.example/hook?token=x"
    assert not [one for one in run_checks() if one.id == "audit.E003"]
    settings.LEDGER_ALARM_URL = "https://a:b@alarms.example/hook?token=x"
    [error] = [one for one in run_checks() if one.id == "audit.E003"]
    assert "token" not in error.msg
    assert "a:b" not in error.msg


@pytest.mark.parametrize(
    ("level", "number", "width", "path"),
    [
        # The examples of C2SP tlog-tiles.
        (0, 1234067, 0, "tile/0/x001/x234/067"),
        (0, 0, 0, "tile/0/000"),
        (0, 273, 112, "tile/0/273.p/112"),
        (1, 999, 0, "tile/1/999"),
        (1, 1000, 1, "tile/1/x001/000.p/1"),
    ],
)
def test_where_a_tile_lies(level: int, number: int, width: int, path: str) -> None:
    assert tile_path(level, number, width) == path
    assert not Path(path).is_absolute()
