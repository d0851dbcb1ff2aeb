"""Names for the references that entries hold. A ledger entry knows no names; pages look them up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from governance.accounts.models import ServiceAccount, User
from governance.accounts.rules import Actor
from governance.approvals.models import PromotionRequest
from governance.audit.models import LedgerEntry
from governance.inventory.models import Model
from governance.registry.models import ModelVersion


@dataclass(frozen=True, kw_only=True)
class Names:
    """What is known of some references. An unknown one reads as its kind, never as its UUID."""

    actors: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    requests: Mapping[str, str] = field(default_factory=dict)

    def who(self, ref: str) -> str:
        kind, _, rest = ref.partition(":")
        if kind == "system":
            return f"The {rest}"
        return self.actors.get(ref, "Somebody" if kind == "user" else kind.capitalize())

    def what(self, ref: str) -> str:
        """The subject of an entry in words: `version 14`, `churn-model`, `finding`."""
        if ref in self.versions:
            return f"version {self.versions[ref]}"
        known = self.models.get(ref) or self.actors.get(ref) or self.requests.get(ref)
        return known or ref.partition(":")[0].replace("-", " ")


def names_in(entries: Sequence[LedgerEntry], *, reader: Actor, at: datetime) -> Names:
    """Look up every name that these entries need, in five queries.

    Models and versions that the reader may not see stay nameless.
    """
    refs = {ref for entry in entries for ref in (entry.subject, entry.actor)}
    refs |= {entry.stream_name for entry in entries}
    models = Model.objects.visible_to(reader, at=at).filter(pk__in=ids(refs, "model"))
    versions = ModelVersion.objects.visible_to(reader, at=at)
    return Names(
        actors=actor_names(refs),
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
    )


def actor_names(refs: Iterable[str]) -> dict[str, str]:
    """Names of people and service accounts by reference, in two queries."""
    refs = list(refs)
    people = User.objects.filter(pk__in=ids(refs, User.REF)).only("name")
    services = ServiceAccount.objects.filter(pk__in=ids(refs, ServiceAccount.REF)).only("name")
    return {row.ref: row.name for rows in (people, services) for row in rows}


def ids(refs: Iterable[str], kind: str) -> list[str]:
    return [ref.partition(":")[2] for ref in refs if ref.startswith(f"{kind}:")]
