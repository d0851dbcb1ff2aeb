"""Examinations: who may read which models, and for what time. Rows are only added."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission
from governance.accounts.queries import units_with
from governance.accounts.rules import Actor
from governance.audit.models import Prose
from governance.core.models import Record
from governance.inventory.rules.attestations import MAX_TITLE
from governance.inventory.rules.examinations import ExaminationState, examination_state


class ExaminationQuerySet(models.QuerySet["Examination"]):
    def open_at(self, at: datetime) -> ExaminationQuerySet:
        """Keep what is open at that moment: begun, not run out, not ended."""
        longer = ExaminationExtension.objects.filter(
            examination=OuterRef("pk"), extended_at__lte=at, ends_at__gt=at
        )
        return self.filter(Q(ends_at__gt=at) | Exists(longer), starts_at__lte=at).exclude(
            end__ended_at__lte=at
        )

    def of_examiner(self, user: User) -> ExaminationQuerySet:
        """Keep those in which the person examines, whenever they are."""
        return self.filter(pk__in=Examiner.objects.filter(user=user).values("examination"))

    def kept_by(self, actor: Actor, *, at: datetime) -> ExaminationQuerySet:
        """Keep those of the units in which the actor may open one."""
        if not isinstance(actor, User):
            return self.none()
        return self.filter(unit__in=units_with(actor, Permission.EXAMINATION_OPEN, at=at))

    def with_all(self) -> ExaminationQuerySet:
        return self.select_related(
            "unit", "authority", "opened_by", "end__reason"
        ).prefetch_related("extensions__reason", "examiners__user")


class Examination(Record):
    """That examiners may read a fixed set of models from a start to an end, and nothing else.

    `authority` says who examines, and under what law or letter. How it stands is told from the
    rows and the moment.
    """

    REF = "examination"

    title = models.CharField(max_length=MAX_TITLE)
    authority = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="examinations")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    objects = ExaminationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="examination_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def stream(self) -> str:
        """The ledger stream of everything that happens in this examination."""
        return f"examination:{self.pk}"

    @property
    def closes_at(self) -> datetime:
        """When it runs out, with what it was extended by; read it with `with_all`."""
        return max([self.ends_at, *(one.ends_at for one in self.extensions.all())])

    @property
    def ended_at(self) -> datetime | None:
        """When somebody ended it before its time, if somebody did."""
        end: ExaminationEnd | None = getattr(self, "end", None)
        return end.ended_at if end else None

    def state_at(self, at: datetime) -> ExaminationState:
        return examination_state(
            starts_at=self.starts_at, ends_at=self.closes_at, ended_at=self.ended_at, at=at
        )


class ExaminationExtension(Record):
    """That an examination runs longer than was said before, until `ends_at`."""

    REF = "examination_extension"

    examination = models.ForeignKey(
        Examination, on_delete=models.PROTECT, related_name="extensions"
    )
    ends_at = models.DateTimeField()
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    extended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    extended_at = models.DateTimeField()

    objects: models.Manager[ExaminationExtension] = models.Manager()


class ExaminationEnd(Record):
    """That an examination was ended before its time."""

    REF = "examination_end"

    examination = models.OneToOneField(Examination, on_delete=models.PROTECT, related_name="end")
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField()


class Examiner(Record):
    """That an account examines in an examination."""

    REF = "examiner"

    examination = models.ForeignKey(Examination, on_delete=models.PROTECT, related_name="examiners")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="examines")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["examination", "user"], name="examiner_once"),
        ]


class ExaminedModelQuerySet(models.QuerySet["ExaminedModel"]):
    def open_to(self, examiner: User, *, at: datetime) -> ExaminedModelQuerySet:
        """Keep the set of whatever this examiner has open at that moment."""
        if not examiner.is_active:
            return self.none()
        open_ones = Examination.objects.open_at(at).of_examiner(examiner)
        return self.filter(examination__in=open_ones)


class ExaminedModel(Record):
    """That a model is in the set of an examination. `reason` is of what was added to it later."""

    REF = "examined_model"

    examination = models.ForeignKey(Examination, on_delete=models.PROTECT, related_name="examined")
    model = models.ForeignKey("inventory.Model", on_delete=models.PROTECT, related_name="examined")
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+", null=True)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    objects = ExaminedModelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["examination", "model"], name="examined_model_once"),
        ]
