"""The reader's pinned models: a cookie, for it is nobody else's business."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone

from governance.inventory.queries import model_named
from governance.portal import links
from governance.portal.requests import PageRequest
from governance.portal.shell import MAX_PINS, PINS_COOKIE, pinned_ids
from governance.portal.views.theme import A_YEAR


def pin(request: PageRequest, name: str) -> HttpResponse:
    """Pin a model to the sidebar, or take it down. The oldest makes room for the ninth."""
    model = model_named(name, actor=request.user, at=timezone.now())
    before = pinned_ids(request)
    after = [pk for pk in before if pk != model.pk]
    if model.pk not in before:
        after = [*after, model.pk][-MAX_PINS:]
    response = HttpResponseRedirect(links.model(model))
    response.set_cookie(
        PINS_COOKIE,
        ".".join(pk.hex for pk in after),
        max_age=A_YEAR,
        samesite="Lax",
        secure=settings.HTTPS,
        httponly=True,
    )
    return response
