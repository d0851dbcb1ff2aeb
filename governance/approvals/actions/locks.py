"""The locks of a decision, always in this order: request, policy, model, slot, versions by id."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from governance.approvals.models import PolicyVersion, PromotionRequest
from governance.approvals.queries.policies import nothing_is_gated, policy_of, policy_of_move
from governance.approvals.rules.policies import NoPolicy, Policy
from governance.inventory.actions.keeping import require_in_use
from governance.inventory.queries import lacking, locked_model
from governance.inventory.rules import InventoryIncomplete, NotAModel
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries import champion_of, last_incumbent_of
from governance.registry.rules import Stage
from governance.registry.rules.removals import VersionRemoved


def lock_request(request_id: UUID) -> PromotionRequest:
    return (
        PromotionRequest.objects.select_for_update(of=("self",)).with_version().get(pk=request_id)
    )


def lock_policy(version: ModelVersion, *, slot: Slot, target: Stage, at: datetime) -> Policy:
    """Lock and return the policy that reaches the move. Raises NoPolicy.

    Whoever enacts a policy locks every row in force first, so the answer stands until we commit.
    """
    policy = policy_of_move(version, slot=slot, target=target, at=at)
    if policy.is_open:
        return policy  # A file of ours: there is no row that could change.
    row = (
        PolicyVersion.objects.in_force()
        .select_for_update()
        .filter(pk=policy.ref.partition(":")[2])
        .first()
    )
    if row is None:
        raise NoPolicy("The policy was replaced this moment. Ask again.")
    return policy_of(row)


def require_same_policy(
    policy: Policy, version: ModelVersion, *, slot: Slot, target: Stage, at: datetime
) -> None:
    """Raise NoPolicy if the locked version falls under another policy than the one locked.

    The policy is locked before the model, so tier or stage may have changed in between.
    """
    chosen = policy_of_move(version, slot=slot, target=target, at=at)
    if (chosen.ref, chosen.key) != (policy.ref, policy.key):
        raise NoPolicy("The version's record changed this moment. Ask again.")


def require_complete(version: ModelVersion, *, target: Stage) -> None:
    """Raise InventoryIncomplete, naming what the model's record lacks, if it lacks anything, and
    NotAModel where it was determined to be none: what has no tier would fall under no policy.

    What is put away needs no record; where nothing is gated, nobody is asked for one either.
    """
    if target == Stage.ARCHIVED or nothing_is_gated():
        return
    if version.model.is_tool:
        raise NotAModel(
            f"{version.model.name} is on record as a tool that is no model, so no version of it "
            "moves. If it is one, determine that anew, or assess its tier, on its page under "
            "Assessments.",
            subject=version.ref,
            stream=version.model.stream,
        )
    if gaps := lacking(version.model):
        raise InventoryIncomplete(
            f"The inventory record of {version.model.name} lacks {', '.join(gaps)}. No version "
            "moves until a model owner completes it.",
            subject=version.ref,
            stream=version.model.stream,
            missing=gaps,
        )


def lock_version(version: ModelVersion, slot: Slot, *, target: Stage) -> tuple[ModelVersion, Slot]:
    """Lock the model, the slot, and every version that the move could touch.

    Raises VersionRemoved, and ModelRetired but for what is put away.
    """
    model = locked_model(version.model)
    if target != Stage.ARCHIVED:
        require_in_use(model)
    slot = Slot.objects.select_for_update().get(pk=slot.pk)
    touched = {version.pk} | {v.pk for v in (champion_of(slot), last_incumbent_of(slot)) if v}
    rows = {
        row.pk: row
        for row in ModelVersion.objects.select_for_update(of=("self",))
        .select_related("registered_by")
        .filter(pk__in=touched)
        .order_by("pk")
    }
    locked = rows[version.pk]
    locked.model = model
    if locked.removed_at is not None:
        raise VersionRemoved(f"{locked} was removed from the registry: it goes nowhere.")
    return locked, slot
