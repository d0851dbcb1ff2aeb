"""Drive the real, unmodified databricks-sdk for tests that live in another interpreter.

Runs under an interpreter that has databricks-sdk and imports nothing of the portal.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import DatabricksError
from databricks.sdk.service.ml import ModelRegistryAPI


@cache
def registry(host: str, token: str) -> ModelRegistryAPI:
    """Return the registry of one portal; the client asks the host about itself once."""
    config = Config(host=host, token=token, retry_timeout_seconds=1)
    return WorkspaceClient(config=config).model_registry


def plain(value: Any) -> Any:
    """Return what the client returned as JSON can hold it."""
    if value is None or hasattr(value, "as_dict"):
        return value and value.as_dict()
    return [plain(inner) for inner in value]


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        call = getattr(registry(**asked["env"]), asked["method"])
        return {"result": plain(call(**asked["args"]))}
    except DatabricksError as error:
        return {"error": {"error_code": error.error_code, "message": str(error)}}


def main() -> None:
    # What libraries print must not end up between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
