"""What somebody says about a version."""

from __future__ import annotations

from django import forms

from governance.portal.forms.base import SiteForm
from governance.registry.rules.comments import MAX_COMMENT


class CommentForm(SiteForm, forms.Form):
    unchanged = "Nothing was said."

    comment = forms.CharField(
        label="Your comment",
        help_text="For everybody who reads this version. It is no part of what is signed.",
        max_length=MAX_COMMENT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write a comment."},
    )
