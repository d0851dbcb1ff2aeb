"""Watching a job, and canceling it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from governance.jobs.actions import cancel
from governance.jobs.models import Job
from governance.jobs.queries import job_of
from governance.portal.pages.jobs import job_page
from governance.portal.requests import PageRequest


def job(request: PageRequest, job_id: UUID) -> HttpResponse:
    """How far the reader's own job is; when it is done, its result.

    The page asks for the part that changes; without script the whole page refreshes itself.
    """
    found = job_of(job_id=job_id, requested_by=request.user.ref)
    polled = "HX-Request" in request.headers
    if result := result_of(found):
        return HttpResponse(headers={"HX-Redirect": result}) if polled else redirect(result)
    template = "jobs/_progress.html" if polled else "jobs/job.html"
    return render(request, template, {"page": job_page(found), "job": found})


def result_of(job: Job) -> str:
    """The address of what the job made; empty while there is none."""
    pack = (job.result or {}).get("pack")
    return reverse("pack", args=[pack]) if pack else ""


def cancel_job(request: PageRequest, job_id: UUID) -> HttpResponse:
    """Cancel the reader's own job; it stops before its next step."""
    job_of(job_id=job_id, requested_by=request.user.ref)
    cancel(job_id=job_id, actor=request.user, at=timezone.now())
    return redirect("job", job_id=job_id)
