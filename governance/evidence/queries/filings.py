"""Reads of what people filed as evidence, and of what they stated not to apply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from governance.accounts.rules import Actor
from governance.core.wording import as_date, full_day
from governance.evidence.firm import requirement_sets
from governance.evidence.models import EvidenceFile, FiledEvidence, Inapplicability
from governance.evidence.rules.collectors import Collector
from governance.evidence.rules.coverage import EvidenceItem, aged, requirement_key
from governance.evidence.rules.filings import EvidenceNotFound, RequirementNotFound
from governance.evidence.rules.requirements import Level, Requirement
from governance.inventory.models import Model


def requirements_asking(kind: str, *, level: Level) -> Mapping[str, Requirement]:
    """Return the requirements of that level that ask for a kind of evidence, by `framework/id`.

    Without a kind all of the level; of several versions the last.
    """
    return {
        requirement_key(one): one
        for found in requirement_sets().sets
        for one in found.requirements
        if one.level == level and (not kind or kind in one.evidence)
    }


def filed_items(
    models: Iterable[Model], kinds: Mapping[str, Collector], *, at: datetime
) -> Mapping[UUID | None, list[EvidenceItem]]:
    """Return what is filed of each model, and under None of the firm, in one query."""
    tiers = {model.pk: model.tier_at(at) for model in models}
    of = Q(model=None) | Q(model__in=list(tiers))
    rows = FiledEvidence.objects.standing().filter(of, filed_at__lte=at, kind__in=kinds)
    found: dict[UUID | None, list[EvidenceItem]] = {}
    for row in rows.select_related("title").order_by("-made_date", "-filed_at"):
        tier = tiers.get(row.model_id) if row.model_id else None
        until = row.valid_until or kinds[row.kind].fresh.lasts_until(row.made_date, tier=tier)
        item = EvidenceItem(
            kind=row.kind,
            ref=row.ref,
            label=str(row.title),
            day=row.made_date,
            only_for=frozenset(row.requirements),
        )
        found.setdefault(row.model_id, []).append(aged(item, until, today=as_date(at)))
    return found


def exempt_from(models: Iterable[Model], *, today: date) -> Mapping[UUID, dict[str, str]]:
    """Return what was stated not to apply to each model, and why, in one query."""
    found: dict[UUID, dict[str, str]] = {model.pk: {} for model in models}
    rows = Inapplicability.objects.holding(today).filter(model__in=list(found))
    for row in rows.select_related("reason", "stated_by").order_by("stated_at"):
        said = f"Stated by {row.stated_by.name} through {full_day(row.until_date)}: {row.reason}"
        found[row.model_id][row.requirement] = said
    return found


def filing_by_id(filed_id: UUID, *, actor: Actor, at: datetime) -> FiledEvidence:
    """Return what was filed, or raise EvidenceNotFound: absent and invisible look alike."""
    seen = FiledEvidence.objects.visible_to(actor, at=at).with_all()
    found = seen.filter(pk=filed_id).first()
    if found is None:
        raise EvidenceNotFound("No such evidence is filed.")
    return found


def filings_of(model: Model | None) -> Sequence[FiledEvidence]:
    """Return everything that was filed of a model, or of the firm, newest first."""
    return list(FiledEvidence.objects.filter(model=model).with_all().order_by("-filed_at", "-pk"))


def statement_in_force(model: Model, requirement: str, *, today: date) -> Inapplicability | None:
    """Return what was stated last of the requirement, if it holds."""
    rows = Inapplicability.objects.holding(today).filter(model=model, requirement=requirement)
    return rows.select_related("reason", "stated_by").order_by("-stated_at").first()


def requirement_asked(key: str, *, level: Level) -> Requirement:
    """Return the requirement, or raise RequirementNotFound."""
    found = requirements_asking("", level=level).get(key)
    if found is None:
        raise RequirementNotFound("There is no such requirement.")
    return found


def filed_file(filed: FiledEvidence) -> tuple[bytes, str]:
    """Return the bytes that were filed and a name for them. Raises EvidenceNotFound."""
    row = EvidenceFile.objects.filter(filings=filed.pk).first()
    if row is None:
        raise EvidenceNotFound("No file was filed, only where it is.")
    ending = f".{filed.ending}" if filed.ending else ""
    return bytes(row.data), f"{row.digest[:16]}{ending}"
