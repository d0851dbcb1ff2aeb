"""Reading, writing and publishing model cards."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.approvals.actions.openings import note_opening
from governance.approvals.rules.challenge import EvidencePage
from governance.cards.actions import publish_card, save_draft
from governance.cards.rules import DraftChanged
from governance.portal import links
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.cards import PublishForm, SectionForm
from governance.portal.pages.cards import (
    EditPage,
    card_page,
    edit_page,
    section_address,
)
from governance.portal.requests import PageRequest, about
from governance.registry.models import ModelVersion
from governance.registry.queries import deprecation_of, version_numbered


def card(request: PageRequest, name: str, number: int) -> HttpResponse:
    """The published card; `?revision=2` an older one, `?show=draft` what is being written."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    note_opening(page=EvidencePage.CARD, of=[version], actor=request.user, at=at)
    asked = request.GET.get("revision", "")
    page = card_page(
        version,
        reader=request.user,
        at=at,
        revision=int(asked) if asked.isdecimal() and len(asked) < 9 else None,
        as_draft=request.GET.get("show") == "draft",
    )
    context = {"page": page, "version": version, "deprecation": deprecation_of(version)}
    return render(request, "cards/read.html", context)


def edit_card(request: PageRequest, name: str, number: int) -> HttpResponse:
    """One section of the draft: `?section=key`. `use=published` fills in the published text."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    page = edit_page(version, request.GET.get("section", ""), reader=request.user, at=at)
    if request.method != "POST":
        return editor(request, page, section_form(request, page))
    form = SectionForm(request.POST, section=page.part.section)
    saved = (
        attempt(
            request,
            form,
            save_draft,
            keep={DraftChanged: page.part.section.key},
            version=version,
            sections=form.typed,
            base=form.cleaned_data["base"],
            actor=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if saved is None:
        return editor(
            request, edit_page(version, page.part.section.key, reader=request.user, at=at), form
        )
    return HttpResponseRedirect(address_after(page, stay="stay" in request.POST))


def section_form(request: PageRequest, page: EditPage) -> SectionForm:
    text = page.part.text
    if request.GET.get("use") == "published":
        text = page.published_text or text
    initial = {page.part.section.key: text}
    return SectionForm(section=page.part.section, initial=initial)


def address_after(page: EditPage, *, stay: bool) -> str:
    """The same section, the next one, or the whole draft after the last."""
    if stay or page.following is None:
        here = section_address(page.version, page.part.section.key)
        return here if stay else f"{links.card(page.version)}?show=draft"
    return section_address(page.version, page.following.section.key)


def editor(
    request: PageRequest,
    page: EditPage,
    form: SectionForm,
    publish: PublishForm | None = None,
) -> HttpResponse:
    if page.rights.no_writing:
        form.fields[page.part.section.key].widget.attrs["readonly"] = True
    context = {
        "page": page,
        "version": page.version,
        "form": form,
        "field": form[page.part.section.key],
        "publish": publish or PublishForm(),
    }
    status = status_of_form(publish or form)
    return render(request, "cards/edit.html", context, status=status)


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
        return unpublished(request, version, form)
    said = f"Revision {revision.number} of the card is published."
    messages.success(request, said)
    return HttpResponseRedirect(links.card(version))


def unpublished(request: PageRequest, version: ModelVersion, form: PublishForm) -> HttpResponse:
    page = edit_page(version, "", reader=request.user, at=timezone.now())
    return editor(request, page, section_form(request, page), form)
