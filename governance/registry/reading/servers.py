"""Files that an MLflow tracking server gives out, and where it says that a run's files lie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import requests

from governance.registry.reading.bounds import CHUNK, Budget
from governance.registry.rules import ArtifactFact, SourceUnreadable
from governance.registry.tracking import TIMEOUT_SECONDS, TrackingUnavailable, ask_server

ARTIFACTS = "api/2.0/mlflow-artifacts/artifacts"
RUN, LOGGED_MODEL = "api/2.0/mlflow/runs/get", "api/2.0/mlflow/logged-models"


def folder_of_run(server: str, run_id: str) -> str:
    """Return the address of the folder with the run's artifacts."""
    return _address(_asked(server, RUN, run_id=run_id), "run")


def folder_of_logged_model(server: str, model_id: str) -> str:
    """Return the address of the folder with the logged model's files."""
    return _address(_asked(server, f"{LOGGED_MODEL}/{quote(model_id, safe='')}"), "model")


def _address(answer: dict[str, Any], member: str) -> str:
    said = answer.get(member)
    info = said.get("info") if isinstance(said, dict) else None
    address = info.get("artifact_uri") if isinstance(info, dict) else None
    if not isinstance(address, str) or not address:
        raise SourceUnreadable("The tracking server does not say where its files lie.")
    return address


def read_server(server: str, path: str, *, budget: Budget) -> list[ArtifactFact]:
    """Return the digests of the files that the server keeps below the path."""
    try:
        return list(_walk(server, path.strip("/"), "", budget, depth=0))
    except requests.RequestException as error:
        raise SourceUnreadable(f"The tracking server cannot be reached: {error}") from error


def _walk(
    server: str, base: str, inner: str, budget: Budget, *, depth: int
) -> Iterator[ArtifactFact]:
    budget.enter(depth)
    for name, is_folder in sorted(_listed(server, f"{base}/{inner}".strip("/"))):
        if is_folder:
            yield from _walk(server, base, f"{inner}{name}/", budget, depth=depth + 1)
        else:
            yield budget.fact(inner + name, _content(server, f"{base}/{inner}{name}".strip("/")))


def _listed(server: str, path: str) -> Iterator[tuple[str, bool]]:
    """Yield each name in a folder, and whether it is a folder itself."""
    files = _asked(server, ARTIFACTS, path=path).get("files", [])
    if not isinstance(files, list):
        raise SourceUnreadable("The tracking server's list of files is none.")
    for entry in files:
        name = entry.get("path") if isinstance(entry, dict) else None
        # A name that led elsewhere would let the server choose what its neighbors are asked for.
        if not isinstance(name, str) or name in {"", ".", ".."} or "/" in name or "\\" in name:
            raise SourceUnreadable("The tracking server's list of files holds what is no name.")
        yield name, entry.get("is_dir") is True


def _content(server: str, path: str) -> Iterator[bytes]:
    with requests.get(
        f"{server.rstrip('/')}/{ARTIFACTS}/{quote(path)}",
        # What is hashed is the file, not how it was packed for the way.
        headers={"Accept-Encoding": "identity"},
        timeout=TIMEOUT_SECONDS,
        allow_redirects=False,
        stream=True,
    ) as answer:
        if answer.status_code != requests.codes.ok:
            raise SourceUnreadable(f"The tracking server answered {answer.status_code} for a file.")
        yield from answer.iter_content(CHUNK)


def _asked(server: str, endpoint: str, **parameters: str) -> dict[str, Any]:
    try:
        answer = json.loads(ask_server(server, endpoint, parameters))
    except (TrackingUnavailable, ValueError, RecursionError) as error:
        raise SourceUnreadable(f"The tracking server does not tell: {error}") from error
    if not isinstance(answer, dict):
        raise SourceUnreadable("What the tracking server tells is no object.")
    return answer
