"""What webhooks are told of a ledger entry: MLflow's events in MLflow's shape, and ours.

An entry holds no tag values, descriptions or sources, so they are read when the entry is followed,
a moment after the act. What is gone by then is told of by its own later event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from governance.audit.models import LedgerEntry
from governance.audit.rules import Verb
from governance.inventory.models import Model
from governance.registry.models import ModelTag, ModelVersion, Slot, VersionTag
from governance.registry.rules import Stage

PROMPT_TAG = "mlflow.prompt.is_prompt"
PROMPT_TEXT = "mlflow.prompt.text"
PROMPT_MARKS = frozenset({PROMPT_TAG, "_mlflow_prompt_type"})
"""Tags by which MLflow tells a prompt from a model; it leaves them out of what it announces."""

STAGES = {Stage.DRAFT.value: "None"} | {
    stage.value: stage.value.capitalize() for stage in Stage if stage != Stage.DRAFT
}


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """One event, such as `model_version.created`, and what is said of it."""

    event: str
    data: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """An entry, with the model that it is about."""

    entry: LedgerEntry
    model: Model
    is_prompt: bool

    @property
    def number(self) -> str:
        return str(self.entry.facts.get("number", ""))

    def version(self) -> ModelVersion:
        return ModelVersion.objects.get(pk=self.entry.subject.partition(":")[2])

    def says(self, event: str, /, as_prompt: str = "", **data: Any) -> Announcement:
        event = as_prompt if self.is_prompt and as_prompt else event
        return Announcement(event=event, data={"name": self.model.name, **data})


Teller = Callable[[Occurrence], list[Announcement]]


def announcements(entry: LedgerEntry) -> tuple[Model | None, list[Announcement]]:
    """Return the model that the entry is about, and what is to be told of it."""
    pk = entry.stream_name.partition(":")[2]
    model = Model.objects.select_related("unit").filter(pk=pk).first() if pk else None
    if model is None:
        return None, []
    marked = ModelTag.objects.filter(model=model, key=PROMPT_TAG, value__iexact="true")
    found = Occurrence(entry=entry, model=model, is_prompt=marked.exists())
    return model, TELLERS[Verb(entry.verb)](found)


def _model_created(found: Occurrence) -> list[Announcement]:
    tags = dict(found.model.tags.values_list("key", "value"))
    description = found.model.description
    return [
        found.says(
            "registered_model.created",
            "prompt.created",
            tags=_shown(tags, found),
            description=description,
        )
    ]


def _version_created(found: Occurrence) -> list[Announcement]:
    version = found.version()
    tags = dict(version.tags.values_list("key", "value"))
    described: dict[str, Any] = {"description": version.description or None}
    if found.is_prompt:
        template = tags.pop(PROMPT_TEXT, None)
        tags, described = _shown(tags, found), described | {"template": template}
        return [found.says("prompt_version.created", version=found.number, tags=tags, **described)]
    origin = {"source": version.source, "run_id": version.run_id or None}
    told = origin | described
    return [found.says("model_version.created", version=found.number, tags=tags, **told)]


def _shown(tags: Mapping[str, str], found: Occurrence) -> dict[str, str]:
    return {k: v for k, v in tags.items() if not (found.is_prompt and k in PROMPT_MARKS)}


def _version_tagged(found: Occurrence) -> list[Announcement]:
    version, key = found.version(), found.entry.facts.get("key", "")
    tag = VersionTag.objects.filter(version=version, key=key).first()
    if tag is None:
        return []
    data = {"version": str(version.number), "key": key, "value": tag.value}
    return [found.says("model_version_tag.set", "prompt_version_tag.set", **data)]


def _version_untagged(found: Occurrence) -> list[Announcement]:
    data = {"version": str(found.version().number), "key": found.entry.facts.get("key", "")}
    return [found.says("model_version_tag.deleted", "prompt_version_tag.deleted", **data)]


def _model_tagged(found: Occurrence) -> list[Announcement]:
    """Only prompts have such an event, and a tag given at the creation is part of that one."""
    key = found.entry.facts.get("key", "")
    tag = ModelTag.objects.filter(model=found.model, key=key).first()
    if not found.is_prompt or tag is None or found.entry.at == found.model.created_at:
        return []
    return [found.says("prompt_tag.set", key=key, value=tag.value)]


def _model_untagged(found: Occurrence) -> list[Announcement]:
    key = found.entry.facts.get("key", "")
    return [found.says("prompt_tag.deleted", key=key)] if found.is_prompt else []


def _alias_set(found: Occurrence) -> list[Announcement]:
    alias = found.entry.facts.get("alias", "")
    return [_alias(found, "created", alias, version=found.number)]


def _alias_deleted(found: Occurrence) -> list[Announcement]:
    return [_alias(found, "deleted", found.entry.facts.get("alias", ""))]


def _alias(found: Occurrence, action: str, alias: str, **data: str) -> Announcement:
    as_prompt = f"prompt_alias.{action}"
    return found.says(f"model_version_alias.{action}", as_prompt, alias=alias, **data)


def _stage_changed(found: Occurrence) -> list[Announcement]:
    """A champion archives the one before it, and takes its slot's alias."""
    facts = found.entry.facts
    told = [_moved(found, found.number, _move(facts))]
    if retired := _numbered(facts.get("retired")):
        told.append(_moved(found, str(retired), {"from": "Production", "to": "Archived"}))
    slot = Slot.objects.filter(pk__in=_keys(facts.get("slot"))).first()
    if slot is None or not slot.alias:
        return told
    if facts.get("to") == Stage.PRODUCTION:
        return [*told, _alias(found, "created", slot.alias, version=found.number)]
    if facts.get("from") == Stage.PRODUCTION:
        return [*told, _alias(found, "deleted", slot.alias)]
    return told


def _moved(found: Occurrence, version: str, move: Mapping[str, str]) -> Announcement:
    return found.says("model_version.stage_changed", version=version, **move)


def _request(action: str) -> Teller:
    def tell(found: Occurrence) -> list[Announcement]:
        facts = found.entry.facts
        number = facts.get("number") or _numbered(facts.get("version"))
        request = {"request": found.entry.subject.partition(":")[2]}
        data = _move(facts) | request
        return [found.says(f"transition_request.{action}", version=str(number), **data)]

    return tell


def _numbered(version_ref: object) -> int | None:
    versions = ModelVersion.objects.filter(pk__in=_keys(version_ref))
    return versions.values_list("number", flat=True).first()


def _keys(ref: object) -> list[str]:
    """The row's key in a reference of the ledger's, such as `slot:…`; none where there is none."""
    return [ref.partition(":")[2]] if isinstance(ref, str) else []


def _move(facts: Mapping[str, Any]) -> dict[str, str]:
    return {key: STAGES[facts[key]] for key in ("from", "to") if facts.get(key) in STAGES}


TELLERS: dict[Verb, Teller] = {
    Verb.ALIAS_DELETED: _alias_deleted,
    Verb.ALIAS_SET: _alias_set,
    Verb.MODEL_CREATED: _model_created,
    Verb.MODEL_TAGGED: _model_tagged,
    Verb.MODEL_UNTAGGED: _model_untagged,
    Verb.REQUEST_OPENED: _request("created"),
    Verb.REQUEST_REJECTED: _request("rejected"),
    Verb.REQUEST_WITHDRAWN: _request("withdrawn"),
    Verb.VERSION_ARCHIVED: _stage_changed,
    Verb.VERSION_DEMOTED: _stage_changed,
    Verb.VERSION_PROMOTED: _stage_changed,
    Verb.VERSION_REGISTERED: _version_created,
    Verb.VERSION_PROMOTED_IN_EMERGENCY: _stage_changed,
    Verb.VERSION_ROLLED_BACK: _stage_changed,
    Verb.VERSION_TAGGED: _version_tagged,
    Verb.VERSION_UNTAGGED: _version_untagged,
}
"""What is told of each verb; what has no line here is nobody's event."""
