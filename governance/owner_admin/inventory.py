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

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, may
from governance.accounts.queries import units_with
from governance.core.wording import as_date, day
from governance.inventory.actions import ModelRecord, create_model, edit_model
from governance.inventory.models import Model
from governance.inventory.queries import (
    latest_class_assessment,
    latest_tier_assessment,
    record_digest,
)
from governance.inventory.rules import DATES, PARTICULARS, REQUIRED, RecordChanged
from governance.owner_admin.base import DayInput, GovernedAdmin, GovernedForm
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
            "name", "unit", "purpose", "intended_use", "kind", "owner", "developers", "validator",
            "tier", "ai_act_class", "jurisdictions", "tracking_uri", "origin", *PARTICULARS, *DATES,
        )  # fmt: skip
        widgets = {
            "purpose": SENTENCE,
            "intended_use": PARAGRAPH,
            "excluded_use": PARAGRAPH,
            "products": SENTENCE,
            "inputs": SENTENCE,
            "outputs": SENTENCE,
            "users": SENTENCE,
            "overlays": SENTENCE,
            "limitations": PARAGRAPH,
            "restrictions": SENTENCE,
            **dict.fromkeys(DATES, DayInput),
        }
        field_classes = {"tracking_uri": SecureURLField}
        labels = {
            "tier": "Risk tier",
            "vendor_product": "Product",
            "vendor_release": "Release",
            "contract_reference": "Contract",
            "contract_end_date": "Contract ends",
            "first_use_date": "First use",
            "next_review_date": "Next review",
        }
        help_texts = {
            "origin": "A vendor’s model, a spreadsheet or a rule set is a record too.",
            "excluded_use": "What it must not be used for, though somebody might.",
            "products": "The products, portfolios or processes that it serves.",
            "inputs": "What it takes: sources, and who keeps them.",
            "outputs": "What it gives, in which form and how often.",
            "users": "Who works with what it gives.",
            "overlays": "What people add to or take from its output, and on whose word.",
            "limitations": "Where it is known to be wrong or weak.",
            "restrictions": "Conditions under which it may be used.",
            "validator": "Who is assigned to review it. Holds the role in the unit, and had no "
            "hand in the model.",
            "contract_reference": "The number under which the firm files the contract.",
            "next_review_date": "From the day after, lists call the review overdue.",
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
            tier=said["tier"],
            tier_reason=said["tier_reason"],
            ai_act_class=said["ai_act_class"],
            ai_act_reason=said["ai_act_reason"],
            jurisdictions=said["jurisdictions"],
            tracking_uri=said["tracking_uri"],
            origin=said["origin"],
            validator=said["validator"],
            **{name: said[name] for name in (*PARTICULARS, *DATES)},
        )


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


class ReviewFilter(admin.SimpleListFilter):
    title = "next review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterator[tuple[str, str]]:
        yield "overdue", "Overdue"
        yield "unset", "No date"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "overdue":
                return queryset.overdue(today=as_date(timezone.now()))
            case "unset":
                return queryset.filter(next_review_date=None)
        return queryset


class ModelAdmin(GovernedAdmin):
    form = ModelForm
    noun, nouns = "model", "models"
    reads = (Permission.MODEL_EDIT,)
    adds = Permission.MODEL_CREATE
    autocomplete_fields = ("owner", "developers", "validator")
    list_display = ("name", "unit", "owner", "tier", "kind", "standing", "review", "updated")
    list_filter = (CompletenessFilter, ReviewFilter, "tier", "origin", "ai_act_class", "kind")
    list_select_related = ("unit", "owner")
    search_fields = ("name", "purpose", "owner__name", "vendor_name", "vendor_product")
    search_help_text = "Name, purpose, owner or vendor"
    ordering = ("name",)
    fieldsets = (
        ("What it is", {"fields": ("name", "placed", "origin", "kind", "purpose")}),
        (
            "Use",
            {
                "fields": (
                    "intended_use", "excluded_use", "products", "users", "limitations",
                    "overlays", "restrictions",
                )
            },
        ),
        ("Data", {"fields": ("inputs", "outputs")}),
        ("People", {"fields": ("owner", "developers", "validator")}),
        ("Risk", {"fields": ("tier_now", "tier", "tier_reason")}),
        (
            "EU AI Act",
            {"fields": ("class_now", "ai_act_class", "ai_act_reason", "jurisdictions")},
        ),
        (
            "Vendor",
            {
                "fields": (
                    "vendor_name", "vendor_product", "vendor_release", "contract_reference",
                    "contract_end_date",
                )
            },
        ),
        ("Dates", {"fields": ("first_use_date", "next_review_date")}),
        ("Measurements", {"fields": ("tracking_uri", "base")}),
    )  # fmt: skip

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
        if obj is not None:
            return self.fieldsets
        asked = {"placed": ["unit"], "tier_now": [], "class_now": []}
        return [
            (title, {"fields": [f for n in map(str, said["fields"]) for f in asked.get(n, [n])]})
            for title, said in self.fieldsets
        ]

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

    @admin.display(description="Next review", ordering="next_review_date")
    def review(self, obj: Model) -> str:
        due = obj.next_review_date
        if due is None:
            return ""
        return f"{day(due)}, overdue" if due < as_date(timezone.now()) else day(due)

    @admin.display(description="Changed", ordering="updated_at")
    def updated(self, obj: Model) -> str:
        return day(obj.updated_at)

    @admin.display(description="Tier now")
    def tier_now(self, obj: Model) -> str:
        found = latest_tier_assessment(obj)
        if found is None:
            return "None yet"
        when = f"{found.assessed_by}, {day(found.assessed_at)}"
        return f"{found.get_tier_display()}. {found.reason} ({when})"

    @admin.display(description="Class now")
    def class_now(self, obj: Model) -> str:
        found = latest_class_assessment(obj)
        if found is None:
            return "None yet"
        when = f"{found.assessed_by}, {day(found.assessed_at)}"
        return f"{found.get_ai_act_class_display()}. {found.reason} ({when})"

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


def _units(person: User) -> QuerySet[Unit]:
    return units_with(person, Permission.MODEL_CREATE, at=timezone.now()).order_by("path")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def register(site: OwnerSite) -> None:
    site.register(Model, ModelAdmin)
