"""What the pack of a sample is of: the models whose rows were drawn, or the stream of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance.core.errors import invalid
from governance.core.wording import counted
from governance.evidence.models import Sample
from governance.evidence.queries.population_kinds import ACCOUNTS
from governance.evidence.queries.scopes import MOST_MODELS
from governance.evidence.rules.populations.lists import REF
from governance.evidence.rules.populations.packs import POPULATION_MEMBER, SAMPLE_MEMBER
from governance.evidence.rules.scopes import PackScope, ScopeKind


def scope_of_sample(sample: Sample) -> PackScope:
    """Return the scope of the evidence of what was drawn, each model once, as drawn.

    Raises InvalidInput for more models than one pack holds.
    """
    population = sample.population
    rows = {row[REF]: row for row in population.body["rows"]}
    drawn = [rows[one["ref"]] for one in sample.body["chosen"]]
    models = tuple(dict.fromkeys(row["model_ref"] for row in drawn if "model_ref" in row))
    if len(models) > MOST_MODELS:
        most = f"A pack holds at most {counted(MOST_MODELS, 'model')}: draw a smaller sample."
        raise invalid("sample", "count", most)
    title = f"Sample {sample.reference} of {population.reference}, {population.title.lower()}"
    if models:
        return PackScope(
            kind=ScopeKind.SAMPLE, title=title, chosen=title, models=models, subject=sample.ref
        )
    # What is of no model stands in the stream of accounts, of which the period is taken whole.
    return PackScope(
        kind=ScopeKind.SAMPLE,
        title=title,
        subject=sample.ref,
        streams=(ACCOUNTS,),
        since=population.since_date,
        until=population.until_date,
    )


def members_of_sample(scope: PackScope) -> Mapping[str, Any]:
    """Return the two documents of the sample, as the evidence holds them."""
    sample = Sample.objects.select_related("population").get(pk=scope.subject_id)
    return {POPULATION_MEMBER: sample.population.body, SAMPLE_MEMBER: sample.body}
