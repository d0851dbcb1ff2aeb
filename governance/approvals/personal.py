"""Where approvals hold names under signatures and what people wrote, and what keeps a policy."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from django.conf import settings

from governance.accounts.rules import IN_USE, RETENTION, kept_until
from governance.approvals.models import (
    Condition,
    Override,
    OverrideSignOff,
    PolicySignOff,
    PolicyVersion,
    PromotionRequest,
    SignOff,
    Tick,
)
from governance.audit.personal import Protection, protect, register_texts
from governance.core.wording import as_date, day

register_texts(Condition, about="sign_off__request__model")
register_texts(Override, about="request__model")
register_texts(
    OverrideSignOff, about="override__request__model", printed={"printed_name": "signer"}
)
register_texts(PolicySignOff, about="policy", printed={"printed_name": "signer"})
register_texts(PromotionRequest, about="model")
register_texts(SignOff, about="request__model", printed={"printed_name": "signer"})
register_texts(Tick, about="request__model")


@protect
def kept_policies(refs: Collection[str], at: datetime) -> Iterator[tuple[str, Protection]]:
    """A policy is kept while it counts or may come to count, and for the firm's years after."""
    keys = [ref.partition(":")[2] for ref in refs if ref.startswith(f"{PolicyVersion.REF}:")]
    for policy in PolicyVersion.objects.filter(pk__in=keys).only("title", "number", "ended_at"):
        if policy.ended_at is None:
            yield policy.ref, Protection(rule=IN_USE, says=f"{policy} is in use.")
            continue
        ends = kept_until(as_date(policy.ended_at), settings.RETENTION_YEARS)
        if ends >= as_date(at):
            says = f"{policy} is kept through {day(ends)}."
            yield policy.ref, Protection(rule=RETENTION, says=says, until=ends)
