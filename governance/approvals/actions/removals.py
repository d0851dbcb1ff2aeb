"""Removing versions and models: what is not Archived is asked to be, and only then removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.approvals.actions.locks import lock_request
from governance.approvals.actions.requests import Asked, Outcome, ask_for_stage
from governance.approvals.models import PolicyVersion, PromotionRequest
from governance.approvals.queries.policies import nothing_is_gated
from governance.audit import actions as audit
from governance.audit.rules import Verb, admissible
from governance.core.errors import WrongState
from governance.inventory.models import Model
from governance.inventory.queries import locked_model
from governance.inventory.rules import ModelNotFound
from governance.registry.actions import give_name, remove_version
from governance.registry.actions.removals import require_idle
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from governance.registry.rules.removals import StillServing, names_of_removed

GONE = {Outcome.ALREADY_THERE, Outcome.MOVED}


class AskedMeanwhile(WrongState):
    """Somebody asked to archive one of the versions this moment."""

    code = "asked_meanwhile"


class _Outstanding(Exception):
    """Undoes what a removal has done when it turns out that people have to decide first."""


@transaction.atomic
def ask_to_remove_version(*, version: ModelVersion, actor: Actor, at: datetime) -> Asked:
    """Ask that a version be archived, and remove it once it is.

    What serves is not asked about at all, but where nothing is gated. Appends request.opened, or
    the entry of the move and version.removed, or nothing while people decide. Raises StillServing
    and what `ask_for_stage` and `remove_version` raise.
    """
    require(actor, Permission.VERSION_REMOVE, unit=version.model.unit, at=at)
    if not nothing_is_gated():
        require_idle(version)
    asked = ask_for_stage(version=version, target=Stage.ARCHIVED, actor=actor, at=at)
    if asked.outcome in GONE:
        remove_version(version=asked.version, actor=actor, at=at)
    return asked


@transaction.atomic
def ask_to_remove_model(*, model: Model, actor: Actor, at: datetime) -> Sequence[Asked]:
    """Remove a model and its versions, all or none; return the questions that people must decide.

    Then nothing was removed, and nothing archived. The name is free afterwards: the record goes by
    another one, and a model created again under the old name is a new record. Appends the entries
    of each version and model.removed, or request.opened for each that waits. Raises StillServing,
    ModelNotFound, AskedMeanwhile, and what `ask_for_stage` raises.
    """
    require(actor, Permission.MODEL_REMOVE, unit=model.unit, at=at)
    model = _lock(model)
    if model.removed_at is not None:
        raise ModelNotFound(f"Registered Model with name={model.name} not found")
    versions = _present(model)
    if not nothing_is_gated():
        _require_all_idle(model, versions)
    waiting: list[ModelVersion] = []
    try:
        with transaction.atomic():
            for version in versions:
                asked = ask_to_remove_version(version=version, actor=actor, at=at)
                if asked.outcome not in GONE:
                    waiting.append(version)
            if waiting:
                raise _Outstanding
            _remove(model, actor=actor, at=at)
    except _Outstanding:
        # The questions went with the rest; ask those again that do not answer themselves.
        fresh = _present(model)
        return [
            ask_for_stage(version=version, target=Stage.ARCHIVED, actor=actor, at=at)
            for version in fresh
            if version in waiting
        ]
    return ()


def _remove(model: Model, *, actor: Actor, at: datetime) -> None:
    """Take the model itself away, under its lock; its versions are gone by now."""
    model = locked_model(model)
    short, long = names_of_removed(model.name, model.pk.hex)
    name = long if Model.objects.filter(name=short).exists() else short
    model.removed_at = at
    former = give_name(model, name, actor=actor, at=at)
    audit.append(
        verb=Verb.MODEL_REMOVED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts=admissible({"from": former.name, "to": name}),
        records=[model, former],
    )


def _lock(model: Model) -> Model:
    """Take every lock that archiving the versions one by one will need, in the order of all.

    Locked one by one they would be asked for behind the model's lock, which others hold last.
    """
    questions = PromotionRequest.objects.open().filter(model=model, target=Stage.ARCHIVED)
    known = [lock_request(pk) for pk in questions.order_by("pk").values_list("pk", flat=True)]
    list(PolicyVersion.objects.in_force().select_for_update().order_by("pk"))
    model = locked_model(model)
    if questions.exclude(pk__in=[request.pk for request in known]).exists():
        raise AskedMeanwhile(
            f"Somebody asked this moment to archive a version of {model.name}. Ask again.",
            subject=model.ref,
            stream=model.stream,
        )
    return model


def _present(model: Model) -> list[ModelVersion]:
    versions = ModelVersion.objects.present().with_model().filter(model=model)
    return list(versions.order_by("number"))


def _require_all_idle(model: Model, versions: Sequence[ModelVersion]) -> None:
    """Raise StillServing, naming the versions, if one is in Production or serves anywhere."""
    serving = [
        version.number
        for version in versions
        if version.stage == Stage.PRODUCTION or version.assignments.current().exists()
    ]
    if serving:
        numbers = ", ".join(map(str, serving))
        raise StillServing(
            f"{model.name} is not removed while a version of it serves: {numbers}. Ask for "
            "Archived for it; once none serves, ask for this again.",
            subject=model.ref,
            stream=model.stream,
            versions=serving,
        )
