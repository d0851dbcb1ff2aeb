"""`erase_person`: what it shows, whom it asks, and what it refuses."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from governance.accounts.models import Erasure
from governance.audit.models import LedgerEntry
from tests.erasing import let_go
from tests.factories import PASSWORD, Cast
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
ADDRESS = "otto.outsider@bank.example"
ORDER = ("--authority=GDPR_17_1_A", "--case=DSR-1", "--reason=No longer needed.")


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("erase_person", *arguments, "--password-stdin", stdout=out)
    return out.getvalue()


def typed(patch: pytest.MonkeyPatch, *lines: str) -> None:
    patch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_it_shows_and_then_erases(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    person = let_go(cast.outsider)
    with nothing_moves():
        shown = run(ADDRESS, "--show")
    assert shown.split() == [person.ref, "goes", "1", "accounts.User"]
    typed(monkeypatch, PASSWORD)
    said = run(ADDRESS, f"--as={cast.compliance.email}", *ORDER)
    assert said.endswith(f"Erased: 1. Erased person {person.pk.hex[:8]}.\n")
    row = Erasure.objects.get()
    assert (row.erased_by, row.authority) == (cast.compliance, "GDPR_17_1_A")
    assert LedgerEntry.objects.get(verb="person.erased").source == "COMMAND"


@pytest.mark.parametrize(
    ("arguments", "lines", "code", "rule"),
    [
        (("nobody@bank.example",), (), 2, "email: Nobody has the address"),
        ((ADDRESS, "--as=ada.min@bank.example"), (), 2, "[known]"),
        ((ADDRESS, "--as=nobody@bank.example", *ORDER), (), 2, "as: Nobody"),
        ((ADDRESS, "--as=cora.compliance@bank.example", *ORDER), ("wrong",), 1, "[password_wrong]"),
        ((ADDRESS, "--as=ada.min@bank.example", *ORDER), (PASSWORD,), 1, "[permission_missing]"),
    ],
)
def test_it_refuses(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    lines: tuple[str, ...],
    code: int,
    rule: str,
) -> None:
    let_go(cast.outsider)
    typed(monkeypatch, *lines)
    verbs = ["call.refused"] if code == 1 else []
    with nothing_moves(entries=verbs), pytest.raises(CommandError) as refused:
        run(*arguments)
    assert refused.value.returncode == code
    assert rule in str(refused.value)


def test_who_may_still_sign_in(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, PASSWORD)
    with nothing_moves(entries=["call.refused"]), pytest.raises(CommandError, match="active"):
        run(ADDRESS, f"--as={cast.compliance.email}", *ORDER)
