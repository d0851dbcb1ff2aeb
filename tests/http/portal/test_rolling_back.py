"""The page that rolls a model back."""

from typing import Any

import pytest

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.registry.models import ModelVersion
from governance.registry.rules import Move, Stage
from governance.validation.actions.findings import open_finding
from tests import factories
from tests.factories import NOON, PASSWORD, Cast, due_finding, sign
from tests.http.portal.deciding import challenger, hidden, post, read, waiting_request
from tests.remembering import remembered
from tests.reviewing import also
from tests.world import nothing_moves

PAGE = "/models/churn-model/roll-back/"
REFUSED = ["call.refused"]


@pytest.fixture
def second(cast: Cast) -> ModelVersion:
    return two_champions(cast)


@remembered
def two_champions(cast: Cast) -> ModelVersion:
    """Version 2 serves, and version 1, approved earlier, is archived."""
    first = waiting_request(cast)
    sign(first, cast.validator, Role.VALIDATOR)
    sign(first, cast.approver, Role.APPROVER)
    request = challenger(cast, first.version)
    sign(request, cast.validator, Role.VALIDATOR)
    sign(request, cast.approver, Role.APPROVER)
    return request.version


def stages(version: ModelVersion) -> dict[int, str]:
    return dict(version.model.versions.values_list("number", "stage"))


def roll_back(user: User, seen: str, **data: Any) -> Any:
    return post(user, PAGE, **({"seen": seen, "reason": "It drifts.", "password": PASSWORD} | data))


def test_says_what_returns_what_goes_and_what_it_rests_on(cast: Cast, second: ModelVersion) -> None:
    page = read(cast.second_approver, PAGE)
    assert "Roll churn-model back to version 1" in page
    assert "version 2 is archived in the same moment" in page
    assert "Decision D-2" in page
    assert "Vera Valid" in page
    assert "Arno Approver" in page


def test_one_approver_rolls_back_once(cast: Cast, second: ModelVersion) -> None:
    seen = hidden(read(cast.second_approver, PAGE), "seen")
    done = roll_back(cast.second_approver, seen)
    assert done.status_code == 302
    assert stages(second) == {1: Stage.PRODUCTION, 2: Stage.ARCHIVED}
    request = PromotionRequest.objects.get(move=Move.ROLLED_BACK)
    page = read(cast.owner, f"/decisions/{request.pk}/")
    assert "Rolled back on" in page
    assert "It drifts." in page
    # A second click must not roll forward again.
    with nothing_moves():
        again = roll_back(cast.second_approver, seen)
    assert again.headers["Location"] == f"/decisions/{request.pk}/"


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ("owner", "You own or have owned churn-model."),
        ("developer", "You are or were a developer of churn-model."),
        ("validator", "Only an approver in Retail credit rolls a version back."),
        ("compliance", "Only an approver in Retail credit rolls a version back."),
        ("administrator", "Only an approver in Retail credit rolls a version back."),
    ],
)
def test_others_are_refused_with_the_reason(
    cast: Cast, second: ModelVersion, who: str, reason: str
) -> None:
    user = getattr(cast, who)
    if who in {"owner", "developer"}:
        also(user, Role.APPROVER, cast.unit)
    User.objects.filter(pk=cast.administrator.pk).update(is_superuser=True)
    seen = hidden(read(cast.approver, PAGE), "seen")
    assert reason in read(user, PAGE, status=403)
    with nothing_moves(entries=REFUSED):
        answer = roll_back(user, seen)
    assert answer.status_code == 403
    assert reason in answer.content.decode()


def test_a_slot_is_named_in_the_address(cast: Cast, second: ModelVersion) -> None:
    assert "goes live in primary at once" in read(cast.approver, f"{PAGE}?slot=primary")
    for unknown in ("eu-retail/primary", "%00", "primary'"):
        read(cast.approver, f"{PAGE}?slot={unknown}", status=404)


def test_cannot_be_seen_from_outside(cast: Cast, second: ModelVersion) -> None:
    read(cast.outsider, PAGE, status=404)
    with nothing_moves():
        assert roll_back(cast.outsider, "x").status_code == 404


def test_what_changed_in_between_rolls_nothing_back(cast: Cast, second: ModelVersion) -> None:
    seen = hidden(read(cast.approver, PAGE), "seen")
    open_finding(version=second, finding=due_finding("HIGH"), actor=cast.validator, at=NOON)
    with nothing_moves(entries=REFUSED):
        answer = roll_back(cast.approver, seen)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Nothing was rolled back: this has changed" in page
    assert "high, due" in page
    assert "It drifts." in page


def test_a_wrong_password_rolls_nothing_back(cast: Cast, second: ModelVersion) -> None:
    seen = hidden(read(cast.approver, PAGE), "seen")
    with nothing_moves(entries=REFUSED):
        answer = roll_back(cast.approver, seen, password="no")
    assert answer.status_code == 403
    assert "Nothing was rolled back." in answer.content.decode()
    assert "It drifts.</textarea>" in answer.content.decode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"reason": "  "}, "Say why the earlier version must return."),
        ({"password": ""}, "Enter your password again."),
        ({"seen": ""}, "It is not known what you saw."),
        ({"seen": "rubbish"}, "This form was not filled from this page"),
    ],
)
def test_a_form_that_lacks_something_rolls_nothing_back(
    cast: Cast, second: ModelVersion, data: dict[str, str], said: str
) -> None:
    seen = hidden(read(cast.approver, PAGE), "seen")
    with nothing_moves():
        answer = roll_back(cast.approver, **({"seen": seen} | data))
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_without_an_earlier_version_there_is_nothing_to_roll_back_to(cast: Cast) -> None:
    waiting_request(cast)
    assert "No earlier version of this slot could return." in read(cast.approver, PAGE, status=403)
    factories.make_model(cast, name="empty-model")
    page = read(cast.approver, "/models/empty-model/roll-back/", status=403)
    assert "has no version yet" in page
