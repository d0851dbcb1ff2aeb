"""What is live, and the slots of a model, in the portal."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.approvals.models import PromotionRequest
from governance.audit.followers import catch_up_all
from governance.registry.actions.deployments import report_deployment
from governance.registry.actions.slots import assign_role, create_slot
from governance.registry.models import DeploymentReport, ModelVersion, Slot, SlotAssignment
from governance.registry.rules import SlotRole, Stage
from governance.registry.rules.deployments import Running
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.http.portal.deciding import everybody_signs_in, post, read, signed_in
from tests.world import nothing_moves

EU = "eu-retail/primary"


@pytest.fixture
def slot(cast: Cast) -> Slot:
    """Version 1 serves in the default slot; 2 waits in Staging; a second slot is empty."""
    everybody_signs_in(cast)
    f.make_policies(cast)
    model = f.make_model(cast)
    f.make_champion(cast, f.make_version(cast, model))
    second = f.make_version(cast, model, artifact="b" * 64)
    f.ask(cast, second, Stage.STAGING)
    return create_slot(model=model, name=EU, actor=cast.owner, at=NOON)


def address(slot: Slot, rest: str = "") -> str:
    return f"/models/churn-model/slots/{slot.pk}/{rest}"


def report(cast: Cast, slot: Slot, version: str, instance: str = "gateway-1") -> None:
    said = Running(version=version, instance=instance, slot="primary")
    report_deployment(model=slot.model, said=said, actor=cast.developer, at=timezone.now())


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def roles(slot: Slot) -> list[tuple[int, str, int | None]]:
    rows = SlotAssignment.objects.current().filter(slot=slot).order_by("version__number")
    return list(rows.values_list("version__number", "role", "share"))


def test_the_live_page_says_who_serves_where_since_when_and_by_whom(cast: Cast, slot: Slot) -> None:
    version = slot.model.versions.get(number=2)
    assign_role(
        slot=slot, version=version, role=SlotRole.SHADOW, actor=cast.owner, at=later(days=1)
    )
    page = words(read(cast.auditor, "/live/"))
    assert "1 slot answers live traffic." in page
    assert "Version 1" in page
    assert "Champion" in page
    assert "Arno Approver" in page
    assert "Shadow" in page
    assert "Olga Owner" in page
    assert "@eu-retail-primary" in page
    assert "No report" in page
    assert 'aria-current="page"' in read(cast.auditor, "/live/")
    past = words(read(cast.auditor, "/live/?on=2026-03-02"))
    assert "What was live on 2 Mar 2026" in past
    assert "Champion" in past
    assert "Shadow" not in past
    assert "Nothing serves here" in words(read(cast.auditor, "/live/?on=2026-03-01"))
    only = words(read(cast.auditor, f"/live/?model=churn-model&slot={EU}"))
    assert "Shadow" in only
    assert "Champion" not in only
    for wrong, said in (
        ("on=9999-12-31", "not in the future"),
        ("on=yesterday", "Enter a date such as"),
        ("model=nobody%27s", "Select a valid choice"),
    ):
        assert said in words(read(cast.auditor, f"/live/?{wrong}"))
    assert "churn-model" not in words(read(cast.outsider, "/live/"))


def test_the_live_page_asks_as_often_for_many_slots(cast: Cast, slot: Slot) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            read(cast.auditor, "/live/")
        return len(captured)

    version, before = slot.model.versions.get(number=2), queries()
    for place in ("us", "uk", "jp"):
        more = create_slot(model=slot.model, name=f"{place}/x", actor=cast.owner, at=NOON)
        assign_role(slot=more, version=version, role=SlotRole.SHADOW, actor=cast.owner, at=NOON)
        report(cast, slot, "1", instance=place)
    assert queries() == before


def test_an_owner_creates_a_slot_and_gives_roles_that_answer_nobody(cast: Cast, slot: Slot) -> None:
    page = read(cast.owner, "/models/churn-model/")
    assert "Create a slot" in page
    wrong = post(cast.owner, "/models/churn-model/slots/new/", name="EU", alias="")
    assert (wrong.status_code, "No slot was created." in wrong.content.decode()) == (422, True)
    made = post(cast.owner, "/models/churn-model/slots/new/", name="us/primary", alias="")
    us = Slot.objects.get(name="us/primary")
    assert (made["Location"], us.alias) == (address(us), "us-primary")
    done = post(cast.developer, address(us, "role/"), version="2", role="SHADOW", share="")
    assert (done.status_code, roles(us)) == (302, [(2, "SHADOW", None)])
    page = words(read(cast.auditor, address(us)))
    assert "Version 2 runs in the shadow." in page
    assert "Keeping slots takes the role model owner or developer." in page
    assert post(cast.owner, address(us, "end/"), version="2").status_code == 302
    assert roles(us) == []
    assert "Before" in words(read(cast.owner, address(us)))
    assert post(cast.owner, address(us, "alias/"), alias="us").status_code == 302
    us.refresh_from_db()
    assert us.alias == "us"
    assert post(cast.owner, address(us, "alias/"), alias="v1").status_code == 422


def test_champion_and_canary_of_a_slot_are_asked_for(cast: Cast, slot: Slot) -> None:
    asked = post(cast.owner, address(slot, "role/"), version="2", role="CANARY", share="20")
    request = PromotionRequest.objects.open().get(slot=slot)
    assert asked["Location"] == f"/decisions/{request.pk}/"
    assert (request.share, roles(slot)) == (20, [])
    asked = post(cast.owner, address(slot, "role/"), version="2", role="CHAMPION", share="")
    other = PromotionRequest.objects.open().exclude(pk=request.pk).get(slot=slot)
    assert (asked["Location"], other.share) == (f"/decisions/{other.pk}/", None)
    for data in (
        {"version": "2", "role": "CANARY", "share": ""},
        {"version": "2", "role": "SHADOW", "share": "5"},
        {"version": "2", "role": "CANARY", "share": "100"},
        {"version": "99", "role": "SHADOW"},
        {"version": "2", "role": "KING"},
        {},
    ):
        with nothing_moves():
            assert post(cast.owner, address(slot, "role/"), **data).status_code == 422


def test_a_canary_is_lowered_and_ended_on_its_page(cast: Cast, slot: Slot) -> None:
    version = slot.model.versions.get(number=2)
    f.make_canary(cast, version, slot, share=20)
    page = read(cast.developer, address(slot))
    assert "Version 2 gets 20 percent." in page
    assert "it stays while a version answers live traffic" in page
    lowered = post(cast.developer, address(slot, "share/"), version="2", share="5")
    assert (lowered.status_code, roles(slot)) == (302, [(2, "CANARY", 5)])
    with nothing_moves(entries=["call.refused"]):
        assert (
            post(cast.developer, address(slot, "share/"), version="2", share="6").status_code == 403
        )
    with nothing_moves():
        assert (
            post(cast.developer, address(slot, "share/"), version="2", share="x").status_code == 422
        )
    assert post(cast.developer, address(slot, "end/"), version="2").status_code == 302
    assert roles(slot) == []


def test_who_may_not_keep_slots_is_refused_and_what_one_may_not_see_is_not_there(
    cast: Cast, slot: Slot
) -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("/models/churn-model/slots/new/", {"name": "us/primary"}),
        (address(slot, "role/"), {"version": "2", "role": "SHADOW"}),
        (address(slot, "alias/"), {"alias": "other"}),
        (address(slot, "end/"), {"version": "2"}),
        (address(slot, "share/"), {"version": "2", "share": "1"}),
    ]
    for path, data in calls:
        with nothing_moves(entries=["call.refused"]):
            assert post(cast.validator, path, **data).status_code == 403
        assert post(cast.outsider, path, **data).status_code == 404
    other = f.make_version(cast, f.make_model(cast, name="other"))
    foreign = Slot.objects.get(model=other.model)
    assert signed_in(cast.owner).get(address(foreign)).status_code == 404


def test_what_nobody_approved_is_seen_on_the_model_and_waits_for_its_owner(
    cast: Cast, slot: Slot
) -> None:
    report(cast, slot, "1", instance="gateway-2")
    report(cast, slot, "2")
    catch_up_all()
    said = "gateway-1 runs version 2"
    assert f"{said} in primary, which nobody approved." in words(
        read(cast.auditor, "/models/churn-model/")
    )
    assert "Deal with “gateway-1 runs version 2, which nobody approved”" in words(
        read(cast.owner, "/")
    )
    live = words(read(cast.auditor, "/live/"))
    assert "What nobody approved runs in 1 slot." in live
    assert "Runs what was approved gateway-2, version 1" in live
    primary = Slot.objects.get(model=slot.model, is_default=True)
    assert "Runs what nobody approved" in words(read(cast.auditor, address(primary)))
    assert "Roll back" in words(read(cast.approver, address(primary)))
    assert "Roll back" not in words(read(cast.owner, address(primary)))
    DeploymentReport.objects.filter(instance="gateway-2").update(last_seen_at=NOON)
    assert "Silent since 2 Mar 2026" in words(read(cast.auditor, address(primary)))


def test_a_shadow_is_not_live(cast: Cast, slot: Slot) -> None:
    """Home, inventory and model page speak of live traffic; a shadow has none."""
    version = ModelVersion.objects.get(model=slot.model, number=2)
    assign_role(slot=slot, version=version, role=SlotRole.SHADOW, actor=cast.owner, at=NOON)
    home = words(read(cast.auditor, "/"))
    assert "churn-model v1 primary" in home
    assert EU not in home
    assert EU not in words(read(cast.auditor, "/models/"))
    assert "Live in eu-retail" not in words(read(cast.auditor, "/models/churn-model/"))
