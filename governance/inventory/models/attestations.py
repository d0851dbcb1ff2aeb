"""Campaigns in which owners attest to the records of their models: rows are only added."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q

from governance.accounts.models import Unit, User
from governance.accounts.queries import readable_paths, unit_reach
from governance.accounts.rules import Actor
from governance.audit.models import DIGEST, Prose
from governance.core.models import Record
from governance.inventory.models.records import Model
from governance.inventory.rules.attestations import MAX_TITLE, AttestationOutcome


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """`by` is a past moment: what was opened or ended later does not count yet."""

    def open(self, *, by: datetime | None = None) -> CampaignQuerySet:
        """Keep what nobody has ended and no later one has followed."""
        if by is None:
            return self.filter(end=None, successor=None)
        unended = Q(end=None) | Q(end__ended_at__gt=by)
        return self.filter(unended, Q(successor=None) | Q(successor__opened_at__gt=by))

    def visible_to(self, actor: Actor, *, at: datetime) -> CampaignQuerySet:
        """Keep those of the actor's units, and those that hold a model the actor may know of."""
        seen = Model.objects.visible_to(actor, at=at)
        items = AttestationItem.objects.filter(campaign=OuterRef("pk"), model__in=seen)
        reach = unit_reach(readable_paths(actor, at=at), prefix="unit__")
        return self.filter(reach | Exists(items))

    def with_all(self, *, by: datetime | None = None) -> CampaignQuerySet:
        rows = self.select_related("unit", "statement", "previous")
        if by is None:
            return rows.select_related("end", "successor")
        # A row that was prefetched and not found is none, as if it had never been.
        return rows.filter(opened_at__lte=by).prefetch_related(
            Prefetch("end", queryset=CampaignEnd.objects.filter(ended_at__lte=by)),
            Prefetch("successor", queryset=Campaign.objects.filter(opened_at__lte=by)),
        )


class Campaign(Record):
    """That the owners of the models in scope are asked to attest to their records.

    `tiers` are numbers with a comma between them; none means every model of the unit. One that
    recurs is followed by another on `repeats_date`.
    """

    REF = "campaign"

    title = models.CharField(max_length=MAX_TITLE)
    statement = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="campaigns")
    tiers = models.CharField(max_length=20, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=60)
    due_date = models.DateField()
    repeat_months = models.PositiveSmallIntegerField(null=True)
    repeats_date = models.DateField(null=True)
    previous = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="successor", null=True
    )

    objects = CampaignQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(repeat_months=None, repeats_date=None)
                | Q(repeat_months__gt=0, repeats_date__isnull=False),
                name="campaign_repeats_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def tier_numbers(self) -> list[int]:
        return [int(tier) for tier in self.tiers.split(",") if tier]


class CampaignEnd(Record):
    """That a campaign was ended by hand: nothing is attested in it any more, and none follows."""

    REF = "campaign_end"

    campaign = models.OneToOneField(Campaign, on_delete=models.PROTECT, related_name="end")
    ended_at = models.DateTimeField()
    ended_by = models.CharField(max_length=60)


class AttestationItemQuerySet(models.QuerySet["AttestationItem"]):
    def waiting(self) -> AttestationItemQuerySet:
        """Keep what is still to be attested, in whatever campaign: those ended too."""
        done = Attestation.objects.filter(item=OuterRef("pk")).exclude(
            outcome=AttestationOutcome.NOT_ACCURATE
        )
        return self.filter(~Exists(done), model__removed_at=None)

    def due_from(self, owner: User) -> AttestationItemQuerySet:
        """Keep what this person owes now. The duty is of who owns the model, since whenever."""
        open_ones = self.filter(campaign__end=None, campaign__successor=None)
        return open_ones.waiting().filter(model__owner=owner)


class AttestationItem(Record):
    """One model of a campaign, fixed when it opened, with who owned it then."""

    REF = "attestation_item"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="items")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="attestation_items")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)

    objects = AttestationItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "model"], name="model_once_in_campaign"),
        ]


class Attestation(Record):
    """What an owner attested to. `snapshot` is the record as it was, with names and prose, so it
    can be erased; `record_digest` is that of the record on the owner's screen.

    A record that is not accurate is put right and attested again: only this outcome may recur.
    """

    REF = "attestation"

    item = models.ForeignKey(AttestationItem, on_delete=models.PROTECT, related_name="attestations")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    printed_name = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=15, choices=AttestationOutcome.choices)
    remarks = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+", null=True)
    snapshot = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    record_digest = models.CharField(max_length=DIGEST)
    proof = models.CharField(max_length=20)
    attested_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"],
                condition=~Q(outcome="NOT_ACCURATE"),
                name="attested_once",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=AttestationOutcome.values),
                name="attestation_outcome_is_known",
            ),
        ]
