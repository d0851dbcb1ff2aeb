"""Data that versions were made or measured with."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.approvals.actions.openings import note_opening
from governance.approvals.rules.challenge import EvidencePage
from governance.portal.pages.snapshots import SnapshotPage
from governance.portal.requests import PageRequest
from governance.registry.queries.lineage import snapshot_uses


def snapshot(request: PageRequest, digest: str) -> HttpResponse:
    """One state of a data set, and every version that the reader may see and that used it."""
    at = timezone.now()
    found = snapshot_uses(digest, reader=request.user, at=at)
    used_by = [use.version for use in found.uses]
    note_opening(page=EvidencePage.DATA, of=used_by, actor=request.user, at=at)
    return render(request, "data/snapshot.html", {"page": SnapshotPage(found=found)})
