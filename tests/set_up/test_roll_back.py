"""`manage.py roll_back`: what it shows, what it asks for, and what its exit code says."""

from __future__ import annotations

import io
import subprocess
import sys
from subprocess import CompletedProcess

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance.accounts.queries import CONSOLE
from governance.approvals.actions.rollbacks import rollback_case
from governance.approvals.models import PromotionRequest
from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from governance.registry.actions.slots import create_slot
from governance.registry.models import ModelVersion, Slot
from governance.registry.rules import Move, Stage
from governance.validation.actions.findings import open_finding
from tests import factories as f
from tests.authenticators import code_now, make_app
from tests.factories import NOON, PASSWORD, Cast
from tests.http.api.test_rollback import ALMA, EU, stages, two_champions
from tests.set_up.test_commands import ROOT
from tests.world import nothing_moves

DECIDES = (f"--as={ALMA}", "--reason=It drifts.", "--password-stdin")
REFUSED = ["call.refused"]


@pytest.fixture
def second(cast: Cast) -> ModelVersion:
    cache.clear()
    return two_champions(cast)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str = f"{PASSWORD}\n") -> str:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    call_command("roll_back", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def refused(
    monkeypatch: pytest.MonkeyPatch,
    *arguments: str,
    code: int = 1,
    typed: str = f"{PASSWORD}\n",
) -> str:
    """Run a command that must refuse; prove that nothing moved, and return what it said."""
    with nothing_moves(entries=REFUSED if code == 1 else []), pytest.raises(CommandError) as caught:
        run(monkeypatch, *arguments, typed=typed)
    assert caught.value.returncode == code
    return str(caught.value)


@pytest.mark.django_db
def test_shows_what_it_would_do_and_does_nothing(
    monkeypatch: pytest.MonkeyPatch, second: ModelVersion
) -> None:
    with nothing_moves():
        told = run(monkeypatch, "churn-model", "--show")
    assert told.splitlines() == [
        "churn-model, slot primary",
        "  returns    version 1",
        "  goes       version 2",
        "  rests on   D-2, signed by",
        "             Vera Valid, validator, 2 Mar 2026, 12:00:00 UTC",
        "             Arno Approver, approver, 2 Mar 2026, 12:00:00 UTC",
        f"  digest     {rollback_case(Slot.objects.get(), at=NOON).digest}",
        "  to be signed: I return this version to service on the strength of its earlier approval.",
    ]


@pytest.mark.django_db
def test_a_proven_approver_rolls_back(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, second: ModelVersion
) -> None:
    told = run(monkeypatch, "churn-model", *DECIDES, "--slot=primary")
    assert stages(second) == {1: Stage.PRODUCTION, 2: Stage.ARCHIVED}
    entry = LedgerEntry.objects.of_stream(second.model.stream).latest("seq")
    assert (entry.verb, entry.actor, entry.source) == (
        "version.rolled_back", cast.second_approver.ref, "COMMAND",
    )  # fmt: skip
    request = PromotionRequest.objects.get(move=Move.ROLLED_BACK)
    assert told.splitlines()[-1] == (
        f"churn-model version 1 is live again in primary: {request.reference}, entry {entry.seq} "
        f"of {second.model.stream}."
    )
    assert (str(request.sign_offs.get().comment), verify().intact) == ("It drifts.", True)
    assert "No earlier version" in refused(monkeypatch, "churn-model", *DECIDES)


@pytest.mark.django_db
def test_whoever_has_an_app_gives_its_code_too(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, second: ModelVersion
) -> None:
    app = make_app(cast.second_approver, at=timezone.now())
    cache.clear()
    for typed, rule in (
        (f"{PASSWORD}\n", "proof_missing"),
        (f"{PASSWORD}\n0000000\n", "code_wrong"),
    ):
        told = refused(monkeypatch, "churn-model", *DECIDES, typed=typed)
        assert f"[{rule}]" in told
    run(monkeypatch, "churn-model", *DECIDES, typed=f"{PASSWORD}\n{code_now(app)}\n")
    assert PromotionRequest.objects.get(move=Move.ROLLED_BACK).sign_offs.get().proof == "TOTP"


@pytest.mark.django_db
def test_a_refusal_is_on_record_and_names_the_person_but_no_password(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, second: ModelVersion
) -> None:
    told = refused(monkeypatch, "churn-model", *DECIDES, typed="wrong-4711\n")
    assert told == "That password is not right. 4 tries left. [password_wrong]"
    entry = LedgerEntry.objects.of_stream(second.model.stream).latest("seq")
    assert (entry.actor, entry.facts) == (
        CONSOLE.ref,
        {
            "call": "command:roll_back",
            "rule": "password_wrong",
            "approver": cast.second_approver.ref,
        },
    )
    assert "wrong-4711" not in entry.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("validator", "Only an approver in Retail credit rolls a version back."),
        ("administrator", "Only an approver in Retail credit rolls a version back."),
        ("nobody", "Only an approver in Retail credit rolls a version back."),
    ],
)
def test_others_are_refused_before_a_password_is_read(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, second: ModelVersion, who: str, said: str
) -> None:
    email = getattr(cast, who).email if who != "nobody" else "nobody@bank.example"
    told = refused(
        monkeypatch, "churn-model", f"--as={email}", "--reason=Why not.", "--password-stdin"
    )
    assert said in told
    assert sys.stdin.readline() == f"{PASSWORD}\n"


@pytest.mark.django_db
def test_what_changed_while_the_password_was_typed_rolls_nothing_back(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, second: ModelVersion
) -> None:
    def typed(options: object) -> str:
        open_finding(version=second, finding=f.due_finding("HIGH"), actor=cast.validator, at=NOON)
        return PASSWORD

    monkeypatch.setattr("governance.core.commands.getpass", typed)
    stdin = io.StringIO()
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", stdin)
    before = stages(second)
    with pytest.raises(CommandError, match="dossier_changed"):
        call_command("roll_back", "churn-model", *DECIDES[:2], stdout=io.StringIO())
    assert stages(second) == before
    assert not PromotionRequest.objects.filter(move=Move.ROLLED_BACK).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["unknown", *DECIDES], "model: There is no model unknown. [known]"),
        (["churn-model", *DECIDES, "--slot=nowhere"], "has no slot nowhere."),
        (["churn-model", "--reason=x", "--password-stdin"], "as: Say who decides, and why"),
        (["churn-model", f"--as={ALMA}", "--reason= "], "reason: Say who decides, and why"),
        (["churn-model", *DECIDES[:2]], "There is no terminal to ask at."),
    ],
)
def test_what_makes_no_sense_is_bad_input(
    monkeypatch: pytest.MonkeyPatch, second: ModelVersion, arguments: list[str], said: str
) -> None:
    assert said in refused(monkeypatch, *arguments, code=2)


@pytest.mark.django_db
def test_without_an_earlier_version_there_is_nothing_to_roll_back_to(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, second: ModelVersion
) -> None:
    create_slot(model=second.model, name=EU, actor=cast.owner, at=NOON)
    assert "No earlier version" in refused(monkeypatch, "churn-model", *DECIDES, f"--slot={EU}")
    f.make_model(cast, name="empty-model")
    assert "has no version yet" in refused(monkeypatch, "empty-model", *DECIDES)
    with nothing_moves(), pytest.raises(CommandError):
        run(monkeypatch, "empty-model", "--show")


def test_as_a_process_of_its_own(
    transactional_db: None, process_env: dict[str, str], cast: Cast
) -> None:
    """The exit codes as a shell sees them: refused, no sense at all, and done."""
    second = two_champions(cast)

    def process(*arguments: str, typed: str = PASSWORD) -> CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "roll_back", *arguments],
            cwd=ROOT, env=process_env, input=f"{typed}\n", capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip

    with nothing_moves(entries=REFUSED):
        assert process("churn-model", *DECIDES, typed="wrong").returncode == 1
    with nothing_moves():
        assert process("churn-model", "--password=x").returncode == 2
        assert process("unknown-model", *DECIDES).returncode == 2
    done = process("churn-model", *DECIDES)
    assert (done.returncode, done.stderr) == (0, "")
    assert PASSWORD not in done.stdout
    assert stages(second) == {1: Stage.PRODUCTION, 2: Stage.ARCHIVED}
