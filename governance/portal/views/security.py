"""One's own authenticator app and passkeys: seeing, adding and removing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from governance.accounts.actions import STREAM, add_app, add_passkey, remove_authenticator
from governance.accounts.models import User
from governance.accounts.passkeys import ADDING, Answer, Challenge, ask, offer
from governance.accounts.proof import ProofGiven, prove
from governance.accounts.rules import AuthenticatorExists, PasskeyWrong
from governance.core.errors import DomainError
from governance.core.sealing import seal, unseal
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.proof import WRONG_PROOF, PasswordForm, origin_of
from governance.portal.forms.security import AppForm, PasskeyForm, RemoveForm
from governance.portal.pages.security import held, new_app, security_page
from governance.portal.requests import PageRequest, about

Made = TypeVar("Made")
KEEP: Mapping[type[DomainError], str] = {**WRONG_PROOF, AuthenticatorExists: "", PasskeyWrong: ""}


def security(request: PageRequest) -> HttpResponse:
    """What the reader signs in and signs with."""
    page = security_page(request.user, origin=origin_of(request))
    return render(request, "security/security.html", {"page": page})


def add_app_page(request: PageRequest) -> HttpResponse:
    """Show a secret to an app, and take a code of it as the proof that it has arrived."""
    purpose = f"new app of {request.user.ref}"
    if request.method != "POST":
        secret = generate_totp_secret()
        form = AppForm(initial={"secret": seal(secret, purpose=purpose)})
        return _app_page(request, form, secret)
    form = AppForm(request.POST)
    secret = unseal(request.POST.get("secret", ""), purpose=purpose)
    added = (
        _with_password(request, form, add_app, secret=secret, code=form.cleaned_data["code"])
        if form.is_valid()
        else None
    )
    if added is None:
        return _app_page(request, form, secret)
    messages.success(request, "Your authenticator app is added. Signing in asks for a code of it.")
    return HttpResponseRedirect(reverse("security"))


def _app_page(request: PageRequest, form: AppForm, secret: str) -> HttpResponse:
    context = {"form": form, "app": new_app(request.user, secret)}
    return render(request, "security/app.html", context, status=status_of_form(form))


def add_passkey_page(request: PageRequest) -> HttpResponse:
    """Name a passkey; the browser makes it and sends it with the form."""
    form = PasskeyForm(request.POST if request.method == "POST" else None)
    added = (
        _with_password(
            request,
            form,
            add_passkey,
            name=form.cleaned_data["name"],
            answer=_answer_in(request, form),
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if added is None:
        page = security_page(request.user, origin=origin_of(request))
        context = {"form": form, "page": page}
        return render(request, "security/passkey.html", context, status=status_of_form(form))
    messages.success(request, "Your passkey is added. Signing in asks for it.")
    return HttpResponseRedirect(reverse("security"))


def _answer_in(request: PageRequest, form: PasskeyForm) -> Answer:
    return Answer(
        response=form.cleaned_data["passkey"],
        sealed=form.cleaned_data["challenge"],
        act=ADDING,
        origin=origin_of(request),
    )


def remove_page(request: PageRequest, number: int) -> HttpResponse:
    """Remove one's own app or passkey, with the password."""
    row = Authenticator.objects.filter(pk=number, user=request.user).first()
    if row is None:
        raise Http404
    form = RemoveForm(request.POST if request.method == "POST" else None)
    shown = held(row)
    if not (form.is_bound and form.is_valid() and _removed(request, form, row)):
        context = {"form": form, "held": shown}
        return render(request, "security/remove.html", context, status=status_of_form(form))
    messages.success(request, f"Removed: {shown.name}. It signs you in no more, and signs nothing.")
    return HttpResponseRedirect(reverse("security"))


def _removed(request: PageRequest, form: RemoveForm, row: Authenticator) -> bool:
    _with_password(request, form, remove_authenticator, authenticator=row)
    return not form.errors


def challenge(request: PageRequest) -> HttpResponse:
    """A challenge to the reader's passkeys, for the act that their page is about."""
    act = request.POST.get("act", "")
    origin = origin_of(request)
    return _as_json(ask(request.user, act=act, origin=origin, at=timezone.now()))


def options(request: PageRequest) -> HttpResponse:
    """What the reader's browser needs to make a passkey."""
    return _as_json(offer(request.user, origin=origin_of(request), at=timezone.now()))


def _as_json(asked: Challenge) -> HttpResponse:
    return JsonResponse({"options": asked.options, "challenge": asked.sealed})


def _with_password(
    request: PageRequest, form: PasswordForm, action: Callable[..., Made], **facts: Any
) -> Made | None:
    """Take the password as the proof, and do it; what was refused stands on the form."""
    about(request, subject=request.user.ref, stream=STREAM)
    return attempt(
        request,
        form,
        _prove_and_do,
        keep=KEEP,
        action=action,
        password=form.cleaned_data["password"],
        facts=facts,
        actor=request.user,
        at=timezone.now(),
    )


def _prove_and_do(
    *,
    action: Callable[..., Made],
    password: str,
    facts: Mapping[str, Any],
    actor: User,
    at: datetime,
) -> Made:
    proof = prove(actor, given=ProofGiven(password=password), at=at)
    return action(proof=proof, actor=actor, at=at, **facts)
