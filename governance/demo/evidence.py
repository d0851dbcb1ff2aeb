"""Evidence that the demo's people file, and coverage as it was counted before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from governance.accounts.models import User
from governance.core.wording import as_date
from governance.demo.people import read
from governance.evidence.actions.counting import count_all
from governance.evidence.actions.filing import (
    file_evidence,
    state_inapplicable,
    withdraw_evidence,
)
from governance.evidence.tasks import COUNTER
from governance.inventory.models import Model

Person = Callable[[str], User]
COUNTED_DAYS_AGO = (60, 30)
Act = tuple[datetime, Callable[[datetime], Any]]


def file_and_count(*, person: Person, now: datetime) -> None:
    """Have evidence filed, withdrawn and stated not to apply, and coverage counted between."""
    data = read("evidence.yaml")
    acts = [
        *(act for said in data["filed"] for act in _filings(said, person=person, now=now)),
        *(_statement(said, person=person, now=now) for said in data["stated"]),
        *((now - timedelta(days=days), _count) for days in COUNTED_DAYS_AGO),
    ]
    for at, act in sorted(acts, key=lambda one: one[0]):
        act(at)
    _count(now)


def _count(at: datetime) -> None:
    count_all(actor=COUNTER, at=at)


def _model(said: Mapping[str, Any]) -> Model | None:
    return Model.objects.get(name=said["model"]) if "model" in said else None


def _filings(said: Mapping[str, Any], *, person: Person, now: datetime) -> Iterator[Act]:
    """Give the filing, and its withdrawal after some days."""
    filed: list[Any] = []

    def file(at: datetime) -> None:
        made = as_date(at) - timedelta(days=said["made"])
        row = file_evidence(
            model=_model(said),
            title=said["title"],
            kind=said["kind"],
            link=said.get("link", ""),
            data=said["text"].encode() if "text" in said else None,
            name=said.get("name", ""),
            made_date=made,
            valid_until=as_date(at) + timedelta(days=said["valid"]) if "valid" in said else None,
            actor=person(said["by"]),
            at=at,
        )
        filed.append(row)

    begun = now - timedelta(days=said["days_ago"])
    yield begun, file
    if ended := said.get("withdrawn"):

        def withdraw(at: datetime) -> None:
            withdraw_evidence(
                filed_id=filed[0].pk, reason=ended["reason"], actor=person(said["by"]), at=at
            )

        yield begun + timedelta(days=ended["after"]), withdraw


def _statement(said: Mapping[str, Any], *, person: Person, now: datetime) -> Act:
    def state(at: datetime) -> None:
        model = Model.objects.get(name=said["model"])
        state_inapplicable(
            model=model,
            requirement=said["requirement"],
            reason=said["reason"],
            until_date=as_date(at) + timedelta(days=said["for_days"]),
            actor=person(said["by"]),
            at=at,
        )

    return now - timedelta(days=said["days_ago"]), state
