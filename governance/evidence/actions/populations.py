"""Extracting populations, and drawing samples from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from governance.accounts.models import Unit
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.models import LedgerCheckpoint
from governance.audit.rules import Verb
from governance.core.canonical import sha256_hex, timestamp
from governance.core.errors import InvalidInput
from governance.evidence.actions.packs import sign_ledger
from governance.evidence.models import Population, Sample
from governance.evidence.queries.population_kinds import KINDS
from governance.evidence.queries.population_lists import Listed, listed, require_listable
from governance.evidence.rules.packs import STREAM
from governance.evidence.rules.populations.documents import population_text, sample_text
from governance.evidence.rules.populations.lists import Asked, PopulationKind
from governance.evidence.rules.populations.sampling import Draw, draw_problems


def extract_population(*, asked: Asked, unit: Unit, actor: Actor, at: datetime) -> Population:
    """List everything of a kind, and keep the list as it was found. Appends population.extracted.

    A checkpoint that covers the ledger up to now is signed before, if it can be. That the tables
    and the ledger part does not keep it from being kept: each difference is in it. Raises
    InvalidInput, PermissionMissing, TooManyRows.
    """
    require(actor, Permission.POPULATION_EXTRACT, unit=unit, at=at)
    require_listable(asked, unit=unit, at=at)
    sign_ledger(by=actor.ref, at=at)
    return keep_population(asked=asked, unit=unit, actor=actor, at=at)


@transaction.atomic
def keep_population(*, asked: Asked, unit: Unit, actor: Actor, at: datetime) -> Population:
    """Do the same as of the newest checkpoint there is. Appends population.extracted."""
    require(actor, Permission.POPULATION_EXTRACT, unit=unit, at=at)
    require_listable(asked, unit=unit, at=at)
    found = listed(asked, unit=unit, at=at)
    text = population_text(
        asked,
        found.rows,
        found.control,
        source=_source(asked, found, unit),
        extraction=_extraction(found.checkpoint, actor=actor, at=at),
    )
    control, checkpoint = found.control, found.checkpoint
    row = Population(
        kind=asked.kind,
        unit=unit,
        since_date=asked.since_date,
        until_date=asked.until_date,
        text=text,
        digest=sha256_hex(text.encode()),
        count=len(found.rows),
        rows=control.rows,
        told=control.told,
        differences=control.differences,
        size=checkpoint.size if checkpoint else None,
        extracted_by=actor.ref,
        extracted_at=at,
    )
    row.list_digest = row.body["list_sha256"]
    row.save(force_insert=True)
    audit.append(
        verb=Verb.POPULATION_EXTRACTED,
        stream=STREAM,
        subject=row.ref,
        actor=actor.ref,
        at=at,
        facts={
            "kind": row.kind,
            "unit": unit.ref,
            "since": row.since_date,
            "until": row.until_date,
            "sha256": row.digest,
            "count": row.count,
            "rows": row.rows,
            "told": row.told,
            "differences": row.differences,
        },
        records=[row],
    )
    return row


def _source(asked: Asked, found: Listed, unit: Unit) -> dict[str, Any]:
    kind = KINDS[asked.kind]
    return {
        "unit": {"ref": unit.ref, "path": unit.path},
        "models": found.models,
        "keeps": kind.keeps,
        "columns": kind.columns,
        "records": [
            {"kind": one.table.REF, "period": one.at, "verbs": sorted(one.verbs)}
            for one in kind.sources
        ],
    }


def _extraction(
    checkpoint: LedgerCheckpoint | None, *, actor: Actor, at: datetime
) -> dict[str, Any]:
    return {
        "organization": settings.ORGANIZATION,
        "portal": settings.BASE_URL,
        "by": actor.ref,
        "at": timestamp(at),
        "checkpoint": checkpoint
        and {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root},
    }


@transaction.atomic
def draw_sample(*, population: Population, draw: Draw, actor: Actor, at: datetime) -> Sample:
    """Draw rows of a population by a seed, and keep what was drawn. Appends sample.drawn.

    The same draw from the same population draws the same rows. Each draw is on record, those that
    nobody uses too. Raises InvalidInput, PermissionMissing.
    """
    require(actor, Permission.POPULATION_EXTRACT, unit=population.unit, at=at)
    rows = population.body["rows"]
    strata = KINDS[PopulationKind(population.kind)].strata
    if problems := list(draw_problems(draw, count=len(rows), strata=strata)):
        raise InvalidInput(*problems)
    source = {
        "ref": population.ref,
        "sha256": population.digest,
        "list_sha256": population.list_digest,
    }
    text = sample_text(source, rows, draw, by=actor.ref, at=at)
    sample = Sample(
        population=population,
        method=draw.method,
        stratum=draw.stratum,
        seed=draw.seed,
        size=draw.size,
        text=text,
        digest=sha256_hex(text.encode()),
        drawn_by=actor.ref,
        drawn_at=at,
    )
    sample.drawn = len(sample.body["chosen"])
    sample.save(force_insert=True)
    audit.append(
        verb=Verb.SAMPLE_DRAWN,
        stream=STREAM,
        subject=sample.ref,
        actor=actor.ref,
        at=at,
        facts={
            "population": population.ref,
            "population_sha256": population.digest,
            "method": sample.method,
            "sha256": sample.digest,
            "size": sample.size,
            "drawn": sample.drawn,
        },
        records=[sample],
    )
    return sample
