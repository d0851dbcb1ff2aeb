"""Taking the evidence of a pack away in the forms that other tools read."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils import timezone

from governance.approvals.actions.openings import note_opening
from governance.approvals.rules.challenge import EvidencePage
from governance.evidence.actions.packs import take_form_away
from governance.evidence.formats import FORMS
from governance.evidence.queries.packs import models_of_pack, pack_by_id
from governance.portal.requests import PageRequest
from governance.portal.views.exports import attached


def pack_form_file(request: PageRequest, pack_id: UUID, form: str) -> HttpResponse:
    """One form, made of the evidence as it was filed; who takes it away is on record."""
    at = timezone.now()
    if form not in FORMS:
        raise Http404
    found = pack_by_id(pack_id, actor=request.user, at=at)
    name, data = take_form_away(pack_id=pack_id, form=FORMS[form], actor=request.user, at=at)
    note_opening(page=EvidencePage.PACK, of=models_of_pack(found), actor=request.user, at=at)
    return HttpResponse(data, content_type=FORMS[form].media_type, headers=attached(name))
