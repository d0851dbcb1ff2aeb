"""What feeds a model, below its record: those on record to be read, and a place for one more."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Field, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from governance.accounts.models import User
from governance.inventory.actions import add_feeder
from governance.inventory.models import Dependency, Model
from governance.owner_admin.base import DayInput, PersonSelect
from governance.owner_admin.requests import person_of

if TYPE_CHECKING:
    # Django's own classes cannot be subscripted when the program runs.
    DjangoForm = forms.ModelForm[Dependency]
    DjangoInline = admin.StackedInline[Dependency, Model]
else:
    DjangoForm = forms.ModelForm
    DjangoInline = admin.StackedInline


class FeederForm(DjangoForm):
    flows = forms.CharField(
        label="What flows",
        help_text="Such as: the score of each applicant, once a night.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what flows from one model to the other."},
    )

    class Meta:
        model = Dependency
        fields = ("feeder", "flows", "since_date")
        widgets: ClassVar[dict[str, Any]] = {"since_date": DayInput}
        labels: ClassVar[dict[str, Any]] = {"feeder": "Model that feeds it", "since_date": "Since"}

    def _post_clean(self) -> None:
        """Nothing: the domain judges it, and says what would satisfy it."""


class FeederInline(DjangoInline):
    """A feeder is added with the record; it is never edited, and ended on the portal's page."""

    model = Dependency
    form = FeederForm
    fk_name = "consumer"
    fields = ("feeder", "flows", "since_date")
    autocomplete_fields = ("feeder",)
    verbose_name_plural = "Feeders"
    extra = 1
    can_delete = False

    @property
    def media(self) -> forms.Media:
        """Without Django's script that adds forms: there is one, and a save brings another."""
        return forms.Media()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        owners = self.admin_site._registry[Model]
        return obj is not None and owners.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dependency]:
        seen = Model.objects.visible_to(person_of(request), at=timezone.now())
        rows = Dependency.objects.current().with_models().filter(feeder__in=seen)
        return rows.order_by("feeder__name")

    def formfield_for_dbfield(
        self, db_field: Field[Any, Any], request: Any, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name != "feeder":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        offered = Model.objects.visible_to(person_of(request), at=timezone.now())
        return forms.ModelChoiceField(
            queryset=offered,
            label="Model that feeds it",
            widget=PersonSelect(db_field, self.admin_site),
            error_messages={"required": "Name the model that feeds it."},
        )


def add_feeders(formset: Any, *, consumer: Model, actor: User, at: datetime) -> bool:
    """Add what was filled in, each as an act of its own; tell whether there was anything."""
    formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
    filled = [form for form in formset.extra_forms if form.has_changed()]
    for form in filled:
        said = {name: form.cleaned_data[name] for name in FeederInline.fields}
        add_feeder(consumer=consumer, actor=actor, at=at, **said)
    return bool(filled)
