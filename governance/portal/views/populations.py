"""Extracting populations, drawing samples, and taking both away."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.http import FileResponse, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from governance.evidence import verify_sample
from governance.evidence.actions.packs import request_pack
from governance.evidence.actions.populations import draw_sample, extract_population
from governance.evidence.models import Population
from governance.evidence.queries.population_kinds import KINDS
from governance.evidence.queries.population_lists import listed
from governance.evidence.queries.populations import population_by_id, sample_by_id
from governance.evidence.queries.sample_packs import scope_of_sample
from governance.evidence.rules.packs import STREAM
from governance.evidence.rules.populations.lists import PopulationKind
from governance.portal.errors import perform, status_of_form
from governance.portal.forms.populations import DrawForm
from governance.portal.pages.populations import (
    kind_asked,
    new_page,
    population_csv,
    population_form,
    population_page,
    populations_page,
    sample_csv,
    sample_page,
)
from governance.portal.requests import PageRequest, about
from governance.portal.views.exports import attached


def populations(request: PageRequest) -> HttpResponse:
    """Every population that the reader may see, newest first."""
    at = timezone.now()
    page = populations_page(request.user, number=request.GET.get("page"), at=at)
    return render(request, "evidence/populations.html", {"page": page})


def new_population(request: PageRequest) -> HttpResponse:
    """Say what is to be listed, count it first, then extract it."""
    at = timezone.now()
    kind = kind_asked(request.GET.get("kind", ""))
    form = population_form(_said(request), kind, reader=request.user, at=at)
    counted = None
    if form.is_bound and form.is_valid():
        asked = {"asked": form.asked, "unit": form.chosen_unit, "at": at}
        if request.method == "POST":
            found = perform(form, extract_population, actor=request.user, **asked)
            if found is not None:
                return redirect("population", population_id=found.pk)
        else:
            counted = perform(form, listed, **asked)
    page = new_page(form, kind, counted=counted, reader=request.user, at=at)
    context = {"page": page, "form": form}
    return render(request, "evidence/new_population.html", context, status=status_of_form(form))


def _said(request: PageRequest) -> QueryDict | None:
    """What was filled in: to be extracted, or in the address to be counted first."""
    if request.method == "POST":
        return request.POST
    return request.GET if "since_date" in request.GET else None


def population(request: PageRequest, population_id: UUID) -> HttpResponse:
    """One population: its list, its control total, and the samples drawn from it."""
    found = population_by_id(population_id, actor=request.user, at=timezone.now())
    return _show(request, found, DrawForm().offer(_strata(found)))


def draw(request: PageRequest, population_id: UUID) -> HttpResponse:
    """Draw a sample."""
    at = timezone.now()
    found = population_by_id(population_id, actor=request.user, at=at)
    about(request, subject=found.ref, stream=STREAM)
    form = DrawForm(request.POST).offer(_strata(found))
    drawn = (
        perform(form, draw_sample, population=found, draw=form.draw, actor=request.user, at=at)
        if form.is_valid()
        else None
    )
    if drawn is None:
        return _show(request, found, form)
    return redirect("sample", sample_id=drawn.pk)


def _strata(found: Population) -> list[str]:
    return list(KINDS[PopulationKind(found.kind)].strata)


def _show(request: PageRequest, found: Population, form: DrawForm) -> HttpResponse:
    page = population_page(found, number=request.GET.get("page"))
    context = {"page": page, "population": found, "form": form}
    return render(request, "evidence/population.html", context, status=status_of_form(form))


def sample(request: PageRequest, sample_id: UUID) -> HttpResponse:
    """One sample: what was drawn, how, and how to draw it again."""
    found = sample_by_id(sample_id, actor=request.user, at=timezone.now())
    return render(request, "evidence/sample.html", {"page": sample_page(found), "sample": found})


def sample_pack(request: PageRequest, sample_id: UUID) -> HttpResponse:
    """Have the evidence of what was drawn built as a pack."""
    at = timezone.now()
    found = sample_by_id(sample_id, actor=request.user, at=at)
    about(request, subject=found.ref, stream=STREAM)
    job = request_pack(scope=scope_of_sample(found), actor=request.user, at=at)
    return redirect("job", job_id=job.pk)


def population_json(request: PageRequest, population_id: UUID) -> HttpResponse:
    """The population as it was extracted, byte for byte."""
    found = population_by_id(population_id, actor=request.user, at=timezone.now())
    return _as_json(found.text, f"{found.reference}.json")


def population_sheet(request: PageRequest, population_id: UUID) -> StreamingHttpResponse:
    """Its list as CSV."""
    found = population_by_id(population_id, actor=request.user, at=timezone.now())
    return StreamingHttpResponse(
        population_csv(found),
        content_type="text/csv; charset=utf-8",
        headers=attached(f"{found.reference}.csv"),
    )


def sample_json(request: PageRequest, sample_id: UUID) -> HttpResponse:
    """The sample as it was drawn, byte for byte."""
    found = sample_by_id(sample_id, actor=request.user, at=timezone.now())
    return _as_json(found.text, f"{found.reference}.json")


def sample_sheet(request: PageRequest, sample_id: UUID) -> StreamingHttpResponse:
    """The rows that were drawn as CSV."""
    found = sample_by_id(sample_id, actor=request.user, at=timezone.now())
    return StreamingHttpResponse(
        sample_csv(found),
        content_type="text/csv; charset=utf-8",
        headers=attached(f"{found.reference}.csv"),
    )


def sample_verifier(request: PageRequest) -> FileResponse:
    """The file that checks both without this system."""
    path = Path(verify_sample.__file__)
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)


def _as_json(text: str, name: str) -> HttpResponse:
    return HttpResponse(text.encode(), content_type="application/json", headers=attached(name))
