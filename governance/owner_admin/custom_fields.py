"""The firm's own fields, for administrators; and how each stands in the form of a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from governance.accounts.permissions import Permission, may
from governance.accounts.queries import root_unit
from governance.core.wording import day
from governance.inventory.actions import change_field, define_field
from governance.inventory.models import CustomField
from governance.inventory.queries import Answer
from governance.inventory.rules import FieldDefinition, FieldType, Origin, Tier
from governance.owner_admin.base import DayInput, GovernedAdmin, GovernedForm
from governance.owner_admin.requests import person_of
from governance.owner_admin.site import OwnerSite


def input_for(answer: Answer) -> forms.Field:
    """Return the form field of an answer. The domain judges what is typed in it."""
    field = answer.field
    said: dict[str, Any] = {"label": field.label, "help_text": field.hint, "required": False}
    said["initial"] = answer.value
    made: forms.Field
    match field.value_type:
        case FieldType.BOOLEAN:
            made = forms.ChoiceField(choices=[("", "---------"), *YES_OR_NO], **said)
        case FieldType.CHOICE:
            made = forms.ChoiceField(choices=_choices(answer), **said)
        case FieldType.DATE:
            made = forms.CharField(widget=DayInput, **said)
        case FieldType.NUMBER:
            widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "short"})
            made = forms.CharField(widget=widget, **said)
        case _:
            made = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), **said)
    if field.required:
        made.is_awaited = True  # type: ignore[union-attr]  # the template asks
    return made


YES_OR_NO = (("true", "Yes"), ("false", "No"))


def _choices(answer: Answer) -> Iterable[tuple[str, str]]:
    """What may be chosen, and what was chosen when it still might be."""
    offered = dict.fromkeys(answer.field.choices)
    kept = {answer.value: None} if answer.value else {}
    return [("", "---------"), *((one, one) for one in offered | kept)]


class CustomFieldForm(GovernedForm):
    choices = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="For a list only: each choice on a line of its own.",
    )
    origins = forms.MultipleChoiceField(
        choices=Origin.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Asked of",
        help_text="Tick none to ask it of every origin.",
    )
    tiers = forms.TypedMultipleChoiceField(
        choices=Tier.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="In the tiers",
        help_text="Tick none to ask it in every tier.",
    )
    is_retired = forms.BooleanField(
        required=False,
        label="Asked no more",
        help_text="It leaves the forms. What records say in it stays.",
    )

    class Meta:
        model = CustomField
        fields = ("key", "label", "value_type", "hint", "required", "position")
        labels = {"required": "No version moves without it", "hint": "Help"}
        help_texts = {
            "key": "Its name for programs, such as model_line. It never changes.",
            "hint": "Shown beside the field, as this line is.",
            "required": "Left empty, it is a gap of every model that it is asked of.",
            "position": "Where it stands among the fields: the lower, the earlier.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial.update(
                choices="\n".join(self.instance.choices),
                origins=self.instance.origins,
                tiers=self.instance.tiers,
                is_retired=self.instance.retired_at is not None,
            )

    def definition(self) -> FieldDefinition:
        said = self.cleaned_data
        lines = (line.strip() for line in said["choices"].splitlines())
        return FieldDefinition(
            label=said["label"],
            value_type=said.get("value_type") or self.instance.value_type,
            choices=tuple(line for line in lines if line),
            hint=said["hint"],
            origins=tuple(said["origins"]),
            tiers=tuple(said["tiers"]),
            required=said["required"],
            position=said["position"],
            is_retired=said["is_retired"],
        )


class RetiredFilter(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("asked", "Asked now"), ("retired", "Asked no more")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CustomField]) -> Any:
        chosen = {"asked": True, "retired": False}.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(retired_at__isnull=chosen)


class CustomFieldAdmin(GovernedAdmin):
    form = CustomFieldForm
    noun, nouns = "custom field", "custom fields"
    verbs = ("Define", "Save")
    reads = (Permission.FIELD_DEFINE,)
    adds = Permission.FIELD_DEFINE
    list_display = ("label", "key", "value_type", "asked_of", "demand", "position", "standing")
    list_filter = (RetiredFilter, "value_type")
    search_fields = ("label", "key")
    search_help_text = "Label or key"
    ordering = ("position", "label")
    fieldsets = (
        ("The field", {"fields": ("key", "label", "hint", "value_type", "choices")}),
        ("Whom it is asked of", {"fields": ("origins", "tiers", "required", "position")}),
        ("Retirement", {"fields": ("is_retired",)}),
    )

    def is_offered(self, request: HttpRequest, obj: CustomField) -> bool:
        return may(person_of(request), Permission.FIELD_DEFINE, unit=root_unit(), at=timezone.now())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["key", "value_type"] if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.fieldsets[:2]

    @admin.display(description="Asked of")
    def asked_of(self, obj: CustomField) -> str:
        origins = [str(Origin(one).label) for one in obj.origins]
        tiers = [f"Tier {one}" for one in obj.tiers]
        return ", ".join([*origins, *tiers]) or "Every model"

    @admin.display(description="Answer", ordering="required")
    def demand(self, obj: CustomField) -> str:
        return "Required" if obj.required else "Optional"

    @admin.display(description="Standing")
    def standing(self, obj: CustomField) -> str:
        return "Asked" if obj.retired_at is None else f"Asked no more since {day(obj.retired_at)}"

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        actor, at = person_of(request), timezone.now()
        definition = cast("CustomFieldForm", form).definition()
        if change:
            change_field(field=obj, definition=definition, actor=actor, at=at)
        else:
            obj.pk = define_field(key=obj.key, definition=definition, actor=actor, at=at).pk


def register(site: OwnerSite) -> None:
    site.register(CustomField, CustomFieldAdmin)
