"""Cards in and out: a file is sent, shown beside the draft, and taken; a card is downloaded."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from governance.cards.actions import import_card, read_upload
from governance.cards.formats import FORMATS, Reading
from governance.cards.formats.reports import report_of
from governance.cards.queries.exporting import media_type_of
from governance.cards.rules.editing import DraftChanged
from governance.cards.rules.revisions import CardNotFound
from governance.core.kept_files import forget_file, keep_file, kept_file
from governance.core.wording import counted
from governance.portal import links
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.card_files import CardFileForm, TakeForm, reading_for
from governance.portal.pages.card_exchange import chosen_card, export_page, mapping_page
from governance.portal.pages.cards import rights_of
from governance.portal.requests import PageRequest, about
from governance.portal.views.exports import attached
from governance.registry.models import ModelVersion
from governance.registry.queries import version_numbered


def import_file(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Send a card file. One that can be read is kept for its sender, and shown beside the draft."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    form = CardFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        data = file.read()
        reading = reading_for(
            form,
            version=version,
            data=data,
            filename=file.name,
            name=form.cleaned_data["format"],
            actor=request.user,
            at=at,
        )
        if reading is not None:
            digest = keep_file(data, sender=request.user)
            return HttpResponseRedirect(_mapping(version, digest, reading.format, file.name))
    rights = rights_of(request.user, version, at=at)
    context = {"form": form, "version": version, "rights": rights, "formats": FORMATS.values()}
    return render(request, "cards/import.html", context, status=status_of_form(form))


def take_parts(request: PageRequest, name: str, number: int, digest: str) -> HttpResponse:
    """The file beside the draft, part by part; POST takes the ticked parts into the draft."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    reading = read_upload(
        version=version,
        data=kept_file(digest, sender=request.user),
        name=_format(request),
        actor=request.user,
        at=at,
    )
    form = TakeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            import_card,
            keep={DraftChanged: ""},
            version=version,
            reading=reading,
            parts=form.cleaned_data["parts"],
            base=form.cleaned_data["base"],
            actor=request.user,
            at=at,
        )
        if done is not None:
            forget_file(digest, sender=request.user)
            parts = counted(len(done.taken), "part")
            said = f"{parts} of the file taken into the draft." if done.is_new else SAID_BEFORE
            messages.success(request, said)
            return HttpResponseRedirect(f"{links.card(version)}?show=draft")
    return _mapping_page(request, version, reading, form)


SAID_BEFORE = "The draft says all of it already. Nothing was saved."


def _mapping_page(
    request: PageRequest, version: ModelVersion, reading: Reading, form: TakeForm
) -> HttpResponse:
    ticked = request.POST.getlist("parts") if form.is_bound else None
    filename = request.GET.get("file", "")
    page = mapping_page(version, reading, filename=filename, ticked=ticked)
    context = {"page": page, "version": version, "form": form}
    return render(request, "cards/mapping.html", context, status=status_of_form(form))


def _mapping(version: ModelVersion, digest: str, named: str, filename: str) -> str:
    kwargs = {"name": version.model.name, "number": version.number, "digest": digest}
    query = urlencode({"format": named, "file": filename})
    return f"{reverse('card_import_parts', kwargs=kwargs)}?{query}"


def _format(request: PageRequest) -> str:
    """The format that the page was shown for; any other word means: guess."""
    asked = request.GET.get("format", "")
    return asked if asked in FORMATS else ""


def export(request: PageRequest, name: str, number: int) -> HttpResponse:
    """What each format makes of a card: `?card=` a revision or draft, `?format=`, `?plain=1`."""
    version = version_numbered(name, number, actor=request.user, at=timezone.now())
    page = export_page(
        version,
        which=request.GET.get("card", ""),
        name=request.GET.get("format", ""),
        is_plain="plain" in request.GET,
    )
    return render(request, "cards/export.html", {"page": page, "version": version})


def export_file(request: PageRequest, name: str, number: int, to: str) -> HttpResponse:
    """The card as a file of that format; `?report=1` the account of what it cannot hold."""
    version = version_numbered(name, number, actor=request.user, at=timezone.now())
    if to not in FORMATS:
        raise CardNotFound(f"There is no format {to!r}.")
    card = chosen_card(version, request.GET.get("card", ""))
    writing = card.write(to, carry="plain" not in request.GET)
    filename = card.filename(writing)
    if "report" in request.GET:
        body = report_of(writing, source="countersign", digest=card.digest)
        options = {"ensure_ascii": False, "indent": 2}
        return JsonResponse(
            body, json_dumps_params=options, headers=attached(f"{filename}.report.json")
        )
    return HttpResponse(
        writing.data, content_type=media_type_of(writing), headers=attached(filename)
    )
