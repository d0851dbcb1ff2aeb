"""People, the roles they hold and the units they hold them in, for administrators."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from governance.accounts.actions import (
    create_unit,
    create_user,
    edit_user,
    end_role,
    grant_role,
    rename_unit,
)
from governance.accounts.models import RoleGrant, Unit, User
from governance.accounts.permissions import Permission, may
from governance.accounts.queries import root_unit, units_with
from governance.accounts.rules import Role
from governance.core.wording import day
from governance.owner_admin.base import DayInput, GovernedAdmin, GovernedForm
from governance.owner_admin.requests import person_of
from governance.owner_admin.site import OwnerSite

A_DAY = timedelta(days=1)


def midnight(on: date) -> datetime:
    return datetime.combine(on, time.min, tzinfo=UTC)


class PersonForm(GovernedForm):
    """A new person: with a first password, and let in by the administrator of a unit."""

    password = forms.CharField(
        label="First password",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Tell it to them in person; they change it once signed in.",
    )
    unit = forms.ModelChoiceField(
        Unit.objects.none(),
        label="Let in by",
        help_text="The unit whose administrator you are. It gives no role; roles are given apart.",
    )

    class Meta:
        model = User
        fields = ("email", "name")
        labels = {"email": "E-mail"}
        help_texts = {"email": "What they sign in with. It never changes."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_with(self.actor, Permission.ACCOUNT_MANAGE, at=timezone.now())
        field = self.fields["unit"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = units.order_by("path")
        field.initial = units.order_by("path").first()


class PersonEditForm(GovernedForm):
    class Meta:
        model = User
        fields = ("name", "is_active")
        labels = {"is_active": "May sign in"}
        help_texts = {"is_active": "Untick it when they leave. What they did and signed stays."}


class PersonAdmin(GovernedAdmin):
    noun, nouns = "person", "people"
    reads = (Permission.ACCOUNT_MANAGE, Permission.ROLE_GRANT)
    adds = Permission.ACCOUNT_MANAGE
    list_display = ("name", "address", "held", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "email")
    search_help_text = "Name or e-mail"
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return User.objects.prefetch_related("grants__unit", "grants__end")

    def is_offered(self, request: HttpRequest, obj: User) -> bool:
        return may(
            person_of(request), Permission.ACCOUNT_MANAGE, unit=root_unit(), at=timezone.now()
        )

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[Any]:
        kwargs["form"] = PersonEditForm if change else PersonForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("email", "name", "password", "unit")})]
        return [(None, {"fields": ("address", "name", "is_active", "held")})]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return ["address", "held"] if obj else []

    @admin.display(description="E-mail", ordering="email")
    def address(self, obj: User) -> str:
        return obj.email

    @admin.display(description="Roles now")
    def held(self, obj: User) -> str:
        now = timezone.now()
        return ", ".join(str_of(grant) for grant in obj.grants.all() if holds_at(grant, now))

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        actor, at = person_of(request), timezone.now()
        if change:
            edit_user(user=obj, name=obj.name, is_active=obj.is_active, actor=actor, at=at)
            return
        made = create_user(
            email=obj.email,
            name=obj.name,
            password=form.cleaned_data["password"],
            unit=form.cleaned_data["unit"],
            actor=actor,
            at=at,
        )
        obj.pk = made.pk

    def history_url(self, obj: User) -> str:
        return f"{reverse('audit')}?{urlencode({'person': obj.ref})}"


class GrantForm(GovernedForm):
    """A role from one day on, to the end of another or without one. Days are UTC days."""

    starts_at = forms.DateField(label="First day", widget=DayInput)
    ends_at = forms.DateField(
        label="Last day", widget=DayInput, required=False, help_text="Empty: until it is ended."
    )

    class Meta:
        model = RoleGrant
        fields = ("user", "role", "unit")
        labels = {"user": "Person"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("starts_at", timezone.now().date())

    def clean_starts_at(self) -> datetime:
        first, now = self.cleaned_data["starts_at"], timezone.now()
        if first < now.date():
            raise forms.ValidationError("Enter today or a later day.", code="not_past")
        return now if first == now.date() else midnight(first)

    def clean_ends_at(self) -> datetime | None:
        last = self.cleaned_data["ends_at"]
        if last == date.max:
            # A role ends with the day, and after this one there is none.
            raise forms.ValidationError("Enter an earlier day, or none.", code="calendar")
        return None if last is None else midnight(last) + A_DAY


class GrantEndForm(GovernedForm):
    end_now = forms.BooleanField(
        label="End this role now",
        error_messages={"required": "Tick this to end the role, or leave the page to keep it."},
        help_text="It cannot be taken back; the role can be given again.",
    )

    class Meta:
        model = RoleGrant
        fields = ()


class HoldingFilter(admin.SimpleListFilter):
    title = "time"
    parameter_name = "time"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterator[tuple[str, str]]:
        yield "now", "Held now"

    def queryset(self, request: HttpRequest, queryset: QuerySet[RoleGrant]) -> Any:
        now = RoleGrant.objects.at(timezone.now()).values("pk")
        return queryset.filter(pk__in=now) if self.value() == "now" else queryset


class GrantAdmin(GovernedAdmin):
    noun, nouns = "role", "roles"
    verbs = ("Give", "End")
    reads = (Permission.ROLE_GRANT,)
    adds = Permission.ROLE_GRANT
    autocomplete_fields = ("user",)
    list_display = ("user", "role", "unit", "first_day", "last_day", "standing")
    list_filter = (HoldingFilter, "role")
    list_select_related = ("user", "unit", "end")
    search_fields = ("user__name", "user__email", "unit__name")
    search_help_text = "Person or unit"
    ordering = ("user__name", "-starts_at")
    told = ("user", "role", "unit", "first_day", "last_day", "standing")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoleGrant]:
        units = units_with(person_of(request), Permission.ROLE_GRANT, at=timezone.now())
        return RoleGrant.objects.filter(unit__in=units).select_related("user", "unit", "end")

    def is_offered(self, request: HttpRequest, obj: RoleGrant) -> bool:
        return not has_ended(obj, timezone.now())

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[Any]:
        kwargs["form"] = GrantEndForm if change else GrantForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: RoleGrant | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("user", "role", "unit", "starts_at", "ends_at")})]
        given = (None, {"fields": self.told})
        if not self.has_change_permission(request, obj):
            return [given]
        return [given, ("End", {"fields": ("end_now",)})]

    def get_readonly_fields(self, request: HttpRequest, obj: RoleGrant | None = None) -> Any:
        return self.told if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "unit":
            units = units_with(person_of(request), Permission.ROLE_GRANT, at=timezone.now())
            kwargs["queryset"] = units.order_by("path")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="First day", ordering="starts_at")
    def first_day(self, obj: RoleGrant) -> str:
        return day(obj.starts_at)

    @admin.display(description="Last day", ordering="ends_at")
    def last_day(self, obj: RoleGrant) -> str:
        return day(obj.ends_at - timedelta(microseconds=1)) if obj.ends_at else ""

    @admin.display(description="State")
    def standing(self, obj: RoleGrant) -> str:
        now = timezone.now()
        if obj.starts_at > now:
            return f"From {day(obj.starts_at)}"
        return "Ended" if has_ended(obj, now) else "Held"

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        actor, at = person_of(request), timezone.now()
        if change:
            end_role(grant=obj, actor=actor, at=at)
            return
        made = grant_role(
            user=obj.user,
            role=Role(obj.role),
            unit=obj.unit,
            starts_at=max(at, form.cleaned_data["starts_at"]),
            ends_at=form.cleaned_data["ends_at"],
            actor=actor,
            at=at,
        )
        obj.pk = made.pk


class UnitForm(GovernedForm):
    class Meta:
        model = Unit
        fields = ("path", "name")
        help_texts = {
            "path": "Such as bank/retail-credit: its place below other units. It never changes."
        }


class UnitAdmin(GovernedAdmin):
    form = UnitForm
    noun, nouns = "unit", "units"
    reads = (Permission.ACCOUNT_MANAGE,)
    adds = Permission.ACCOUNT_MANAGE
    list_display = ("name", "path")
    search_fields = ("name", "path")
    search_help_text = "Name or path"
    ordering = ("path",)
    fields = ("path", "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Unit]:
        return units_with(person_of(request), Permission.ACCOUNT_MANAGE, at=timezone.now())

    def is_offered(self, request: HttpRequest, obj: Unit) -> bool:
        return True

    def get_readonly_fields(self, request: HttpRequest, obj: Unit | None = None) -> list[str]:
        return ["path"] if obj else []

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        actor, at = person_of(request), timezone.now()
        if change:
            rename_unit(unit=obj, name=obj.name, actor=actor, at=at)
        else:
            obj.pk = create_unit(path=obj.path, name=obj.name, actor=actor, at=at).pk


def has_ended(grant: RoleGrant, now: datetime) -> bool:
    return hasattr(grant, "end") or (grant.ends_at is not None and grant.ends_at <= now)


def holds_at(grant: RoleGrant, now: datetime) -> bool:
    return grant.starts_at <= now and not has_ended(grant, now)


def str_of(grant: RoleGrant) -> str:
    return f"{grant.get_role_display()} in {grant.unit}"


def register(site: OwnerSite) -> None:
    site.register(User, PersonAdmin)
    site.register(RoleGrant, GrantAdmin)
    site.register(Unit, UnitAdmin)
