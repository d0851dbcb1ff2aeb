"""A real worker that signs, copies and verifies by itself: the local one, and Celery's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from governance.audit.models import CheckpointCopy, LedgerCheckpoint, Verification
from governance.jobs.recurring import look_around
from tests.actions.test_worker import until, worker
from tests.copies import root_in
from tests.ledger_entries import act, small_ledger
from tests.witnessing import Log, witness_thread

pytestmark = [pytest.mark.backend]


def test_a_worker_keeps_the_ledger(
    process_env: dict[str, str], tmp_path: Path, settings: Any
) -> None:
    small_ledger()
    (tmp_path / "worm").mkdir()
    stranger = Log("other.example/ledger").key
    with witness_thread(tmp_path / "witness", stranger) as unwilling:
        asked = {
            "LEDGER_CHECKPOINT_MINUTES": "5",
            "LEDGER_VERIFY_HOUR": "0",
            "LEDGER_TARGETS": f"{unwilling.address}\ndir:{tmp_path}/worm\ndir:{tmp_path}/none",
        }
        settings.LEDGER_CHECKPOINT_MINUTES, settings.LEDGER_VERIFY_HOUR = 5, 0
        settings.LEDGER_TARGETS = asked["LEDGER_TARGETS"].split("\n")
        act("firm", minute=9)
        with worker(process_env | asked):
            # What a clock of Celery's would do; the local worker looks for itself.
            look_around(timezone.now())
            until(lambda: CheckpointCopy.objects.exists() and Verification.objects.exists())
    point = LedgerCheckpoint.objects.earliest("made_at")
    [copy] = CheckpointCopy.objects.all()
    assert copy.target == f"dir:{tmp_path}/worm"
    assert root_in((tmp_path / "worm/checkpoint").read_bytes()) == (point.size, point.root)
    assert Verification.objects.get().intact
