"""Names for the references that entries hold. A ledger entry knows no names; pages look them up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from governance.accounts.queries import labels_of
from governance.accounts.rules import Actor
from governance.approvals.models import PromotionRequest
from governance.audit.models import LedgerEntry
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, Slot


@dataclass(frozen=True, kw_only=True)
class Names:
    """What is known of some references. An unknown one reads as its kind, never as its UUID."""

    actors: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    requests: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, str] = field(default_factory=dict)

    def who(self, ref: str) -> str:
        kind, _, rest = ref.partition(":")
        if kind == "system":
            return f"The {rest}"
        return self.actors.get(ref, "Somebody" if kind == "user" else kind.capitalize())

    def what(self, ref: str) -> str:
        """The subject of an entry in words: `version 14`, `churn-model`, `finding`."""
        if ref in self.versions:
            return f"version {self.versions[ref]}"
        kinds = (self.models, self.actors, self.requests, self.slots)
        known = next((names[ref] for names in kinds if ref in names), "")
        return known or ref.partition(":")[0].replace("-", " ")


def names_in(entries: Sequence[LedgerEntry], *, reader: Actor, at: datetime) -> Names:
    """Look up every name that these entries need, in six queries.

    Models, versions and slots that the reader may not see stay nameless.
    """
    refs = {ref for entry in entries for ref in (entry.subject, entry.actor)}
    refs |= {entry.stream_name for entry in entries}
    models = Model.objects.visible_to(reader, at=at).filter(pk__in=ids(refs, "model"))
    versions = ModelVersion.objects.visible_to(reader, at=at)
    return Names(
        actors=labels_of(refs),
        models={model.ref: model.name for model in models.only("name")},
        versions={
            version.ref: version.number
            for version in versions.filter(pk__in=ids(refs, "version")).only("number")
        },
        requests={
            request.ref: f"{request.reference}, version {request.version.number}"
            for request in PromotionRequest.objects.visible_to(reader, at=at)
            .filter(pk__in=ids(refs, "request"))
            .select_related("version")
        },
        slots={
            slot.ref: slot.name
            for slot in Slot.objects.filter(
                pk__in=ids(refs, Slot.REF), model__in=Model.objects.visible_to(reader, at=at)
            ).only("name")
        },
    )


def ids(refs: Iterable[str], kind: str) -> list[str]:
    return [ref.partition(":")[2] for ref in refs if ref.startswith(f"{kind}:")]
