"""What the demo's versions are made of and called, and which of them are on their way out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from governance.accounts.models import User
from governance.core.canonical import canonical, sha256_hex
from governance.registry.actions import deprecate_version, label_version
from governance.registry.models import ModelVersion
from governance.registry.rules import PartFact, parse_bundle


def parts_of(step: Mapping[str, Any]) -> tuple[PartFact, ...]:
    """Read the bundle as a pipeline's tag; a digest is that of what the data says stands there."""
    if "bundle" not in step:
        return ()
    said = {
        key: [_digested(one) for one in entry] if isinstance(entry, list) else _digested(entry)
        for key, entry in step["bundle"].items()
    }
    return parse_bundle(canonical(said))


def _digested(entry: Mapping[str, str]) -> dict[str, str]:
    rest = {key: value for key, value in entry.items() if key != "text"}
    return rest | ({"sha256": sha256_hex(entry["text"].encode())} if "text" in entry else {})


def label(version: ModelVersion, step: Mapping[str, Any], *, actor: User, at: datetime) -> None:
    if "label" in step:
        label_version(version=version, label=step["label"], actor=actor, at=at)


def deprecate(
    version: ModelVersion, said: Mapping[str, Any], *, actor: User, at: datetime, now: datetime
) -> None:
    deprecate_version(
        version=version,
        from_date=(now + timedelta(days=said["in_days"])).date(),
        reason=said["reason"],
        actor=actor,
        at=at,
    )
