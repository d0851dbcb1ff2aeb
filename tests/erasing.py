"""What the tests of erasure share: somebody who left, the order, and looking everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from governance.accounts.actions import Order, edit_user, erase_person
from governance.accounts.models import Erasure, User
from governance.accounts.queries import CONSOLE
from governance.approvals.actions import withdraw
from governance.approvals.actions.retirements import retire_model
from governance.approvals.models import PromotionRequest
from governance.inventory.models import Model
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import NOON, Cast

ORDER = Order(authority="GDPR_17_1_B", case="DSR-2026/17", reason="Asked for it by letter.")
KEPT_THROUGH = date(2036, 3, 2)
LONG_AFTER = NOON + timedelta(days=11 * 366)


def let_go(user: User, *, at: datetime = NOON) -> User:
    return edit_user(user=user, name=user.name, is_active=False, actor=CONSOLE, at=at)


def erase(cast: Cast, user: User, *, at: datetime = NOON, **changed: Any) -> Erasure:
    said = {"order": ORDER, "actor": cast.compliance, **changed}
    said.setdefault("proof", f.make_proof(said["actor"], at=at))
    return erase_person(user=user, at=at, **said)


def retire(cast: Cast, model: Model) -> Model:
    """Withdraw what waits, archive what serves, and take the model out of use."""
    for request in PromotionRequest.objects.open().filter(model=model):
        withdraw(request_id=request.pk, reason="It goes.", actor=cast.owner, at=NOON)
    for version in model.versions.filter(stage=Stage.PRODUCTION):
        f.ask(cast, version, Stage.ARCHIVED)
    return retire_model(
        model=model, reason="Its book was sold.", replacement=None,
        retention_end_date=KEPT_THROUGH, actor=cast.owner, at=NOON,
    )  # fmt: skip


def places_of(words: Iterable[str]) -> set[str]:
    """Every table and column of the whole database in which one of the words stands."""
    with connection.cursor() as cursor:
        return {
            f"{table}.{column}"
            for table in connection.introspection.table_names(cursor)
            for column in _columns(cursor, table)
            if any(_holds(cursor, table, column, word) for word in words)
        }


def _columns(cursor: Any, table: str) -> list[str]:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} LIMIT 0")
    return [column[0] for column in cursor.description]


def _holds(cursor: Any, table: str, column: str, word: str) -> bool:
    quote = connection.ops.quote_name
    sql = f"SELECT 1 FROM {quote(table)} WHERE LOWER(CAST({quote(column)} AS text)) LIKE %s LIMIT 1"
    cursor.execute(sql, [f"%{word.lower()}%"])
    return cursor.fetchone() is not None
