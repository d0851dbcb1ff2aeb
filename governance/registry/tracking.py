"""Reading measured values from the MLflow tracking server that a model names.

The address comes from a record that people edit, so only servers that the operator listed in
TRACKING_HOSTS are asked, redirects are not followed, and an answer has a limit of size and time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import requests
from django.conf import settings

from governance.core.errors import InvalidInput, WrongState
from governance.inventory.rules import tracking_problems
from governance.registry.rules import METRIC, Measurement, exact_decimal

TIMEOUT_SECONDS = 15
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_BYTES = 5 * 1024 * 1024


class TrackingUnavailable(WrongState):
    """The tracking server did not give the run."""

    code = "tracking_unavailable"


def fetch_measurements(*, tracking_uri: str, run_id: str, dataset_digest: str) -> list[Measurement]:
    """Return the run's newest value of each metric, as the tracking server prints it.

    The data set is the one the version was registered with, else the run's only input.
    Raises InvalidInput for a server that may not be asked, TrackingUnavailable.
    """
    body = ask_server(tracking_uri, "api/2.0/mlflow/runs/get", {"run_id": run_id})
    run = _parsed(body, run_id)
    dataset = dataset_digest or _only_dataset(run)
    found = (_measurement(entry, run_id, dataset) for entry in run["data"].get("metrics", ()))
    return [measurement for measurement in found if measurement is not None]


def ask_server(tracking_uri: str, endpoint: str, parameters: Mapping[str, str]) -> bytes:
    """Return the body of a GET. Raises InvalidInput for a server that may not be asked,
    TrackingUnavailable for one that does not answer with 200."""
    # Judged again here: the list may have changed since somebody saved the address.
    if problems := list(tracking_problems(tracking_uri, allowed=settings.TRACKING_HOSTS)):
        raise InvalidInput(*problems)
    try:
        with requests.get(
            f"{tracking_uri.rstrip('/')}/{endpoint}",
            params=parameters,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            stream=True,
        ) as answer:
            body = b"".join(_bounded(answer.iter_content(65536)))
            if answer.status_code != requests.codes.ok:
                said = ", ".join(parameters.values())
                raise TrackingUnavailable(
                    f"The tracking server answered {answer.status_code}"
                    + (f" for {said}." if said else ".")
                )
    except requests.RequestException as error:
        raise TrackingUnavailable(f"The tracking server cannot be reached: {error}") from error
    return body


def _bounded(chunks: Iterable[bytes]) -> Iterable[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > MAX_BYTES:
            raise TrackingUnavailable("The tracking server's answer is larger than 5 MiB.")
        yield chunk


def _parsed(body: bytes, run_id: str) -> dict[str, Any]:
    try:
        # Decimals as they are written: a float would round what was measured.
        answer = json.loads(body, parse_float=Decimal)
        run: dict[str, Any] = answer["run"]
        if run["info"]["run_id"] != run_id or not isinstance(run["data"], dict):
            raise KeyError(run_id)
    except (ValueError, KeyError, TypeError) as error:
        raise TrackingUnavailable(f"What the server says of run {run_id} is no run.") from error
    return run


def _only_dataset(run: dict[str, Any]) -> str:
    inputs = run.get("inputs", {}).get("dataset_inputs", [])
    digests = {entry.get("dataset", {}).get("digest", "") for entry in inputs}
    return str(digests.pop()) if len(digests) == 1 else ""


def _measurement(entry: dict[str, Any], run_id: str, dataset: str) -> Measurement | None:
    """Return the value, or None for one that is no finite number or has an unfit name."""
    value, metric = entry.get("value"), str(entry.get("key", ""))
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = exact_decimal(str(value))
    if number is None or not METRIC.fullmatch(metric):
        return None
    stamp = entry.get("timestamp")
    return Measurement(
        metric=metric,
        value=number,
        dataset_digest=dataset,
        run_id=run_id,
        measured_at=EPOCH + timedelta(milliseconds=int(stamp)) if stamp else None,
    )
