"""What frameworks ask for, for programs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import Cast, make_token

ADDRESS = "/api/v1/frameworks"


@pytest.fixture
def get(client: Client, cast: Cast) -> Any:
    secret = make_token(cast, at=timezone.now())[1]
    return lambda path: client.get(path, headers={"Authorization": f"Bearer {secret}"})


def test_every_framework_with_its_versions(get: Any) -> None:
    body = get(ADDRESS).json()
    found = {one["id"]: one for one in body["frameworks"]}
    assert found["sr-11-7"]["superseded_by"] == "sr-26-2"
    assert found["sr-26-2"]["supersedes"] == ["sr-11-7"]
    counts = {one["version"]: one["requirement_count"] for one in found["sr-26-2"]["versions"]}
    assert counts == {"2026-04-17": 43}
    deployer = {
        v["version"]: v["requirement_count"] for v in found["eu-ai-act-deployer"]["versions"]
    }
    assert deployer["2024/1689 as published"] is None


def test_one_framework_whole(get: Any) -> None:
    body = get(f"{ADDRESS}/sr-26-2").json()
    (version,) = body["versions"]
    found = {one["id"]: one for one in version["requirements"]}
    vendor = found["SR262-VII-02"]
    assert vendor["when"] == [{"origin": ["VENDOR"]}]
    assert vendor["evidence"] == ["validation_report", "attachment"]
    assert found["SR262-VI-04"]["level"] == "FIRM"
    relations = {one["requirement"]: one["relation"] for one in found["SR262-V-09"]["crosswalk"]}
    assert relations["SR117-V-26"] == "superset_of"


def test_obligations_and_a_version_that_no_file_says_anything_of(get: Any) -> None:
    body = get(f"{ADDRESS}/eu-ai-act-high-risk-provider").json()
    assert [one["requirements"] is None for one in body["versions"]] == [True, False]
    due = {one["id"]: one for one in body["obligations"]}
    assert (due["annex-iii"]["day"], due["annex-iii"]["period"]) == ("2027-12-02", None)
    assert due["incident"]["period"]["number"] == 15


def test_what_is_gone_says_so(get: Any) -> None:
    (version,) = get(f"{ADDRESS}/sr-11-7").json()["versions"]
    found = {one["id"]: one["crosswalk"] for one in version["requirements"]}
    assert [one["requirement"] for one in found["SR117-V-10"]] == [None]


def test_there_is_none_without_a_token_or_by_another_name(client: Client, get: Any) -> None:
    assert client.get(ADDRESS).status_code == 401
    assert client.get(f"{ADDRESS}/sr-26-2").status_code == 401
    assert get(f"{ADDRESS}/sr-99").status_code == 404
