"""Adopting the registered models of a real `mlflow server`: shown, then all drafts or none."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from governance.accounts.models import User
from governance.accounts.rules import PermissionMissing
from governance.audit.models import LedgerEntry
from governance.core.errors import InvalidInput
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from governance.jobs.models import Job
from governance.jobs.running import run_job
from governance.registry.actions.adoptions import adopt_models, prepare_adoption
from governance.registry.reading import registered
from governance.registry.reading.registered import registered_models
from governance.registry.rules import adoptions
from governance.registry.rules.adoptions import AdoptionChanged, NamesRefused, RegisteredModel
from governance.registry.tracking import TrackingUnavailable
from tests.factories import NOON, Cast
from tests.http.mlflow.test_pulled_metrics import answering
from tests.http.portal.deciding import everybody_signs_in, hidden, post, read
from tests.world import nothing_moves, refused

pytestmark = pytest.mark.django_db(transaction=True)
API = "api/2.0/mlflow/registered-models"
ODD = "adopt-\u200bhidden"
PAGE = "/inventory/adopt/"


@pytest.fixture(scope="session")
def registry(tracking_server: str) -> str:
    """A server with five registered models, one of whose names hides a character, and a prompt."""
    prompt = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    for name in ("adopt-churn", "adopt-fraud", "adopt-price", "adopt-ranks", ODD):
        body = {"name": name, "description": f"=About {name}."}
        assert requests.post(f"{tracking_server}/{API}/create", json=body, timeout=20).ok
    body = {"name": "adopt-prompt", "tags": prompt}
    assert requests.post(f"{tracking_server}/{API}/create", json=body, timeout=20).ok
    return tracking_server


@pytest.fixture
def server(registry: str, settings: Settings) -> str:
    settings.TRACKING_HOSTS = [registry.removeprefix("http://")]
    return registry


@pytest.fixture
def cast(cast: Cast) -> Cast:
    everybody_signs_in(cast)
    return cast


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def adopted(cast: Cast, server: str, *, seen: str | None = None, **changed: Any) -> Any:
    found = registered_models(server)
    given = {"found": found, "server": server, "unit": cast.unit, "actor": cast.owner, "at": NOON}
    given |= {key: changed.pop(key) for key in ("found", "actor") if key in changed}
    digest = prepare_adoption(**given).digest if seen is None else seen
    return adopt_models(**given, seen=digest, leaving_out=changed.get("leaving_out", True))


def test_every_page_of_the_server_is_read(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registered, "MODELS_AT_ONCE", 2)
    assert [model.name for model in registered_models(server)] == [
        "adopt-churn", "adopt-fraud", "adopt-price", "adopt-ranks", ODD,
    ]  # fmt: skip
    monkeypatch.setattr(registered, "MOST_PAGES", 2)
    with pytest.raises(TrackingUnavailable, match="more than 4"):
        registered_models(server)


def test_what_is_new_becomes_a_draft_with_an_entry(cast: Cast, server: str) -> None:
    create_model(name="adopt-churn", unit=cast.unit, actor=cast.owner, at=NOON)
    done = adopted(cast, server)
    assert {standing.name: number for standing, number in done.counts.items()} == {
        "DRAFT": 3, "HERE": 1, "REFUSED": 1,
    }  # fmt: skip
    draft = Model.objects.get(name="adopt-fraud")
    assert (draft.description, draft.tracking_uri) == ("=About adopt-fraud.", server)
    assert draft.gaps
    entries = LedgerEntry.objects.filter(source="IMPORT")
    assert [entry.verb for entry in entries] == ["model.created"] * 3
    assert len({entry.request_id for entry in entries}) == 1


def test_a_refused_name_stands_in_the_way_of_all(cast: Cast, server: str) -> None:
    with refused(NamesRefused):
        adopted(cast, server, leaving_out=False)


def test_what_changed_meanwhile_is_refused(cast: Cast, server: str) -> None:
    with refused(AdoptionChanged):
        adopted(cast, server, seen="0" * 64)


def test_it_takes_the_right_to_create_models(cast: Cast, server: str) -> None:
    with refused(PermissionMissing):
        adopted(cast, server, actor=cast.validator)


@pytest.mark.parametrize("description", ["\0", "\x01"])
def test_a_description_that_no_column_holds_is_refused(
    cast: Cast, server: str, description: str
) -> None:
    found = [RegisteredModel(name="m", description=description)]
    with refused(NamesRefused):
        adopted(cast, server, found=found, leaving_out=False)


def test_a_server_that_nobody_listed_is_not_asked(cast: Cast, registry: str) -> None:
    with refused(InvalidInput):
        registered_models(registry)


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"registered_models": 7}', b'{"registered_models": [{}]}']
)
def test_what_is_no_list_of_models_is_refused(settings: Settings, body: bytes) -> None:
    with answering(200, body) as address:
        settings.TRACKING_HOSTS = [address]
        with pytest.raises(TrackingUnavailable):
            registered_models(f"http://{address}")


class TestThePage:
    def look(self, user: User, server: str) -> str:
        with nothing_moves():
            answer = post(user, PAGE, tracking_uri=server, unit="bank/retail")
        assert answer.status_code == 200, answer.content.decode()
        return answer.content.decode()

    def apply(self, user: User, page: str, **more: str) -> Any:
        carried = {name: hidden(page, name) for name in ("seen", "tracking_uri", "unit")}
        return post(user, f"{PAGE}apply/", **carried, **more)

    def test_shows_and_adopts(self, cast: Cast, server: str) -> None:
        assert "bank/retail" in read(cast.owner, PAGE)
        page = self.look(cast.owner, server)
        assert "adopt-fraud =About adopt-fraud. New draft" in words(page)
        assert "Leave out the 1 name that is refused" in words(page)
        with nothing_moves(entries=["call.refused"]):
            answer = self.apply(cast.owner, page)
        assert answer.status_code == 403
        assert "Nothing was adopted: 1 name cannot be" in words(answer.content.decode())
        answer = self.apply(cast.owner, answer.content.decode(), leave_out="on")
        assert answer.headers["Location"] == "/models/"
        assert Model.objects.count() == 4
        assert "Here already" in words(self.look(cast.owner, server))

    def test_many_are_a_job(self, cast: Cast, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("governance.portal.views.adoptions.FEW_DRAFTS", 1)
        answer = self.apply(cast.owner, self.look(cast.owner, server), leave_out="on")
        job = Job.objects.get()
        assert answer.headers["Location"] == f"/jobs/{job.pk}/"
        assert run_job(worker="here")
        assert Model.objects.count() == 4
        page = read(cast.owner, f"/jobs/{job.pk}/")
        assert "4 models created" in page
        assert adoptions.STEPS[0] in page

    def test_a_server_that_does_not_answer_is_said_at_its_field(
        self, cast: Cast, settings: Settings
    ) -> None:
        settings.TRACKING_HOSTS = ["127.0.0.1:9"]
        answer = post(cast.owner, PAGE, tracking_uri="http://127.0.0.1:9", unit="bank/retail")
        assert answer.status_code == 409
        assert "cannot be reached" in answer.content.decode()

    def test_only_units_in_which_one_may_create(self, cast: Cast, server: str) -> None:
        answer = post(cast.validator, PAGE, tracking_uri=server, unit="bank/retail")
        assert answer.status_code == 422


class TestTheCommand:
    def run(self, cast: Cast, server: str, *options: str) -> str:
        out = io.StringIO()
        call_command(
            "adopt_models", "--from", server, "--unit", "bank/retail", "--as", cast.owner.email,
            *options, stdout=out, stderr=out,
        )  # fmt: skip
        return out.getvalue()

    def test_says_and_then_writes(self, cast: Cast, server: str) -> None:
        with nothing_moves():
            said = self.run(cast, server, "--leave-out-refused")
        assert "adopt-fraud: to be drafts" in said
        assert "Nothing was written" in said
        assert "Adopted." in self.run(cast, server, "--leave-out-refused", "--apply")
        assert Model.objects.count() == 4

    def test_is_refused_with_every_name(self, cast: Cast, server: str) -> None:
        with nothing_moves(), pytest.raises(CommandError, match="names_refused") as caught:
            self.run(cast, server, "--apply")
        assert caught.value.returncode == 1
