"""A plugin of pytest that gives MLflow's registry tests the portal in place of MLflow's server.

Runs under the interpreter that has mlflow, and imports nothing of the portal. The tests start a
server of MLflow's in a fixture of their module; this answers those fixtures instead, with the same
client aimed at the portal, and gives each test an empty registry.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.store.entities import PagedList
from mlflow.store.model_registry.rest_store import RestStore
from mlflow.utils.credentials import get_default_host_creds

URL = os.environ["PORTAL_URL"]
DATABASE, EMPTY = os.environ["PORTAL_DATABASE"], os.environ["PORTAL_EMPTY"]


class InProcessStore:
    """The store over the wire, answering as the store in the server's own process does.

    There a version is a number and an unset text None, where the wire has "1" and "".
    """

    def __init__(self) -> None:
        self.store = rest_store()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        if not callable(method):
            return method
        return lambda *args, **kwargs: in_process(method(*args, **kwargs))


def in_process(value: Any) -> Any:
    if isinstance(value, PagedList):
        return PagedList([in_process(item) for item in value], value.token or None)
    if isinstance(value, list):
        return [in_process(item) for item in value]
    if isinstance(value, ModelVersion):
        value._version = int(value.version)
    if isinstance(value, RegisteredModel):
        value._latest_version = in_process(value.latest_versions)
        value._aliases.update({alias: int(number) for alias, number in value.aliases.items()})
    if isinstance(value, ModelVersion | RegisteredModel):
        value._description = value.description or None
    return value


def rest_store() -> RestStore:
    return RestStore(partial(get_default_host_creds, URL))


FIXTURES: dict[tuple[str, str], Callable[[], Any]] = {
    ("tracking/test_model_registry.py", "client"): partial(MlflowClient, URL, URL),
    ("tracking/test_client_webhooks.py", "client"): partial(MlflowClient, URL, URL),
    ("model_registry/test_rest_store_webhooks.py", "store"): rest_store,
    ("model_registry/test_sqlalchemy_store.py", "store"): InProcessStore,
}
"""The fixtures that are answered here, by the end of the file's path and the fixture's name."""


def empty_the_registry() -> None:
    """Put the database back to where it was before the first test: one unit, one token."""
    with closing(sqlite3.connect(EMPTY)) as empty, closing(sqlite3.connect(DATABASE)) as database:
        empty.backup(database)


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> object | None:
    path = request.node.path.as_posix()
    for (file, fixture), make in FIXTURES.items():
        if fixturedef.argname == fixture and path.endswith(file):
            empty_the_registry()
            value = make()
            fixturedef.cached_result = (value, fixturedef.cache_key(request), None)
            return value
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is tested twice: MLflow's store in files, and its workspaces."""
    left_out = [item for item in items if is_about_another_store(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def is_about_another_store(item: pytest.Item) -> bool:
    spec = getattr(item, "callspec", None)
    return "workspace-enabled" in item.name or (spec and spec.params.get("client") == "file")
