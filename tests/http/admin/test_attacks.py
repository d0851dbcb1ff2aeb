"""What the address of an admin page must not read out, and dates that no calendar has."""

from __future__ import annotations

import pytest

from tests.factories import Cast
from tests.http.admin.conftest import Visitor
from tests.world import nothing_moves


@pytest.mark.parametrize("column", ["password", "salt", "last_login", "is_superuser"])
@pytest.mark.parametrize("how", ["", "__startswith", "__regex", "__gte", "__isnull"])
def test_no_column_can_be_guessed_letter_by_letter(cast: Cast, column: str, how: str) -> None:
    visitor = Visitor(cast.administrator)
    for path in ("accounts/user", "accounts/rolegrant", "accounts/unit"):
        assert visitor.get(f"/admin/{path}/", **{f"{column}{how}": "a"}).status_code == 400
        related = visitor.get(f"/admin/{path}/", **{f"user__{column}{how}": "a"})
        assert related.status_code == 400


@pytest.mark.parametrize("lookup", ["owner__password__startswith", "salt", "tracking_uri__regex"])
def test_nor_by_an_owner(cast: Cast, lookup: str) -> None:
    answer = Visitor(cast.owner).get("/admin/inventory/model/", **{lookup: "a"})
    assert answer.status_code == 400


@pytest.mark.parametrize("day", ["9999-12-31", "10000-01-01", "0000-00-00", "2026-02-30"])
def test_a_role_ends_on_a_day_that_can_be(cast: Cast, day: str) -> None:
    visitor = Visitor(cast.administrator)
    with nothing_moves():
        answer = visitor.post(
            "/admin/accounts/rolegrant/add/",
            user=str(cast.outsider.pk), role="APPROVER", unit=str(cast.unit.pk),
            starts_at="2099-01-01", ends_at=day,
        )  # fmt: skip
    assert answer.status_code in {200, 422}, answer.status_code
