"""What every page of the admin keeps to: one save is one domain action, and nothing is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms.models import construct_instance
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.core.errors import DomainError, NotFound
from governance.owner_admin.errors import put_on_form, put_on_record, status_of
from governance.owner_admin.requests import holds

if TYPE_CHECKING:
    # Django's own classes cannot be subscripted when the program runs.
    DjangoForm = forms.ModelForm[Any]
    DjangoAdmin = admin.ModelAdmin[Any]
else:
    DjangoForm = forms.ModelForm
    DjangoAdmin = admin.ModelAdmin


class GovernedForm(DjangoForm):
    """What the domain refused comes back to the form, with everything that was typed."""

    refusal: ClassVar[DomainError | None] = None
    actor: ClassVar[User]

    def clean(self) -> dict[str, Any]:
        if self.refusal is not None:
            put_on_form(self, self.refusal)
        return self.cleaned_data

    def _post_clean(self) -> None:
        """Fill the instance only: the domain judges it, and says what would satisfy it."""
        construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: Any = None, format: Any = None) -> None:  # noqa: A002 - Django's word
        super().__init__(attrs, "%Y-%m-%d")


class PersonSelect(AutocompleteSelect):
    """The search box for one person. What was sent and is no identifier is shown as nothing."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if is_identifier(one)], attr)


class PeopleSelect(AutocompleteSelectMultiple):
    """The search box for several people. Each is taken out alone; none empties the whole list."""

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        return {**super().build_attrs(base_attrs, extra_attrs), "data-allow-clear": "false"}

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if is_identifier(one)], attr)


def is_identifier(text: str) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


class GovernedAdmin(DjangoAdmin):
    """A page over domain actions. A subclass says in `save_model` which action a save is."""

    form = GovernedForm
    actions = None
    list_per_page = 50
    show_full_result_count = False
    noun: ClassVar[str]
    nouns: ClassVar[str]
    verbs: ClassVar[tuple[str, str]] = ("Add", "Save")
    """What the one button does: on a new record, and on one that is there."""
    reads: ClassVar[tuple[Permission, ...]] = ()
    """Whoever holds one of these in some unit sees the pages."""
    adds: ClassVar[Permission | None] = None
    """Whoever holds this in some unit is offered the form; the action judges the unit."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return holds(request.user, self.reads)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.adds is not None and holds(request.user, [self.adds])

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Offer the form to whom the action would let through; a save is judged by the action.

        So a refused save explains itself and is recorded under the rule that refused it.
        """
        if request.method == "POST" or obj is None:
            return self.has_view_permission(request)
        return self.has_view_permission(request) and self.is_offered(request, obj)

    def is_offered(self, request: HttpRequest, obj: Any) -> bool:
        raise NotImplementedError

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Let the address narrow by the filters on the page and by nothing else.

        Django allows every column of the table, and so `?password__startswith=` would read a
        password's hash out letter by letter.
        """
        offered = {getattr(one, "parameter_name", one) for one in self.list_filter}
        return lookup.partition("__")[0] in offered

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[Any]:
        base: type[Any] = super().get_form(request, obj, change, **kwargs)
        bound = {"refusal": getattr(request, "refusal", None), "actor": request.user}
        return type(base.__name__, (base,), bound)

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: Any, **kwargs: Any
    ) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.ModelChoiceField):
            # No pop-ups that add a person beside a model: each save is one act.
            for verb in ("add", "change", "delete", "view"):
                setattr(field.widget, f"can_{verb}_related", False)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = PersonSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        kwargs["widget"] = PeopleSelect(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the form. A refused save has rolled back; the form is shown again."""
        verb = self.verbs[object_id is not None]
        words = {"noun": self.noun, "nouns": self.nouns, "verb": verb} | (extra_context or {})
        if object_id is None:
            words["title"] = f"{verb} a {self.noun}"
        try:
            return super().changeform_view(request, object_id, form_url, words)
        except NotFound:
            raise
        except DomainError as error:
            put_on_record(request, error)
            # The second pass finds the form invalid, and so saves nothing.
            request.refusal = error  # type: ignore[attr-defined]
            shown: HttpResponse = super().changeform_view(request, object_id, form_url, words)
            shown.status_code = status_of(error)
            return shown

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        return super().changelist_view(request, {"noun": self.noun, "nouns": self.nouns})

    def save_related(self, request: Any, form: Any, formsets: Any, change: Any) -> None:
        """Nothing: `save_model` has saved everything, in one act."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        raise NotImplementedError("Nothing is deleted in the admin.")

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        raise NotImplementedError("Nothing is deleted in the admin.")

    # What happened is in the ledger; a second log beside it could only disagree.
    def log_addition(self, request: Any, obj: Any, message: Any) -> None: ...  # type: ignore[override]

    def log_change(self, request: Any, obj: Any, message: Any) -> None: ...  # type: ignore[override]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        return HttpResponseRedirect(self.history_url(obj))

    def history_url(self, obj: Any) -> str:
        """Where the ledger tells what happened to the record."""
        return reverse("audit")

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._back(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._back(request, obj)

    def _back(self, request: HttpRequest, obj: Any) -> HttpResponse:
        messages.success(request, self.said(request, obj))
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return HttpResponseRedirect(reverse(name))

    def said(self, request: Any, obj: Any) -> str:
        """What a save has done, in words."""
        return f"Saved: {obj}."

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Answer 404: what one may not see is like what does not exist."""
        raise Http404
