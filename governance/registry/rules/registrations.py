"""What a pipeline says of a new version, and what may stand in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import TextChoices

from governance.core.canonical import digest
from governance.core.errors import Problem, invalid
from governance.registry.rules.bundles import BUNDLE_TAG, PartFact
from governance.registry.rules.lineage_tags import LINEAGE_TAG, parse_lineage
from governance.registry.rules.measurements import MAX_DATASET


class ArtifactOrigin(TextChoices):
    """Who took the digest of a file."""

    GIVEN = "GIVEN", "Given at registration"
    COMPUTED = "COMPUTED", "Computed by the portal"


class CheckOutcome(TextChoices):
    """What reading the artifacts at their source again showed."""

    MATCH = "MATCH", "Same as registered"
    MISMATCH = "MISMATCH", "Differs from what was registered"
    UNREADABLE = "UNREADABLE", "Source cannot be read"


@dataclass(frozen=True, kw_only=True)
class ArtifactFact:
    """One file of a version: its path within the artifact, SHA-256 and size in bytes."""

    path: str
    sha256: str
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What a pipeline says of a new version. Nothing of it can be changed afterwards.

    `committer` is an e-mail address; the version keeps who that is, and nothing keeps the address.
    """

    source: str
    run_id: str = ""
    run_link: str = ""
    logged_model_id: str = ""
    artifacts: Sequence[ArtifactFact] = field(default_factory=tuple)
    lineage: Mapping[str, Any] = field(default_factory=dict)
    parts: Sequence[PartFact] = field(default_factory=tuple)
    committer: str = ""

    def digest(self, *, model: str, number: int) -> str:
        """The digest of the version that it makes, which is what tells versions apart."""
        facts = asdict(self)
        del facts["committer"]
        if not facts["parts"]:
            # As it was before versions could have parts: their digests stay what they are.
            del facts["parts"]
        return digest(facts | {"model": model, "number": number})


SHA256 = re.compile(r"(sha256:)?([0-9a-f]{64})")
MAX_LENGTHS = {"source": 1000, "run_id": 100, "run_link": 1000, "logged_model_id": 100}
MAX_PATH = 500
MAX_NAME = 300
ARTIFACTS_TAG = "countersign.artifacts"
DATASET_TAG = "countersign.dataset"
COMMIT_TAGS = ("countersign.git_commit", "mlflow.source.git.commit")
FACT_TAGS = {ARTIFACTS_TAG, BUNDLE_TAG, DATASET_TAG, LINEAGE_TAG, *COMMIT_TAGS}
"""Tags that state a fact of the registration; they are fixed with it."""


def _tag_json(key: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise invalid(f"tags.{key}", "json", f"The tag {key} is not JSON.") from None


def parse_artifacts(text: str) -> tuple[ArtifactFact, ...]:
    """Read the manifest tag: a JSON object of path → {"sha256": …, "size": bytes}."""
    manifest = _tag_json(ARTIFACTS_TAG, text)
    problem = invalid(
        f"tags.{ARTIFACTS_TAG}",
        "manifest",
        f"The tag {ARTIFACTS_TAG} is an object of path to "
        '{"sha256": 64 hex digits, "size": bytes}; each path is relative to the artifact, has '
        f"no '..' part and no control character, and at most {MAX_PATH} characters.",
    )
    if not isinstance(manifest, dict) or not manifest:
        raise problem
    facts = []
    for path, entry in sorted(manifest.items()):
        entry = {"sha256": entry} if isinstance(entry, str) else entry
        match = SHA256.fullmatch(str(entry.get("sha256", ""))) if isinstance(entry, dict) else None
        size = entry.get("size") if match else None
        if not match or not (size is None or (type(size) is int and 0 <= size < 2**53)):
            raise problem
        if not is_artifact_path(path):
            raise problem
        facts.append(ArtifactFact(path=path, sha256=match[2], size=size))
    return tuple(facts)


def is_artifact_path(path: str) -> bool:
    """A path that stays within the artifact, and that prints as what it is."""
    parts = re.split(r"[/\\]", path)
    return _is_line(path, MAX_PATH) and parts[0] != "" and ".." not in parts


def _is_line(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isprintable()


def parse_dataset(text: str) -> dict[str, Any]:
    """Read the data-set tag: a JSON object with name and digest, and rows where known."""
    data = _tag_json(DATASET_TAG, text)
    problem = invalid(
        f"tags.{DATASET_TAG}",
        "dataset",
        f"The tag {DATASET_TAG} is an object such as "
        '{"name": "test", "digest": "…", "rows": 5}; the digest has at most '
        f"{MAX_DATASET} characters.",
    )
    if not isinstance(data, dict) or not isinstance(data.get("digest"), str):
        raise problem
    known = {key: data[key] for key in ("name", "digest", "rows") if key in data}
    facts = {key: value if type(value) is int else str(value) for key, value in known.items()}
    if not _is_line(data["digest"], MAX_DATASET) or not all(map(_is_fact, facts.values())):
        raise problem
    return facts


def _is_fact(value: int | str) -> bool:
    if isinstance(value, int):
        return abs(value) < 2**53
    return value == "" or _is_line(value, MAX_NAME)


def lineage_from_tags(tags: Mapping[str, str]) -> dict[str, Any]:
    """Return the lineage that a registration's tags state. Raises InvalidInput."""
    lineage = parse_lineage(tags[LINEAGE_TAG]) if LINEAGE_TAG in tags else {}
    if DATASET_TAG in tags:
        lineage["dataset"] = parse_dataset(tags[DATASET_TAG])
    key = next((key for key in COMMIT_TAGS if tags.get(key)), None)
    if key:
        commit = tags[key][:100]
        if lineage.get("git_commit", commit) != commit:
            message = f"The tags {LINEAGE_TAG} and {key} name different commits."
            raise invalid(f"tags.{LINEAGE_TAG}.git_commit", "agree", message)
        lineage["git_commit"] = commit
    return lineage


def registration_problems(registration: Registration) -> Iterable[Problem]:
    source = registration.source
    if not source.strip():
        yield Problem(field="source", rule="required", message="Say where the artifact lies.")
    for name, longest in MAX_LENGTHS.items():
        if len(getattr(registration, name)) > longest:
            message = f"The {name} has at most {longest} characters."
            yield Problem(field=name, rule="length", message=message)
    # Clients strip and unfold an address before they read it, and would read another one.
    folded = source.strip() not in {"", source} or any(
        ord(char) < 32 or ord(char) == 127 for char in source
    )
    if folded or ".." in re.split(r"[/\\]", source):
        yield Problem(
            field="source",
            rule="path",
            message="A source is a whole path: it has no '..' part, no control character and no "
            "space around it.",
        )
