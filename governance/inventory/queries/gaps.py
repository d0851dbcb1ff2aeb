"""What a record lacks: what no version may move without, and what somebody has to look at."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from governance.accounts.models import RoleGrant
from governance.accounts.rules import Role, covers
from governance.core.errors import Problem
from governance.inventory.models import Model
from governance.inventory.queries.custom_fields import unanswered
from governance.inventory.rules import REQUIRED, Origin


@dataclass(frozen=True, kw_only=True)
class RecordGaps:
    """`lacking`: no version moves before it is there. `flagged`: it stands, and is not right.

    The message of each is in words that complete "the record lacks".
    """

    lacking: list[Problem] = field(default_factory=list)
    flagged: list[Problem] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        return [problem.message for problem in (*self.lacking, *self.flagged)]


def lacking(model: Model) -> list[str]:
    """Return what the record lacks before any version may move, in words."""
    return [*model.gaps, *(f"“{one.label}”" for one in unanswered([model])[model.pk])]


def record_gaps(models: Collection[Model], *, at: datetime) -> dict[UUID, RecordGaps]:
    """Return the gaps of each record, in three queries. The rows have unit, owner and validator."""
    open_fields, approving = unanswered(models), _approving_paths(at)
    return {
        model.pk: RecordGaps(
            lacking=[
                *_of_every_record(model),
                *(
                    Problem(field=one.form_name, rule="required", message=f"“{one.label}”")
                    for one in open_fields[model.pk]
                ),
            ],
            flagged=list(_flagged(model, approving)),
        )
        for model in models
    }


def _of_every_record(model: Model) -> Iterator[Problem]:
    fields = {words: name for name, words in REQUIRED.items()}
    for words in model.gaps:
        yield Problem(field=fields[words], rule="required", message=words)


def _approving_paths(at: datetime) -> list[str]:
    """The units in which somebody who can sign in approves."""
    grants = RoleGrant.objects.at(at).filter(role=Role.APPROVER, user__is_active=True)
    return [grant.unit.path for grant in grants]


def _flagged(model: Model, approving: Collection[str]) -> Iterator[Problem]:
    if model.owner is not None and not model.owner.is_active:
        yield Problem(field="owner", rule="active", message="an active owner")
    if model.validator is not None and not model.validator.is_active:
        yield Problem(field="validator", rule="active", message="an active validator")
    if not any(covers(path, model.unit.path) for path in approving):
        message = f"an approver in {model.unit.name}"
        yield Problem(field="unit", rule="approver", message=message)
    if model.origin == Origin.VENDOR and not model.vendor_name:
        yield Problem(field="vendor_name", rule="required", message="the vendor’s name")
