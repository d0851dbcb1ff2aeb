"""Comments on the sections of a card. They stay until somebody settles them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.cards.actions.drafts import person_of
from governance.cards.models import CardComment, CardRevision
from governance.cards.rules.sections import BY_KEY
from governance.core.errors import invalid
from governance.inventory.models import Model
from governance.registry.models import ModelVersion
from governance.registry.rules.comments import CommentNotFound, comment_problem


@transaction.atomic
def comment_on_section(
    *,
    version: ModelVersion,
    section: str,
    text: str,
    actor: Actor,
    at: datetime,
    revision: CardRevision | None = None,
) -> CardComment:
    """Say something of a section, as it stands in the revision or, without one, in the draft.

    Appends card.commented. Raises InvalidInput, NotAPerson, PermissionMissing.
    """
    require(actor, Permission.COMMENT_WRITE, unit=version.model.unit, at=at)
    author = person_of(actor)
    if section not in BY_KEY:
        raise invalid("section", "unknown", f"A card has no section {section!r}.")
    if problem := comment_problem(text):
        raise problem
    comment = CardComment.objects.create(
        version=version,
        revision=revision,
        section=section,
        body=audit.write_prose(text),
        author=author,
        written_at=at,
    )
    _append(Verb.CARD_COMMENTED, comment, actor=actor, at=at)
    return comment


@transaction.atomic
def settle_comment(*, comment_id: UUID, actor: Actor, at: datetime) -> CardComment:
    """Say that a comment is dealt with. Appends card.comment_settled; nothing the second time.

    Raises CommentNotFound, NotAPerson, PermissionMissing.
    """
    comment = (
        CardComment.objects.select_for_update(of=("self",))
        .filter(pk=comment_id, version__model__in=Model.objects.visible_to(actor, at=at))
        .select_related("version__model__unit")
        .first()
    )
    if comment is None:
        raise CommentNotFound("There is no such comment.")
    require(actor, Permission.COMMENT_WRITE, unit=comment.version.model.unit, at=at)
    person = person_of(actor)
    if comment.settled_at is None:
        comment.settled_by, comment.settled_at = person, at
        comment.save(update_fields=["settled_by", "settled_at"])
        _append(Verb.CARD_COMMENT_SETTLED, comment, actor=actor, at=at)
    return comment


def _append(verb: Verb, comment: CardComment, *, actor: Actor, at: datetime) -> None:
    audit.append(
        verb=verb,
        stream=comment.version.model.stream,
        subject=comment.version.ref,
        actor=actor.ref,
        at=at,
        facts={"comment": comment.ref, "section": comment.section},
        records=[comment],
    )
