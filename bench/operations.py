"""What the servers are asked to do: the registry calls that clients make most, reads before writes.

Each operation is an endless sequence of requests that is the same for every server.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, cycle, islice
from typing import Any
from urllib.parse import urlencode

from bench.load import Headers, encoded

API = "/api/2.0/mlflow"
PREPARED = 2_000
"""So many different reads are made beforehand and then repeated."""
STAGES = ("Staging", "Production", "Archived")
PAGE = 100
DESCRIPTION = "A model to measure with."


@dataclass(frozen=True)
class Data:
    """What stands in every registry: models called m00000 …, each with versions 1 to `versions`.

    The newest version carries the alias `champion`, the one before it is in Production, the one
    before that in Staging. Each version has two tags, each model one.
    """

    models: int
    versions: int

    @staticmethod
    def name(index: int) -> str:
        return f"m{index:05d}"

    @staticmethod
    def team(index: int) -> str:
        return f"t{index % 7}"

    @staticmethod
    def source(name: str, number: int) -> str:
        return f"s3://bench/{name}/{number}"

    @staticmethod
    def tags(number: int) -> list[tuple[str, str]]:
        return [("a", str(number)), ("b", "x")]

    @property
    def size(self) -> int:
        return self.models * self.versions

    def numbers(self) -> range:
        return range(1, self.versions + 1)

    def stage(self, number: int) -> str:
        """Return the stage of a version, in MLflow's words."""
        return {1: "Production", 2: "Staging"}.get(self.versions - number, "None")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: dict[str, Any] | None = None

    def encode(self, headers: Headers) -> bytes:
        body = b"" if self.body is None else json.dumps(self.body).encode()
        return encoded(self.method, API + self.path, body, headers=headers)


class Script:
    """The requests of one operation for one server; a second script asks the very same."""

    def __init__(self, data: Data, *, seed: str) -> None:
        self.data = data
        self.random = random.Random(seed)

    def model(self) -> str:
        return self.data.name(self.random.randrange(self.data.models))

    def version(self) -> str:
        return str(self.random.randint(1, self.data.versions))


Step = Callable[[Script, int], Request]


def _get(path: str, **values: object) -> Request:
    return Request("GET", f"{path}?{urlencode(values)}")


def _post(path: str, **values: object) -> Request:
    return Request("POST", path, values)


def get_model(script: Script, turn: int) -> Request:
    return _get("/registered-models/get", name=script.model())


def get_version(script: Script, turn: int) -> Request:
    return _get("/model-versions/get", name=script.model(), version=script.version())


def get_by_alias(script: Script, turn: int) -> Request:
    return _get("/registered-models/alias", name=script.model(), alias="champion")


def latest_versions(script: Script, turn: int) -> Request:
    return _post(
        "/registered-models/get-latest-versions", name=script.model(), stages=["Production"]
    )


def search_name_eq(script: Script, turn: int) -> Request:
    return _get("/model-versions/search", filter=f"name = '{script.model()}'", max_results=PAGE)


def search_name_like(script: Script, turn: int) -> Request:
    """Ten models: a page of a hundred versions."""
    pattern = f"name LIKE '{script.model()[:-1]}%'"
    return _get("/model-versions/search", filter=pattern, max_results=PAGE)


def create_version(script: Script, turn: int) -> Request:
    tags = [{"key": "k", "value": "v"}]
    return _post("/model-versions/create", name=script.model(), source="s3://bench/new", tags=tags)


def set_tag(script: Script, turn: int) -> Request:
    return _post(
        "/model-versions/set-tag",
        name=script.model(),
        version=script.version(),
        key="note",
        value=f"value {turn}",
    )


def set_alias(script: Script, turn: int) -> Request:
    return _post(
        "/registered-models/alias",
        name=script.model(),
        alias="challenger",
        version=script.version(),
    )


def transition_stage(script: Script, turn: int) -> Request:
    return _post(
        "/model-versions/transition-stage",
        name=script.model(),
        version=script.version(),
        stage=script.random.choice(STAGES),
        archive_existing_versions=False,
    )


READS: dict[str, Step] = {
    step.__name__: step
    for step in (
        get_model, get_version, get_by_alias, latest_versions, search_name_eq, search_name_like
    )
}  # fmt: skip
WRITES: dict[str, Step] = {
    step.__name__: step for step in (create_version, set_tag, set_alias, transition_stage)
}
OPERATIONS = READS | WRITES


def requests(operation: str, data: Data, *, headers: Headers, seed: str) -> Iterator[bytes]:
    """Return the encoded requests of an operation, without end."""
    script, step = Script(data, seed=seed), OPERATIONS[operation]
    made = (step(script, turn).encode(headers) for turn in count())
    return cycle(list(islice(made, PREPARED))) if operation in READS else made
