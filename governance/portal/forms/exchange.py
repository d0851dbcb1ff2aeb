"""Sending a file to be imported, and naming a server whose models are adopted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from governance.accounts.models import Unit
from governance.core.sheets import LIMIT_BYTES, LIMIT_ROWS
from governance.core.wording import number, size
from governance.portal.forms.base import SiteForm


class UploadForm(SiteForm, forms.Form):
    """A file of the inventory. What it must say is for the domain to judge."""

    unchanged = "Nothing was read."

    file = forms.FileField(
        label="The file",
        help_text=f"CSV in UTF-8 or Excel (.xlsx), up to {size(LIMIT_BYTES)} and "
        f"{number(LIMIT_ROWS)} rows. Nothing is written before you have seen what would change.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
    )

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if file.size is None or file.size > LIMIT_BYTES:
            raise forms.ValidationError(f"The file has more than {size(LIMIT_BYTES)}.")
        return file


class AdoptForm(SiteForm, forms.Form):
    """Which server, and the business unit that its models come into."""

    unchanged = "Nothing was adopted."

    tracking_uri = forms.URLField(
        label="MLflow server",
        max_length=300,
        assume_scheme="https",
        error_messages={"required": "Enter the address of the server."},
    )
    unit = forms.ChoiceField(
        label="Business unit",
        help_text="Where the drafts belong. It never changes.",
        error_messages={"required": "Choose a business unit."},
    )

    def offer(self, units: Iterable[Unit]) -> None:
        """Set the units to choose from: those in which the reader may create models."""
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(unit.path, f"{unit.name} ({unit.path})") for unit in units]
        hosts = ", ".join(settings.TRACKING_HOSTS) or "none yet"
        self.fields[
            "tracking_uri"
        ].help_text = (
            f"The operator lists the servers that this portal may ask in TRACKING_HOSTS: {hosts}."
        )


class AdoptShownForm(AdoptForm):
    """The same, for what was shown."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    leave_out = forms.BooleanField(required=False, label="Leave out the names that are refused")
