"""Assessing a model: one question at a time, then what becomes due, then on record."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.permissions import Permission, require
from governance.core.errors import DomainError
from governance.inventory.actions import assess_class, assess_tier, determine, keep_answers
from governance.inventory.models import Assessment, Determination, Model
from governance.inventory.queries import model_named
from governance.inventory.queries.assessments import (
    Draft,
    assessment_by_id,
    draft_of,
    inquiry_of_last_time,
)
from governance.inventory.rules.assessments import (
    AssessmentChanged,
    AssessmentNotFound,
    Matter,
)
from governance.inventory.rules.inquiries import Asked, Inquiry
from governance.portal import links
from governance.portal.errors import attempt, perform, status_of_form
from governance.portal.forms.assessments import AnswerForm, ConfirmForm, DeterminationForm
from governance.portal.pages.asking import SLUGS, WHAT, asking_page, by_section, given_of, so_far_of
from governance.portal.pages.assessments import result_page, standing_page
from governance.portal.pages.consequences import preview_page
from governance.portal.pages.known import known_of_draft
from governance.portal.pages.past_assessments import standing_then
from governance.portal.requests import PageRequest, about, instant_of
from governance.portal.views.past import not_yet

MATTERS = {slug: matter for matter, slug in SLUGS.items()}


def assessments(request: PageRequest, name: str) -> HttpResponse:
    """What is decided about a model, what is under way, and everything before; or as it stood."""
    at = timezone.now()
    model = model_named(name, actor=request.user, at=at)
    instant, here = instant_of(request, at=at), links.assessments(model)
    if instant and model.created_at > instant.moment:
        title = f"Assessments of {model.name}"
        return not_yet(request, instant, title, since=model.created_at, present=here)
    page = (
        standing_then(model, instant)
        if instant
        else standing_page(model, reader=request.user, at=at)
    )
    return render(request, "assess/standing.html", {"page": page, "model": model})


def assessment(request: PageRequest, name: str, assessment_id: UUID) -> HttpResponse:
    """One assessment with everything that was answered and came of it."""
    at = timezone.now()
    model = model_named(name, actor=request.user, at=at)
    page = result_page(assessment_by_id(model, assessment_id), reader=request.user, at=at)
    return render(request, "assess/result.html", {"page": page, "model": model})


def begin(request: PageRequest, name: str, slug: str) -> HttpResponse:
    """Begin with the answers of the last time, to go over them again."""
    at = timezone.now()
    model, matter = _about(request, name, slug, at=at)
    draft = draft_of(model, matter, person=request.user, at=at)
    _keep(request, model, draft, inquiry_of_last_time(draft, model), at=at)
    return HttpResponseRedirect(links.go_over(model, slug))


def ask(request: PageRequest, name: str, slug: str) -> HttpResponse:
    """One question: the one that `?q=` names, or the first that is open."""
    at = timezone.now()
    model, matter = _about(request, name, slug, at=at)
    draft = draft_of(model, matter, person=request.user, at=at)
    if request.method == "POST":
        return _answer(request, model, draft, slug, at=at)
    asked = draft.inquiry.named(request.GET.get("q", "")) or draft.inquiry.next
    if asked is None:
        return HttpResponseRedirect(links.go_over(model, slug))
    said = {"evidence": draft.inquiry.evidence.get(asked.key, "")}
    return _question(request, model, draft, asked, AnswerForm(initial=said))


def _question(
    request: PageRequest, model: Model, draft: Draft, asked: Asked, form: AnswerForm
) -> HttpResponse:
    chosen = str(form.data.get("answer", "")) if form.is_bound else None
    matter = draft.inquiry.matter
    context = {
        "page": asking_page(model, draft, matter, asked, chosen=chosen),
        "model": model,
        "slug": SLUGS[matter],
        "form": form,
        "takes_evidence": draft.inquiry.takes_evidence,
        "back_to_review": "review" in request.GET or "review" in request.POST,
    }
    return render(request, "assess/ask.html", context, status=status_of_form(form))


def _answer(
    request: PageRequest, model: Model, draft: Draft, slug: str, *, at: datetime
) -> HttpResponse:
    """Keep one answer, or leave it open, or answer no to all that is left in the section."""
    inquiry, form = draft.inquiry, AnswerForm(request.POST)
    asked = inquiry.named(request.POST.get("q", ""))
    if asked is None:
        messages.info(request, "That is not asked by what you have answered. Go on with what is.")
        return HttpResponseRedirect(links.ask_about(model, slug))
    changed = _changed(request, inquiry, asked, form)
    if changed is None:
        return _question(request, model, draft, asked, form)
    _keep(request, model, draft, changed, at=at)
    goes_back = "review" in request.POST and changed.is_whole
    return HttpResponseRedirect(
        links.go_over(model, slug) if goes_back else links.ask_about(model, slug)
    )


def _keep(
    request: PageRequest, model: Model, draft: Draft, inquiry: Inquiry, *, at: datetime
) -> None:
    keep_answers(
        model=model, matter=inquiry.matter, questionnaire=draft.row, answers=inquiry.answers,
        facts=inquiry.facts, evidence=inquiry.evidence, actor=request.user, at=at,
    )  # fmt: skip


def _changed(
    request: PageRequest, inquiry: Inquiry, asked: Asked, form: AnswerForm
) -> Inquiry | None:
    """Return the inquiry with what was sent, or None if that cannot be."""
    form.is_valid()
    if "evidence" in form.errors:
        return None
    changed = _answered(request, inquiry, asked, form)
    if changed is None or not inquiry.takes_evidence:
        return changed
    return changed.with_evidence(asked, form.cleaned_data["evidence"])


def _answered(
    request: PageRequest, inquiry: Inquiry, asked: Asked, form: AnswerForm
) -> Inquiry | None:
    match request.POST.get("do"):
        case "leave" if asked.question is not None:
            return inquiry.with_answer(asked, None)
        case "rest" if rest := inquiry.rest_of_section(asked):
            return inquiry.with_no_to(rest)
    sent = form.cleaned_data.get("answer", "")
    answer = perform(form, asked.read, sent=sent)
    return None if answer is None else inquiry.with_answer(asked, answer)


def go_over(request: PageRequest, name: str, slug: str) -> HttpResponse:
    """All answers; of a determination also its reasons, and with them it is recorded."""
    at = timezone.now()
    model, matter = _about(request, name, slug, at=at)
    draft = draft_of(model, matter, person=request.user, at=at)
    ends_here = matter == Matter.DETERMINATION
    form = DeterminationForm(request.POST if request.method == "POST" and ends_here else None)
    if form.is_bound and form.is_valid():
        made: Determination | None = perform(
            form, determine, model=model, answers=draft.inquiry.answers, actor=request.user, at=at,
            **form.cleaned_data,
        )  # fmt: skip
        if made is not None:
            messages.success(request, "Your determination is recorded.")
            return HttpResponseRedirect(links.assessments(model))
    inquiry = draft.inquiry
    context = {
        "model": model,
        "slug": slug,
        "what": WHAT[matter],
        "row": draft.row,
        "sections": by_section(given_of(inquiry)),
        "so_far": so_far_of(inquiry),
        "known": known_of_draft(draft, reader=request.user, at=at),
        "open": len(inquiry.open),
        "is_whole": inquiry.is_whole,
        "ends_here": ends_here,
        "form": form,
    }
    return render(request, "assess/review.html", context, status=status_of_form(form))


def preview(request: PageRequest, name: str, slug: str) -> HttpResponse:
    """What confirming would make due; confirming it records the assessment."""
    at = timezone.now()
    model, matter = _about(request, name, slug, at=at)
    draft = draft_of(model, matter, person=request.user, at=at)
    if matter == Matter.DETERMINATION or not draft.inquiry.is_whole:
        return HttpResponseRedirect(links.go_over(model, slug))
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    made = _record(request, model, draft, form, at=at) if form.is_bound else None
    if made is not None:
        messages.success(request, f"The assessment of {model.name} is recorded and in force.")
        return HttpResponseRedirect(links.assessment(model, made))
    context = {
        "page": preview_page(model, draft, matter, at=at),
        "known": known_of_draft(draft, reader=request.user, at=at),
        "model": model,
        "slug": slug,
        "form": form,
    }
    return render(request, "assess/preview.html", context, status=status_of_form(form))


def _record(
    request: PageRequest, model: Model, draft: Draft, form: ConfirmForm, *, at: datetime
) -> Assessment | None:
    if not form.is_valid():
        return None
    inquiry = draft.inquiry
    given: dict[str, Any] = {
        "model": model,
        "answers": inquiry.answers,
        "base": request.POST.get("base", ""),
        "evidence": form.cleaned_data["evidence"],
        "answer_evidence": inquiry.evidence,
        "actor": request.user,
        "at": at,
    }
    keep: dict[type[DomainError], str] = {AssessmentChanged: ""}
    if inquiry.matter == Matter.CLASS:
        return attempt(request, form, assess_class, keep=keep, **given)
    return attempt(request, form, assess_tier, keep=keep, facts=inquiry.typed, **given)


def _about(request: PageRequest, name: str, slug: str, *, at: datetime) -> tuple[Model, Matter]:
    """Return what is to be assessed, if the reader may assess it."""
    model = model_named(name, actor=request.user, at=at)
    about(request, subject=model.ref, stream=model.stream)
    if slug not in MATTERS:
        raise AssessmentNotFound("Nothing of that name is assessed.")
    require(request.user, Permission.TIER_ASSESS, unit=model.unit, at=at)
    return model, MATTERS[slug]
