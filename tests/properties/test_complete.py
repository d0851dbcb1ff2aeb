"""Complete by construction: no registered row changes without an entry of the same transaction."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from governance.accounts.models import Unit
from governance.audit.models import LedgerEntry
from governance.inventory.models import Model
from tests import factories as f
from tests.touching import Touched, Unlisted, touched

pytestmark = pytest.mark.django_db(transaction=True)

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
