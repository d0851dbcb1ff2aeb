"""One state of a data set, and which versions rest on it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from governance.core.wording import counted
from governance.registry.models import ModelVersion
from governance.registry.queries.lineage import SnapshotUses

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class SnapshotPage:
    found: SnapshotUses

    @property
    def title(self) -> str:
        return next(filter(None, self.found.names), "Data snapshot")

    @property
    def other_names(self) -> list[str]:
        return [name for name in self.found.names if name and name != self.title]

    @property
    def revision(self) -> str:
        return next((use.use.snapshot.revision for use in self.found.uses), "")

    @property
    def is_sha256(self) -> bool:
        return bool(SHA256.fullmatch(self.found.digest))

    @property
    def versions(self) -> int:
        return len({use.version.pk for use in self.found.uses})

    @property
    def live(self) -> int:
        return len({use.version.pk for use in self.found.live})

    @property
    def verdict(self) -> str:
        """Who rests on it, in one sentence."""
        models = len({use.version.model_id for use in self.found.uses})
        live = f"{self.live} of them {'serves' if self.live == 1 else 'serve'} now"
        said = f"{counted(self.versions, 'version')} of {counted(models, 'model')} used this data"
        return f"{said}; {live if self.live else 'none of them serves now'}."

    def slots(self, version: ModelVersion) -> str:
        """Name the slots in which a version answers live traffic now."""
        return ", ".join(row.slot.name for row in self.found.serving.get(version.pk, ()))
