"""Reading the inventory for examiners: what is on record of each model, in words, now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from governance.accounts.models import User
from governance.audit.models import LedgerStream
from governance.audit.rules import stream_id
from governance.core.grouping import by_key
from governance.core.wording import as_date, counted, sentence
from governance.evidence.queries.document_facts import said
from governance.evidence.queries.past import PastStanding, past_standings
from governance.evidence.rules.inventory_extract import HEADINGS, ExtractLine
from governance.inventory.models import Dependency, Determination, Model, ModelQuerySet, Waiver
from governance.inventory.queries.reviews import ReviewStanding, review_standings
from governance.inventory.rules import Tier
from governance.registry.rules import SlotRole, Stage
from governance.validation.models import Report
from governance.validation.rules import Opinion

MODELS_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What stands beside the records of some models, by the key of the model."""

    standings: Mapping[UUID, PastStanding]
    reviews: Mapping[UUID, ReviewStanding]
    determined: Mapping[UUID, str]
    feeders: Mapping[UUID, Sequence[Dependency]]
    seen: frozenset[UUID]
    waivers: Mapping[UUID, Sequence[Waiver]]
    reports: Mapping[UUID, Report]
    entries: Mapping[UUID, int]


def extract_rows(models: ModelQuerySet, *, reader: User, at: datetime) -> Iterator[list[str]]:
    """Yield the headings, and then a row for each model, in the order of the models.

    The caller has narrowed the models to what the reader may see; of others that feed one of them
    it is said how many there are. A fixed number of queries for every MODELS_AT_ONCE.
    """
    yield list(HEADINGS)
    found = models.with_people().iterator(chunk_size=MODELS_AT_ONCE)
    while part := list(islice(found, MODELS_AT_ONCE)):
        beside = _beside(part, reader, at)
        yield from (_line(model, beside).cells for model in part)


def _beside(models: Sequence[Model], reader: User, at: datetime) -> Beside:
    today = as_date(at)
    determined = Determination.objects.filter(model__in=models).order_by("decided_at", "-pk")
    feeding = Dependency.objects.current().filter(consumer__in=models).with_models()
    feeders = list(feeding.order_by("feeder__name"))
    ends = [row.feeder_id for row in feeders]
    waivers = Waiver.objects.in_force(today).filter(model__in=models).select_related("waived")
    reports = Report.objects.filter(version__model__in=models).select_related(
        "version", "signed_name"
    )
    streams = {stream_id(model.stream): model.pk for model in models}
    heads = LedgerStream.objects.filter(id__in=streams).values_list("id", "seq")
    return Beside(
        standings={one.model.pk: one for one in past_standings(models, at)},
        reviews={one.model.pk: one for one in review_standings(models, today=today)},
        determined=dict(determined.values_list("model_id", "result")),
        feeders=by_key(feeders, lambda row: row.consumer_id),
        seen=frozenset(
            Model.objects.visible_to(reader, at=at).filter(pk__in=ends).values_list("pk", flat=True)
        ),
        waivers=by_key(waivers.order_by("expires_date"), lambda row: row.model_id),
        reports={row.version.model_id: row for row in reports.order_by("signed_at", "number")},
        entries={streams[key]: seq for key, seq in heads},
    )


def _line(model: Model, beside: Beside) -> ExtractLine:
    key = model.pk
    standing, review = beside.standings[key], beside.reviews[key]
    report = beside.reports.get(key)
    determined = beside.determined.get(key, "")
    return ExtractLine(
        model=model.name,
        unit=model.unit.name,
        status=_status(model, standing),
        determination=sentence(determined) if determined else "",
        tier=str(Tier(standing.tier).label) if standing.tier else "",
        purpose=model.purpose,
        products=model.products,
        intended_use=model.intended_use,
        actual_use=", ".join(
            f"{SlotRole(row.role).label} in {row.slot.name}: version {row.version.number}"
            for row in standing.live
        ),
        restrictions=" ".join(text for text in (model.restrictions, model.excluded_use) if text),
        inputs=model.inputs,
        components=_components(beside.feeders.get(key, ()), beside.seen),
        outputs=model.outputs,
        limitations=model.limitations,
        working=_working(report, standing),
        updated=as_date(model.updated_at).isoformat(),
        waivers=" ".join(map(_waiver, beside.waivers.get(key, ()))),
        owner=model.owner.name if model.owner else "",
        developers=", ".join(sorted(one.name for one in model.developers.all())),
        validators=said(report.signed_name) if report else "",
        validated=as_date(report.signed_at).isoformat() if report else "",
        next_review=review.due_date.isoformat(),
        review_waived=review.waived_until.isoformat() if review.waived_until else "",
        entries=str(beside.entries.get(key, 0)),
    )


def _status(model: Model, standing: PastStanding) -> str:
    if model.retired_at is not None:
        return f"Retired {as_date(model.retired_at).isoformat()}"
    if standing.live:
        return "In use"
    return f"In development, {Stage(standing.stage).label}" if standing.newest else "No version"


def _components(rows: Sequence[Dependency], seen: frozenset[UUID]) -> str:
    named = [row.feeder.name for row in rows if row.feeder_id in seen]
    hidden = len(rows) - len(named)
    return ", ".join([*named, counted(hidden, "other model")] if hidden else named)


def _working(report: Report | None, standing: PastStanding) -> str:
    found = []
    if report:
        found.append(f"{Opinion(report.opinion).label} (version {report.version.number}).")
    open_ones = [f"{n} {name}" for name, n in standing.severities.items() if n]
    found.append(f"Open findings: {', '.join(open_ones)}." if open_ones else "No open finding.")
    return " ".join(found)


def _waiver(row: Waiver) -> str:
    kind, until = row.get_kind_display(), row.expires_date.isoformat()
    return f"{kind} until {until}: {said(row.waived)}"
