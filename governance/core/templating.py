"""The one Jinja2 environment, for pages, forms, mail and PDFs."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django_htmx.jinja import htmx_script
from jinja2 import Environment, StrictUndefined

from governance.core import drawing, markup, wording

FILTERS = {
    "age": wording.age,
    "ahead": wording.ahead,
    "capitalized": wording.capitalized,
    "clock": wording.clock,
    "counted": wording.counted,
    "day": wording.day,
    "distance": wording.distance,
    "due_tone": wording.due_tone,
    "full_day": wording.full_day,
    "grouped": wording.grouped,
    "initials": wording.initials,
    "joined": wording.joined,
    "lasting": wording.lasting,
    "lately": wording.lately,
    "long_day": wording.long_day,
    "moment": wording.moment,
    "number": wording.number,
    "percent": wording.percent,
    "printed": markup.printed_text,
    "rich": markup.rich_text,
    "sentence": wording.sentence,
    "shortened": wording.shortened,
    "signed": wording.signed,
    "size": wording.size,
}


def url(name: str, *args: object, **kwargs: object) -> str:
    """`url('model', name='churn-model')`; raises NoReverseMatch on a name that is not there."""
    return reverse(name, args=args, kwargs=kwargs)


def environment(**options: Any) -> Environment:
    """Build the environment that Django's Jinja2 backend asks for.

    Autoescape is on and an undefined name is an error: a fact that is missing must not print as
    nothing.
    """
    for ours in ("autoescape", "undefined"):
        options.pop(ours, None)
    env = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, **options
    )
    env.filters.update(FILTERS)
    env.globals.update(
        htmx_script=htmx_script,
        points=drawing.points,
        rosette=drawing.rosette,
        share=drawing.share,
        static=static,
        url=url,
        yat=drawing.yat,
    )
    return env
