"""The conditions of an approval: a few rows, of which those left empty are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from django import forms

from governance.accounts.models import User
from governance.approvals.rules.conditions import (
    MOST_CONDITIONS,
    ConditionDraft,
    condition_problems,
)
from governance.portal.forms.base import SiteForm
from governance.validation.rules import Severity


class ConditionForm(SiteForm, forms.Form):
    """One condition, judged by the domain's own rules so that each is said where it is wrong."""

    text = forms.CharField(required=False, label="What must be done")
    owner = forms.ChoiceField(required=False, label="By whom")
    due_date = forms.DateField(
        required=False,
        label="By when",
        error_messages={"invalid": "Enter a date."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    severity = forms.ChoiceField(
        required=False, label="Severity", choices=Severity.choices, initial=Severity.MEDIUM
    )

    def __init__(self, *args: Any, owners: Sequence[User], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.owners = today, [user.ref for user in owners]
        owner = cast("forms.ChoiceField", self.fields["owner"])
        owner.choices = [(user.ref, user.name) for user in owners]
        for field in self.fields.values():
            field.needed = True  # type: ignore[attr-defined]  # the template asks

    def clean(self) -> None:
        super().clean()
        if not self.is_filled:
            return
        for problem in condition_problems([self.draft], owners=self.owners, today=self.today):
            name = problem.field.rpartition(".")[2]
            if name not in self.errors:
                self.add_error(name, problem.message)

    @property
    def is_filled(self) -> bool:
        return bool(self.cleaned_data.get("text") or self.cleaned_data.get("due_date"))

    @property
    def draft(self) -> ConditionDraft:
        said = self.cleaned_data
        return ConditionDraft(
            text=said.get("text", ""),
            owner=said.get("owner", ""),
            due_date=said.get("due_date"),
            severity=said.get("severity") or Severity.MEDIUM,
        )


_FormSet = forms.formset_factory(ConditionForm, extra=3, max_num=MOST_CONDITIONS)


class Conditions(_FormSet):  # type: ignore[misc, valid-type]  # a class that Django makes
    """The rows. Without one that is filled, an approval on conditions says nothing."""

    def __init__(
        self, data: Mapping[str, Any] | None, *, owners: Sequence[User], today: date
    ) -> None:
        kwargs = {"owners": owners, "today": today}
        super().__init__(data, prefix="conditions", form_kwargs=kwargs)

    def clean(self) -> None:
        if not any(form.errors for form in self.forms) and not self.drafts:
            raise forms.ValidationError("Name at least one condition, or approve without.")

    @property
    def drafts(self) -> list[ConditionDraft]:
        return [form.draft for form in self.forms if form.is_filled]
