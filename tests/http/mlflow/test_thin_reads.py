"""The thin reads: the same answers as the ordinary endpoints give, to the same callers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client, override_settings

from governance.accounts.actions import create_unit, edit_service_account, revoke_token
from governance.accounts.models import ApiToken
from governance.accounts.queries import CONSOLE
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from governance.registry.actions import (
    describe_version,
    register_version,
    set_alias,
    set_model_tag,
    set_version_tag,
)
from governance.registry.models import ModelVersion
from governance.registry.rules import Registration
from tests.factories import (
    Cast,
    make_cast,
    make_champion,
    make_model,
    make_policies,
    make_token,
    make_version,
)

pytestmark = [pytest.mark.django_db, pytest.mark.backend]

API = "/api/2.0/mlflow/"
THIN = "governance.mlflow_api.thin.ThinReads"
ORDINARY = [name for name in settings.MIDDLEWARE if name != THIN]
READS = {
    "registered-models/get": {},
    "registered-models/get-latest-versions": {"stages": "Production"},
    "registered-models/alias": {"alias": "challenger"},
    "model-versions/get": {"version": "1"},
}


class Asked:
    """One read, asked of the thin reads and of the ordinary endpoint."""

    def __init__(self, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}

    def __call__(self, path: str, **values: Any) -> tuple[int, Any]:
        """Return status and body, which must be the same from both."""
        thin, ordinary = self.thin(path, **values), self.ordinary(path, **values)
        assert (thin.status_code, thin.json()) == (ordinary.status_code, ordinary.json())
        return thin.status_code, thin.json()

    def thin(self, path: str, **values: Any) -> Any:
        return Client().get(f"{API}{path}?{urlencode(values, doseq=True)}", headers=self.headers)

    def ordinary(self, path: str, **values: Any) -> Any:
        with override_settings(MIDDLEWARE=ORDINARY):
            return self.thin(path, **values)


def is_thin(answer: Any) -> bool:
    """Only what passes all of the portal gets a policy for pages."""
    return "Content-Security-Policy" not in answer


@pytest.fixture
def asked(cast: Cast, now: datetime) -> Asked:
    """A pipeline whose token was used a moment ago."""
    _, secret = make_token(cast, at=now - timedelta(minutes=1))
    ApiToken.objects.update(last_used_at=now)
    return Asked(secret)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def model(cast: Cast) -> Model:
    """One with versions in several stages, tags, aliases, and a champion."""
    model = make_model(cast)
    make_policies(cast)
    champion = make_version(cast, model)
    make_champion(cast, champion)
    for number in range(3):
        tags = {"note": f"ä 'quoted' \"{number}\"", "empty": ""}
        register_version(
            model=model,
            registration=Registration(source=f"s3://models/{number}", run_id="r", run_link="l"),
            description="" if number else "The first one.",
            tags=tags,
            actor=cast.developer,
            at=champion.registered_at + timedelta(microseconds=123_457 * number),
        )
    set_model_tag(
        model=model, key="team", value="growth", actor=cast.developer, at=champion.registered_at
    )
    for name in ("zulu", "challenger"):
        set_alias(
            version=model.versions.get(number=3),
            name=name,
            actor=cast.developer,
            at=champion.registered_at,
        )
    return model


def test_the_thin_reads_answer_as_the_ordinary_endpoints_do(asked: Asked, model: Model) -> None:
    for path, more in READS.items():
        assert is_thin(asked.thin(path, name=model.name, **more)), path
        status, _ = asked(path, name=model.name, **more)
        assert status == 200
    for number in (2, 3, 4):
        asked("model-versions/get", name=model.name, version=number)
    for alias in ("zulu", "champion", "latest", "Challenger", "none", "!", ""):
        asked("registered-models/alias", name=model.name, alias=alias)
    for stages in ([], ["None"], ["staging", "PRODUCTION"], ["Archived"], ["nonsense"]):
        asked("registered-models/get-latest-versions", name=model.name, stages=stages)


def test_a_search_by_name_answers_as_the_ordinary_one_does(asked: Asked, model: Model) -> None:
    named = f"name = '{model.name}'"
    assert is_thin(asked.thin("model-versions/search", filter=named, max_results=100))
    found = asked("model-versions/search", filter=named)[1]["model_versions"]
    assert len(found) == 4
    for values in (
        {"filter": named, "max_results": 2},
        {"filter": named, "max_results": 4},
        {"filter": named, "max_results": 0},
        {"filter": named, "order_by": "version_number ASC"},
        {"filter": named, "page_token": "nonsense"},
        {"filter": f"{named} AND run_id = 'r'"},
        {"filter": "name = 'absent'"},
        {"filter": "name ="},
        {},
    ):
        asked("model-versions/search", **values)


def test_versions_of_a_prompt_are_found_only_by_asking(
    asked: Asked, cast: Cast, model: Model
) -> None:
    key, at = "mlflow.prompt.is_prompt", model.created_at
    set_version_tag(
        version=model.versions.get(number=2), key=key, value="true", actor=cast.developer, at=at
    )
    found = asked("model-versions/search", filter=f"name = '{model.name}'")[1]["model_versions"]
    assert [version["version"] for version in found] == ["4", "3", "1"]
    set_model_tag(model=model, key=key, value="true", actor=cast.developer, at=at)
    assert asked("model-versions/search", filter=f"name = '{model.name}'") == (200, {})


def test_what_a_token_may_not_see_is_answered_like_what_does_not_exist(
    asked: Asked, cast: Cast, now: datetime
) -> None:
    treasury = create_unit(path="bank/treasury", name="Treasury", actor=CONSOLE, at=now)
    hidden = Model.objects.create(
        name="rates", unit=treasury, created_by="system:console", created_at=now, updated_at=now
    )
    ModelVersion.objects.create(
        model=hidden,
        number=1,
        source="s3://rates",
        digest="0" * 64,
        registered_by=cast.developer,
        registered_via=cast.developer.ref,
        registered_at=now,
        updated_at=now,
    )
    for path, more in READS.items():
        status, body = asked(path, name="rates", **more)
        assert status == 404
        assert asked(path, name="other", **more)[1]["message"] == body["message"].replace(
            "rates", "other"
        )
    assert asked("model-versions/search", filter="name = 'rates'") == (200, {})


def test_what_was_removed_is_gone(asked: Asked, model: Model, now: datetime) -> None:
    ModelVersion.objects.filter(model=model, number=3).update(removed_at=now)
    assert asked("model-versions/get", name=model.name, version=3)[0] == 404
    assert asked("registered-models/get", name=model.name)[0] == 200
    ModelVersion.objects.filter(model=model).update(removed_at=now)
    Model.objects.filter(pk=model.pk).update(removed_at=now)
    for path, more in READS.items():
        assert asked(path, name=model.name, **more)[0] == 404


def test_a_revoked_token_is_refused_by_the_next_read(
    asked: Asked, model: Model, now: datetime
) -> None:
    assert asked("registered-models/get", name=model.name)[0] == 200
    revoke_token(token=ApiToken.objects.get(), actor=CONSOLE, at=now)
    assert asked("registered-models/get", name=model.name)[0] == 401


def test_a_token_that_has_run_out_or_whose_pipeline_is_off_is_refused(
    asked: Asked, cast: Cast, model: Model, now: datetime
) -> None:
    token = ApiToken.objects.get()
    edit_service_account(
        service=token.service,
        responsible=cast.developer,
        is_active=False,
        actor=CONSOLE,
        at=now,
    )
    assert asked("registered-models/get", name=model.name)[0] == 401
    edit_service_account(
        service=token.service, responsible=cast.developer, is_active=True, actor=CONSOLE, at=now
    )
    assert asked("registered-models/get", name=model.name)[0] == 200
    _, secret = make_token(
        cast, name="old", at=now - timedelta(days=2), expires_at=now - timedelta(seconds=1)
    )
    ApiToken.objects.update(last_used_at=now)
    assert Asked(secret)("registered-models/get", name=model.name)[0] == 401


def test_the_use_of_a_token_is_still_noted_once_an_hour(asked: Asked, model: Model) -> None:
    ApiToken.objects.update(last_used_at=None)
    assert not is_thin(asked.thin("registered-models/get", name=model.name))
    assert ApiToken.objects.get().last_used_at is not None
    assert is_thin(asked.thin("registered-models/get", name=model.name))


def test_bad_parameters_and_hosts_are_refused_as_everywhere(asked: Asked, model: Model) -> None:
    assert asked("registered-models/get")[0] == 400
    assert asked("registered-models/get", name="a\x00b")[0] == 400
    assert asked("model-versions/get", name=model.name, version="one")[0] == 400
    assert asked("model-versions/get", name=model.name, version=2**40)[0] == 404
    url = f"{API}registered-models/get?name={model.name}"
    assert Client().get(url, headers=asked.headers | {"Host": "evil.example"}).status_code == 400
    assert Client().get(url).status_code == 401


def test_a_description_is_read_as_it_stands_now(asked: Asked, cast: Cast, model: Model) -> None:
    describe_version(
        version=model.versions.get(number=4),
        description="Changed.",
        actor=cast.developer,
        at=model.created_at + timedelta(days=1),
    )
    _, body = asked("model-versions/get", name=model.name, version=4)
    assert body["model_version"]["description"] == "Changed."


def test_a_model_without_anything_is_shown(asked: Asked, cast: Cast, now: datetime) -> None:
    create_model(name="empty", unit=cast.unit, actor=cast.owner, at=now)
    assert asked("registered-models/get", name="empty")[0] == 200
    assert asked("registered-models/get-latest-versions", name="empty") == (200, {})
    assert asked("model-versions/search", filter="name = 'empty'") == (200, {})
