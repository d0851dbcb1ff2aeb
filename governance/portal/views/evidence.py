"""Asking for evidence packs, and taking them away."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from governance.approvals.actions.openings import note_opening
from governance.approvals.rules.challenge import EvidencePage
from governance.evidence.actions.packs import request_pack
from governance.evidence.queries.packs import pack_by_id, pack_file
from governance.inventory.queries import model_named
from governance.portal.pages.evidence import evidence_page, pack_form, pack_page
from governance.portal.requests import PageRequest


def evidence(request: PageRequest) -> HttpResponse:
    """The packs that were built, and the form that asks for another."""
    at, chosen = timezone.now(), request.GET.get("model", "")
    form = pack_form(request.POST or None, chosen, reader=request.user, at=at)
    if request.method == "POST" and form.is_valid():
        model = model_named(form.cleaned_data["model"], actor=request.user, at=at)
        job = request_pack(model=model, actor=request.user, at=at)
        return redirect("job", job_id=job.pk)
    page = evidence_page(form, chosen, reader=request.user, at=at)
    status = 422 if form.is_bound else 200
    return render(request, "evidence/list.html", {"page": page, "form": form}, status=status)


def pack(request: PageRequest, pack_id: UUID) -> HttpResponse:
    """One pack: its digests, its files, and how to check them without us."""
    at = timezone.now()
    found = pack_by_id(pack_id, actor=request.user, at=at)
    note_opening(page=EvidencePage.PACK, of=found.model, actor=request.user, at=at)
    return render(request, "evidence/pack.html", {"page": pack_page(found), "pack": found})


def download(request: PageRequest, pack_id: UUID, name: str) -> FileResponse:
    """A file of a pack, as it was filed."""
    at = timezone.now()
    found = pack_by_id(pack_id, actor=request.user, at=at)
    note_opening(page=EvidencePage.PACK, of=found.model, actor=request.user, at=at)
    return FileResponse(pack_file(found, name).open("rb"), as_attachment=True, filename=name)
