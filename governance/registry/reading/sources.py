"""Which reader goes to which address."""

from __future__ import annotations

import re

from django.conf import settings

from governance.core.errors import InvalidInput
from governance.inventory.rules import tracking_problems
from governance.registry.models import ModelVersion
from governance.registry.queries.copies import original_of
from governance.registry.reading.bounds import Budget, Report
from governance.registry.reading.buckets import place_in, read_bucket
from governance.registry.reading.folders import folder_of, place_below, read_folder
from governance.registry.reading.servers import (
    folder_of_logged_model,
    folder_of_run,
    read_server,
)
from governance.registry.rules import ArtifactFact, SourceUnreadable

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
_LOGGED_MODEL = re.compile(r"models:/(m-[0-9a-f]{32})/?")
_RUN = re.compile(r"runs:/([0-9a-zA-Z_-]{1,100})(/.*)?")
_PROXIED = re.compile(r"mlflow-artifacts:(//([^/]*))?(/.*)")


def is_readable(version: ModelVersion) -> bool:
    """Tell whether the portal may go to the version's source; whether it gets there shows then."""
    version = original_of(version)
    source = version.source
    try:
        match _scheme(source):
            case "" | "file":
                place_below(folder_of(source), settings.ARTIFACT_ROOTS)
            case "s3":
                place_in(source, settings.ARTIFACT_BUCKETS)
            case "models" if not _LOGGED_MODEL.fullmatch(source):
                return False
            case "mlflow-artifacts" | "models" | "runs":
                _server_of(version)
            case _:
                return False
    except SourceUnreadable:
        return False
    return True


def read_artifacts(version: ModelVersion, *, report: Report) -> list[ArtifactFact]:
    """Return path, size and SHA-256 of every file of the version, by path.

    A copy's files lie where those of its original do. Raises SourceUnreadable, also when there is
    no file at all.
    """
    version = original_of(version)
    budget = Budget(report)
    found = _read(version, _resolved(version), budget)
    if not found:
        raise SourceUnreadable("There is no file at its source.")
    return sorted(found, key=lambda fact: fact.path)


def _resolved(version: ModelVersion) -> str:
    """Return where the files lie: a run and a logged model are asked of the tracking server."""
    if logged := _LOGGED_MODEL.fullmatch(version.source):
        return folder_of_logged_model(_server_of(version), logged[1])
    if run := _RUN.fullmatch(version.source):
        folder = folder_of_run(_server_of(version), run[1]).rstrip("/")
        return folder + (run[2] or "")
    return version.source


def _read(version: ModelVersion, source: str, budget: Budget) -> list[ArtifactFact]:
    if ".." in re.split(r"[/\\]", source):
        raise SourceUnreadable("Its address is no whole path.")
    match _scheme(source):
        case "" | "file":
            return read_folder(folder_of(source), roots=settings.ARTIFACT_ROOTS, budget=budget)
        case "s3":
            return read_bucket(source, buckets=settings.ARTIFACT_BUCKETS, budget=budget)
        case "mlflow-artifacts":
            server = _server_of(version)
            return read_server(server, _proxied_path(source, server), budget=budget)
        case scheme:
            raise SourceUnreadable(f"This portal has no reader for {scheme}: addresses.")


def _scheme(source: str) -> str:
    match = _SCHEME.match(source)
    return match[1] if match else ""


def _proxied_path(source: str, server: str) -> str:
    match = _PROXIED.fullmatch(source)
    if match is None or (match[2] and match[2] != server.partition("://")[2].partition("/")[0]):
        raise SourceUnreadable("Its address names another server than its model does.")
    return match[3]


def _server_of(version: ModelVersion) -> str:
    """Return the model's tracking server, if it may be asked: the list may have changed since."""
    server = version.model.tracking_uri
    if not server:
        raise SourceUnreadable("Its model names no tracking server.")
    if problems := list(tracking_problems(server, allowed=settings.TRACKING_HOSTS)):
        raise SourceUnreadable(InvalidInput(*problems).message)
    return server
