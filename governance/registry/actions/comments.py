"""Comments on a version. A changed text is a new text; the old one stays on record."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, VersionComment
from governance.registry.queries.comments import standing_comments
from governance.registry.rules.comments import CommentNotFound, NotTheAuthor, comment_problem

# A client that hears no answer sends the call again for minutes.
REPETITION = timedelta(minutes=10)


@transaction.atomic
def comment_on_version(
    *, version: ModelVersion, text: str, actor: Actor, at: datetime
) -> VersionComment:
    """Say something about a version, in the name of the person who answers for the actor.

    The same words through the same account within ten minutes are one comment. Appends
    comment.written. Raises InvalidInput, NotAPerson, PermissionMissing.
    """
    require(actor, Permission.COMMENT_WRITE, unit=version.model.unit, at=at)
    author = _person(actor)
    if problem := comment_problem(text):
        raise problem
    newest = standing_comments().filter(version=version, written_via=actor.ref).last()
    if newest and newest.body.text == text and at - newest.written_at < REPETITION:
        return newest
    comment = VersionComment.objects.create(
        version=version,
        body=audit.write_prose(text),
        author=author,
        written_via=actor.ref,
        written_at=at,
    )
    _append(Verb.COMMENT_WRITTEN, comment, actor=actor, at=at)
    return comment


@transaction.atomic
def edit_comment(*, comment_id: UUID, text: str, actor: Actor, at: datetime) -> VersionComment:
    """Put other words in the place of one's own. Appends comment.edited; nothing for the same.

    Raises CommentNotFound, InvalidInput, NotAPerson, NotTheAuthor, PermissionMissing.
    """
    comment = _own(comment_id, actor=actor, at=at)
    if problem := comment_problem(text):
        raise problem
    if comment.body.text == text:
        return comment
    comment.body, comment.edited_at = audit.write_prose(text), at
    comment.save(update_fields=["body", "edited_at"])
    _append(Verb.COMMENT_EDITED, comment, actor=actor, at=at)
    return comment


@transaction.atomic
def remove_comment(*, comment_id: UUID, actor: Actor, at: datetime) -> None:
    """Take one's own comment back: it is shown no more, and stays on record.

    Appends comment.removed. Raises CommentNotFound, NotAPerson, NotTheAuthor, PermissionMissing.
    """
    comment = _own(comment_id, actor=actor, at=at)
    comment.removed_at = at
    comment.save(update_fields=["removed_at"])
    _append(Verb.COMMENT_REMOVED, comment, actor=actor, at=at)


def _own(comment_id: UUID, *, actor: Actor, at: datetime) -> VersionComment:
    """Lock and return the actor's comment; one that they may not see is not there."""
    visible = Model.objects.visible_to(actor, at=at)
    comment = (
        standing_comments()
        .select_for_update(of=("self",))
        .filter(pk=comment_id, version__model__in=visible)
        .first()
    )
    if comment is None:
        raise CommentNotFound("There is no such comment.")
    require(actor, Permission.COMMENT_WRITE, unit=comment.version.model.unit, at=at)
    if comment.author != _person(actor):
        raise NotTheAuthor(
            "Only who wrote a comment changes it or takes it back.",
            subject=comment.version.ref,
            stream=comment.version.model.stream,
        )
    return comment


def _person(actor: Actor) -> User:
    if actor.person is None:
        raise NotAPerson("A comment is written by a person, or on a person's account.")
    return actor.person


def _append(verb: Verb, comment: VersionComment, *, actor: Actor, at: datetime) -> None:
    audit.append(
        verb=verb,
        stream=comment.version.model.stream,
        subject=comment.version.ref,
        actor=actor.ref,
        at=at,
        facts={"comment": comment.ref, "number": comment.version.number},
        records=[comment],
    )
