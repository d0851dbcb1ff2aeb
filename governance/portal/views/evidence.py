"""Asking for evidence packs, and taking them away."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from governance.approvals.actions.openings import note_opening
from governance.approvals.rules.challenge import EvidencePage
from governance.evidence.actions.packs import request_pack, take_away
from governance.evidence.queries.packs import models_of_pack, pack_by_id
from governance.evidence.queries.scopes import scope_wanted
from governance.portal.errors import perform, status_of_form
from governance.portal.pages.evidence import evidence_page, pack_form, pack_page
from governance.portal.requests import PageRequest


def evidence(request: PageRequest) -> HttpResponse:
    """Choosing what a pack is of, with what it would hold, and the packs that were built."""
    at, is_post = timezone.now(), request.method == "POST"
    said = request.POST if is_post else request.GET
    form = pack_form(said, is_post=is_post, reader=request.user, at=at)
    scope = (
        perform(form, scope_wanted, wanted=form.wanted, actor=request.user, at=at)
        if form.is_bound and form.is_valid()
        else None
    )
    if scope and is_post:
        job = request_pack(scope=scope, actor=request.user, at=at)
        return redirect("job", job_id=job.pk)
    page = evidence_page(form, scope, reader=request.user, at=at)
    context = {"page": page, "form": form}
    return render(request, "evidence/list.html", context, status=status_of_form(form))


def pack(request: PageRequest, pack_id: UUID) -> HttpResponse:
    """One pack: its digests, its files, who took them, and how to check them without us."""
    at = timezone.now()
    found = pack_by_id(pack_id, actor=request.user, at=at)
    page = pack_page(found)
    note_opening(page=EvidencePage.PACK, of=page.models, actor=request.user, at=at)
    return render(request, "evidence/pack.html", {"page": page, "pack": found})


def download(request: PageRequest, pack_id: UUID, name: str) -> FileResponse:
    """A file of a pack, as it was filed; who takes it away is on record."""
    at = timezone.now()
    found = pack_by_id(pack_id, actor=request.user, at=at)
    path = take_away(pack_id=pack_id, name=name, actor=request.user, at=at)
    note_opening(page=EvidencePage.PACK, of=models_of_pack(found), actor=request.user, at=at)
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)
