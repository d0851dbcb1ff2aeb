"""The reads that pipelines make all day, each as two or three prepared statements.

They say the same as the query sets of the registry, whose conditions they are made of.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONArray

from governance.accounts.models import ServiceAccount, User
from governance.accounts.tokens import known_tokens
from governance.core.compiled import KEY, NAME, NUMBER, Compiled, JSONList
from governance.inventory.models import Model
from governance.registry.models import Alias, ModelTag, ModelVersion, SlotAssignment, VersionTag
from governance.registry.rules import SlotRole, Stage

MOST_LISTED = 200
Pairs = list[list[Any]] | None

SHA256 = "\ue000sha256"
SINCE, AT = datetime(1970, 1, 2, tzinfo=UTC), datetime(1970, 1, 3, tzinfo=UTC)


class ModelRow(NamedTuple):
    reader: list[str] | None
    """Of the token: its service account, the path of its unit, and who answers for it."""
    id: UUID
    name: str
    unit: str
    description: str
    created_by: str
    created_at: datetime
    updated_at: datetime
    tags: Pairs
    aliases: Pairs
    held_aliases: Pairs


class AuthorRow(NamedTuple):
    email: str


class VersionRow(NamedTuple):
    number: int
    registered_at: datetime
    updated_at: datetime
    author: str
    stage: str
    description: str
    source: str
    run_id: str
    run_link: str
    logged_model_id: str
    tags: Pairs


def _models(name: str, sha256: str, since: datetime, at: datetime) -> QuerySet[Model, Any]:
    tokens = known_tokens(sha256, since=since, at=at)
    reader = JSONArray("service__pk", "service__unit__path", "service__responsible__email")
    free = Alias.objects.filter(model=OuterRef("pk"))
    held = (
        SlotAssignment.objects.current()
        .filter(role=SlotRole.CHAMPION, slot__model=OuterRef("pk"))
        .exclude(slot__alias="")
    )
    found = Model.objects.present().filter(name=name)
    return found.values_list(
        Subquery(tokens.values_list(reader)),
        "pk",
        "name",
        "unit__path",
        "description",
        "created_by",
        "created_at",
        "updated_at",
        _listed(ModelTag.objects.filter(model=OuterRef("pk")), "model", "key", "value"),
        _listed(free, "model", "name", "version__number"),
        _listed(held, "slot__model", "slot__alias", "version__number"),
    )


def _listed(found: QuerySet[Any], owner: str, *pair: str) -> Subquery:
    """One column with these pairs of all rows found, as JSON."""
    groups = found.order_by().values(owner).annotate(pairs=JSONList(JSONArray(*pair)))
    return Subquery(groups.values("pairs"))


def _versions(condition: Q) -> QuerySet[ModelVersion, Any]:
    return ModelVersion.objects.present().filter(condition).values_list(
        "number",
        "registered_at",
        "updated_at",
        "registered_by__email",
        "stage",
        "description",
        "source",
        "run_id",
        "run_link",
        "logged_model_id",
        _listed(VersionTag.objects.filter(version=OuterRef("pk")), "version", "key", "value"),
    )  # fmt: skip


def _numbered(model: UUID, number: int) -> QuerySet[ModelVersion, Any]:
    return _versions(Q(model=model, number=number))


def _newest(model: UUID) -> QuerySet[ModelVersion, Any]:
    """The newest version in each stage; one step into an index for each."""
    condition = Q(pk=None)
    for stage in Stage:
        of_stage = ModelVersion.objects.present().filter(model=model, stage=stage)
        if stage == Stage.PRODUCTION:
            of_stage = of_stage.in_default_stage()
        condition |= Q(pk=Subquery(of_stage.order_by("-number").values("pk")[:1]))
    return _versions(condition).order_by("number")


def _listing(model: UUID) -> QuerySet[ModelVersion, Any]:
    """In the order of a search that names none."""
    found = _versions(Q(model=model)).order_by("-updated_at", "-number")
    return found[: MOST_LISTED + 1]


def _service(key: UUID) -> QuerySet[ServiceAccount, Any]:
    return ServiceAccount.objects.filter(pk=key).values_list("responsible__email")


def _user(key: UUID) -> QuerySet[User, Any]:
    return User.objects.filter(pk=key).values_list("email")


MODELS = Compiled(_models, ModelRow, name=NAME, sha256=SHA256, since=SINCE, at=AT)
NUMBERED = Compiled(_numbered, VersionRow, model=KEY, number=NUMBER)
NEWEST = Compiled(_newest, VersionRow, model=KEY)
LISTED = Compiled(_listing, VersionRow, model=KEY)
_AUTHORS = {
    ServiceAccount.REF: Compiled(_service, AuthorRow, key=KEY),
    User.REF: Compiled(_user, AuthorRow, key=KEY),
}


def author(ref: str) -> str:
    """Return the address of who answers for an actor; a system, which has none, for itself."""
    kind, _, key = ref.partition(":")
    row = _AUTHORS[kind].first(key=UUID(key)) if kind in _AUTHORS else None
    return row.email if row else ref
