"""Where accounts hold personal data beside the account itself, and what a hold keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from governance.accounts.models import Delegation, Erasure, Hold, HoldEnd
from governance.accounts.rules import HOLD
from governance.audit.personal import Protection, protect, register_texts
from governance.core.wording import day

register_texts(Delegation, since="given_at")
register_texts(Erasure, since="erased_at")
register_texts(Hold, since="placed_at")
register_texts(HoldEnd, since="lifted_at")


@protect
def held(refs: Collection[str], at: datetime) -> Iterator[tuple[str, Protection]]:
    """What somebody placed a hold on, whatever else is so of it."""
    for hold in Hold.objects.standing().filter(subject__in=refs).order_by("placed_at"):
        yield hold.subject, Protection(rule=HOLD, says=f"On hold since {day(hold.placed_at)}.")
