"""Registering a version once, although the client sends a create call again when it hears nothing.

MLflow's protocol has no key that tells a repetition from a second registration of the same thing,
and the client repeats a POST for minutes after a lost answer. So a call is taken for a repetition
when it can be nothing else that matters: the model's newest version came from the same caller
within the last ten minutes, says the same in every part, and points to one particular artifact (a
logged model, files given by digest, or a label). Then the version that exists is the answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from governance.accounts.rules import Actor
from governance.approvals.queries.policies import judged_metrics
from governance.inventory.models import Model
from governance.inventory.queries import locked_present_model
from governance.mlflow_api.parsing import Parameters
from governance.registry import actions as registry
from governance.registry.models import ModelVersion
from governance.registry.rules import (
    ARTIFACTS_TAG,
    BUNDLE_TAG,
    LABEL_TAG,
    Registration,
    lineage_from_tags,
    parse_artifacts,
    parse_bundle,
    stated_committer,
    without_committer,
)

# Longer than the client's seven repetitions with their growing pauses take.
REPETITION = timedelta(minutes=10)


@transaction.atomic
def register_once(*, model: Model, said: Parameters, actor: Actor, at: datetime) -> ModelVersion:
    """Return the version this call registers, or has registered a moment ago.

    Raises InvalidInput, ModelNotFound, PermissionMissing.
    """
    registration, tags = _registration(said), said.tags()
    model = locked_present_model(model)
    known = _registered_just_now(model, registration, tags, said, actor=actor, at=at)
    return known or registry.register_version(
        model=model,
        registration=registration,
        description=said.text("description"),
        tags=tags,
        judged=judged_metrics(),
        actor=actor,
        at=at,
    )


def _registration(said: Parameters) -> Registration:
    tags = said.tags()
    return Registration(
        source=said.required("source"),
        run_id=said.text("run_id"),
        run_link=said.text("run_link"),
        logged_model_id=said.text("model_id"),
        artifacts=parse_artifacts(tags[ARTIFACTS_TAG]) if ARTIFACTS_TAG in tags else (),
        lineage=lineage_from_tags(tags),
        parts=parse_bundle(tags[BUNDLE_TAG]) if BUNDLE_TAG in tags else (),
        committer=stated_committer(tags),
    )


def _registered_just_now(
    model: Model,
    registration: Registration,
    tags: dict[str, str],
    said: Parameters,
    *,
    actor: Actor,
    at: datetime,
) -> ModelVersion | None:
    if not (registration.logged_model_id or registration.artifacts or LABEL_TAG in tags):
        return None
    newest = model.versions.with_model().select_related("committed_by").order_by("-number").first()
    if newest is None or newest.removed_at:
        return None
    # A repetition is bound to find the version as it was made; tags set since show it was heard of.
    same = (
        newest.digest == registration.digest(model=model.ref, number=newest.number)
        and newest.registered_via == actor.ref
        and newest.description == said.text("description")
        and {tag.key: tag.value for tag in newest.tags.all()} == without_committer(tags)
        and _committed(newest, registration.committer)
    )
    return newest if same and at - newest.registered_at < REPETITION else None


def _committed(version: ModelVersion, committer: str) -> bool:
    """Nobody said who committed it, or the person on record has this address."""
    known = version.committed_by.email if version.committed_by else ""
    return not committer or known.lower() == committer.lower()
