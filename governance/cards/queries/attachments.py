"""Reads of the bytes that cards name by their digest."""

from __future__ import annotations

from collections.abc import Mapping

from governance.cards.models import CardAttachment, CardDraft, CardRevision
from governance.cards.rules.model_card import ModelCard
from governance.cards.rules.revisions import CardNotFound
from governance.registry.models import ModelVersion


def digests_in(card: ModelCard) -> frozenset[str]:
    """Return the digests of all figures and source files that the card names."""
    return frozenset(
        {figure.digest for figure in card.figures} | {source.digest for source in card.sources}
    )


def attachment_of(version: ModelVersion, digest: str) -> CardAttachment:
    """Return what the draft, a revision or the card that the draft starts from names.

    Raises CardNotFound for every other digest, so that nobody reads by guessing.
    """
    named = digest in {
        d.get("digest")
        for key in ("figures", "sources")
        for parts in CardDraft.objects.filter(version=version).values_list("parts", flat=True)
        for d in parts.get(key, ())
    }
    if not named:
        rows = CardRevision.objects.filter(version__model=version.model, text__contains=digest)
        named = any(digest in digests_in(row.card) for row in rows)
    found = CardAttachment.objects.filter(digest=digest).first() if named else None
    if found is None:
        raise CardNotFound("No card of this model has such a file.")
    return found


def with_attachments(card: ModelCard) -> ModelCard:
    """Return the card with the bytes of all that it names, to be written to a file."""
    return ModelCard(**{**vars(card), "attachments": attachments_of(card)})


def attachments_of(card: ModelCard) -> Mapping[str, bytes]:
    rows = CardAttachment.objects.filter(digest__in=digests_in(card))
    return {row.digest: bytes(row.data) for row in rows}
