"""Run by test_killed: fork for each line of input, and let the child do the act that it states.

The child has a connection of its own to the database that the environment names. It prints `ready`
with its process id, acts at once, prints `done`, and waits to be killed; then `ended` is printed.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import django

django.setup()

from governance.accounts.models import User  # noqa: E402
from governance.accounts.proof import Proof  # noqa: E402
from governance.accounts.rules import Role  # noqa: E402
from governance.approvals.actions import roll_back, sign_off, sign_override  # noqa: E402
from governance.approvals.rules.conditions import ConditionDraft  # noqa: E402
from governance.approvals.rules.judgement import Decision  # noqa: E402
from governance.registry.models import Slot  # noqa: E402


def sign(said: dict[str, str], **who: Any) -> None:
    due = (who["at"] + timedelta(days=20)).date()
    condition = ConditionDraft(text="Watch it.", owner=said["owner"], due_date=due)
    sign_off(
        request_id=UUID(said["row"]), role=Role.APPROVER, decision=Decision.APPROVE,
        digest_seen=said["digest"], comment="As I see it.", conditions=[condition], **who,
    )  # fmt: skip


def override(said: dict[str, str], **who: Any) -> None:
    sign_override(override_id=UUID(said["row"]), digest_seen=said["digest"], **who)


def back(said: dict[str, str], **who: Any) -> None:
    slot = Slot.objects.select_related("model").get(pk=said["row"])
    roll_back(slot=slot, digest_seen=said["digest"], reason="It fails.", **who)


ACTS: dict[str, Callable[..., None]] = {"sign": sign, "override": override, "back": back}


PATIENCE = 60


def act(said: dict[str, str]) -> None:
    at = datetime.fromisoformat(said["at"])
    actor = User.objects.get(pk=said["actor"])
    proof = Proof(user_ref=actor.ref, method="PASSWORD", at=at)
    print(f"ready {os.getpid()}", flush=True)
    ACTS[said["act"]](said, actor=actor, proof=proof, at=at)
    print("done", flush=True)
    time.sleep(PATIENCE)


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                act(json.loads(line))
            finally:
                traceback.print_exc()
                os._exit(1)
        os.waitpid(pid, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
