"""Models, for their owners: one save is one change of the record, with one entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, may
from governance.accounts.queries import units_with
from governance.core.wording import day
from governance.inventory.actions import ModelRecord, create_model, edit_model
from governance.inventory.models import Model
from governance.inventory.queries import (
    latest_class_assessment,
    latest_tier_assessment,
    record_digest,
)
from governance.inventory.queries.questionnaires import published_for
from governance.inventory.rules import REQUIRED, RecordChanged, Tier
from governance.inventory.rules.assessments import Purpose
from governance.owner_admin.base import GovernedAdmin, GovernedForm
from governance.owner_admin.requests import person_of
from governance.owner_admin.site import OwnerSite

PARAGRAPH = forms.Textarea(attrs={"rows": 3})
SENTENCE = forms.Textarea(attrs={"rows": 2})
AWAITED = {*REQUIRED, "tier_reason"}
"""May be left empty for now, and so are not called optional: no version moves without them."""


class SecureURLField(forms.URLField):
    """An address typed without its scheme is taken for an https one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(assume_scheme="https", **kwargs)


class CodesField(forms.Field):
    """Codes with commas or spaces between them, in whatever case they are typed."""

    def to_python(self, value: Any) -> list[str]:
        return sorted({code.upper() for code in str(value or "").replace(",", " ").split()})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)

    def prepare_value(self, value: Any) -> str:
        return ", ".join(value) if isinstance(value, list) else str(value).replace(",", ", ")


class ModelForm(GovernedForm):
    tier_reason = forms.CharField(
        label="Reason for the tier",
        required=False,
        widget=SENTENCE,
        help_text="Needed when the tier changes. It is kept for ever beside the tier.",
    )
    ai_act_reason = forms.CharField(
        label="Reason for the class",
        required=False,
        widget=SENTENCE,
        help_text="Needed when the class changes. It is kept for ever beside the class.",
    )
    jurisdictions = CodesField(
        required=False,
        help_text="Where the model is used: two-letter codes such as DE, FR, US or EU.",
    )
    base = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Model
        fields = (
            "name", "unit", "purpose", "intended_use", "kind", "owner", "developers", "tier",
            "ai_act_class", "jurisdictions", "tracking_uri",
        )  # fmt: skip
        widgets = {"purpose": SENTENCE, "intended_use": PARAGRAPH}
        field_classes = {"tracking_uri": SecureURLField}
        labels = {"tier": "Risk tier"}
        help_texts = {
            "name": "The registered-model name that pipelines use. It never changes.",
            "unit": "The business unit whose people work on the model. It never changes.",
            "purpose": "What the model is for, in a sentence or two.",
            "intended_use": "Which decisions it supports, for whom, within which limits.",
            "owner": "Answers for the model, and signs none of its promotions.",
            "developers": "Who builds it. Whoever was once named here never signs for it.",
            "tracking_uri": "Where metrics are pulled from, if anywhere.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "owner" in self.fields and self.instance.owner_id is None:
            self.initial["owner"] = self.actor.pk
        for name in AWAITED & self.fields.keys():
            self.fields[name].is_awaited = True  # type: ignore[attr-defined]  # the template asks
        self.initial["base"] = record_digest(self.instance) if self._is_change else ""
        if isinstance(self.refusal, RecordChanged):
            # Whoever saves again is told below where they differ from what stands there now.
            self.data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
            self.data["base"] = self.initial["base"]  # type: ignore[index]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if isinstance(self.refusal, RecordChanged):
            labels = [str(self[name].label) for name in self.changed_data if name != "base"]
            differing = ", ".join(labels) or "nothing"
            told = f"You differ from what stands there now in: {differing}. Save again to set it."
            self.add_error(None, told)
        return cleaned

    @property
    def _is_change(self) -> bool:
        return not self.instance._state.adding

    def record(self) -> ModelRecord:
        """What the owner says of the model."""
        said = self.cleaned_data
        return ModelRecord(
            purpose=said["purpose"],
            intended_use=said["intended_use"],
            kind=said["kind"],
            owner=said["owner"],
            developers=tuple(said["developers"]),
            tier=said.get("tier", self.instance.tier),
            tier_reason=said.get("tier_reason", ""),
            ai_act_class=said.get("ai_act_class", self.instance.ai_act_class),
            ai_act_reason=said.get("ai_act_reason", ""),
            jurisdictions=said["jurisdictions"],
            tracking_uri=said["tracking_uri"],
        )


_SAID_OF_A_MODEL: dict[str, list[str]] = {"tier_now": [], "class_now": []}
"""What stands in the record of a model that is there, and of no new one."""
_BY_QUESTIONNAIRE = {
    Purpose.TIERING: ("tier", "tier_reason"),
    Purpose.AI_ACT: ("ai_act_class", "ai_act_reason"),
}


def _answered() -> list[str]:
    """The fields that a published questionnaire fills, so that nobody sets them by hand."""
    return [
        name
        for purpose, names in _BY_QUESTIONNAIRE.items()
        if published_for(purpose)
        for name in names
    ]


class CompletenessFilter(admin.SimpleListFilter):
    title = "record"
    parameter_name = "record"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterator[tuple[str, str]]:
        yield "draft", "Drafts: something is missing"
        yield "complete", "Complete"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        match self.value():
            case "draft":
                return queryset.incomplete()  # type: ignore[attr-defined,no-any-return]
            case "complete":
                return queryset.exclude(pk__in=Model.objects.incomplete().values("pk"))
        return queryset


class ModelAdmin(GovernedAdmin):
    form = ModelForm
    noun, nouns = "model", "models"
    reads = (Permission.MODEL_EDIT,)
    adds = Permission.MODEL_CREATE
    autocomplete_fields = ("owner", "developers")
    list_display = ("name", "unit", "owner", "tier", "kind", "standing", "updated")
    list_filter = (CompletenessFilter, "tier", "kind")
    list_select_related = ("unit", "owner")
    search_fields = ("name", "purpose", "owner__name")
    search_help_text = "Name, purpose or owner"
    ordering = ("name",)
    fieldsets = (
        ("The model", {"fields": ("name", "placed", "purpose", "intended_use", "kind")}),
        ("People", {"fields": ("owner", "developers")}),
        ("Risk", {"fields": ("tier_now", "tier", "tier_reason")}),
        (
            "EU AI Act",
            {"fields": ("class_now", "ai_act_class", "ai_act_reason", "jurisdictions")},
        ),
        ("Measurements", {"fields": ("tracking_uri", "base")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return Model.objects.visible_to(person_of(request), at=timezone.now()).with_people()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and super().has_add_permission(request)

    def is_offered(self, request: HttpRequest, obj: Model) -> bool:
        person = person_of(request)
        is_free = obj.owner is None or not obj.owner.is_active
        may_edit = may(person, Permission.MODEL_EDIT, unit=obj.unit, at=timezone.now())
        return may_edit and (is_free or obj.owner == person)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["name", "placed", "tier_now", "class_now"] if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        asked: dict[str, list[str]] = {} if obj else {"placed": ["unit"]} | _SAID_OF_A_MODEL
        asked |= {name: [] for name in _answered()}
        fieldsets = [
            (title, {"fields": [f for n in map(str, said["fields"]) for f in asked.get(n, [n])]})
            for title, said in self.fieldsets
        ]
        return [(title, said) for title, said in fieldsets if said["fields"]]

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "unit":
            kwargs["queryset"] = _units(person_of(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="Record")
    def standing(self, obj: Model) -> str:
        return f"Draft, lacks {_listed(obj.gaps)}" if obj.gaps else "Complete"

    @admin.display(description="Unit")
    def placed(self, obj: Model) -> str:
        return f"{obj.unit.name} ({obj.unit.path})"

    @admin.display(description="Changed", ordering="updated_at")
    def updated(self, obj: Model) -> str:
        return day(obj.updated_at)

    @admin.display(description="Tier now")
    def tier_now(self, obj: Model) -> str:
        found, tier = latest_tier_assessment(obj), obj.tier_at(timezone.now())
        if found is None or tier is None:
            return _assessed("None yet", obj, Purpose.TIERING)
        when = f"{found.assessed_by}, {day(found.assessed_at)}"
        words = f"{Tier(tier).label}. {found.reason} ({when})"
        return _assessed(words, obj, Purpose.TIERING)

    @admin.display(description="Class now")
    def class_now(self, obj: Model) -> str:
        found = latest_class_assessment(obj)
        if found is None:
            return _assessed("None yet", obj, Purpose.AI_ACT)
        when = f"{found.assessed_by}, {day(found.assessed_at)}"
        words = f"{found.get_ai_act_class_display()}. {found.reason} ({when})"
        return _assessed(words, obj, Purpose.AI_ACT)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        person, at = person_of(request), timezone.now()
        if change:
            saved = edit_model(
                model=obj,
                record=form.record(),
                base=form.cleaned_data["base"],
                actor=person,
                at=at,
            )
        else:
            saved = create_model(
                name=obj.name, unit=obj.unit, record=form.record(), actor=person, at=at
            )
        obj.pk, obj.updated_at = saved.pk, saved.updated_at
        request.has_moved = saved.updated_at == at

    def said(self, request: Any, obj: Model) -> str:
        if request.has_moved:
            return f"Saved: the record of {obj.name}."
        return f"The record of {obj.name} says this already; nothing was written."

    def history_url(self, obj: Model) -> str:
        return f"{reverse('audit')}?{urlencode({'model': obj.name})}"


def _assessed(words: str, model: Model, purpose: Purpose) -> str:
    """What stands, with the way to the questions where a questionnaire decides on it."""
    if not published_for(purpose):
        return words
    place = reverse("assessments", kwargs={"name": model.name})
    return format_html('{}. <a href="{}">Answer the questionnaire</a>', words.rstrip("."), place)


def _units(person: User) -> QuerySet[Unit]:
    return units_with(person, Permission.MODEL_CREATE, at=timezone.now()).order_by("path")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def register(site: OwnerSite) -> None:
    site.register(Model, ModelAdmin)
