"""The acts of the machine: who tries what, through the same actions as people use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from governance.accounts.models import User
from governance.approvals.models import PolicyVersion, PromotionRequest
from governance.approvals.queries.cases import Case, case_of
from governance.audit.models import LedgerStream
from governance.audit.verification import verify_stream
from governance.core.errors import DomainError
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, SlotAssignment
from governance.validation.models import Finding
from tests.properties.promotion_proof import Watch, require
from tests.properties.promotion_world import START, World


@dataclass
class Tally:
    """What a run of the machine did, so that its numbers are counted and not claimed."""

    steps: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    moves: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        told = [f"{self.steps} steps: {self.done.total()} done, {self.refused.total()} refused"]
        for name in ("done", "refused", "moves"):
            counted = getattr(self, name).most_common()
            told.append(f"  {name}: " + ", ".join(f"{key} {n}" for key, n in counted))
        return "\n".join(told)


def tables() -> list[str]:
    ours = (m for m in apps.get_models() if m.__module__.startswith("governance."))
    return sorted(model._meta.db_table for model in ours)


def marks() -> tuple[Any, ...]:
    """Counts of all rows, heads of all streams, and what may change in rows that stay."""
    # One row: those of a UNION come in any order when PostgreSQL reads big tables in parallel.
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}")
        counted = cursor.fetchone()
    changing: dict[Any, tuple[str, ...]] = {
        LedgerStream: ("seq", "head"),
        ModelVersion: ("stage", "updated_at"),
        PromotionRequest: ("state", "closed_at", "stands_until"),
        SlotAssignment: ("ended_at", "share"),
        Finding: ("closed_at",),
        Model: ("owner", "tier", "ai_act_class", "updated_at"),
        PolicyVersion: ("state", "ended_at"),
    }
    rows = (
        tuple(table.objects.order_by("pk").values_list("pk", *names))
        for table, names in changing.items()
    )
    return counted, *rows


class Play:
    """One example: a world in a transaction that is never committed, its clock and its history."""

    def __init__(self, world: World, tally: Tally) -> None:
        self.world, self.tally = world, tally
        self.at = START
        self.history: list[str] = []
        self.watch = Watch()
        self.checked: tuple[Any, ...] = ()
        self.heads: dict[str, str] = {}
        self.before = marks()

    def check(self) -> None:
        """Raise Broken if anything that must hold does not.

        After a refusal nothing has moved, which is checked then, so what held still holds.
        """
        if self.checked == self.before:
            return
        self.watch.look(at=self.at)
        heads = dict(LedgerStream.objects.values_list("name", "head"))
        for stream in sorted(name for name in heads if heads[name] != self.heads.get(name)):
            found = verify_stream(stream)
            require(found.intact, str(found))
        self.checked, self.heads = self.before, heads

    def attempt(self, said: str, act: Callable[[datetime], Any]) -> None:
        """Let somebody try something; a refusal is a result, after which nothing has moved."""
        self.at += timedelta(seconds=1)
        self.tally.steps += 1
        line = f"{len(self.history) + 1:3}. {self.at:%d %b %H:%M:%S} {said}"
        self.history.append(f"{line}: broke")
        kind = said.partition(": ")[2].split(" ", 1)[0]
        try:
            act(self.at)
        except DomainError as refusal:
            self.history[-1] = f"{line}: refused, {refusal.code}"
            self.tally.refused[refusal.code] += 1
            require(marks() == self.before, f"{said}: refused, and something moved")
            return
        self.history[-1] = f"{line}: done"
        self.tally.done[kind] += 1
        now = marks()
        require((now[0] == self.before[0]) == (now[1] == self.before[1]), f"{said}: no entry")
        self.before = now

    def count_moves(self) -> None:
        done = PromotionRequest.objects.filter(state="DONE", closed_at__gt=START)
        self.tally.moves.update(f"{row.move} to {row.target}" for row in done)

    # What there is to act on, always in the same order.

    def versions(self) -> list[ModelVersion]:
        return list(ModelVersion.objects.with_model().order_by("-number"))

    def version(self, index: int) -> ModelVersion:
        rows = self.versions()
        return rows[index % len(rows)]

    def requests(self) -> list[PromotionRequest]:
        """The open ones first, the newest first."""
        rows = PromotionRequest.objects.with_version().order_by("-number")
        return sorted(rows, key=lambda row: row.standing != "OPEN")

    def request(self, index: int) -> PromotionRequest | None:
        rows = self.requests()
        return rows[index % len(rows)] if rows else None

    def case(self, request: PromotionRequest, at: datetime | None = None) -> Case:
        fresh = PromotionRequest.objects.with_version().get(pk=request.pk)
        return case_of(fresh, at=at or self.at)

    def model(self) -> Model:
        return Model.objects.select_related("unit", "owner").get(pk=self.world.bench.model.pk)

    def name_of(self, user: User) -> str:
        return next(name for name, one in self.world.people.items() if one.ref == user.ref)


@contextmanager
def never_committed() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@transaction.atomic
def together(make: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Let two acts of one person be one, which is done or refused as a whole."""
    return make(*args, **kwargs)
