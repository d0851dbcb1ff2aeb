"""Complete by construction: no registered row changes without an entry of the same transaction."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from governance.accounts.models import Unit
from governance.audit.models import LedgerEntry
from governance.audit.rules import Source
from governance.inventory.models import Model
from tests import factories as f
from tests.touching import Touched, Unlisted, touched

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]

if connection.vendor == "sqlite":

    @pytest.fixture
    def watch() -> Iterator[Touched]:
        with touched() as watching:
            yield watching

    def test_every_act_of_the_demo_lists_what_it_wrote(watch: Touched) -> None:
        call_command("seed_demo", stdout=io.StringIO())
        assert watch.rows > 500
        assert LedgerEntry.objects.values("verb").distinct().count() > 40

    def test_a_change_behind_the_ledger_is_seen_however_it_is_made() -> None:
        cast = f.make_cast()
        model = f.make_model(cast)
        for behind in (
            lambda: Unit.objects.filter(pk=cast.unit.pk).update(name="Other"),
            lambda: Model.objects.filter(pk=model.pk).update(purpose="Another."),
            lambda: model.developers.remove(*model.developers.all()),
            lambda: Unit.objects.bulk_create([Unit(name="New", path="new")]),
        ):
            with pytest.raises(Unlisted, match="is in no entry"), touched(), transaction.atomic():
                behind()


def test_all_entries_of_one_command_share_its_request(process_env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "create_admin", "--email=ada@bank.example", "--name=Ada"],
        cwd=ROOT,
        env=process_env | {"ADMIN_PASSWORD": "a-rather-long-password-9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    entries = list(LedgerEntry.objects.all())
    assert len(entries) > 1
    assert {entry.source for entry in entries} == {Source.COMMAND}
    assert len({entry.request_id for entry in entries} - {""}) == 1
    assert all(entry.request_id for entry in entries)
