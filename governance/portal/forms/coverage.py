"""Filing evidence, withdrawing it, and stating that a requirement does not apply."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from governance.evidence.rules.filings import MAX_FILE, MAX_LINK, MAX_REASON, MAX_TITLE, MEBI
from governance.evidence.rules.requirements import evidence_kinds
from governance.portal.forms.base import SiteForm


class FileForm(SiteForm, forms.Form):
    """What is filed, and where it is. What may be filed is for the domain to judge."""

    unchanged = "Nothing was filed."

    title = forms.CharField(
        max_length=MAX_TITLE,
        label="What it is",
        help_text="Such as “Minutes of the model risk committee, 12 November 2026”.",
        error_messages={"required": "Say what it is."},
    )
    kind = forms.ChoiceField(
        label="Kind of evidence",
        error_messages={"required": "Choose what kind of evidence it is."},
    )
    requirement = forms.ChoiceField(
        required=False,
        label="Counts for",
        help_text="Without a choice it counts for every requirement that asks for its kind.",
    )
    link = forms.CharField(
        required=False,
        max_length=MAX_LINK,
        label="Where it is",
        help_text="An address that begins with https://. The portal never fetches it.",
        widget=forms.URLInput(),
    )
    file = forms.FileField(
        required=False,
        label="Or the file itself",
        help_text=f"At most {MAX_FILE // MEBI} MiB. It is kept as it is, never opened or unpacked, "
        "and cannot be erased later: file an address for what holds personal data.",
        error_messages={"empty": "The file is empty. Send another."},
    )
    made_date = forms.DateField(
        label="Made on",
        error_messages={"required": "Say when it was made.", "invalid": "Enter a date."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    valid_until = forms.DateField(
        required=False,
        label="Counts through",
        help_text="Its last day. Without one it counts as long as its kind does.",
        error_messages={"invalid": "Enter a date."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, requirements: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.choices = [("", "Choose a kind"), *evidence_kinds().items()]
        asked: Any = self.fields["requirement"]
        asked.choices = [("", "Every one that asks for its kind"), *requirements]

    def clean_file(self) -> UploadedFile[Any] | None:
        """Refuse a large one before its bytes are read into memory."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file is not None and (file.size is None or file.size > MAX_FILE):
            raise ValidationError(
                f"A file has at most {MAX_FILE // MEBI} MiB; this one has "
                f"{(file.size or 0) / MEBI:.1f}. File where it is instead."
            )
        return file


class WithdrawForm(SiteForm, forms.Form):
    """Why it counts no more."""

    unchanged = "Nothing was withdrawn."

    reason = forms.CharField(
        max_length=MAX_REASON,
        label="Why it counts no more",
        error_messages={"required": "Say why it counts no more."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ExcludeForm(SiteForm, forms.Form):
    """Why it does not apply here, and until when that holds."""

    unchanged = "Nothing was stated."

    reason = forms.CharField(
        max_length=MAX_REASON,
        label="Why it does not apply to this model",
        help_text="It is shown with your name wherever the requirement is, and kept on record.",
        error_messages={"required": "Say why it does not apply."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    until_date = forms.DateField(
        label="Holds through",
        help_text="Its last day, at most a year ahead. After it the requirement is asked again.",
        error_messages={"required": "Say until when.", "invalid": "Enter a date."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )
