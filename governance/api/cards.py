"""The shapes of model cards: what is asked of them, and what is told."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from governance.api.links import card_link
from governance.cards.actions import Imported
from governance.cards.formats import FORMATS, Reading
from governance.cards.formats.reports import warnings_body
from governance.cards.models import CardRevision
from governance.cards.queries import Draft
from governance.cards.queries.checking import Checked
from governance.cards.rules.editing import key_of
from governance.cards.rules.model_card import Metric
from governance.cards.rules.sections import Section
from governance.core.errors import InvalidInput
from governance.registry.models import ModelVersion

PUBLISHED, DRAFT = "published", "draft"
OF = (PUBLISHED, DRAFT)
LARGEST = 999_999_999


class CardIncomplete(InvalidInput):
    """The card does not say what a card of such a model must say, or claims what is measured."""

    code = "card_incomplete"


class ImportQuery(serializers.Serializer[Any]):
    filename = serializers.CharField(max_length=300, required=False, default="")
    format = serializers.ChoiceField(list(FORMATS), required=False, default="")
    base = serializers.IntegerField(min_value=0, max_value=LARGEST, required=False, default=0)


class ExportQuery(serializers.Serializer[Any]):
    format = serializers.ChoiceField(list(FORMATS), required=False, default="countersign")
    of = serializers.ChoiceField(OF, required=False, default=PUBLISHED)
    revision = serializers.IntegerField(
        min_value=1, max_value=LARGEST, required=False, default=None
    )
    plain = serializers.BooleanField(required=False, default=False)
    report = serializers.BooleanField(required=False, default=False)


class CheckQuery(serializers.Serializer[Any]):
    of = serializers.ChoiceField(OF, required=False, default=PUBLISHED)


def imported_body(done: Imported, reading: Reading, draft: Draft) -> dict[str, Any]:
    """What became of the file; `draft` is the draft as it stands now."""
    version = draft.version
    return {
        "model": version.model.name,
        "version": version.number,
        "base": done.draft.edit_count,
        "changed": done.is_new,
        "format": reading.format,
        "sha256": reading.origin.digest,
        "taken": list(done.taken),
        "not_taken": [
            {
                "field": one.field,
                "place": one.place,
                "name": one.name,
                "says": one.says,
                "stands": one.stands,
                "because": one.why.value,
            }
            for one in done.untaken
        ],
        "kept": [{"format": one.format, "place": one.place} for one in reading.card.kept],
        "warnings": warnings_body(reading.warnings),
        "gaps": gaps_body(draft.gaps),
        "links": {
            "draft": f"{card_link(version)}?show=draft",
            "edit": f"{card_link(version)}edit/",
        },
    }


def cards_body(
    version: ModelVersion, revisions: list[CardRevision], draft: Draft
) -> dict[str, Any]:
    """Every revision, newest first; `draft` is null until somebody saves one."""
    newest = next((row for row in revisions if not row.is_withdrawn), None)
    return {
        "model": version.model.name,
        "version": version.number,
        "published": newest.number if newest else None,
        "revisions": [
            {
                "revision": row.number,
                "digest": row.digest,
                "published_at": row.published_at,
                "published_by": row.published_by.ref,
                "withdrawn_at": row.withdrawal.withdrawn_at if row.is_withdrawn else None,
                "link": f"{card_link(version)}?revision={row.number}",
            }
            for row in revisions
        ],
        "draft": _draft(draft),
    }


def _draft(draft: Draft) -> dict[str, Any] | None:
    if draft.saved is None:
        return None
    return {
        "base": draft.base,
        "edited_at": draft.saved.edited_at,
        "edited_by": draft.saved.edited_by.ref,
        "gaps": gaps_body(draft.gaps),
        "link": f"{card_link(draft.version)}?show=draft",
    }


def gaps_body(gaps: list[Section]) -> list[dict[str, str]]:
    return [{"section": one.key, "title": one.title, "question": one.ask} for one in gaps]


def checked_body(checked: Checked) -> dict[str, Any]:
    """The outcome. Raises CardIncomplete, which tells the same, where anything is missing."""
    body: dict[str, Any] = {
        "model": checked.version.model.name,
        "version": checked.version.number,
        "complete": not checked.problems,
        "of": DRAFT if checked.is_there and checked.revision is None else PUBLISHED,
        "revision": checked.revision.number if checked.revision else None,
        "tier": checked.expected.tier,
        "gaps": gaps_body(checked.gaps),
        "contradicted": [_claim(claim, value) for claim, value in checked.contradicted],
        "link": card_link(checked.version),
    }
    if checked.problems:
        raise CardIncomplete(*checked.problems, **body)
    return body


def _claim(claim: Metric, value: Metric) -> dict[str, str]:
    return {
        "metric": claim.type or claim.name,
        "slice": claim.slice,
        "key": key_of(claim),
        "claimed": claim.value.written,
        "measured": value.value.written,
    }
