"""How a form of the portal looks: our templates for form and field, Django's for the widgets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting

from governance.core.errors import DomainError


class SiteRenderer(TemplatesSetting):
    """Set on our forms only, so that the admin keeps its own."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


class SiteForm(forms.BaseForm):
    """Mixin. `unchanged` opens the error summary: it says what did not happen.

    `refusal` is the refusal after which the form came back with what was typed, if there was one.
    """

    default_renderer = SiteRenderer
    unchanged = "Nothing was saved."
    error_css_class = ""
    refusal: DomainError | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


class RowSelect(forms.RadioSelect):
    """Two to four short choices side by side."""

    layout = "row"


class CardSelect(forms.RadioSelect):
    """Choices that each want a line of their own."""

    layout = "cards"
