"""Finding what somebody chose to have a pack of, among what they may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import Unit
from governance.accounts.queries import CONSOLE, unit_reach
from governance.accounts.rules import Actor
from governance.approvals.models import PromotionRequest
from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.wording import capitalized, counted
from governance.evidence.firm import requirement_sets
from governance.evidence.rules.scopes import (
    OF_ONE,
    STREAMS,
    PackScope,
    ScopeKind,
    ScopeUnseen,
    Wanted,
    period_problems,
    streams_in_words,
)
from governance.inventory.firm import catalogue
from governance.inventory.models import Model, ModelQuerySet
from governance.inventory.queries.ledger import reads_ledger
from governance.inventory.rules import Tier
from governance.registry.models import ModelVersion

MOST_MODELS = 500
"""In one pack. Its evidence is read and printed as one document."""


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A framework of which a file says what it asks for. `is_current`: no other replaced it."""

    id: str
    name: str
    requirements: int
    is_current: bool

    @property
    def label(self) -> str:
        return f"{self.name}, {counted(self.requirements, 'requirement')}"


def offered_frameworks() -> list[Offered]:
    """Return the frameworks that a pack can be read against; of several versions, the newest."""
    known, newest = catalogue(), {one.framework: one for one in requirement_sets().sets}
    return [
        Offered(
            id=framework.id,
            name=framework.name,
            requirements=len(newest[framework.id].requirements),
            is_current=known.successor_of(framework.id) is None,
        )
        for framework in known.frameworks
        if framework.id in newest
    ]


def scope_of_model(model: Model) -> PackScope:
    """Return the scope of everything about one model."""
    return PackScope(kind=ScopeKind.MODEL, title=model.name, models=(model.ref,))


def scope_wanted(*, wanted: Wanted, actor: Actor, at: datetime) -> PackScope:
    """Return what was chosen, with its models by name, as far as the actor may see them.

    Raises InvalidInput naming the field: for what there is not or may not be seen, for a period
    that ends before it begins, for more models than one pack holds.
    """
    if problems := list(period_problems(wanted.since, wanted.until)):
        raise InvalidInput(*problems)
    if set(wanted.frameworks) - {one.id for one in offered_frameworks()}:
        raise invalid("frameworks", "choice", "Choose frameworks from the list.")
    if wanted.kind in OF_ONE:
        return _of_one(wanted, actor=actor, at=at)
    if wanted.kind == ScopeKind.TRAIL:
        return _of_trail(wanted, actor=actor, at=at)
    if wanted.kind == ScopeKind.PORTFOLIO:
        return _of_portfolio(wanted, actor=actor, at=at)
    raise invalid("kind", "choice", "Choose what the pack is of.")


def _of_one(wanted: Wanted, *, actor: Actor, at: datetime) -> PackScope:
    model = _model(wanted.model, actor=actor, at=at)
    title, subject = model.name, ""
    if wanted.kind != ScopeKind.MODEL:
        title, subject = _part(wanted, model)
    return PackScope(
        kind=wanted.kind,
        title=title,
        subject=subject,
        models=(model.ref,),
        frameworks=wanted.frameworks,
        chapters=wanted.chapters,
    )


def _among(actor: Actor, *, at: datetime) -> ModelQuerySet:
    """What the actor may see; whoever has a shell on the server sees everything there."""
    return Model.objects.all() if actor == CONSOLE else Model.objects.visible_to(actor, at=at)


def _reads_ledger(actor: Actor, *, at: datetime) -> bool:
    return actor == CONSOLE or reads_ledger(actor, at=at)


def _model(name: str, *, actor: Actor, at: datetime) -> Model:
    model = _among(actor, at=at).named(name).first() if name else None
    if model is None:
        raise invalid("model", "choice", "Choose a model from the list.")
    return model


def _part(wanted: Wanted, model: Model) -> tuple[str, str]:
    """The name and the reference of the version or the decision that is meant."""
    if wanted.number is None:
        raise invalid("number", "required", "Enter its number.")
    number = wanted.number if 0 < wanted.number < 2**31 else 0
    if wanted.kind == ScopeKind.VERSION:
        version = ModelVersion.objects.filter(model=model, number=number).first()
        if version is None:
            raise invalid("number", "exists", f"{model.name} has no version {wanted.number}.")
        return f"Version {version.number} of {model.name}", version.ref
    request = PromotionRequest.objects.filter(model=model, number=number).first()
    if request is None:
        raise invalid("number", "exists", f"{model.name} has no decision D-{wanted.number}.")
    return f"Decision {request.reference} of {model.name}", request.ref


def _of_portfolio(wanted: Wanted, *, actor: Actor, at: datetime) -> PackScope:
    chosen, models = _filtered(wanted, actor=actor, at=at)
    return PackScope(
        kind=ScopeKind.PORTFOLIO,
        title=capitalized(chosen),
        chosen=f"{chosen}, as far as who asked may see them",
        models=models,
        since=wanted.since,
        until=wanted.until,
        frameworks=wanted.frameworks,
        chapters=wanted.chapters,
    )


def _filtered(wanted: Wanted, *, actor: Actor, at: datetime) -> tuple[str, tuple[str, ...]]:
    """The filter in words, and the models that it finds among what the actor may see."""
    rows, said = _among(actor, at=at), ["all models"]
    if wanted.tier is not None:
        if wanted.tier not in Tier.values:
            raise invalid("tier", "choice", "Choose a tier from the list.")
        rows, said = rows.filter(tier=wanted.tier), [f"all models of {Tier(wanted.tier).label}"]
    if wanted.unit:
        unit = Unit.objects.filter(path=wanted.unit).first()
        rows = rows.filter(unit_reach([wanted.unit], prefix="unit__"))
        if unit is None or not rows.exists():
            raise invalid("unit", "choice", "You may see no such model in a unit of that name.")
        said.append(unit.name)
    keys = list(rows.order_by("name", "pk").values_list("pk", flat=True)[: MOST_MODELS + 1])
    if not keys:
        raise invalid("tier", "empty", "You may see no model of that tier.")
    if len(keys) > MOST_MODELS:
        most = f"A pack holds at most {counted(MOST_MODELS, 'model')}: choose a unit or a tier."
        raise invalid("unit", "count", most)
    return ", ".join(said), tuple(Model(pk=key).ref for key in keys)


def _of_trail(wanted: Wanted, *, actor: Actor, at: datetime) -> PackScope:
    if bool(wanted.model) == bool(wanted.streams):
        message = "Choose either a model or what else happened."
        problems = [Problem(field=name, rule="one", message=message) for name in ("model",)]
        raise InvalidInput(*problems)
    models: Sequence[Model] = ()
    if wanted.model:
        models = [_model(wanted.model, actor=actor, at=at)]
    elif not _reads_ledger(actor, at=at) or set(wanted.streams) - STREAMS.keys():
        raise invalid("streams", "choice", "Choose what you may read of the ledger.")
    return PackScope(
        kind=ScopeKind.TRAIL,
        title=models[0].name if models else capitalized(streams_in_words(wanted.streams)),
        models=tuple(model.ref for model in models),
        streams=wanted.streams,
        since=wanted.since,
        until=wanted.until,
        chapters=wanted.chapters,
    )


def models_in(scope: PackScope, *, actor: Actor, at: datetime) -> list[Model]:
    """Return the models of the scope, in its order. Raises ScopeUnseen where one is not seen."""
    seen = _among(actor, at=at).filter(pk__in=scope.model_ids)
    found = {model.pk: model for model in seen.select_related("unit")}
    if len(found) < len(scope.models) or not (scope.models or scope.streams):
        raise ScopeUnseen("There is no such model.")
    if scope.streams and not _reads_ledger(actor, at=at):
        raise ScopeUnseen("There is no such part of the ledger.")
    return [found[key] for key in scope.model_ids]


def models_of(scope: PackScope) -> list[Model]:
    """Return the models of a scope that was checked when it was asked for, in its order."""
    found = Model.objects.select_related("unit").in_bulk(list(scope.model_ids))
    return [found[key] for key in scope.model_ids]
