"""Collecting the evidence of a scope: which streams, of which period, and what is derived."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

from governance.evidence.actions.collecting import as_of_now
from governance.evidence.queries.collecting import collect, collect_trail
from governance.evidence.queries.coverage import coverage_of
from governance.evidence.queries.proving import Anchor
from governance.evidence.queries.sample_packs import members_of_sample
from governance.evidence.queries.scopes import models_of
from governance.evidence.queries.streams import Period
from governance.evidence.rules.matrix import MEMBER, coverage_member
from governance.evidence.rules.scopes import PackScope, ScopeKind
from governance.inventory.firm import catalogue
from governance.inventory.models import Model

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)

Each = Callable[[int, int], None]


def evidence_of(
    scope: PackScope,
    *,
    by: str,
    at: datetime,
    each: Each,
    anchor: Anchor | None = None,
    since: Sequence[int] = (),
) -> dict[str, Any]:
    """Return the evidence of a scope as of the anchor, or as it stands.

    Equal records, scopes and anchors give equal evidence. `each` is told before each model is read.
    Appends checkpoint.made unless there is an anchor, or the newest checkpoint still is the ledger
    as it stands. Raises CheckpointBehind.
    """
    models = models_of(scope)
    read = _whole if scope.models and scope.kind != ScopeKind.TRAIL else _trail

    def gathered(found: Anchor | None) -> dict[str, Any]:
        rests_on = replace(found, since=since) if found else None
        moment = rests_on.point.entry.at if rests_on else at
        return read(scope, models, rests_on, moment, each)

    return gathered(anchor) if anchor else as_of_now(gathered, by=by, at=at)


def _whole(
    scope: PackScope, models: Sequence[Model], anchor: Anchor | None, moment: datetime, each: Each
) -> dict[str, Any]:
    return collect(
        models,
        anchor=anchor,
        scope=scope.body(),
        frameworks=scope.frameworks,
        more=partial(_derived, scope, models, moment),
        each=each,
    )


def _derived(scope: PackScope, models: Sequence[Model], moment: datetime) -> Mapping[str, Any]:
    """What is worked out of the records at that moment; it says of itself that it is."""
    drawn = _drawn(scope)
    if not scope.frameworks:
        return drawn
    found = coverage_of(models, at=moment, frameworks=scope.frameworks)
    names = {one.id: one.name for one in catalogue().frameworks}
    by_ref = {model.ref: found[model.pk] for model in models}
    return {**drawn, MEMBER: coverage_member(by_ref, names=names)}


def _drawn(scope: PackScope) -> Mapping[str, Any]:
    """The sample and its population, where the scope is of one."""
    return members_of_sample(scope) if scope.kind == ScopeKind.SAMPLE else {}


def _trail(
    scope: PackScope, models: Sequence[Model], anchor: Anchor | None, moment: datetime, each: Each
) -> dict[str, Any]:
    each(1, 1)
    return collect_trail(
        models,
        period=_period(scope, moment),
        anchor=anchor,
        streams=scope.streams,
        scope=scope.body(),
        more=partial(_drawn, scope),
    )


def _period(scope: PackScope, moment: datetime) -> Period:
    """The days that were chosen, up to the moment of which the evidence is: not beyond it."""
    since = datetime.combine(scope.since, time(), UTC) if scope.since else BEGINNING
    over = moment + INSTANT
    if scope.until:
        over = min(over, datetime.combine(scope.until, time(), UTC) + timedelta(days=1))
    return Period(since=since, until=max(over, since))
