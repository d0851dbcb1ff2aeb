"""Model cards: the draft that people write, and the revisions that stay."""

from __future__ import annotations

from functools import cached_property

from django.db import models
from django.db.models import Q

from governance.accounts.models import User
from governance.cards.rules import Card, read_card
from governance.core.models import Record
from governance.registry.models import ModelVersion


class CardDraft(Record):
    """What is being written for one version. `edit_count` counts the saves: a form names the one
    it was filled from, so that nobody overwrites what they have not seen.
    """

    REF = "draft"

    version = models.OneToOneField(
        ModelVersion, on_delete=models.PROTECT, related_name="card_draft"
    )
    sections: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "number"], name="card_revision_once_per_version"
            ),
            models.CheckConstraint(condition=Q(number__gt=0), name="card_revision_is_positive"),
        ]

    def __str__(self) -> str:
        return f"card of {self.version}, revision {self.number}"

    @cached_property
    def card(self) -> Card:
        """What the text says."""
        return read_card(self.text)
