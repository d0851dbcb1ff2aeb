"""A process killed at any moment of an act: all of it happened or none, and the next try finishes.

The moments are spread evenly over what the act takes, from before it begins to after it has ended.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.actions import ask_in_emergency, propose_override, tick_check
from governance.approvals.actions.rollbacks import rollback_case
from governance.approvals.models import ConditionFinding, PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, SlotAssignment, StageChange
from governance.registry.rules import Stage
from governance.validation.actions.findings import close_finding
from governance.validation.models import Finding
from tests import factories as f
from tests.deciding_rules import Bench, make_bench

LONG = os.environ.get("PROFILE") == "long"
POINTS = 25 if LONG else 3
"""For each of the four acts."""

pytestmark = [
    pytest.mark.backend,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(1800 if LONG else 300),
]


class Nursery:
    """A process that forks one child for each act, and from which each child can be killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def act(self, said: dict[str, str], *, kill_after: float | None = None) -> float:
        """Let a child act; kill it so many seconds after it began, or once it is done.

        Return how long it took until it was done, or was killed.
        """
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(said) + "\n")
        self.process.stdin.flush()
        word, _, pid = self._line().partition(" ")
        assert word == "ready", word
        began = time.monotonic()
        if kill_after is None:
            assert self._line() == "done"
        else:
            time.sleep(kill_after)
        os.kill(int(pid), signal.SIGKILL)
        took = time.monotonic() - began
        while self._line() != "ended":
            pass
        _until_the_database_has_noticed()
        return took

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, "the process ended"
        return line


@contextmanager
def nursery(env: dict[str, str]) -> Iterator[Nursery]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.properties.killing"],
        env=env | {"DJANGO_SETTINGS_MODULE": "tests.settings", "PGAPPNAME": NAME},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Nursery(process)
    finally:
        process.kill()
        process.communicate()


NAME = "to-be-killed"


def _until_the_database_has_noticed() -> None:
    """PostgreSQL ends by itself what it was doing for a client that is gone; SQLite did nothing."""
    if connection.vendor != "postgresql":
        return
    end = time.monotonic() + 30
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [NAME]
            )
            if cursor.fetchone() == (0,):
                return
            assert time.monotonic() < end, "PostgreSQL still serves a client that was killed"
            time.sleep(0.01)


@dataclass(frozen=True)
class Point:
    """One act that is about to be done, on a model of its own."""

    model: Model
    said: dict[str, str]
    before: Any

    def changes(self) -> tuple[dict[str, int], Any]:
        """How many rows each table has more than before, and how the model's things stand."""
        counted = Counter(counts())
        counted.subtract(self.before)
        return {name: n for name, n in counted.items() if n}, standing(self.model)


def counts() -> dict[str, int]:
    ours = (m for m in apps.get_models() if m.__module__.startswith("governance."))
    return {model._meta.label: model._default_manager.count() for model in ours}


def standing(model: Model) -> Any:
    """What a promotion changes of a model, without what differs from one model to the next."""
    versions = ModelVersion.objects.filter(model=model).order_by("number")
    requests = PromotionRequest.objects.filter(model=model).order_by("number", "sign_offs__role")
    served = SlotAssignment.objects.filter(version__model=model)
    changed = StageChange.objects.filter(version__model=model)
    findings = Finding.objects.filter(model=model).order_by("number")
    entries = LedgerEntry.objects.of_stream(model.stream).order_by("seq")
    return {
        "stages": list(versions.values_list("number", "stage")),
        "requests": list(requests.values_list("number", "move", "state", "sign_offs__role")),
        "served": sorted(map(str, served.values_list("version__number", "role", "ended_at"))),
        "changed": sorted(changed.values_list("version__number", "source", "target", "move")),
        "findings": list(findings.values_list("number", "title", "closed_at")),
        "conditions": ConditionFinding.objects.filter(finding__model=model).count(),
        "verbs": list(entries.values_list("verb", flat=True)),
    }


def make_point(bench: Bench, act: str, number: int) -> Point:
    model = f.make_model(bench.cast, name=f"{act}-{number}")
    who, said = SCENES[act](bench, model)
    said |= {"act": act.partition("-")[0], "actor": str(who.pk), "at": f.later(hours=1).isoformat()}
    return Point(model=model, said=said, before=counts())


def _asked(bench: Bench, model: Model, *, accuracy: str = "0.93") -> PromotionRequest:
    version = f.make_version(bench.cast, model, metrics={"accuracy": accuracy})
    request = f.make_ready.__wrapped__(bench.cast, version)
    tick_check(
        request_id=request.pk, check_id="manual.legal-basis", holds=True, note="Filed.",
        actor=bench.cast.auditor, at=f.NOON,
    )  # fmt: skip
    return request


def _hurried(bench: Bench, model: Model) -> PromotionRequest:
    """Bring a version to Staging and ask in an emergency; one of two has signed."""
    version = f.make_version(bench.cast, model)
    version = f.ask(bench.cast, version, Stage.STAGING).version
    request = ask_in_emergency(
        version=version, slot=None, reason="Fraud wave.", actor=bench.cast.developer, at=f.NOON
    ).request
    assert request is not None
    f.sign(request, bench.cast.second_approver, Role.APPROVER)
    return request


def _went_live(bench: Bench, model: Model) -> None:
    f.sign(_hurried(bench, model), bench.cast.approver, Role.APPROVER)
    review = Finding.objects.get(model=model, closed_at=None)
    close_finding(finding=review, reason="Reviewed.", actor=bench.cast.validator, at=f.NOON)


def _signing(bench: Bench, request: PromotionRequest) -> tuple[User, dict[str, str]]:
    fresh = PromotionRequest.objects.with_version().get(pk=request.pk)
    digest = case_of(fresh, at=f.later(hours=1)).digest
    owner = bench.cast.owner.ref
    return bench.cast.approver, {"row": str(request.pk), "digest": digest, "owner": owner}


def last_signature(bench: Bench, model: Model) -> tuple[User, dict[str, str]]:
    """A champion serves; the approver's signature, with a condition, puts its successor there."""
    _went_live(bench, model)
    request = _asked(bench, model)
    f.sign(request, bench.cast.validator, Role.VALIDATOR)
    return _signing(bench, request)


def in_emergency(bench: Bench, model: Model) -> tuple[User, dict[str, str]]:
    return _signing(bench, _hurried(bench, model))


def second_override(bench: Bench, model: Model) -> tuple[User, dict[str, str]]:
    row = propose_override(
        request_id=_asked(bench, model, accuracy="0.88").pk, check_id="metric.accuracy",
        reason="The old one fails.", control="All are looked at.", expires_date=date(2026, 3, 20),
        proof=f.make_proof(bench.head), actor=bench.head, at=f.NOON,
    )  # fmt: skip
    return bench.second_head, {"row": str(row.pk), "digest": row.digest}


def rolling_back(bench: Bench, model: Model) -> tuple[User, dict[str, str]]:
    for _ in range(2):
        _went_live(bench, model)
    slot = model.slots.get()
    digest = rollback_case(slot, at=f.later(hours=1)).digest
    return bench.cast.approver, {"row": str(slot.pk), "digest": digest}


SCENES: dict[str, Callable[[Bench, Model], tuple[User, dict[str, str]]]] = {
    "sign-last": last_signature,
    "sign-hurried": in_emergency,
    "override-second": second_override,
    "back": rolling_back,
}


@pytest.mark.parametrize("act", SCENES)
def test_all_of_it_happened_or_none(act: str, process_env: dict[str, str]) -> None:
    bench = make_bench(f.make_cast())
    chance = random.Random(f"{act}, {time.time_ns()}" if LONG else act)
    with nursery(process_env) as children:
        point = make_point(bench, act, 0)
        none = point.changes()
        took = [children.act(point.said)]
        whole = point.changes()
        assert none != whole
        second = make_point(bench, act, POINTS + 1)
        took.append(children.act(second.said))
        assert second.changes() == whole

        outcomes = Counter[str]()
        for number in range(1, POINTS + 1):
            point = make_point(bench, act, number)
            moment = chance.uniform(0, 1.4 * max(took))
            children.act(point.said, kill_after=moment)
            found = point.changes()
            assert found in (none, whole), f"killed after {moment * 1000:.1f} ms"
            outcomes["whole" if found == whole else "none"] += 1
            assert verify().intact
            if found == none:
                children.act(point.said)
                assert point.changes() == whole
    print(f"{act}: {dict(outcomes)}, {1000 * max(took):.0f} ms")
    assert outcomes.total() == POINTS
    assert not LONG or outcomes.keys() == {"none", "whole"}
