"""The form of a model's record: everything typed, and what the domain refused of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from governance.inventory.actions import ModelRecord
from governance.inventory.models import Model
from governance.inventory.queries import Answer, record_digest
from governance.inventory.rules import DATES, PARTICULARS, REQUIRED, RecordChanged
from governance.inventory.rules.model_changes import ChangeKind, Materiality, Rationale
from governance.owner_admin.base import DayInput, GovernedForm

PARAGRAPH = forms.Textarea(attrs={"rows": 3})
SENTENCE = forms.Textarea(attrs={"rows": 2})
AWAITED = {*REQUIRED, "tier_reason"}
"""May be left empty for now, and so are not called optional: no version moves without them."""


class SecureURLField(forms.URLField):
    """An address typed without its scheme is taken for an https one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(assume_scheme="https", **kwargs)


class CodesField(forms.Field):
    """Codes with commas or spaces between them, in whatever case they are typed."""

    def to_python(self, value: Any) -> list[str]:
        return sorted({code.upper() for code in str(value or "").replace(",", " ").split()})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)

    def prepare_value(self, value: Any) -> str:
        return ", ".join(value) if isinstance(value, list) else str(value).replace(",", ", ")


class ModelForm(GovernedForm):
    tier_reason = forms.CharField(
        label="Reason for the tier",
        required=False,
        widget=SENTENCE,
        help_text="Needed when the tier changes. It is kept for ever beside the tier.",
    )
    ai_act_reason = forms.CharField(
        label="Reason for the class",
        required=False,
        widget=SENTENCE,
        help_text="Needed when the class changes. It is kept for ever beside the class.",
    )
    change_kinds = forms.MultipleChoiceField(
        choices=ChangeKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="What else is changed",
        help_text="Beside what the changed fields say themselves.",
    )
    change_reason = forms.CharField(
        label="What is changed, and why",
        required=False,
        widget=PARAGRAPH,
        help_text="Needed when a governed field changes. Whoever reviews it reads this.",
    )
    materiality = forms.ChoiceField(
        choices=[("", "---------"), *Materiality.choices],
        required=False,
        label="How material it is",
        help_text="A material change asks for a validation, and ends the approvals in force. Minor "
        "ones add up until they ask for one. Whoever reviews it decides.",
    )
    jurisdictions = CodesField(
        required=False,
        help_text="Where the model is used: two-letter codes such as DE, FR, US or EU.",
    )
    base = forms.CharField(required=False, widget=forms.HiddenInput)
    answers: ClassVar[Sequence[Answer]] = ()
    """The fields of the firm that this form asks for, with what the record says in them."""

    class Meta:
        model = Model
        fields = (
            "name", "unit", "purpose", "intended_use", "kind", "owner", "developers", "validator",
            "tier", "ai_act_class", "jurisdictions", "tracking_uri", "origin", *PARTICULARS, *DATES,
        )  # fmt: skip
        widgets = {
            "purpose": SENTENCE,
            "intended_use": PARAGRAPH,
            "excluded_use": PARAGRAPH,
            "products": SENTENCE,
            "inputs": SENTENCE,
            "outputs": SENTENCE,
            "users": SENTENCE,
            "overlays": SENTENCE,
            "limitations": PARAGRAPH,
            "restrictions": SENTENCE,
            **dict.fromkeys(DATES, DayInput),
        }
        field_classes = {"tracking_uri": SecureURLField}
        labels = {
            "tier": "Risk tier",
            "vendor_product": "Product",
            "vendor_release": "Release",
            "contract_reference": "Contract",
            "contract_end_date": "Contract ends",
            "first_use_date": "First use",
        }
        help_texts = {
            "origin": "A vendor’s model, a spreadsheet or a rule set is a record too.",
            "excluded_use": "What it must not be used for, though somebody might.",
            "products": "The products, portfolios or processes that it serves.",
            "inputs": "What it takes: sources, and who keeps them.",
            "outputs": "What it gives, in which form and how often.",
            "users": "Who works with what it gives.",
            "overlays": "What people add to or take from its output, and on whose word.",
            "limitations": "Where it is known to be wrong or weak.",
            "restrictions": "Conditions under which it may be used.",
            "validator": "Who is assigned to review it. Holds the role in the unit, and had no "
            "hand in the model.",
            "contract_reference": "The number under which the firm files the contract.",
            "name": "The registered-model name that pipelines use. It never changes.",
            "unit": "The business unit whose people work on the model. It never changes.",
            "purpose": "What the model is for, in a sentence or two.",
            "intended_use": "Which decisions it supports, for whom, within which limits.",
            "owner": "Answers for the model, and signs none of its promotions.",
            "developers": "Who builds it. Whoever was once named here never signs for it.",
            "tracking_uri": "Where metrics are pulled from, if anywhere.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "owner" in self.fields and self.instance.owner_id is None:
            self.initial["owner"] = self.actor.pk
        for name in AWAITED & self.fields.keys():
            self.fields[name].is_awaited = True  # type: ignore[attr-defined]  # the template asks
        self.initial["base"] = record_digest(self.instance) if self._is_change else ""
        if isinstance(self.refusal, RecordChanged):
            # Whoever saves again is told below where they differ from what stands there now.
            self.data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
            self.data["base"] = self.initial["base"]  # type: ignore[index]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if isinstance(self.refusal, RecordChanged):
            labels = [str(self[name].label) for name in self.changed_data if name != "base"]
            differing = ", ".join(labels) or "nothing"
            told = f"You differ from what stands there now in: {differing}. Save again to set it."
            self.add_error(None, told)
        return cleaned

    def rationale(self) -> Rationale:
        """What the owner says of a change that waits for a review."""
        said = self.cleaned_data
        return Rationale(
            kinds=said.get("change_kinds", ()),
            materiality=said.get("materiality", ""),
            reason=said.get("change_reason", ""),
        )

    @property
    def _is_change(self) -> bool:
        return not self.instance._state.adding

    def record(self) -> ModelRecord:
        """What the owner says of the model."""
        said = self.cleaned_data
        return ModelRecord(
            purpose=said["purpose"],
            intended_use=said["intended_use"],
            kind=said["kind"],
            owner=said["owner"],
            developers=tuple(said["developers"]),
            tier=said.get("tier", self.instance.tier),
            tier_reason=said.get("tier_reason", ""),
            ai_act_class=said.get("ai_act_class", self.instance.ai_act_class),
            ai_act_reason=said.get("ai_act_reason", ""),
            jurisdictions=said["jurisdictions"],
            tracking_uri=said["tracking_uri"],
            origin=said["origin"],
            validator=said["validator"],
            custom={answer.field.key: said[answer.field.form_name] for answer in self.answers},
            **{name: said[name] for name in (*PARTICULARS, *DATES)},
        )
