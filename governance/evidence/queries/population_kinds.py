"""Where each kind of population stands: tables, columns and the entries that tell of its rows.

A list is read from tables that only grow, or of which the ledger tells each change. What an entry
tells of stands under `states` in it, by reference and digest, and that is the second count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from governance.accounts.models import Delegation, DelegationEnd, RoleGrant, RoleGrantEnd
from governance.approvals.models import Override
from governance.audit.rules import Verb
from governance.core.models import Record
from governance.evidence.rules.populations.lists import PopulationKind
from governance.inventory.models import Retirement, TierOverride, Waiver
from governance.registry.models import StageChange
from governance.registry.rules import Move, Stage
from governance.validation.models import Finding, Report

ACCOUNTS = "accounts"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One table. `columns` are paths through its relations, as `__` parts them; "" says nothing.

    `at` is the column of the period. Entries of `verbs` tell that such a row came about, those of
    `later` that it became something else. `way` leads to the model; without it the rows are of
    the stream of accounts, and `unit` leads to the unit.
    """

    table: type[Record]
    at: str
    verbs: Sequence[Verb]
    columns: Mapping[str, str]
    way: str = ""
    unit: str = ""
    later: Sequence[Verb] = ()

    @property
    def to_unit(self) -> str:
        return f"{self.way}__unit" if self.way else self.unit


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of population. `keeps` are values of columns that every row of it has.

    `facets` and `strata` are columns by which it is narrowed, and by which a sample is stratified.
    """

    sources: Sequence[Source]
    facets: Sequence[str]
    strata: Sequence[str]
    keeps: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        return list(self.sources[0].columns)

    @property
    def of_models(self) -> bool:
        return bool(self.sources[0].way)


MOVES = (
    Verb.SLOT_SHARED,
    Verb.VERSION_ARCHIVED,
    Verb.VERSION_CONFIRMED,
    Verb.VERSION_DEMOTED,
    Verb.VERSION_PROMOTED,
    Verb.VERSION_PROMOTED_IN_EMERGENCY,
    Verb.VERSION_ROLLED_BACK,
)
"""What carries out a request: besides stages, it opens the findings that conditions become."""


def _of_model(way: str) -> dict[str, str]:
    """The columns of the model, as its record stands when the population is extracted."""
    return {
        "model": f"{way}__name",
        "model_ref": way,
        "unit": f"{way}__unit__path",
        "tier": f"{way}__tier",
        "ai_act_class": f"{way}__ai_act_class",
    }


_OF_MODEL = ("tier", "ai_act_class")
_STRATA = ("tier", "unit", "ai_act_class", "model")

STAGE_CHANGES = Source(
    table=StageChange,
    at="changed_at",
    verbs=MOVES,
    way="version__model",
    columns={
        "at": "changed_at",
        **_of_model("version__model"),
        "version": "version__number",
        "move": "move",
        "from": "source",
        "to": "target",
        "slot": "slot__name",
        "authorized_by": "authorized_by",
        "by": "changed_by",
    },
)
FINDINGS = Source(
    table=Finding,
    at="opened_at",
    verbs=(Verb.FINDING_OPENED, Verb.VALIDATION_SIGNED, Verb.APPROVAL_LAPSED, *MOVES),
    later=(Verb.FINDING_CLOSED,),
    way="model",
    columns={
        "at": "opened_at",
        **_of_model("model"),
        "version": "version__number",
        "number": "number",
        "severity": "severity",
        "due_date": "due_date",
        "owner": "owner",
        "report": "report",
        "by": "opened_by",
        "closed_at": "closed_at",
        "closed_by": "closed_by",
    },
)
CLOSINGS = Source(
    table=Finding,
    at="closed_at",
    verbs=(Verb.FINDING_CLOSED,),
    way="model",
    columns={"at": "closed_at", **{k: v for k, v in FINDINGS.columns.items() if k != "at"}}
    | {"opened_at": "opened_at"},
)


def _access(
    table: type[Record], at: str, verb: Verb, *, grant: str, person: str, by: str, to: str
) -> Source:
    """A grant, a delegation, or the end of one: `grant` leads to what was given."""
    return Source(
        table=table,
        at=at,
        verbs=(verb,),
        unit=f"{grant}unit",
        columns={
            "at": at,
            "change": "REF",
            "person": f"{grant}{person}",
            "role": f"{grant}role",
            "unit": f"{grant}unit__path",
            "starts_at": f"{grant}starts_at",
            "ends_at": f"{grant}ends_at",
            "of": to,
            "by": by,
        },
    )


ACCESS = (
    _access(
        RoleGrant, "granted_at", Verb.ROLE_GRANTED,
        grant="", person="user", by="granted_by", to="",
    ),
    _access(
        RoleGrantEnd, "ended_at", Verb.ROLE_ENDED,
        grant="grant__", person="user", by="ended_by", to="grant",
    ),
    _access(
        Delegation, "given_at", Verb.DELEGATION_GIVEN,
        grant="", person="deputy", by="delegator", to="",
    ),
    _access(
        DelegationEnd, "ended_at", Verb.DELEGATION_ENDED,
        grant="delegation__", person="deputy", by="ended_by", to="delegation",
    ),
)  # fmt: skip

KINDS: Mapping[PopulationKind, Kind] = {
    PopulationKind.PROMOTION: Kind(
        sources=(STAGE_CHANGES,),
        keeps={"to": Stage.PRODUCTION.value},
        facets=("move", *_OF_MODEL),
        strata=("move", *_STRATA),
    ),
    PopulationKind.EMERGENCY: Kind(
        sources=(STAGE_CHANGES,),
        keeps={"to": Stage.PRODUCTION.value, "move": Move.EMERGENCY.value},
        facets=_OF_MODEL,
        strata=_STRATA,
    ),
    PopulationKind.OVERRIDE: Kind(
        sources=(
            Source(
                table=Override,
                at="proposed_at",
                verbs=(Verb.OVERRIDE_PROPOSED,),
                way="request__version__model",
                columns={
                    "at": "proposed_at",
                    **_of_model("request__version__model"),
                    "version": "request__version__number",
                    "request": "request",
                    "check": "check_id",
                    "expires_date": "expires_date",
                    "by": "proposed_by",
                },
            ),
        ),
        facets=_OF_MODEL,
        strata=("check", *_STRATA),
    ),
    PopulationKind.TIER_OVERRIDE: Kind(
        sources=(
            Source(
                table=TierOverride,
                at="proposed_at",
                verbs=(Verb.TIER_OVERRIDE_PROPOSED,),
                way="assessment__model",
                columns={
                    "at": "proposed_at",
                    **_of_model("assessment__model"),
                    "assessment": "assessment",
                    "to_tier": "to_tier",
                    "ends_date": "ends_date",
                    "by": "proposed_by",
                },
            ),
        ),
        facets=_OF_MODEL,
        strata=_STRATA,
    ),
    PopulationKind.VALIDATION: Kind(
        sources=(
            Source(
                table=Report,
                at="signed_at",
                verbs=(Verb.VALIDATION_SIGNED,),
                way="version__model",
                columns={
                    "at": "signed_at",
                    **_of_model("version__model"),
                    "version": "version__number",
                    "number": "number",
                    "opinion": "opinion",
                    "role": "signed_role",
                    "sha256": "digest",
                    "by": "signed_by",
                },
            ),
        ),
        facets=("opinion", *_OF_MODEL),
        strata=("opinion", *_STRATA),
    ),
    PopulationKind.FINDING: Kind(
        sources=(FINDINGS,),
        facets=("severity", *_OF_MODEL),
        strata=("severity", *_STRATA),
    ),
    PopulationKind.CLOSING: Kind(
        sources=(CLOSINGS,),
        facets=("severity", *_OF_MODEL),
        strata=("severity", *_STRATA),
    ),
    PopulationKind.ACCESS: Kind(
        sources=ACCESS,
        facets=("change", "role"),
        strata=("change", "role", "unit"),
    ),
    PopulationKind.WAIVER: Kind(
        sources=(
            Source(
                table=Waiver,
                at="requested_at",
                verbs=(Verb.WAIVER_REQUESTED,),
                way="model",
                columns={
                    "at": "requested_at",
                    **_of_model("model"),
                    "what": "kind",
                    "starts_date": "starts_date",
                    "expires_date": "expires_date",
                    "by": "requested_by",
                },
            ),
        ),
        facets=("what", *_OF_MODEL),
        strata=("what", *_STRATA),
    ),
    PopulationKind.RETIREMENT: Kind(
        sources=(
            Source(
                table=Retirement,
                at="retired_at",
                verbs=(Verb.MODEL_RETIRED,),
                way="model",
                columns={
                    "at": "retired_at",
                    **_of_model("model"),
                    "replacement": "replacement",
                    "retention_end_date": "retention_end_date",
                    "by": "retired_by",
                },
            ),
        ),
        facets=_OF_MODEL,
        strata=_STRATA,
    ),
}
