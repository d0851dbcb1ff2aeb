"""What of the portal is open to examiners, on one page; and that what they are shown is recorded.

What is not named here answers them 404, so that a page that is added later is closed to them until
somebody decides otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import FileResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.approvals.models import PromotionRequest
from governance.audit.models import LedgerEntry
from governance.evidence.actions.examining import record_view
from governance.evidence.models import InformationRequest, Pack
from governance.evidence.rules.examining import ExaminersRead
from governance.inventory.models import Examination, Model, Waiver
from governance.inventory.queries.examinations import open_examination_of
from governance.inventory.rules.examinations import ExaminationNotFound
from governance.portal.pages.examinations import closed_page
from governance.portal.requests import PageRequest

HOME = "home"
OWN_ACCOUNT = frozenset(
    {
        "app_add",
        "authenticator_remove",
        "passkey_add",
        "passkey_challenge",
        "passkey_options",
        "security",
    }
)
"""How somebody signs in is theirs to keep, and shows nothing of the firm: it is not recorded."""
READING = frozenset(
    {
        HOME,
        *("inventory", "inventory_csv", "export_csv", "export_excel", "export_json"),
        *("model", "record", "version", "snapshot", "rules", "dependencies"),
        *("change", "changes", "assessment", "assessments", "tier_override"),
        *("review", "reviews", "waiver", "waivers", "attest", "attestations", "campaign"),
        *("card", "card_compare", "card_export", "card_export_file", "card_figure"),
        *("card_markdown", "card_pdf", "card_view"),
        *("validation", "decision", "decisions", "certificate", "certificate_pdf"),
        *("live", "slot", "pack", "pack_file"),
        *("audit", "audit_csv", "audit_lines", "entry_proof"),
        *("ledger_checkpoint", "ledger_growth"),
        *("information_request", "information_requests"),
    }
)
"""What they read, as far as it is of the models of their examination."""
ASKING = frozenset(
    {
        "information_accept",
        "information_follow_up",
        "information_new",
        "information_withdraw",
    }
)
"""All that they write."""
SAFE = ("GET", "HEAD")

PageView = Callable[..., HttpResponseBase]


def examined(view: PageView, name: str) -> PageView:
    """Wrap a view: an examiner is shown it within the time and the bounds of their examination.

    That it was shown is recorded when it is made and before it is sent. Raises
    ExaminationNotFound for what is not open to them, also by then; ExaminersRead for a write.
    """

    @wraps(view)
    def wrapped(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_examiner or name in OWN_ACCOUNT:
            return view(request, *args, **kwargs)
        examination = open_examination_of(request.user, at=timezone.now())
        if examination is None and name == HOME:
            page = closed_page(request.user, at=timezone.now())
            return render(request, "examinations/closed.html", {"page": page})
        require_open_to(examination, request, name)
        return shown(request, view(request, *args, **kwargs), name, kwargs)

    return wrapped


def require_open_to(examination: Examination | None, request: PageRequest, name: str) -> None:
    """Raise ExaminationNotFound or ExaminersRead unless this may be asked for now."""
    if examination is None or name not in READING | ASKING:
        raise ExaminationNotFound("There is no such page.")
    if request.method not in SAFE and name not in ASKING:
        raise ExaminersRead(
            "An examiner reads. All that is written in an examination are requests for "
            "information, in the examiner's name.",
            subject=examination.ref,
            stream=examination.stream,
        )


def shown(
    request: PageRequest, response: HttpResponseBase, name: str, of: Mapping[str, Any]
) -> HttpResponseBase:
    """Record that this is shown, and return it. What shows nothing is not recorded."""
    if 300 <= response.status_code < 400 or response.status_code == 404:
        return response
    at = timezone.now()
    with ExitStack() as unless_recorded:
        unless_recorded.callback(close_file, response)
        model = model_of(of, reader=request.user, at=at)
        path = request.get_full_path()
        record_view(page=name, path=path, model=model, actor=request.user, at=at)
        unless_recorded.pop_all()
    return response


def close_file(response: HttpResponseBase) -> None:
    """Let go of the file of a download that is not sent. Closing the answer as a whole would end
    the request, which still has to be answered.
    """
    if isinstance(response, FileResponse) and response.file_to_stream is not None:
        response.file_to_stream.close()


def model_of(of: Mapping[str, Any], *, reader: User, at: datetime) -> Model | None:
    """Return the model that a page is of, by the names in its address; None for lists."""
    for name, find in FOUND_BY.items():
        if name in of:
            return find(of[name], reader, at)
    seen = Model.objects.visible_to(reader, at=at)
    return seen.named(of["name"]).first() if "name" in of else None


def _of_request(key: Any, reader: User, at: datetime) -> Model | None:
    rows = PromotionRequest.objects.visible_to(reader, at=at).with_version()
    row = rows.filter(pk=key).first()
    return row.version.model if row else None


def _of_pack(key: Any, reader: User, at: datetime) -> Model | None:
    row = Pack.objects.visible_to(reader, at=at).select_related("model").filter(pk=key).first()
    return row.model if row else None


def _of_waiver(key: Any, reader: User, at: datetime) -> Model | None:
    row = Waiver.objects.visible_to(reader, at=at).select_related("model").filter(pk=key).first()
    return row.model if row else None


def _of_information(key: Any, reader: User, at: datetime) -> Model | None:
    rows = InformationRequest.objects.visible_to(reader, at=at).select_related("model")
    row = rows.filter(pk=key).first()
    return row.model if row else None


def _of_entry(key: Any, reader: User, at: datetime) -> Model | None:
    entry = LedgerEntry.objects.select_related("stream").filter(pk=key).first()
    kind, _, model = (entry.stream_name if entry else "").partition(":")
    seen = Model.objects.visible_to(reader, at=at)
    return seen.filter(pk=model).first() if kind == Model.REF else None


FOUND_BY: Mapping[str, Callable[[Any, User, datetime], Model | None]] = {
    "request_id": _of_request,
    "pack_id": _of_pack,
    "waiver_id": _of_waiver,
    "information_id": _of_information,
    "entry_id": _of_entry,
}
"""Before the name, which stands for a file where it stands beside one of these."""
