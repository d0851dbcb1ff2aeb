"""Publishing a card, and withdrawing it. Each appends one entry, with digests only."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.cards.actions.drafts import check_base, person_of
from governance.cards.models import CardRevision, CardWithdrawal
from governance.cards.queries.drafts import draft_of
from governance.cards.queries.revisions import published_card
from governance.cards.rules.completeness import gap_problems
from governance.cards.rules.model_card import ModelCard
from governance.cards.rules.revisions import (
    CardUnchanged,
    RevisionWithdrawn,
    claim_problems,
    reason_problem,
)
from governance.core.canonical import sha256_hex
from governance.core.errors import InvalidInput
from governance.inventory.actions.keeping import require_in_use
from governance.registry.models import ModelVersion
from governance.registry.queries import locked_version


@transaction.atomic
def publish_card(
    *, version: ModelVersion, actor: Actor, at: datetime, base: int | None = None
) -> CardRevision:
    """Make the draft, with what the registry measured, the version's next revision.

    A draft never saved is the model's last published card, and can be published as it is.
    Appends card.published. `base` is the save that the publisher saw; None publishes what stands
    there. Raises InvalidInput naming each needed section without an answer and each claim of what
    was measured, CardUnchanged, DraftChanged, ModelRetired, NotAPerson, PermissionMissing.
    """
    version = locked_version(version)
    require(actor, Permission.CARD_PUBLISH, unit=version.model.unit, at=at)
    require_in_use(version.model)
    person = person_of(actor)
    draft = draft_of(version)
    check_base(draft, base)
    problems = [*gap_problems(draft.card, draft.expected), *claim_problems(draft.card)]
    if problems:
        raise InvalidInput(*problems)
    revision = _insert_revision(version, draft.card, person, at=at)
    audit.append(
        verb=Verb.CARD_PUBLISHED,
        stream=version.model.stream,
        subject=revision.ref,
        actor=actor.ref,
        at=at,
        facts={"version": version.ref, "number": revision.number, "digest": revision.digest},
        records=[revision],
    )
    return revision


def _insert_revision(
    version: ModelVersion, card: ModelCard, person: User, *, at: datetime
) -> CardRevision:
    newest = published_card(version)
    if newest is not None and newest.card == card:
        raise CardUnchanged(
            f"Revision {newest.number} says this already. Change the draft, then publish.",
            subject=version.ref,
            stream=version.model.stream,
            revision=newest.number,
        )
    text = card.text()
    last = CardRevision.objects.filter(version=version).aggregate(last=Max("number"))["last"] or 0
    return CardRevision.objects.create(
        version=version,
        number=last + 1,
        text=text,
        digest=sha256_hex(text.encode()),
        published_by=person,
        published_at=at,
    )


@transaction.atomic
def withdraw_card(
    *, revision: CardRevision, reason: str, actor: Actor, at: datetime
) -> CardWithdrawal:
    """Say that a published card is not to be relied upon any more. Appends card.withdrawn.

    The revision before it counts again, if it was not withdrawn too. Signatures on a dossier that
    names the withdrawn one are stale. Raises InvalidInput, ModelRetired, NotAPerson,
    PermissionMissing, RevisionWithdrawn.
    """
    version = locked_version(revision.version)
    require(actor, Permission.CARD_PUBLISH, unit=version.model.unit, at=at)
    require_in_use(version.model)
    person = person_of(actor)
    if problem := reason_problem(reason):
        raise problem
    if CardWithdrawal.objects.filter(revision=revision).exists():
        raise RevisionWithdrawn(
            f"Revision {revision.number} was withdrawn before.",
            subject=version.ref,
            stream=version.model.stream,
        )
    withdrawal = CardWithdrawal.objects.create(
        revision=revision,
        reason=audit.write_prose(reason.strip()),
        withdrawn_by=person,
        withdrawn_at=at,
    )
    audit.append(
        verb=Verb.CARD_WITHDRAWN,
        stream=version.model.stream,
        subject=revision.ref,
        actor=actor.ref,
        at=at,
        facts={"version": version.ref, "number": revision.number, "digest": revision.digest},
        records=[withdrawal],
    )
    return withdrawal
