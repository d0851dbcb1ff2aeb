"""Sending a card file, and choosing what of it goes into the draft."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from governance.cards.actions import read_upload
from governance.cards.formats import FORMATS, Reading
from governance.cards.formats.guards import MAX_BYTES
from governance.core.errors import InvalidInput
from governance.portal.forms.base import SiteForm

MEBI = 1024 * 1024
ENDINGS = ".md,.markdown,.txt,.json,.jsonld,.xml,.yaml,.yml,.pbtxt,.textproto"


class CardFileForm(SiteForm, forms.Form):
    """A card file. What it must say is for the domain to judge."""

    unchanged = "Nothing was read."

    file = forms.FileField(
        label="The file",
        help_text=f"At most {MAX_BYTES // MEBI} MiB, in UTF-8. Nothing is saved before you have "
        "chosen what to take, and nothing that the file names is fetched.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
        widget=forms.FileInput(attrs={"accept": ENDINGS}),
    )
    format = forms.ChoiceField(
        label="Format",
        help_text="Choose one where the guess would be another.",
        required=False,
        choices=[("", "As the file looks"), *((key, one.title) for key, one in FORMATS.items())],
    )

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if file.size is None or file.size > MAX_BYTES:
            raise ValidationError(
                f"A card file has at most {MAX_BYTES // MEBI} MiB; this one has "
                f"{(file.size or 0) / MEBI:.1f}. Take the pictures out of it, then send it again."
            )
        return file

    def refuse(self, error: InvalidInput) -> None:
        """Say at the file what is wrong with it, and where."""
        for problem in error.problems:
            named = problem.field in self.fields
            where = "" if named else f"{problem.field}: "
            self.add_error(problem.field if named else "file", f"{where}{problem.message}")


class TakeForm(SiteForm, forms.Form):
    """The parts to take. `base` is the save of the draft that the page was filled from."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=999_999_999)
    parts = forms.Field(required=False, widget=forms.MultipleHiddenInput)

    def clean_parts(self) -> list[str]:
        """Return what was ticked; whether the file has such parts is for the domain to judge."""
        return [str(one) for one in self.cleaned_data["parts"] or ()]


def reading_for(form: CardFileForm, **facts: Any) -> Reading | None:
    """Read the file for a form; what is wrong with it goes onto the form, with the place."""
    try:
        return read_upload(**facts)
    except InvalidInput as error:
        form.refuse(error)
        return None
