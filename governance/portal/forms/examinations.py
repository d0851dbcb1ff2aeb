"""Opening an examination and keeping it; asking for information in it, and answering."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from django import forms

from governance.accounts.models import Unit, User
from governance.accounts.queries import person_with_email
from governance.inventory.models import Model
from governance.inventory.rules.attestations import MAX_TITLE
from governance.inventory.rules.reviews import MAX_WORDS
from governance.portal.forms.base import SiteForm

Choices = Sequence[tuple[str, str]]


def first_moment(value: date) -> datetime:
    """The moment at which a day begins, in UTC."""
    return datetime.combine(value, time.min, tzinfo=UTC)


def last_moment(value: date) -> datetime:
    """The moment at which a day is over, in UTC."""
    return first_moment(value) + timedelta(days=1)


def words(label: str, ask: str, *, rows: int = 3, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        max_length=MAX_WORDS,
        label=label,
        help_text=help_text,
        error_messages={"required": ask},
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def day_field(label: str, ask: str, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        error_messages={"required": ask, "invalid": "Enter a date."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class ModelNames(forms.CharField):
    """Names of models, one a line, of which the reader may see each."""

    def __init__(self) -> None:
        super().__init__(
            label="Models",
            help_text="Their names, one a line.",
            error_messages={"required": "Name at least one model."},
            widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        )


class NamesModels(forms.Form):
    """Mixin. `reader` and `at` say whose models can be named."""

    def __init__(self, *args: Any, reader: User, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader, self.at = reader, at

    def clean_models(self) -> list[Model]:
        names = [name.strip() for name in str(self.cleaned_data["models"]).splitlines()]
        wanted = list(dict.fromkeys(name for name in names if name))
        seen = Model.objects.visible_to(self.reader, at=self.at).select_related("unit")
        found = {model.name: model for model in seen.filter(name__in=wanted)}
        if unknown := [name for name in wanted if name not in found]:
            raise forms.ValidationError(f"There is no model {', '.join(unknown)}.")
        return [found[name] for name in wanted]


class ExaminationForm(SiteForm, NamesModels):
    unchanged = "No examination was opened."

    title = forms.CharField(
        max_length=MAX_TITLE,
        label="Title",
        help_text="Such as: Thematic review of credit models, 2026.",
        error_messages={"required": "Give the examination a title."},
    )
    authority = words(
        "Authority",
        "Say who examines, and under what authority.",
        rows=2,
        help_text="Who examines, under what law, and the letter that asks for it.",
    )
    unit = forms.ChoiceField(label="Unit", help_text="The models are of it or of those within it.")
    examiners = forms.CharField(
        label="Examiners",
        help_text="The addresses of their accounts, one a line. An account holds no role, and is "
        "an examiner's for good.",
        error_messages={"required": "Name at least one account to examine with."},
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    models = ModelNames()
    starts_at = day_field("From", "Say from when.")
    ends_at = day_field("Through", "Say until when.", "Its last day. After it they see nothing.")

    def __init__(self, *args: Any, units: Sequence[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["unit"])
        field.choices = [(str(unit.pk), f"{unit.name} ({unit.path})") for unit in units]

    def clean_examiners(self) -> list[User]:
        wanted = dict.fromkeys(str(self.cleaned_data["examiners"]).split())
        found = {address: person_with_email(address) for address in wanted}
        if unknown := [address for address, person in found.items() if person is None]:
            raise forms.ValidationError(
                f"No account has the address {', '.join(unknown)}. An administrator makes it."
            )
        return [person for person in found.values() if person is not None]


class WidenForm(SiteForm, NamesModels):
    unchanged = "Nothing was put into the set."
    prefix = "widen"

    models = ModelNames()
    reason = words("Why the set grows", "Say why the set grows.", rows=2)


class ExtendForm(SiteForm, forms.Form):
    unchanged = "It runs no longer than before."
    prefix = "extend"

    ends_at = day_field("Through", "Say until when.")
    reason = words("Why it runs longer", "Say why it runs longer.", rows=2)


class EndForm(SiteForm, forms.Form):
    unchanged = "Nothing was ended."
    prefix = "end"

    reason = words("Why it ends now", "Say why it ends.", rows=2)


class InformationForm(SiteForm, forms.Form):
    """`page` is the address of what the examiner was reading, if they come from there."""

    unchanged = "Nothing was asked for."

    subject = forms.CharField(
        max_length=MAX_TITLE,
        label="Subject",
        error_messages={"required": "Say in a few words what about."},
    )
    question = words("What you would like to know", "Say what you would like to know.", rows=5)
    model = forms.ChoiceField(required=False, label="Model")
    wished_date = day_field("Wished by", "Say by when.")
    page = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, models: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["model"])
        field.choices = [("", "No one model"), *models]


class AssignForm(SiteForm, forms.Form):
    unchanged = "Nobody was given it."
    prefix = "assign"

    assignee = forms.ChoiceField(label="Who answers")

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["assignee"])
        field.choices = [("", "Choose a person"), *people]


class AnswerForm(SiteForm, forms.Form):
    unchanged = "Nothing was answered."
    prefix = "answer"

    text = words("Your answer", "Say what there is to say.", rows=6)
    attached = forms.MultipleChoiceField(
        required=False,
        label="Records",
        help_text="Of models in the examination. Compliance puts others into its set first.",
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )

    def __init__(self, *args: Any, records: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.MultipleChoiceField", self.fields["attached"])
        field.choices = records


class FollowUpForm(SiteForm, forms.Form):
    unchanged = "Nothing was asked."
    prefix = "follow_up"

    text = words("Ask on", "Say what you would still like to know.", rows=3)
