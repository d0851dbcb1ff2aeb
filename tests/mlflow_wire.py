"""MLflow's calls as they stand on the wire, without a client and without a server of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        return str(self.body.get("error_code", ""))

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))


class Wire:
    """`wire.post("registered-models/alias", name=…, alias=…, version="1")`, with one token."""

    def __init__(self, token: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def get(self, path: str, **said: Any) -> Answer:
        return self._call("GET", path, said)

    def post(self, path: str, **said: Any) -> Answer:
        return self._call("POST", path, said)

    def patch(self, path: str, **said: Any) -> Answer:
        return self._call("PATCH", path, said)

    def delete(self, path: str, **said: Any) -> Answer:
        return self._call("DELETE", path, said)

    def _call(self, method: str, path: str, said: dict[str, Any]) -> Answer:
        url = f"/api/2.0/mlflow/{path}"
        if method == "GET":
            response = self.client.get(url, said)
        else:
            response = self.client.generic(method, url, _json(said), "application/json")
        return Answer(status=response.status_code, body=response.json())


def _json(said: dict[str, Any]) -> str:
    return json.dumps(said)
