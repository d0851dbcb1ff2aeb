"""Models, for their owners: one save is one change of the record, with one entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, may
from governance.accounts.queries import units_with
from governance.core.wording import as_date, counted, day
from governance.inventory.actions import create_model, edit_model, propose_change
from governance.inventory.actions.model_changes import awaits_review
from governance.inventory.models import CustomField, Model
from governance.inventory.queries import (
    Answer,
    Links,
    RecordGaps,
    answers_of,
    consumers_directly,
    feeders_directly,
    latest_class_assessment,
    latest_tier_assessment,
    record_gaps,
)
from governance.inventory.queries.questionnaires import published_for
from governance.inventory.rules import AiActClass, Kind, Origin, Tier
from governance.inventory.rules.assessments import Purpose
from governance.owner_admin.base import GovernedAdmin
from governance.owner_admin.custom_fields import input_for
from governance.owner_admin.feeders import FeederInline, add_feeders
from governance.owner_admin.model_form import ModelForm
from governance.owner_admin.requests import person_of
from governance.owner_admin.site import OwnerSite

SHOWN = ("tier_now", "class_now", "feeders_now", "consumers_now")
"""What the form of a record that is there tells, and that of a new one cannot."""


CHANGED = ("change_reason", "materiality", "change_kinds")
"""What is said of a change that waits for a review, because the model is live."""
TYPED = ("tier_reason", "ai_act_reason", "base", *CHANGED)
"""What the form asks for and the record does not hold: nothing to whoever only reads it."""


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


MORE_FIELDS = "The firm asks more of some origins and tiers: save, and those fields are there too."


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

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "overdue":
                return queryset.overdue_reviews(as_date(timezone.now()))
        return queryset


class StandingFilter(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterator[tuple[str, str]]:
        yield "in_use", "In use"
        yield "retired", "Retired"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = {"in_use": True, "retired": False}.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(retired_at__isnull=chosen)


class OccurringFilter(admin.SimpleListFilter):
    """Offers only the values that occur among what the reader sees: some lists are long."""

    parameter_name: str
    labels: ClassVar[Sequence[tuple[str, str]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        values = model_admin.get_queryset(request).values_list(self.parameter_name, flat=True)
        found = set(values.distinct())
        return [(value, label) for value, label in self.labels if value in found]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class KindFilter(OccurringFilter):
    title, parameter_name, labels = "kind", "kind", Kind.choices


class OriginFilter(OccurringFilter):
    title, parameter_name, labels = "origin", "origin", Origin.choices


class ClassFilter(OccurringFilter):
    title, parameter_name, labels = "EU AI Act class", "ai_act_class", AiActClass.choices


class ModelAdmin(GovernedAdmin):
    form = ModelForm
    noun, nouns = "model", "models"
    reads = (Permission.MODEL_EDIT,)
    adds = Permission.MODEL_CREATE
    autocomplete_fields = ("owner", "developers", "validator")
    inlines = (FeederInline,)
    list_display = ("name", "unit", "owner", "tier", "standing", "updated")
    list_filter = (
        StandingFilter, CompletenessFilter, ReviewFilter, "tier", ClassFilter, OriginFilter,
        KindFilter,
    )  # fmt: skip
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
        # A feeder is added below the record; it is ended on the portal's page.
        ("Dependencies", {"fields": ("feeders_now", "consumers_now")}),
        ("Dates", {"fields": ("first_use_date",)}),
        ("Change of a live model", {"fields": CHANGED}),
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
        return may_edit and obj.retired_at is None and (is_free or obj.owner == person)

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> Any:
        return self.inlines if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["name", "placed", "answered", *SHOWN] if obj else []

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[Any]:
        """Ask for the firm's own fields too: those of a model of its origin and tier."""
        answers = _answers(request, obj)
        asked = {answer.field.form_name: input_for(answer) for answer in answers}
        kwargs["form"] = type("ModelForm", (ModelForm,), {**asked, "answers": answers})
        if CustomField.objects.in_use().count() > len(answers):
            kwargs["help_texts"] = {"origin": MORE_FIELDS}
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        nothing: list[str] = []
        new = {"placed": ["unit"]} | dict.fromkeys(SHOWN, nothing)
        asked: dict[str, list[str]] = {} if obj else new
        asked |= dict.fromkeys(_answered(), nothing)
        if obj is None or obj.live_since is None:
            asked |= dict.fromkeys(CHANGED, nothing)
        own = [answer.field.form_name for answer in _answers(request, obj)]
        if obj is not None and not self.has_change_permission(request, obj):
            asked |= dict.fromkeys(TYPED, nothing)
            own = ["answered"] if own else []
        groups: list[Any] = [*self.fieldsets]
        groups.insert(-1, ("The firm’s own fields", {"fields": own}))
        fieldsets = [
            (title, {"fields": [f for n in map(str, said["fields"]) for f in asked.get(n, [n])]})
            for title, said in groups
            if said["fields"] and (obj or set(said["fields"]) - set(SHOWN))
        ]
        return [(title, said) for title, said in fieldsets if said["fields"]]

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "unit":
            kwargs["queryset"] = _units(person_of(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Remember who reads: of what it depends on they are told what they may see."""
        found: Any = super().get_object(request, *args, **kwargs)
        if found is not None:
            found.reader = person_of(request)
        return found

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read what the records of one page lack, for all of them at once."""
        listed = super().get_changelist_instance(request)
        listed.result_list = list(listed.result_list)
        gaps = record_gaps(listed.result_list, at=timezone.now())
        for row in listed.result_list:
            row.found = gaps[row.pk]
        return listed

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        if obj := context.get("original"):
            context["gaps"] = record_gaps([obj], at=timezone.now())[obj.pk]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Record")
    def standing(self, obj: Any) -> str:
        found: RecordGaps = obj.found
        if obj.retired_at is not None:
            return f"Retired on {day(obj.retired_at)}"
        if found.lacking:
            return f"Draft, lacks {_listed(found.words)}"
        return f"Complete, but lacks {_listed(found.words)}" if found.flagged else "Complete"

    @admin.display(description="Answers")
    def answered(self, obj: Model) -> str:
        """What a reader who may not change the record is shown of the firm's own fields."""
        said = (f"{one.field.label}: {one.shown or 'not said'}" for one in answers_of(obj))
        return "; ".join(said)

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
            return _assessed(
                "None needed: no model" if obj.is_tool else "None yet", obj, Purpose.TIERING
            )
        when = f"{found.assessed_by}, {day(found.assessed_at)}"
        words = f"{Tier(tier).label}. {found.reason} ({when})"
        return _assessed(words, obj, Purpose.TIERING)

    @admin.display(description="Fed by")
    def feeders_now(self, obj: Any) -> str:
        found = feeders_directly(obj, actor=obj.reader, at=timezone.now())
        return _linked(obj, found, "feeder", "Add or end a feeder")

    @admin.display(description="Feeds")
    def consumers_now(self, obj: Any) -> str:
        found = consumers_directly(obj, actor=obj.reader, at=timezone.now())
        return _linked(obj, found, "consumer", "See what breaks if it does")

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
            record, base = form.record(), form.cleaned_data["base"]
            # What was typed stands on `obj` already.
            if awaits_review(Model.objects.get(pk=obj.pk), record):
                request.change = propose_change(
                    model=obj, record=record, rationale=form.rationale(), base=base,
                    actor=person, at=at,
                )  # fmt: skip
                return
            saved = edit_model(model=obj, record=record, base=base, actor=person, at=at)
        else:
            saved = create_model(
                name=obj.name, unit=obj.unit, record=form.record(), actor=person, at=at
            )
        obj.pk, obj.updated_at = saved.pk, saved.updated_at
        request.has_moved = saved.updated_at == at

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Add the feeders that were filled in, in the transaction of the record."""
        for formset in formsets:
            added = add_feeders(
                formset, consumer=form.instance, actor=person_of(request), at=timezone.now()
            )
            request.has_moved = added or getattr(request, "has_moved", False)

    def said(self, request: Any, obj: Model) -> str:
        if change := getattr(request, "change", None):
            address = reverse("change", kwargs={"name": obj.name, "number": change.number})
            return format_html(
                '{} is live, so nothing is changed yet: <a href="{}">change {}</a> waits for its '
                "review.", obj.name, address, change.number,
            )  # fmt: skip
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


def _answers(request: Any, obj: Model | None) -> Sequence[Answer]:
    """The fields of the firm of this form, read once for a request."""
    if not hasattr(request, "answers"):
        request.answers = answers_of(obj or Model())
    found: Sequence[Answer] = request.answers
    return found


def _linked(model: Model, found: Links, end: str, act: str) -> str:
    names = [getattr(row, end).name for row in found.rows]
    hidden = [f"{counted(found.unseen, 'model')} that you may not see"] if found.unseen else []
    named = ", ".join([*names, *hidden]) or "Nothing on record"
    return format_html(
        '{}. <a href="{}">{}</a>', named, reverse("dependencies", args=[model.name]), act
    )


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def register(site: OwnerSite) -> None:
    site.register(Model, ModelAdmin)
