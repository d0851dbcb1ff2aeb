"""What adopting the registered models of an MLflow server would do, name by name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from governance.core.canonical import sha256_hex
from governance.core.errors import Problem, Refused, WrongState
from governance.core.wording import counted

JOB = "adopt_models"
STEPS = ("Asking the MLflow server", "Writing every draft, in one transaction")
FEW_DRAFTS = 100
"""So many drafts are written while somebody waits; more become a job."""


class AdoptionChanged(WrongState):
    """The server or the inventory is not what was shown."""

    code = "adoption_changed"


class NamesRefused(Refused):
    """Some names cannot be adopted, and nobody said to leave them out."""

    code = "names_refused"


@dataclass(frozen=True, kw_only=True)
class RegisteredModel:
    """A registered model, as an MLflow server describes it."""

    name: str
    description: str = ""


class Standing(StrEnum):
    DRAFT = "DRAFT"
    HERE = "HERE"
    REFUSED = "REFUSED"


WORDS = {Standing.DRAFT: "to be drafts", Standing.HERE: "here already", Standing.REFUSED: "refused"}


@dataclass(frozen=True, kw_only=True)
class AdoptedModel:
    """One model of the server: a draft to be, here already, or refused by these problems."""

    model: RegisteredModel
    standing: Standing
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """What would be adopted from this server into this unit."""

    server: str
    unit: str
    rows: Sequence[AdoptedModel]

    def of(self, standing: Standing) -> list[AdoptedModel]:
        return [row for row in self.rows if row.standing == standing]

    @cached_property
    def drafts(self) -> list[AdoptedModel]:
        return self.of(Standing.DRAFT)

    @cached_property
    def refused(self) -> list[AdoptedModel]:
        return self.of(Standing.REFUSED)

    @property
    def counts(self) -> dict[Standing, int]:
        found = Counter(row.standing for row in self.rows)
        return {standing: found[standing] for standing in Standing}

    @cached_property
    def digest(self) -> str:
        """What was shown."""
        rows = [[row.model.name, row.model.description, row.standing] for row in self.rows]
        return sha256_hex(json.dumps([self.server, self.unit, rows]).encode())

    @property
    def summary(self) -> str:
        return ", ".join(f"{n:,} {WORDS[standing]}" for standing, n in self.counts.items())


def require_adoptable(adoption: Adoption, *, leaving_out: bool) -> None:
    """Raise NamesRefused where names are refused and may not be left out."""
    if adoption.refused and not leaving_out:
        names = ", ".join(repr(row.model.name) for row in adoption.refused[:3])
        raise NamesRefused(
            f"Nothing was adopted: {counted(len(adoption.refused), 'name')} cannot be, such as "
            f"{names}. Say that they shall be left out, or rename them on the server."
        )
