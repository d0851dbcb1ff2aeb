"""Drive the real, unmodified MLflow client for tests that live in another interpreter.

Reads one JSON object a line, `{"method", "args", "env"}`, and answers one JSON object a line:
`{"result": …}`, or `{"error": {"error_code", "message", "json"}}` for what the client raised.
Runs under the interpreter that has mlflow and imports nothing of the portal.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

warnings.filterwarnings("ignore")

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402

# What release 3 calls the name of a logged model was a folder of the run before.
PLACE = "name" if mlflow.__version__.startswith("3.") else "artifact_path"


def load_model(model_uri: str, rows: list[float]) -> list[Any]:
    """Load a model and return what it predicts, plain."""
    return [float(said) for said in mlflow.pyfunc.load_model(model_uri).predict(rows)]


def log_model(name: str | None = None) -> str:
    """Log a model that answers 42 into the tracking store; register it if a name is given."""

    def always(model_input: list[float]) -> list[float]:
        return [42.0 for _ in model_input]

    logged = mlflow.pyfunc.log_model(
        **{PLACE: "model"}, python_model=always, registered_model_name=name, pip_requirements=[]
    )
    return str(logged.model_uri)


def page(search: str, **args: Any) -> dict[str, Any]:
    """Search, and return the rows with the token of the next page, which a list would lose."""
    found = getattr(MlflowClient(), search)(**args)
    return {"rows": list(found), "token": found.token}


def webhook_signature(**args: str) -> str:
    """Sign as MLflow's own server does. Release 2 has no webhooks."""
    from mlflow.webhooks import delivery

    return str(delivery._generate_hmac_signature(**args))


def copy(name: str, version: str, to: str) -> Any:
    """Copy a version into another model, which the client makes if it is not there."""
    return MlflowClient().copy_model_version(f"models:/{name}/{version}", to)


def shown_prompt(prompt: Any) -> dict[str, Any]:
    kept = ("name", "version", "template", "aliases")
    return {name: plain(getattr(prompt, name)) for name in kept}


def register_prompt(**said: Any) -> dict[str, Any]:
    return shown_prompt(mlflow.genai.register_prompt(**said))


def load_prompt(uri: str) -> dict[str, Any]:
    return shown_prompt(mlflow.genai.load_prompt(uri))


def search_prompts() -> list[str]:
    return [prompt.name for prompt in mlflow.genai.search_prompts()]


def set_prompt_alias(**said: Any) -> None:
    mlflow.genai.set_prompt_alias(**said)


FLUENT: dict[str, Callable[..., Any]] = {
    "copy": copy,
    "load_model": load_model,
    "load_prompt": load_prompt,
    "log_model": log_model,
    "page": page,
    "register_model": mlflow.register_model,
    "register_prompt": register_prompt,
    "search_prompts": search_prompts,
    "set_prompt_alias": set_prompt_alias,
    "webhook_signature": webhook_signature,
}


def plain(value: Any) -> Any:
    """Return an entity of MLflow's as JSON can hold it."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):  # Also protobuf's own kind, as a version's aliases are.
        return [plain(inner) for inner in value]
    try:
        return {key: plain(inner) for key, inner in value}
    except TypeError:
        return {key.lstrip("_"): plain(inner) for key, inner in vars(value).items()}


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    os.environ.update(asked["env"])
    for name in [name for name, value in asked["env"].items() if value == ""]:
        del os.environ[name]
    method = asked["method"]
    call = FLUENT.get(method) or getattr(MlflowClient(), method)
    try:
        return {"result": plain(call(**asked["args"]))}
    except MlflowException as error:
        body = getattr(error, "json", None)
        return {
            "error": {"error_code": error.error_code, "message": error.message, "json": body},
        }


def main() -> None:
    # What libraries print must not end up between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
