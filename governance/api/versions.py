"""The shape of a version."""

from __future__ import annotations

from typing import Any

from governance.evidence.queries.past import VersionThen
from governance.registry.models import ArtifactCheck, Deprecation, ModelVersion
from governance.registry.queries import deprecation_of, latest_artifact_check


def version_body(version: ModelVersion) -> dict[str, Any]:
    """The version with its files and parts; what there is none of is null or an empty list."""
    return {
        "model": version.model.name,
        "version": version.number,
        "label": version.label or None,
        "stage": version.stage,
        "digest": version.digest,
        "source": version.source,
        "run_id": version.run_id or None,
        "registered_at": version.registered_at,
        "artifacts": list(
            version.artifacts.order_by("path").values("path", "sha256", "size", "origin")
        ),
        "parts": list(
            version.parts.order_by("kind", "name").values("kind", "name", "revision", "sha256")
        ),
        "last_check": _check(latest_artifact_check(version)),
        "deprecation": _deprecation(deprecation_of(version)),
    }


def past_body(then: VersionThen) -> dict[str, Any]:
    """The same as it stood then."""
    return version_body(then.version) | {
        "model": then.model_name,
        "label": then.label or None,
        "stage": then.stage,
        "last_check": _check(then.artifact_check),
        "deprecation": _deprecation(then.deprecation),
    }


def _check(check: ArtifactCheck | None) -> dict[str, Any] | None:
    if check is None:
        return None
    return {
        "outcome": check.outcome,
        "checked_at": check.checked_at,
        "files": check.files,
        "differences": check.differences,
    }


def _deprecation(deprecation: Deprecation | None) -> dict[str, Any] | None:
    if deprecation is None:
        return None
    return {
        "from_date": deprecation.from_date,
        "reason": str(deprecation.reason),
        "deprecated_at": deprecation.deprecated_at,
    }
