"""Sending a file to be imported."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

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
