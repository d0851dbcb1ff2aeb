"""Evidence that lives elsewhere, and what people state not to apply: rows are only added."""

from __future__ import annotations

from datetime import date, datetime

from django.db import models
from django.db.models import F, Q

from governance.accounts.models import User
from governance.accounts.rules import Actor
from governance.audit.models import DIGEST, Prose
from governance.core.models import Record
from governance.evidence.rules.filings import MAX_ENDING
from governance.inventory.models import Model


class EvidenceFile(Record):
    """The bytes of a file that somebody filed, by their SHA-256. It is never unpacked or shown."""

    REF = "evidence_file"

    digest = models.CharField(max_length=DIGEST, unique=True)
    size = models.PositiveBigIntegerField()
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"file {self.digest[:12]}"


class FiledEvidenceQuerySet(models.QuerySet["FiledEvidence"]):
    def visible_to(self, actor: Actor, *, at: datetime) -> FiledEvidenceQuerySet:
        """Keep what is of the firm, and of the models that the actor may know of."""
        seen = Model.objects.visible_to(actor, at=at)
        return self.filter(Q(model=None) | Q(model__in=seen))

    def standing(self) -> FiledEvidenceQuerySet:
        """Keep what nobody has withdrawn."""
        return self.filter(withdrawal=None)

    def with_all(self) -> FiledEvidenceQuerySet:
        return self.select_related(
            "model__unit", "model__owner", "title", "link", "filed_by",
            "withdrawal__reason", "withdrawal__withdrawn_by",
        ).defer("file__data")  # fmt: skip


class FiledEvidence(Record):
    """That somebody filed a document as evidence: of a model, or without one of the firm.

    `requirements` are those it counts for, as `framework/id`; none means every one that asks for
    its kind. It is at `link`, in `file`, or both; `ending` is what the file's name ended with.
    """

    REF = "filed_evidence"

    model = models.ForeignKey(
        Model, on_delete=models.PROTECT, related_name="filed_evidence", null=True
    )
    kind = models.CharField(max_length=40)
    requirements: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    title = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+", null=True)
    file = models.ForeignKey(
        EvidenceFile, on_delete=models.PROTECT, related_name="filings", null=True
    )
    ending = models.CharField(max_length=MAX_ENDING, blank=True)
    made_date = models.DateField()
    valid_until = models.DateField(null=True)
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()

    objects = FiledEvidenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(link__isnull=False) | Q(file__isnull=False),
                name="filed_evidence_is_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("made_date")),
                name="filed_evidence_ends_after_it_was_made",
            ),
        ]
        indexes = [models.Index(fields=["model", "-filed_at"], name="filed_evidence_by_model")]

    @property
    def stream(self) -> str:
        """The ledger stream of what it is of."""
        return self.model.stream if self.model else "evidence"


class EvidenceWithdrawal(Record):
    """That what was filed counts no more, and why. The row and the file stay."""

    REF = "evidence_withdrawal"

    filed = models.OneToOneField(FiledEvidence, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField()


class InapplicabilityQuerySet(models.QuerySet["Inapplicability"]):
    def holding(self, today: date) -> InapplicabilityQuerySet:
        """Keep what holds on that day, through its last, and nobody has ended."""
        return self.filter(end=None, until_date__gte=today)


class Inapplicability(Record):
    """That a person stated why a requirement does not apply to a model, through a day.

    `requirement` is `framework/id`.
    """

    REF = "inapplicability"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="inapplicabilities")
    requirement = models.CharField(max_length=150)
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    until_date = models.DateField()
    stated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()

    objects = InapplicabilityQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["model", "-until_date"], name="inapplicability_by_model")]


class InapplicabilityEnd(Record):
    """That such a statement was taken back before its day."""

    REF = "inapplicability_end"

    stated = models.OneToOneField(Inapplicability, on_delete=models.PROTECT, related_name="end")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField()
