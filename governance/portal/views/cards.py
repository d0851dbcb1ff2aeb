"""Reading and publishing model cards."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.approvals.actions.openings import note_opening
from governance.approvals.rules.challenge import EvidencePage
from governance.cards.actions import publish_card, withdraw_card
from governance.cards.models import CardRevision
from governance.cards.queries import card_revisions
from governance.cards.queries.attachments import attachment_of
from governance.cards.rules.editing import DraftChanged
from governance.cards.rules.revisions import CardNotFound
from governance.cards.rules.sections import BY_KEY
from governance.core.typed import count_of
from governance.portal import links
from governance.portal.errors import attempt, perform, status_of_form
from governance.portal.forms.cards import PublishForm, WithdrawForm
from governance.portal.pages.card_changes import compare_page
from governance.portal.pages.card_editor import edit_page
from governance.portal.pages.cards import card_page, revision_shown
from governance.portal.pages.past_version import past_card_page
from governance.portal.requests import PageRequest, about, instant_of
from governance.portal.views.card_editor import editor
from governance.registry.models import ModelVersion
from governance.registry.queries import deprecation_of, version_numbered

SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})


def card(request: PageRequest, name: str, number: int) -> HttpResponse:
    """The published card; `?revision=2` an older one, `?show=draft` what is being written,
    `?as_of=` the one that counted then.
    """
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    if instant := instant_of(request, at=at):
        past = past_card_page(version, instant)
        return render(request, "cards/past_card.html", {"page": past, "version": version})
    note_opening(page=EvidencePage.CARD, of=[version], actor=request.user, at=at)
    page = card_page(
        version,
        reader=request.user,
        at=at,
        revision=count_of(request.GET.get("revision", "")),
        as_draft=request.GET.get("show") == "draft",
    )
    context = {
        "page": page,
        "version": version,
        "deprecation": deprecation_of(version),
        "sections": BY_KEY,
    }
    return render(request, "cards/read.html", context)


def compare_cards(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Two cards of the model: `?from=` and `?to=` are VERSION.REVISION, or draft."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    note_opening(page=EvidencePage.CARD, of=[version], actor=request.user, at=at)
    page = compare_page(version, request.GET.get("from", ""), request.GET.get("to", ""))
    return render(request, "cards/compare.html", {"page": page, "version": version})


def publish_draft(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Publish the draft that the reader saw; gaps lead back into the editor."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    form = PublishForm(request.POST)
    revision = (
        attempt(
            request,
            form,
            publish_card,
            keep={DraftChanged: ""},
            version=version,
            base=form.cleaned_data["base"],
            actor=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if revision is None:
        page = edit_page(version, "", reader=request.user, at=timezone.now())
        return editor(request, page, publish=form)
    messages.success(request, f"Revision {revision.number} of the card is published.")
    return HttpResponseRedirect(links.card(version))


def withdraw(request: PageRequest, name: str, number: int, revision: int) -> HttpResponse:
    """Say why a revision is not to be relied upon any more."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    shown = _revision(version, revision)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        done = perform(
            form, withdraw_card, revision=shown, reason=reason, actor=request.user, at=at
        )
        if done is not None:
            messages.success(request, f"Revision {shown.number} of the card is withdrawn.")
            return HttpResponseRedirect(f"{links.card(version)}?revision={shown.number}")
    context = {"form": form, "version": version, "revision": shown}
    return render(request, "cards/withdraw.html", context, status=status_of_form(form))


def figure(request: PageRequest, name: str, number: int, digest: str) -> HttpResponse:
    """The bytes of a figure or file of a card; only pictures are shown, all else is downloaded."""
    version = version_numbered(name, number, actor=request.user, at=timezone.now())
    found = attachment_of(version, digest)
    inline = found.media_type in SHOWN_INLINE
    return HttpResponse(
        bytes(found.data),
        content_type=found.media_type if inline else "application/octet-stream",
        headers={
            "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{digest}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=31536000, immutable",
        },
    )


def _revision(version: ModelVersion, number: int) -> CardRevision:
    found = revision_shown(card_revisions(version), number)
    if found is None:
        raise CardNotFound(f"There is no revision {number} of this card.")
    return found
