"""Which populations and samples there are, for whom."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission
from governance.accounts.queries import units_with
from governance.accounts.rules import Actor
from governance.evidence.models import Population, Sample
from governance.evidence.rules.populations.lists import PopulationNotFound
from governance.evidence.rules.populations.sampling import SampleNotFound


def population_by_id(population_id: UUID, *, actor: Actor, at: datetime) -> Population:
    """Return the population, or raise PopulationNotFound: absent and invisible look alike."""
    seen = Population.objects.visible_to(actor, at=at).select_related("unit")
    found = seen.filter(pk=population_id).first()
    if found is None:
        raise PopulationNotFound("There is no such population.")
    return found


def sample_by_id(sample_id: UUID, *, actor: Actor, at: datetime) -> Sample:
    """Return the sample with its population, or raise SampleNotFound."""
    seen = Sample.objects.visible_to(actor, at=at).select_related("population__unit")
    found = seen.filter(pk=sample_id).first()
    if found is None:
        raise SampleNotFound("There is no such sample.")
    return found


def units_to_list(actor: User, *, at: datetime) -> list[Unit]:
    """Return the units that the person may list everything of, by their place in the tree."""
    return list(units_with(actor, Permission.POPULATION_EXTRACT, at=at).order_by("path"))
