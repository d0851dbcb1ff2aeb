"""Model cards: the draft that people write, the revisions that stay, and what is said of them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Q

from governance.accounts.models import User
from governance.audit.models import Prose
from governance.cards.rules.model_card import ModelCard, card_of_text
from governance.core.models import Record
from governance.registry.models import ModelVersion


class CardDraft(Record):
    """What is being written for one version: texts by section, and `parts`, the rest of the card
    but for what the registry fills in.

    `edit_count` counts the saves, and `edits` says in which of them each part was last changed: a
    form names the save it was filled from, so that nobody overwrites what they have not seen.
    """

    REF = "draft"

    version = models.OneToOneField(
        ModelVersion, on_delete=models.PROTECT, related_name="card_draft"
    )
    sections: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    parts: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    edits: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    edit_count = models.PositiveIntegerField(default=0)
    edited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"card draft of {self.version}"


class CardEditor(Record):
    """That a person has written in the card of a version; it is never forgotten."""

    REF = "card-editor"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="card_editors")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "user"], name="card_editor_once_per_version"
            ),
        ]


class CardAttachment(Record):
    """The bytes of a figure, or of a file that a card was read from, by their SHA-256.

    Cards name it by `digest`; whoever may read one of those cards may read it.
    """

    REF = "card-attachment"

    digest = models.CharField(max_length=64, unique=True)
    media_type = models.CharField(max_length=100, blank=True)
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"attachment {self.digest[:12]}"


class CardRevisionQuerySet(models.QuerySet["CardRevision"]):
    def standing(self) -> CardRevisionQuerySet:
        """Return those that were not withdrawn."""
        return self.filter(withdrawal=None)


class CardRevision(Record):
    """A published card. `text` is canonical, so `digest`, its SHA-256, can be recomputed."""

    REF = "card"

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="card_revisions"
    )
    number = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField()

    objects = CardRevisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "number"], name="card_revision_once_per_version"
            ),
            models.CheckConstraint(condition=Q(number__gt=0), name="card_revision_is_positive"),
        ]

    def __str__(self) -> str:
        return f"card of {self.version}, revision {self.number}"

    @property
    def is_withdrawn(self) -> bool:
        """Tell whether somebody withdrew it; a query where the withdrawal was not read along."""
        return hasattr(self, "withdrawal")

    @cached_property
    def card(self) -> ModelCard:
        """What the text says."""
        return card_of_text(self.text)


class CardWithdrawal(Record):
    """That a published card must not be relied upon any more, and why. The text stays readable."""

    REF = "card-withdrawal"

    revision = models.OneToOneField(
        CardRevision, on_delete=models.PROTECT, related_name="withdrawal"
    )
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField()


class CardComment(Record):
    """What somebody said of one section, on a revision or, without one, on the draft of a version.

    It stays with the section of the model's card through later revisions and versions until
    somebody settles it.
    """

    REF = "card-comment"

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="card_comments"
    )
    revision = models.ForeignKey(
        CardRevision, on_delete=models.PROTECT, null=True, related_name="comments"
    )
    section = models.CharField(max_length=40)
    body = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["version", "section"], name="card_comment_by_section")]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_by=None, settled_at=None)
                | Q(settled_by__isnull=False, settled_at__isnull=False),
                name="card_comment_settled_by_somebody",
            ),
        ]


class UnsavedText(models.Model):
    """What somebody typed into a section and did not save: theirs alone, no record, and gone with
    their next save of that section.
    """

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    section = models.CharField(max_length=40)
    text = models.TextField(blank=True)
    base = models.PositiveIntegerField()
    typed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "user", "section"], name="unsaved_text_once_per_writer"
            ),
        ]
