"""What is to be reviewed, and recording a review."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.core.wording import day
from governance.inventory.actions.reviews import record_review
from governance.inventory.queries import model_named
from governance.inventory.rules import RecordChanged
from governance.portal import links
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.reviews import ReviewForm
from governance.portal.pages.reviews import review_page, reviews_page
from governance.portal.pages.upkeep import OUTCOMES
from governance.portal.requests import PageRequest, about, instant_of, query_without


def reviews(request: PageRequest) -> HttpResponse:
    """Models by when they are to be reviewed, and the reviews that were made."""
    at = timezone.now()
    page = reviews_page(
        request.user,
        view=request.GET.get("view", ""),
        number=request.GET.get("page"),
        at=at,
        instant=instant_of(request, at=at),
    )
    context = {"page": page, "outcomes": OUTCOMES, "query": query_without(request, "page")}
    return render(request, "reviews/list.html", context)


def review(request: PageRequest, name: str) -> HttpResponse:
    """Record a review of a model, with the record beside it."""
    at = timezone.now()
    model = model_named(name, actor=request.user, at=at)
    about(request, subject=model.ref, stream=model.stream)
    page = review_page(model, reader=request.user, at=at)
    form = ReviewForm(
        request.POST if request.method == "POST" else None,
        initial={"digest": page.digest, "next_review_date": page.latest.isoformat()},
    )
    done = (
        attempt(
            request,
            form,
            record_review,
            keep={RecordChanged: ""},
            model=model,
            outcome=form.cleaned_data["outcome"],
            words=form.cleaned_data["words"],
            next_date=form.cleaned_data["next_review_date"],
            digest_seen=form.cleaned_data["digest"],
            actor=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if done is None:
        form.now_shows(page.digest)
        context = {"page": page, "model": model, "form": form, "outcomes": OUTCOMES}
        return render(request, "reviews/record.html", context, status=status_of_form(form))
    messages.success(
        request, f"Your review is on record. The next is due by {day(done.next_review_date)}."
    )
    return HttpResponseRedirect(links.model(model))
