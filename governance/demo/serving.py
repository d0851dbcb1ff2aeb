"""Where the demo's versions serve, and what its instances report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from governance.accounts.models import User
from governance.accounts.queries import TokenHolder
from governance.approvals.actions import Asked, ask_for_canary, ask_for_stage
from governance.approvals.models import PromotionRequest
from governance.inventory.models import Model
from governance.registry.actions.deployments import report_deployment
from governance.registry.actions.slots import assign_role, create_slot
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries.serving import slot_called
from governance.registry.rules import SlotRole, Stage
from governance.registry.rules.deployments import Running

Sign = Callable[[PromotionRequest, str], None]
"""How somebody, by their key, signs a request."""

Tick = Callable[[], datetime]
"""A little after the act before."""


def make_slot(entry: Mapping[str, Any], *, actor: User, tick: Tick, sign: Sign) -> None:
    """Give a model another place of use, with what was signed into it."""
    model = Model.objects.get(name=entry["model"])
    slot = create_slot(model=model, name=entry["name"], actor=actor, at=tick())
    for role in ("champion", "canary"):
        wanted = entry[role]
        asked = _ask(slot, _version(model, wanted["version"]), wanted, actor=actor, at=tick())
        assert asked.request is not None
        for key in wanted["signed"]:
            sign(asked.request, key)


def _ask(
    slot: Slot, version: ModelVersion, wanted: Mapping[str, Any], *, actor: User, at: datetime
) -> Asked:
    if "share" in wanted:
        share = wanted["share"]
        return ask_for_canary(version=version, slot=slot, share=share, actor=actor, at=at)
    target = Stage.PRODUCTION
    return ask_for_stage(version=version, target=target, slot=slot, actor=actor, at=at)


def give_role(entry: Mapping[str, Any], *, actor: User, at: datetime) -> None:
    """Make a version challenger or shadow."""
    model = Model.objects.get(name=entry["model"])
    slot = slot_called(model, entry["slot"])
    assert slot is not None
    version = _version(model, entry["version"])
    assign_role(slot=slot, version=version, role=SlotRole(entry["role"]), actor=actor, at=at)


def report(reports: list[Mapping[str, Any]], *, reporter: TokenHolder, now: datetime) -> None:
    """Have the instances say what they run: one is silent by now, one never got the new version."""
    for entry in sorted(reports, key=lambda entry: -entry["minutes_ago"]):
        report_deployment(
            model=Model.objects.select_related("unit").get(name=entry["model"]),
            said=Running(
                version=entry["version"], instance=entry["instance"], slot=entry.get("slot", "")
            ),
            actor=reporter,
            at=now - timedelta(minutes=entry["minutes_ago"]),
        )


def _version(model: Model, number: int) -> ModelVersion:
    return ModelVersion.objects.with_model().get(model=model, number=number)


def way_to(stage: str | None) -> list[Stage]:
    """The stages that a version passes until it is there."""
    way = [Stage.STAGING, Stage.PRODUCTION]
    return way[: way.index(Stage(stage)) + 1] if stage else []
