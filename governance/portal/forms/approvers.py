"""Whose approval is asked about."""

from __future__ import annotations

from django import forms

MAX_NUMBER = 2**31 - 1


class ApproversQuery(forms.Form):
    """`?request=` names a request of the model, `?version=` one of its versions."""

    request = forms.UUIDField(required=False)
    version = forms.IntegerField(required=False, min_value=1, max_value=MAX_NUMBER)
