"""Writing a model card: one section at a time, kept while it is typed, merged where two wrote."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.cards.actions import forget_unsaved, keep_unsaved, write_draft
from governance.cards.rules.editing import DraftChanged
from governance.core.typed import count_of
from governance.portal import links
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.cards import PublishForm, SectionForm
from governance.portal.pages.card_editor import EditPage, edit_page
from governance.portal.pages.card_merge import merge_of
from governance.portal.pages.cards import section_address
from governance.portal.requests import PageRequest, about
from governance.registry.queries import version_numbered


def edit_card(request: PageRequest, name: str, number: int) -> HttpResponse:
    """One section of the draft: `?section=key`. `use=published` fills in the published text, and
    `use=saved` leaves out what was typed before and not saved.
    """
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    page = edit_page(version, request.GET.get("section", ""), reader=request.user, at=at)
    if request.method != "POST":
        return editor(request, page)
    sent = request.POST.copy()
    if "take_both" in sent:
        sent[page.part.section.key] = sent.get("both", "")
    form = SectionForm(sent, request.FILES, page=page)
    if not form.is_valid() or "preview" in request.POST:
        return editor(request, page, form)
    edit, files = form.edit(request)
    saved = attempt(
        request,
        form,
        write_draft,
        keep={DraftChanged: page.part.section.key},
        version=version,
        edit=edit,
        base=form.cleaned_data["base"],
        attachments=files,
        actor=request.user,
        at=at,
    )
    if saved is None:
        page = edit_page(version, page.part.section.key, reader=request.user, at=at)
        return editor(request, page, form)
    return HttpResponseRedirect(_address_after(page, stay="stay" in request.POST))


def keep_typed(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Keep what is being typed into a section, for its writer; the page asks for it by itself."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    section = request.GET.get("section", "")
    kept = keep_unsaved(
        version=version,
        section=section,
        text=request.POST.get(section, ""),
        base=count_of(request.POST.get("base", "")) or 0,
        actor=request.user,
        at=at,
    )
    return render(request, "cards/_kept.html", {"kept": kept})


def forget_typed(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Throw away what was typed into a section and not saved."""
    version = version_numbered(name, number, actor=request.user, at=timezone.now())
    section = request.POST.get("section", "")
    forget_unsaved(version=version, section=section, writer=request.user)
    return HttpResponseRedirect(section_address(version, section))


def editor(
    request: PageRequest,
    page: EditPage,
    form: SectionForm | None = None,
    publish: PublishForm | None = None,
) -> HttpResponse:
    """The page of one section, with the form as it was sent, or as it is filled at first."""
    form = form or SectionForm(page=page, text=_first_text(request, page))
    if page.rights.no_writing:
        form.fields[page.part.section.key].widget.attrs["readonly"] = True
    context = {
        "page": page,
        "version": page.version,
        "form": form,
        "field": form[page.part.section.key],
        "publish": publish or PublishForm(),
        "merge": merge_of(request.POST, page) if form.refusal else None,
        "preview": request.POST.get(page.part.section.key) if "preview" in request.POST else None,
    }
    status = status_of_form(publish) if publish else status_of_form(form)
    if "preview" in request.POST and form.is_valid():
        status = HTTPStatus.OK
    return render(request, "cards/edit.html", context, status=status)


def _first_text(request: PageRequest, page: EditPage) -> str:
    """What the field starts with: what was typed last and not saved, else what is saved."""
    match request.GET.get("use"):
        case "published":
            return page.published_text or page.part.text
        case "saved":
            return page.part.text
    return page.unsaved.text if page.unsaved else page.part.text


def _address_after(page: EditPage, *, stay: bool) -> str:
    """The same section, the next one, or the whole draft after the last."""
    if stay or page.following is None:
        here = section_address(page.version, page.part.section.key)
        return here if stay else f"{links.card(page.version)}?show=draft"
    return section_address(page.version, page.following.section.key)
