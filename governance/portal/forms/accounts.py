"""Letting pipelines in: a service account, what its token may do, who answers for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.db.models import QuerySet

from governance.accounts.actions import DEFAULT_TOKEN_DAYS
from governance.accounts.models import Unit, User
from governance.accounts.rules import ORDINARY_SCOPES, Scope
from governance.portal.forms.base import SiteForm

if TYPE_CHECKING:
    # Django's own class cannot be subscripted when the program runs.
    PersonChoice = forms.ModelChoiceField[User]
    UnitChoice = forms.ModelChoiceField[Unit]
else:
    PersonChoice = UnitChoice = forms.ModelChoiceField

MAX_DAYS = 366
ANSWERS = "Counts as who asks for whatever the pipeline asks for, and so signs none of it."


class PersonField(PersonChoice):
    """People who can sign in, by name and address."""

    def __init__(self) -> None:
        people: QuerySet[User] = User.objects.filter(is_active=True).order_by("name", "email")
        super().__init__(people, label="Responsible person", help_text=ANSWERS, empty_label="")

    def label_from_instance(self, obj: User) -> str:
        return f"{obj.name}, {obj.email}"


class UnitField(UnitChoice):
    """Units by their place in the tree."""

    def label_from_instance(self, obj: Unit) -> str:
        return f"{obj.name} ({obj.path})"


class ServiceForm(SiteForm, forms.Form):
    unchanged = "No service account was made."

    name = forms.CharField(
        max_length=80, help_text="Such as churn-pipeline: letters, digits, - and _. Never changes."
    )
    unit = UnitField(
        Unit.objects.none(), help_text="It reaches the models of this unit and of those below."
    )
    responsible = PersonField()

    def offer(self, units: QuerySet[Unit]) -> ServiceForm:
        """Set the units to choose from: those in which the reader may issue tokens."""
        field = self.fields["unit"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = units
        return self


class ServiceEditForm(SiteForm, forms.Form):
    unchanged = "The service account is unchanged."

    responsible = PersonField()
    is_active = forms.BooleanField(
        required=False, label="May use its tokens", help_text="Untick it to stop the pipeline."
    )


class TokenForm(SiteForm, forms.Form):
    unchanged = "No token was issued."

    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=Scope.choices,
        initial=[scope.value for scope in ORDINARY_SCOPES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing the token may do."},
    )
    days = forms.IntegerField(
        label="Days until it expires",
        initial=DEFAULT_TOKEN_DAYS,
        min_value=1,
        max_value=MAX_DAYS,
        widget=forms.NumberInput(attrs={"class": "short"}),
    )
