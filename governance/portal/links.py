"""The addresses of records, from the records. Templates have this module as `links`."""

from __future__ import annotations

from urllib.parse import quote, urlencode
from uuid import UUID

from governance.approvals.models import PolicyVersion, PromotionRequest
from governance.inventory.models import Model
from governance.registry.models import DataSnapshot, ModelVersion, Slot
from governance.registry.queries.serving import Place


def model(row: Model) -> str:
    return model_named(row.name)


def model_named(name: str) -> str:
    return f"/models/{quote(name)}/"


def rules(row: Model) -> str:
    """Which frameworks apply to the model, and why."""
    return f"{model(row)}rules/"


def framework(key: str) -> str:
    return f"/frameworks/{quote(key)}/"


def pin(row: Model) -> str:
    return f"{model(row)}pin/"


def edit_record(row: Model) -> str:
    """The form of the inventory record, in the owners' admin."""
    return f"/admin/inventory/model/{row.pk}/change/"


def version(row: ModelVersion) -> str:
    return f"{model(row.model)}versions/{row.number}/"


def check_files(row: ModelVersion) -> str:
    return f"{version(row)}check/"


def label(row: ModelVersion) -> str:
    return f"{version(row)}label/"


def deprecate(row: ModelVersion) -> str:
    return f"{version(row)}deprecate/"


def undeprecate(row: ModelVersion) -> str:
    return f"{deprecate(row)}end/"


def snapshot(row: DataSnapshot) -> str:
    """The page of a state of data; nowhere, for data of which nobody knows the state."""
    return f"/data/{quote(row.digest, safe='')}/" if row.digest else ""


def card(row: ModelVersion) -> str:
    return f"{version(row)}card/"


def card_edit(row: ModelVersion) -> str:
    return f"{card(row)}edit/"


def validation(row: ModelVersion) -> str:
    return f"{version(row)}validation/"


def decision(row: PromotionRequest) -> str:
    return f"/decisions/{row.pk}/"


def certificate(row: PromotionRequest) -> str:
    return f"{decision(row)}certificate/"


def certificate_pdf(row: PromotionRequest) -> str:
    return f"{decision(row)}certificate.pdf"


def sign(row: PromotionRequest) -> str:
    return f"{decision(row)}sign/"


def comment_on_decision(row: PromotionRequest) -> str:
    return f"{decision(row)}comments/"


def tick(row: PromotionRequest, check_id: str) -> str:
    return f"{decision(row)}checks/{quote(check_id, safe='')}/"


def override(row: PromotionRequest, check_id: str) -> str:
    return f"{tick(row, check_id)}override/"


def sign_override(row: PromotionRequest, override_id: UUID) -> str:
    return f"{decision(row)}overrides/{override_id}/"


def take_back(row: PromotionRequest) -> str:
    return f"{decision(row)}withdraw/"


def comments(row: ModelVersion) -> str:
    return f"{version(row)}comments/"


def ask(row: ModelVersion) -> str:
    return f"{version(row)}ask/"


def emergency(row: ModelVersion) -> str:
    return f"{version(row)}emergency/"


def confirm(row: Slot) -> str:
    return f"{slot(row)}confirm/"


def roll_back(row: Model, slot: Slot | None = None) -> str:
    named = f"?{urlencode({'slot': slot.name})}" if slot and not slot.is_default else ""
    return f"{model(row)}roll-back/{named}"


def slot(row: Slot) -> str:
    return f"{model(row.model)}slots/{row.pk}/"


def new_slot(row: Model) -> str:
    return f"{model(row)}slots/new/"


def slot_of(place: Place) -> str:
    return f"{model(place.model)}slots/{place.slot.pk}/" if place.slot else model(place.model)


def version_numbered(row: Model, number: int) -> str:
    return f"{model(row)}versions/{number}/"


def decision_by_ref(ref: str) -> str:
    return f"/decisions/{ref.partition(':')[2]}/"


def live_on(row: Model) -> str:
    return f"/live/?model={quote(row.name)}"


def policy(row: PolicyVersion) -> str:
    return f"/policies/{row.pk}/"


def policy_by_ref(ref: str) -> str:
    return f"/policies/{ref.partition(':')[2]}/"


def sign_policy(row: PolicyVersion) -> str:
    return f"{policy(row)}sign/"


def audit_entry(key: UUID) -> str:
    """The audit log, narrowed to one entry."""
    return f"/audit/?entry={key}"


def evidence(row: Model) -> str:
    return f"/evidence/?model={quote(row.name)}"
