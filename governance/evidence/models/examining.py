"""What examiners opened and asked for, and what they were answered. Rows are only added."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import OuterRef, Q, Subquery

from governance.accounts.models import User
from governance.accounts.rules import Actor
from governance.audit.models import Prose
from governance.core.models import Record
from governance.evidence.rules.examining import MAX_PATH, EndKind, MessageKind
from governance.inventory.models import Examination, Model


class ExaminationView(Record):
    """That an examiner was shown a page or given a file: which, of what model, and when.

    `page` is the name of the page, `path` the address with what was asked for in it.
    """

    REF = "examination_view"

    examination = models.ForeignKey(Examination, on_delete=models.PROTECT, related_name="views")
    examiner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    page = models.CharField(max_length=60)
    path = models.CharField(max_length=MAX_PATH)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="+", null=True)
    viewed_at = models.DateTimeField()

    objects: models.Manager[ExaminationView] = models.Manager()

    class Meta:
        indexes = [
            models.Index(fields=["examination", "-viewed_at"], name="view_by_examination"),
        ]


class InformationRequestQuerySet(models.QuerySet["InformationRequest"]):
    def visible_to(self, actor: Actor, *, at: datetime) -> InformationRequestQuerySet:
        """Keep what an examiner asks in the open examination, what the actor's units are asked,
        and what was ever given to the actor to answer.
        """
        if not isinstance(actor, User) or not actor.is_active:
            return self.none()
        if actor.is_examiner:
            open_ones = Examination.objects.open_at(at).of_examiner(actor)
            return self.filter(examination__in=open_ones)
        mine = InformationRequestAssignment.objects.filter(assignee=actor).values("request")
        kept = Examination.objects.kept_by(actor, at=at)
        return self.filter(Q(examination__in=kept) | Q(pk__in=mine))

    def waiting(self) -> InformationRequestQuerySet:
        """Keep what is neither closed nor answered last."""
        last = InformationRequestMessage.objects.filter(request=OuterRef("pk"))
        newest = Subquery(last.order_by("-number").values("kind")[:1])
        unanswered = Q(last_kind=None) | ~Q(last_kind=MessageKind.ANSWER)
        return self.filter(end=None).annotate(last_kind=newest).filter(unanswered)

    def assigned_to(self, person: User) -> InformationRequestQuerySet:
        """Keep what this person, and nobody after them, was given to answer."""
        given = InformationRequestAssignment.objects.filter(request=OuterRef("pk"))
        newest = Subquery(given.order_by("-number").values("assignee")[:1])
        return self.annotate(last_assignee=newest).filter(last_assignee=person.pk)

    def with_all(self) -> InformationRequestQuerySet:
        return self.select_related(
            "examination__unit", "model", "question", "raised_by", "about", "end__ended_by"
        ).prefetch_related(
            "assignments__assignee", "messages__text", "messages__author", "messages__attachments"
        )


class InformationRequest(Record):
    """That an examiner asks for something, by a day. Who answers, and how it stands, is told by
    other rows.

    `about` is the page that the question is about, as the examiner was shown it.
    """

    REF = "information_request"

    examination = models.ForeignKey(Examination, on_delete=models.PROTECT, related_name="requests")
    number = models.PositiveIntegerField()
    subject = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    question = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(
        Model, on_delete=models.PROTECT, related_name="information_requests", null=True
    )
    about = models.ForeignKey(
        ExaminationView, on_delete=models.PROTECT, related_name="+", null=True
    )
    wished_date = models.DateField()
    raised_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()

    objects = InformationRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["examination", "number"], name="information_request_number_once"
            ),
        ]

    @property
    def assignments_in_order(self) -> list[InformationRequestAssignment]:
        return sorted(self.assignments.all(), key=lambda row: row.number)

    @property
    def messages_in_order(self) -> list[InformationRequestMessage]:
        return sorted(self.messages.all(), key=lambda row: row.number)

    @property
    def assignee(self) -> User | None:
        """Who was last given it to answer."""
        given = self.assignments_in_order
        return given[-1].assignee if given else None


class InformationRequestAssignment(Record):
    """That somebody was given a request to answer. The newest counts."""

    REF = "information_request_assignment"

    request = models.ForeignKey(
        InformationRequest, on_delete=models.PROTECT, related_name="assignments"
    )
    number = models.PositiveIntegerField()
    assignee = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assigned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()

    objects: models.Manager[InformationRequestAssignment] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "number"], name="information_assignment_number_once"
            ),
        ]


class InformationRequestMessage(Record):
    """An answer to a request, or a question that follows one."""

    REF = "information_request_message"

    request = models.ForeignKey(
        InformationRequest, on_delete=models.PROTECT, related_name="messages"
    )
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=MessageKind.choices)
    text = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    objects: models.Manager[InformationRequestMessage] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "number"], name="information_message_number_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=MessageKind.values), name="information_message_kind_is_known"
            ),
        ]


class InformationRequestAttachment(Record):
    """That an answer names a record of the set: a pack, a version, a decision or a model.

    `target` is the reference of that record, which stood in the set when it was attached.
    """

    REF = "information_request_attachment"

    message = models.ForeignKey(
        InformationRequestMessage, on_delete=models.PROTECT, related_name="attachments"
    )
    target = models.CharField(max_length=60)

    objects: models.Manager[InformationRequestAttachment] = models.Manager()

    @property
    def key(self) -> UUID:
        return UUID(self.target.partition(":")[2])


class InformationRequestEnd(Record):
    """That the examiner took the answer for enough, or took the request back."""

    REF = "information_request_end"

    request = models.OneToOneField(InformationRequest, on_delete=models.PROTECT, related_name="end")
    kind = models.CharField(max_length=10, choices=EndKind.choices)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=EndKind.values), name="information_end_kind_is_known"
            ),
        ]
