"""Reads of everything that a document about one version is made from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from governance.accounts.models import User
from governance.approvals.models import PromotionRequest
from governance.approvals.rules.judgement import RequestState
from governance.cards.models import CardRevision
from governance.cards.queries import card_revisions, draft_of, expected_of
from governance.cards.queries.names import named
from governance.cards.queries.revisions import revisions_of_model
from governance.cards.rules.revisions import CardNotFound
from governance.core.wording import day
from governance.evidence.queries import document_facts as facts
from governance.evidence.queries.collecting import names_in
from governance.evidence.rules.documents.blocks import Document, Reader
from governance.evidence.rules.documents.making import document_for
from governance.evidence.rules.documents.material import CardBefore, CardShown, Material
from governance.inventory.models import Model
from governance.inventory.queries.dependencies import consumers_directly, feeders_directly
from governance.inventory.rules import AiActClass, Kind, Tier
from governance.registry.models import ModelVersion
from governance.registry.queries import deprecation_of
from governance.registry.rules import SlotRole, Stage

RECORD = (
    "purpose",
    "intended_use",
    "excluded_use",
    "limitations",
    "restrictions",
    "products",
    "inputs",
    "outputs",
    "vendor_name",
    "vendor_product",
    "vendor_release",
)


def document_of(
    version: ModelVersion,
    reader: Reader,
    *,
    actor: User,
    at: datetime,
    revision: int | None = None,
    as_draft: bool = False,
) -> Document:
    """Return the document about the version for that kind of reader, as things stand.

    It shows the revision that is asked for, else the newest that was not withdrawn, else the draft.
    The caller has checked that the version may be seen; of other models only what the actor may
    see is named. Raises CardNotFound for a revision that does not exist.
    """
    revisions = card_revisions(version)
    row = None if as_draft else _chosen(revisions, revision)
    shown = _shown(version, row, revisions)
    more = {} if reader == Reader.FULL else _beside(version, actor=actor, at=at)
    if reader == Reader.REVIEWER:
        more["before"] = _before(version, row)
    return document_for(reader, Material(**_about(version, at=at), card=shown, **more))


def _chosen(revisions: list[CardRevision], number: int | None) -> CardRevision | None:
    if number is None:
        return next((one for one in revisions if not one.is_withdrawn), None)
    found = next((one for one in revisions if one.number == number), None)
    if found is None:
        raise CardNotFound(f"There is no revision {number} of this card.")
    return found


def _shown(
    version: ModelVersion, row: CardRevision | None, revisions: list[CardRevision]
) -> CardShown:
    if row is None:
        draft = draft_of(version)
        return CardShown(card=named(draft.card), expected=draft.expected)
    newest = next((one for one in revisions if not one.is_withdrawn), None)
    withdrawn = ""
    if row.is_withdrawn:
        end = row.withdrawal
        withdrawn = f"{day(end.withdrawn_at)} by {end.withdrawn_by.name}: {facts.said(end.reason)}"
    return CardShown(
        card=named(row.card),
        expected=expected_of(version.model),
        revision=row.number,
        published_by=row.published_by.name,
        published_at=row.published_at,
        digest=row.digest,
        withdrawn=withdrawn,
        replaced_by=newest.number if newest and newest.number > row.number else None,
    )


def _about(version: ModelVersion, *, at: datetime) -> dict[str, Any]:
    model, owner = version.model, version.model.owner
    return {
        "model": model.name,
        "version": version.number,
        "label": version.label,
        "stage": Stage(version.stage).label,
        "source": version.source,
        "digest": version.digest,
        "run": version.run_id,
        "registered_by": version.registered_by.name,
        "registered_at": version.registered_at,
        "organization": settings.ORGANIZATION,
        "unit": model.unit.name,
        "owner": owner.name if owner else "",
        "owner_contact": facts.contact_of(owner),
        "tier": _tier(model, at),
        "ai_act_class": AiActClass(model.ai_act_class).label if model.ai_act_class else "",
        "kind": Kind(model.kind).label if model.kind else "",
        "record": {field: str(getattr(model, field)) for field in RECORD}
        | {"jurisdictions": ", ".join(model.jurisdiction_codes)},
        "as_of": at,
    }


def _tier(model: Model, at: datetime) -> str:
    tier = model.tier_at(at)
    if tier is None:
        return "None needed: it is no model" if model.is_tool else ""
    return str(Tier(tier).label)


def _beside(version: ModelVersion, *, actor: User, at: datetime) -> dict[str, Any]:
    model = version.model
    found, approved = facts.findings(version), facts.approvals(version)
    names = names_in([], [change.changed_by for change in facts.moves_of(version)])
    feeders = feeders_directly(model, actor=actor, at=at).rows
    consumers = consumers_directly(model, actor=actor, at=at).rows
    return {
        "serves": _serves(version),
        "deprecated": _deprecated(version),
        "reports": facts.reports(version),
        "findings": found,
        "comments": facts.comments(model),
        "approvals": approved,
        "data": facts.data(version),
        "parents": facts.parents(version),
        "parts": facts.parts(version),
        "files": facts.files(version),
        "environment": facts.environment(version),
        "feeders": tuple((one.feeder.name, facts.said(one.flows)) for one in feeders),
        "consumers": tuple(one.consumer.name for one in consumers),
        "changes": facts.changes(model, version, names),
        "watching": facts.watching(model, version),
        "assessments": facts.assessments(model),
        "waivers": facts.waivers(model),
        "coming": facts.coming(model, found, approved, at=at),
    }


def _serves(version: ModelVersion) -> str:
    rows = version.assignments.current().select_related("slot").order_by("slot__name", "role")
    return ", ".join(f"{SlotRole(one.role).label} in {one.slot.name}" for one in rows)


def _deprecated(version: ModelVersion) -> str:
    row = deprecation_of(version)
    return f"Not to be used from {day(row.from_date)}: {facts.said(row.reason)}" if row else ""


def _before(version: ModelVersion, row: CardRevision | None) -> CardBefore | None:
    """Return what a reviewer knows: the revision before of this version's card, else the card of
    the version that was approved last, else what was published last of any other version.
    """
    rows = [one for one in revisions_of_model(version.model) if not one.is_withdrawn]
    own = [one for one in rows if one.version_id == version.pk]
    earlier = [one for one in own if row is None or one.number < row.number]
    if earlier:
        found = max(earlier, key=lambda one: one.number)
        return CardBefore(label=f"revision {found.number}", card=named(found.card))
    limit = row.published_at if row else None
    others = [
        one
        for one in rows
        if one.version_id != version.pk and (limit is None or one.published_at <= limit)
    ]
    if not others:
        return None
    approved = (
        PromotionRequest.objects.filter(
            version__in={one.version_id for one in others},
            target=Stage.PRODUCTION,
            state=RequestState.DONE,
        )
        .order_by("-closed_at")
        .values_list("version_id", flat=True)
        .first()
    )
    found = next((one for one in others if one.version_id == approved), others[0])
    label = f"revision {found.number} of version {found.version.number}"
    return CardBefore(label=label, card=named(found.card))
