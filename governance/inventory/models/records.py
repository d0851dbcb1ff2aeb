"""The register: which models exist, whose they are, how risky."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Upper

from governance.accounts.models import Unit, User
from governance.accounts.queries import readable_paths, unit_reach
from governance.accounts.rules import Actor
from governance.core.compiled import KEY, Compiled
from governance.core.models import Record
from governance.core.wording import as_date
from governance.inventory.models.examinations import ExaminedModel
from governance.inventory.models.overdue import review_is_overdue
from governance.inventory.rules import REQUIRED, AiActClass, Capacity, Kind, Origin, Tier


def is_incomplete() -> Q:
    """Return the condition on models that `gaps` finds something in."""
    lacking = Q(owner=None) | Q(tier=None, is_tool=False)
    # In one order: SQLite uses the index of drafts only where the words are the same.
    for field in sorted(set(REQUIRED) - {"owner", "tier"}):
        lacking |= Q(**{field: ""})
    return lacking


class ModelQuerySet(models.QuerySet["Model"]):
    def visible_to(self, actor: Actor, *, at: datetime) -> ModelQuerySet:
        """Keep what the actor may know of: their units' models, and those they own or build.

        For an examiner that is the set of the examination that is open at that moment.
        """
        if isinstance(actor, User) and actor.is_examiner:
            seen = ExaminedModel.objects.open_to(actor, at=at)
            return self.filter(pk__in=seen.values("model"))
        reach = unit_reach(readable_paths(actor, at=at), prefix="unit__")
        if isinstance(actor, User):
            built = Builder.objects.filter(user=actor).values("model")
            reach |= Q(owner=actor) | Q(pk__in=built)
        return self.filter(reach)

    def named(self, name: str) -> ModelQuerySet:
        """Keep the model of that name; PostgreSQL cannot even look for one that holds a NUL."""
        return self.none() if "\x00" in name else self.filter(name=name)

    def present(self) -> ModelQuerySet:
        """Keep what MLflow's clients may still find: nothing is deleted, but some is removed."""
        return self.filter(removed_at=None)

    def standing_at(self, moment: datetime) -> ModelQuerySet:
        """Keep what was in the inventory at that moment and had not been removed by then."""
        kept = Q(removed_at=None) | Q(removed_at__gt=moment)
        return self.filter(kept, created_at__lte=moment)

    def incomplete(self) -> ModelQuerySet:
        """Keep the drafts."""
        return self.filter(is_incomplete())

    def in_use(self) -> ModelQuerySet:
        """Keep what is neither retired nor removed."""
        return self.filter(removed_at=None, retired_at=None)

    def retired(self) -> ModelQuerySet:
        """Keep what is out of use, and has not been removed."""
        return self.present().filter(retired_at__isnull=False)

    def overdue_reviews(self, today: date) -> ModelQuerySet:
        """Keep what should have been reviewed by now, and for which no waiver of that holds.

        Whoever reads a model's date reads `queries.reviews.review_standings`, which says the same.
        """
        return self.filter(review_is_overdue(today))

    def with_people(self) -> ModelQuerySet:
        return self.select_related("unit", "owner", "validator").prefetch_related("developers")


class Model(Record):
    """One entry of the inventory. First seen through MLflow it is a draft: see `gaps`.

    What was determined to be no model `is_tool`, and needs no tier: no version of it moves.

    A tier that people overrode for a time ends with `tier_until`; what counts is `tier_at`.

    `jurisdictions` are two-letter codes (ISO 3166-1, and EU) with a comma between them, in order.
    `validator` is who is assigned to review it; who may sign, the policies and duties say.
    `live_since` is set while a version of it answers live traffic, by whoever moves the version.
    The database keeps `search_text`, in which the list looks for words.
    """

    REF = "model"

    name = models.CharField(max_length=255, unique=True)
    description = models.TextField(blank=True)
    purpose = models.TextField(blank=True)
    intended_use = models.TextField(blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="models")
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="owned_models", null=True, blank=True
    )
    developers = models.ManyToManyField(User, related_name="developed_models", blank=True)
    kind = models.CharField(max_length=20, choices=Kind.choices, blank=True)
    tier = models.PositiveSmallIntegerField(choices=Tier.choices, null=True, blank=True)
    tier_until = models.DateField(null=True, editable=False)
    tier_after = models.PositiveSmallIntegerField(choices=Tier.choices, null=True, editable=False)
    is_tool = models.BooleanField(default=False, editable=False)
    ai_act_class = models.CharField(
        "EU AI Act class", max_length=30, choices=AiActClass.choices, blank=True
    )
    jurisdictions = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=20, choices=Origin.choices, blank=True)
    excluded_use = models.TextField(blank=True)
    products = models.TextField(blank=True)
    inputs = models.TextField(blank=True)
    outputs = models.TextField(blank=True)
    users = models.TextField(blank=True)
    overlays = models.TextField(blank=True)
    limitations = models.TextField(blank=True)
    restrictions = models.TextField("restrictions on use", blank=True)
    vendor_name = models.CharField("vendor", max_length=200, blank=True)
    vendor_product = models.CharField(max_length=200, blank=True)
    vendor_release = models.CharField(max_length=100, blank=True)
    contract_reference = models.CharField(max_length=100, blank=True)
    contract_end_date = models.DateField(null=True, blank=True)
    validator = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    first_use_date = models.DateField(null=True, blank=True)
    tracking_uri = models.URLField("MLflow tracking server", blank=True, max_length=300)
    created_by = models.CharField(max_length=60, editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)
    live_since = models.DateTimeField(null=True, editable=False)
    # In capitals once, not again for every model in each search.
    search_text = models.GeneratedField(
        expression=Upper(Concat("name", Value(" "), "purpose", output_field=models.TextField())),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = ModelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="model_has_name"),
            models.CheckConstraint(
                condition=Q(tier=None) | Q(tier__in=Tier.values), name="model_tier_is_known"
            ),
            models.CheckConstraint(
                condition=Q(tier_until=None, tier_after=None)
                | Q(tier_until__isnull=False, tier_after__in=Tier.values),
                name="model_tier_says_what_follows_it",
            ),
            models.CheckConstraint(
                condition=Q(kind="") | Q(kind__in=Kind.values), name="model_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(ai_act_class="") | Q(ai_act_class__in=AiActClass.values),
                name="model_ai_act_class_is_known",
            ),
            models.CheckConstraint(
                condition=Q(origin="") | Q(origin__in=Origin.values), name="model_origin_is_known"
            ),
        ]
        indexes = [
            # Holds all that the list counts by and whom a model is visible to, so that no count
            # reads the rows, which are long.
            models.Index(
                fields=["unit", "tier", "ai_act_class", "kind", "owner", "id"],
                condition=Q(removed_at=None, retired_at=None),
                name="model_in_use_by_facet",
            ),
            models.Index(fields=["id"], condition=is_incomplete(), name="model_draft"),
            models.Index(
                fields=["retired_at"], condition=Q(retired_at__isnull=False), name="model_retired"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def developer_keys(self) -> list[str]:
        """The keys of the developers as they are now, in one order."""
        return sorted(str(row.user) for row in _DEVELOPERS.rows(key=self.pk))

    @property
    def jurisdiction_codes(self) -> list[str]:
        return [code for code in self.jurisdictions.split(",") if code]

    def tier_at(self, at: datetime) -> int | None:
        """The tier that counts at that moment: after its last day an override counts no more.

        `tier` itself follows within minutes, for lists and searches; no rule may wait for that.
        """
        is_over = self.tier_until is not None and as_date(at) > self.tier_until
        return self.tier_after if is_over else self.tier

    @property
    def stream(self) -> str:
        """The ledger stream of everything that happens to this model."""
        return f"model:{self.pk}"

    @property
    def is_in_use(self) -> bool:
        return self.removed_at is None and self.retired_at is None

    @property
    def gaps(self) -> list[str]:
        """What the record still lacks, in words; no version may move while it lacks anything."""
        values = {field: getattr(self, field) for field in REQUIRED if field != "owner"}
        values["owner"] = self.owner_id
        values["tier"] = self.tier or self.is_tool
        return [words for field, words in REQUIRED.items() if not values[field]]


class _Developer(NamedTuple):
    user: UUID


def _developers(key: UUID) -> models.QuerySet[Any, Any]:
    return Model.developers.through._default_manager.filter(model=key).values_list("user_id")


_DEVELOPERS = Compiled(_developers, _Developer, key=KEY)


class FormerName(Record):
    """A name that a model gave up: by a new one, or because it was removed from the registry."""

    REF = "former_name"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="former_names")
    name = models.CharField(max_length=255)
    ended_by = models.CharField(max_length=60)
    ended_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["name"], name="former_name_by_name")]


class Builder(Record):
    """That a person has owned or built a model at some time; it is never forgotten.

    Separation of duties reads this, so leaving the list of developers frees nobody to sign.
    """

    REF = "builder"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="builders")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=12, choices=Capacity.choices)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "user", "capacity"], name="builder_once_per_capacity"
            ),
            models.CheckConstraint(
                condition=Q(capacity__in=Capacity.values), name="builder_capacity_is_known"
            ),
        ]
