"""What the demo's people open before they sign, so that there is something to measure."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from governance.accounts.models import User
from governance.approvals.actions.openings import note_opening
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.rules.challenge import EvidencePage
from governance.demo.people import read


@cache
def habits() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = read("people.yaml")["reading"]
    return found


def read_before_signing(who: str, signer: User, request: PromotionRequest, *, at: datetime) -> None:
    """Open the decision page and its evidence, as this person did the times before in turn."""
    turns = habits().get(who)
    if not turns:
        return
    turn = turns[SignOff.objects.filter(signer=signer).count() % len(turns)]
    came = at - timedelta(minutes=turn["minutes"])
    note_opening(page=EvidencePage.DECISION, of=request, actor=signer, at=came)
    step = timedelta(minutes=turn["minutes"]) / (len(turn["opened"]) + 1)
    for number, name in enumerate(turn["opened"], start=1):
        note_opening(page=EvidencePage(name), of=request, actor=signer, at=came + step * number)
